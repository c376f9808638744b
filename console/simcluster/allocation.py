"""Cluster IPs and node ports: what is taken, what is handed out, and the server's words when it cannot be had."""

from __future__ import annotations

import ipaddress
import random

from .api_errors import ApiError, Cause, wrong
from .catalog import SERVICE
from .objects import Change, Entry, Obj, Store
from .service_validation import addresses, needs_health_check, reachable_outside

RANGE = ipaddress.ip_network("10.96.0.0/16")
NODE_PORTS = range(30000, 32768)


class Allocator:
    """Follows the stored Services; holds nothing for a Service that was not stored in the end."""

    def __init__(self, store: Store) -> None:
        self._addresses: dict[str, str] = {}
        self._ports: dict[int, str] = {}
        for entry in store.scan(SERVICE):
            self._take(entry)
        store.listeners.append(self._changed)

    def _changed(self, change: Change) -> None:
        if change.entry.kind is SERVICE:
            if change.old is not None:
                uid = change.old.uid
                for held in _held(change.old)[0]:
                    self._addresses.pop(held, None)
                for port in _held(change.old)[1]:
                    if self._ports.get(port) == uid:
                        del self._ports[port]
            if change.type != "DELETED":
                self._take(change.entry)

    def _take(self, entry: Entry) -> None:
        addresses, ports = _held(entry)
        self._addresses |= dict.fromkeys(addresses, entry.uid)
        self._ports |= dict.fromkeys(ports, entry.uid)

    def allocate(self, body: Obj, old: Obj | None, *, dry_run: bool) -> list[Cause]:
        """Fill in addresses, families and node ports of a Service; the answer is what cannot be had.

        As on the real server this comes before the other checks, and a dry run refuses a node port that is taken, but
        neither one outside of the range nor an address that is taken.
        """
        spec, before = body["spec"], old["spec"] if old else {}
        _same_addresses(spec, before)
        _keep(spec, before)
        _drop(spec, before)
        if spec["type"] == "ExternalName":
            return []
        uid = body["metadata"]["uid"]
        problems = addresses(spec, before) or _families(spec) or self._address(spec, "" if dry_run else uid)
        return problems or self._node_ports(spec, before, uid, dry_run=dry_run)

    def _address(self, spec: Obj, uid: str) -> list[Cause]:
        wanted = spec.get("clusterIP")
        if not wanted:
            size = RANGE.num_addresses
            while not wanted or wanted in self._addresses:
                wanted = str(RANGE[random.randrange(256, size - 1)])
        elif wanted != "None":
            problem = self._refuse_address(wanted, uid)
            if problem:
                return [wrong("spec.clusterIPs", [wanted], problem)]
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
        return []

    def _refuse_address(self, wanted: str, uid: str) -> str:
        if ipaddress.ip_address(wanted) not in RANGE:
            words = f"the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {RANGE}"
            return f"failed to allocate IP {wanted}: {words}"
        if uid and self._addresses.get(wanted, uid) != uid:
            return f"failed to allocate IP {wanted}: provided IP is already allocated"
        return ""

    def _node_ports(self, spec: Obj, before: Obj, uid: str, *, dry_run: bool) -> list[Cause]:
        """One number for each port of the Service, whatever its protocols."""
        problems: list[Cause] = []
        node_ports: dict[int, int] = {}
        wants = _wants_node_ports(spec)
        for i, port in enumerate(spec.get("ports") or () if spec["type"] in ("NodePort", "LoadBalancer") else ()):
            same_number = [other for other in spec["ports"] if other.get("port") == port.get("port")]
            requested = [other["nodePort"] for other in same_number if other.get("nodePort")]
            wanted = port.get("nodePort") or node_ports.get(port.get("port", 0)) or next(iter(requested), 0)
            if wanted and wanted != node_ports.get(port.get("port", 0)):
                why = "provided port is already allocated" if wanted in node_ports.values() else ""
                why = why or self._refuse_port(wanted, uid, dry_run=dry_run)
                problems += [wrong(f"spec.ports[{i}].nodePort", wanted, why)] if why else []
            elif wants and not wanted:
                wanted = self._free_port(node_ports)
            if wanted:
                port["nodePort"] = wanted
                node_ports.setdefault(port.get("port", 0), wanted)
        if needs_health_check(spec) and not problems:
            self._health_check(spec, node_ports, uid, dry_run=dry_run)
        return problems

    def _health_check(self, spec: Obj, node_ports: dict[int, int], uid: str, *, dry_run: bool) -> None:
        wanted = spec.setdefault("healthCheckNodePort", 0) or self._free_port(node_ports)
        why = self._refuse_port(wanted, uid, dry_run=dry_run)
        if why and "range" not in why:
            message = f"failed to allocate requested HealthCheck NodePort {wanted}: {why}"
            raise ApiError("InternalError", f"Internal error occurred: {message}", {"causes": [{"message": message}]})
        spec["healthCheckNodePort"] = wanted

    def _free_port(self, node_ports: dict[int, int]) -> int:
        while True:
            port = random.choice(NODE_PORTS)
            if port not in self._ports and port not in node_ports.values():
                return port

    def _refuse_port(self, wanted: int, uid: str, *, dry_run: bool) -> str:
        if self._ports.get(wanted, uid) != uid:
            return "provided port is already allocated"
        if wanted not in NODE_PORTS and not dry_run:
            return "provided port is not in the valid range. The range of valid ports is 30000-32767"
        return ""


