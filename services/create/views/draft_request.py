"""What a request about a draft says of itself, and where it goes when the draft was begun to be made meanwhile."""

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.requests import Request
from accounts.scope import Scope
from console.web import htmx
from services.create.present import dialog
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
