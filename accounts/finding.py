"""A search among places: those of a person that match, and the projects that are worth looking into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse

from accounts.domain.reach import Nearby, projects_of, workspaces_of
from accounts.models import AuditEntry, Project, User, Workspace

# Of one search: each is asked for at the cluster, and may have to be watched.
MOST_PROJECTS = 12
P = TypeVar("P", Project, Workspace)
_MOST_ENTRIES = 100  # of the record, to see where somebody worked last


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A workspace or project that matches. `inside`: the workspace of a project."""

    kind: str
    name: str
    alias: str
    inside: str
    url: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The projects of one search, those first where the person is or worked last; `total`: all that they reach,
    `before`: how many come before these.
    """

    names: tuple[str, ...]
    before: int
    total: int


def matching(
    user: User, words: Sequence[str], most: int, near: Sequence[Nearby] | None
) -> tuple[tuple[PlaceMatch, ...], bool]:
    """The first `most` workspaces and projects with all words in their name or alias, and whether there are more.
    `near`: all places of the person, where the page has them already; then nothing is asked.
    """
    if near is None:
        workspaces = list(_best(workspaces_of(user), words)[: most + 1])
        projects = list(_best(projects_of(user), words)[: most + 1])
    else:
        workspaces = _best_of((place.workspace for place in near if place.opens), words)
        projects = _best_of((project for place in near for project in place.projects), words)
    places = [
        PlaceMatch("workspace", space.name, space.alias, "", reverse("accounts:workspace", args=[space.name]))
        for space in workspaces
    ]
    for project in projects:
        url = reverse("accounts:project", args=[project.name])
        places.append(PlaceMatch("project", project.name, project.alias, project.workspace.name, url))
    # Exactly what was typed first; the rest stays in the order of the database, workspaces before projects.
    places.sort(key=lambda place: " ".join(words) not in (place.name.lower(), place.alias.lower()))
    return tuple(places[:most]), len(places) > most


def _best(places: QuerySet[P], words: Sequence[str]) -> QuerySet[P]:
    """Those with all words, what is called just so first."""
    for word in words:
        places = places.filter(Q(name__icontains=word) | Q(alias__icontains=word))
    exact = When(Q(name__iexact=words[0]) | Q(alias__iexact=words[0]), then=Value(0))
    prefix = When(Q(name__istartswith=words[0]) | Q(alias__istartswith=words[0]), then=Value(1))
    how = Case(exact, prefix, default=Value(2), output_field=IntegerField())
    return places.alias(how=how).order_by("how", "name")


def _best_of(places: Iterable[P], words: Sequence[str]) -> list[P]:
    """As `_best`, of places that are known."""
    ranked = []
    for place in places:
        texts = (place.name.lower(), place.alias.lower())
        if all(word in texts[0] or word in texts[1] for word in words):
            begins = any(text.startswith(words[0]) for text in texts)
            ranked.append((0 if words[0] in texts else 1 if begins else 2, place.name, place))
    return [place for *_, place in sorted(ranked, key=lambda row: row[:2])]


def to_search(user: User, present: str, before: int, near: Sequence[Nearby] | None) -> Turn:
    """Which projects to look into: where the person is, where they worked last, then by name; the first `before` were
    looked into already. It costs the same for who reaches many. `near`: as `matching` has it.
    """
    if near is not None:
        known = sorted(project.name for place in near for project in place.projects if project.ready)
        wanted = _wanted(user, present) if len(known) > 1 else []
        order = [*(name for name in wanted if name in known), *(name for name in known if name not in wanted)]
        return Turn(tuple(order[before : before + MOST_PROJECTS]), before, len(order))
    reached = projects_of(user).filter(ready__isnull=False)
    wanted = _wanted(user, present)
    reachable = set(reached.filter(name__in=wanted).values_list("name", flat=True))
    head = [name for name in wanted if name in reachable]
    rest = reached.exclude(name__in=head).order_by("name").values_list("name", flat=True)
    behind = max(0, before - len(head))
    names = head[before : before + MOST_PROJECTS]
    room = MOST_PROJECTS - len(names)
    following = list(rest[behind : behind + room + 1])
    names += following[:room]
    # Counted only where there are others: most people are in a handful.
    total = reached.count() if before or len(following) > room else len(names)
    return Turn(tuple(names), before, total)


def _wanted(user: User, present: str) -> list[str]:
    """The present project, then those of the person's last entries in the record, reached or not."""
    entries = AuditEntry.objects.filter(actor_uuid=user.uuid).exclude(project="").values_list("project", flat=True)
    return list(dict.fromkeys([present, *entries[:_MOST_ENTRIES]]))[:MOST_PROJECTS]
