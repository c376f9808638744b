"""Fill a namespace with Services and what stands behind them, as fast as the API server takes it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.admin import Admin, path

AT_ONCE = 8
PATIENCE = 1800


class NotFilled(Exception):
    """The cluster did not get there in time."""


def fill(admin: Admin, namespace: str, services: int, pods: int, say: Callable[[str], None]) -> None:
    """Services `s-00000` ... and a Deployment for each with so many pods, until all pods run. What is there stays."""
    present = count(admin, "services", namespace)
    started = time.monotonic()

    def one(number: int) -> None:
        name = f"s-{number:05d}"
        admin.create(deployment(name, pods), namespace)
        admin.create(service(name), namespace)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done, _ in enumerate(pool.map(one, range(present, services)), present + 1):
            if done % 1000 == 0:
                say(f"  {done} Services created after {time.monotonic() - started:.0f} s")
    _wait_for_pods(admin, namespace, services * pods, say)
    say(f"  filled with {services} Services and {services * pods} pods in {time.monotonic() - started:.0f} s")


def count(admin: Admin, plural: str, namespace: str, **query: str) -> int:
    """How many there are, without reading them."""
    select = "".join(f"&{name}={value}" for name, value in query.items())
    answer = admin.call("GET", f"{path(plural, namespace)}?limit=1{select}")
    if query:  # the server does not count what a selector leaves
        return len(admin.list(plural, namespace, **query))
    return len(answer["items"]) + int(answer["metadata"].get("remainingItemCount", 0))


def service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": {"app": name, "version": "v1"},
            "annotations": {
                "kubesphere.io/serviceType": "statelessservice",
                "kubesphere.io/alias-name": f"Service {name}",
                "kubesphere.io/creator": "olive",
            },
        },
        "spec": {
            "selector": {"app": name},
            "ports": [{"name": "http-80", "port": 80, "targetPort": 80, "protocol": "TCP"}],
        },
    }


def deployment(name: str, replicas: int) -> dict[str, Any]:
    labels = {"app": name, "version": "v1"}
    container = {
        "name": "main",
        "image": "nginx:1.29",
        "ports": [{"name": "http-80", "containerPort": 80}],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{name}-v1", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _wait_for_pods(admin: Admin, namespace: str, wanted: int, say: Callable[[str], None]) -> None:
    deadline, told = time.monotonic() + PATIENCE, time.monotonic()
    while (existing := count(admin, "pods", namespace)) < wanted:
        if time.monotonic() > deadline:
            raise NotFilled(f"{existing} of {wanted} pods are there after {PATIENCE} s")
        if time.monotonic() - told > 20:
            told = time.monotonic()
            say(f"  {existing} of {wanted} pods")
        time.sleep(1)
    while (idle := count(admin, "pods", namespace, fieldSelector="status.phase!=Running")) > 0:
        if time.monotonic() > deadline:
            raise NotFilled(f"{idle} pods do not run after {PATIENCE} s")
        time.sleep(2)
