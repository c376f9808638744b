"""A console measured from inside, as JSON: `python -m tests.bench.measure PROJECT USER SERVICES CONTEXT`."""

import asyncio
import gzip
import json
import os
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bench.clock import Times, in_turn, repeated
from tests.bench.console import Given, begin, client_of
from tests.bench.loglines import log_lines

ROUNDS = 200
CHANGES = 20
PATIENCE = 300
ROWS = 50
WORDS = ("s-00042", "s-0", "app=s-00007", "10.", "v1", "nothing-is-called-so")


def main() -> None:
    arguments = begin()
    project, user = arguments.project, arguments.user
    figures: dict[str, Any] = _cold_start(arguments)
    figures |= _list_page(arguments)
    figures |= _details_page(arguments)
    figures |= asyncio.run(_stream(project, user, _changer(project, arguments.admin)))
    figures["memory_mb"] = _memory()  # after what this bench has always looked at, so that commits can be compared
    figures |= _workload_pages(arguments)
    figures |= _search(arguments)
    figures |= log_lines()
    figures["memory_whole_mb"] = _memory()
    figures |= _raw_list(project, arguments.admin)
    figures |= _in_turn(arguments)
    print(json.dumps(figures))


def _cold_start(arguments: Given) -> dict[str, Any]:
    """From a process that knows nothing to a whole, live list."""
    from django.contrib.auth import get_user_model

    from accounts.scope import project_scope
    from console import wiring
    from services.browse.present.summaries import project_summary

    scope = project_scope(get_user_model().objects.get(name=arguments.user), arguments.project)
    assert scope
    empty = _memory()
    started, busy = time.monotonic(), time.process_time()
    view = wiring.cluster().look(scope.subject, arguments.project)
    project_summary(view)  # the first look: it starts the watches
    while view.freshness().state != "live":
        time.sleep(0.05)
        assert time.monotonic() - started < PATIENCE, view.freshness()
    assert len(project_summary(view).entries) >= arguments.services
    return {
        "cold_start_s": time.monotonic() - started,
        "cold_start_cpu_s": time.process_time() - busy,
        "memory_empty_mb": empty,
    }


