"""What the small buttons of a step do to what is typed: add and remove rows.

A button posts the whole form with `do=<verb>:<path>`; nothing is checked and nothing is saved, so it works half-way
through, with a script and without.
"""

from services.steps.input_names import THERE, Typed, indices, join, whole
from services.steps.stepform import Group, Rows, StepForm


def act(form: type[StepForm], typed: Typed, do: str) -> str:
    """Do it, in place. Returns the path that gets the focus; "" if it is no verb of these or the path is wrong."""
    verb, _, path = do.partition(":")
    verbs = {"add": _add, "drop": _drop}
    return verbs[verb](form, typed, path) if verb in verbs else ""


def form_at(form: type[StepForm], path: str) -> type[StepForm] | None:
    """The form of the rows or of the group at a path."""
    rows_or_group = _find(form, path)
    return rows_or_group.form if rows_or_group else None


def _add(form: type[StepForm], typed: Typed, path: str) -> str:
    rows = _find(form, path)
    if not isinstance(rows, Rows):
        return ""
    present = indices(typed, path)
    at = join(path, str(int(present[-1]) + 1 if present else 0))
    typed[join(at, THERE)] = "1"
    start = rows.start(len(present))
    rows.form.type_in(start, typed, at)
    return at


def _drop(form: type[StepForm], typed: Typed, path: str) -> str:
    around, _, at = path.rpartition("-")
    if not isinstance(_find(form, around), Rows) or whole(at) is None:
        return ""
    following = [other for other in indices(typed, around) if int(other) > int(at)]
    for key in [key for key in typed if key.startswith(path + "-")]:
        del typed[key]
    for other in following:
        _move(typed, join(around, other), join(around, at))
        at = other
    return around


def _find(form: type[StepForm], path: str) -> Rows | Group | None:
    """What the path names: `containers-0-ports` is the list of ports in a form of the list of containers."""
    rows_or_group: Rows | Group | None = None
    for part in path.split("-"):
        if part.isdecimal() and isinstance(rows_or_group, Rows):
            continue
        rows_or_group = form.lists.get(part) or form.groups.get(part)
        if rows_or_group is None:
            return None
        form = rows_or_group.form
    return rows_or_group


def _move(typed: Typed, old: str, new: str) -> None:
    for key in [key for key in typed if key.startswith(old + "-")]:
        typed.setlist(new + key[len(old) :], typed.getlist(key))
        del typed[key]
