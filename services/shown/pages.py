"""The pages of objects, by their kind: where a link leads, and where one is led after a change."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from accounts.roles import Capability
from accounts.scope import Scope
from console.kube import kinds
from console.kube.kinds import Kind

_PAGES = {
    kinds.SERVICE: "details",
    kinds.POD: "pod",
    kinds.CONFIGMAP: "configmap",
    kinds.SECRET: "secret",
    kinds.PVC: "claim",
}
_BY_KIND = {kind.kind: kind for kind in (*_PAGES, *kinds.WORKLOADS)}


def page_of(place: str, kind: Kind, name: str) -> str:
    """The address of the page of one object of a project."""
    if kind in kinds.WORKLOADS:
        return reverse("services:workload", args=[place, kind.kind.lower(), name])
    return reverse(f"services:{_PAGES[kind]}", args=[place, name])


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a project that one reader may open. `secrets`: those of Secrets, too."""

    place: str
    secrets: bool

    def href(self, kind: str, name: str) -> str:
        """The address of the page; empty where there is none, or it is not for this reader. The name may be anything:
        it stands in a manifest.
        """
        known = _BY_KIND.get(kind)
        if known is None or not kinds.is_name(known, name) or (known is kinds.SECRET and not self.secrets):
            return ""
        return page_of(self.place, known, name)


def pages_for(scope: Scope) -> Pages:
    """The pages of the project that the reader may open."""
    return Pages(scope.place, secrets=scope.can(Capability.SECRETS_LIST))
