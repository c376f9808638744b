"""One console, measured from inside its process: `python -m tests.bench.measure PROJECT USER SERVICES` prints JSON.

The environment says where its data and its cluster are (BERTH_DATA, BERTH_KUBECONFIG, BERTH_CONTEXT).
"""

import asyncio
import gzip
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

ROUNDS = 200
CHANGES = 20
PATIENCE = 120


def main() -> None:
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")  # what Django's test clients call themselves
    project, user, services, admin_context = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    found: dict[str, Any] = {}
    found |= _cold_start(project, user, services)
    found |= _list_page(project, user)
    found |= asyncio.run(_stream(project, user, _changer(project, admin_context)))
    found["memory_mb"] = _memory()
    found |= _raw_list(project, admin_context)
    print(json.dumps(found))


def quantiles(seconds: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return cuts[9] * 1000, cuts[18] * 1000


def _client(user: str) -> Any:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(name=user))
    return client


def _cold_start(project: str, user: str, services: int) -> dict[str, Any]:
    """From a process that knows nothing to a whole, live list."""
    from django.contrib.auth import get_user_model

    from accounts.scope import project_scope
    from console import wiring
    from services.present.board import roll

    scope = project_scope(get_user_model().objects.get(name=user), project)
    assert scope
    empty = _memory()
    started = time.monotonic()
    view = wiring.cluster().look(scope.subject, project)
    while roll(view) is None or len(view.services()) < services or view.freshness().state != "live":
        time.sleep(0.02)
        assert time.monotonic() - started < PATIENCE, view.freshness()
    return {"cold_start_s": time.monotonic() - started, "memory_empty_mb": empty}


def _list_page(project: str, user: str) -> dict[str, Any]:
    client = _client(user)
    address = f"/projects/{project}/services/?size=50"
    first = client.get(address)
    assert first.status_code == 200, first.content[:500]
    taken, worked = [], []
    for _ in range(ROUNDS):
        started, busy = time.perf_counter(), time.thread_time()
        response = client.get(address)
        worked.append(time.thread_time() - busy)
        taken.append(time.perf_counter() - started)
        assert response.status_code == 200
    p50, p95 = quantiles(taken)
    html = response.content
    return {
        "list_p50_ms": p50,
        "list_p95_ms": p95,
        "list_cpu_ms": statistics.median(worked) * 1000,
        "rows": len(set(re.findall(rb'id="svc-[0-9a-f-]+"', html))),
        "html_kb": len(html) / 1024,
        "html_gzip_kb": len(gzip.compress(html)) / 1024,
        "js_gzip_kb": sum(len(gzip.compress(_body(client, src))) for src in _scripts(html)) / 1024,
    }


def _scripts(html: bytes) -> list[str]:
    return [found.decode() for found in re.findall(rb'<script[^>]+src="([^"]+)"', html)]


def _body(client: Any, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200, address
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def _changer(project: str, context: str) -> Callable[[int], str]:
    """A function that changes a Service of the first page, as somebody else would; what then is to be seen."""
    from tests.admin import from_kubeconfig

    admin = from_kubeconfig(Path(os.environ["BERTH_KUBECONFIG"]), context)

    def change(number: int) -> str:
        alias = f"changed-{number}-{os.getpid()}"
        body = {"metadata": {"annotations": {"kubesphere.io/alias-name": alias}}}
        admin.patch("services", project, "s-00000", body)
        return alias

    return change


async def _stream(project: str, user: str, change: Callable[[int], str]) -> dict[str, Any]:
    from asgiref.sync import sync_to_async
    from django.contrib.auth import get_user_model
    from django.test import AsyncClient

    client = AsyncClient()
    person = await sync_to_async(get_user_model().objects.get)(name=user)
    await client.aforce_login(person)
    response = await client.get(f"/projects/{project}/services/stream/?q=s-0000&sort=name")
    assert response.status_code == 200, response.status_code
    parts = response.streaming_content.__aiter__()
    await parts.__anext__()
    taken = []
    for number in range(CHANGES):
        started = time.perf_counter()
        alias = (await asyncio.to_thread(change, number)).encode()
        await asyncio.wait_for(_until(parts.__anext__, alias), 10)
        taken.append(time.perf_counter() - started)
        await asyncio.sleep(0.3)  # a change an instant after another waits for it: five messages a second at most
    response.close()
    p50, p95 = quantiles(taken)
    return {"stream_p50_ms": p50, "stream_p95_ms": p95}


async def _until(part: Callable[[], Awaitable[bytes | str]], wanted: bytes) -> None:
    while True:
        found = await part()
        if wanted in (found.encode() if isinstance(found, str) else found):
            return


def _memory() -> float:
    """Resident memory of this process, in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


def _raw_list(project: str, context: str) -> dict[str, Any]:
    from tests.admin import from_kubeconfig, path

    admin = from_kubeconfig(Path(os.environ["BERTH_KUBECONFIG"]), context)
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        admin.call("GET", path("services", project) + "?limit=50")
        taken.append(time.perf_counter() - started)
    admin.close()
    p50, p95 = quantiles(taken)
    return {"raw_list_p50_ms": p50, "raw_list_p95_ms": p95}


if __name__ == "__main__":
    main()
