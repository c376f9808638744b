"""What a page says about itself: how fresh it is, and what the reader may do on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, is_current, is_still_signed_in
from accounts.words import lacking
from console.kube.access import View
from console.kube.errors import KubeError
from console.kube.kinds import Kind
from console.web import error_pages, htmx, sse, times

# Seconds without a word from the cluster after which a page stops saying that it is only reconnecting.
PATIENCE = 6.0


@dataclass(frozen=True, slots=True)
class Live:
    """The pill in the top bar. `state`: ok, busy, warn; `as_of`: epoch seconds, where it is not the present."""

    state: str
    words: str
    as_of: float | None = None
    reason: str = ""

    @property
    def stale(self) -> bool:
        """Whether what is shown may not be so any more."""
        return self.state == "warn"


@dataclass(frozen=True, slots=True)
class Act:
    """A link of a notice."""

    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Notice:
    """At most one stands under the head: what is so, what it means, what to do."""

    state: str
    what: str
    means: str = ""
    acts: tuple[Act, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the reader may do with Services here. `reason`: why not the rest; `logs`: read what containers write."""

    create: bool
    edit: bool
    delete: bool
    reason: str
    logs: bool = False


def allowed(scope: Any, manage: Any) -> Allowed:
    """From the reader's scope; `manage`: the capability that writing Services takes."""
    may = scope.can(manage)
    reason = "" if may else lacking(scope.standing, manage)
    return Allowed(may, may, may, reason, logs=scope.can(Capability.LOGS))


def is_stale(freshness: Any, now: float) -> bool:
    """Whether what the store knows may not be so any more. `now`: epoch seconds."""
    lost = freshness.as_of is not None and now - freshness.as_of > PATIENCE
    return freshness.state == "stale" or (freshness.state == "reconnecting" and lost)


def live(freshness: Any) -> Live:
    """The pill from what the store knows about itself."""
    as_of = freshness.as_of
    if freshness.state == "live":
        return Live("ok", gettext("Live"))
    if freshness.state == "loading":
        return Live("busy", gettext("Loading"), None, why(freshness))
    if freshness.state == "forbidden":
        return Live("warn", gettext("Not readable"), as_of, freshness.reason)
    if not is_stale(freshness, time.time()):
        return Live("busy", gettext("Reconnecting"), as_of, why(freshness))
    if as_of is None:
        return Live("warn", gettext("Cluster not responding"), None, why(freshness))
    return Live("warn", gettext("As of"), as_of, why(freshness))


def why(freshness: Any) -> str:
    """The class of what failed last, in words that are for everybody: no address, no text of the cluster."""
    return {
        "ConnectionRefused": gettext("Connection refused."),
        "NewConnectionError": gettext("No connection can be opened."),
        "ConnectTimeoutError": gettext("Connecting timed out."),
        "ReadTimeout": gettext("The response timed out."),
        "NameResolutionError": gettext("The name of its server cannot be resolved."),
        "Certificate": gettext("Its certificate is not trusted."),
        "TLS": gettext("The TLS connection failed."),
        "Unauthorized": gettext("Berth’s credentials are refused (401)."),
        "InternalError": gettext("Its API server reports an error of its own (500)."),
        "ServiceUnavailable": gettext("Its API server is unavailable (503)."),
        "TooManyRequests": gettext("Its API server is overloaded (429)."),
    }.get(freshness.reason, "")


def pill(request: Request, live: Live) -> str:
    """The pill as a stream sends it."""
    context = {"state": live.state, "words": live.words, "as_of": live.as_of, "reason": live.reason}
    return htmx.fragment(request, "components/live.html", context)


def notice(freshness: Any) -> Notice | None:
    """What to say about data that is not of now; None while it is."""
    if freshness.state == "forbidden":
        means = gettext("An administrator must grant this right to Berth’s own account: deploy/kubernetes/rbac.yaml.")
        return Notice("warn", gettext("Berth itself is not allowed to read all of this project."), means)
    if not is_stale(freshness, time.time()):
        return None
    if freshness.as_of is None:
        return Notice("warn", gettext("The cluster has not responded yet."), _tried(freshness), _try_now())
    moment = {shape: times.element(freshness.as_of, shape) for shape in ("clock", "ago")}
    means = gettext("%(tried)s States are grey, as they were then. Drafts can be edited, but nothing is sent.")
    sentence = times.sentence(gettext("The cluster has not responded since %(clock)s (%(ago)s)."), moment)
    return Notice("warn", sentence, means % {"tried": _tried(freshness)}, _try_now())


def _tried(freshness: Any) -> str:
    """What failed, and when it is tried next: true of a page that stands still, too."""
    again = gettext("Berth tries again within a minute.")
    again = again if freshness.answering else gettext("Berth tries again every few seconds.")
    return f"{why(freshness)} {again}".strip()


def freshness_of(view: View, watched: Sequence[Kind]) -> dict[str, Any]:
    """How fresh a page about one object is, as its templates are given it; it asks neither the cluster nor the gate."""
    freshness = view.freshness(*watched)
    state = live(freshness)
    return {"live": state, "stale": state.stale, "stale_notice": notice(freshness)}


def stream(
    request: Request,
    scope: Scope,
    subscription: sse.Subscription,
    render: Callable[[sse.Alarm], sse.Fragments],
    pulse: Callable[[], sse.Fragments],
) -> HttpResponseBase:
    """The stream of a page, for as long as the reader may see it. `render` sets the alarm that it is given."""
    alarm = sse.Alarm()
    return sse.stream(
        request,
        subscription=subscription,
        render=lambda: render(alarm),
        alarm=alarm,
        pulse=pulse,
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        key=(request.session.session_key, scope.project and scope.project.uuid, scope.epoch),
    )


def stream_of_one(
    request: Request,
    scope: Scope,
    view: View,
    watched: Sequence[Kind],
    subscription: sse.Subscription,
    context: Callable[[], dict[str, Any]],
    parts: Mapping[str, str],
    notice_part: str,
) -> HttpResponseBase:
    """The stream of a page about one object. `context`: what the page shows, and `recheck`, the epoch seconds when time
    alone may change that; `parts`: the template of each by the id of its element; `notice_part`: which of them says how
    old all of it is.
    """

    def rendered(alarm: sse.Alarm) -> sse.Fragments:
        shown = context()
        alarm.at = shown["recheck"]
        fragments = {part: htmx.fragment(request, template, shown) for part, template in parts.items()}
        return {**fragments, "live": pill(request, shown["live"])}

    def pulse() -> sse.Fragments:
        """What time alone changes."""
        shown = freshness_of(view, watched)
        fragments = {"live": pill(request, shown["live"])}
        if shown["stale_notice"]:
            fragments[notice_part] = htmx.fragment(request, parts[notice_part], {"stale_notice": shown["stale_notice"]})
        return fragments

    return stream(request, scope, subscription, rendered, pulse)


def refusal(error: KubeError, detail: str | None = None) -> Notice:
    """What the cluster said against it. `detail`: what else is said in place of its own words."""
    explanation = error_pages.said(error)
    return Notice(
        explanation.state,
        explanation.what,
        f"{explanation.means} {explanation.detail if detail is None else detail}".strip(),
    )


def _try_now() -> tuple[Act, ...]:
    return (Act("", gettext("Try now")),)
