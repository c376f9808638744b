"""What the API server checks before it stores an object, with its fields and its words."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import names
from .catalog import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    CONFIGMAP,
    DAEMON_SET,
    DEPLOYMENT,
    HPA,
    INGRESS,
    NAMESPACE,
    POD,
    PVC,
    REPLICA_SET,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from .errors import Cause, duplicate, invalid, not_allowed, required, unsupported, wrong
from .objects import Obj
from .pod_validation import pod_spec, protocols
from .selectors import label_selector

_PATH_NAMES = (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
IMMUTABLE = "field is immutable"


def _name_rule(kind: Kind) -> names.Rule:
    if kind in _PATH_NAMES:
        return names.path_segment
    return {SERVICE: names.label, NAMESPACE: names.label, STATEFUL_SET: names.label}.get(kind, names.subdomain)


def each(field: str, value: Any, messages: Iterable[str]) -> list[Cause]:
    """One Invalid for each message."""
    return [wrong(field, value, message) for message in messages]


def labels(found: Mapping[str, str], field: str) -> list[Cause]:
    """Keys and values of labels."""
    problems: list[Cause] = []
    for key, value in found.items():
        problems += each(field, key, names.qualified(key)) + each(field, value, names.label_value(value))
    return problems


def _metadata(kind: Kind, meta: Obj) -> list[Cause]:
    problems: list[Cause] = []
    if not meta.get("name"):
        problems.append(required("metadata.name", "name or generateName is required"))
    else:
        problems += each("metadata.name", meta["name"], _name_rule(kind)(meta["name"]))
    problems += labels(meta.get("labels") or {}, "metadata.labels")
    for key in meta.get("annotations") or ():
        problems += each("metadata.annotations", key, names.qualified(key.lower()))
    if sum(len(key) + len(value) for key, value in (meta.get("annotations") or {}).items()) > 262144:
        problems.append(
            Cause("FieldValueTooLong", "Too long: may not be more than 262144 bytes", "metadata.annotations")
        )
    return problems


def structure(kind: Kind, body: Obj) -> None:
    """Raises Invalid where a binding lacks what the check of its rights needs."""
    if kind in (ROLE_BINDING, CLUSTER_ROLE_BINDING):
        ref = body.get("roleRef") or {}
        problems = [required("roleRef.name")] if not ref.get("name") else []
        if ref.get("kind") not in ("Role", "ClusterRole"):
            problems.append(unsupported("roleRef.kind", ref.get("kind", ""), ("ClusterRole", "Role")))
        if problems:
            raise invalid(kind, body["metadata"].get("name", ""), problems)


def _port(port: Obj, where: str, *, named: bool, taken: set[str]) -> list[Cause]:
    name, problems = port.get("name", ""), list[Cause]()
    if not name and named:
        problems.append(required(f"{where}.name"))
    elif name:
        problems += each(f"{where}.name", name, names.label(name))
        if name in taken:
            problems.append(duplicate(f"{where}.name", name))
        taken.add(name)
    problems += each(f"{where}.port", port.get("port", 0), names.port_number(port.get("port", 0)))
    problems += protocols(port["protocol"], f"{where}.protocol")
    target: Any = port.get("targetPort", port.get("port", 0))
    rule = names.port_number(target) if isinstance(target, int) else names.port_name(target)
    problems += each(f"{where}.targetPort", target, rule)
    if "appProtocol" in port:
        problems += each(f"{where}.appProtocol", port["appProtocol"], names.qualified(port["appProtocol"]))
    return problems


def _service_ports(spec: Obj) -> list[Cause]:
    ports, problems = spec.get("ports") or [], list[Cause]()
    taken: set[str] = set()
    for i, port in enumerate(ports):
        problems += _port(port, f"spec.ports[{i}]", named=len(ports) > 1, taken=taken)
    seen: dict[tuple[str, Any], int] = {}
    for i, port in enumerate(ports):
        if (port["protocol"], port.get("port")) in seen:
            empty = {"Name": "", "Protocol": port["protocol"], "AppProtocol": None}
            shown = empty | {"Port": port.get("port"), "TargetPort": 0, "NodePort": 0}
            problems.append(duplicate(f"spec.ports[{i}]", shown))
        seen[port["protocol"], port.get("port")] = i
    node_ports: set[tuple[str, int]] = set()
    for i, port in enumerate(ports):
        key = (port["protocol"], port.get("nodePort", 0))
        if key[1] and key in node_ports:
            problems.append(duplicate(f"spec.ports[{i}].nodePort", key[1]))
        node_ports.add(key)
    return problems


def _service(body: Obj, old: Obj | None) -> list[Cause]:
    spec, problems = body["spec"], list[Cause]()
    before = old["spec"] if old else {}
    kind, headless = spec["type"], spec.get("clusterIP") == "None" or spec.get("clusterIPs") == ["None"]
    if not spec.get("ports") and not headless and kind != "ExternalName":
        problems.append(required("spec.ports"))
    if headless and kind in ("LoadBalancer", "NodePort"):
        problems.append(wrong("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    problems += _external_name(spec, before) if kind == "ExternalName" else _addresses(spec, before)
    problems += _service_ports(spec)
    problems += labels(spec.get("selector") or {}, "spec.selector")
    problems += _affinity(spec)
    if kind not in _TYPES:
        problems.append(unsupported("spec.type", kind, _TYPES))
    for i, port in enumerate(spec.get("ports") or () if kind == "ClusterIP" else ()):
        old_ports = {one.get("nodePort") for one in before.get("ports") or ()}
        if port.get("nodePort") and port["nodePort"] not in old_ports:
            why = "may not be used when `type` is 'ClusterIP'"
            problems.append(not_allowed(f"spec.ports[{i}].nodePort", why))
    return problems + _policies(spec)


def _external_name(spec: Obj, before: Obj) -> list[Cause]:
    if spec.get("clusterIP") and spec.get("clusterIP") != before.get("clusterIP"):
        return [not_allowed("spec.clusterIPs", "may not be set for ExternalName services")]
    name = spec.get("externalName", "").removesuffix(".")
    return each("spec.externalName", name, names.subdomain(name)) if name else [required("spec.externalName")]


def _addresses(spec: Obj, before: Obj) -> list[Cause]:
    wanted, had = spec.get("clusterIP"), before.get("clusterIP")
    if wanted and had and wanted != had and before.get("type") != "ExternalName":
        return [wrong("spec.clusterIPs[0]", [wanted], "may not change once set")]
    problems = []
    for field, addresses in (
        ("clusterIPs", [wanted] if wanted else []),
        ("externalIPs", spec.get("externalIPs") or []),
    ):
        for i, address in enumerate(addresses):
            if address != "None" and not _is_address(address):
                why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                problems.append(wrong(f"spec.{field}[{i}]", address, why))
    return problems


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _affinity(spec: Obj) -> list[Cause]:
    kind = spec["sessionAffinity"]
    if kind not in ("ClientIP", "None"):
        return [unsupported("spec.sessionAffinity", kind, ("ClientIP", "None"))]
    seconds = spec.get("sessionAffinityConfig", {}).get("clientIP", {}).get("timeoutSeconds", 1)
    if not 0 < seconds <= 86400:
        where = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        return [wrong(where, seconds, "must be greater than 0 and less than 86400")]
    return []


def _policies(spec: Obj) -> list[Cause]:
    problems = []
    for name in ("externalTrafficPolicy", "internalTrafficPolicy"):
        if name in spec and spec[name] not in ("Cluster", "Local"):
            problems.append(unsupported(f"spec.{name}", spec[name], ("Cluster", "Local")))
    if spec.get("loadBalancerSourceRanges") and spec["type"] != "LoadBalancer":
        why = "may only be used when `type` is 'LoadBalancer'"
        problems.append(not_allowed("spec.LoadBalancerSourceRanges", why))
    return problems


def not_negative(spec: Obj, *fields: str, where: str = "spec") -> list[Cause]:
    """The numbers that may not be below zero."""
    why = "must be greater than or equal to 0"
    return [wrong(f"{where}.{name}", spec[name], why) for name in fields if spec.get(name, 0) < 0]


def _selector(kind: Kind, spec: Obj) -> list[Cause]:
    selector, field = spec.get("selector"), "spec.template.metadata.labels"
    mismatch = "`selector` does not match template `labels`"
    if selector is None:
        shown = spec["template"]["metadata"].get("labels")
        return [required("spec.selector"), wrong(field, shown, mismatch)]
    problems = labels(selector.get("matchLabels") or {}, "spec.selector.matchLabels")
    bad_labels = bool(problems)
    for i, item in enumerate(selector.get("matchExpressions") or ()):
        where, operator = f"spec.selector.matchExpressions[{i}]", item.get("operator", "")
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            return [wrong(f"{where}.operator", operator, "not a valid selector operator")]
        if operator in ("In", "NotIn") and not item.get("values"):
            problems.append(required(f"{where}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        word = {DEPLOYMENT: "deployment", STATEFUL_SET: "statefulset", DAEMON_SET: "daemonset"}.get(kind, "deployment")
        problems.append(wrong("spec.selector", selector, f"empty selector is invalid for {word}"))
    if bad_labels:
        return [*problems, wrong("spec.selector", selector, "invalid label selector")]
    found = spec["template"]["metadata"].get("labels") or {}
    if not label_selector(selector)(found):
        problems.append(wrong(field, found, mismatch))
    return problems + labels(found, "spec.template.labels")


def _workload(kind: Kind, body: Obj, old: Obj | None) -> list[Cause]:
    spec = body["spec"]
    problems = not_negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    problems += _selector(kind, spec)
    template = spec["template"]
    claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or ()}
    problems += pod_spec(template["spec"], "spec.template.spec", claims)
    if template["spec"]["restartPolicy"] != "Always":
        field = "spec.template.spec.restartPolicy"
        problems.append(unsupported(field, template["spec"]["restartPolicy"], ("Always",)))
    problems += _strategy(kind, spec)
    frozen = {STATEFUL_SET: ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")}
    if old:
        for name in frozen.get(kind, ("selector",)):
            if spec.get(name) != old["spec"].get(name):
                problems.append(wrong(f"spec.{name}", spec.get(name), IMMUTABLE))
    return problems


def _strategy(kind: Kind, spec: Obj) -> list[Cause]:
    name, kinds = {
        DEPLOYMENT: ("strategy", ("Recreate", "RollingUpdate")),
        STATEFUL_SET: ("updateStrategy", ("OnDelete", "RollingUpdate")),
        DAEMON_SET: ("updateStrategy", ("RollingUpdate", "OnDelete")),
    }.get(kind, ("", ()))
    strategy = spec.get(name)
    if not strategy:
        return []
    if strategy["type"] not in kinds:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        if kind is STATEFUL_SET:
            return [wrong(f"spec.{name}", shown, "must be 'RollingUpdate' or 'OnDelete'")]
        return [unsupported(f"spec.{name}", shown, kinds)]
    rolling = strategy.get("rollingUpdate") or {}
    if rolling and strategy["type"] != "RollingUpdate":
        why = f"may not be specified when strategy `type` is '{strategy['type']}'"
        return [not_allowed(f"spec.{name}.rollingUpdate", why)]
    return _rolling(kind, rolling, f"spec.{name}.rollingUpdate") if rolling else []


def _rolling(kind: Kind, rolling: Obj, where: str) -> list[Cause]:
    problems: list[Cause] = []
    for field in ("maxUnavailable", "maxSurge"):
        value = rolling.get(field, 0)
        if isinstance(value, str) and not (value.endswith("%") and value[:-1].isdigit()):
            why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
            problems.append(wrong(f"{where}.{field}", value, why + "regex used for validation is '[0-9]+%')"))
        elif isinstance(value, int) and value < 0:
            problems.append(wrong(f"{where}.{field}", value, "must be greater than or equal to 0"))
    if kind is DEPLOYMENT and not problems and not _share(rolling, "maxSurge") | _share(rolling, "maxUnavailable"):
        value = rolling["maxUnavailable"]
        problems.append(wrong(f"{where}.maxUnavailable", value, "may not be 0 when `maxSurge` is 0"))
    return problems


def _share(rolling: Obj, name: str) -> int:
    return int(str(rolling.get(name, 0)).rstrip("%"))


def _pod(body: Obj, old: Obj | None) -> list[Cause]:
    return pod_spec(body["spec"], "spec", set()) if old is None else []


def _claim(body: Obj, old: Obj | None) -> list[Cause]:
    spec, problems = body["spec"], list[Cause]()
    if not spec.get("accessModes"):
        problems.append(required("spec.accessModes", "at least 1 access mode is required"))
    if not spec.get("resources", {}).get("requests", {}).get("storage"):
        problems.append(required("spec.resources[storage]"))
    free = ("resources", "volumeAttributesClassName", "volumeName")
    if old and {k: v for k, v in spec.items() if k not in free} != {
        k: v for k, v in old["spec"].items() if k not in free
    }:
        why = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        problems.append(not_allowed("spec", why))
    return problems


def _data(body: Obj, old: Obj | None) -> list[Cause]:
    problems: list[Cause] = []
    for part in ("data", "binaryData"):
        for key in body.get(part) or ():
            problems += each(f"{part}[{key}]", key, names.config_key(key))
    if (
        old
        and old.get("immutable")
        and any(body.get(part) != old.get(part) for part in ("data", "binaryData", "immutable"))
    ):
        problems.append(not_allowed("data", "field is immutable when `immutable` is set"))
    return problems


def _binding(body: Obj, old: Obj | None) -> list[Cause]:
    if old and body["roleRef"] != old["roleRef"]:
        return [wrong("roleRef", body["roleRef"], "cannot change roleRef")]
    return []


def _autoscaler(body: Obj, old: Obj | None) -> list[Cause]:
    spec = body["spec"]
    least, most = spec["minReplicas"], spec.get("maxReplicas", 0)
    problems = [] if least >= 1 else [wrong("spec.minReplicas", least, "must be greater than or equal to 1")]
    if most < 1:
        problems.append(wrong("spec.maxReplicas", most, "must be greater than 0"))
    elif most < least:
        problems.append(wrong("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    return problems


def _ingress(body: Obj, old: Obj | None) -> list[Cause]:
    spec, problems = body["spec"], list[Cause]()
    if not spec.get("rules") and not spec.get("defaultBackend"):
        problems.append(wrong("spec", None, "either `defaultBackend` or `rules` must be specified"))
    for i, rule in enumerate(spec.get("rules") or ()):
        for j, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            where = f"spec.rules[{i}].http.paths[{j}]"
            if path.get("pathType") not in ("Exact", "ImplementationSpecific", "Prefix"):
                allowed = ("Exact", "ImplementationSpecific", "Prefix")
                problems.append(unsupported(f"{where}.pathType", path.get("pathType", ""), allowed))
            elif not path.get("path", "").startswith("/") and path["pathType"] != "ImplementationSpecific":
                problems.append(wrong(f"{where}.path", path.get("path", ""), "must be an absolute path"))
    return problems


_CHECKS: dict[Kind, Callable[[Obj, Obj | None], list[Cause]]] = {
    SERVICE: _service,
    POD: _pod,
    PVC: _claim,
    CONFIGMAP: _data,
    SECRET: _data,
    ROLE_BINDING: _binding,
    CLUSTER_ROLE_BINDING: _binding,
    HPA: _autoscaler,
    INGRESS: _ingress,
}


def check(kind: Kind, body: Obj, old: Obj | None, missing: Iterable[str] = ()) -> list[Cause]:
    """Everything that is wrong with an object. `missing` are required fields that the decoder did not find."""
    problems = _metadata(kind, body["metadata"])
    if kind in (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET):
        problems += _workload(kind, body, old)
    elif kind in _CHECKS:
        problems += _CHECKS[kind](body, old)
    known = [cause.field for cause in problems]
    return problems + [required(path) for path in missing if not any(field.startswith(path) for field in known)]
