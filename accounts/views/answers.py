"""How a verb that did not work is shown: beside the field, or above the form, with everything typed kept."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import audit
from accounts.forms import say
from console.kube import errors


class told_in:
    """What the block could not do is said in the form. Refusals of our own (PermissionDenied) go on to the 403 page.

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
        elif isinstance(problem, errors.KubeError):
            self._form.add_error(None, sentence(problem))
            self.status = _STATUS.get(type(problem), 503 if isinstance(problem, errors.Unavailable) else 502)
        return self.status != 200


_STATUS: dict[type[errors.KubeError], int] = {errors.Forbidden: 403}


def sentence(problem: errors.KubeError) -> str:
    """What the cluster's answer means, for a person. Its own words are shown, cut; templates escape them."""
    words = problem.message[:300]
    if isinstance(problem, errors.Forbidden):
        if problem.console_itself:
            return _("The cluster does not let the console do this. Nothing was made. It said: %s") % words
        return _("The cluster refused. Nothing was made. It said: %s") % words
    if isinstance(problem, errors.Unavailable):
        return _("The cluster does not answer. Nothing was made. Try again in a moment.")
    return _("The cluster did not accept this. Nothing was made. It said: %s") % words
