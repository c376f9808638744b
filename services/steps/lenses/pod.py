"""Pod Settings: replicas, containers with the Service's ports, update strategy, scheduling, pod metadata."""

from functools import cache
from typing import Any

from services.manifests import names
from services.manifests.bundle import Bundle, kind_of
from services.manifests.sentences import gettext_noop as _
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field, service_ports
from services.steps.lenses.container import POD_SECURITY, Containers
from services.steps.lenses.lens import NEW_SERVICE, NEW_WORKLOAD, Note, Values, hidden_annotation, notes, unseen_below
from services.steps.lenses.parts import At, Known, Path, Record, Text
from services.steps.lenses.rows import Pairs, Row, Rows
from services.steps.lenses.scheduling import Scheduling

PULL_SECRETS = Rows(Record(name=field.text("name", _("Pull secret"), names.object_name, list="list_registry")))

_ELSEWHERE = (
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
    "spec.template.metadata.labels",
    "spec.template.spec.volumes",
    "spec.template.spec.nodeSelector",
)
_POD = "spec.template.spec"


_WITHOUT_SETTINGS = ("Recreate", "OnDelete")
_SETTINGS = {"max_unavailable": "", "max_surge": "", "partition": None}


class Update(Record):
    """The strategy with its settings; Recreate and OnDelete have none, Kubernetes refuses them there."""

    def write(self, node: Any, value: Any) -> Any:
        if value["strategy"] in _WITHOUT_SETTINGS and value != self.read(node):
            value = {**value, **_SETTINGS}
        return super().write(node, value)


@cache
def update_of(kind: str) -> Update:
    """The part for a workload of ``kind``."""
    strategy = "spec.strategy" if kind == "Deployment" else "spec.updateStrategy"
    rolling = f"{strategy}.rollingUpdate"
    rule, share = names.count_or_percent, _("A number or a percentage, such as 25%.")
    unavailable = field.number_or_name(f"{rolling}.maxUnavailable", _("Maximum Unavailable Pods"), rule, help=share)
    surge = field.number_or_name(f"{rolling}.maxSurge", _("Maximum Extra Pods"), rule, help=share)
    lower = _("Default 0. Pods with a lower number keep the old version.")
    partition = field.number(f"{rolling}.partition", _("Partition"), least=0, help=lower)
    ready = field.number("spec.minReadySeconds", _("Minimum ready time"), least=0, unit=_("s"), help=_("Default 0"))
    deadline = field.number(
        "spec.progressDeadlineSeconds", _("Progress deadline"), least=1, unit=_("s"), help=_("Default 600")
    )
    return Update(
        strategy=At(f"{strategy}.type", Text()),
        max_unavailable=unavailable,
        max_surge=field.only(kind != "StatefulSet", surge),
        partition=field.only(kind == "StatefulSet", partition),
        min_ready=ready,
        deadline=field.only(kind == "Deployment", deadline),
    )


@cache
def workload_record(kind: str) -> Record:
    """The pod step's view of a workload of ``kind``, without the Service's side of the ports."""
    return Record(
        replicas=field.only(
            kind != "DaemonSet",
            field.number(
                "spec.replicas",
                _("Replicas"),
                least=0,
                most=100000,
                required=True,
                help=_("Each replica is one pod."),
                missing=_("Enter the number of pods; 0 is allowed."),
            ),
        ),
        containers=At(_POD, Containers()),
        pull_secrets=At(f"{_POD}.imagePullSecrets", PULL_SECRETS),
        update=update_of(kind),
        pod_security=At(f"{_POD}.securityContext", POD_SECURITY),
        grace_period=field.number(
            f"{_POD}.terminationGracePeriodSeconds",
            _("Grace period"),
            least=0,
            unit=_("s"),
            help=_("Default 30. Time a pod has to stop before it is killed."),
            fold=_("Pod Grace Period"),
            blank_words=_("30 s"),
        ),
        priority_class=field.text(
            f"{_POD}.priorityClassName",
            _("Priority class"),
            names.object_name,
            placeholder=_("e.g. system-cluster-critical"),
            help=_("A PriorityClass of the cluster. If missing, no pod starts; empty uses the cluster’s default."),
            fold=_("Pod Priority"),
            blank_words=_("Cluster default"),
        ),
        annotations=At("spec.template.metadata.annotations", Pairs(hidden_annotation)),
        scheduling=At("spec.template", Scheduling()),
    )