def _wants_node_ports(spec: Obj) -> bool:
    return spec["type"] == "NodePort" or (
        spec["type"] == "LoadBalancer" and spec["allocateLoadBalancerNodePorts"] is not False
    )


def _same_addresses(spec: Obj, before: Obj) -> None:
    """`clusterIP` is the first of `clusterIPs`: who changes the one alone means both."""
    first, listed = spec.get("clusterIP", ""), spec.get("clusterIPs")
    if first and (not listed or (before and listed == before.get("clusterIPs") and first != before.get("clusterIP"))):
        spec["clusterIPs"] = [first]
    elif before and not first and before.get("clusterIP") and listed == before.get("clusterIPs"):
        spec.pop("clusterIPs", None)


def _keep(spec: Obj, before: Obj) -> None:
    """What was given away before stays when it is not named again."""
    if "ExternalName" not in (spec["type"], before.get("type", "ExternalName")):
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if key in before and not spec.get(key):
                spec[key] = before[key]
    if needs_health_check(spec) and needs_health_check(before) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before["healthCheckNodePort"]
    if _wants_node_ports(spec) and before and _wants_node_ports(before):
        had = {port.get("name", ""): port.get("nodePort", 0) for port in before.get("ports") or ()}
        used = {port.get("nodePort") for port in spec.get("ports") or ()}
        for port in spec.get("ports") or ():
            kept = had.get(port.get("name", ""), 0)
            if not port.get("nodePort") and kept and kept not in used:
                port["nodePort"] = kept


def _drop(spec: Obj, before: Obj) -> None:
    """What the new type does not have goes, if it was left as it was."""
    kind, fields = spec["type"], list[str]()
    if kind == "ExternalName":
        fields += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
    if kind != "LoadBalancer":
        fields += ["allocateLoadBalancerNodePorts", "loadBalancerClass"]
    fields += [] if needs_health_check(spec) else ["healthCheckNodePort"]
    fields += [] if reachable_outside(spec) else ["externalTrafficPolicy"]
    for field in fields:
        if field in spec and spec[field] == before.get(field):
            del spec[field]
    had = [port.get("nodePort") for port in before.get("ports") or ()]
    if kind not in ("NodePort", "LoadBalancer") and had == [port.get("nodePort") for port in spec.get("ports") or ()]:
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)


def _families(spec: Obj) -> list[Cause]:
    """This cluster has IPv4 alone."""
    free = spec.get("clusterIP") == "None" and not spec.get("selector")
    policy = spec.setdefault("ipFamilyPolicy", "RequireDualStack" if free else "SingleStack")
    families, addresses = spec.get("ipFamilies") or [], spec.get("clusterIPs") or []
    where, problems = "spec.ipFamilyPolicy", list[Cause]()
    for noun, parts in (("cluster IPs", addresses), ("IP families", families)):
        if policy == "SingleStack" and len(parts) == 2:
            why = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {noun} are specified"
            problems.append(wrong(where, policy, why))
    why = "IPv6 is not configured on this cluster"
    inferred = list(enumerate(addresses))[len(families) :]
    problems += [wrong(f"spec.clusterIPs[{i}]", addresses, why) for i, address in inferred if ":" in address]
    if problems:
        return problems
    if free:
        families = families or ["IPv4"]
        more = [name for name in ("IPv4", "IPv6") if name not in families] if policy != "SingleStack" else []
        spec["ipFamilies"] = families + more
        return []
    if policy == "RequireDualStack":
        problems.append(wrong(where, policy, "this cluster is not configured for dual-stack services"))
    why, odd = "not configured on this cluster", [(i, family) for i, family in enumerate(families) if family != "IPv4"]
    spec["ipFamilies"] = families or ["IPv4"]
    return problems + [wrong(f"spec.ipFamilies[{i}]", family, why) for i, family in odd]


def _held(entry: Entry) -> tuple[list[str], list[int]]:
    spec = entry.body()["spec"]
    addresses = [address for address in spec.get("clusterIPs") or () if address != "None"]
    ports = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return addresses, ports + ([spec["healthCheckNodePort"]] if spec.get("healthCheckNodePort") else [])
