"""The people of the documentation's quick start, with their workspace and project, for the embedded cluster."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.domain import people, places, sign_in_links
from accounts.domain.provisioning import PROJECT_LABEL
from accounts.models import Membership, Project, Role, SignInLink, User, Workspace, bump
from accounts.roles import Level
from console.kube import errors
from console.kube.hub import Cluster
from console.kube.kinds import NAMESPACE

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


_MADE_BY = "the demo"
AGE = timedelta(days=3 * 365)


def ensure(cluster: Cluster) -> list[str]:
    """Make what is missing of the demo, keep what people made. The names of those who may sign in, in the documented
    order.

    The people, the workspace and the project are made on the first start only: whoever removes a person or takes a role
    away finds that kept. The project's objects in the cluster are made again whenever they are missing, so that the
    cluster's file may be thrown away.
    """
    if not Workspace.objects.filter(name=WORKSPACE).exists() and not User.objects.exists():
        _make_rows(_uuid_in(cluster))
    project = Project.objects.select_related("workspace").filter(name=PROJECT).first()
    if project is not None:
        outcomes: list[places.Outcome] = []
        with suppress(ValidationError):  # its namespace belongs to somebody else by now
            outcomes = places.set_up(cluster.provisioner, project)
        if outcomes and project.ready is None and not any(outcome.missing for outcome in outcomes):
            Project.objects.filter(pk=project.pk).update(ready=timezone.now())
    return [name for name, *_roles in PEOPLE if User.objects.filter(name=name, is_active=True).exists()]


def link(name: str, base_url: str) -> str:
    """A fresh link that signs the person in. Those of earlier starts, which stand in terminals and log files, end."""
    SignInLink.objects.filter(user__name=name, used=None, made_by=_MADE_BY).update(used=timezone.now())
    return sign_in_links.sign_in_link(name, base_url=base_url, made_by=_MADE_BY)


@transaction.atomic
def _make_rows(uuid: UUID) -> None:
    workspace = Workspace.objects.create(
        name=WORKSPACE, alias="Demo", description="The quick start of the documentation"
    )
    project = Project.objects.create(
        uuid=uuid,
        name=PROJECT,
        alias="Demo project",
        description="Healthy and broken things to look at",
        workspace=workspace,
        creator="project-admin",
    )
    for made in (workspace, project):  # as old as the oldest of what the demo's cluster holds
        type(made)._base_manager.filter(pk=made.pk).update(created=timezone.now() - AGE)
    for name, on_platform, in_workspace, in_project in PEOPLE:
        user = people.create_user(name=name, email=f"{name}@example.com", platform_role=on_platform)
        if in_workspace:
            _join(user, Level.WORKSPACE, in_workspace, workspace=workspace)
        if in_project:
            _join(user, Level.PROJECT, in_project, project=project)


def _join(user: User, level: Level, role: str, **place: Workspace | Project) -> None:
    granted = Role.objects.get(level=level, name=role, workspace=None, project=None)
    Membership.objects.create(user=user, level=level, role=granted, added_by="admin", **place)
    bump(user)


def _uuid_in(cluster: Cluster) -> UUID:
    """The project's own, where the cluster outlived the database: its namespace is taken up again, with all in it."""
    with suppress(errors.NotFound, ValueError):
        labels = cluster.provisioner.get(NAMESPACE, None, PROJECT)["metadata"].get("labels") or {}
        return UUID(labels.get(PROJECT_LABEL, ""))
    return uuid4()
