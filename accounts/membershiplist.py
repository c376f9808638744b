"""The list of memberships in the administration: which of them can be removed, the menu of each row, and the question
before those that are selected are removed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from accounts.models import Membership, User
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
            row.kept, row.pick = reasons.get(row.pk, ""), _pick(row)
            row.remove_url = asks_at(row, query)


def _pick(row: Membership) -> str:
    """A membership that is selected, as it was shown: its key and that of its role."""
    return f"{row.pk}.{row.role_id}"


def asks_at(row: Membership, filters: str = "") -> str:
    """Where it is asked whether to remove the membership. `filters`: the query of the list to come back to."""
    query = {"pick": _pick(row), **({FILTERS: filters} if filters else {})}
    return f"{reverse('admin:accounts_membership_remove')}?{urlencode(query)}"


def kept(request: HttpRequest, rows: Iterable[Membership]) -> dict[int, str]:
    """Why some of the memberships cannot be removed by who is signed in, by key."""
    among = list(rows)
    only = membership.only_managers(among)
    reasons = {}
    for row in among:
        if row.level == Level.PLATFORM:
            reasons[row.pk] = _("Every user has a platform role.")
        elif row.user == request.user:
            reasons[row.pk] = _("Your own membership")
        elif row.pk in only:
            reasons[row.pk] = _("The only admin there")
    return reasons


def box(row: Any) -> str:
    """The check box of a row."""
    return render_to_string("admin/membership_box.html", {"row": row})


def menu(row: Any) -> str:
    """What can be done with the membership of one row."""
    return render_to_string("admin/membership_menu.html", {"row": row})


@dataclass(frozen=True, slots=True)
class Asked:
    """A membership that is to be removed, with what the person is in the projects of the workspace, which is removed
    with it. `problem`: why it cannot be, or ""."""

    membership: Membership
    leaves: tuple[Membership, ...]
    problem: str
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
        return sum(bool(row.problem) for row in self.rows)

    @property
    def leaving(self) -> int:
        return len(self.rows) - self.staying


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
        reasons = _removed(request, reader, rows, roles)
        if not reasons:
            return Question((), filters, done=_done(rows))
    return replace(_question(rows, reasons, filters), problem=problem, status=422)


def _changed(rows: list[Membership], roles: dict[int, int]) -> str:
    """What is no longer as it was when it was selected."""
    if gone := len(roles) - len(rows):
        return ngettext("%d membership no longer exists.", "%d memberships no longer exist.", gone) % gone
    names = ", ".join(row.user.name for row in rows if row.role_id != roles[row.pk])
    return _("Another role since it was selected: %s.") % names if names else ""


def _question(rows: list[Membership], reasons: dict[int, str], filters: str) -> Question:
    inside = {row.pk: tuple(membership.in_projects(row).order_by("project__name")) for row in rows}
    last = membership.only_managers(held for held_there in inside.values() for held in held_there)
    asked = []
    for row in rows:
        named = next((held.project for held in inside[row.pk] if held.pk in last), None)
        reason = reasons.get(row.pk, "")
        if named and not reason:
            reason = _("The only admin of the project %s") % named
        asked.append(Asked(row, inside[row.pk], reason, _pick(row)))
    able = [row.pick for row in asked if not row.problem]
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
