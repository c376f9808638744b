"""What a request about a draft says of itself, and where it goes when the draft was begun to be made meanwhile."""

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, in_project
from console.kube import kinds
from console.web import htmx
from services.create.present import dialog
from services.create.verbs import drafts
from services.models import Draft


def begun(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """Where a draft that was begun to be made is shown. It cannot be changed: what exists would not be what it says."""
    if request.method == "POST":
        messages.warning(request, _("Creation of this draft has already started; your last edits are not included."))
    return htmx.redirect(request, dialog.address(scope, draft, "progress"))


def seen(request: Request) -> int:
    """The version of the draft that the page was made from."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def sequence_of(request: Request) -> int | None:
    """When the input that the request brings was typed, as the page counts; None from a page without scripts."""
    text = request.POST.get("sequence", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


OfDraft = Callable[..., HttpResponseBase]


def of_draft(view: OfDraft) -> OfDraft:
    """The view gets the person's own draft of this workload. One that is no more was applied or discarded, here or in
    another tab: a page that is worked on there stays as it is, with what was typed, and says that it is not saved."""

    @in_project(Capability.WORKLOADS_MANAGE)
    @wraps(view)
    def with_draft(
        request: Request, scope: Scope, kind: str, name: str, draft: uuid.UUID, **parts: str
    ) -> HttpResponseBase:
        opened = drafts.load_edit(scope, draft, kinds.workload(kind).kind, name)
        if opened is not None:
            return view(request, scope, opened, **parts)
        if htmx.wants_part(request) and request.method == "POST":
            raise Http404
        messages.info(request, _("These changes of %(name)s were applied or discarded before.") % {"name": name})
        return htmx.redirect(request, reverse("services:workload", args=[scope.place, kind, name]))

    return with_draft
