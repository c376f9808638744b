"""What may be chosen from the cluster, searched there: a few names at a time, never the objects."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Refused, Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError
from console.kube.gateway import Client
from console.kube.kinds import Kind

_MOST = 20
_KINDS: dict[str, Kind] = {
    "configmap": kinds.CONFIGMAP,
    "secret": kinds.SECRET,
    "registry": kinds.SECRET,
    "claim": kinds.PVC,
    "class": kinds.STORAGECLASS,
    "node": kinds.NODE,
}


@require_safe
@in_project(Capability.VIEW)
def pick(request: Request, scope: Scope, kind: str) -> HttpResponseBase:
    """Options for a list beside an input: names that contain what is typed, or the keys of one object. For those who
    fill in steps: of a Service that is to be created, or of a workload."""
    if not scope.can(Capability.WORKLOADS_MANAGE) and not scope.can(Capability.SERVICES_MANAGE):
        raise Refused(scope, Capability.SERVICES_MANAGE)
    client = request.cluster.as_user(scope.identity)
    context: dict[str, Any] = {"options": (), "labelled": kind == "pods", "trouble": ""}
    try:
        if kind == "pods":
            context["options"] = _pods(request, scope)
        elif kind == "key":
            context["options"] = _keys(client, scope.place, request)
        else:
            context["options"] = _names(client, scope.place, kind, request)
    except KubeError as error:
        context["trouble"] = error.reason
    return render(request, "services/steps/parts/options.html", context)


def _names(client: Client, namespace: str, kind: str, request: Request) -> Sequence[str]:
    if kind == "object":
        kind = _sent(request, "source")
    if kind not in _KINDS:
        raise Http404
    chosen = _KINDS[kind]
    fields = "type=kubernetes.io/dockerconfigjson" if kind == "registry" else ""
    place = namespace if chosen.namespaced else None
    typed = next(filter(None, (_sent(request, name) for name in ("q", "object", "storage_class", "name"))), "")
    return client.names(chosen, place, contains=typed, limit=_MOST, field_selector=fields).names


def _pods(request: Request, scope: Scope) -> Sequence[tuple[str, str]]:
    """Labels that the pods of a workload carry, each with its workload: what a scheduling rule has to name."""
    view = request.cluster.look(scope.subject, scope.place)
    typed = [str(value).strip() for name, value in request.GET.items() if name.endswith("-selector")]
    offers = []
    for workload in view.workloads():
        labels = workload.selector or workload.template_labels
        if labels:
            pairs = ",".join(f"{key}={value}" for key, value in labels.items())
            offers.append((pairs, f"{workload.kind} {workload.name}"))
    fits = [pair for pair in offers if not any(typed) or any(text and text in " ".join(pair) for text in typed)]
    return fits[:_MOST]


def _keys(client: Client, namespace: str, request: Request) -> Sequence[str]:
    """Keys of a ConfigMap or Secret; values stay where they are."""
    name, source = _sent(request, "object"), _sent(request, "source")
    if not name or source not in ("configmap", "secret"):
        return ()
    if source == "secret":
        return client.secret_keys(namespace, name)
    config_map = client.get(kinds.CONFIGMAP, namespace, name)
    return sorted({*(config_map.get("data") or {}), *(config_map.get("binaryData") or {})})


def _sent(request: Request, name: str) -> str:
    """The value of an input, wherever in the form it stands: `containers-0-env-1-object` is `object`."""
    values = (str(value) for key, value in request.GET.items() if key == name or key.endswith(f"-{name}"))
    return next(values, "").strip()[:253]
