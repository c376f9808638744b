"""What the cluster has to choose from while one fills in the form: workloads, pods, nodes, room in the quota."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.kube.records import NodeRecord, PodRecord, ServiceRecord, WorkloadRecord
from services.manifests.health import matches, pod_health
from services.manifests.quantities import canonical, parse_quantity

MOST_WORKLOADS = 5
MOST_PODS = 10
MOST_SHARED = 50
MOST_NODES = 12


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload whose labels could be the selector. `pods`: how many, in words; `use`: what the choice
    posts; `chosen`: they are it."""

    kind: str
    name: str
    pods: str
    labels: tuple[str, ...]
    use: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class MatchedPod:
    """A pod that the selector matches. `waits`: it is not ready, so nothing is sent to it."""

    name: str
    state: str
    words: str
    workload: str
    kind: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Match:
    """What a selector matches now. `others`: in a sentence, which Services select the pods, too; `ready`: how many of
    all pods are, in words, and `share` of them; "" without pods."""

    state: str
    words: str
    pods: tuple[MatchedPod, ...]
    others: str
    ready: str
    share: float

    @property
    def ready_state(self) -> str:
        """The state of `ready`: how much of the traffic can be served."""
        return "ok" if self.share == 1 else "warn" if self.share else "bad"


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node, and whether the pods could run there. `open`: they could if they asked for no other labels."""

    name: str
    address: str
    roles: str
    taints: tuple[str, ...]
    fits: bool
    open: bool
    why: str


@dataclass(frozen=True, slots=True)
class Room:
    """One limit of a quota, and where it stands with what will be made."""

    word: str
    after: str
    hard: str
    over: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """What a LimitRange of the project says of containers or pods. `over`: a size that was typed breaks it."""

    word: str
    said: str
    over: bool


def workloads(
    records: Iterable[WorkloadRecord], text: str, selector: Mapping[str, str] | None = None
) -> tuple[tuple[Workload, ...], int]:
    """The first workloads whose name contains the text, and how many more there are. One whose labels are the selector
    is always among them; the order stays the same whichever is."""
    named = [record for record in records if text.lower() in record.name.lower()]
    chosen = [record for record in named if dict(record.template_labels) == selector]
    near = named[:MOST_WORKLOADS]
    far = [record for record in chosen if record not in near][: MOST_WORKLOADS - 1]
    shown = tuple(
        Workload(
            record.kind,
            record.name,
            _ready_of(record.ready, record.desired) if record.desired else _("0 pods"),
            tuple(f"{key}={value}" for key, value in record.template_labels.items()),
            f"use:{record.kind}/{record.name}",
            record in chosen,
        )
        for record in [*near[: MOST_WORKLOADS - len(far)], *far]
    )
    return shown, len(named) - len(shown)


def _ready_of(ready: int, pods: int) -> str:
    return ngettext("%(ready)d of %(n)d pod ready", "%(ready)d of %(n)d pods ready", pods) % {"ready": ready, "n": pods}


def match(
    selector: Mapping[str, str],
    pods: Sequence[PodRecord],
    workloads: Sequence[WorkloadRecord],
    services: Iterable[ServiceRecord],
    now: float,
    *,
    unready: bool = False,
    shared: Mapping[str, int] | None = None,
) -> Match:
    """Which pods and workloads a selector matches, in a sentence and as rows. `unready`: the Service leads to pods that
    are not ready, too; `shared`: how many of the pods (`MOST_SHARED` at most are looked at) other Services select."""
    same = [service.name for service in services if dict(service.selector) == dict(selector)]
    rows = []
    for pod in pods[:MOST_PODS]:
        maker = next((workload for workload in workloads if matches(dict(workload.selector), dict(pod.labels))), None)
        name, kind = (maker.name, maker.kind.lower()) if maker else ("", "")
        waits = not pod.ready and not unready
        rows.append(MatchedPod(pod.name, pod_health(pod, now).state, pod.status, name, kind, waits))
    sentence = _also_selected(len(pods), shared) if pods and shared else _same_selector(same) if same else ""
    state = "ok" if pods else "warn" if workloads else "bad"
    ready = sum(pod.ready for pod in pods)
    words = _ready_of(ready, len(pods)) if pods else ""
    share = ready / len(pods) if pods else 0
    return Match(state, _matches(len(pods), len(workloads)), tuple(rows), sentence, words, share)


def _same_selector(names: Sequence[str]) -> str:
    text = ngettext(
        "Service %(names)s selects the same pods. This is allowed.",
        "Services %(names)s select the same pods. This is allowed.",
        len(names),
    )
    return text % {"names": _first(names)}


def _also_selected(pods: int, shared: Mapping[str, int]) -> str:
    """Which Services select these pods as well, in a sentence: those that select all of them, else some."""
    every = [name for name, count in shared.items() if count == pods]
    names = every or list(shared)
    which = (
        ngettext("this pod", "these %(n)d pods", pods) if every else ngettext("this pod", "some of these pods", pods)
    )
    text = ngettext(
        "Service %(names)s also selects %(pods)s. This is allowed.",
        "Services %(names)s also select %(pods)s. This is allowed.",
        len(names),
    )
    return text % {"names": _first(names), "pods": which % {"n": pods} if every and pods > 1 else which}


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def named_ports(ports: Iterable[Mapping[str, Any]], pods: Sequence[PodRecord]) -> str:
    """Where the named target ports of a Service lead in these pods: "http-web → 8080 in all 3 pods"."""
    phrases: dict[str, list[str]] = {}
    for port in ports:
        name, protocol = port.get("targetPort"), port.get("protocol") or "TCP"
        if not name or not isinstance(name, str):
            continue
        numbers = Counter(
            number
            for pod in pods
            for number in {number for kind, called, number in declared(pod) if (kind, called) == (protocol, name)}
        )
        for number, count in sorted(numbers.items()):
            phrases.setdefault(_in_pods(count, len(pods)), []).append(f"{name} → {number}")
    return "; ".join(f"{', '.join(dict.fromkeys(leads))} {where}" for where, leads in phrases.items())


def _in_pods(count: int, pods: int) -> str:
    if count == pods:
        return ngettext("in the one pod", "in all %(n)d pods", pods) % {"n": pods}
    return _("in %(n)d of %(pods)d pods") % {"n": count, "pods": pods}


def _matches(pods: int, workloads: int) -> str:
    makers = ngettext("%(n)d workload", "%(n)d workloads", workloads) % {"n": workloads}
    if pods and workloads:
        return _("Matches %(pods)s of %(workloads)s") % {
            "pods": ngettext("%(n)d pod", "%(n)d pods", pods) % {"n": pods},
            "workloads": makers,
        }
    if pods:
        text = ngettext("Matches %(n)d pod without a workload", "Matches %(n)d pods without a workload", pods)
        return text % {"n": pods}
    return _("Matches no pods yet, but %(workloads)s") % {"workloads": makers} if workloads else _("Matches no pods")


Port = tuple[str, str, int]
"""A port that a container declares: protocol, name ("" without one), number."""


def declared(pod: PodRecord) -> Iterator[Port]:
    """The ports that the containers of a pod declare, those of init containers that end left out."""
    for container in pod.containers:
        if not container.init or container.sidecar:
            yield from ((port.protocol, port.name, port.container_port) for port in container.ports)


def undeclared(ports: Iterable[Mapping[str, Any]], declared_ports: Collection[Port]) -> list[str]:
    """The target ports of a Service that no container declares, in a sentence each. A named port needs a container that
    declares it; on a number a container may listen all the same. `declared_ports`: empty where the pods are not known.
    """
    known = {(protocol, value) for protocol, name, number in declared_ports for value in (name, number)}
    sentences = []
    for port in ports if declared_ports else ():
        target = port.get("targetPort") or port.get("port")
        if not target or (port.get("protocol") or "TCP", target) in known:
            continue
        words = {"port": port.get("port") or target, "target": target}
        if isinstance(target, str):
            text = _("No container of these pods has a port named %(target)s: port %(port)s will not work.")
        else:
            text = _(
                "No container of these pods declares port %(target)s, the target of port %(port)s; it may still work."
            )
        sentences.append(text % words)
    return sentences


def nodes(
    records: Iterable[NodeRecord], node_selector: Mapping[str, str], tolerations: Sequence[Mapping[str, Any]] = ()
) -> tuple[NodeRow, ...]:
    """The nodes that fit first. `tolerations`: of the pods."""
    rows = [_node(node, node_selector, tolerations) for node in records]
    return tuple(sorted(rows, key=lambda row: (not row.fits, row.name))[:MOST_NODES])


def room(
    quotas: Iterable[Mapping[str, Any]],
    replicas: int,
    containers: Sequence[Mapping[str, Any]],
    ranges: Sequence[Mapping[str, Any]] = (),
    before: tuple[int, Sequence[Mapping[str, Any]]] = (0, ()),
) -> tuple[Room, ...]:
    """What the quotas of the project leave after these pods, of each resource the one that leaves least. `containers`:
    values of the pod step; the LimitRanges of the project say what a container has that says nothing. `before`:
    replicas and containers of the workload as it is, whose pods are among those that are counted."""
    lines: dict[str, tuple[Fraction, Room]] = {}
    containers = [_filled(container, ranges) for container in containers]
    counted = _asked(before[0], [_filled(container, ranges) for container in before[1]])
    for quota in quotas:
        status = quota.get("status") or {}
        for key, (word, value) in _asked(replicas, containers).items():
            hard = parse_quantity(str((status.get("hard") or {}).get(key, "")))
            used = parse_quantity(str((status.get("used") or {}).get(key, "0")))
            if hard is None or used is None:
                continue
            binary = "memory" in key
            after = max(Fraction(0), used - counted[key][1]) + value
            if key not in lines or hard - after < lines[key][0]:
                line = Room(word, canonical(after, binary=binary), canonical(hard, binary=binary), after > hard)
                lines[key] = (hard - after, line)
    return tuple(line for _left, line in lines.values())


def bounds(ranges: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]) -> tuple[Bound, ...]:
    """What the LimitRanges of the project hold a container and a pod to, and what they give one that says nothing."""
    lines: list[Bound] = []
    filled = [_filled(container, ranges) for container in containers]
    for entry in _entries(ranges, "Container"):
        for key, word in _RESOURCES.items():
            names = ("defaultRequest", "default")
            defaults = [str(quantity) for name in names if (quantity := (entry.get(name) or {}).get(key))]
            if defaults:
                title = _("%(what)s if not set") % {"what": word}
                lines.append(Bound(title, _between(defaults[0], defaults[-1]), False))
            sizes = [(_size(container, key, "request"), _size(container, key, "limit")) for container in filled]
            lines += _bound(entry, key, str(word), sizes)
    for entry in _entries(ranges, "Pod"):
        for key, word in _RESOURCES.items():
            pod = (_of_pod(filled, f"{key}_request") or None, _of_pod(filled, f"{key}_limit") or None)
            lines += _bound(entry, key, _("%(what)s of a pod") % {"what": word}, [pod])
    return tuple(lines)


_RESOURCES: dict[str, Any] = {"cpu": gettext_lazy("CPU"), "memory": gettext_lazy("Memory")}


def _entries(ranges: Iterable[Mapping[str, Any]], type_: str) -> Iterator[Mapping[str, Any]]:
    for limit_range in ranges:
        yield from (
            entry for entry in (limit_range.get("spec") or {}).get("limits") or () if entry.get("type") == type_
        )


def _bound(
    entry: Mapping[str, Any], key: str, word: str, sizes: Sequence[tuple[Fraction | None, Fraction | None]]
) -> Iterator[Bound]:
    """The least and the most of one resource. `sizes`: request and limit of each that is held to it."""
    least, most = (str((entry.get(name) or {}).get(key) or "") for name in ("min", "max"))
    if not least and not most:
        return
    low, high = parse_quantity(least), parse_quantity(most)
    typed = [size for pair in sizes for size in pair if size is not None]
    over = any((low is not None and size < low) or (high is not None and size > high) for size in typed)
    yield Bound(word, _between(least, most), over)


def _between(least: str, most: str) -> str:
    if least and most and least != most:
        return _("%(least)s to %(most)s") % {"least": least, "most": most}
    if least and not most:
        return _("%(least)s or more") % {"least": least}
    return most if least else _("up to %(most)s") % {"most": most}


def _size(container: Mapping[str, Any], key: str, which: str) -> Fraction | None:
    return parse_quantity(str(container.get(f"{key}_{which}") or ""))


def _filled(container: Mapping[str, Any], ranges: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The container with the sizes that the API server gives it: a limit alone is the request too, then come the
    defaults of the LimitRanges."""
    filled = dict(container)
    for key in _RESOURCES:
        request, limit = f"{key}_request", f"{key}_limit"
        filled[request] = filled.get(request) or filled.get(limit) or ""
        for entry in _entries(ranges, "Container"):
            filled[limit] = filled.get(limit) or (entry.get("default") or {}).get(key) or ""
            filled[request] = filled[request] or (entry.get("defaultRequest") or {}).get(key) or ""
    return filled


