"""The search over everything: a page, and the same results as a part for the palette."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import context, finding
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import Scope, on_platform, project_scope, project_scopes
from console.kube.haystacks import Sought
from console.web import htmx
from services.search.present import commands, object_actions, results, unsearched
from services.shown.lists import LONGEST_SEARCH, number_in

SECONDS = 2.0
"""What a search may take of the cluster; what it has not seen by then it says."""


@require_safe
@on_platform()
def search(request: Request, scope: Scope) -> HttpResponse:
    """`?q=`: what is looked for; `in`: the project where the person is; `kind`: only this kind, and more of it;
    `before`: how many projects were looked into already.
    """
    typed = request.GET.get("q", "").strip()
    text, sought = typed[:LONGEST_SEARCH], Sought.of(typed[:LONGEST_SEARCH])
    inside = request.GET.get("in", "")[:63]
    present = project_scope(request.user, inside, request.request_id) if inside else None
    present = present if present and present.can(Capability.VIEW) else None
    request.place_scope = present
    kind = request.GET.get("kind", "")
    wanted = (kind,) if kind in results.KEYS else results.KEYS
    told = {"q": text, **({"in": present.place} if present else {})}
    answer = _answer(request, sought, wanted, present, told) if sought.words else {"groups": [], "remarks": []}
    total = sum(group.total for group in answer["groups"])
    endless = any(group.endless for group in answer["groups"])
    if len(wanted) > 1:
        answer["shell"] = shell = context.shell(request)["shell"]  # the page's, too: it is worked out once
        linked = {hit.url for group in answer["groups"] for hit in group.hits}
        actions = commands.actions(shell, present, sought.words, answer.pop("actions", ()), linked)
        answer["groups"] += [actions] if actions else []
        answer["actions"] = actions.total if actions else 0
    values = {**answer, "q": text, "cut": len(typed) > LONGEST_SEARCH, "only": len(wanted) == 1}
    values |= {"total": total, "endless": endless}
    values |= {"href": _href(told), "present": present.place if present else "", "longest": LONGEST_SEARCH}
    return htmx.render(request, "services/search/page.html", values, part="services/search/results.html")


def _answer(
    request: Request, sought: Sought, wanted: tuple[str, ...], present: Scope | None, told: dict[str, Any]
) -> dict[str, Any]:
    most = results.MOST if len(wanted) > 1 else results.MOST_OF_ONE
    places, more = context.nearby(request)
    near = None if more else places
    groups = []
    if results.PLACES in wanted:
        groups.append(results.places(*finding.matching(request.user, sought.words, most, near), sought.words))
    remarks: tuple[unsearched.Remark, ...] = ()
    actions: list[results.Hit] = []
    kinds = [kind for kind in results.KINDS if kind.key in wanted]
    if kinds:
        before = number_in(request.GET.get("before", ""))
        turn = finding.to_search(request.user, present.place if present else "", before, near)
        known = [present] if present and present.place in turn.names else []
        others = [name for name in turn.names if not known or name != known[0].place]
        scopes = known + (project_scopes(request.user.pk, others, Capability.VIEW) if others else [])
        looking = request.cluster.search(SECONDS)
        verb, name = object_actions.asked(sought) if len(wanted) > 1 else ("", sought)
        subjects = [(scope.subject, scope.place) for scope in scopes]
        searched = looking.across(subjects, sought, most + 1, name if verb else None)
        inside = present.place if present else ""
        groups += [results.of_kind(kind, looking, searched, sought.words, most, inside) for kind in kinds]
        if len(wanted) > 1:
            listed = [hit.url for group in groups if group for hit in group.hits]
            by_name = {scope.place: scope for scope in scopes}
            actions = object_actions.offered(verb, by_name, searched, name.words, listed, inside)
        only = {"kind": wanted[0]} if len(wanted) == 1 else {}
        again = {"before": turn.before} if turn.before else {}
        behind = {"before": turn.before + len(turn.names)}
        remarks = unsearched.remarks(
            turn, searched, _href({**told, **only, **behind}), _href({**told, **only, **again})
        )
    return {"groups": [group for group in groups if group], "remarks": remarks, "actions": actions}


def _href(query: dict[str, Any]) -> str:
    return f"{reverse('search:everything')}?{urlencode(query)}"
