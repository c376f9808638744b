"""Who is in a workspace or project, with which role: inviting, changing, removing. Every change counts at once,
everywhere.

Rules, all checked here and not in views: nobody gives or takes a role that can do more than they can themselves; nobody
changes themselves; a place keeps at least one person who can manage its members. One exception, documented: who manages
workspaces (`workspaces.manage`) may give any role of a workspace to others, as the quick start of the documentation has
it.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, words
from accounts.actor import NotAllowed, Scope
from accounts.backends import find
from accounts.domain.reach import places_of
from accounts.models import Invitation, Membership, Project, Role, User, Workspace, bump, folded
from accounts.roles import IN_PROJECT, Capability, Level, may_give
from accounts.scope import givers, project_scope, workspace_scope

MOST_SUGGESTED = 50
MOST_INVITED = 20
LONGEST_SHOWN = 64  # of a name that nobody has
OUTSIDE = "outside"  # the code of the problem that somebody is no member of the workspace
MANAGE = {Level.PROJECT: Capability.PROJECT_MANAGE, Level.WORKSPACE: Capability.WORKSPACE_MANAGE}


class LastOfProject(ValidationError):
    """Who is to leave a workspace is the only admin of one of its projects. Its own sentence, which is recorded where
    every member of the workspace reads it, does not say of which; `named` does, for who may see the project.
    """

    def __init__(self, name: str, project: Project) -> None:
        super().__init__(
            _("%(name)s is the only admin of a project of this workspace. Appoint another admin first.")
            % {"name": name}
        )
        self.project = project
        self.named = _("%(name)s is the only admin of the project %(project)s. Appoint another admin first.") % {
            "name": name,
            "project": project,
        }


def level_of(scope: Scope) -> Level:
    return Level.PROJECT if scope.project else Level.WORKSPACE


def place_of(scope: Scope, *, lock: bool = False) -> dict[str, Any]:
    """The row of the place itself, under the name that memberships and roles have for it."""
    if scope.project:
        projects = Project.objects.select_for_update(no_key=True) if lock else Project.objects.all()
        return {"project": projects.get(uuid=scope.project.uuid)}
    assert scope.workspace is not None  # noqa: S101 - members and roles are of a project or a workspace
    workspaces = Workspace.objects.select_for_update(no_key=True) if lock else Workspace.objects.all()
    return {"workspace": workspaces.get(uuid=scope.workspace.uuid)}


def members(scope: Scope) -> QuerySet[Membership]:
    """Those who are members of the place itself, by name."""
    return Membership.objects.filter(**_place(scope)).select_related("user", "role")


def from_above(scope: Scope) -> list[tuple[Membership, str]]:
    """Those of the workspace who may do more in the project than their own role in it says, by name, and as what."""
    if not scope.project or not scope.workspace:
        return []
    around = Membership.objects.filter(workspace__uuid=scope.workspace.uuid)
    roles = Role.objects.filter(pk__in=around.values("role"))  # few; the members may be many
    reaching = around.filter(role__in=[role for role in roles if role.capability_set & IN_PROJECT])
    own = {membership.user_id: membership.role.capability_set for membership in members(scope)}
    return [
        (membership, words.whole(words.standing(None, membership.role, None), membership.role.capability_set))
        for membership in reaching.select_related("user", "role").order_by("user__name")
        if membership.role.capability_set & IN_PROJECT - own.get(membership.user_id, frozenset())
    ]


def matches(membership: Membership, text: str) -> bool:
    """Is it a membership of somebody whose name or email has the text in it?"""
    user = membership.user
    return any(text.casefold().strip() in value.casefold() for value in (user.name, user.display_name, user.email))


def roles_for(scope: Scope) -> list[Role]:
    """The roles that can be given in the place: built-in ones and those made for it."""
    anywhere = Q(workspace=None, project=None)
    return list(Role.objects.filter(anywhere | Q(**_place(scope)), level=level_of(scope)))


def most_first(roles: Iterable[Role]) -> list[Role]:
    """In the order in which pages show roles: what may do most comes first."""
    return sorted(roles, key=lambda role: (-len(role.capability_set), role.name))


def givable(scope: Scope) -> list[Role]:
    """The roles that this person may give to others in the place; what may do most comes first."""
    return [role for role in most_first(roles_for(scope)) if _may_give(scope, role)]


def candidates(scope: Scope) -> list[User]:
    """Whose names are suggested where somebody is invited: those who are no members yet, could be, and whom the person
    who invites sees in a list of members (or of users) already. Others are invited by typing their whole name.
    """
    return list(_invitable(scope).order_by("name").distinct()[:MOST_SUGGESTED])


def recognized(scope: Scope, names: list[str]) -> list[str]:
    """The user names of those who are named, if each of them could be suggested; [] while one is not, or half typed."""
    typed = [folded(name) for name in names]
    people = _invitable(scope).filter(Q(name__in=typed) | Q(email__in=typed)).distinct()
    by_words = {words: person.name for person in people for words in (person.email, person.name)}
    return list(dict.fromkeys(by_words[name] for name in typed)) if set(typed) <= set(by_words) else []


def inviters(scope: Scope) -> list[str]:
    """Of a project: who can add users to the workspace around it."""
    return givers(replace(scope, project=None))


def _invitable(scope: Scope) -> QuerySet[User]:
    people = _seen_by(User.objects.get(uuid=scope.actor.uuid)).filter(is_active=True)
    if scope.project and scope.workspace:
        people = people.filter(memberships__workspace__uuid=scope.workspace.uuid)
    return people.exclude(memberships__in=members(scope))


def _seen_by(person: User) -> QuerySet[User]:
    """Everybody whose name the person can read on some page: all users for who manages those, else the members of the
    places that the person may open.
    """
    if Capability.USERS_MANAGE in person.platform_capabilities:
        return User.objects.all()
    around = places_of(person)
    workspaces = [place.workspace for place in around if place.opens]
    projects = [reached.project for place in around for reached in place.projects]
    return User.objects.filter(Q(memberships__workspace__in=workspaces) | Q(memberships__project__in=projects))


def named(who: str) -> list[str]:
    """The names and emails in what was typed, separated by commas or spaces, each once."""
    return list({name.casefold(): name for name in re.split(r"[\s,;]+", who) if name}.values())


def invite(*, scope: Scope, who: str, role: Role) -> list[Membership]:
    """Make people whom the console knows members, at once: all or none. `who`: their names or emails, as `named` reads
    them. One entry of the record each. Raises ValidationError.
    """
    _require(scope)
    names = named(who)
    if not 0 < len(names) <= MOST_INVITED:
        raise ValidationError({"who": _("Name between 1 and %(n)d people.") % {"n": MOST_INVITED}})
    with ExitStack() as recorded:
        entries = {
            name: recorded.enter_context(audit.attempt(scope, "member.invite", target=f"Member {name}"[:80]))
            for name in names
        }
        with transaction.atomic():
            scope = _locked(scope)
            role = _givable_now(scope, role)
            added, problems = _add_all(scope, names, role)
            if problems:
                for name, entry in entries.items():
                    entry.message = _("Another name in the same invitation is wrong.")
                    if name in problems:
                        entry.message = " ".join(problems[name].messages)
                raise ValidationError({"who": _sentences(scope, problems)})
        for entry in entries.values():
            entry.done(changes=[f"role: {role.name}"])
    return added


def _sentences(scope: Scope, problems: dict[str, ValidationError]) -> list[str]:
    """Each problem, and after the last of those who are no members of the workspace who can help."""
    sentences = {name: " ".join(problem.messages) for name, problem in problems.items()}
    outside = [name for name, problem in problems.items() if getattr(problem, "code", "") == OUTSIDE]
    if outside and not scope.can(Capability.WORKSPACE_MANAGE):  # they have a link to do it
        among = _(" or ").join(inviters(scope)) or _("An admin of the workspace")
        sentences[outside[-1]] += " " + _("%s can add users to the workspace.") % among
    return list(sentences.values())


def _add_all(scope: Scope, names: list[str], role: Role) -> tuple[list[Membership], dict[str, ValidationError]]:
    """The memberships made, and what is wrong by the name that was typed. People are changed in the order of keys, as
    `lock` has it.
    """
    users: dict[int, tuple[str, User]] = {}
    problems: dict[str, ValidationError] = {}
    for name in names:
        try:
            user = _findable(scope, name)
        except ValidationError as problem:
            problems[name] = problem
            continue
        if user.pk in users:
            words = {"typed": name, "name": users[user.pk][0]}
            problems[name] = ValidationError(_("%(typed)s is the same person as %(name)s.") % words)
        users.setdefault(user.pk, (name, user))
    added = []
    for _key, (name, user) in sorted(users.items()):
        try:
            added.append(_add(scope, user, role))
        except ValidationError as problem:
            problems[name] = problem
    return added, {name: problems[name] for name in names if name in problems}


def change_role(*, scope: Scope, membership: Membership, role: Role) -> None:
    """Give a member another role. Raises ValidationError or NotAllowed."""
    _require(scope)
    with audit.attempt(scope, "member.change-role", target=f"Member {membership.user.name}") as entry:
        with transaction.atomic():
            scope = _locked(scope)
            role = _givable_now(scope, role)
            current = _theirs(scope, membership)
            before = current.role.name
            if MANAGE[level_of(scope)] not in role.capability_set:
                _keep_one_manager(current)
            current.role = role
            current.save(update_fields=["role"])
            bump(current.user)
        entry.done(changes=[f"role: {before} to {role.name}"])


def remove(*, scope: Scope, membership: Membership) -> None:
    """Take a member out; of a workspace means of its projects too. Raises ValidationError or NotAllowed."""
    _require(scope)
    try:
        with audit.attempt(scope, "member.remove", target=f"Member {membership.user.name}") as entry:
            with transaction.atomic():
                taken = _take_out(_locked(scope), membership)
            entry.done(changes=taken)
    except LastOfProject as problem:
        raise ValidationError(_told(scope, problem)) from problem


@dataclass(frozen=True, slots=True)
class Removal:
    """A member who is to be removed. `scope`: who removes them, from where; `role`: the key of the role that was shown
    when it was decided.
    """

    scope: Scope
    membership: Membership
    role: int


def remove_all(removals: Collection[Removal]) -> None:
    """Take several members out of their places, each as `remove` does: all or none. One entry of the record each.
    Raises NotAllowed, or ValidationError with a sentence for each who has to stay, by the key of the membership.
    """
    for removal in removals:
        _require(removal.scope)
    with ExitStack() as recorded:
        entries = {
            removal.membership.pk: recorded.enter_context(
                audit.attempt(removal.scope, "member.remove", target=f"Member {removal.membership.user.name}")
            )
            for removal in removals
        }
        with transaction.atomic():
            taken, problems = _take_out_all(removals)
            if problems:
                for key, entry in entries.items():
                    entry.message = _("Another membership that was selected cannot be removed.")
                    if key in problems:
                        entry.message = audit.describe(problems[key])
                scopes = {removal.membership.pk: removal.scope for removal in removals}
                raise ValidationError({str(key): _told(scopes[key], problems[key]) for key in problems})
        for key, entry in entries.items():
            entry.done(changes=taken[key])


def _take_out_all(
    removals: Collection[Removal],
) -> tuple[dict[int, list[str]], dict[int, ValidationError | NotAllowed]]:
    """What was taken and why somebody has to stay, by the keys of the memberships. All workspaces are locked first, in
    the order of `lock`; who leaves a project and its workspace leaves the project first.
    """
    among = [removal.membership for removal in removals]
    lock(
        {membership.workspace_id for membership in among if membership.workspace_id},
        {membership.project_id for membership in among if membership.project_id},
    )
    taken: dict[int, list[str]] = {}
    problems: dict[int, ValidationError | NotAllowed] = {}
    for removal in sorted(removals, key=_turn):
        key = removal.membership.pk
        try:
            with transaction.atomic():
                taken[key] = _take_out(_locked(removal.scope), removal.membership, removal.role)
        except (ValidationError, NotAllowed) as problem:
            problems[key] = problem
    return taken, problems


def _turn(removal: Removal) -> tuple[int, bool]:
    return removal.membership.user_id, removal.membership.workspace_id is not None


def _take_out(scope: Scope, membership: Membership, role: int | None = None) -> list[str]:
    """Delete the membership, within a transaction in which its place is locked. The roles that were taken, as
    sentences. `role`: as in Removal.
    """
    current = _theirs(scope, membership)
    if role not in {None, current.role_id}:
        raise ValidationError(_("The role has changed since: it is now %(role)s.") % {"role": current.role.name})
    _keep_one_manager(current)
    taken = [f"role: {current.role.name}", *leave_projects(current)]
    current.delete()
    bump(membership.user)
    return taken


def _told(scope: Scope, problem: ValidationError | NotAllowed) -> str:
    """Why somebody has to stay, for the person who asks: with the name of a project if they see it."""
    if isinstance(problem, LastOfProject):
        around = places_of(User.objects.get(uuid=scope.actor.uuid))
        if any(problem.project == reached.project for place in around for reached in place.projects):
            return problem.named
    return audit.describe(problem)


def active_managers(scope: Scope, among: Iterable[Membership]) -> frozenset[int]:
    """Those of the memberships of the place whose people can sign in and manage its members, by key."""
    manage = MANAGE[level_of(scope)]
    active = (membership for membership in among if membership.user.is_active)
    return frozenset(membership.pk for membership in active if manage in membership.role.capability_set)


def blocked(scope: Scope, membership: Membership, managers: Collection[int] | None = None) -> str:
    """Why this person may not change this member, as a sentence; "" if they may. `managers`: the `active_managers` of
    the place, by who asks about many members.
    """
    manage = MANAGE[level_of(scope)]
    if not scope.can(manage):
        return _("Your role does not include managing members.")
    if membership.user.uuid == scope.actor.uuid:
        return _("You cannot change your own membership.")
    if not _may_take(scope, membership.role):
        return _("This role has rights that you do not have.")
    managers = active_managers(scope, members(scope)) if managers is None else managers
    if manage in membership.role.capability_set and not any(key != membership.pk for key in managers):
        return _("The only admin here.")
    return ""


def _place(scope: Scope) -> dict[str, UUID]:
    if scope.project:
        return {"project__uuid": scope.project.uuid}
    if scope.workspace:
        return {"workspace__uuid": scope.workspace.uuid}
    raise ValueError("members are of a workspace or a project")


def _require(scope: Scope | None) -> Scope:
    if scope is None or not scope.can(MANAGE[level_of(scope)]):
        raise NotAllowed(_("Your role does not include managing members."))
    return scope


def _may_give(scope: Scope, role: Role) -> bool:
    everywhere = role.level == Level.WORKSPACE and scope.can(Capability.WORKSPACES_MANAGE)
    return everywhere or may_give(scope.capabilities, role.capability_set)


_may_take = _may_give


def _locked(scope: Scope) -> Scope:
    """What the person is in the place now. Locks it, and around a project its workspace, for the transaction: who
    invites, changes and removes at the same moment come one by one, and who was removed meanwhile does nothing more.
    """
    if scope.workspace:
        Workspace.objects.select_for_update(no_key=True).filter(uuid=scope.workspace.uuid).first()
    if scope.project:
        Project.objects.select_for_update(no_key=True).filter(uuid=scope.project.uuid).first()
    user = User.objects.filter(uuid=scope.actor.uuid, is_active=True).first()
    find_scope = project_scope if scope.project else workspace_scope
    return _require(find_scope(user, scope.place, scope.request_id) if user else None)


def lock(workspaces: Collection[int], projects: Collection[int]) -> None:
    """Lock these places, by key, and the workspaces around the projects, for the transaction. Everybody who locks does
    so in one order, or two would wait for each other: workspaces, projects, then users, each by key.
    """
    around = Project.objects.filter(pk__in=projects).values("workspace")
    spaces = Workspace.objects.filter(Q(pk__in=workspaces) | Q(pk__in=around))
    list(spaces.select_for_update(no_key=True).order_by("pk"))
    list(Project.objects.filter(pk__in=projects).select_for_update(no_key=True).order_by("pk"))


def _givable_now(scope: Scope, role: Role) -> Role:
    """The role as it is now, if this person may give it."""
    current = next((candidate for candidate in roles_for(scope) if candidate == role), None)
    if current is None:
        raise ValidationError({"role": _("This role cannot be granted here.")})
    if not _may_give(scope, current):
        raise NotAllowed(_("You can only grant rights you have."))
    return current


def _findable(scope: Scope, who: str) -> User:
    """The person meant. Whether somebody outside of the workspace exists is not told to a project."""
    user = find(who)
    if user is not None and not user.is_active:
        user = None
    if scope.project and scope.workspace:
        inside = {"user": user, "workspace__uuid": scope.workspace.uuid}
        if user is None or not Membership.objects.filter(**inside).exists():
            raise ValidationError(_unknown(who, in_workspace=scope.workspace.name), code=OUTSIDE)
    if user is None:
        raise ValidationError(_unknown(who))
    return user


def _unknown(who: str, *, in_workspace: str = "") -> str:
    """That nobody has this name or email, with what was typed: several may be."""
    words = {"who": who if len(who) <= LONGEST_SHOWN else f"{who[:LONGEST_SHOWN]}…", "workspace": in_workspace}
    if "@" in who:
        sentence = (
            _("No member of %(workspace)s has the email %(who)s.")
            if in_workspace
            else _("No user has the email %(who)s.")
        )
    else:
        sentence = (
            _("No member of %(workspace)s is called %(who)s.") if in_workspace else _("No user is called %(who)s.")
        )
    return sentence % words


def _add(scope: Scope, user: User, role: Role) -> Membership:
    place = place_of(scope)
    if user.uuid == scope.actor.uuid and not may_give(scope.capabilities, role.capability_set):
        raise NotAllowed(_("You can only grant rights you have."))
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=user, level=level_of(scope), role=role, added_by=scope.actor.name, **place
            )
    except IntegrityError as error:
        raise ValidationError({"who": _("%(name)s is already a member.") % {"name": user.name}}) from error
    Invitation.objects.create(
        user=user,
        role=role,
        state=Invitation.State.ACCEPTED,
        invited_by=scope.actor.name,
        answered=timezone.now(),
        **place,
    )
    bump(user)
    return membership


def _theirs(scope: Scope, membership: Membership) -> Membership:
    """The membership as it is now, if this person may touch it."""
    current = members(scope).filter(pk=membership.pk).first()
    if current is None:
        raise ValidationError(_("This user is no longer a member."))
    if current.user.uuid == scope.actor.uuid:
        raise NotAllowed(_("You cannot change your own membership."))
    if not _may_take(scope, current.role):
        raise NotAllowed(_("This role has rights that you do not have."))
    return current


def is_only_manager(membership: Membership) -> bool:
    """Is nobody else there who could manage the members of the workspace or project?"""
    return membership.pk in only_managers([membership])


def only_managers(among: Iterable[Membership]) -> frozenset[int]:
    """Those of the memberships, by key, beside which nobody in their workspace or project could manage its members."""
    roles = Role.objects.filter(level__in=MANAGE)
    managing = {role.pk for role in roles if MANAGE[Level(role.level)] in role.capability_set}
    asked = [membership for membership in among if membership.role_id in managing]
    places = Q(workspace__in={membership.workspace_id for membership in asked} - {None})
    places |= Q(project__in={membership.project_id for membership in asked} - {None})
    active = Membership.objects.filter(places, role__in=managing, user__is_active=True)
    beside: dict[tuple[int | None, int | None], set[int]] = defaultdict(set)
    for key, workspace, project in active.values_list("pk", "workspace", "project"):
        beside[workspace, project].add(key)
    return frozenset(
        membership.pk
        for membership in asked
        if not beside[membership.workspace_id, membership.project_id] - {membership.pk}
    )


def _keep_one_manager(membership: Membership) -> None:
    if is_only_manager(membership):
        raise ValidationError(
            _("%(name)s is the only admin here. Appoint another admin first.") % {"name": membership.user.name}
        )


def in_projects(membership: Membership) -> QuerySet[Membership]:
    """What a member of a workspace is in its projects; nothing for a member of a project."""
    inside = Membership.objects.filter(user=membership.user, project__workspace=membership.workspace)
    return inside.select_related("project", "role") if membership.workspace else inside.none()


def held_inside(among: Iterable[Membership]) -> dict[int, list[Membership]]:
    """What each of these members of workspaces is in the projects of theirs, by the key of the membership; in one
    query, however many they are.
    """
    around = {(membership.user_id, membership.workspace_id): membership.pk for membership in among}
    people, workspaces = {user for user, _workspace in around}, {workspace for _user, workspace in around}
    inside = Membership.objects.filter(user__in=people, project__workspace__in=workspaces - {None})
    by_member: dict[int, list[Membership]] = defaultdict(list)
    for held in inside.select_related("user", "project__workspace", "role").order_by("project__name"):
        if held.project and (key := around.get((held.user_id, held.project.workspace_id))):
            by_member[key].append(held)
    return by_member


def leave_projects(membership: Membership) -> list[str]:
    """Whoever leaves a workspace leaves its projects; each must keep somebody who manages its members. The roles that
    were taken, as sentences. Raises LastOfProject. Within a transaction.
    """
    if membership.workspace is None:
        return []
    inside = in_projects(membership)
    # Locked as `_locked` does: two managers who leave at once come one by one, and nobody is invited meanwhile.
    lock([membership.workspace.pk], list(inside.values_list("project", flat=True)))
    taken = list(inside)
    only = only_managers(taken)
    for held in taken:
        if held.project and held.pk in only:
            raise LastOfProject(membership.user.name, held.project)
    inside.delete()
    return [f"project {held.project}: {held.role.name}" for held in taken]
