"""One container of a pod, opened: its runs, its resources, its probes and its settings, from the manifest as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.kube.fields import NOTHING, epoch
from console.kube.usage import Reading
from console.kube.visible import visible
from console.web import times
from services.manifests.health import State
from services.manifests.mentions import VOLUME, mentions
from services.shown.containers import next_try, tried_again
from services.shown.facts import Fact, Line, lines, value_text
from services.shown.pages import Pages
from services.shown.quantities import size_of
from services.shown.usage import shares, used_by

_clip = partial(value_text, most=2000)
_PROBES = (("readiness", _("Readiness")), ("liveness", _("Liveness")), ("startup", _("Startup")))
_PULL = {
    "IfNotPresent": _("Use Local Image First"),
    "Always": _("Pull Image Always"),
    "Never": _("Use Local Image Only"),
}
_SECURE = (
    ("privileged", True, _("privileged")),
    ("runAsNonRoot", True, _("never root")),
    ("readOnlyRootFilesystem", True, _("root file system read-only")),
    ("allowPrivilegeEscalation", False, _("no privilege escalation")),
)
_EXCEEDED = {"memory": _("Killed"), "cpu": _("Throttled"), "ephemeral-storage": _("Evicted")}
_MEASURED = frozenset({"memory", "cpu"})
_NAMES = {"memory": _("Memory"), "cpu": _("CPU"), "ephemeral-storage": _("Temporary storage")}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container. `number`: which it is, counted from 1, 0 where that is not known; `tag`: present, next or
    last; moments are epoch seconds, 0 where there is none, `again`: when the next one starts; `lasted`: how long it
    did, and `raw` what the kubelet says where `why` has it in other words."""

    tag: str
    state: State
    words: str
    why: str
    start: float
    end: float
    lasted: str = ""
    raw: str = ""
    again: float = 0.0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """What a container asks for and what it may use at most. `used`: its line, and `share` of what was asked for, where
    that is known."""

    name: str
    request: str
    limit: str
    exceeded: str
    used: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe: what it does and how often; `how` is empty where it is not set."""

    name: str
    how: str
    when: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything about one container. `probes`, `settings`: those that are set, `lacking`, `unset`: the names of those
    that are not."""

    runs: tuple[Run, ...]
    resources: tuple[Resource, ...]
    probes: tuple[Probe, ...]
    lacking: str
    settings: tuple[Fact, ...]
    unset: str


