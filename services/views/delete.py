"""Being written."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.roles import Capability
from accounts.scope import Scope, in_project


@in_project(Capability.SERVICES_MANAGE)
def delete(request: HttpRequest, scope: Scope, name: str) -> HttpResponseBase:
    return HttpResponse(status=501)


@in_project(Capability.SERVICES_MANAGE)
def delete_many(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    return HttpResponse(status=501)
