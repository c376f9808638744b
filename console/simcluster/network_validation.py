"""What the API server checks between the fields of autoscalers and NetworkPolicies, where rules.yaml cannot say it."""

from __future__ import annotations

import ipaddress

from . import names
from .api_errors import Cause, not_allowed, wrong
from .objects import Obj


def _autoscaler(spec: Obj, at: str) -> list[Cause]:
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    problems: list[Cause] = []
    if most < least:
        problems.append(wrong(f"{at}.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    if not least and not any(metric.get("type") in ("Object", "External") for metric in spec.get("metrics") or ()):
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        problems.append(not_allowed(f"{at}.metrics", why))
    version = (spec.get("scaleTargetRef") or {}).get("apiVersion", "")
    if version.count("/") > 1 or version.startswith("/"):
        many = version.count("/") > 1
        why = f"unexpected GroupVersion string: {version}" if many else "apiVersion must specify API group"
        problems.append(wrong(f"{at}.scaleTargetRef.apiVersion", version, why))
    return problems


def _block(block: Obj, at: str) -> list[Cause]:
    problems: list[Cause] = []
    for i, text in enumerate(block.get("except") or ()):
        if names.cidr(text) or names.cidr(block.get("cidr", "")):
            continue
        inner, outer = ipaddress.ip_network(text, strict=False), ipaddress.ip_network(block["cidr"], strict=False)
        if inner == outer or inner.version != outer.version or not inner.subnet_of(outer):  # type: ignore[arg-type]
            problems.append(wrong(f"{at}.except[{i}]", text, "must be a strict subset of `cidr`"))
    return problems


def _port(port: Obj, at: str) -> list[Cause]:
    last, first = port.get("endPort"), port.get("port")
    if last is None or first is None:
        return []
    if isinstance(first, str):
        return [wrong(f"{at}.endPort", last, "may not be specified when `port` is non-numeric")]
    return [wrong(f"{at}.endPort", last, "must be greater than or equal to `port`")] if last < first else []


BETWEEN = {"HorizontalPodAutoscalerSpec": _autoscaler, "IPBlock": _block, "NetworkPolicyPort": _port}
