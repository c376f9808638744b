"""Every place where a document calls something of the same draft by name, number or label, and what nothing answers to.

Only what the documents themselves define is looked at: what else is in the cluster is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.manifests import selection
from services.manifests.bundle import WORKLOAD_KINDS, Bundle, Document, kind_of, name_of
from services.manifests.paths import Path, format_path
from services.manifests.selection import Change, Labels
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.tree import get

OBJECT, CONTAINER, VOLUME = "object", "container", "volume"
PORT, SERVICE_PORT, LABELS = "port", "port of a Service", "labels"
FIELD, LABEL_KEY = "field of the pod", "key of a label"
_CONTAINERS = ("spec.template.spec.containers[]", "spec.template.spec.initContainers[]")
_ACTIONS = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop")
_PORTS = [f"{action}.{handler}.port" for action in _ACTIONS for handler in ("httpGet", "tcpSocket", "grpc")]
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution[]"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm"
_TERMS = [
    *(
        f"spec.template.spec.affinity.{side}.{when}"
        for side in ("podAffinity", "podAntiAffinity")
        for when in (_REQUIRED, _PREFERRED)
    ),
    "spec.template.spec.topologySpreadConstraints[]",
]
# Where a workload names what is in it, the labels of its pods too: as fields of the pod, or by their keys.
_INSIDE = [
    *((VOLUME, f"{container}.{key}[].name") for container in _CONTAINERS for key in ("volumeMounts", "volumeDevices")),
    *((CONTAINER, f"{container}.env[].valueFrom.resourceFieldRef.containerName") for container in _CONTAINERS),
    *(
        (CONTAINER, f"spec.template.spec.volumes[].{source}.items[].resourceFieldRef.containerName")
        for source in ("downwardAPI", "projected.sources[].downwardAPI")
    ),
    *((FIELD, f"{container}.env[].valueFrom.fieldRef.fieldPath") for container in _CONTAINERS),
    (FIELD, "spec.template.spec.volumes[].downwardAPI.items[].fieldRef.fieldPath"),
    (FIELD, "spec.template.spec.volumes[].projected.sources[].downwardAPI.items[].fieldRef.fieldPath"),
    *((LABEL_KEY, f"{term}.{key}[]") for term in _TERMS for key in ("matchLabelKeys", "mismatchLabelKeys")),
]
_OF_LABEL = re.compile(r"metadata\.labels\['(.+)'\]")
_DEFAULTS = ("kubectl.kubernetes.io/default-container", "kubectl.kubernetes.io/default-logs-container")
_BACKENDS = ("spec.defaultBackend.service", "spec.rules[].http.paths[].backend.service")


@dataclass(frozen=True, slots=True)
class Reference:
    """``document`` calls something by ``name`` at ``path``.

    ``name``: a text or, of ports, a number; of labels the whole selector. ``kind``: of the object that is named.
    ``holders``: the documents that have it, or should. ``container``: the path of the one container whose ports count.
    ``every``: each of the holders should have it, not just one. ``sure``: of a selector, that it looks at this
    namespace.
    """

    what: str
    path: Path
    name: Any
    holders: tuple[int, ...] = ()
    kind: str = ""
    container: Path = ()
    protocol: str = ""
    every: bool = False
    sure: bool = True
    document: int = 0

    @property
    def plain(self) -> bool:
        """Of labels: whether it is the plain map of a Service."""
        return self.kind == "Service"


@dataclass(frozen=True, slots=True)
class Loose:
    """A name that nothing in the draft answers to: its document by number, its path, and what is the matter."""

    document: int
    path: Path
    sentence: Sentence


class Scene:
    """The documents of a bundle by what they define."""

    def __init__(self, bundle: Bundle) -> None:
        self.documents = bundle.documents
        numbered = list(enumerate(bundle.documents))
        self.pods = {
            at: selection.labels_of_pods(document) for at, document in numbered if kind_of(document) in WORKLOAD_KINDS
        }
        self._named: dict[tuple[str, str], tuple[int, ...]] = {}
        for at, document in numbered:
            key = (kind_of(document), name_of(document))
            self._named[key] = (*self._named.get(key, ()), at)

    def named(self, kind: Any, name: Any) -> tuple[int, ...]:
        """The documents of this kind and name."""
        return self._named.get((kind, name), ()) if isinstance(kind, str) and isinstance(name, str) else ()

    def selected(self, selector: Any, *, plain: bool = False) -> tuple[int, ...]:
        """The workloads whose pods a selector selects."""
        return tuple(at for at, labels in self.pods.items() if selection.selects(selector, labels, plain=plain))


def references(bundle: Bundle, scene: Scene | None = None) -> Iterator[Reference]:
    """All of them, document by document."""
    scene = scene or Scene(bundle)
    for at, document in enumerate(bundle.documents):
        kind = kind_of(document)
        walk = _of_workload if kind in WORKLOAD_KINDS else _WALKS.get(kind)
        for reference in walk(scene, document, at) if walk else ():
            yield replace(reference, document=at)


def find(node: Any, pattern: str) -> Iterator[tuple[Path, Any]]:
    """Every place below the node that fits a pattern like ``spec.ports[].name``, each with its path."""
    places: list[tuple[Path, Any]] = [((), node)]
    for step in pattern.split("."):
        key = step.removesuffix("[]")
        places = [((*path, key), value[key]) for path, value in places if isinstance(value, dict) and key in value]
        if key != step:
            lists = [(path, value) for path, value in places if isinstance(value, list)]
            places = [((*path, at), entry) for path, entries in lists for at, entry in enumerate(entries)]
    yield from places


def put(node: Any, path: Path, new: Any) -> Any:
    """A copy of the node with ``new`` at a path that goes through lists as well."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(node, list) and isinstance(step, int):
        return [put(entry, rest, new) if at == step else entry for at, entry in enumerate(node)]
    inside = node if isinstance(node, dict) else {}
    return {**inside, str(step): put(inside.get(str(step)), rest, new)}


