"""One pod: its tabs, each with an address of its own, and their stream.

What memory keeps of it is shown as it changes. The rest of its manifest (volumes, scheduling, environment, a container
that is opened) is read as the person: once for a page, and by a stream once for each version of the pod.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.access import View
from console.kube.errors import NotFound, Unavailable
from console.kube.gateway import Client
from console.web import htmx
from services import page_state
from services.shown.events import happenings
from services.shown.pages import pages_for
from services.shown.usage import remark
from services.workloads.present import pod as pods
from services.workloads.present.pod import KINDS
from services.workloads.present.pod_container import opened, specs
from services.workloads.present.pod_environment import Sources, count, environment
from services.workloads.present.pod_settings import settings
from services.workloads.present.workload_surroundings import KINDS as WORKLOADS
from services.yaml_editor.stored import to_read

_TABS = ("status", "environment", "events", "yaml")
_HEAD_PARTS = ("head", "notice", "facts", "tabs")


@require_safe
@in_project(Capability.VIEW)
def page(request: Request, scope: Scope, name: str, tab: str, container: str = "") -> HttpResponseBase:
    """A tab: containers, conditions, volumes and scheduling, with the details of one container; the environment of its
    containers; what the cluster said about it; its manifest and its status, to read and to keep."""
    manifest = _Manifest(request, scope, name)
    if tab == "yaml" and "download" in request.GET:
        return htmx.file(to_read(manifest.of("")), f"{name}.yaml")
    if tab == "environment":
        container = request.GET.get("container", "")
    context = _context(request, scope, request.cluster.look(scope.subject, scope.place), manifest, tab, container)
    query = request.GET.copy()
    query["tab"] = tab
    if container:
        query["container"] = container
    context["stream_url"] = f"{reverse('services:pod-stream', args=[scope.place, name])}?{query.urlencode()}"
    return render(request, "services/workloads/pod.html", context)


@require_safe
@in_project(Capability.VIEW)
def stream(request: Request, scope: Scope, name: str) -> HttpResponseBase:
    """The same page, part by part, as it changes. `?tab=` says which tab is open, `?container=` which container."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "status"
    view = request.cluster.look(scope.subject, scope.place)
    view.pod(name)  # nothing is watched for one that is not there
    manifest = _Manifest(request, scope, name)
    templates = {part: part for part in _HEAD_PARTS} | {tab: f"tab_{tab}"}
    return page_state.stream_of_one(
        *(request, scope, view, KINDS),
        view.subscribe(*KINDS, concerns=pods.concerns(name), usage=tab == "status"),
        lambda: _context(request, scope, view, manifest, tab, request.GET.get("container", "")),
        {f"pod-{part}": f"services/workloads/pod_{template}.html" for part, template in templates.items()},
        "pod-notice",
    )


class _Manifest:
    """The pod as the cluster has it, read as the person, once for each version that memory knows."""

    def __init__(self, request: Request, scope: Scope, name: str) -> None:
        self._client: Client = request.cluster.as_user(scope.identity)
        self.name = name
        self.place = scope.place
        self._pages = pages_for(scope)
        self._read: tuple[str, dict[str, Any]] = ("", {})
        self._sources: Sources | None = None

    def of(self, version: str) -> dict[str, Any]:
        """The whole object. Raises KubeError."""
        if not version or self._read[0] != version:
            if not kinds.is_name(kinds.POD, self.name):
                raise NotFound(f"{self.name[:80]!r} is not the name of a pod")
            self._read = (version, self._client.get(kinds.POD, self.place, self.name))
            self._sources = None
        return self._read[1]

    def sources(self) -> Sources:
        """What its variables name, read once for each version of it, too."""
        if self._sources is None:
            self._sources = Sources(self._client, self._pages)
        return self._sources


def _context(
    request: Request, scope: Scope, view: View, manifest: _Manifest, tab: str, container: str
) -> dict[str, Any]:
    name = manifest.name
    base = reverse("services:pod", args=[scope.place, name])
    logs = reverse("services:pod-logs", args=[scope.place, name]) if scope.can(Capability.LOGS) else ""
    surroundings = pods.around(view, name, base=base, logs=logs)
    made_by, pages = surroundings.workload, pages_for(scope)
    maker = pages.href(made_by.kind, made_by.name) if made_by and made_by.kind.lower() in WORKLOADS else ""
    return {
        "project": scope.place,
        "name": name,
        "tab": tab,
        **page_state.freshness_of(view, KINDS),
        "base": base,
        "logs": logs,
        "may": page_state.allowed(scope, Capability.WORKLOADS_MANAGE),
        "back": reverse("services:pods", args=[scope.place]),
        "back_words": gettext("Pods"),
        "recheck": surroundings.recheck,
        "head": pods.head(surroundings),
        "maker": maker,
        "facts": pods.facts(
            surroundings,
            cluster=request.cluster.name,
            project_href=reverse("accounts:project", args=[scope.place]),
            maker_href=maker,
            pages=pages,
        ),
        **_tab(request, scope, view, surroundings, manifest, tab, container),
    }


def _tab(
    request: Request, scope: Scope, view: View, surroundings: pods.Around, manifest: _Manifest, tab: str, container: str
) -> dict[str, Any]:
    """What stands below the tabs. While the cluster does not answer, it is what memory has."""
    if tab == "events":
        filters = {"kind": request.GET.get("kind", ""), "of": ["pods"]}
        return {"happenings": happenings(surroundings.events, filters, pages_for(scope))}
    version = surroundings.pod.version
    if tab == "yaml":
        return {"yaml": to_read(manifest.of(version))}
    if tab == "environment":
        body, sources = manifest.of(version), manifest.sources()
        shown = environment(body, container, sources)
        return {"environment": shown, "variables": count(body), "when": sources.when}
    try:
        body = manifest.of(version)
    except Unavailable:
        body = {}
    if container and body and not any(spec.get("name") == container for spec in specs(body)):
        raise NotFound(gettext("The pod has no container with this name."))
    usage = view.usage([surroundings.pod])
    readings = usage.readings.get(surroundings.pod.name, ())
    return {
        "containers": pods.containers(surroundings, container, readings),
        "usage": remark(usage, [surroundings.pod], [surroundings.pod.name]),
        "refresh": f"{surroundings.base}container/{quote(container)}/" if container else surroundings.base,
        "conditions": pods.conditions(surroundings),
        "opened": opened(body, container, pages_for(scope), readings) if body else None,
        "settings": settings(body, pages_for(scope)) if body else None,
        "variables": count(body) if body else 0,
    }