def _asked(replicas: int, containers: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, Fraction]]:
    words = {
        "requests.cpu": (_("CPU requests"), "cpu_request"),
        "limits.cpu": (_("CPU limits"), "cpu_limit"),
        "requests.memory": (_("Memory requests"), "memory_request"),
        "limits.memory": (_("Memory limits"), "memory_limit"),
    }
    totals = {key: (word, replicas * _of_pod(containers, name)) for key, (word, name) in words.items()}
    return {"pods": (_("Pods"), Fraction(replicas)), **totals}


def _of_pod(containers: Sequence[Mapping[str, Any]], name: str) -> Fraction:
    """Workers run together, init containers one after the other before them."""
    sizes = [
        (container.get("type"), parse_quantity(str(container.get(name) or "0")) or Fraction(0))
        for container in containers
    ]
    together = sum((size for kind, size in sizes if kind != "init"), Fraction(0))
    return max([together, *(size for kind, size in sizes if kind == "init")])


def _node(node: NodeRecord, node_selector: Mapping[str, str], tolerations: Sequence[Mapping[str, Any]]) -> NodeRow:
    missing = [f"{key}={value}" for key, value in node_selector.items() if node.labels.get(key) != value]
    closed = _closed(node, tolerations)
    why = closed or (_("Does not have %(labels)s") % {"labels": ", ".join(missing)} if missing else "")
    return NodeRow(
        name=node.name,
        address=node.internal_ip,
        roles=", ".join(node.roles),
        taints=tuple(taint.replace("=:", ":") for taint in node.taints),
        fits=not why,
        open=not closed,
        why=why,
    )


def _closed(node: NodeRecord, tolerations: Sequence[Mapping[str, Any]]) -> str:
    """Why no pod of these can run on the node, whatever its labels; "" if one can."""
    if not node.ready:
        return _("Not ready")
    if not node.schedulable:
        return _("Unschedulable")
    hard = (taint for taint in node.taints if taint.endswith((":NoSchedule", ":NoExecute")))
    if any(not any(_tolerates(toleration, taint) for toleration in tolerations) for taint in hard):
        return _("Tainted; these pods do not tolerate it")
    return ""


def _tolerates(toleration: Mapping[str, Any], taint: str) -> bool:
    """Whether a toleration of a pod covers a taint, `key=value:Effect`."""
    pair, _colon, effect = taint.rpartition(":")
    key, _equals, value = pair.partition("=")
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", key)
    return toleration.get("key") == key and (toleration.get("value") or "") == value
