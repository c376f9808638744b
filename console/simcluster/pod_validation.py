"""What the API server checks in a Pod's spec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import names
from .errors import Cause, duplicate, required, unsupported, wrong
from .objects import Obj
from .quantities import quantity

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULLS = ("Always", "IfNotPresent", "Never")
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


def _each(field: str, value: Any, messages: Iterable[str]) -> list[Cause]:
    return [wrong(field, value, message) for message in messages]


def protocols(value: str, field: str) -> list[Cause]:
    """TCP, UDP or SCTP."""
    return [] if value in _PROTOCOLS else [unsupported(field, value, _PROTOCOLS)]


def pod_spec(spec: Obj, where: str, claims: set[str]) -> list[Cause]:
    """Everything that is wrong with a Pod's spec. `claims` are volumes that come from claim templates."""
    problems: list[Cause] = []
    volumes = set(claims)
    for i, volume in enumerate(spec.get("volumes") or ()):
        name = volume.get("name", "")
        problems += _each(f"{where}.volumes[{i}].name", name, names.label(name)) if name else []
        if name in volumes and name not in claims:
            problems.append(duplicate(f"{where}.volumes[{i}].name", name))
        volumes.add(name)
        problems += _volume(volume, f"{where}.volumes[{i}]")
    if not spec.get("containers"):
        problems.append(required(f"{where}.containers"))
    taken: set[str] = set()
    for part in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(part) or ()):
            problems += _container(container, f"{where}.{part}[{i}]", volumes)
            name = container.get("name", "")
            if name and name in taken:
                problems.append(duplicate(f"{where}.{part}[{i}].name", name))
            taken.add(name)
    if spec["restartPolicy"] not in ("Always", "OnFailure", "Never"):
        problems.append(unsupported(f"{where}.restartPolicy", spec["restartPolicy"], ("Always", "OnFailure", "Never")))
    return problems


def _volume(volume: Obj, where: str) -> list[Cause]:
    needs = {"secret": "secretName", "configMap": "name", "persistentVolumeClaim": "claimName", "hostPath": "path"}
    sources = [name for name in volume if name != "name"]
    more = "Forbidden: may not specify more than 1 volume type"
    problems = [Cause("FieldValueForbidden", more, f"{where}.{name}") for name in sources[1:]]
    name = sources[0] if sources else ""
    if name in needs and not volume[name].get(needs[name]):
        problems.append(required(f"{where}.{name}.{needs[name]}"))
    return problems


def _container(container: Obj, where: str, volumes: set[str]) -> list[Cause]:
    name = container.get("name", "")
    problems = _each(f"{where}.name", name, names.label(name)) if name else [required(f"{where}.name")]
    if not container.get("image"):
        problems.append(required(f"{where}.image"))
    elif (
        where.startswith(("spec.containers", "spec.initContainers"))
        and container["image"] != container["image"].strip()
    ):
        why = "must not have leading or trailing whitespace"
        problems.append(wrong(f"{where}.image", container["image"], why))
    problems += _ports(container.get("ports") or (), f"{where}.ports")
    problems += _environment(container.get("env") or (), where)
    problems += _mounts(container.get("volumeMounts") or (), f"{where}.volumeMounts", volumes)
    if container["imagePullPolicy"] not in _PULLS:
        problems.append(unsupported(f"{where}.imagePullPolicy", container["imagePullPolicy"], _PULLS))
    problems += _resources(container["resources"], f"{where}.resources")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            problems += _probe(container[probe], f"{where}.{probe}")
    return problems


def _environment(variables: Iterable[Obj], where: str) -> list[Cause]:
    problems: list[Cause] = []
    for i, variable in enumerate(variables):
        field, value = f"{where}.env[{i}].name", variable.get("name", "")
        problems += _each(field, value, names.environment(value)) if value else [required(field)]
        if variable.get("value") and variable.get("valueFrom"):
            why = "may not be specified when `value` is not empty"
            problems.append(wrong(f"{where}.env[{i}].valueFrom", "", why))
        elif variable.get("valueFrom") == {}:
            why = (
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            )
            problems.append(wrong(f"{where}.env[{i}].valueFrom", "", why))
    return problems


def _ports(ports: Iterable[Obj], where: str) -> list[Cause]:
    problems: list[Cause] = []
    taken: set[str] = set()
    for i, port in enumerate(ports):
        name, number = port.get("name", ""), port.get("containerPort", 0)
        found = names.port_name(name) if name else []
        problems += _each(f"{where}[{i}].name", name, found)
        if name and not found:
            if name in taken:
                problems.append(duplicate(f"{where}[{i}].name", name))
            taken.add(name)
        field = f"{where}[{i}].containerPort"
        problems += _each(field, number, names.port_number(number)) if number else [required(field)]
        problems += protocols(port["protocol"], f"{where}[{i}].protocol")
    return problems


def _mounts(mounts: Iterable[Obj], where: str, volumes: set[str]) -> list[Cause]:
    problems: list[Cause] = []
    paths: set[str] = set()
    for i, mount in enumerate(mounts):
        name, path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            problems.append(required(f"{where}[{i}].name"))
        if name not in volumes:
            problems.append(Cause("FieldValueNotFound", f'Not found: "{name}"', f"{where}[{i}].name"))
        if not path:
            problems.append(required(f"{where}[{i}].mountPath"))
        if path in paths:
            problems.append(wrong(f"{where}[{i}].mountPath", path, "must be unique"))
        paths.add(path)
    return problems


def _resources(resources: Obj, where: str) -> list[Cause]:
    problems: list[Cause] = []
    limits = resources.get("limits") or {}
    for part in ("limits", "requests"):
        for name, value in (resources.get(part) or {}).items():
            if quantity(value) < 0:
                why = "must be greater than or equal to 0"
                problems.append(wrong(f"{where}.{part}[{name}]", value, why))
    for name, value in (resources.get("requests") or {}).items():
        if name in limits and quantity(value) > quantity(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            problems.append(wrong(f"{where}.requests", value, why))
    return problems


def _probe(probe: Obj, where: str) -> list[Cause]:
    chosen = [name for name in _HANDLERS if name in probe]
    problems: list[Cause] = []
    if not chosen:
        problems.append(required(where, "must specify a handler type"))
    for name in chosen[1:]:
        problems.append(
            Cause("FieldValueForbidden", "Forbidden: may not specify more than 1 handler type", f"{where}.{name}")
        )
    if chosen and chosen[0] in ("httpGet", "tcpSocket"):
        port, field = probe[chosen[0]].get("port", 0), f"{where}.{chosen[0]}.port"
        rule = names.port_number(port) if isinstance(port, int) else names.port_name(port)
        problems += _each(field, port, rule)
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if probe.get(name, 0) < 0:
            problems.append(wrong(f"{where}.{name}", probe[name], "must be greater than or equal to 0"))
    if "readiness" not in where and probe.get("successThreshold", 1) != 1:
        problems.append(wrong(f"{where}.successThreshold", probe["successThreshold"], "must be 1"))
    return problems
