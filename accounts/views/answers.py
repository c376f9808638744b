"""How a verb that did not work is shown: beside the field, or above the form, with everything typed kept."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts import audit
from accounts.forms import say
from accounts.requests import Request
from accounts.scope import Scope
from console.kube.errors import KubeError
from console.web.error_pages import said


class told_in:
    """What the block could not do is said in the form. Refusals of our own (NotAllowed) go on to the 403 page.

    `status`: of the page with the form, where the block does not answer: of a form that was sent it was not valid.
    """

    def __init__(self, request: Request, form: forms.BaseForm) -> None:
        self._form = form
        self.status = 422 if request.method == "POST" else 200

    def __enter__(self) -> "told_in":
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> bool:
        if isinstance(problem, ValidationError):
            say(self._form, problem)
        elif isinstance(problem, audit.NotRecorded):
            self._form.add_error(None, str(problem))
            self.status = 503
        elif isinstance(problem, KubeError):
            self._form.add_error(None, sentence(problem))
            self.status = said(problem).status
        return isinstance(problem, ValidationError | audit.NotRecorded | KubeError)


def sentence(problem: KubeError) -> str:
    """What the cluster's answer means, in one line."""
    told = said(problem)
    return " ".join(filter(None, (told.what, told.means, told.detail)))


def address(scope: Scope, name: str, **parts: Any) -> str:
    """Of a page that a project and a workspace both have."""
    if scope.project:
        return reverse(f"accounts:{name}", kwargs={"project": scope.place, **parts})
    return reverse(f"accounts:workspace-{name}", kwargs={"workspace": scope.place, **parts})
