"""What will be created: the documents of a draft in short, beside the form and on the review page."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.web import times
from services.manifests import claims, quantities
from services.manifests.bundle import WORKLOAD_KINDS, Bundle, Document, kind_of, name_of
from services.manifests.tree import get
from services.shown.quantities import in_cores, spaced

MOST_MOUNTS, MOST_CLAIMS = 6, 3
ICONS = {
    "Service": "services",
    "ConfigMap": "config",
    "PersistentVolumeClaim": "storage",
    "Ingress": "globe",
    "NetworkPolicy": "lock",
    "HorizontalPodAutoscaler": "chart",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an object: a word and what is said about it. `lines`: (text, is it for machines); `is_name`: a DNS
    name, which breaks at its dots; `missing`: what is still to be entered.
    """

    word: str
    lines: tuple[tuple[str, bool], ...]
    is_name: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """One object that will be made."""

    kind: str
    name: str
    icon: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Short:
    """One object in two lines."""

    first: str
    second: str


def outcome(bundle: Bundle, project: str, existing: Collection[str] = ()) -> tuple[Made, ...]:
    """Every document, with what is worth knowing about it while one fills in the form. `existing`: the names of claims
    that are there already, as far as that is known."""
    objects: list[Made] = []
    for document in bundle.documents:
        objects.append(_made(document, project))
        # The claims that come of each claim template: one per pod, which outlives it.
        templates = _list(document, "spec", "volumeClaimTemplates")
        objects += [_claims_made(document, template, existing) for template in templates]
    return tuple(objects)


def in_short(document: Document) -> Short:
    """A document in two lines, for the review page."""
    kind = kind_of(document)
    if kind in WORKLOAD_KINDS:
        images = ", ".join(image for image in _images(document) if image)
        asked = [part for part in (_resources(document), _claims(document)) if part]
        return Short(_pods(document) + (f", {images}" if images else ""), "; ".join(asked))
    if kind == "Service":
        return Short(_access(document), ", ".join(_ports(document)))
    if kind in ("ConfigMap", "Secret"):
        keys = len(_map(document, "data")) + len(_map(document, "binaryData"))
        return Short(ngettext("%(n)d key", "%(n)d keys", keys) % {"n": keys}, "")
    return Short("", "")


def about(bundle: Bundle, typed: Mapping[str, Any]) -> str:
    """A draft in one line: image, replicas and ports, or what else tells it from another of its name. What was typed
    and is not saved yet counts."""
    data = {name: said[0] for step in typed.values() for name, said in step["data"].items() if said}
    workload = next((document for document in bundle.documents if kind_of(document) in WORKLOAD_KINDS), None)
    service = bundle.service or {}
    if workload is not None:
        images = [data.get("containers-0-image", "")] if data.get("containers-0-image") else _images(workload)
        image = ", ".join(name for name in images if name) or _("no image yet")
        ports = [str(port.get("port")) for port in _list(service, "spec", "ports") if port.get("port")]
        said = ngettext("port %(ports)s", "ports %(ports)s", len(ports)) % {"ports": ", ".join(ports)}
        return ", ".join([image, _pods(workload, bare=True), said if ports else _("no ports yet")])
    if _map(service, "spec").get("type") == "ExternalName":
        return str(data.get("external_name") or _map(service, "spec").get("externalName") or _("no address yet"))
    selector = {key: value for key, value in _map(service, "spec", "selector").items() if value}
    if data.get("selector-0-key"):
        selector = {data["selector-0-key"]: data.get("selector-0-value", "")}
    if len(bundle.documents) == 1 and selector:
        return _("selects %(labels)s") % {"labels": _pairs(selector)}
    return ", ".join(f"{kind_of(document)} {name_of(document)}".strip() for document in bundle.documents[:3])


def _made(document: Document, project: str) -> Made:
    kind, name = kind_of(document), name_of(document)
    facts: list[Fact] = []
    if kind in WORKLOAD_KINDS:
        facts = _workload_facts(document)
    elif kind == "Service":
        facts = _service_facts(document, name, project)
    return Made(kind or _("Unknown"), name, ICONS.get(kind, "workloads"), tuple(fact for fact in facts if fact.lines))


