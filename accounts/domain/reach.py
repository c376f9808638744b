"""Where a person may go: the workspaces and projects they are something in."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import Project, User, Workspace
from accounts.roles import IN_PROJECT, PLATFORM_ADMIN, Capability


@dataclass(frozen=True, slots=True)
class Reached:
    """A project, and the role that lets the person in."""

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


def places_of(user: User) -> tuple[Around, ...]:
    """All of it, by name; two queries at most beside the person's own memberships."""
    everywhere, own = user.platform_capabilities, user.standing
    in_workspace = {each.workspace_id: each.role for each in own if each.workspace_id}
    in_project = {each.project_id: each.role for each in own if each.project_id}
    reaching = [pk for pk, role in in_workspace.items() if role.capability_set & IN_PROJECT]
    projects = Project.objects.select_related("workspace")
    if not everywhere & IN_PROJECT:
        projects = projects.filter(Q(pk__in=in_project) | Q(workspace_id__in=reaching))
    inside: dict[int, list[Reached]] = defaultdict(list)
    workspaces: dict[int, Workspace] = {}
    for project in projects:
        role = in_project.get(project.pk) or in_workspace.get(project.workspace_id)
        inside[project.workspace_id].append(Reached(project, role.name if role else PLATFORM_ADMIN))
        workspaces[project.workspace_id] = project.workspace
    everywhere_in = Capability.WORKSPACE_VIEW in everywhere
    opened = Workspace.objects.all() if everywhere_in else (each.workspace for each in own if each.workspace)
    workspaces |= {workspace.pk: workspace for workspace in opened}
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
