"""The quotas of a project, for its overview, which stands before the cluster has answered."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.kube.errors import KubeError
from services.browse.present import quota as present


@require_safe
@in_project(Capability.VIEW)
def quota(request: Request, scope: Scope) -> HttpResponse:
    """How much of its quotas is in use; nothing for a project that has none, and where they cannot be read."""
    try:
        quotas = list(request.cluster.as_user(scope.identity).items(kinds.RESOURCEQUOTA, scope.place))
    except KubeError:
        quotas = []
    context = {"lines": present.lines(quotas), "for_some": sum(map(present.is_for_some, quotas))}
    return render(request, "services/browse/parts/quota.html", context)