def _workload_facts(document: Document) -> list[Fact]:
    nodes = _map(document, "spec", "template", "spec", "nodeSelector")
    return [
        Fact(_("Pods"), _plain(_pods(document, bare=True))),
        Fact(_("Image"), _mono(*_images(document))) if any(_images(document)) else _missing(_("Image")),
        Fact(_("Each"), _plain(*_resources(document).split("; "))),
        Fact(_("Checks"), _plain(*_checks(document))),
        Fact(_("Nodes"), _mono(_pairs(nodes))),
        Fact(_("Mounts"), _mono(*_mounts(document))),
    ]


def _claims_made(document: Document, template: Document, existing: Collection[str]) -> Made:
    count, numbers = _replicas(document), claims.ordinals(document)
    prefix, workload = name_of(template), name_of(document)
    named = [f"{prefix}-{workload}-{number}" for number in numbers[:MOST_CLAIMS]] if workload else []
    more = [_("and %(n)d more") % {"n": count - len(named)}] if named and count > len(named) else []
    asked = str(_map(template, "spec", "resources", "requests").get("storage") or "")
    amount, chosen = quantities.parse_quantity(asked), _map(template, "spec").get("storageClassName")
    of_class = [_("class %(name)s") % {"name": chosen}] if chosen else []
    total = spaced(quantities.canonical(amount * count, binary=asked.endswith("i"))) if amount and count > 1 else ""
    facts = (
        Fact(_("Names"), (*_mono(*named), *_plain(*more))),
        Fact(_("Each"), _plain(*([spaced(asked)] if amount else []), *of_class)),
        Fact(_("Total"), _plain(total)),
    )
    kind = ngettext("%(n)d claim", "%(n)d claims", count) % {"n": count}
    if again := len(claims.used_again(document, prefix, existing)):
        kind = _("%(n)d used again") % {"n": again}
        kind = _("%(n)d created, %(again)s") % {"n": count - again, "again": kind} if count > again else kind
    return Made(kind, f"{prefix}-…" if prefix else "", "storage", tuple(fact for fact in facts if fact.lines))


def _service_facts(document: Document, name: str, project: str) -> list[Fact]:
    spec = _map(document, "spec")
    if spec.get("type") == "ExternalName":
        address = str(spec.get("externalName") or "")
        return [
            Fact(_("Access"), _plain("ExternalName")),
            Fact(_("Name for callers"), _mono(f"{name}.{project}.svc" if name else ""), is_name=True),
            Fact(_("DNS answer"), _mono(address)) if address else _missing(_("DNS answer"), _("No such host")),
            Fact(_("Ports"), _plain(_("Any, not checked"))),
        ]
    selector = {key: value for key, value in _map(spec, "selector").items() if value}
    timeout = _map(spec, "sessionAffinityConfig", "clientIP").get("timeoutSeconds") or 10800
    headless = spec.get("clusterIP") == "None"
    time = times.exactly(timeout) if isinstance(timeout, int) else timeout
    sticky = _("%(time)s per client IP") % {"time": time} if spec.get("sessionAffinity") == "ClientIP" else ""
    return [
        Fact(_("Access"), _plain(_access(document))),
        Fact(_("Ports"), _mono(*_ports(document))) if _ports(document) or headless else _missing(_("Ports")),
        Fact(_("Sticky"), _plain(sticky)),
        Fact(_("Selects"), _mono(_pairs(selector))),
        Fact(_("DNS"), _mono(f"{name}.{project}.svc" if name else ""), is_name=True),
    ]


def _missing(word: str, means: str = "") -> Fact:
    """What is still to be entered; `means`: what callers have of that."""
    return Fact(word, _plain(means or _("Missing")), missing=True)


def _pods(document: Document, *, bare: bool = False) -> str:
    if kind_of(document) == "DaemonSet":
        return _("One pod per node")
    count = _replicas(document)
    if bare:
        return ngettext("%(n)d replica", "%(n)d replicas", count) % {"n": count}
    return ngettext("%(n)d pod", "%(n)d pods", count) % {"n": count}


def _replicas(document: Document) -> int:
    replicas = _map(document, "spec").get("replicas")
    return replicas if isinstance(replicas, int) else 1


def _mounts(document: Document) -> list[str]:
    """Where volumes are mounted, of several containers with the one that mounts it; the first few."""
    pod = _map(document, "spec", "template", "spec")
    containers = [*_list(pod, "initContainers"), *_list(pod, "containers")]
    mounts = ((container, mount) for container in containers for mount in _list(container, "volumeMounts"))
    places = dict.fromkeys(
        (str(container.get("name") or ""), str(mount.get("mountPath") or "")) for container, mount in mounts
    )
    paths = [f"{name}: {path}" if len(containers) > 1 else path for name, path in places if path]
    return paths[:MOST_MOUNTS]


