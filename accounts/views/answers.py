"""How a verb that did not work is shown: beside the field, or above the form, with everything typed kept."""

from django import forms
from django.core.exceptions import ValidationError

from accounts import audit
from accounts.forms import say
from console.kube.errors import KubeError
from console.web.error_pages import said


class told_in:
    """What the block could not do is said in the form. Refusals of our own (NotAllowed) go on to the 403 page.

    `status` is 200 as long as nothing went wrong.
    """

    def __init__(self, form: forms.BaseForm) -> None:
        self._form = form
        self.status = 200

    def __enter__(self) -> "told_in":
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> bool:
        if isinstance(problem, ValidationError):
            say(self._form, problem)
            self.status = 422
        elif isinstance(problem, audit.NotRecorded):
            self._form.add_error(None, str(problem))
            self.status = 503
        elif isinstance(problem, KubeError):
            self._form.add_error(None, sentence(problem))
            self.status = said(problem).status
        return self.status != 200


def sentence(problem: KubeError) -> str:
    """What the cluster's answer means, in one line."""
    told = said(problem)
    return " ".join(filter(None, (told.what, told.means, told.detail)))
