"""The parts of one container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.manifests.tree import MISSING, get, replace
from services.steps.lenses.parts import (
    Amount,
    At,
    Choice,
    Flag,
    Found,
    NumberOrName,
    Part,
    Path,
    Record,
    State,
    Text,
    Words,
    constant,
)
from services.steps.lenses.parts import Whole as Number
from services.steps.lenses.rows import Arguments, Rows
from services.steps.lenses.variant import Variant, Whole

LOCAL_TIME = "/etc/localtime"


class _Scheme(Choice):
    explicit = False


def _http() -> Record:
    return Record(scheme=At("scheme", _Scheme("HTTP")), path=At("path", Text()), port=At("port", NumberOrName()))


def _handlers(*kinds: str) -> Variant:
    known = {
        "http": ("httpGet", _http()),
        "tcp": ("tcpSocket", Record(port=At("port", NumberOrName()))),
        "exec": ("exec", Record(command=At("command", Arguments()))),
        "grpc": ("grpc", Record(port=At("port", NumberOrName()), service=At("service", Text()))),
        "sleep": ("sleep", Record(seconds=At("seconds", Number()))),
    }
    return Variant("kind", {kind: known[kind] for kind in kinds})


PROBE = Whole(
    _handlers("http", "tcp", "exec", "grpc"),
    Record(
        initial_delay=At("initialDelaySeconds", Number()),
        period=At("periodSeconds", Number()),
        timeout=At("timeoutSeconds", Number()),
        success=At("successThreshold", Number()),
        failure=At("failureThreshold", Number()),
    ),
)
HOOK = Whole(_handlers("http", "tcp", "exec", "sleep"))

# A port row of a container; its two Service fields are filled in by service_ports.
PORT = Record(
    name=At("name", Text()),
    container_port=At("containerPort", Number()),
    protocol=At("protocol", Choice("TCP")),
    app_protocol=constant(""),
    service_port=constant(None),
)


def _key_of(source: str) -> tuple[str, Record]:
    record = Record(object=At("name", Text()), key=At("key", Text()), optional=At("optional", Flag()))
    return (source, record)


VARIABLE = Record(
    Variant(
        "source",
        {
            "configmap": _key_of("configMapKeyRef"),
            "secret": _key_of("secretKeyRef"),
            "field": ("fieldRef", Record(key=At("fieldPath", Text()))),
            "resource": (
                "resourceFieldRef",
                Record(object=At("containerName", Text()), key=At("resource", Text()), value=At("divisor", Amount())),
            ),
        },
        none="value",
        home=("valueFrom",),
        beside=frozenset(),
        otherwise=Record(value=At("value", Text())),
    ),
    name=At("name", Text()),
)


def _all_of(source: str) -> tuple[str, Record]:
    return (source, Record(object=At("name", Text()), optional=At("optional", Flag())))


VARIABLE_SOURCE = Record(
    Variant(
        "source",
        {"configmap": _all_of("configMapRef"), "secret": _all_of("secretRef")},
        none="configmap",
        beside=frozenset({"prefix"}),
    ),
    prefix=At("prefix", Text()),
)


def _identity_fields() -> dict[str, Part]:
    return {
        "run_as_non_root": At("runAsNonRoot", State()),
        "run_as_user": At("runAsUser", Number()),
        "run_as_group": At("runAsGroup", Number()),
        "se_level": At("seLinuxOptions.level", Text()),
        "se_role": At("seLinuxOptions.role", Text()),
        "se_type": At("seLinuxOptions.type", Text()),
        "se_user": At("seLinuxOptions.user", Text()),
        "seccomp": At("seccompProfile.type", Text()),
        "seccomp_profile": At("seccompProfile.localhostProfile", Text()),
    }


SECURITY = Record(
    privileged=At("privileged", State()),
    allow_escalation=At("allowPrivilegeEscalation", State()),
    read_only_root=At("readOnlyRootFilesystem", State()),
    add=At("capabilities.add", Words()),
    drop=At("capabilities.drop", Words()),
    **_identity_fields(),
)
POD_SECURITY = Record(fs_group=At("fsGroup", Number()), **_identity_fields())


class HostTimezone(Part):
    """A read-only mount of the node's time zone file. ``volumes`` are the pod volumes that carry it; ``name`` is the
    one that a new mount uses."""

    def __init__(self, volumes: frozenset[str], name: str) -> None:
        self.volumes, self.name = volumes | {name}, name

    def read(self, node: Any) -> bool:
        return isinstance(node, list) and any(self.is_zone(mount) for mount in node)

    def put(self, node: Any, value: Any) -> Any:
        mounts = node if isinstance(node, list) else []
        if value:
            return [*mounts, {"name": self.name, "mountPath": LOCAL_TIME, "readOnly": True}]
        return [mount for mount in mounts if not self.is_zone(mount)] or MISSING

    def is_zone(self, mount: Any) -> bool:
        return (
            isinstance(mount, dict)
            and mount.get("mountPath") == LOCAL_TIME
            and isinstance(mount.get("name"), str)
            and mount["name"] in self.volumes
        )

    def unseen(self, node: Any) -> Iterator[Path]:
        return iter(())  # mounts belong to the storage step

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        return None


def container(zone: HostTimezone) -> Record:
    """The record of a container, without its ``type`` and the Service's side of its ports."""
    return Record(
        name=At("name", Text()),
        image=At("image", Text()),
        pull_policy=At("imagePullPolicy", Text()),
        command=At("command", Arguments()),
        args=At("args", Arguments()),
        ports=At("ports", Rows(PORT, identity=("name",))),
        env=At("env", Rows(VARIABLE)),
        env_from=At("envFrom", Rows(VARIABLE_SOURCE, identity=("source", "object"))),
        cpu_request=At("resources.requests.cpu", Amount()),
        memory_request=At("resources.requests.memory", Amount()),
        cpu_limit=At("resources.limits.cpu", Amount()),
        memory_limit=At("resources.limits.memory", Amount()),
        liveness=At("livenessProbe", PROBE),
        readiness=At("readinessProbe", PROBE),
        startup=At("startupProbe", PROBE),
        post_start=At("lifecycle.postStart", HOOK),
        pre_stop=At("lifecycle.preStop", HOOK),
        security=At("securityContext", SECURITY),
        host_timezone=At("volumeMounts", zone),
    )


