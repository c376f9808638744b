"""The people of the documentation's quick start, with their workspace and project, for the embedded cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts import identity
from accounts.domain import people, places
from accounts.models import Membership, Project, Role, User, Workspace, bump
from accounts.roles import Level
from console.kube.hub import Cluster

WORKSPACE = "demo-workspace"
PROJECT = "demo-project"

# Name, role on the platform, in the workspace, in the project; in the documented order.
PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("admin", "platform-admin", "", ""),
    ("ws-manager", "workspaces-manager", "", ""),
    ("ws-admin", "platform-regular", "admin", ""),
    ("project-admin", "platform-regular", "self-provisioner", "admin"),
    ("project-regular", "platform-regular", "regular", "operator"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A demo person; `link(base_url)` makes a fresh sign-in link."""

    name: str
    link: Callable[[str], str]


def ensure(cluster: Cluster) -> list[Person]:
    """Make what is missing of the demo, keep what people made. The people who may sign in, in the documented order.

    The people, the workspace and the project are made on the first start only: whoever removes a person or takes a role
    away finds that kept. The project's objects in the cluster are made again whenever they are missing, so that the
    cluster's file may be thrown away.
    """
    if not Workspace.objects.filter(name=WORKSPACE).exists() and not User.objects.exists():
        _make_rows()
    project = Project.objects.select_related("workspace").filter(name=PROJECT).first()
    if project is not None:
        _set_up(cluster, project)
    names = [name for name, *_roles in PEOPLE if User.objects.filter(name=name, is_active=True).exists()]
    return [Person(name, partial(_link, name)) for name in names]


def _link(name: str, base_url: str) -> str:
    return people.sign_in_link(name, base_url=base_url)


@transaction.atomic
def _make_rows() -> None:
    workspace = Workspace.objects.create(
        name=WORKSPACE, alias="Demo", description="The quick start of the documentation"
    )
    project = Project.objects.create(
        name=PROJECT,
        alias="Demo project",
        description="Healthy and broken things to look at",
        workspace=workspace,
        creator="project-admin",
    )
    for name, on_platform, in_workspace, in_project in PEOPLE:
        user = people.create_user(name=name, platform_role=on_platform)
        if in_workspace:
            _join(user, Level.WORKSPACE, in_workspace, workspace=workspace)
        if in_project:
            _join(user, Level.PROJECT, in_project, project=project)


def _join(user: User, level: Level, role: str, **place: Workspace | Project) -> None:
    given = Role.objects.get(level=level, name=role, workspace=None, project=None)
    Membership.objects.create(user=user, level=level, role=given, added_by="admin", **place)
    bump(user)


def _set_up(cluster: Cluster, project: Project) -> None:
    """The project's cluster objects, made as its creator. The embedded cluster's seed may have made the namespace
    already.
    """
    creator = User.objects.filter(name=project.creator).first() or User.objects.order_by("pk").first()
    if creator is None:
        return
    client = cluster.as_user(identity.provisioner(creator.uuid, project=project.uuid))
    if places.adopt(client=client, project=project) and project.ready is None:
        Project.objects.filter(pk=project.pk).update(ready=timezone.now())
