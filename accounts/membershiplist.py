"""The list of memberships in the administration: which of them can be removed, the menu of each row, and the question
before those that are selected are removed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain import membership
from accounts.models import Membership, Project, User
from accounts.roles import Level
from accounts.scope import project_scope, workspace_scope

FILTERS = "_changelist_filters"  # Django's own name for them


class Memberships(ChangeList):
    """A name leads to the page of the user; the membership itself is changed from the menu of its row."""

    def url_for_result(self, result: Any) -> str:
        return reverse("accounts:user", args=[result.user.name])

    def get_results(self, request: HttpRequest) -> None:
        """Each row learns why it cannot be removed, if so, and where that is asked."""
        super().get_results(request)
        reasons = kept(request, self.result_list)
        query = self.get_query_string().removeprefix("?")
        for row in self.result_list:
            row.kept, row.pick, row.ticked = reasons.get(row.pk), _pick(row), False
            row.remove_url = asks_at(row, query)


def _pick(row: Membership) -> str:
    """A membership that is selected, as it was shown: its key and that of its role."""
    return f"{row.pk}.{row.role_id}"


def asks_at(row: Membership, filters: str = "") -> str:
    """Where it is asked whether to remove the membership. `filters`: the query of the list to come back to."""
    query = {"pick": _pick(row), **({FILTERS: filters} if filters else {})}
    return f"{reverse('admin:accounts_membership_remove')}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a membership cannot be removed. `appoint_at`: the page of the members among whom another admin has to be
    appointed first, or ""; `never`: no such membership is ever removed."""

    reason: str
    appoint_at: str = ""
    never: bool = False


def kept(request: HttpRequest, rows: Iterable[Membership]) -> dict[int, Kept]:
    """Why some of the memberships cannot be removed by who is signed in, by key."""
    among = list(rows)
    inside = membership.held_inside(among)
    only = membership.only_managers(chain(among, *inside.values()))
    reasons = {}
    for row in among:
        alone = next((held.project for held in inside.get(row.pk, ()) if held.pk in only), None)
        if row.level == Level.PLATFORM:
            reasons[row.pk] = Kept(_("Every user has a platform role."), never=True)
        elif row.user == request.user:
            reasons[row.pk] = Kept(_("Your own membership"))
        elif row.pk in only:
            reasons[row.pk] = Kept(_("The only admin there"), _members_of(row))
        elif alone:
            reasons[row.pk] = Kept(_("The only admin of the project %s") % alone, _members_of(alone))
    return reasons


def _members_of(place: Membership | Project) -> str:
    project = place if isinstance(place, Project) else place.project
    if project:
        return reverse("accounts:members", args=[project.name])
    return reverse("accounts:workspace-members", args=[str(place.workspace)])


def tick(shown: Iterable[Any], question: "Question") -> None:
    """The rows that the question is about stay selected in the list behind it."""
    picks = {row.pick for row in question.rows}
    for row in shown:
        row.ticked = row.pick in picks


def box(row: Any) -> str:
    """The check box of a row."""
    return render_to_string("admin/membership_box.html", {"row": row})


def menu(row: Any) -> str:
    """What can be done with the membership of one row."""
    return render_to_string("admin/membership_menu.html", {"row": row})


@dataclass(frozen=True, slots=True)
class Asked:
    """A membership that is to be removed, with what the person is in the projects of the workspace, which is removed
    with it."""

    membership: Membership
    leaves: tuple[Membership, ...]
    kept: Kept | None
    pick: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the dialog shows. `problem`: why nothing was removed; `others`: the address that asks about those alone that
    can be removed; `done`: what was removed, once it is."""

    rows: tuple[Asked, ...]
    filters: str
    problem: str = ""
    others: str = ""
    done: str = ""
    status: int = 200

    @property
    def can_be_done(self) -> bool:
        return bool(self.rows) and not self.staying

    @property
    def staying(self) -> int:
        return sum(row.kept is not None for row in self.rows)

    @property
    def leaving(self) -> list[Asked]:
        return [row for row in self.rows if not row.kept]


def ask(request: HttpRequest, reader: User) -> Question:
    """The memberships that the address names; posted, they are removed: all or none."""
    sent = request.POST if request.method == "POST" else request.GET
    picks = filter(None, (re.fullmatch(r"(\d{1,9})\.(\d{1,9})", pick) for pick in sent.getlist("pick")))
    roles = {int(pick[1]): int(pick[2]) for pick in picks}
    among = Membership.objects.filter(pk__in=roles).select_related("user", "workspace", "project__workspace", "role")
    rows, filters = list(among.order_by("user__name", "pk")), sent.get(FILTERS, "")
    reasons = kept(request, rows)
    if request.method != "POST":
        return _question(rows, reasons, filters)
    problem = _changed(rows, roles)
    if rows and not problem and not any(row.level == Level.PLATFORM for row in rows):
        refused = _removed(request, reader, rows, roles)
        if not refused:
            return Question((), filters, done=_done(rows))
        reasons = {key: Kept(sentence) for key, sentence in refused.items()} | reasons
    return replace(_question(rows, reasons, filters), problem=problem, status=422)


def _changed(rows: list[Membership], roles: dict[int, int]) -> str:
    """What is no longer as it was when it was selected."""
    if gone := len(roles) - len(rows):
        return ngettext("%d membership no longer exists.", "%d memberships no longer exist.", gone) % gone
    names = ", ".join(row.user.name for row in rows if row.role_id != roles[row.pk])
    return _("Another role since it was selected: %s.") % names if names else ""


def _question(rows: list[Membership], reasons: dict[int, Kept], filters: str) -> Question:
    inside = membership.held_inside(rows)
    asked = [Asked(row, tuple(inside.get(row.pk, ())), reasons.get(row.pk), _pick(row)) for row in rows]
    able = [row.pick for row in asked if not row.kept]
    others = urlencode({"pick": able, **({FILTERS: filters} if filters else {})}, doseq=True)
    return Question(
        rows=tuple(asked),
        filters=filters,
        others=f"?{others}" if able and len(able) < len(asked) else "",
    )


def _removed(request: HttpRequest, reader: User, rows: list[Membership], roles: dict[int, int]) -> dict[int, str]:
    """Remove them all as who is signed in. Why some have to stay, by key; then none is removed."""
    removals = []
    for row in rows:
        find, place = (project_scope, row.project) if row.project else (workspace_scope, row.workspace)
        scope = find(reader, str(place), getattr(request, "request_id", ""))
        if scope is None:
            raise PermissionDenied
        scope = replace(scope, address=request.META.get("REMOTE_ADDR", ""))
        removals.append(membership.Removal(scope, row, roles[row.pk]))
    try:
        membership.remove_all(removals)
    except ValidationError as refused:
        return {int(key): " ".join(sentences) for key, sentences in refused.message_dict.items()}
    return {}


def _done(rows: list[Membership]) -> str:
    if len(rows) > 1:
        return _("%d memberships were removed.") % len(rows)
    return _("%(name)s is no longer a member of %(place)s.") % {
        "name": rows[0].user,
        "place": rows[0].project or rows[0].workspace,
    }
