"""Service -> EndpointSlice, and the address of a load balancer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from ..catalog import ENDPOINT_SLICE, SERVICE
from ..objects import Obj, seconds_of
from ..verbs import suffix
from .actions import Action, Again, Create, Delete, Update, is_going, is_ready, owner
from .pods import Delays

NAME, MANAGER = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
_CONTROLLER = "endpointslice-controller.k8s.io"
SIZE = 100
PENDING = "berth.test/load-balancer"


def _endpoint(pod: Obj, *, anyway: bool) -> Obj:
    ready, going, meta = is_ready(pod), is_going(pod), pod["metadata"]
    endpoint: Obj = {
        "addresses": [address["ip"] for address in pod["status"]["podIPs"]],
        "conditions": {"ready": anyway or (ready and not going), "serving": ready, "terminating": going},
        "nodeName": pod["spec"]["nodeName"],
    }
    names = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    return endpoint | {"targetRef": names}


def _number(port: Obj, pod: Obj) -> int | None:
    """Where a Service's port leads to in a pod; None where its containers have no port of that name and protocol."""
    target, spec = port["targetPort"], pod["spec"]
    if isinstance(target, int):
        return target
    sidecars = [sidecar for sidecar in spec.get("initContainers") or () if sidecar.get("restartPolicy") == "Always"]
    for container in (*spec["containers"], *sidecars):
        for container_port in container.get("ports") or ():
            if container_port.get("name") == target and container_port.get("protocol", "TCP") == port["protocol"]:
                return int(container_port["containerPort"])
    return None


def _ports(service: Obj, pod: Obj) -> list[Obj]:
    endpoint_ports = []
    for port in service["spec"].get("ports") or ():
        number = _number(port, pod)
        if number is not None:
            entry = {"name": port.get("name", ""), "protocol": port["protocol"], "port": number}
            endpoint_ports.append(entry | ({"appProtocol": port["appProtocol"]} if "appProtocol" in port else {}))
    return endpoint_ports


def _chunks(service: Obj, pods: Sequence[Obj]) -> list[Obj]:
    """What the slices of a Service hold: pods with the same ports together. Without a pod there is one empty slice."""
    anyway = service["spec"].get("publishNotReadyAddresses", False)
    by_ports: dict[str, tuple[list[Obj] | None, list[Obj]]] = {}
    for pod in pods:
        ports = _ports(service, pod)
        by_ports.setdefault(json.dumps(ports), (ports or None, []))[1].append(_endpoint(pod, anyway=anyway))
    return [
        {"endpoints": group[i : i + SIZE], "ports": ports}
        for ports, group in by_ports.values()
        for i in range(0, len(group), SIZE)
    ] or [{"endpoints": [], "ports": None}]


def endpoints(service: Obj, pods: Sequence[Obj], slices: Sequence[Obj]) -> list[Action]:
    """The EndpointSlices of a Service, given the Pods that its selector finds and the slices there are."""
    spec, meta = service["spec"], service["metadata"]
    mine = [entry for entry in slices if (entry["metadata"].get("labels") or {}).get(MANAGER) == _CONTROLLER]
    if not spec.get("selector") or spec["type"] == "ExternalName" or is_going(service):
        return []
    alive = [pod for pod in pods if pod.get("status", {}).get("podIPs") and pod["spec"].get("nodeName")]
    chunks = _chunks(service, [pod for pod in alive if pod["status"].get("phase") not in ("Succeeded", "Failed")])
    labels = dict(meta.get("labels") or {}) | {NAME: meta["name"], MANAGER: _CONTROLLER}
    if spec.get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    actions = list[Action]()
    for i, content in enumerate(chunks):
        if i < len(mine):
            changed = mine[i] | content | {"metadata": mine[i]["metadata"] | {"labels": labels}}
            actions.append(Update(ENDPOINT_SLICE, changed))
            continue
        where: Obj = {"name": f"{meta['name'][:57]}-{suffix()}", "namespace": meta["namespace"], "labels": labels}
        where |= {"ownerReferences": [owner(service)]}
        head = {"apiVersion": ENDPOINT_SLICE.api_version, "kind": "EndpointSlice", "metadata": where}
        head["addressType"] = "IPv4"
        actions.append(Create(ENDPOINT_SLICE, head | content))
    return actions + [
        Delete(ENDPOINT_SLICE, old["metadata"]["namespace"], old["metadata"]["name"]) for old in mine[len(chunks) :]
    ]


def balancer(service: Obj, now: float, delays: Delays) -> list[Action]:
    """Give a load balancer its address after a while, unless its annotation says pending; take it back."""
    meta, has = service["metadata"], bool(service["status"].get("loadBalancer", {}).get("ingress"))
    if service["spec"]["type"] != "LoadBalancer":
        return [Update(SERVICE, service | {"status": {"loadBalancer": {}}})] if has else []
    if has or (meta.get("annotations") or {}).get(PENDING) == "pending":
        return []
    rest = seconds_of(meta["creationTimestamp"]) + delays.address - now
    if rest > 0:
        return [Again(rest)]
    address = f"203.0.113.{zlib.crc32(meta['uid'].encode()) % 253 + 1}"
    status = {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}
    return [Update(SERVICE, service | {"status": status})]
