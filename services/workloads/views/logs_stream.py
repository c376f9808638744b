"""Logs as they are written: a stream that only appends, for the log page where scripts run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project, is_current, is_still_signed_in
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import NotFound, Unavailable
from console.kube.following import FLOOD_PAUSE, Entry, Follower, started
from console.kube.logs import Line, Source, begin
from console.kube.records import PodRecord
from console.web import htmx, sse
from services.workloads.present import logs
from services.workloads.present.logs_options import Options, among, options
from services.workloads.views.logs import Target

REFRESH = 1.0  # seconds between two looks at which pods there are
_MOST_TOLD = 2000


@require_safe
@in_project(Capability.LOGS)
def stream(request: Request, scope: Scope, target_of: Callable[..., Target], **named: str) -> HttpResponseBase:
    """The logs of what is named, of pods that are yet to come too."""
    view, target = request.cluster.look(scope.subject, scope.place), target_of(scope, **named)
    target.pods(view)  # nothing is followed of what is not there
    subscription = view.subscribe(kinds.POD, kinds.REPLICASET, kinds.SERVICE)
    page = _Page(request, scope, view, target, subscription.mark)
    return sse.appended(
        request,
        subscription=_Ending(subscription, page.follower),
        take=page.take,
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


def _since(chosen: Options) -> str:
    """From when to read what was not read yet."""
    if chosen.at:
        return begin(chosen.at)
    seconds = chosen.since_seconds
    return "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


class _Ending:
    """A subscription whose end is also that of what is followed for it."""

    def __init__(self, subscription: sse.Subscription, follower: Follower) -> None:
        self._subscription, self._follower = subscription, follower
        self.wait, self.mark = subscription.wait, subscription.mark

    def close(self) -> None:
        self._subscription.close()
        self._follower.close()


class _Page:
    """What one open page was told, and what it follows."""

    def __init__(self, request: Request, scope: Scope, view: View, target: Target, wake: Any) -> None:
        self._request, self._view, self._target = request, view, target
        self._chosen = options(request.GET)
        seen = logs.unpack(request.headers.get("Last-Event-ID", "") or request.GET.get("cursor", ""))
        client = request.cluster.as_user(scope.identity)
        begins = started(seen), _since(self._chosen), scope.identity.user
        self.follower = Follower(client, scope.place, wake, self._chosen.tail, *begins)
        self._pods = [key.partition("/")[0] for key in seen]
        self._sources = [Source(pod, container) for pod, _, container in (key.partition("/") for key in seen)]
        self._named = logs.labels(self._pods, self._sources)
        self._looked = 0.0
        self._told: dict[logs.Said, None] | None = None
        self._bad: Mapping[str, PodRecord] = {}
        self._chips = ""
        self._gone = False

    def take(self) -> sse.Batch:
        """What the page is told next."""
        events: list[logs.Said] = []
        self._chosen.search.again()
        if time.monotonic() - self._looked >= REFRESH:
            self._looked = time.monotonic()
            events = self._look()
        entries: list[Entry | logs.Said] = [*self.follower.take(), *events]
        over = self._gone and not self.follower.active and not self.follower.more
        if over:
            words = gettext("The pod has been deleted.")
            entries.append(logs.Said(time.time_ns(), Source(self._target.title, ""), "idle", words))
        entries.sort(key=lambda entry: entry.at)
        shown = [entry for entry in entries if not isinstance(entry, Line) or self._chosen.shows(entry)]
        content: dict[str, object] = {}
        if shown:
            content |= logs.told(shown, self._chosen, self._named)
        if self._chosen.search.slow:
            content["problem"] = self._chosen.search.trouble
        chips = self._chips
        if len(self._pods) > 1:  # the keys of the pods, told where they are others than the page has
            keys = logs.pod_chips((), self._pods, among(self._chosen, self._pods), self._named, self._bad)
            self._chips = htmx.fragment(self._request, "services/workloads/logs_pods.html", {"chips": keys})
        if self._chips != chips:
            content["chips"] = self._chips
        stamp = logs.pack(self.follower.cursors) if entries else ""
        pause = FLOOD_PAUSE if self.follower.flooded else sse.PAUSE
        return sse.Batch(content, stamp, more=self.follower.more, over=over, pause=pause)

    def _look(self) -> list[logs.Said]:
        """Which pods there are now; what has happened to their containers since the last look."""
        try:
            pods = self._target.pods(self._view)
        except Unavailable:
            return []  # what is followed goes on as long as it does
        except NotFound:
            if not self._target.single:
                raise
            pods, self._gone = [], True
        self._bad = logs.troubled(pods)
        runs = logs.runs(pods, self._chosen)
        names, sources = [pod.name for pod in pods], [run.source for run in runs]
        if not set(names) <= set(self._pods) or not set(sources) <= set(self._sources):
            self._pods = list(dict.fromkeys([*self._pods, *names]))[-200:]
            self._sources = list(dict.fromkeys([*self._sources, *sources]))[-400:]
            self._named = logs.labels(self._pods, self._sources)
        self.follower.follow(runs)
        return self._news(logs.happened(pods, sources))

    def _news(self, happened: Sequence[logs.Said]) -> list[logs.Said]:
        """What was not said before. What stood there at the first look is not news."""
        if self._told is None:
            self._told = dict.fromkeys(happened)
            return []
        news = [event for event in happened if event not in self._told and event.source.pod not in self._chosen.hidden]
        self._told.update(dict.fromkeys(happened))
        while len(self._told) > _MOST_TOLD:
            del self._told[next(iter(self._told))]
        return news
