"""Workspaces and projects: making them, in the database and in the cluster."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Place, Scope
from accounts.domain import provisioning
from accounts.domain.provisioning import Document, Plan
from accounts.models import Membership, Project, Role, User, Workspace, bump
from accounts.roles import CREATOR_ROLE, IN_PROJECT, Level
from console.kube import batch, errors
from console.kube.hub import Cluster
from console.kube.kinds import NAMESPACE
from console.kube.provisioner import Provisioner


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one cluster object: made, there (it was already), failed, or not tried."""

    kind: str
    name: str
    state: str
    message: str = ""

    @property
    def missing(self) -> bool:
        return self.state not in {"made", "there"}


@dataclass(slots=True)
class SetUp:
    """A project and what became of its cluster objects."""

    project: Project
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def missing(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.missing]


def create_workspace(*, scope: Scope, name: str, alias: str = "", description: str = "") -> Workspace:
    """A workspace with the person as its administrator. Raises ValidationError for its fields."""
    workspace = Workspace(name=name, alias=alias, description=description)
    workspace.full_clean()
    with audit.attempt(scope, "workspace.create", target=f"Workspace {name}"), transaction.atomic():
        try:
            with transaction.atomic():
                workspace.save()
        except IntegrityError as error:  # somebody else was creating it at the same moment
            raise ValidationError({"name": _("A workspace with this name already exists.")}) from error
        _make_admin(scope, Level.WORKSPACE, workspace=workspace)
    return workspace


def create_project(*, scope: Scope, cluster: Cluster, name: str, alias: str = "", description: str = "") -> SetUp:
    """A project in the scope's workspace, with the person as its administrator, and its namespace.

    Raises ValidationError for its fields (also if the cluster has a namespace of that name) and for a person who has
    created as many as one may (administrators of the platform may create more), KubeError if nothing was
    made. If some of its objects could not be made, the project is there, not `ready`, and `complete_project` goes on.
    """
    most = settings.BERTH_PROJECTS_PER_PERSON
    if not scope.actor.is_admin and Project.objects.filter(creator=scope.actor.name).count() >= most:
        full = _("You have created %d projects, the limit for one user. An administrator can create more for you.")
        raise ValidationError(full % most)
    workspace = Workspace.objects.get(uuid=_workspace(scope).uuid)
    project = Project(name=name, alias=alias, description=description, workspace=workspace, creator=scope.actor.name)
    project.full_clean()
    begins = Place(project.uuid, project.name, project.alias)
    with audit.attempt(scope, "project.create", target=f"Project {name}", begins=begins) as entry:
        try:
            with transaction.atomic():
                project.save()
                _make_admin(scope, Level.PROJECT, project=project)
        except IntegrityError as error:  # somebody else was creating it at the same moment
            raise ValidationError({"name": _("A project with this name already exists.")}) from error
        result = SetUp(project)
        try:
            result.outcomes += set_up(cluster.provisioner, project)
        except (ValidationError, errors.KubeError) as problem:
            if not isinstance(problem, errors.AnswerLost):
                Project.objects.filter(pk=project.pk).delete()
                raise
            result.outcomes.append(Outcome("Namespace", project.name, "failed", str(problem)))
        _finish(entry, result)
    return result


def complete_project(*, scope: Scope, cluster: Cluster, project: Project) -> SetUp:
    """Make what is missing of a project in the cluster; what is there stays. Raises KubeError if not even its namespace
    can be had.
    """
    with audit.attempt(scope, "project.complete", target=f"Project {project.name}") as entry:
        result = SetUp(project, set_up(cluster.provisioner, project))
        _finish(entry, result)
    return result


def set_up(console: Provisioner, project: Project) -> list[Outcome]:
    """Make what is missing of a project in the cluster, as the console; the caller records it. Raises KubeError, and
    ValidationError where its namespace is somebody else's.
    """
    plan = plan_of(project, console)
    return [make_namespace(console, plan), *bind(console, provisioning.bindings(plan))]


