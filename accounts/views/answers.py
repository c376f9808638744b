"""How a verb that did not work is shown: beside the field, or above the form, with everything typed kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import audit
from accounts.forms import say
from console.kube import errors


@dataclass(slots=True)
class Result:
    """`status` is 200 as long as nothing went wrong."""

    status: int = 200

    @property
    def ok(self) -> bool:
        return self.status == 200


@contextmanager
def told_in(form: forms.BaseForm) -> Iterator[Result]:
    """What the block could not do is said in the form. Refusals of our own (PermissionDenied) go on to the 403 page."""
    result = Result()
    try:
        yield result
    except ValidationError as problem:
        say(form, problem)
        result.status = 422
    except audit.NotRecorded as problem:
        form.add_error(None, str(problem))
        result.status = 503
    except errors.KubeError as problem:
        form.add_error(None, sentence(problem))
        result.status = (
            503 if isinstance(problem, errors.Unavailable) else 403 if isinstance(problem, errors.Forbidden) else 502
        )


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
