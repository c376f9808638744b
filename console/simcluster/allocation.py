"""Cluster IPs and node ports: what is taken, what is handed out, and the server's words when it cannot be had."""

from __future__ import annotations

import ipaddress
import random

from .catalog import SERVICE
from .errors import Cause, wrong
from .objects import Change, Entry, Obj, Store

RANGE = ipaddress.ip_network("10.96.0.0/16")
NODE_PORTS = range(30000, 32768)


class Allocator:
    """Follows the stored Services; holds nothing for a Service that was not stored in the end."""

    def __init__(self, store: Store) -> None:
        self._addresses: dict[str, str] = {}
        self._ports: dict[tuple[int, str], str] = {}
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
        """Fill in `clusterIP(s)`, `ipFamilies` and node ports of a Service; the answer is what cannot be had.

        A dry run does not look whether what is asked for is free, as the real server does not.
        """
        spec = body["spec"]
        before = old["spec"] if old else {}
        if spec["type"] == "ExternalName":
            for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(key, None)
            return []
        if before.get("type", "ExternalName") != "ExternalName":
            for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                if key in before and not spec.get(key):
                    spec[key] = before[key]
        uid = "" if dry_run else body["metadata"]["uid"]
        problems = self._address(spec, uid)
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        return problems + self._node_ports(spec, before, uid)

    def _address(self, spec: Obj, uid: str) -> list[Cause]:
        wanted = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
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
        try:
            inside = ipaddress.ip_address(wanted) in RANGE
        except ValueError:
            return ""
        if not inside:
            words = f"the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {RANGE}"
            return f"failed to allocate IP {wanted}: {words}"
        if uid and self._addresses.get(wanted, uid) != uid:
            return f"failed to allocate IP {wanted}: provided IP is already allocated"
        return ""

    def _node_ports(self, spec: Obj, before: Obj, uid: str) -> list[Cause]:
        wants = spec["type"] == "NodePort" or (
            spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
        )
        problems: list[Cause] = []
        had = {(port["port"], port["protocol"]): port.get("nodePort") for port in before.get("ports") or ()}
        mine: dict[tuple[int, str], int] = {}
        for i, port in enumerate(spec.get("ports") or ()):
            wanted = port.get("nodePort")
            if spec["type"] == "ClusterIP":
                if wanted and wanted == had.get((port["port"], port["protocol"])):
                    del port["nodePort"]
                continue
            if not wanted:
                wanted = had.get((port.get("port", 0), port["protocol"])) if wants else None
                if wants and (not wanted or (wanted, port["protocol"]) in mine):
                    wanted = self._free_port(port["protocol"], mine)
            else:
                problems += self._refuse_port(i, wanted, port["protocol"], uid)
            if wanted:
                port["nodePort"] = wanted
                mine[wanted, port["protocol"]] = i
        return problems

    def _free_port(self, protocol: str, mine: dict[tuple[int, str], int]) -> int:
        while True:
            port = random.choice(NODE_PORTS)
            if (port, protocol) not in self._ports and (port, protocol) not in mine:
                return port

    def _refuse_port(self, i: int, wanted: int, protocol: str, uid: str) -> list[Cause]:
        where = f"spec.ports[{i}].nodePort"
        if not uid:
            return []
        if wanted not in NODE_PORTS:
            return [
                wrong(where, wanted, "provided port is not in the valid range. The range of valid ports is 30000-32767")
            ]
        if self._ports.get((wanted, protocol), uid) != uid:
            return [wrong(where, wanted, "provided port is already allocated")]
        return []


def _held(entry: Entry) -> tuple[list[str], list[tuple[int, str]]]:
    spec = entry.body()["spec"]
    addresses = [address for address in spec.get("clusterIPs") or () if address != "None"]
    ports = [(port["nodePort"], port["protocol"]) for port in spec.get("ports") or () if port.get("nodePort")]
    return addresses, ports
