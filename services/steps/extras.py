"""What a step shows of the cluster beside its form. What cannot be had is left out; the form works without."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _

from accounts.scope import Scope
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import KubeError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.records import PodRecord
from services.manifests import references
from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.references import Scene
from services.manifests.tree import get
from services.steps import choices
from services.steps.input_names import Typed, whole
from services.steps.lenses.container import entries_of
from services.steps.providers import offered
from services.steps.row_buttons import replace_rows
from services.steps.stepform import StepForm
from services.steps.storage import TemplateForm

_MOST_QUOTAS, _MOST_ASKED, _MOST_CLASSES, _MOST_CLAIMS = 100, 3, 100, 200
_IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def extras(
    cluster: Cluster,
    scope: Scope,
    step: str,
    form: StepForm,
    bundle: Bundle,
    *,
    find: str = "",
    own: str = "",
    before: Typed | None = None,
) -> dict[str, Any]:
    """Context of a step beyond its form. `find`: what is typed to look for a workload; `own`: the name of the Service,
    where it exists; `before`: the step of the workload that exists, as it would be posted."""
    if step == "basic":
        return {"free": _free(cluster, scope, bundle)} if form.is_valid() else {}
    if step == "pod":
        return _room(cluster, scope, form, bundle, before if before is not None else Typed())
    if step == "storage":
        templates = [] if form.context.facts.get("live") else form.rows("templates")
        return _storage(cluster.as_user(scope.identity), scope.place, templates, bundle) if templates else {}
    if step in ("advanced", "advanced_live"):
        return {
            "has_workload": bundle.workload is not None,
            "providers": offered(_pairs(form.typed, "service_annotations")),
            **(_nodes(cluster, scope, form, bundle.workload) if bundle.workload is not None else {}),
        }
    return _service(cluster, scope, form, bundle, find, own) if step == "service" else {}


def _free(cluster: Cluster, scope: Scope, bundle: Bundle) -> tuple[str, str, str] | None:
    """Whether the names are free now, as far as the project is watched: state, word and the rest of the sentence. None
    where that is not known; the next step asks the cluster itself."""
    wanted = [
        (kind_of(document), name_of(document)) for document in (bundle.service, bundle.workload) if name_of(document)
    ]
    try:
        view = cluster.look(scope.subject, scope.place)
        existing = {("Service", service.name) for service in view.services()} | {
            (workload.kind, workload.name) for workload in view.workloads()
        }
        if not wanted or view.freshness(kinds.SERVICE, *kinds.WORKLOADS).state != "live":
            return None
    except KubeError:
        return None
    taken = next(((kind, name) for kind, name in wanted if (kind, name) in existing), None)
    if taken:
        values = {"kind": taken[0], "name": taken[1], "project": scope.place}
        return "bad", _("Taken"), _("%(kind)s %(name)s exists in %(project)s.") % values
    kinds_in_words = _(" and ").join(f"{_('a')} {kind}" for kind, _name in wanted)
    return "ok", _("Free"), _("as %(kinds)s in %(project)s") % {"kinds": kinds_in_words, "project": scope.place}


def use_workload(cluster: Cluster, scope: Scope, form: type[StepForm], typed: Typed, kind_and_name: str) -> str:
    """Put the labels of a workload's pods into the selector, and where no port is typed yet the ports that its
    containers declare: `use:Deployment/orders-v1`."""
    kind, _, name = kind_and_name.partition("/")
    try:
        workload = cluster.look(scope.subject, scope.place).workload(kind, name)
    except KubeError:
        return "selector"
    if not any(row.get("port") or row.get("targetPort") for row in _ports(typed)):
        declared = list(dict.fromkeys(_declared_by(cluster, scope, kind, name)))
        ports = [_service_port(*port, several=len(declared) > 1) for port in declared]
        replace_rows(form, typed, "ports", ports or [{"protocol": "TCP"}])
    rows = [{"key": key, "value": value} for key, value in workload.template_labels.items()]
    replace_rows(form, typed, "selector", rows)
    return ""  # who goes through the workloads with the arrow keys stays among them


def undeclared(cluster: Cluster, scope: Scope, documents: Sequence[Document]) -> dict[int, list[str]]:
    """Of Services whose pods are in the cluster, not among the documents: what of their ports no container declares,
    in sentences by the number of the document."""
    scene = Scene(Bundle(tuple(documents)))
    sentences: dict[int, list[str]] = {}
    for at, document in enumerate(documents):
        selector = get(document, ("spec", "selector"))
        if kind_of(document) != "Service" or not isinstance(selector, dict) or not selector:
            continue
        if get(document, ("spec", "type")) != "ExternalName" and not scene.selected(selector, plain=True):
            ports = [port for _path, port in references.find(document, "spec.ports[]") if isinstance(port, dict)]
            labels = {str(key): str(value) for key, value in selector.items()}
            with suppress(KubeError):
                sentences[at] = choices.undeclared(ports, _declared(cluster, scope, labels))
    return sentences


def _declared(cluster: Cluster, scope: Scope, selector: Mapping[str, str]) -> set[choices.Port]:
    """What the containers of the pods that a selector selects declare; where there are no pods yet, of the first
    workloads. Raises KubeError."""
    view = cluster.look(scope.subject, scope.place)
    pods = view.pods(selector)
    if pods:
        return {port for pod in pods for port in choices.declared(pod)}
    workloads = view.workloads(selector)[:_MOST_ASKED]
    return {port for workload in workloads for port in _declared_by(cluster, scope, workload.kind, workload.name)}


def _declared_by(cluster: Cluster, scope: Scope, kind: str, name: str) -> list[choices.Port]:
    """What the containers of a workload declare; nothing where it cannot be had."""
    with suppress(KubeError):
        document = cluster.as_user(scope.identity).get(kinds.workload(kind.lower()), scope.place, name)
        ports = [port for _path, port in references.find(document, "spec.template.spec.containers[].ports[]")]
        return [(port.get("protocol") or "TCP", port.get("name") or "", port["containerPort"]) for port in ports]
    return []


def _service_port(protocol: str, name: str, number: int, *, several: bool) -> dict[str, Any]:
    """A row for a port that a container declares, to its name where it has one. Only of several each needs a name."""
    called = (name or f"{protocol.lower()}-{number}") if several else ""
    return {"protocol": protocol, "name": called, "port": number, "target_port": name or str(number)}


def _ports(typed: Typed) -> list[dict[str, Any]]:
    """The ports typed in Service Settings, as a Service would have them."""
    rows = sorted({name.split("-")[1] for name in typed if name.startswith("ports-")})
    texts = [{part: str(typed.get(f"ports-{at}-{part}", "")).strip() for part in _PARTS} for at in rows]
    return [
        {_PARTS[part]: text if (number := whole(text)) is None else number for part, text in row.items()}
        for row in texts
    ]


_PARTS = {"protocol": "protocol", "port": "port", "target_port": "targetPort"}


def _pairs(typed: Typed, path: str) -> dict[str, str]:
    """The labels typed at a path."""
    keys = {name[: -len("-key")] for name in typed if name.startswith(path + "-") and name.endswith("-key")}
    labels = {str(typed.get(f"{at}-key", "")).strip(): str(typed.get(f"{at}-value", "")).strip() for at in sorted(keys)}
    return {key: value for key, value in labels.items() if key}


def _room(cluster: Cluster, scope: Scope, form: StepForm, bundle: Bundle, before: Typed) -> dict[str, Any]:
    """What the quotas and the LimitRanges of the project have to say to what is typed. Of a DaemonSet no quota says
    anything: how many nodes it will run on is not known."""
    per_node = bundle.workload is not None and kind_of(bundle.workload) == "DaemonSet"
    sizes = [_sizes(form.typed, container.at) for container in form.rows("containers")]
    client = cluster.as_user(scope.identity)
    try:
        pages = [client.list(kind, scope.place, limit=_MOST_QUOTAS) for kind in (kinds.RESOURCEQUOTA, kinds.LIMITRANGE)]
    except KubeError:
        return {}
    quotas, ranges = (page["items"] for page in pages)
    unread = [bool((page.get("metadata") or {}).get("continue")) for page in pages]
    rows = dict.fromkeys(name.split("-")[1] for name in before if name.startswith("containers-"))
    was = _replicas(before) if before else 0, [_sizes(before, f"containers-{at}") for at in rows]
    room = () if per_node else choices.room(quotas, _replicas(form.typed), sizes, ranges, was)
    bounds = choices.bounds(ranges, sizes)
    return {
        "quota": room,
        "more_quotas": _MOST_QUOTAS if unread[0] else 0,
        "bounds": bounds,
        "more_ranges": _MOST_QUOTAS if unread[1] else 0,
    }


def _replicas(typed: Typed) -> int:
    """As typed; one, as the cluster has it, where nothing is."""
    text = str(typed.get("replicas", "")).strip()
    return (whole(text) or 0) if text else 1


def _storage(client: Client, namespace: str, templates: Sequence[StepForm], bundle: Bundle) -> dict[str, Any]:
    """What the cluster has for claim templates: its storage classes, and claims of the names that the pods will use."""
    forms = [template for template in templates if isinstance(template, TemplateForm)]
    context, workload = _storage_classes(client, forms), bundle.workload or {}
    with suppress(KubeError):
        existing = client.names(kinds.PVC, namespace, contains=f"-{name_of(workload)}-", limit=_MOST_CLAIMS)
        if name_of(workload) and not existing.more:
            for form in forms:
                form.compare_claims(workload, existing.names)
            context["existing_claims"] = existing.names
    return context


def _storage_classes(client: Client, templates: Iterable[TemplateForm]) -> dict[str, Any]:
    """Offer each claim template the storage classes of the cluster; where they cannot all be read, a name is typed."""
    try:
        page = client.list(kinds.STORAGECLASS, None, limit=_MOST_CLASSES)
    except KubeError:
        return {}
    by_name = {item["metadata"]["name"]: item for item in page["items"]}
    if not by_name or (page.get("metadata") or {}).get("continue"):
        return {}
    defaults = (
        name for name, item in by_name.items() if (item["metadata"].get("annotations") or {}).get(_IS_DEFAULT) == "true"
    )
    hints, usual = {name: _class_in_words(by_name[name]) for name in sorted(by_name)}, next(defaults, "")
    provisioners = {name: str(item.get("provisioner") or "") for name, item in by_name.items()}
    for template in templates:
        template.offer_classes(hints, usual, provisioners)
    return {"classes": list(hints)}


def _class_in_words(storage_class: Document) -> str:
    """What becomes of the volumes of a storage class."""
    grows = _("Can be expanded, not shrunk.") if storage_class.get("allowVolumeExpansion") else _("Cannot be resized.")
    if storage_class.get("reclaimPolicy") == "Retain":
        return f"{grows} {_('Deleting the claim keeps the volume.')}"
    return f"{grows} {_('Deleting the claim deletes the volume.')}"


def _sizes(typed: Typed, at: str) -> Mapping[str, str]:
    names = ("type", "cpu_request", "cpu_limit", "memory_request", "memory_limit")
    return {name: str(typed.get(f"{at}-{name}", "")) for name in names}


def _nodes(cluster: Cluster, scope: Scope, form: StepForm, workload: Document) -> dict[str, Any]:
    """The nodes, and in short which of them are selected: "disktype=ssd: 2 of 4 nodes"."""
    node_selector = _pairs(form.typed, "node_selector")
    labels = ", ".join(f"{key}={value}" for key, value in node_selector.items()) or _("Any node")
    try:
        nodes = cluster.nodes(scope.subject)
    except KubeError:
        return {"nodes": None, "nodes_now": labels}
    tolerations = entries_of(get(workload, ("spec", "template", "spec")), "tolerations")
    rows = choices.nodes(nodes, node_selector, [entry for entry in tolerations if isinstance(entry, dict)])
    counts = {"labels": labels, "n": sum(row.fits for row in rows), "all": len(rows)}
    return {
        "nodes": rows,
        "nodes_now": _("%(labels)s: %(n)d of %(all)d nodes") % counts if node_selector and rows else labels,
    }


def _service(cluster: Cluster, scope: Scope, form: StepForm, bundle: Bundle, find: str, own: str) -> dict[str, Any]:
    selector = _pairs(form.typed, "selector")
    context: dict[str, Any] = {"find": find, "pinned": selector.get("version", ""), "workloads": None, "targets": ()}
    try:
        view = cluster.look(scope.subject, scope.place)
        context["looking"] = view.freshness(*kinds.WORKLOADS).state == "loading"
        records = view.workloads()
        context["workloads"], context["more_workloads"] = choices.workloads(records, find, selector)
        context["all_workloads"], context["matching"] = (
            len(records),
            len(context["workloads"]) + context["more_workloads"],
        )
        pods = view.pods(selector) if selector else []
        matched = view.workloads(selector) if selector else []
        if selector:
            others = [service for service in view.services() if service.name != own]
            unready = bool(get(bundle.service, ("spec", "publishNotReadyAddresses")) is True)
            shared = _shared(view, pods, own)
            match = choices.match(selector, pods, matched, others, time.time(), unready=unready, shared=shared)
            context["match"], context["named_ports"] = match, choices.named_ports(_ports(form.typed), pods)
            context["undeclared"] = choices.undeclared(_ports(form.typed), _declared(cluster, scope, selector))
        context["targets"] = _targets(pods)
    except KubeError:
        pass
    return context


def _shared(view: View, pods: Sequence[PodRecord], own: str) -> dict[str, int]:
    """How many of the first pods each other Service selects, by its name."""
    names = (
        service.name
        for pod in pods[: choices.MOST_SHARED]
        for service in view.services_selecting(pod.labels)
        if service.name != own and service.type != "ExternalName"
    )
    return dict(sorted(Counter(names).items()))


def _targets(pods: Sequence[PodRecord]) -> list[tuple[str, str]]:
    """Ports of the containers of the first pods, by name where they have one."""
    targets: dict[str, str] = {}
    for pod in pods[:5]:
        for container in pod.containers:
            for port in container.ports:
                values = {"number": port.container_port, "name": container.name}
                words = _("port %(number)d of %(name)s") % values
                targets.setdefault(port.name or str(port.container_port), words)
    return sorted(targets.items())
