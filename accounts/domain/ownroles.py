"""Roles of a place's own: created, changed and deleted by who manages its members.

Rules, all checked here and not in views: a role holds no more than the person who makes or changes it, before the
change as after it; a place keeps somebody who manages its members; a role that somebody has is not deleted.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import NotAllowed, Scope
from accounts.domain import membership
from accounts.domain.rolekeeping import role_changed
from accounts.models import Role
from accounts.roles import ALLOWED, Capability, completed, may_give


def find(scope: Scope, name: str) -> Role | None:
    """The role of this name that can be given in the place; its own before one that is built in."""
    among = [role for role in membership.roles_for(scope) if role.name == name]
    return min(among, key=lambda role: role.built_in, default=None)


def offered(scope: Scope) -> frozenset[Capability]:
    """What a role of this place can hold at all."""
    return ALLOWED[membership.level_of(scope)]


def may_change(scope: Scope, role: Role) -> bool:
    """Built-in roles come with the console; one of the place's own is changed by who may do all that it may."""
    manages = scope.can(membership.MANAGE[membership.level_of(scope)])
    return manages and not role.built_in and may_give(scope.capabilities, role.capability_set)


def create(*, scope: Scope, name: str, description: str, capabilities: Iterable[Capability]) -> Role:
    """Raises ValidationError or NotAllowed."""
    with audit.attempt(scope, "role.create", target=f"Role {name}"[:80]) as entry:
        held = _givable(scope, capabilities)
        taken = _("A role with this name already exists.")
        if name == "new" or find(scope, name):
            raise ValidationError({"name": taken})
        role = Role(level=membership.level_of(scope), name=name, description=description, **membership.place_of(scope))
        role.capabilities = sorted(held)
        role.full_clean()
        try:
            with transaction.atomic():
                role.save()
        except IntegrityError as error:  # somebody else was creating it at the same moment
            raise ValidationError({"name": taken}) from error
        entry.done(changes=[f"added: {capability}" for capability in sorted(held)])
    return role


def change(*, scope: Scope, role: Role, description: str, capabilities: Iterable[Capability]) -> None:
    """Counts at once for everybody who has the role. Raises ValidationError or NotAllowed."""
    with audit.attempt(scope, "role.edit", target=f"Role {role.name}") as entry:
        held = _givable(scope, capabilities)
        with transaction.atomic():
            current = _locked(scope, role)
            before = current.capability_set
            current.description, current.capabilities = description, sorted(held)
            current.full_clean()
            current.save(update_fields=["description", "capabilities"])
            if not membership.active_managers(scope, membership.members(scope)):
                raise ValidationError(_("No user here could manage members any more. Appoint another admin first."))
            role_changed(current)
        entry.done(
            changes=[*(f"added: {capability}" for capability in sorted(held - before)),
                     *(f"removed: {capability}" for capability in sorted(before - held))]
        )  # fmt: skip


def delete(*, scope: Scope, role: Role) -> None:
    """Raises ValidationError while somebody has it, or NotAllowed."""
    with audit.attempt(scope, "role.delete", target=f"Role {role.name}"), transaction.atomic():
        current = _locked(scope, role)
        if current.memberships.exists():
            raise ValidationError(_("Members have this role. Give them another one first."))
        current.delete()


def _locked(scope: Scope, role: Role) -> Role:
    """The role as it is now, if this person may change it; one change of the place's roles after the other."""
    membership.place_of(scope, lock=True)
    current = find(scope, role.name)
    if current is None or current.pk != role.pk:
        raise ValidationError(_("This role does not exist any more."))
    if not may_change(scope, current):
        raise NotAllowed(_("This role has rights that you do not have."))
    return current


def _givable(scope: Scope, capabilities: Iterable[Capability]) -> frozenset[Capability]:
    held = completed(capabilities)
    if not scope.can(membership.MANAGE[membership.level_of(scope)]) or not may_give(scope.capabilities, held):
        raise NotAllowed(_("You can only grant rights you have."))
    if not held:
        raise ValidationError({"capabilities": _("Select at least one permission.")})
    return held