def at_path(node: Any, path: Path) -> Any:
    """What is at a path that goes through lists as well; ``None`` where there is nothing."""
    for step in path:
        if isinstance(node, list) and isinstance(step, int):
            node = node[step] if step < len(node) else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node


def _texts(node: Any, pattern: str) -> Iterator[tuple[Path, str]]:
    yield from ((path, text) for path, text in find(node, pattern) if isinstance(text, str) and text)


def _is_port(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and not isinstance(value, bool))


# ---- where names stand -----------------------------------------------------------------------------------------------


def _of_service(scene: Scene, service: Document, at: int) -> Iterator[Reference]:
    selector = get(service, ("spec", "selector"))
    if isinstance(selector, dict) and selector:
        yield Reference(LABELS, ("spec", "selector"), selector, kind="Service")
    holders = scene.selected(selector, plain=True)
    for path, port in find(service, "spec.ports[]"):
        target = (port.get("targetPort") or port.get("port")) if isinstance(port, dict) else None
        if _is_port(target):
            protocol = str(port.get("protocol") or "TCP")
            yield Reference(PORT, (*path, "targetPort"), target, holders, protocol=protocol, every=True)


def _of_workload(scene: Scene, workload: Document, at: int) -> Iterator[Reference]:
    for path, name in _texts(workload, "spec.serviceName"):
        yield Reference(OBJECT, path, name, scene.named("Service", name), "Service")
    for what, pattern in _INSIDE:
        for path, name in _texts(workload, pattern):
            if what != FIELD or _OF_LABEL.fullmatch(name):
                yield Reference(what, path, name, (at,))
    for path, notes in find(workload, "spec.template.metadata.annotations"):
        named = [(key, get(notes, (key,))) for key in _DEFAULTS]
        yield from (
            Reference(CONTAINER, (*path, key), name, (at,)) for key, name in named if name and isinstance(name, str)
        )
    for path, container in containers_of(workload):
        ports = [pair for pattern in _PORTS for pair in find(container, pattern) if _is_port(pair[1])]
        yield from (Reference(PORT, (*path, *to), port, (at,), container=path) for to, port in ports)
    own = get(workload, ("spec", "selector"))
    if isinstance(own, dict):
        yield Reference(LABELS, ("spec", "selector"), own, (at,))
    yield from _selectors(workload, _TERMS, "labelSelector")


def field_of(key: str | None) -> str | None:
    """How a label is read as a field of the pod."""
    return None if key is None else f"metadata.labels['{key}']"


def _selectors(document: Document, patterns: Sequence[str], key: str) -> Iterator[Reference]:
    """The label selectors of terms or peers, which may look at other namespaces."""
    namespace = get(document, ("metadata", "namespace"))
    own = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    for pattern in patterns:
        for path, term in find(document, pattern):
            selector, elsewhere = get(term, (key,)), get(term, ("namespaces",))
            away = isinstance(elsewhere, list) and elsewhere and namespace not in elsewhere
            if isinstance(selector, dict) and not away:
                chosen = get(term, ("namespaceSelector",))
                yield Reference(LABELS, (*path, key), selector, sure=not chosen or chosen == own)


