"""The parts of one container, and all containers of a pod as one list of rows: workers first, then init containers."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from services.manifests import images, names, quantities
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field
from services.steps.lenses.parts import Amount, At, Choice, Entry, Found, Part, Path, Record, joined
from services.steps.lenses.rows import Arguments, Row, Rows, match
from services.steps.lenses.variant import Switched, Variant

LOCAL_TIME = "/etc/localtime"

_SCHEMES = [(scheme, scheme) for scheme in ("HTTP", "HTTPS")]
_PORT = field.number_or_name(
    "port", _("Port"), names.port_or_name, help=_("One of the ports above, or another. Default: the first.")
)
_SERVICE = field.text("service", _("gRPC service"), help=_("Empty checks the server as a whole."))


_HTTP = Record(
    scheme=field.choice("scheme", _("Scheme"), _SCHEMES, part=partial(Choice, "HTTP", explicit=False)),
    path=field.text("path", _("Path"), placeholder=_("e.g. /ready"), two=True),
    port=_PORT,
)


def _handlers(*kinds: str) -> Variant:
    known = {
        "http": ("httpGet", _HTTP),
        "tcp": ("tcpSocket", Record(port=_PORT)),
        "exec": ("exec", Record(command=At("command", Arguments()))),
        "grpc": ("grpc", Record(port=_PORT, service=_SERVICE)),
        "sleep": ("sleep", Record(seconds=field.number("seconds", _("Seconds"), least=0, unit=_("s")))),
    }
    return Variant("kind", {kind: known[kind] for kind in kinds})


_timing = partial(field.number, least=1, unit=_("s"))
PROBE = Switched(
    _handlers("http", "tcp", "exec", "grpc"),
    Record(
        initial_delay=_timing("initialDelaySeconds", _("Initial delay"), least=0, help=_("Default 0 s")),
        period=_timing("periodSeconds", _("Interval"), help=_("Default 10 s")),
        timeout=_timing("timeoutSeconds", _("Timeout"), help=_("Default 1 s")),
        success=_timing("successThreshold", _("Success threshold"), unit=_("times"), help=_("Default 1")),
        failure=_timing("failureThreshold", _("Failure threshold"), unit=_("times"), help=_("Default 3")),
    ),
)
HOOK = Switched(_handlers("http", "tcp", "exec", "sleep"))

PROTOCOLS = [(protocol, protocol) for protocol in ("TCP", "UDP", "SCTP")]
APP_PROTOCOL = field.text(
    "appProtocol",
    _("App protocol"),
    names.app_protocol,
    optional=True,
    list="app-protocols",
    placeholder=_("e.g. http"),
)
# A port row of a container; its two Service fields are filled in by service_ports.
PORT = Record(
    name=field.text("name", _("Name"), names.port_name, most=15),
    container_port=field.port("containerPort", _("Container port")),
    protocol=field.choice("protocol", _("Protocol"), PROTOCOLS, part=partial(Choice, "TCP")),
    app_protocol=field.Missing(APP_PROTOCOL),
    service_port=field.Missing(field.port("port", _("Service port"))),
)


_object = partial(field.text, label=_("Object"), placeholder=_("e.g. settings"))
_key = partial(field.text, label=_("Key"), placeholder=_("e.g. currency"))
_OPTIONAL = field.tick("optional", _("Start even if it is missing"))


def _key_of(source: str) -> tuple[str, Record]:
    return (source, Record(object=_object("name"), key=_key("key"), optional=_OPTIONAL))


VARIABLE = Record(
    Variant(
        "source",
        {
            "configmap": _key_of("configMapKeyRef"),
            "secret": _key_of("secretKeyRef"),
            "field": ("fieldRef", Record(key=_key("fieldPath"))),
            "resource": (
                "resourceFieldRef",
                Record(object=_object("containerName"), key=_key("resource"), value=At("divisor", Amount())),
            ),
        },
        none="value",
        home=("valueFrom",),
        beside=frozenset(),
        otherwise=Record(value=field.exact("value", _("Value"))),
    ),
    name=field.text("name", _("Name"), names.variable_name),
)


def _all_of(source: str) -> tuple[str, Record]:
    return (source, Record(object=field.text("name", _("Object"), names.object_name), optional=_OPTIONAL))


VARIABLE_SOURCE = Record(
    Variant(
        "source",
        {"configmap": _all_of("configMapRef"), "secret": _all_of("secretRef")},
        none="configmap",
        beside=frozenset({"prefix"}),
    ),
    prefix=field.text("prefix", _("Prefix"), names.env_prefix, placeholder=_("e.g. DB_")),
)


PULL_POLICIES = [
    ("IfNotPresent", _("Use Local Image First")),
    ("Always", _("Pull Image Always")),
    ("Never", _("Use Local Image Only")),
    ("", _("Cluster default")),
]
SECCOMP = [
    ("RuntimeDefault", _("Runtime default")),
    ("Unconfined", _("Unconfined")),
    ("Localhost", _("Localhost profile")),
]


def _identity_fields(non_root: str, seccomp: str) -> dict[str, Part]:
    """`non_root`, `seccomp`: what holds where nothing is set."""
    return {
        "run_as_non_root": field.yes_no(
            "runAsNonRoot",
            _("Run as Non-root"),
            help=_("Yes: an image that runs as root does not start."),
            unset=non_root,
        ),
        "run_as_user": field.number("runAsUser", _("User"), least=0, help=_("Default: set by the image")),
        "run_as_group": field.number("runAsGroup", _("Group"), least=0, help=_("Default: set by the image")),
        "se_user": field.text("seLinuxOptions.user", _("SELinux user")),
        "se_role": field.text("seLinuxOptions.role", _("SELinux role")),
        "se_type": field.text("seLinuxOptions.type", _("SELinux type")),
        "se_level": field.text("seLinuxOptions.level", _("SELinux level")),
        "seccomp": field.choice("seccompProfile.type", _("Seccomp Profile"), [("", seccomp), *SECCOMP]),
        "seccomp_profile": field.text(
            "seccompProfile.localhostProfile", _("Localhost profile"), placeholder=_("e.g. profiles/audit.json")
        ),
    }


SECURITY = Record(
    privileged=field.yes_no(
        "privileged",
        _("Privileged Mode"),
        help=_("Yes: the container is root on its node."),
        unset=_("Default (no)"),
    ),
    allow_escalation=field.yes_no(
        "allowPrivilegeEscalation",
        _("Allow Privilege Escalation"),
        help=_("If yes, a process may gain rights, as with sudo."),
        unset=_("Default (yes)"),
    ),
    read_only_root=field.yes_no(
        "readOnlyRootFilesystem",
        _("Root Directory Read-Only"),
        help=_("Yes: only volumes are writable."),
        unset=_("Default (no)"),
    ),
    add=field.words("capabilities.add", _("Add"), optional=True, placeholder=_("e.g. NET_BIND_SERVICE")),
    drop=field.words("capabilities.drop", _("Drop"), optional=True, placeholder=_("e.g. ALL")),
    **_identity_fields(_("Default (as the pod)"), _("Default (as the pod)")),
)
POD_SECURITY = Record(
    fs_group=field.number("fsGroup", _("Volume Group (fsGroup)"), least=0),
    **_identity_fields(_("Default (no)"), _("Default (of the cluster)")),
)


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


IMAGE: dict[str, Part] = {
    "name": field.text(
        "name", _("Container name"), names.container_name, required=True, most=63, missing=_("Enter a container name.")
    ),
    "image": field.text(
        "image", _("Image"), images.image, required=True, missing=_("Enter an image, such as nginx:1.27."), two=True
    ),
    "pull_policy": field.choice("imagePullPolicy", _("Image pull policy"), PULL_POLICIES),
}
_cpu = partial(field.amount, unit=_("cores"))
RESOURCES: dict[str, Part] = {
    "cpu_request": _cpu("resources.requests.cpu", _("CPU request"), quantities.cpu, help=_("e.g. 0.1")),
    "cpu_limit": _cpu("resources.limits.cpu", _("CPU limit"), quantities.cpu, help=_("e.g. 0.5")),
    "memory_request": field.amount(
        "resources.requests.memory", _("Memory request"), quantities.memory, help=_("e.g. 128"), units=("Mi", "Gi")
    ),
    "memory_limit": field.amount(
        "resources.limits.memory", _("Memory limit"), quantities.memory, help=_("e.g. 256"), units=("Mi", "Gi")
    ),
}


def container(zone: HostTimezone) -> Record:
    """The record of a container, without its ``type`` and the Service's side of its ports."""
    return Record(
        **IMAGE,
        command=At("command", Arguments()),
        args=At("args", Arguments()),
        ports=At("ports", Rows(PORT, identity=("name",))),
        env=At("env", Rows(VARIABLE)),
        env_from=At("envFrom", Rows(VARIABLE_SOURCE, identity=("source", "object"))),
        **RESOURCES,
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
    volumes = entries_of(pod_spec, "volumes")
    names = [volume.get("name") for volume in volumes if isinstance(volume, dict)]
    if wanted and zone.name not in names:
        added = {"name": zone.name, "hostPath": {"path": LOCAL_TIME, "type": ""}}
        return replace(pod_spec, ("volumes",), [*volumes, added])
    if had and not wanted:
        containers = [entry for group in ("containers", "initContainers") for entry in entries_of(pod_spec, group)]
        mounts = [mount for entry in containers for mount in entries_of(entry, "volumeMounts")]
        used = [mount.get("name") for mount in mounts if isinstance(mount, dict)]
        left = [volume for volume in volumes if not _is_zone_volume(volume) or volume["name"] in used]
        return replace(pod_spec, ("volumes",), left or MISSING)
    return pod_spec


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


WORKER, INIT = "worker", "init"
_LISTS = ((WORKER, "containers"), (INIT, "initContainers"))


class Containers(Part):
    """Works on the pod spec, because time zones need volumes beside the containers."""

    def read(self, node: Any) -> list[Row]:
        rows = Rows(container(zone_of(node)))
        return [{**row, "type": kind} for kind, key in _LISTS for row in map(rows.read_row, entries_of(node, key))]

    def put(self, node: Any, value: Any) -> Any:
        zone = zone_of(node)
        rows = Rows(container(zone))
        old_rows = self.read(node)
        old = [entry for _kind, key in _LISTS for entry in entries_of(node, key)]
        wanted = [row for row in value if _without_type(row) != rows.blank_row]
        merged: dict[str, list[Any]] = {WORKER: [], INIT: []}
        for row, index in zip(wanted, match(old_rows, wanted, ("name",)), strict=True):
            entry = rows.write_row(MISSING if index is None else old[index], _without_type(row))
            if entry is not MISSING:
                merged[INIT if row["type"] == INIT else WORKER].append(entry)
        for kind, key in _LISTS:
            if merged[kind] != entries_of(node, key):
                node = replace(node, (key,), merged[kind] or ([] if kind == WORKER else MISSING))
        had = any(row["host_timezone"] for row in old_rows)
        return with_zone_volume(node, zone, wanted=any(row["host_timezone"] for row in wanted), had=had)

    def entries(self) -> list[Entry]:
        rows = Rows(container(zone_of(MISSING)))  # a time zone's volumes do not matter for what is unseen
        return [((key,), rows) for _kind, key in _LISTS]

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        if not path or path[0] not in ("containers", "initContainers"):
            return None
        if len(path) < 2 or not isinstance(path[1], int):
            return (1, "")
        entries = entries_of(node, str(path[0]))
        entry = entries[path[1]] if path[1] < len(entries) else MISSING
        before = len(entries_of(node, "containers")) if path[0] == "initContainers" else 0
        location = container(zone_of(node)).locate(path[2:], entry) or (0, "")
        return (2 + location[0], joined(str(path[1] + before), location[1]))


def _without_type(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "type"}