def zone_of(pod_spec: Any) -> HostTimezone:
    """The time zone part for this pod spec: its volumes that are the node's file, or a free name for a new one."""
    volumes = entries_of(pod_spec, "volumes")
    taken = {v["name"] for v in volumes if isinstance(v, dict) and isinstance(v.get("name"), str)}
    carrying = [volume["name"] for volume in volumes if _is_zone_volume(volume)]
    names = ["host-time", *(f"host-time-{number}" for number in range(1, len(taken) + 2))]
    name = carrying[0] if carrying else next(name for name in names if name not in taken)
    return HostTimezone(frozenset(carrying), name)


def with_zone_volume(pod_spec: Any, zone: HostTimezone, *, wanted: bool, had: bool) -> Any:
    """The pod spec with the volume that the containers' time zone mounts need, and without one that nothing needs."""
    listed = get(pod_spec, ("volumes",))
    volumes = listed if isinstance(listed, list) else []
    names = [volume.get("name") for volume in volumes if isinstance(volume, dict)]
    if wanted and zone.name not in names:
        added = {"name": zone.name, "hostPath": {"path": LOCAL_TIME, "type": ""}}
        return replace(pod_spec, ("volumes",), [*volumes, added])
    if had and not wanted:
        used = mounted_names(pod_spec)
        left = [volume for volume in volumes if not _is_zone_volume(volume) or volume["name"] in used]
        return replace(pod_spec, ("volumes",), left or MISSING)
    return pod_spec


def mounted_names(pod_spec: Any) -> set[str]:
    """The names of all volumes that any container mounts."""
    containers = [entry for group in ("containers", "initContainers") for entry in entries_of(pod_spec, group)]
    mounts = [mount for entry in containers for mount in entries_of(entry, "volumeMounts")]
    return {mount["name"] for mount in mounts if isinstance(mount, dict) and isinstance(mount.get("name"), str)}


def entries_of(node: Any, key: str) -> list[Any]:
    """The list at ``key``; empty where there is none."""
    entries = get(node, (key,))
    return entries if isinstance(entries, list) else []


def _is_zone_volume(volume: Any) -> bool:
    return (
        isinstance(volume, dict)
        and isinstance(volume.get("name"), str)
        and get(volume, ("hostPath", "path")) == LOCAL_TIME
    )