def _of_ingress(scene: Scene, ingress: Document, at: int) -> Iterator[Reference]:
    for pattern in _BACKENDS:
        for path, backend in find(ingress, pattern):
            for below, name in _texts(backend, "name"):
                holders = scene.named("Service", name)
                yield Reference(OBJECT, (*path, *below), name, holders, "Service")
                ports = [*find(backend, "port.name"), *find(backend, "port.number")]
                yield from (
                    Reference(SERVICE_PORT, (*path, *to), port, holders) for to, port in ports if _is_port(port)
                )


def _of_policy(scene: Scene, policy: Document, at: int) -> Iterator[Reference]:
    own = get(policy, ("spec", "podSelector"))
    if isinstance(own, dict) and own:
        yield Reference(LABELS, ("spec", "podSelector"), own)
    yield from _selectors(policy, ("spec.ingress[].from[]", "spec.egress[].to[]"), "podSelector")
    for pattern in ("spec.ingress[]", "spec.egress[]"):
        for path, rule in find(policy, pattern):
            holders = scene.selected(own) if "ingress" in path else _destinations(scene, rule)
            for below, port in find(rule, "ports[]"):
                if isinstance(port, dict) and _is_port(port.get("port")) and "endPort" not in port:
                    protocol = str(port.get("protocol") or "TCP")
                    yield Reference(PORT, (*path, *below, "port"), port["port"], holders, protocol=protocol)


def _destinations(scene: Scene, rule: Any) -> tuple[int, ...]:
    """The workloads that a rule for what goes out may mean: all of them where it names no pods."""
    selectors = [selector for _path, selector in find(rule, "to[].podSelector")]
    chosen = {at for selector in selectors for at in scene.selected(selector)}
    return tuple(sorted(chosen)) if selectors else tuple(scene.pods)


def _of_scaler(scene: Scene, scaler: Document, at: int) -> Iterator[Reference]:
    for pattern in ("spec.scaleTargetRef", "spec.metrics[].object.describedObject"):
        for path, target in find(scaler, pattern):
            kind, name = get(target, ("kind",)), get(target, ("name",))
            if isinstance(kind, str) and isinstance(name, str):
                yield Reference(OBJECT, (*path, "name"), name, scene.named(kind, name), kind)
    target = get(scaler, ("spec", "scaleTargetRef"))
    holders = scene.named(get(target, ("kind",)), get(target, ("name",)))
    for path, name in _texts(scaler, "spec.metrics[].containerResource.container"):
        yield Reference(CONTAINER, path, name, holders)


def _of_budget(scene: Scene, budget: Document, at: int) -> Iterator[Reference]:
    selector = get(budget, ("spec", "selector"))
    if isinstance(selector, dict):
        yield Reference(LABELS, ("spec", "selector"), selector)


_WALKS = {
    "Service": _of_service,
    "Ingress": _of_ingress,
    "NetworkPolicy": _of_policy,
    "HorizontalPodAutoscaler": _of_scaler,
    "PodDisruptionBudget": _of_budget,
}


# ---- what answers to a name ------------------------------------------------------------------------------------------


def containers_of(workload: Any) -> list[tuple[Path, Any]]:
    """All containers of the pods with their paths, workers first."""
    return [pair for pattern in _CONTAINERS for pair in find(workload, pattern)]


def claim_templates(workload: Any) -> set[str]:
    """The names of the claims that each pod of a StatefulSet gets one of."""
    return {name for _path, name in _texts(workload, "spec.volumeClaimTemplates[].metadata.name")}


def has_port(workload: Any, reference: Reference) -> bool:
    """Whether a container of the workload (of the one container, where only that counts) declares the port."""
    containers = [container for path, container in containers_of(workload) if reference.container in ((), path)]
    ports = [port for container in containers for _path, port in find(container, "ports[]") if isinstance(port, dict)]
    return any(
        reference.name in (port.get("name"), port.get("containerPort"))
        and reference.protocol in ("", str(port.get("protocol") or "TCP"))
        for port in ports
    )


def _has(document: Any, reference: Reference) -> bool:
    if reference.what == PORT:
        return has_port(document, reference)
    if reference.what in (FIELD, LABEL_KEY):
        own = selection.labels_of_pods(document)
        return reference.what == LABEL_KEY or any(reference.name == field_of(key) for key in own)
    return any(reference.name == name for pattern in _NAMES[reference.what] for _path, name in find(document, pattern))