def _list_page(arguments: Given) -> dict[str, Any]:
    """Pages in turn, so that their rows are new at first; then one page, as people look at it again and again."""
    from console.web import assets

    client = client_of(arguments.user)
    address = f"/projects/{arguments.project}/services/?size={ROWS}"
    first = client.get(address)
    assert first.status_code == 200, first.content[:500]
    turned = repeated(
        lambda number: client.get(f"{address}&page={number + 2}"), min(ROUNDS, arguments.services // ROWS - 1)
    )
    again = repeated(lambda _: client.get(address), ROUNDS)
    nothing = repeated(lambda _: client.get("/healthz/live"), ROUNDS)  # the same handler, and no page
    html = client.get(address).content
    return {
        **again.figures("list"),
        **nothing.figures("empty"),
        **turned.figures("turn"),
        "queries": _queries(client, address),
        "rows": len(set(re.findall(rb'<tr id="([^"]+)"', html))),
        "html_kb": len(html) / 1000,
        "html_gzip_kb": len(gzip.compress(html)) / 1000,
        "font_kb": len(_body(client, f"/static/{assets.font()}")) / 1000,
        "js_gzip_kb": sum(len(gzip.compress(_body(client, src))) for src in _scripts(html)) / 1000,
    }


def _details_page(arguments: Given) -> dict[str, Any]:
    client = client_of(arguments.user)
    address = f"/projects/{arguments.project}/service/s-00001/"
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return repeated(lambda _: client.get(address), ROUNDS // 2).figures("details")


def _workload_pages(arguments: Given) -> dict[str, Any]:
    """The pages of a workload and of a pod, which ask the cluster for the object itself, and the lists of both."""
    client = client_of(arguments.user)
    figures: dict[str, Any] = {}
    for name, address in _of_workloads(client, arguments.project).items():
        answer = client.get(address)
        assert answer.status_code == 200, answer.content[:500]
        figures |= repeated(lambda _, at=address: client.get(at), ROUNDS // 2).figures(name)  # type: ignore[misc]
    return figures


def _of_workloads(client: Any, project: str) -> dict[str, str]:
    """The addresses of those pages."""
    root = f"/projects/{project}"
    workload = f"{root}/workload/deployment/s-00001-v1/"
    names = re.findall(rf'href="({root}/pod/[^/"]+/)"', client.get(workload).content.decode())
    return {
        "workload": workload,
        "pod": names[0],
        "workloads": f"{root}/workloads/?size={ROWS}",
        "pods": f"{root}/pods/?size={ROWS}",
    }


def _in_turn(arguments: Given) -> dict[str, float]:
    """All pages again, one of each in each round, and a LIST of the same Services: their ratios are made of these."""
    client, root = client_of(arguments.user), f"/projects/{arguments.project}"
    admin, services = _admin(arguments.admin), _listed(arguments.project)
    pages = {
        "list": f"{root}/services/?size={ROWS}",
        "details": f"{root}/service/s-00001/",
        **_of_workloads(client, arguments.project),
    }
    works: dict[str, Callable[[int], Any]] = {
        name: lambda _, at=address: client.get(at)  # type: ignore[misc]
        for name, address in pages.items()
    }
    works["search"] = lambda number: client.get(_searched(arguments.project, WORDS[number % len(WORDS)]))
    works["raw_list"] = lambda _: admin.call("GET", services)
    times = in_turn(works, ROUNDS // 2)
    admin.close()
    return {f"in_turn_{name}_ms": statistics.median(page_times.wall) * 1000 for name, page_times in times.items()}


def _search(arguments: Given) -> dict[str, Any]:
    """A whole page of results, for words that few, many and all objects have; the first one makes the texts."""
    client, before = client_of(arguments.user), _memory()
    addresses = [_searched(arguments.project, word) for word in WORDS]
    first = repeated(lambda _: client.get(addresses[0]), 1)
    answer = client.get(addresses[0]).content.decode()
    assert "/service/s-00042/" in answer, answer
    again = repeated(lambda number: client.get(addresses[number % len(WORDS)]), ROUNDS // 2)
    return {
        **again.figures("search"),
        "search_first_ms": first.wall[0] * 1000,
        "search_mb": _memory() - before,
    }


def _searched(project: str, word: str) -> str:
    return f"/search/?q={word}&in={project}"


def _queries(client: Any, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def _scripts(html: bytes) -> list[str]:
    return [source.decode() for source in re.findall(rb'<script[^>]+src="([^"]+)"', html)]


def _body(client: Any, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200, address
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def _changer(project: str, context: str) -> Callable[[int], str]:
    """A function that changes a Service of the first page, as somebody else would; what then is to be seen."""
    admin = _admin(context)

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
    parts = response.streaming_content.__aiter__()  # type: ignore[attr-defined]
    await parts.__anext__()
    times = Times()
    for number in range(CHANGES):
        with times:
            alias = (await asyncio.to_thread(change, number)).encode()
            await asyncio.wait_for(_until(parts.__anext__, alias), 10)
        await asyncio.sleep(0.6)  # a page that never rests is told twice a second, this one is to say how soon one is
    response.close()
    return times.figures("stream")


async def _until(part: Callable[[], Awaitable[bytes | str]], wanted: bytes) -> None:
    while True:
        content = await part()
        if wanted in (content.encode() if isinstance(content, str) else content):
            return


def _memory() -> float:
    """Resident memory of this process, in MB."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) / 1024


def _admin(context: str) -> Any:
    from tests.admin import from_kubeconfig

    return from_kubeconfig(Path(os.environ["BERTH_KUBECONFIG"]), context)


def _listed(project: str) -> str:
    from tests.admin import path

    return path("services", project) + f"?limit={ROWS}"


def _raw_list(project: str, context: str) -> dict[str, Any]:
    admin = _admin(context)
    address = _listed(project)
    figures = repeated(lambda _: admin.call("GET", address), ROUNDS).figures("raw_list")
    admin.close()
    return figures


if __name__ == "__main__":
    main()
