"""Where callers reach a Service now, and where after a change of its external access: the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext

from services.edit.present.callers import Callers

_OUTSIDE = ("NodePort", "LoadBalancer")


def addresses(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Callers, ...]:
    """The addresses by port, from outside first; the name inside the cluster stays."""
    old, new = before.get("spec") or {}, after.get("spec") or {}
    return (*_by_balancer(old, new), *_from_outside(old, new), *_inside(before))


def _by_balancer(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Callers]:
    was, will = (spec.get("type") == "LoadBalancer" for spec in (old, new))
    if not was and not will:
        return
    address = gettext("The load balancer’s address")
    assigned = address if was else gettext("An address, once the load balancer has one")
    now = address if was else gettext("None")
    then = assigned if will else gettext("Released")
    yield Callers(
        gettext("Load balancer"), now, then if was != will else "", None if will else "bad", gone=was and not will
    )


def _from_outside(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Callers]:
    wanted = {_key(port): port for port in new.get("ports") or ()}
    was_open, stays_open = old.get("type") in _OUTSIDE, new.get("type") in _OUTSIDE
    for port in old.get("ports") or ():
        if not was_open and not stays_open:
            continue
        who = gettext("From outside, %(port)s") % {"port": port.get("name") or port.get("port")}
        now = _at(port) if was_open and port.get("nodePort") else gettext("Not reachable")
        then = _at(wanted.get(_key(port), {})) if stays_open else gettext("Closed")
        changes = then != now
        yield Callers(who, now, then if changes else "", None if stays_open else "bad", gone=changes)


def _inside(document: Mapping[str, Any]) -> Iterator[Callers]:
    meta, ports = document["metadata"], (document.get("spec") or {}).get("ports") or ()
    if ports:
        numbers = dict.fromkeys(f":{port.get('port')}" for port in ports)
        where = f"{meta['name']}.{meta.get('namespace')}{', '.join(numbers)}"
        yield Callers(gettext("Inside the cluster"), where, "", mono=True)


def _at(port: Mapping[str, Any]) -> str:
    if not port.get("nodePort"):
        return gettext("Any node, a port that the cluster chooses")
    return gettext("Any node, port %(port)s") % {"port": port["nodePort"]}


def _key(port: Mapping[str, Any]) -> tuple[Any, str]:
    return port.get("port"), str(port.get("protocol") or "TCP")
