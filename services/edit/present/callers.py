"""What callers of a Service have now, and what they will have after a change: the rows of two tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext, ngettext

from console.web import times
from services.changes.effects import Document
from services.manifests.health import State
from services.manifests.starters import STICKY_SECONDS
from services.steps.providers import Choice, offered, unmet

_OUTSIDE = ("NodePort", "LoadBalancer")


@dataclass(frozen=True, slots=True)
class Callers:
    """Some callers before and after a change. `after` is "" where it stays the same; `state` colours what comes, where
    it is worse; `gone`: what they use now is no more; `mono`: it is a name or an address; `waits`: it is of a new load
    balancer, which a provider may not handle (`unhandled`).
    """

    who: str
    now: str
    after: str
    state: State | None = None
    why: str = ""
    gone: bool = False
    mono: bool = False
    waits: bool = False


def callers(before: Document, after: Document, endpoints: tuple[int, int] | None) -> tuple[Callers, ...]:
    """What changes for whom. `endpoints`: how many there are and will be, where that is known."""
    old, new = before.get("spec") or {}, after.get("spec") or {}
    rows = []
    if endpoints is not None and endpoints[0] != endpoints[1]:
        now, then = map(_count, endpoints)
        row = Callers(gettext("All callers"), now, then)
        rows.append(row if endpoints[1] else replace(row, state="bad", why=gettext("calls fail")))
    rows += _of_ports(old, new)
    now, then = _pod_of_repeated(old), _pod_of_repeated(new)
    if now != then:
        rows.append(Callers(gettext("Repeat callers"), now, then))
    now, then = _outside(old), _outside(new)
    if now != then:
        if _node_ports(old) and (_node_ports(old), _to_choose(old)) == (_node_ports(new), _to_choose(new)):
            same, only = gettext("Load balancer, same node ports"), gettext("Same node ports only")
            then = same if _is_balanced(new) else only
        lost = any(_node_ports(old)) and not any(_node_ports(new)) and not _to_choose(new)
        row = Callers(gettext("Callers from outside"), now, then, "bad" if lost else None)
        rows.append(replace(row, waits=_is_balanced(new) and not _is_balanced(old)))
    return tuple(rows)


def addresses(before: Document, after: Document) -> Iterator[Callers]:
    """Where callers reach a Service now, and where after a change of its external access: by port, from outside first;
    the name inside the cluster stays."""
    meta, old, new = before["metadata"], before.get("spec") or {}, after.get("spec") or {}
    was, will = map(_is_balanced, (old, new))
    if was or will:
        now = gettext("The load balancer’s address") if was else gettext("None")
        chosen = [
            choice.provider.words for choice in offered(after["metadata"].get("annotations") or {}) if choice.chosen
        ]
        assigned = gettext("Assigned by %(provider)s") % {"provider": chosen[0] if chosen else gettext("the provider")}
        then = assigned if will else gettext("Released")
        row = Callers(gettext("Load balancer"), now, then if was != will else "", None if will else "bad")
        yield replace(row, gone=was and not will, waits=will and not was)
    wanted = {(port.get("port"), str(port.get("protocol") or "TCP")): port for port in new.get("ports") or ()}
    ports, was_open, stays_open = old.get("ports") or (), old.get("type") in _OUTSIDE, new.get("type") in _OUTSIDE
    for port in ports if was_open or stays_open else ():
        who = gettext("From outside, %(port)s") % {"port": port.get("name") or port.get("port")}
        now = _at(port) if was_open and port.get("nodePort") else gettext("Not reachable")
        same_port = wanted.get((port.get("port"), str(port.get("protocol") or "TCP")), {})
        then = _at(same_port) if stays_open else gettext("Closed")
        yield Callers(who, now, then if then != now else "", None if stays_open else "bad", gone=then != now)
    if ports:
        numbers = ", ".join(dict.fromkeys(f":{port.get('port')}" for port in ports))
        where = f"{meta['name']}.{meta.get('namespace')}{numbers}"
        yield Callers(gettext("Inside the cluster"), where, "", mono=True)


def unhandled(document: Document) -> list[Choice]:
    """The providers that will not handle the load balancer of a Service, as the annotation that they need is not set. A
    class says by itself who handles it."""
    spec, annotations = document.get("spec") or {}, document["metadata"].get("annotations") or {}
    return unmet(annotations) if _is_balanced(spec) and not spec.get("loadBalancerClass") else []


def _is_balanced(spec: Document) -> bool:
    return bool(spec.get("type") == "LoadBalancer")


def _at(port: Document) -> str:
    if not port.get("nodePort"):
        return gettext("Any node, a port that the cluster chooses")
    return gettext("Any node, port %(port)s") % {"port": port["nodePort"]}


def _count(endpoints: int) -> str:
    if not endpoints:
        return gettext("No endpoints")
    return ngettext("1 endpoint", "%(count)s endpoints", endpoints) % {"count": endpoints}


def _of_ports(old: Document, new: Document) -> Iterator[Callers]:
    """Ports that callers lose, that are new, and that lead to another port of the containers."""
    if "ExternalName" in (old.get("type"), new.get("type")):
        return
    before, after = _targets(old), _targets(new)
    for port, target in before.items():
        who = gettext("Callers of port %(port)s") % {"port": port}
        if port not in after:
            yield Callers(who, _target(target), gettext("Port %(port)s closes") % {"port": port}, "bad")
        elif after[port] != target:
            yield Callers(who, _target(target), _target(after[port]))
    for port in after:
        if port not in before:
            who, then = gettext("Callers of port %(port)s"), gettext("Port %(port)s is new")
            yield Callers(who % {"port": port}, gettext("No such port"), then % {"port": port})


def _targets(spec: Document) -> dict[str, str]:
    """What each port leads to, by number and protocol ("80/TCP")."""
    ports = [port for port in spec.get("ports") or () if port.get("port")]
    return {
        f"{port['port']}/{port.get('protocol') or 'TCP'}": str(port.get("targetPort") or port["port"]) for port in ports
    }


def _target(target: str) -> str:
    return gettext("Container port %(port)s") % {"port": target}


def _pod_of_repeated(spec: Document) -> str:
    if spec.get("sessionAffinity") != "ClientIP":
        return gettext("Any ready pod")
    client = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    seconds = client.get("timeoutSeconds") or STICKY_SECONDS
    words = times.exactly(seconds) if isinstance(seconds, int) else str(seconds)
    return gettext("Same pod for %(time)s, by client IP") % {"time": words}


def _outside(spec: Document) -> str:
    known, chosen = ", ".join(map(str, _node_ports(spec))), _to_choose(spec)
    text = ngettext("node port %(ports)s", "node ports %(ports)s", len(_node_ports(spec))) % {"ports": known}
    parts = [text] if known else []
    if chosen:
        text = ngettext("1 node port chosen by the cluster", "%(count)s node ports chosen by the cluster", chosen)
        parts.append(text % {"count": chosen})
    if _is_balanced(spec):
        parts.insert(0, gettext("load balancer"))
    said = ", ".join(parts) or gettext("inside only")
    return said[0].upper() + said[1:]


def _node_ports(spec: Document) -> list[int]:
    ports = (port.get("nodePort") for port in spec.get("ports") or ())
    return list(dict.fromkeys(port for port in ports if isinstance(port, int) and port))


def _to_choose(spec: Document) -> int:
    """How many node ports the cluster will choose when this is stored."""
    balanced = _is_balanced(spec) and spec.get("allocateLoadBalancerNodePorts") is not False
    if spec.get("type") != "NodePort" and not balanced:
        return 0
    return sum(1 for port in spec.get("ports") or () if not isinstance(port.get("nodePort") or None, int))