def specs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a pod as its manifest has them, those that work first."""
    spec = body.get("spec") or NOTHING
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]


def opened(body: Mapping[str, Any], name: str, pages: Pages, readings: Sequence[Reading] = ()) -> Opened | None:
    """The container of this name; None where there is none. `readings`: what the pod used."""
    spec = next((container for container in specs(body) if container.get("name") == name), None)
    if spec is None:
        return None
    status = body.get("status") or NOTHING
    known = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    state = next((container_status for container_status in known if container_status.get("name") == name), NOTHING)
    settings = (*_settings(spec, state), _uses(body, name, pages))
    unset = ", ".join(fact.label for fact in settings if not fact.lines and fact.key != "image-id")
    probes = [_probe(str(words), spec.get(f"{probe}Probe") or NOTHING) for probe, words in _PROBES]
    return Opened(
        runs=_runs(state),
        resources=_resources(spec, readings),
        probes=tuple(probe for probe in probes if probe.how),
        lacking=", ".join(probe.name for probe in probes if not probe.how),
        settings=tuple(fact for fact in settings if fact.lines),
        unset=unset,
    )


def _runs(status: Mapping[str, Any]) -> tuple[Run, ...]:
    """The present state, and the last end that the kubelet remembers. The first run was no restart."""
    state, before = status.get("state") or NOTHING, status.get("lastState") or NOTHING
    restarts = status.get("restartCount") or 0
    ended = max((epoch((detail or NOTHING).get("finishedAt")) for detail in before.values()), default=0)
    runs = []
    for kind, detail in state.items():
        waits = kind == "waiting" and bool(before)
        run = _run(gettext("next") if waits else gettext("now"), kind, detail or NOTHING, ended)
        number = restarts + (2 if waits else 1) if kind != "waiting" or before else 0
        runs.append(replace(run, number=number))
    for kind, detail in before.items():
        number = restarts + (1 if "waiting" in state else 0)
        runs.append(replace(_run(gettext("last"), kind, detail or NOTHING), number=number))
    return tuple(runs)


def _run(tag: str, kind: str, detail: Mapping[str, Any], ended: float = 0.0) -> Run:
    """`ended`: when the run before it did."""
    reason, message = (_clip(detail.get(key)) for key in ("reason", "message"))
    start, end = epoch(detail.get("startedAt")), epoch(detail.get("finishedAt"))
    if kind == "running":
        return Run(tag, "ok", gettext("Running"), "", start, 0)
    if kind == "waiting":
        state: State = "busy" if reason in ("", "ContainerCreating", "PodInitializing") else "bad"
        words = gettext("Waiting: %(reason)s") % {"reason": reason} if reason else gettext("Waiting")
        told = next_try(message, ended)
        again = tried_again(message, ended)
        return Run(tag, state, words, told or message, 0, 0, raw=message if told else "", again=again)
    code = detail.get("exitCode") or 0
    why = gettext("Exit code %(code)s") % {"code": code}
    if detail.get("signal"):
        why += gettext(", signal %(signal)s") % {"signal": detail["signal"]}
    words = gettext("Terminated: %(reason)s") % {"reason": reason} if reason else gettext("Terminated")
    return Run(
        tag, "bad" if code else "idle", words, f"{why}. {message}" if message else why, start, end, _lasted(start, end)
    )


def _lasted(start: float, end: float) -> str:
    """ "4 min 12 s": of a run that failed, seconds tell one cause from another."""
    seconds = int(end - start) if start else -1
    if not 0 < seconds < 3600:
        return times.duration(seconds) if seconds > 0 else gettext("under 1 s") if seconds == 0 else ""
    whole, rest = seconds - seconds % 60, seconds % 60
    return " ".join(times.exactly(part) for part in (whole, rest) if part)


def _resources(spec: Mapping[str, Any], readings: Sequence[Reading]) -> tuple[Resource, ...]:
    resources = spec.get("resources") or NOTHING
    requests, limits = resources.get("requests") or NOTHING, resources.get("limits") or NOTHING
    used, drawn = used_by(readings, str(spec.get("name")), limits)
    names = dict.fromkeys(("memory", "cpu", *requests, *limits))
    return tuple(
        Resource(
            name=str(_NAMES.get(name, visible(name))),
            request=_clip(size_of(name, requests.get(name))),
            limit=_clip(size_of(name, limits.get(name))),
            exceeded=str(_EXCEEDED.get(name, "")) if name in limits else gettext("Not limited"),
            used=getattr(drawn, name) if name in _MEASURED else "",
            share=shares(used[name], requests.get(name), limits.get(name)) if name in used else "",
        )
        for name in names
    )


def _probe(name: str, probe: Mapping[str, Any]) -> Probe:
    if not probe:
        return Probe(name, "", "")
    values = {
        "delay": probe.get("initialDelaySeconds") or 0,
        "period": probe.get("periodSeconds") or 10,
        "timeout": probe.get("timeoutSeconds") or 1,
        "failures": probe.get("failureThreshold") or 3,
    }
    when = gettext(
        "initial delay %(delay)s s, interval %(period)s s, timeout %(timeout)s s, failure threshold %(failures)s"
    )
    return Probe(name, _handler(probe), when % values)


def _handler(handler: Mapping[str, Any]) -> str:
    """What a probe or a hook does."""
    if http := handler.get("httpGet"):
        scheme = "HTTPS" if http.get("scheme") == "HTTPS" else "HTTP"
        values = {"scheme": scheme, "path": _clip(http.get("path")) or "/", "port": _clip(http.get("port"))}
        return gettext("%(scheme)s GET %(path)s on port %(port)s") % values
    if tcp := handler.get("tcpSocket"):
        return gettext("TCP port %(port)s") % {"port": _clip(tcp.get("port"))}
    if grpc := handler.get("grpc"):
        return gettext("gRPC on port %(port)s") % {"port": _clip(grpc.get("port"))}
    if command := handler.get("exec"):
        return gettext("Command %(command)s") % {"command": _joined(command.get("command"))}
    if sleep := handler.get("sleep"):
        return gettext("Wait %(seconds)s s") % {"seconds": sleep.get("seconds")}
    return gettext("Not known")


def _settings(spec: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[Fact, ...]:
    hooks = spec.get("lifecycle") or NOTHING
    pull = spec.get("imagePullPolicy") or ""
    ports = (
        Line(f"{port.get('containerPort')}/{port.get('protocol') or 'TCP'}", note=_clip(port.get("name")))
        for port in spec.get("ports") or ()
    )
    mounts = (
        Line(_clip(mount.get("mountPath")), note=gettext("read-only") if mount.get("readOnly") else "")
        for mount in spec.get("volumeMounts") or ()
    )
    return (
        Fact("image", gettext("Image"), lines(_clip(spec.get("image"))), mono=True),
        Fact("image-id", gettext("Image ID"), lines(_clip(status.get("imageID"))), mono=True),
        Fact("pull", gettext("Image Pull Policy"), lines(str(_PULL.get(pull, _clip(pull))))),
        Fact("ports", gettext("Ports"), tuple(ports), mono=True),
        Fact("command", gettext("Command"), lines(_joined(spec.get("command"))), mono=True),
        Fact("args", gettext("Arguments"), lines(_joined(spec.get("args"))), mono=True),
        Fact("start", gettext("Post-start"), _hook(hooks.get("postStart"))),
        Fact("stop", gettext("Pre-stop"), _hook(hooks.get("preStop"))),
        Fact("security", gettext("Security"), _security(spec)),
        Fact("mounts", gettext("Mounts"), tuple(mounts), mono=True),
    )


def _hook(handler: Mapping[str, Any] | None) -> tuple[Line, ...]:
    return lines(_handler(handler)) if handler else ()


def _security(spec: Mapping[str, Any]) -> tuple[Line, ...]:
    context = spec.get("securityContext") or NOTHING
    words = [str(text) for key, value, text in _SECURE if context.get(key) is value]
    for key, text in (("runAsUser", gettext("user %s")), ("runAsGroup", gettext("group %s"))):
        if context.get(key) is not None:
            words.append(text % context[key])
    for key, text in (("add", gettext("adds %s")), ("drop", gettext("drops %s"))):
        if names := (context.get("capabilities") or NOTHING).get(key):
            words.append(text % ", ".join(map(str, names)))
    return lines(visible(", ".join(words)))


def _uses(body: Mapping[str, Any], container: str, pages: Pages) -> Fact:
    """What the variables and mounts of a container come from."""
    mounted = {
        mount.get("name")
        for spec in specs(body)
        if spec.get("name") == container
        for mount in spec.get("volumeMounts") or ()
    }
    named = (
        (mention.kind, mention.name)
        for mention in mentions({"kind": "Pod", "spec": body.get("spec")})
        if mention.container == container or (mention.how == VOLUME and mention.place in mounted)
    )
    sources = tuple(Line(f"{kind} {_clip(name)}", href=pages.href(kind, name)) for kind, name in dict.fromkeys(named))
    return Fact("uses", gettext("Configuration and storage"), sources)


def _joined(words: Iterable[Any] | None) -> str:
    return _clip(" ".join(map(str, words or ())))
