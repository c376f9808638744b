"""Random Services with their workloads, deleted with all that goes along and restored, are what they were.

Four in a usual run, which have most of the fields; BERTH_RESTORE_ROUNDS=50 for as many as the project promises, and
BERTH_RESTORE_SEED for others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, scaler, service, stateful_set
from tests.web.test_edit_delete import fields, names, offered
from tests.web.test_recycle_bin import form_of

if TYPE_CHECKING:
    from accounts.models import Project

Object = dict[str, Any]
ROUNDS = int(os.environ.get("BERTH_RESTORE_ROUNDS", "4"))
SEED = int(os.environ.get("BERTH_RESTORE_SEED", "216"))
PLURALS = {
    "Service": "services",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
}
# What the product says does not come back: allocated anew, or noted by controllers.
NOT_BACK = ("clusterIP", "clusterIPs", "volumeName")
CONTROLLERS = ("deployment.kubernetes.io/", "deprecated.daemonset.", "pv.kubernetes.io/", "volume.")


def kept(stored: Object) -> Object:
    """What must be the same before and after."""
    meta = stored["metadata"]
    notes = {key: text for key, text in (meta.get("annotations") or {}).items() if not key.startswith(CONTROLLERS)}
    spec = stored.get("spec") or {}
    headless = spec.get("clusterIP") == "None"
    content = {key: value for key, value in spec.items() if headless or key not in NOT_BACK}
    return {"labels": meta.get("labels"), "annotations": notes, "spec": content, "data": stored.get("data")}


def some_service(random: Random, name: str) -> Object:
    """A Service of some type with some of the fields that its type has."""
    kind = random.choice(["ClusterIP", "headless", "NodePort", "LoadBalancer", "ClusterIP"])
    spec: Object = {"type": kind}
    if kind == "headless":
        spec = {"type": "ClusterIP", "clusterIP": "None", "publishNotReadyAddresses": random.random() < 0.5}
    if kind in ("NodePort", "LoadBalancer") and random.random() < 0.5:
        spec["externalTrafficPolicy"] = "Local"
    if kind == "LoadBalancer":
        spec["loadBalancerSourceRanges"] = ["10.0.0.0/8"]
        spec["allocateLoadBalancerNodePorts"] = random.random() < 0.7
    if kind != "headless" and random.random() < 0.4:
        spec["sessionAffinity"] = "ClientIP"
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": random.randint(1, 86400)}}
    if random.random() < 0.3:
        spec["internalTrafficPolicy"] = "Local"
    protocols = random.sample(["TCP", "UDP", "SCTP"], random.randint(1, 3)) if kind != "LoadBalancer" else ["TCP"]
    spec["ports"] = [
        {
            "name": f"p{index}",
            "port": 53 + index // 2,
            "protocol": protocol,
            "targetPort": random.choice([8080, "http"]),
        }
        for index, protocol in enumerate(protocols)
    ]
    if random.random() < 0.5:
        spec["ports"][0]["appProtocol"] = "kubernetes.io/h2c"
    kinds = random.choice(["", "statelessservice", "statefulservice"])
    return service(name, alias=random.choice(["", "Büro <b>"]), kind=kinds, labels={"team": "a"}, **spec)


def some_template(random: Random, template: Object, config: str) -> None:
    """Some fields of a pod, changed in place."""
    container = template["spec"]["containers"][0]
    if random.random() < 0.6:
        container["resources"] = {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}
    if random.random() < 0.6:
        probe = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": random.randint(1, 60)}
        container["readinessProbe"] = probe
    if random.random() < 0.6:
        container["envFrom"] = [{"configMapRef": {"name": config}}]
        container["env"] = [{"name": "A", "value": "yes"}, {"name": "B", "value": "$(A): \u202e 'x'\n"}]
    if random.random() < 0.4:
        template["spec"]["volumes"] = [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}]
        container["volumeMounts"] = [{"name": "scratch", "mountPath": "/scratch"}]
    if random.random() < 0.3:
        template["spec"]["terminationGracePeriodSeconds"] = random.randint(0, 3)
    if random.random() < 0.3:
        template["metadata"]["annotations"] = {"note": "a: b"}


def some_objects(random: Random, name: str) -> Iterator[Object]:
    """A Service with a workload of some kind and what belongs to it."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-config"}, "data": {"a": "1\n2"}}
    kind = random.choice(["Deployment", "StatefulSet", "DaemonSet"])
    workload = stateful_set(name) if kind == "StatefulSet" else deployment(name)
    workload["kind"] = kind
    some_template(random, workload["spec"]["template"], f"{name}-config")
    workload["metadata"]["annotations"] = {"kubesphere.io/creator": "olive"}
    if kind == "DaemonSet":
        del workload["spec"]["replicas"]
    else:
        workload["spec"]["replicas"] = random.randint(0, 2)
        workload["spec"]["revisionHistoryLimit"] = random.randint(0, 10)
    if kind == "Deployment" and random.random() < 0.5:
        workload["spec"]["strategy"] = random.choice(
            [{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}]
        )
    if kind == "StatefulSet" and random.random() < 0.5:
        workload["spec"]["podManagementPolicy"] = "Parallel"
    yield config
    yield workload
    if kind != "DaemonSet" and random.random() < 0.5:
        yield scaler(name, kind=kind)
    yield some_service(random, name)


