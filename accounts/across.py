"""A person's projects, the most recently changed first: what home shows, and what the switcher marks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.domain.reach import Around, projects_of
from accounts.domain.record import last_changes
from accounts.models import AuditEntry, Membership, Project, User, Workspace
from accounts.roles import CREATOR_ROLE

# Of how many projects home and the switcher say how they are: each is asked for and may have to be watched.
MOST = 12


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project with the role that lets the person in, its workspace and its last change."""

    project: Project
    role: str
    workspace: Workspace
    change: AuditEntry | None


def newest(user: User, most: int, *, ready: bool = False) -> list[Project]:
    """As many of the person's projects as are shown, the most recently changed (or created) first; the database puts
    them in order, and the rest are not read. `ready`: only those that have a namespace.
    """
    done = AuditEntry.objects.filter(project_uuid=OuterRef("uuid"), outcome=AuditEntry.Outcome.OK).order_by("-id")
    changed = Coalesce(Subquery(done.values("at")[:1]), "created")
    projects = projects_of(user).exclude(ready=None) if ready else projects_of(user)
    return list(projects.order_by(changed.desc(), "name")[:most])


def recent(around: Iterable[Around]) -> list[ProjectRow]:
    """Their projects, the most recently changed (or created) first, then by name."""
    pairs = [(place, reached) for place in around for reached in place.projects]
    changes = last_changes([reached.project for _, reached in pairs])
    rows = [
        ProjectRow(reached.project, reached.role, place.workspace, changes.get(reached.project.uuid))
        for place, reached in pairs
    ]
    rows.sort(key=lambda row: row.project.name)
    return sorted(rows, key=lambda row: row.change.at if row.change else row.project.created, reverse=True)


def having(rows: list[ProjectRow], text: str) -> list[ProjectRow]:
    """Those with all words of a text in the name or alias of the project or the name of its workspace."""
    words = text.lower().split()
    names = (f"{row.project.name} {row.project.alias} {row.workspace.name}".lower() for row in rows)
    return [row for row, named in zip(rows, names, strict=True) if all(word in named for word in words)]


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace with what it has. `projects`: how many, None for who does not see all of them; `known`: whether all
    are among those that are asked about.
    """

    workspace: Workspace
    projects: int | None
    known: bool
    members: int
    administrators: tuple[str, ...]
    change: AuditEntry | None


def workspaces(around: Iterable[Around], rows: Iterable[ProjectRow], streamed: Collection[str]) -> list[WorkspaceRow]:
    """The workspaces by name, for who may look at each. `rows`: all their projects, the newest change first;
    `streamed`: the names of the projects whose state the stream of the page brings.
    """
    inside: dict[int, list[ProjectRow]] = {}
    for row in rows:
        inside.setdefault(row.workspace.pk, []).append(row)
    sees_all_in = {place.workspace: place.sees_all for place in around}
    among = Membership.objects.filter(workspace__in=sees_all_in)
    members = dict(among.order_by().values_list("workspace").annotate(Count("pk")))
    administrators: dict[int, list[str]] = {}
    admins = among.filter(role__name=CREATOR_ROLE, role__built_in=True, user__is_active=True)
    for place, name in admins.values_list("workspace", "user__name"):
        administrators.setdefault(place, []).append(name)
    return [
        WorkspaceRow(
            workspace=workspace,
            projects=len(inside.get(workspace.pk, ())) if sees_all else None,
            known=sees_all and all(row.project.name in streamed for row in inside.get(workspace.pk, ())),
            members=members.get(workspace.pk, 0),
            administrators=tuple(sorted(administrators.get(workspace.pk, ()))),
            change=next((row.change for row in inside.get(workspace.pk, ())), None),
        )
        for workspace, sees_all in sees_all_in.items()
    ]


def recent_names(who: int) -> list[str]:
    """The names of as many as may be asked about, for a person by key; those without a namespace left out."""
    user = User.objects.filter(pk=who).first()
    return [project.name for project in newest(user, MOST, ready=True)] if user else []