def _workspace(scope: Scope) -> Place:
    if scope.workspace is None:
        raise ValueError("a project is made in a workspace")
    return scope.workspace


def plan_of(project: Project, console: Provisioner) -> Plan:
    """What the project is to be in the cluster. Raises KubeError if that does not say who the console is."""
    return Plan(
        name=project.name,
        uuid=project.uuid,
        workspace=project.workspace.name,
        creator=project.creator,
        console=console.whoami(),
        alias=project.alias,
        description=project.description,
    )


def _make_admin(scope: Scope, level: Level, **place: Workspace | Project) -> None:
    user = User.objects.get(uuid=scope.actor.uuid)
    role = Role.objects.get(level=level, name=CREATOR_ROLE, workspace=None, project=None)
    Membership.objects.create(user=user, level=level, role=role, added_by=scope.actor.name, **place)
    bump(user)


def make_namespace(console: Provisioner, plan: Plan) -> Outcome:
    """The namespace of the plan. One that is not ours is never taken over: who adopts kube-system owns the cluster."""
    document = provisioning.namespace(plan)
    try:
        console.create_namespace(document)
    except (errors.AlreadyExists, errors.AnswerLost, errors.ServerError) as problem:
        if not _is_ours(console, plan, problem):
            taken = _("The cluster already has a namespace with this name. Choose another name.")
            raise ValidationError({"name": taken}) from problem
        return Outcome("Namespace", plan.name, "there")
    return Outcome("Namespace", plan.name, "made")


def _is_ours(console: Provisioner, plan: Plan, problem: errors.KubeError) -> bool:
    lost = isinstance(problem, errors.AnswerLost)  # then it may be on its way

    def read() -> Document | None:
        try:
            return console.get(NAMESPACE, None, plan.name)
        except errors.NotFound:
            return None

    try:
        namespace = batch.looked_after(read, lambda now: now is not None or not lost)
    except errors.KubeError:
        if isinstance(problem, errors.AlreadyExists):
            raise problem from None
        raise errors.AnswerLost(  # a server that fails may have made it all the same
            problem.message, reason=problem.reason, code=problem.code
        ) from problem
    if namespace is None:
        raise problem
    labels = namespace.get("metadata", {}).get("labels") or {}
    return bool(labels.get(provisioning.PROJECT_LABEL) == str(plan.uuid))


def _finish(entry: audit.Entry, result: SetUp) -> None:
    """Record what came of it, and mark the project as ready if nothing is missing."""
    made = [f"{outcome.kind} {outcome.name}" for outcome in result.outcomes if outcome.state == "made"]
    if missing := result.missing:
        entry.failed(f"{len(missing)} objects are missing: {missing[0].message}", changes=made)
    else:
        Project.objects.filter(pk=result.project.pk).update(ready=timezone.now())
        result.project.refresh_from_db()
        entry.done(changes=made)


def bind(console: Provisioner, documents: tuple[Document, ...]) -> list[Outcome]:
    """Make each RoleBinding that is not there. After a lost connection the rest is not tried."""
    outcomes: list[Outcome] = []
    lost = False
    for document in documents:
        state, message = "not-tried" if lost else "made", ""
        try:
            if not lost:
                console.create_binding(document["metadata"]["namespace"], document)
        except errors.AlreadyExists:
            state = "there"
        except errors.KubeError as problem:
            state, message, lost = "failed", audit.describe(problem), isinstance(problem, errors.Unavailable)
        outcomes.append(Outcome("RoleBinding", document["metadata"]["name"], state, message))
    return outcomes


def projects_in(scope: Scope) -> QuerySet[Project]:
    """The projects of the scope's workspace that the person is something in, with the number of their members."""
    projects = Project.objects.filter(workspace__uuid=_workspace(scope).uuid)
    if not scope.capabilities & IN_PROJECT:
        projects = projects.filter(memberships__user__uuid=scope.actor.uuid)
    members = Membership.objects.filter(project=OuterRef("pk")).order_by().values("project").annotate(n=Count("pk"))
    return projects.annotate(member_count=Coalesce(Subquery(members.values("n")), 0))
