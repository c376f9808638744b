"""The Services list: its chips, menus, columns and orders. Costs grow with the page, not with the project."""

from __future__ import annotations

from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from services import words
from services.browse.present.rows import service_row
from services.browse.present.summaries import FACETS, ServiceSummary
from services.manifests.health import RANK
from services.shown.lists import Column, Filter, Menu, Shape

TYPES = list(words.TYPES)


SERVICES: Shape[ServiceSummary] = Shape(
    groups=words.GROUPS,
    states=words.GROUP_STATES,
    # What a Service is and how it is reached inside stand in one menu, as in their column.
    menus=(
        Menu(_("Type"), (Filter("type", words.TYPES), Filter("access", words.ACCESS))),
        Menu(_("Exposure"), (Filter("out", words.EXPOSURE),)),
    ),
    columns=(
        Column("status", _("Status"), lambda entry: RANK[entry.health.state], optional=False),
        Column("name", _("Name"), attrgetter("name"), optional=False),
        Column("type", _("Type"), lambda entry: TYPES.index(entry.type)),
        Column("internal", _("Internal access")),
        Column("external", _("External access")),
        Column("app", _("App"), lambda entry: (not entry.app, entry.app)),
        Column("age", _("Age"), lambda entry: entry.record.created, by="created"),
    ),
    sorts={
        "name": _("Name, A to Z"),
        "-name": _("Name, Z to A"),
        "status": _("Status, worst first"),
        "type": _("Type"),
        "app": _("App"),
        "-created": _("Created, newest first"),
    },
    facets=FACETS,
    row=service_row,
)
