"""What is said once a change is stored: how much it was, and where to look next."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from console.kube.kinds import DEPLOYMENT, SERVICE, WORKLOADS, Kind
from services.shown.pages import page_of

_TEMPLATE = "spec.template"
_CALLERS = ("spec.selector", "spec.ports", "spec.publishNotReadyAddresses")


def with_next_steps(sentence: str, place: str, kind: Kind, name: str, changed: Iterable[str]) -> SafeString:
    """The sentence with links. `changed`: the paths of what was changed."""
    page, paths, steps = page_of(place, kind, name), tuple(changed), []
    if kind in WORKLOADS and any(path.startswith(_TEMPLATE) for path in paths):
        steps.append((page, gettext("Follow the rollout") if kind is DEPLOYMENT else gettext("Follow its pods")))
        steps.append((f"{page}revisions/", gettext("Revisions")))
    if kind is SERVICE and any(path.startswith(_CALLERS) for path in paths):
        steps.append((f"{page}endpointslices/", gettext("Check its endpoints")))
    activity = reverse("accounts:activity", args=[place])
    steps.append((f"{activity}?{urlencode({'on': name})}", gettext("Activity")))
    return format_html("{} {}", sentence, format_html_join(" ", '<a href="{}">{}</a>', steps))
