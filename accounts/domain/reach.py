"""Where a person may go: the workspaces and projects they are something in."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Membership, Project, User, Workspace
from accounts.roles import IN_PROJECT, Capability
from accounts.words import standing


@dataclass(frozen=True, slots=True)
class Reached:
    """A project, and the roles that let the person in."""

    project: Project
    role: str


@dataclass(frozen=True, slots=True)
class Around:
    """A workspace with what the person reaches in it. `opens`: may look at the workspace itself; `creates`: projects in
    it; `sees_all`: there are no projects in it but these.
    """

    workspace: Workspace
    projects: tuple[Reached, ...]
    role: str
    opens: bool
    creates: bool
    sees_all: bool


@dataclass(frozen=True, slots=True)
class Nearby:
    """A workspace with the projects that the switcher shows in it. `opens`: may look at the workspace itself."""

    workspace: Workspace
    projects: tuple[Project, ...]
    opens: bool


def places_nearby(user: User, most: int | None) -> tuple[tuple[Nearby, ...], bool]:
    """The first `most` projects and workspaces by name (None: all), and whether there are more: what a page costs does
    not grow with what the person is in.
    """
    opens = Capability.WORKSPACE_VIEW in user.platform_capabilities
    own = {membership.workspace.pk: membership for membership in user.wide_memberships if membership.workspace}
    projects = list(projects_of(user).order_by("workspace__name", "name")[: most and most + 1])
    if opens:
        listed = list(Workspace.objects.order_by("name")[: most and most + 1])
    else:
        listed = sorted(
            (membership.workspace for membership in own.values() if membership.workspace),
            key=lambda workspace: workspace.name,
        )
    more = most is not None and max(len(projects), len(listed)) > most
    workspaces = {workspace.pk: workspace for workspace in listed[:most]}
    workspaces |= {project.workspace_id: project.workspace for project in projects[:most]}
    inside: dict[int, list[Project]] = defaultdict(list)
    for project in projects[:most]:
        inside[project.workspace_id].append(project)
    viewed = {pk for pk, membership in own.items() if Capability.WORKSPACE_VIEW in membership.role.capability_set}
    shown = sorted(workspaces.values(), key=lambda workspace: workspace.name)
    return tuple(
        Nearby(workspace, tuple(inside[workspace.pk]), opens or workspace.pk in viewed) for workspace in shown
    ), more


def projects_of(user: User) -> QuerySet[Project]:
    """The projects that the person reaches, with their workspaces."""
    projects = Project.objects.select_related("workspace")
    if user.platform_capabilities & IN_PROJECT:
        return projects
    reaching = [
        membership.workspace_id
        for membership in user.wide_memberships
        if membership.workspace and membership.role.capability_set & IN_PROJECT
    ]
    if not reaching:  # a join, for there is one role in a project: with a query inside this one it takes twice as long
        return projects.filter(memberships__user=user)
    direct = Membership.objects.filter(user=user, project__isnull=False).values("project")
    return projects.filter(Q(pk__in=direct) | Q(workspace_id__in=reaching))


def workspaces_of(user: User) -> QuerySet[Workspace]:
    """The workspaces that the person may look at."""
    if Capability.WORKSPACE_VIEW in user.platform_capabilities:
        return Workspace.objects.all()
    viewing = [
        membership.workspace_id
        for membership in user.wide_memberships
        if membership.workspace_id and Capability.WORKSPACE_VIEW in membership.role.capability_set
    ]
    return Workspace.objects.filter(pk__in=viewing)


def places_of(user: User, only: Collection[Project] | None = None) -> tuple[Around, ...]:
    """All of it, by name; three queries at most beside the person's own memberships. `only`: of their projects these,
    and no other is read.
    """
    everywhere, own = user.platform_capabilities, user.wide_memberships
    in_workspace = {membership.workspace_id: membership.role for membership in own if membership.workspace_id}
    direct = Membership.objects.filter(user=user, project__isnull=False).select_related("role")
    direct = direct if only is None else direct.filter(project__in=only)
    in_project = {membership.project_id: membership.role for membership in direct}
    inside: dict[int, list[Reached]] = defaultdict(list)
    workspaces: dict[int, Workspace] = {}
    for project in projects_of(user) if only is None else only:
        held_as = standing(in_project.get(project.pk), in_workspace.get(project.workspace_id), user.platform_role)
        inside[project.workspace_id].append(Reached(project, held_as))
        workspaces[project.workspace_id] = project.workspace
    if Capability.WORKSPACE_VIEW in everywhere:
        workspaces |= Workspace.objects.in_bulk()
    else:
        workspaces |= {membership.workspace.pk: membership.workspace for membership in own if membership.workspace}
    around = []
    for pk, workspace in sorted(workspaces.items(), key=lambda item: item[1].name):
        role = in_workspace.get(pk)
        held = everywhere | (role.capability_set if role else frozenset())
        around.append(
            Around(
                workspace=workspace,
                projects=tuple(inside[pk]),
                role=role.name if role else "",
                opens=Capability.WORKSPACE_VIEW in held,
                creates=Capability.PROJECTS_CREATE in held,
                sees_all=bool(held & IN_PROJECT),
            )
        )
    return tuple(around)
