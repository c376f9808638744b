"""Documented words for what Services are, and sentences of health in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from services.manifests.health import Sentence
from services.manifests.paths import format_path
from services.manifests.sentences import Sentence as Written

LONGEST = 400  # of a sentence that quotes what somebody typed

# In the order of the documentation. Keys stand in addresses (?type=, ?access=, ?out=, ?status=).
TYPES = {"stateless": _("Stateless"), "stateful": _("Stateful"), "external": _("External"), "custom": _("Custom")}
ACCESS = {
    "virtual-ip": _("Virtual IP"),
    "headless": _("Headless"),
    "external-name": _("ExternalName"),
    "unknown": _("Unknown"),
}
ACCESS_AFTER_TYPE = {
    "virtual-ip": _("%(type)s, virtual IP"),
    "headless": _("%(type)s, headless"),
    "external-name": _("%(type)s, ExternalName"),
    "unknown": _("%(type)s, access unknown"),
}
EXPOSURE = {"node": _("Node port"), "lb": _("Load balancer"), "no": _("Inside only")}
GROUPS = {
    "attention": _("Needs attention"),
    "progress": _("In progress"),
    "ready": _("Ready"),
    "other": _("Stopped or external"),
}
GROUP_STATES = {"attention": "bad", "progress": "busy", "ready": "ok", "other": "idle"}

_ANNOTATED = {"statelessservice": "stateless", "statefulservice": "stateful", "externalservice": "external"}


def in_words(sentence: Sentence) -> str:
    """A sentence of `services.manifests.health` in the reader's language."""
    if not sentence:
        return ""
    text = (
        ngettext(sentence.singular, sentence.plural, sentence.count) if sentence.plural else gettext(sentence.singular)
    )
    return text % {**sentence.values, "count": sentence.count} if "%(" in text else text


def of_manifest(sentence: str) -> str:
    """A sentence of `services.manifests.sentences` in the reader's language, its words too; at most 400 signs."""
    if not isinstance(sentence, Written):
        return sentence
    params = {key: of_manifest(value) if isinstance(value, str) else value for key, value in sentence.params.items()}
    text = gettext(sentence.template)
    return (text % params if params else text)[:LONGEST]


def codes(sentence: str) -> tuple[str, ...]:
    """The names and values in such a sentence, in the order in which they stand in it: they are set as code."""
    if not isinstance(sentence, Written):
        return ()
    text = gettext(sentence.template)
    named = [(text.find(f"%({key})s"), value) for key, value in sentence.params.items()]
    return tuple(value for at, value in sorted(named, key=lambda pair: pair[0]) if at >= 0 and type(value) is str)


def said(sentence: str) -> str:
    """A sentence of the manifests in the reader's language."""
    template, params = getattr(sentence, "template", sentence), getattr(sentence, "params", {})
    return gettext(template) % params if params else gettext(template)


def type_of(service: Any) -> str:
    """stateless, stateful or external by the annotation kubesphere.io/serviceType; custom without it."""
    return _ANNOTATED.get(service.service_type, "custom")


def access_of(service: Any) -> str:
    """virtual-ip, headless, external-name or unknown, as the documentation tells them apart."""
    if service.type == "ExternalName":
        return "external-name"
    if service.type == "ClusterIP" and service.cluster_ip in ("", "None"):
        return "headless" if service.selector else "unknown"
    return "virtual-ip"


def exposure_of(service: Any) -> str:
    """How it is reached from outside: node, lb or no."""
    return {"NodePort": "node", "LoadBalancer": "lb"}.get(service.type, "no")


def app_of(service: Any) -> str:
    """The app it belongs to: label app.kubesphere.io/instance, else app.kubernetes.io/name, else nothing."""
    return app_label_of(service)[1]


def app_label_of(service: Any) -> tuple[str, str]:
    """The label that says which app it belongs to: its key, and the app; two empty strings for none."""
    known = ((key, service.labels.get(key)) for key in ("app.kubesphere.io/instance", "app.kubernetes.io/name"))
    return next(((key, str(value)) for key, value in known if value), ("", ""))


_FIELDS: dict[tuple[str | int, ...], Any] = {
    ("metadata", "annotations", "kubesphere.io/alias-name"): _("Alias"),
    ("metadata", "annotations", "kubesphere.io/description"): _("Description"),
    ("spec", "type"): _("External access"),
    ("spec", "sessionAffinity"): _("Sticky Session"),
    ("spec", "sessionAffinityConfig"): _("Maximum Session Sticky Time"),
    ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"): _("Maximum Session Sticky Time"),
    ("spec", "externalName"): _("External Service Address"),
    ("spec", "externalTrafficPolicy"): _("External traffic policy"),
    ("spec", "internalTrafficPolicy"): _("Internal traffic policy"),
    ("spec", "loadBalancerSourceRanges"): _("Load balancer source ranges"),
    ("spec", "allocateLoadBalancerNodePorts"): _("Allocate load balancer node ports"),
    ("spec", "loadBalancerClass"): _("Load balancer class"),
    ("spec", "healthCheckNodePort"): _("Health check node port"),
}
_BELOW: dict[tuple[str | int, ...], Any] = {
    ("metadata", "annotations"): _("Annotation %(name)s"),
    ("metadata", "labels"): _("Label %(name)s"),
    ("spec", "selector"): _("Selector %(name)s"),
}
_ENTRIES: dict[str, Any] = {
    "ports": _("Port %(name)s"),
    "containers": _("Container %(name)s"),
    "initContainers": _("Init container %(name)s"),
    "env": _("Variable %(name)s"),
    "volumes": _("Volume %(name)s"),
    "volumeMounts": _("Mount %(name)s"),
}


