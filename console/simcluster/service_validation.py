"""What the API server checks in a Service."""

from __future__ import annotations

import ipaddress
from typing import Any

from . import names
from .api_errors import Cause, duplicate, each, labels, not_allowed, required, unsupported, wrong
from .objects import Obj

_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_FAMILIES = ("IPv4", "IPv6")
ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"


def reachable_outside(spec: Obj) -> bool:
    """Whether an external traffic policy has a meaning."""
    return spec.get("type") in ("NodePort", "LoadBalancer") or bool(
        spec.get("type") == "ClusterIP" and spec.get("externalIPs")
    )


def needs_health_check(spec: Obj) -> bool:
    """Whether load balancers ask the nodes for pods of their own."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def service(body: Obj, old: Obj | None) -> list[Cause]:
    """Everything that is wrong with a Service."""
    spec, problems = body["spec"], list[Cause]()
    before = old["spec"] if old else {}
    kind, headless = spec["type"], spec.get("clusterIPs") == ["None"]
    if not spec.get("ports") and not headless and kind != "ExternalName":
        problems.append(required("spec.ports"))
    if headless and kind in ("LoadBalancer", "NodePort"):
        problems.append(wrong("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    name = spec.get("externalName", "").removesuffix(".")
    if kind != "ExternalName":
        problems += addresses(spec, before)
    elif name:
        problems += each("spec.externalName", name, names.subdomain(name))
    problems += _ports(spec) + labels(spec.get("selector") or {}, "spec.selector") + _affinity(spec)
    for i, port in enumerate(spec.get("ports") or () if kind == "ClusterIP" else ()):
        if port.get("nodePort"):
            problems.append(not_allowed(f"spec.ports[{i}].nodePort", "may not be used when `type` is 'ClusterIP'"))
    return problems + _load_balancer(body, before) + _traffic(spec, before)


def addresses(spec: Obj, before: Obj) -> list[Cause]:
    """What is wrong with the addresses, the families and the policy, and between them."""
    first, cluster_ips, field = spec.get("clusterIP", ""), spec.get("clusterIPs") or [], "spec.clusterIPs"
    had = before.get("clusterIPs") or [] if before.get("type") != "ExternalName" else []
    families = spec.get("ipFamilies") or []
    where, twice = "spec.ipFamilies", [i for i, family in enumerate(families) if family in families[:i]]
    problems = [duplicate(f"{where}[{i}]", families[i]) for i in twice]
    if had and cluster_ips and cluster_ips[0] != had[0]:
        problems.append(wrong(f"{field}[0]", cluster_ips, "may not change once set"))
    if first and cluster_ips[0] != first:
        problems.append(wrong(field, cluster_ips, "first value must match `clusterIP`"))
    elif cluster_ips and not first:
        problems.append(wrong(field, cluster_ips, "must be empty when `clusterIP` is not specified"))
    if cluster_ips[:1] == ["None"]:
        why = "'None' must be the first and only value"
        return [*problems, wrong(field, cluster_ips, why)] if len(cluster_ips) > 1 else problems
    unfit = [cause for i, ip in enumerate(cluster_ips) for cause in each(f"{field}[{i}]", ip, names.ip(ip))]
    if len(cluster_ips) > 2:
        unfit.append(wrong(field, cluster_ips, "may only hold up to 2 values"))
    if unfit:
        return problems + unfit
    return problems + _versions(cluster_ips, families)


def _versions(cluster_ips: list[str], families: list[str]) -> list[Cause]:
    problems, field = list[Cause](), "spec.clusterIPs"
    versions = [f"IPv{ipaddress.ip_address(address).version}" for address in cluster_ips]
    if len(set(versions)) < len(versions):
        problems.append(wrong(field, cluster_ips, "may specify no more than one IP for each IP family"))
    for i, (family, version) in enumerate(zip(families, versions, strict=False)):
        if family in _FAMILIES and family != version:
            why = f"expected an {family} value as indicated by `ipFamilies[{i}]`"
            problems.append(wrong(f"{field}[{i}]", cluster_ips[i], why))
    return problems


def _ports(spec: Obj) -> list[Cause]:
    ports, problems = spec.get("ports") or [], list[Cause]()
    taken: set[str] = set()
    for i, port in enumerate(ports):
        name = port.get("name", "")
        if not name and len(ports) > 1:
            problems.append(required(f"spec.ports[{i}].name"))
        elif name in taken:
            problems.append(duplicate(f"spec.ports[{i}].name", name))
        taken.add(name)
    seen: set[tuple[str, Any]] = set()
    for i, port in enumerate(ports):
        if (port["protocol"], port.get("port")) in seen:
            empty = {"Name": "", "Protocol": port["protocol"], "AppProtocol": None}
            shown = empty | {"Port": port.get("port"), "TargetPort": 0, "NodePort": 0}
            problems.append(duplicate(f"spec.ports[{i}]", shown))
        seen.add((port["protocol"], port.get("port")))
    return problems


def _affinity(spec: Obj) -> list[Cause]:
    seconds = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds", 1)
    if spec["sessionAffinity"] == "ClientIP" and not 0 < seconds <= 86400:
        where = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        return [wrong(where, seconds, "must be greater than 0 and less than 86400")]
    return []


def _load_balancer(body: Obj, before: Obj) -> list[Cause]:
    spec, problems = body["spec"], list[Cause]()
    is_one, ranges = spec["type"] == "LoadBalancer", spec.get("loadBalancerSourceRanges") or []
    name = spec.get("loadBalancerClass")
    if is_one and before.get("type") == "LoadBalancer" and name != before.get("loadBalancerClass"):
        problems.append(wrong("spec.loadBalancerClass", name, "may not change once set"))
    if is_one and name is not None:
        problems += each("spec.loadBalancerClass", name, names.qualified(name))
    for i, network in enumerate(ranges):
        problems += each(f"spec.LoadBalancerSourceRanges[{i}]", network.strip(), names.cidr(network.strip()))
    if not is_one and not ranges and _RANGES in (body["metadata"].get("annotations") or {}):
        problems.append(not_allowed(f"metadata.annotations[{_RANGES}]", ONLY_LOAD_BALANCER))
    return problems


def _traffic(spec: Obj, before: Obj) -> list[Cause]:
    policy, port, problems = spec.get("externalTrafficPolicy"), spec.get("healthCheckNodePort"), list[Cause]()
    if policy and not reachable_outside(spec):
        problems.append(
            wrong("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
        )
    elif policy and policy not in ("Cluster", "Local"):
        problems.append(unsupported("spec.externalTrafficPolicy", policy, ("Cluster", "Local")))
    where = "spec.healthCheckNodePort"
    if port and not needs_health_check(spec):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        problems.append(wrong(where, port, why))
    elif port:
        problems += each(where, port, names.port_number(port))
        if needs_health_check(before) and port != before.get("healthCheckNodePort"):
            problems.append(not_allowed(where, "field is immutable"))
    return problems
