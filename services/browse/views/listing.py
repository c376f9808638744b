"""The list of Services: what is shown and watched of it; how it becomes a page is the same for all lists."""

from __future__ import annotations

from accounts.roles import Capability
from accounts.scope import Scope
from services.browse.present.rows import SERVICES
from services.browse.present.summaries import project_summary
from services.models import Draft
from services.shown.list_pages import Listing


def _drafts(scope: Scope) -> dict[str, int]:
    """For "Drafts (2)" beside the button that creates."""
    if scope.project is None:
        return {}
    return {"drafts": Draft.objects.of(scope.actor.uuid, scope.project.uuid).unfinished().count()}


LISTING = Listing(
    "services",
    SERVICES,
    (),
    project_summary,
    "services/browse",
    "services/browse/parts/row.html",
    Capability.SERVICES_MANAGE,
    beside=_drafts,
)
