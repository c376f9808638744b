"""The pages of objects, by their kind: where a link leads, and where one is led after a change."""

from __future__ import annotations

from django.urls import reverse

from console.kube import kinds
from console.kube.kinds import Kind

_PAGES = {kinds.SERVICE: "details", kinds.POD: "pod"}


def page_of(place: str, kind: Kind, name: str) -> str:
    """The address of the page of one object of a project."""
    if kind in kinds.WORKLOADS:
        return reverse("services:workload", args=[place, kind.kind.lower(), name])
    return reverse(f"services:{_PAGES[kind]}", args=[place, name])
