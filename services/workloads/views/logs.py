"""Logs of a pod, or of all pods of a Service or a workload in one order of time: a page that one reloads.

Who looks needs the capability `logs`; whose logs there are is seen through the gate, and each is read as the person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube import logs as reading
from console.kube.access import View
from console.kube.errors import Forbidden, KubeError
from console.kube.logs import Line, Snapshot, Source
from console.kube.records import PodRecord
from services.workloads.present import logs
from services.workloads.present.logs_options import SINCE, TAILS, Options, among, options
from services.workloads.present.logs_text import plain

MOST_KEPT = 100_000  # lines of a file


@dataclass(frozen=True, slots=True)
class Target:
    """Whose logs: of a pod, of a Service, of a workload. `pods` finds those there are now, through the gate."""

    title: str
    back: str
    address: str
    pods: Callable[[View], Sequence[PodRecord]]
    single: bool = False


def pod_target(scope: Scope, name: str) -> Target:
    """One pod."""
    back, address = (reverse(f"services:{page}", args=[scope.place, name]) for page in ("pod", "pod-logs"))
    return Target(name, back, address, lambda view: [view.pod(name)], single=True)


def service_target(scope: Scope, name: str) -> Target:
    """All pods that a Service selects now."""

    def pods(view: View) -> Sequence[PodRecord]:
        service = view.service(name)
        return view.pods(service.selector) if service.selector and service.type != "ExternalName" else []

    back, address = (reverse(f"services:{page}", args=[scope.place, name]) for page in ("details", "service-logs"))
    return Target(name, back, address, pods)


def workload_target(scope: Scope, kind: str, name: str) -> Target:
    """All pods that a workload made."""
    wanted = kinds.workload(kind)
    back, address = (
        reverse(f"services:{page}", args=[scope.place, kind, name]) for page in ("workload", "workload-logs")
    )
    return Target(name, back, address, lambda view: view.pods_of(view.workload(wanted.kind, name)))


@require_safe
@in_project(Capability.LOGS)
def page(request: Request, scope: Scope, target_of: Callable[..., Target], **named: str) -> HttpResponseBase:
    """The logs of what is named."""
    view, target = request.cluster.look(scope.subject, scope.place), target_of(scope, **named)
    chosen = options(request.GET)
    pods = target.pods(view)
    if request.method == "HEAD":  # a page that lost its stream asks whether there is something to come back to
        return HttpResponse()
    wanted = logs.sources(pods, chosen)
    keeps = "download" in request.GET
    client = request.cluster.as_user(scope.identity)
    snapshot = reading.snapshot(
        client,
        scope.place,
        wanted.read,
        tail=MOST_KEPT if keeps else chosen.tail,
        since_seconds=chosen.since_seconds,
        around=0 if keeps else chosen.at,
    )
    _raise_if_nothing(wanted.read, snapshot)
    if keeps:
        return _file(target, chosen, wanted, snapshot)
    shown = _shown(chosen, pods, wanted, snapshot)
    text = ngettext("%(name)s, 1 pod", "%(name)s, %(count)s pods in order of time", len(pods))
    context = {
        "project": scope.place,
        "target": target,
        "chosen": chosen,
        "page": shown,
        "of": target.title if target.single else text % {"name": target.title, "count": len(pods)},
        "waiting": wanted.waiting,
        "containers": logs.containers(pods),
        "restarted": logs.restarted(pods, chosen),
        "tails": [(tail, number_format(tail, force_grouping=True)) for tail in TAILS],
        "since": [(key, words) for key, (words, _seconds) in SINCE.items()],
        "download": _address(target, chosen, download="1"),
        "stream": "" if shown.newer else _address(target, chosen, "stream/", cursor=logs.pack(snapshot.cursors)),
        "nothing": _nothing(pods, wanted, chosen, snapshot),
    }
    return render(request, "services/workloads/logs.html", context)


def _raise_if_nothing(read: Sequence[Source], snapshot: Snapshot) -> None:
    """Where none could be read, the page says why, as any page does."""
    if not read or snapshot.lines or len(snapshot.failed) < len(read):
        return
    errors = list(snapshot.failed.values())
    grave: KubeError | None = next((error for error in errors if isinstance(error, Forbidden)), None)
    if grave or all(error.code != 400 for error in errors):
        raise grave or errors[0]


def _shown(chosen: Options, pods: Sequence[PodRecord], wanted: logs.Sources, snapshot: Snapshot) -> logs.Page:
    search = chosen.search
    names = [pod.name for pod in pods]
    named = logs.labels(names, wanted.read)
    lines = [line for line in snapshot.lines if chosen.shows(line)]
    first, last = (lines[0].at, lines[-1].at) if lines else (0, 0)
    events = [] if chosen.filtered else [event for event in logs.happened(pods, wanted.read) if first <= event.at]
    events = [
        event for event in events if event.source.pod not in chosen.hidden and not (snapshot.newer and event.at > last)
    ]
    entries: list[Line | logs.Said] = [*lines, *events]
    entries.sort(key=lambda entry: entry.at)
    shown = logs.rows_of(entries, chosen, named)
    links = among(chosen, names)
    return logs.Page(
        rows=shown.rows,
        count=len(lines),
        last=last,
        pods=logs.pod_chips(snapshot.lines, names, links, named, logs.troubled(pods)) if len(names) > 1 else (),
        levels=logs.level_chips((line for line in snapshot.lines if line.source.pod not in chosen.hidden), links),
        notes=_notes(wanted, snapshot, cut=shown.older and not chosen.at),
        hidden=snapshot.hidden,
        newer=snapshot.newer or shown.newer,
        marked=shown.marked,
        hits=sum(search.matches(plain(line.text)) for line in lines) if search.asks else 0,
        labels=named,
        chosen=chosen,
    )


def _notes(wanted: logs.Sources, snapshot: Snapshot, cut: bool) -> tuple[str, ...]:
    """What is not among the lines."""
    notes = [
        f"{source.key}: {logs.failure(source, error)}"
        for source, error in snapshot.failed.items()
        if not (source.previous and error.code == 400)  # it has none
    ]
    if wanted.hidden:
        text = ngettext("1 more container is not read.", "%(count)s more containers are not read.", wanted.hidden)
        notes.append(text % {"count": wanted.hidden})
    if cut:
        notes.append(gettext("Only the newest lines are shown: all of them are too much for one page."))
    return tuple(notes)


def _nothing(pods: Sequence[PodRecord], wanted: logs.Sources, chosen: Options, snapshot: Snapshot) -> str:
    """Why no line is shown."""
    if not pods:
        return gettext("There are no pods now, so there are no logs. They appear here with the next pod.")
    if not wanted.read and wanted.waiting:
        return gettext("No container has started yet.")
    if not wanted.read:
        return gettext("No container with this name exists.")
    if any(error.code not in (400, 404) for error in snapshot.failed.values()):
        return gettext("Not every log could be read. The others have no lines that are shown with these options.")
    if chosen.at and not chosen.filtered:
        return gettext("The containers have written nothing at this time or later, nor in the five minutes before it.")
    return gettext("The containers have written nothing that is shown with these options.")


def _address(target: Target, chosen: Options, below: str = "", **more: str) -> str:
    return f"{target.address}{below}?{urlencode([*chosen.pairs(), *more.items()])}"


def _file(target: Target, chosen: Options, wanted: logs.Sources, snapshot: Snapshot) -> HttpResponse:
    lines = [line for line in snapshot.lines if chosen.shows(line)]
    told = [*logs.left_out(chosen, snapshot, MOST_KEPT), *_notes(wanted, snapshot, cut=False)]
    response = HttpResponse(logs.text_of(lines, told), content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{target.title}.log"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
