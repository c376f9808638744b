"""The state of a Service on a page that no view of services renders, as that of a missing one: `service_state`."""

from typing import cast

from django import template
from django.template import Context

from accounts.requests import Request
from console.kube.errors import KubeError
from services.browse.present.summaries import project_summary
from services.shown.status import StatusCell, status_cell

register = template.Library()


@register.simple_tag(takes_context=True)
def service_state(context: Context, name: str) -> StatusCell | None:
    """What the list of Services says of it: {% service_state service.name as cell %}. None where that is not known."""
    request = cast(Request, context["request"])
    scope = request.place_scope
    if scope is None or not scope.project:
        return None
    try:
        service = project_summary(request.cluster.look(scope.subject, scope.place)).by_key.get(name)
    except KubeError:
        return None
    return status_cell(service.health) if service else None