def stored(cluster: Cluster, project: Project, value: str) -> Object:
    kind, name = value.split("/")
    return cluster.admin.get(PLURALS[kind], project.name, name)


@pytest.mark.timeout(60 + 15 * ROUNDS)
def test_restored_is_what_was_deleted(cluster: Cluster, project: Project, sign_in: Callable[[str], Client]) -> None:
    """Each with all that its dialog offers; what is claimed by name only comes back empty."""
    olive, random = sign_in("olive"), Random(SEED)
    for number in range(ROUNDS):
        made = list(some_objects(random, f"web{number}"))
        for body in made:
            cluster.admin.create(body, project.name)
        once(cluster, project, olive, made)


def once(cluster: Cluster, project: Project, olive: Client, made: list[Object]) -> None:
    """Delete one Service with its company, restore it, and compare."""
    name, workload = made[-1]["metadata"]["name"], made[1]
    address, base = f"/projects/{project.name}/service/{name}/delete/", f"/projects/{project.name}/recycle-bin/"
    scales = workload["kind"] == "StatefulSet" and workload["spec"]["replicas"]
    if scales:
        claims = {f"data-{name}-v1-{number}" for number in range(scales)}
        eventually(lambda: claims <= set(names(cluster, "persistentvolumeclaims", project)), timeout=30)
    wanted = {f"{body['kind']}/{body['metadata']['name']}" for body in made[1:-1]}
    wanted |= {f"PersistentVolumeClaim/{claim}" for claim in claims} if scales else set()
    wanted |= {f"ConfigMap/{name}-config"} if "envFrom" in str(workload) else set()
    page = eventually(lambda: text if wanted <= set(offered(text := olive.get(address).content.decode())) else None)
    assert set(offered(page)) == wanted
    before = {value: stored(cluster, project, value) for value in (f"Service/{name}", *wanted)}
    sent = {**fields(page), "also": list(offered(page).values()), "typed": name}
    assert olive.post(address, sent).status_code == 303
    entry = AuditEntry.objects.filter(action="service.delete").latest("id").pk

    def whole() -> Any:
        form = form_of(olive.get(f"{base}{entry}/restore/").content.decode())
        return form if len(form["object"]) == len(before) else None

    form = eventually(whole, timeout=40)
    answer = olive.post(f"{base}{entry}/restore/", form)
    assert answer.status_code == 303, answer.content.decode()
    after = {value: stored(cluster, project, value) for value in before}
    assert {value: kept(manifest) for value, manifest in after.items()} == {
        value: kept(manifest) for value, manifest in before.items()
    }
    for value, manifest in after.items():
        assert manifest["metadata"]["uid"] != before[value]["metadata"]["uid"]