_INSIDE: dict[tuple[str | int, ...], Any] = {
    ("name",): _("Name"),
    ("targetPort",): _("Container port"),
    ("nodePort",): _("Node port"),
    ("image",): _("Image"),
    ("imagePullPolicy",): _("Image pull policy"),
    ("command",): _("Command"),
    ("args",): _("Parameters"),
    ("env",): _("Environment Variables"),
    ("envFrom",): _("Environment Variables, all keys of an object"),
    ("ports",): _("Ports"),
    ("volumeMounts",): _("Mounts"),
    ("resources",): _("Resources"),
    ("securityContext",): _("Security Context"),
    ("lifecycle",): _("Lifecycle"),
    ("resources", "requests", "cpu"): _("CPU request"),
    ("resources", "limits", "cpu"): _("CPU limit"),
    ("resources", "requests", "memory"): _("Memory request"),
    ("resources", "limits", "memory"): _("Memory limit"),
    ("livenessProbe",): _("Liveness"),
    ("readinessProbe",): _("Readiness"),
    ("startupProbe",): _("Startup"),
    ("spec", "replicas"): _("Replicas"),
    ("spec", "strategy", "type"): _("Update Strategy"),
    ("spec", "updateStrategy", "type"): _("Update Strategy"),
    ("spec", "template", "spec", "terminationGracePeriodSeconds"): _("Pod Grace Period"),
    ("spec", "template", "spec", "priorityClassName"): _("Pod Priority"),
    ("spec", "template", "spec", "nodeSelector"): _("Node selector"),
    ("spec", "template", "spec", "volumes"): _("Volumes"),
    ("spec", "template", "spec", "initContainers"): _("Init containers"),
    ("spec", "template", "spec", "affinity"): _("Scheduling"),
    ("spec", "template", "spec", "tolerations"): _("Tolerations"),
    ("spec", "template", "spec", "imagePullSecrets"): _("Image pull secrets"),
    ("spec", "template", "spec", "serviceAccountName"): _("Service account"),
    ("spec", "template", "spec", "securityContext"): _("Security Context of the pod"),
    ("spec", "template", "metadata", "labels"): _("Pod label"),
    ("spec", "template", "metadata", "annotations"): _("Pod annotation"),
    ("spec", "volumeClaimTemplates"): _("Claim templates"),
    ("spec", "strategy"): _("Update Strategy"),
    ("spec", "updateStrategy"): _("Update Strategy"),
    ("metadata", "labels"): _("Label"),
    ("metadata", "annotations"): _("Annotation"),
    ("metadata", "annotations", "kubesphere.io/alias-name"): _("Alias"),
    ("metadata", "annotations", "kubesphere.io/description"): _("Description"),
}
_REST: dict[str, Any] = {
    "initialDelaySeconds": _("initial delay"),
    "periodSeconds": _("interval"),
    "timeoutSeconds": _("timeout"),
    "successThreshold": _("success threshold"),
    "failureThreshold": _("failure threshold"),
    "rollingUpdate.maxSurge": _("maximum surge"),
    "rollingUpdate.maxUnavailable": _("maximum unavailable"),
}


def inside(path: tuple[str | int, ...], entries: str = "") -> str:
    """What people call a field of a workload, or of the entry of a list that the path begins in: by what is known of
    the way to it, and what is left of the path; its own path where nothing is. `entries`: the name of that list."""
    if (entries, path) == ("ports", ("name",)):
        return gettext("Port name")
    for length in range(len(path), 0, -1):
        if known := _INSIDE.get(path[:length]):
            rest = format_path(path[length:]).strip("[]")
            return f"{known}, {_REST.get(rest, rest)}" if rest else str(known)
    return format_path(path)


def field(above: tuple[str | int, ...], last: str) -> str:
    """What people call a field of an object; its own name where they have no other."""
    known = _FIELDS.get((*above, last))
    below = _BELOW.get(above)
    return str(known) if known else str(below) % {"name": last} if below else last


def entry(path: tuple[str | int, ...], name: str) -> str:
    """What people call an entry of a list, by its name or its key."""
    called = name or str(path[-1])
    around = _ENTRIES.get(str(path[-2])) if len(path) > 1 else None
    return str(around) % {"name": called} if around else called
