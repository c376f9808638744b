"""The record of a project, a workspace or the platform: filtered, paged, each entry to be opened."""

import csv
import io
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts import changed, words
from accounts.domain import membership, record
from accounts.domain.record import Question
from accounts.models import AuditEntry, User
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, View, in_project, in_workspace, is_current, is_still_signed_in, on_platform
from accounts.views.answers import address
from console.web import sse

PAGE = 50
MOST_PAGES = 1000
MOST_DOWNLOADED = 50_000
PIECE = 500  # entries: some 30 ms of the processor
_NOT_DONE = ("refused", "failed")
STATES = {"ok": "ok", "refused": "bad", "failed": "warn", "started": "busy"}

Target = tuple[str, str]
"""The kind and the name of what an entry is about, ("Member", "bob")."""

_FROM_TO = re.compile(r"([^:]{1,80}: )(.+?) to (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: "gone" or "new", and in it what differs."""

    kind: str
    head: str
    changed: str


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the table shows it: "Changed" the thing of a `name`, which is a `kind` if the words do not say so;
    `url`: of its page, or "". `state` is "" where all went well: only what did not is coloured.
    """

    entry: AuditEntry
    words: words.Text
    name: str
    kind: str
    url: str
    address: str  # where the request came from, for who may know
    changes: tuple[str, ...]
    paths: tuple[str, ...]  # the same as it is kept
    lines: tuple[Line, ...]  # those of the changes that say what was before and what is after
    message: str
    groups: tuple[str, ...]  # the capabilities that the groups stand for
    state: str


def _target(scope: Scope, entry: AuditEntry) -> Target:
    """What the entry is about, as the record of this place calls it; no kind where these are several things."""
    target = entry.target.replace(f" {scope.place}/", " ") if scope.project else entry.target
    kind, _space, name = target.partition(" ")
    return (kind, name) if name and "," not in target else ("", target)


def _row(scope: Scope, entry: AuditEntry, existing: Container[Target]) -> Row:
    """`existing`: the roles, members and users that the page names and that are there now."""
    kind, name = _target(scope, entry)
    changes = record.changes_for(scope, entry)
    project, _slash, service = entry.target.removeprefix("Service ").partition("/")
    shown = kind == "Service" and project == entry.project and not entry.action.endswith(".delete")
    act = words.action(entry.action, done=entry.outcome not in _NOT_DONE)
    return Row(
        entry=entry,
        words=f"{act} {_('role')}" if kind == "Role" else act,
        name=name,
        kind=kind if kind not in ("Member", "Role") else "",
        url=_address_of(project, service) if shown else _url_here(scope, entry, kind, name, existing),
        address=record.address_for(scope, entry),
        changes=_together(changed.in_words(changes), new=entry.action == "role.create"),
        paths=changes,
        lines=_difference(changed.in_words(changes)),
        message=changed.message(record.message_for(scope, entry)),
        groups=tuple(changed.permission(group.rpartition(":")[2]) for group in entry.groups),
        state="" if entry.outcome == AuditEntry.Outcome.OK else STATES[entry.outcome],
    )


def _of_new_role(changes: tuple[str, ...]) -> str:
    """How many permissions it has, and the first of them: the opened entry names all."""
    count = ngettext("with %(n)s permission", "with %(n)s permissions", len(changes)) % {"n": len(changes)}
    first, others = str(changes[0]).partition(": ")[2], len(changes) - 1
    return f"{count}: “{first}” {_('and %d more') % others}" if others else f"{count}: “{first}”"


def _together(changes: tuple[str, ...], *, new: bool) -> tuple[str, ...]:
    """Neighbours of one kind in one: "added “View logs”, “Edit ConfigMaps”"; of a new role how many it has."""
    if new and changes:
        return (_of_new_role(changes),)
    sentences: list[str] = []
    for change in map(str, changes):
        kind, colon, permission = change.partition(": ")
        if kind == "role" and (between := _FROM_TO.fullmatch(change)):
            sentences.append(_("from %(before)s to %(now)s") % {"before": between[2], "now": between[3]})
        elif kind == "role":
            sentences.append(_("as %s") % permission)
        elif not colon or kind not in ("added", "removed"):
            sentences.append(change)
        elif sentences and sentences[-1].startswith(f"{kind} “"):
            sentences[-1] += f", “{permission}”"
        else:
            sentences.append(f"{kind} “{permission}”")
    return tuple(sentences)


def _difference(changes: tuple[str, ...]) -> tuple[Line, ...]:
    """Changes like "role: viewer to operator", "added: logs" as the lines of a difference."""
    lines: list[Line] = []
    for change in map(str, changes):
        kind, _colon, value = change.partition(": ")
        if between := _FROM_TO.fullmatch(change):
            lines += (Line("gone", between[1], between[2]), Line("new", between[1], between[3]))
        elif value and kind in ("added", "removed"):
            lines.append(Line("new" if kind == "added" else "gone", "", value))
    return tuple(lines)


def _address_of(project: str, service: str) -> str:
    try:
        return reverse("services:details", args=[project, service])
    except NoReverseMatch:
        return ""


def _existing(scope: Scope, page: Iterable[AuditEntry]) -> set[Target]:
    """Which roles, members and users that a page names are there now: asked once of each kind, not for each row."""
    named: dict[str, set[str]] = {"Role": set(), "Member": set(), "User": set()}
    for kind, name in (_target(scope, entry) for entry in page):
        named.get(kind, set()).add(name)
    existing: set[Target] = set()
    if named["User"] and not scope.place:
        users = User.objects.filter(name__in=named["User"])
        existing |= {("User", name) for name in users.values_list("name", flat=True)}
    if named["Role"] and scope.place:
        existing |= {("Role", role.name) for role in membership.roles_for(scope)}
    if named["Member"] and scope.place:
        members = membership.members(scope).filter(user__name__in=named["Member"])
        existing |= {("Member", member.user.name) for member in members}
    return existing


def _url_here(scope: Scope, entry: AuditEntry, kind: str, name: str, existing: Container[Target]) -> str:
    """Where a role, a member or a user is shown, if it exists and is of the place whose record this is."""
    if (kind, name) not in existing:
        return ""
    if not scope.place:
        return reverse("accounts:user", args=[name])
    if entry.project != (scope.place if scope.project else ""):
        return ""
    return (
        address(scope, "role", role=name) if kind == "Role" else f"{address(scope, 'members')}?{urlencode({'q': name})}"
    )


def _change_role_url(scope: Scope, entry: AuditEntry | None) -> str:
    """Where to change the role of the member whom an entry is about, for who may; else ""."""
    kind, _space, name = entry.target.partition(" ") if entry else ("", "", "")
    if entry is None or kind != "Member" or not scope.place or entry.project != (scope.place if scope.project else ""):
        return ""
    member = membership.members(scope).filter(user__name=name).first()
    if member is None or membership.blocked(scope, member):
        return ""
    return address(scope, "member-role", member=name)


def _filters_chosen(question: Question) -> str:
    """What the fields say while they are folded, the outcome aside, which has its chips: "alice, object orders"."""
    kind = words.KINDS[question.kind][0] if question.kind in words.KINDS else ""
    since = _("from %s") % question.since if question.since else ""
    until = _("to %s") % question.until if question.until else ""
    target = _("object “%s”") % question.target if question.target else ""
    return ", ".join(str(value) for value in (question.who, kind, target, since, until) if value)


def _page(request: Request, scope: Scope) -> HttpResponse:
    """What was attempted in the project, in the workspace, or at all."""
    question = _question(request)
    matching = record.find(scope, question)
    counts = record.by_outcome(matching)
    shown = matching.filter(outcome=question.outcome) if question.outcome in STATES else matching
    number = _number(request.GET.get("page", ""))
    page = list(shown[(number - 1) * PAGE : number * PAGE + 1])
    opened, existing = request.GET.get("open", ""), _existing(scope, page[:PAGE])
    context = {
        "scope": scope,
        "number": number,
        "newer": number - 1,
        "older": number + 1 if len(page) > PAGE and number < MOST_PAGES else 0,
        "rows": [_row(scope, entry, existing) for entry in page[:PAGE]],
        "first": (number - 1) * PAGE + 1,
        "last": (number - 1) * PAGE + len(page[:PAGE]),
        "question": question,
        "opened": opened,
        "change_role_url": _change_role_url(scope, next((entry for entry in page if str(entry.pk) == opened), None)),
        "kept_days": settings.BERTH_RECORD_DAYS,
        "actors": record.actors(scope),
        "filters_chosen": _filters_chosen(question),
        "kinds": [(key, title) for key, (title, _parts) in words.KINDS.items()],
        "outcomes": _outcomes(question, counts),
        "total": sum(counts.values()),
        "listed": counts.get(question.outcome, 0) if question.outcome in STATES else sum(counts.values()),
        "filtered": question != Question(),
        "more": "+" if sum(counts.values()) >= record.MOST_COUNTED else "",
    }
    return render(request, "accounts/activity.html", context)


_COLUMNS: tuple[str, ...] = (
    "entry", "at", "who", "role", "action", "object", "workspace", "project", "outcome", "changes", "message",
    "duration in ms", "request id",
)  # fmt: skip


def _download(request: Request, scope: Scope) -> HttpResponseBase:
    """What the page shows, as a table for a spreadsheet: the newest MOST_DOWNLOADED entries of what is asked for."""
    question = _question(request)
    among = record.find(scope, question)
    among = among.filter(outcome=question.outcome) if question.outcome in STATES else among
    response = sse.pieces(
        request,
        take=partial(next, _table(scope, among), b""),
        recheck=lambda: is_still_signed_in(request) and is_current(scope),
        content_type="text/csv; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="activity-{scope.place or "platform"}.csv"'
    return response


def _table(scope: Scope, among: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """The record in pieces: it may be long, and others want to work meanwhile."""
    lines, left = [_COLUMNS], MOST_DOWNLOADED
    while lines:
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        yield text.getvalue().encode()
        entries = list(among[: min(PIECE, left)])
        lines = [_cells(scope, entry) for entry in entries]
        if entries:
            among, left = among.filter(pk__lt=entries[-1].pk), left - len(entries)


def _cells(scope: Scope, entry: AuditEntry) -> tuple[str, ...]:
    changes, message = record.changes_for(scope, entry), record.message_for(scope, entry)
    cells = (
        entry.pk, entry.at.isoformat(timespec="milliseconds"), entry.actor, entry.role, entry.action, entry.target,
        entry.workspace, entry.project, entry.outcome, "; ".join(map(str, changes)), message,
        "" if entry.duration_ms is None else entry.duration_ms, entry.request_id,
    )  # fmt: skip
    formulas = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet takes what begins like this for one
    return tuple(f"'{text}" if text.startswith(formulas) else text for text in map(str, cells))


def _question(request: Request) -> Question:
    query = request.GET
    return Question(
        who=query.get("who", "")[:64],
        kind=query.get("what", ""),
        target=query.get("on", "")[:320],
        outcome=query.get("out", ""),
        since=_day(query.get("from", "")),
        until=_day(query.get("to", "")),
    )


def _number(text: str) -> int:
    """The page that is asked for, from 1."""
    return max(1, min(int(text), MOST_PAGES)) if text.isdecimal() and len(text) < 8 else 1


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is None or day.year < MAXYEAR else None


def _outcomes(question: Question, counts: dict[str, int]) -> list[tuple[str, str, str, int, bool]]:
    """(value, state, words, count, chosen) for each outcome; those whose outcome is not known only if there are any."""
    return [
        (value, STATES[value], str(AuditEntry.Outcome(value).label), counts.get(value, 0), question.outcome == value)
        for value in STATES
        if value != AuditEntry.Outcome.STARTED or counts.get(value) or question.outcome == value
    ]


project_activity: View = require_safe(in_project(Capability.VIEW)(_page))
workspace_activity: View = require_safe(in_workspace(Capability.WORKSPACE_VIEW)(_page))
platform_activity: View = require_safe(on_platform(Capability.PLATFORM_ADMIN)(_page))
project_download: View = require_safe(in_project(Capability.VIEW)(_download))
workspace_download: View = require_safe(in_workspace(Capability.WORKSPACE_VIEW)(_download))
platform_download: View = require_safe(on_platform(Capability.PLATFORM_ADMIN)(_download))
