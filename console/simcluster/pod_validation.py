"""What the API server checks between the fields of a Pod's spec; what each field may hold stands in rules.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from . import names
from .api_errors import Cause, duplicate, each, labels, not_allowed, not_found_value, required, unsupported, wrong
from .objects import Obj
from .quantities import quantity

_STANDARD = ("cpu", "memory", "ephemeral-storage")
_FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid")
_ADDRESSES = ("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs")
_OF_PODS = (*_FIELDS, "spec.nodeName", "spec.serviceAccountName", *_ADDRESSES)
_KNOWN = (*_OF_PODS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "status.phase")
_COUNTED = ("storage", "pods", "services", "secrets", "configmaps", "persistentvolumeclaims")
_MAPS = ("metadata.annotations", "metadata.labels")
_CLAIMED = ("persistentVolumeClaim", "ephemeral")


def _field_ref(ref: Obj, at: str) -> list[Cause]:
    path, where, converting = ref.get("fieldPath", ""), f"{at}.fieldPath", "error converting fieldPath: "
    if not path:
        return [required(where)]
    if ref.get("apiVersion", "v1") != "v1":
        return [wrong(where, path, f"{converting}unsupported pod version: {ref['apiVersion']}")]
    subscript = re.fullmatch(r"(.*)\['(.*)'\]", path)
    if subscript and subscript[1] in _MAPS:
        key = subscript[2].lower() if subscript[1] == "metadata.annotations" else subscript[2]
        return each(at, key, names.qualified(key))
    if subscript or path not in _KNOWN:
        lacks = "field label does not support subscript" if subscript else "field label not supported"
        return [wrong(where, path, f"{converting}{lacks}: {path}")]
    allowed = (*_MAPS, *_FIELDS) if ".downwardAPI" in at else _OF_PODS
    return [] if path in allowed else [unsupported(where, path, allowed)]


def _resource_ref(ref: Obj, at: str) -> list[Cause]:
    name, kind = ref.get("resource", ""), ref.get("resource", "").partition(".")[2]
    allowed = [f"{part}.{resource}" for part in ("limits", "requests") for resource in sorted(_STANDARD)]
    if not name:
        return [required(f"{at}.resource")] if ".downwardAPI" not in at or ref.get("containerName") else []
    if name not in allowed and "hugepages-" not in name:
        return [unsupported(f"{at}.resource", name, tuple(allowed))]
    divisors = "1m, 1" if kind == "cpu" else "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
    if str(ref.get("divisor", "0")) in ("0", *divisors.split(", ")):
        return []
    return [wrong(f"{at}.divisor", name, f"only divisor's values {divisors} are supported with the {kind} resource")]


def _resources(resources: Obj, at: str) -> list[Cause]:
    problems: list[Cause] = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, value in amounts.items():
            problems += _resource(name, value, f"{at}.{part}[{name}]", of_pod=at.endswith("spec.resources"))
    for name, value in requests.items():
        exactly, limit = "/" in name or name.startswith("hugepages-"), limits.get(name)
        if limit is None and exactly:
            problems.append(required(f"{at}.limits", "Limit must be set for non overcommitable resources"))
        elif limit is not None and (
            quantity(value) > quantity(limit) or (exactly and quantity(value) < quantity(limit))
        ):
            must = "equal to" if exactly else "less than or equal to"
            problems.append(wrong(f"{at}.requests", value, f"must be {must} {name} limit of {limit}"))
    combined = {**limits, **requests}
    if any(name.startswith("hugepages-") for name in combined) and not combined.keys() & {"cpu", "memory"}:
        problems.append(not_allowed(at, "HugePages require cpu or memory"))
    return problems


def _resource(name: str, value: Any, at: str, *, of_pod: bool) -> list[Cause]:
    problems = each(at, name, names.qualified(name))
    plain = "/" not in name and not name.startswith("hugepages-") and name not in _STANDARD
    if plain and not problems and name not in _COUNTED:
        problems.append(wrong(at, name, "must be a standard resource type or fully qualified"))
    if plain and not of_pod:
        problems.append(wrong(at, name, "must be a standard resource for containers"))
    if of_pod and name in ("storage", "ephemeral-storage"):
        problems.append(unsupported(at, name, ("cpu", "hugepages-", "memory")))
    if quantity(value) < 0:
        problems.append(wrong(at, value, "must be greater than or equal to 0"))
    elif ("/" in name or name in _COUNTED[1:]) and quantity(value) % 1:
        problems.append(wrong(at, value, "must be an integer"))
    return problems


def _volume(volume: Obj, at: str) -> list[Cause]:
    more = "may not specify more than 1 volume type"
    problems = [not_allowed(f"{at}.{name}", more) for name in [name for name in volume if name != "name"][1:]]
    if quantity((volume.get("emptyDir") or {}).get("sizeLimit", 0)) < 0:
        problems.append(not_allowed(f"{at}.emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity"))
    return problems


def _projected(projected: Obj, at: str) -> list[Cause]:
    problems: list[Cause] = []
    paths: set[str] = set()
    for source in projected.get("sources") or ():
        token = source.get("serviceAccountToken")
        if token is not None and not token.get("path"):
            problems.append(required(f"{at}.path"))
        for part in source.values():
            for item in part.get("items") or ():
                if item.get("path") in paths:
                    problems.append(wrong(at, part.get("name", item["path"]), "conflicting duplicate paths"))
                paths.add(item.get("path"))
    return problems


def _sysctls(context: Obj, at: str) -> list[Cause]:
    sysctls = [sysctl.get("name", "") for sysctl in context.get("sysctls") or ()]
    return [duplicate(f"{at}.sysctls[{i}].name", name) for i, name in enumerate(sysctls) if name in sysctls[:i]]


def pod_spec(spec: Obj, where: str, claims: set[str], unfit: Iterable[str]) -> list[Cause]:
    """What is wrong between the parts of a Pod's spec.

    `claims` are volumes that come from claim templates, `unfit` are fields that have been found wrong before.
    """
    problems = labels(spec.get("nodeSelector") or {}, f"{where}.nodeSelector") + _spread(spec, where)
    for i, sysctl in enumerate((spec.get("securityContext") or {}).get("sysctls") or ()):
        if spec.get("hostNetwork") and sysctl.get("name", "").startswith("net."):
            why = "may not be specified when 'hostNetwork' is true"
            problems.append(wrong(f"{where}.securityContext.sysctls[{i}].name", sysctl["name"], why))
    parts = (spec, *(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    windows = [(part.get("securityContext") or {}).get("windowsOptions") or {} for part in parts]
    if any(options.get("hostProcess") for options in windows) and not spec.get("hostNetwork"):
        why = "hostNetwork must be true if pod contains any hostProcess containers"
        problems.append(wrong(f"{where}.hostNetwork", False, why))
    volumes = _volumes(spec, where, claims, problems, list(unfit))
    taken: set[str] = set()
    for part in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(part) or ()):
            name, at = container.get("name", ""), f"{where}.{part}[{i}]"
            problems += [duplicate(f"{at}.name", name)] if name and name in taken else []
            taken.add(name)
            problems += _container(container, at, volumes, spec)
    return problems


def _spread(spec: Obj, where: str) -> list[Cause]:
    pairs = [
        f"{{{constraint.get('topologyKey')}, {constraint.get('whenUnsatisfiable')}}}"
        for constraint in spec.get("topologySpreadConstraints") or ()
    ]
    at = f"{where}.topologySpreadConstraints[%d].{{topologyKey, whenUnsatisfiable}}"
    return [duplicate(at % pairs.index(pair), pair) for i, pair in enumerate(pairs) if pair in pairs[:i]]


def _volumes(spec: Obj, where: str, claims: set[str], problems: list[Cause], unfit: list[str]) -> dict[str, str]:
    """The volumes that can be mounted, by name, and their sources; `problems` gets what is wrong."""
    volumes = dict.fromkeys(claims, "persistentVolumeClaim")
    for i, volume in enumerate(spec.get("volumes") or ()):
        name, at = volume.get("name", ""), f"{where}.volumes[{i}]"
        if name in volumes and name not in claims:
            problems.append(duplicate(f"{at}.name", name))
        elif not any(field.startswith((f"{at}.", f"{at}[")) for field in unfit):
            volumes[name] = next((key for key in volume if key != "name"), "")
    return volumes


def _container(container: Obj, at: str, volumes: dict[str, str], spec: Obj) -> list[Cause]:
    problems = _ports(container.get("ports") or (), f"{at}.ports", spec)
    problems += _mounts(container.get("volumeMounts") or (), f"{at}.volumeMounts", volumes, container)
    problems += _devices(container, at, volumes)
    grace = spec.get("terminationGracePeriodSeconds", 30)
    for hook, handler in (container.get("lifecycle") or {}).items():
        sleep = (handler.get("sleep") or {}).get("seconds", 0) if isinstance(handler, dict) else 0
        if sleep and not 0 <= sleep <= grace:
            why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            problems.append(wrong(f"{at}.lifecycle.{hook}.sleep", sleep, why))
    claims = [claim.get("name") for claim in spec.get("resourceClaims") or ()]
    for i, claim in enumerate((container.get("resources") or {}).get("claims") or ()):
        if claim.get("name") not in claims:
            which = "are " + ", ".join(map(str, claims)) if claims else "is empty"
            why = f": must be one of the names in pod.spec.resourceClaims which {which}"
            problems.append(not_found_value(f"{at}.resources.claims[{i}]", claim.get("name", ""), why))
    if (container.get("securityContext") or {}).get("procMount") == "Unmasked" and spec.get("hostUsers", True):
        why = "`hostUsers` must be false to use `Unmasked`"
        problems.append(wrong(f"{at}.securityContext.procMount", "Unmasked", why))
    return problems


def _devices(container: Obj, at: str, volumes: dict[str, str]) -> list[Cause]:
    parts = {part: container.get(part) or () for part in ("volumeMounts", "volumeDevices")}
    problems: list[Cause] = []
    for part, other in (("volumeMounts", "volumeDevices"), ("volumeDevices", "volumeMounts")):
        taken = [entry.get("name") for entry in parts[other]]
        for i, name in enumerate(entry.get("name") for entry in parts[part]):
            if name in taken:
                problems.append(wrong(f"{at}.{part}[{i}].name", name, f"must not already exist in {other}"))
    for i, device in enumerate(parts["volumeDevices"]):
        where, name = f"{at}.volumeDevices[{i}].name", device.get("name", "")
        if name not in volumes:
            problems.append(not_found_value(where, name))
        elif volumes[name] not in _CLAIMED:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            problems.append(wrong(where, name, why))
    return problems


def _ports(ports: Iterable[Obj], where: str, spec: Obj) -> list[Cause]:
    problems: list[Cause] = []
    taken: set[str] = set()
    on_host: set[str] = set()
    for i, port in enumerate(ports):
        name, host = port.get("name", ""), port.get("hostPort", 0)
        if name in taken and not names.port_name(name):
            problems.append(duplicate(f"{where}[{i}].name", name))
        taken.add(name)
        key = f"{port.get('protocol', 'TCP')}/{port.get('hostIP', '')}/{host}"
        if host and key in on_host:
            problems.append(duplicate(f"{where}[{i}].hostPort", key))
        on_host.add(key)
        if spec.get("hostNetwork") and host and host != port.get("containerPort"):
            why = "must match `containerPort` when `hostNetwork` is true"
            problems.append(wrong(f"{where}[{i}].hostPort", host, why))
    return problems


def _mounts(mounts: Iterable[Obj], where: str, volumes: dict[str, str], container: Obj) -> list[Cause]:
    problems: list[Cause] = []
    paths: set[str] = set()
    for i, mount in enumerate(mounts):
        name, path = mount.get("name", ""), mount.get("mountPath", "")
        if name not in volumes:
            problems.append(not_found_value(f"{where}[{i}].name", name))
        if path in paths:
            problems.append(wrong(f"{where}[{i}].mountPath", path, "must be unique"))
        paths.add(path)
        if mount.get("subPath") and mount.get("subPathExpr"):
            why = "subPathExpr and subPath are mutually exclusive"
            problems.append(wrong(f"{where}[{i}].subPathExpr", mount["subPathExpr"], why))
        privileged = (container.get("securityContext") or {}).get("privileged")
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            why = "Bidirectional mount propagation is available only to privileged containers"
            problems.append(not_allowed(f"{where}.mountPropagation", why))
    return problems


BETWEEN: dict[str, Callable[[Obj, str], list[Cause]]] = {
    "ObjectFieldSelector": _field_ref,
    "ResourceFieldSelector": _resource_ref,
    "ResourceRequirements": _resources,
    "PodSecurityContext": _sysctls,
    "Volume": _volume,
    "ProjectedVolumeSource": _projected,
}
