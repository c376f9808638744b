"""What a Service becomes when it is deleted and created again with what cannot be changed, and what callers lose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from services.manifests.restorable import restorable

HEADLESS, VIRTUAL = "headless", "virtual"

_OF_ADDRESS = (
    "allocateLoadBalancerNodePorts",
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
)


def modes(stored: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What it can become, in words and with a hint, the likeliest first; nothing for an alias of a name outside."""
    spec = stored.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return []
    if spec.get("clusterIP") == "None":
        return [
            (VIRTUAL, gettext("Virtual IP Address"), gettext("One address, behind which the pods share the calls."))
        ]
    return [
        (
            HEADLESS,
            gettext("Internal Domain Name (headless)"),
            gettext("The name resolves to the addresses of the pods; callers reach the container port."),
        ),
        (VIRTUAL, gettext("Another virtual IP"), gettext("One address for callers as now, but a different one.")),
    ]


def remade(stored: Mapping[str, Any], mode: str, address: str) -> dict[str, Any]:
    """The Service that is created instead. `address`: the cluster IP that is asked for, or "" for any."""
    document, _lost = restorable({**stored, "apiVersion": "v1", "kind": "Service"})
    spec = document["spec"]
    for key in ("clusterIP", "clusterIPs"):
        spec.pop(key, None)
    if mode == HEADLESS:
        spec |= {"type": "ClusterIP", "clusterIP": "None"}
        for key in _OF_ADDRESS:
            spec.pop(key, None)
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)
    elif address:
        spec["clusterIP"] = address
    return document


def consent(stored: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The words of the box: what is lost for good, else for how long calls fail."""
    spec = stored.get("spec") or {}
    kept = {port.get("nodePort") for port in after["spec"].get("ports") or ()}
    lost = [
        address for address in spec.get("clusterIPs") or (spec.get("clusterIP"),) if address not in (None, "", "None")
    ]
    ports = [
        port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort") and port["nodePort"] not in kept
    ]
    lost += [gettext("node port %(port)s") % {"port": port} for port in ports]
    if not lost:
        return gettext("I accept that calls fail for some seconds")
    *first, last = lost
    named = gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last
    return gettext("I accept the loss of %(lost)s") % {"lost": named}


def pause(name: str, endpoints: int) -> str:
    """For how long calls fail."""
    text = ngettext(
        "For some seconds %(name)s does not resolve, and its endpoint receives nothing.",
        "For some seconds %(name)s does not resolve, and its %(count)s endpoints receive nothing.",
        endpoints,
    )
    return text % {"name": name, "count": endpoints}


def losses(stored: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What callers lose for good."""
    spec = stored.get("spec") or {}
    address = spec.get("clusterIP") or ""
    if address and address != "None":
        text = gettext(
            "The virtual IP %(address)s is released: callers that cached it fail until they resolve the name again."
        )
        yield text % {"address": ", ".join(spec.get("clusterIPs") or [address])}
    ports = [str(port["nodePort"]) for port in spec.get("ports") or () if port.get("nodePort")]
    if ports:
        text = ngettext(
            "Node port %(ports)s is released: callers from outside can no longer connect.",
            "Node ports %(ports)s are released: callers from outside can no longer connect.",
            len(ports),
        )
        if any(port.get("nodePort") for port in after["spec"].get("ports") or ()):
            text = ngettext(
                "Node port %(ports)s is released and requested again; another Service may take it first.",
                "Node ports %(ports)s are released and requested again; other Services may take them first.",
                len(ports),
            )
        yield text % {"ports": ", ".join(ports)}
    balanced = ((stored.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    if balanced:
        known = ", ".join(str(ingress.get("ip") or ingress.get("hostname")) for ingress in balanced)
        yield gettext("The load-balancer address %(address)s is released and may not come back.") % {"address": known}