_NAMES = {
    CONTAINER: [f"{container}.name" for container in _CONTAINERS],
    VOLUME: ("spec.template.spec.volumes[].name", "spec.volumeClaimTemplates[].metadata.name"),
    SERVICE_PORT: ("spec.ports[].name", "spec.ports[].port"),
}
_MISSING = {
    (PORT, "Service"): gettext_noop("%(path)s leads to port %(name)s, which no container of %(holder)s has."),
    PORT: gettext_noop("%(path)s names port %(name)s, which no container of %(holder)s has."),
    FIELD: gettext_noop("%(path)s reads %(name)s, a label that the pods of %(holder)s do not have."),
    CONTAINER: gettext_noop("%(path)s names container %(name)s, which %(holder)s does not have."),
    VOLUME: gettext_noop("%(path)s names volume %(name)s, which %(holder)s does not have."),
    SERVICE_PORT: gettext_noop("%(path)s names port %(name)s, which %(holder)s does not have."),
}
_MISSING_IN_CONTAINER = gettext_noop("%(path)s names port %(name)s, which this container does not have.")
_FORMER_OBJECT = gettext_noop("%(path)s still names %(kind)s %(name)s.")
_FORMER_LABELS = gettext_noop("%(path)s still has the label %(label)s, which pods of this draft had before.")
_FORMER_TEXT = gettext_noop("%(path)s still contains %(name)s.")


def loose(bundle: Bundle, former: Sequence[Mapping[str, Any]] = ()) -> list[Loose]:
    """What the documents name and do not have. ``former``: names that something had before (``renames.former``); what
    is only a text, or may be about something outside of the draft, is looked for by these."""
    scene = Scene(bundle)
    problems = [*_unanswered(bundle, scene, former), *_former_texts(bundle, scene, former)]
    seen = {(problem.document, problem.path): problem for problem in reversed(problems)}
    return sorted(seen.values(), key=lambda problem: (problem.document, format_path(problem.path)))


def _unanswered(bundle: Bundle, scene: Scene, former: Sequence[Mapping[str, Any]]) -> Iterator[Loose]:
    gone = [entry for entry in former if "labels" in entry and not _carried(scene, entry)]
    for reference in references(bundle, scene):
        sentence = None
        if reference.what == LABELS:
            sentence = _former_label(reference, gone)
        elif reference.what == OBJECT:
            object_gone = {"kind": reference.kind, "name": reference.name} in former and not reference.holders
            kinds = {"kind": reference.kind, "name": reference.name, "path": format_path(reference.path)}
            sentence = Sentence(_FORMER_OBJECT, **kinds) if object_gone else None
        else:
            sentence = _missing(bundle, reference, former)
        if sentence is not None:
            yield Loose(reference.document, reference.path, sentence)
    for entry in gone:
        yield from _former_pods(scene, entry)


def _missing(bundle: Bundle, reference: Reference, former: Sequence[Mapping[str, Any]]) -> Sentence | None:
    numbered = reference.what == PORT and isinstance(reference.name, int)
    if numbered and {"port": reference.name} not in former:
        return None  # a container listens on what it wants, declared or not
    lacking = [at for at in reference.holders if not _has(bundle.documents[at], reference)]
    if not lacking or (len(lacking) < len(reference.holders) and not reference.every):
        return None
    holder = bundle.documents[lacking[0]]
    own = kind_of(bundle.documents[reference.document])
    template = _MISSING_IN_CONTAINER if reference.container else _MISSING.get((reference.what, own))
    words = {"path": format_path(reference.path), "name": reference.name}
    holder_words = f"{kind_of(holder)} {name_of(holder)}".strip()
    return Sentence(template or _MISSING[reference.what], **words, holder=holder_words)


def _carried(scene: Scene, former: Mapping[str, Any]) -> bool:
    """Whether the pods that had these labels have them again."""
    pods = [scene.pods[at] for at in scene.named(former["kind"], former["of"])]
    return any(all(labels.get(key) == value for key, value in former["labels"].items()) for labels in pods)


def _former_label(reference: Reference, gone: Sequence[Mapping[str, Any]]) -> Sentence | None:
    for entry in gone:
        for key in entry["keys"]:
            old: Labels = entry["labels"]
            changed = {key: Change(None, old[key], None)}
            if selection.names(reference.name, old, changed, plain=reference.plain):
                words = {"path": format_path(reference.path), "label": f"{key}={old[key]}"}
                return Sentence(_FORMER_LABELS, **words)
    return None