def _images(document: Document) -> list[str]:
    return [
        str(container.get("image") or "") for container in _list(document, "spec", "template", "spec", "containers")
    ]


def _checks(document: Document) -> list[str]:
    """The health checks of the containers, as "Readiness: HTTP GET /ready on 80"; the first few."""
    probes = {"readinessProbe": _("Readiness"), "livenessProbe": _("Liveness"), "startupProbe": _("Startup")}
    checks = []
    for container in _list(document, "spec", "template", "spec", "containers"):
        for key, word in probes.items():
            probe = _map(container, key)
            http, other = _map(probe, "httpGet"), _map(probe, "tcpSocket") or _map(probe, "grpc")
            does = _("Command") if probe.get("exec") else _("TCP connection") if probe.get("tcpSocket") else _("gRPC")
            if http:
                does = f"{http.get('scheme') or 'HTTP'} GET {http.get('path') or '/'}"
            port = (http or other).get("port")
            checks += [f"{word}: {does}" + (_(" on %(port)s") % {"port": port} if port else "")] if probe else []
    return checks[:MOST_MOUNTS]


def _claims(document: Document) -> str:
    """ "a claim data of 10 Gi for each pod"; nothing without claim templates."""
    claims = []
    for template in _list(document, "spec", "volumeClaimTemplates"):
        size = _map(template, "spec", "resources", "requests").get("storage")
        claims.append(f"{name_of(template)} {spaced(str(size))}" if size else name_of(template))
    if not claims:
        return ""
    return ngettext("each with a claim: %(names)s", "each with claims: %(names)s", len(claims)) % {
        "names": ", ".join(claims)
    }


def _resources(document: Document) -> str:
    """ "0.1 to 0.5 cores; 256 Mi" of a pod with one container, else nothing."""
    containers = _list(document, "spec", "template", "spec", "containers")
    if len(containers) != 1:
        return ""
    requests, limits = _map(containers[0], "resources", "requests"), _map(containers[0], "resources", "limits")
    cpu = _range(*(in_cores(amounts.get("cpu") or None) for amounts in (requests, limits)))
    memory = _range(*(spaced(str(amounts.get("memory") or "")) for amounts in (requests, limits)))
    return "; ".join(part for part in (_("%(range)s cores") % {"range": cpu} if cpu else "", memory) if part)


def _range(least: object, most: object) -> str:
    if least and most and least != most:
        return _("%(least)s to %(most)s") % {"least": least, "most": most}
    if most and not least:
        return _("up to %(most)s") % {"most": most}
    return str(least or "")


def _access(document: Document) -> str:
    spec = _map(document, "spec")
    if spec.get("type") == "ExternalName":
        return _("ExternalName, %(name)s") % {"name": spec.get("externalName") or "…"}
    if spec.get("clusterIP") == "None":
        return _("Headless, inside only")
    nodes = [str(port["nodePort"]) for port in _list(spec, "ports") if port.get("nodePort")]
    if spec.get("type") == "NodePort":
        return _("Virtual IP, node port %(ports)s") % {"ports": ", ".join(nodes) or _("chosen by the cluster")}
    if spec.get("type") == "LoadBalancer":
        return _("Load balancer, virtual IP")
    return _("Virtual IP, inside only")


def _ports(document: Document) -> list[str]:
    """ "80 → 8080" of each, with the protocol where the number stands for two."""
    ports = _list(document, "spec", "ports")
    times = Counter(port.get("port") for port in ports)
    lines = []
    for port in ports:
        number = port.get("port") or "…"
        shown = f"{number}/{port.get('protocol') or 'TCP'}" if times[port.get("port")] > 1 else number
        lines.append(f"{shown} → {port.get('targetPort') or number}")
    return lines


def _pairs(labels: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


def _plain(*lines: str) -> tuple[tuple[str, bool], ...]:
    return tuple((line, False) for line in lines if line)


def _mono(*lines: str) -> tuple[tuple[str, bool], ...]:
    return tuple((line, True) for line in lines if line)


def _map(document: Any, *path: str) -> dict[str, Any]:
    value = get(document, path)
    return value if isinstance(value, dict) else {}


def _list(document: Any, *path: str) -> list[dict[str, Any]]:
    value = get(document, path)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