class PodLens:
    """Edits the workload and, through the port rows, the Service's ports."""

    def read(self, bundle: Bundle) -> Values:
        workload = bundle.workload or NEW_WORKLOAD
        values = workload_record(kind_of(workload)).read(workload)
        return {**values, "containers": service_ports.shown(_ports(bundle), values["containers"])}

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        old = self.read(bundle)
        if values == old:
            return bundle
        workload = bundle.workload or NEW_WORKLOAD
        ports, listed = _ports(bundle), workload_record(kind_of(workload)).read(workload)["containers"]
        own = service_ports.own_rows(ports, listed, values["containers"])
        bare = {**values, "containers": service_ports.hidden(own)}
        changed = workload_record(kind_of(workload)).write(workload, bare)
        if changed is not workload:
            bundle = bundle.with_workload(changed)
        wanted = service_ports.written(ports, listed, values["containers"])
        if wanted != ports:
            service = bundle.service or NEW_SERVICE
            bundle = bundle.with_service(replace(service, ("spec", "ports"), wanted or MISSING))
        return bundle

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        workload = bundle.workload
        if workload is None:
            return ()
        kind = kind_of(workload)
        entries = [*workload_record(kind).entries(), *((tuple(place.split(".")), Known()) for place in _ELSEWHERE)]
        kept = notes(kind, unseen_below(workload, ("spec",), entries))
        rows = service_ports.rows_of(workload_record(kind).read(workload)["containers"])
        ports = _ports(bundle)
        seen = {**service_ports.pairs(ports, rows), **service_ports.further(ports, rows)}
        return kept + notes("Service", (("spec", "ports", at) for at in range(len(ports)) if at not in seen))

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if kind == "Service":
            return self._port_field(path, bundle)
        workload = bundle.workload or NEW_WORKLOAD
        if kind != kind_of(workload):
            return None
        location = workload_record(kind).locate(path, workload)
        return _shown(location, bundle) if location and location[0] > 1 and not _elsewhere(path) else None

    def _port_field(self, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        workload = bundle.workload
        if workload is None or path[:2] != ("spec", "ports"):
            return None
        of_port, now, _shown = service_ports.placed(_ports(bundle), _containers(bundle))
        index = path[2] if len(path) > 2 and isinstance(path[2], int) else -1
        place = of_port.get(index)
        if place is None and path == ("spec", "ports") and now:
            place = next(iter(now.values()))  # that there is none: the first row has room for it
        if place is None:
            return (2, "containers")
        fields = {"port": "service_port", "appProtocol": "app_protocol", "protocol": "protocol", "name": "name"}
        last = path[3] if len(path) > 3 else "port"
        field = {**fields, "targetPort": "container_port"}.get(str(last))
        name = f"containers-{place[0]}-ports-{place[1]}-{field or 'service_port'}"
        return (4 if field else 3, name)


def needs_port(bundle: Bundle, containers: list[Row]) -> bool:
    """Whether the Service has no port but those that port rows of the step (`containers`, as the lens reads them) give
    it, and cannot be without one."""
    spec = get(bundle.service, ("spec",))
    if not isinstance(spec, dict) or spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName":
        return False
    return sum(row["service_port"] is not None for container in containers for row in container["ports"]) == len(
        _ports(bundle)
    )


def gone_along(bundle: Bundle, values: Values) -> Values:
    """The values of the step, further ports of the Service going along with the container port that they lead to."""
    return {**values, "containers": service_ports.gone_along(_ports(bundle), _containers(bundle), values["containers"])}


def _containers(bundle: Bundle) -> list[Row]:
    workload = bundle.workload or NEW_WORKLOAD
    containers: list[Row] = workload_record(kind_of(workload)).read(workload)["containers"]
    return containers


def _shown(location: tuple[int, str], bundle: Bundle) -> tuple[int, str]:
    """The input of a container port under the number of its row, which further rows may stand before."""
    parts = location[1].split("-")
    if parts[0] == "containers" and parts[2:3] == ["ports"] and len(parts) > 3:
        place = (int(parts[1]), int(parts[3]))
        now = service_ports.placed(_ports(bundle), _containers(bundle))[1]
        parts[3] = str(now.get(place, place)[1])
    return (location[0], "-".join(parts))


def _ports(bundle: Bundle) -> list[object]:
    ports = get(bundle.service, ("spec", "ports"))
    return ports if isinstance(ports, list) else []


def _elsewhere(path: Path) -> bool:
    places = [tuple(place.split(".")) for place in _ELSEWHERE]
    return any(path[: len(place)] == place for place in places) or "volumeMounts" in path