def _former_pods(scene: Scene, former: Mapping[str, Any]) -> Iterator[Loose]:
    """Other workloads whose pods carry a label that was changed on these only."""
    for at, labels in scene.pods.items():
        for key in former["keys"]:
            if labels.get(key) == former["labels"][key]:
                path: Path = ("spec", "template", "metadata", "labels", key)
                words = {"path": format_path(path), "label": f"{key}={labels[key]}"}
                yield Loose(at, path, Sentence(_FORMER_LABELS, **words))


def _former_texts(bundle: Bundle, scene: Scene, former: Sequence[Mapping[str, Any]]) -> Iterator[Loose]:
    """Addresses in variables, arguments and data that go to a Service or pod by its former name."""
    gone = [entry for entry in former if "name" in entry and entry["kind"] in ("Service", "StatefulSet")]
    gone = [entry for entry in gone if not scene.named(entry["kind"], entry["name"])]
    patterns = [(entry["name"], _address(entry["kind"], re.escape(entry["name"]))) for entry in gone]
    patterns += [(f"{entry['service']}:{entry['port']}", _port_of(entry)) for entry in former if "service" in entry]
    patterns += [_claims_of(entry) for entry in former if "template" in entry and not _has_template(scene, entry)]
    for at, document in enumerate(bundle.documents) if patterns else ():
        for path, text in _said(document):
            names = [
                name for name, pattern in patterns if pattern.search(text) or (text == name and path[-1] not in _NAMED)
            ]
            yield from (
                Loose(at, path, Sentence(_FORMER_TEXT, path=format_path(path), name=name)) for name in names[:1]
            )


_CLAIM, _NAMED = "PersistentVolumeClaim", ("name", "claimName")  # the name of another kind of object, if equal
_SAID = ("spec.externalName", "metadata.annotations", "data", "spec.template.metadata.annotations")
_SAID_BY = ("env[].value", "args[]", "command[]", *(f"{action}.httpGet.host" for action in _ACTIONS))
_OURS = ("kubesphere.io/", "kubectl.kubernetes.io/")


def _said(document: Document) -> Iterator[tuple[Path, str]]:
    """The texts of a document in which an address may stand."""
    patterns = [*_SAID, *(f"{container}.{below}" for container in _CONTAINERS for below in _SAID_BY)]
    patterns += [f"{container}.{action}.exec.command[]" for container in _CONTAINERS for action in _ACTIONS]
    patterns.append("spec.template.spec.volumes[].persistentVolumeClaim.claimName")
    patterns += ["metadata.name"] if kind_of(document) == _CLAIM else []
    for pattern in patterns:
        for path, node in find(document, pattern):
            leaves = (
                [((*path, key), value) for key, value in node.items()] if isinstance(node, dict) else [(path, node)]
            )
            yield from (
                (place, text)
                for place, text in leaves
                if isinstance(text, str) and not str(place[-1]).startswith(_OURS)
            )


def _port_of(former: Mapping[str, Any]) -> re.Pattern[str]:
    """The port that a Service had, in an address: ``orders.shop.svc:8080``. It never goes back in a text: a Service
    `a` would be looked for again at each letter of ``a.a.a.a``."""
    return re.compile(rf"(?<![\w.-]){re.escape(former['service'])}(\.[\w.-]{{1,253}}+)?:{int(former['port'])}(?!\d)")


def _claims_of(former: Mapping[str, Any]) -> tuple[str, re.Pattern[str]]:
    """The claims of a StatefulSet's pods after one template: ``data-web-0``. Pods no longer use them."""
    name = f"{former['template']}-{former['of']}"
    return name, re.compile(rf"^{re.escape(name)}-\d+$")


def _has_template(scene: Scene, former: Mapping[str, Any]) -> bool:
    named = scene.named("StatefulSet", former["of"])
    return any(former["template"] in claim_templates(scene.documents[at]) for at in named)


def _address(kind: str, name: str) -> re.Pattern[str]:
    """An address of a Service; or a pod of a StatefulSet, and the claims that are called after one."""
    if kind == "StatefulSet":
        return re.compile(rf"(?<!\w){name}-\d+(?![\w-])")
    inside = rf"(?<![\w-]){name}(\.[a-z0-9-]+)?\.svc(?![\w-])"
    host = rf"(://|@){name}(?=[:/?#.]|$)|(?<![\w.-]){name}:\d"
    value = rf"[=:,]\s*[\"']?{name}(?=[\"']?\s*([]}},:/]|$))"
    return re.compile(f"{inside}|{host}|{value}", re.MULTILINE)
