"""People: making them, their platform role, and turning them off."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import NotAllowed
from accounts.models import Membership, Role, SignInLink, User, bump, folded
from accounts.roles import DEFAULT_PLATFORM_ROLE, PLATFORM_ADMIN, Capability, Level, may_give


def create_user(
    *, name: str, password: str | None = None, platform_role: str = DEFAULT_PLATFORM_ROLE, **fields: str
) -> User:
    """A person with a platform role. Raises ValidationError for a name, email or password that will not do."""
    if password:
        validate_password(password, User(name=folded(name), **fields))
    with transaction.atomic():
        user = User.objects.create_user(name, password, **fields)
        give_platform_role(user, platform_role)
    return user


def give_platform_role(user: User, name: str) -> None:
    """Set the person's one role on the platform."""
    role = Role.objects.get(level=Level.PLATFORM, name=name, workspace=None, project=None)
    Membership.objects.update_or_create(user=user, level=Level.PLATFORM, defaults={"role": role})
    bump(user)


def create_admin(name: str) -> User:
    """The person `name` as an enabled platform administrator, made if there is none. Raises ValidationError for a bad
    name.
    """
    user = User.objects.filter(name=folded(name)).first()
    if user is None:
        return create_user(name=name, platform_role=PLATFORM_ADMIN)
    set_active(user, True)
    give_platform_role(user, PLATFORM_ADMIN)
    return user


def set_active(user: User, active: bool) -> None:
    """Enable or disable a person; disabled is signed out everywhere, and open links end."""
    User.objects.filter(pk=user.pk).update(is_active=active, epoch=F("epoch") + 1)
    if not active:
        SignInLink.objects.filter(user=user, used=None).update(used=timezone.now())


def switch(user: User, active: bool) -> None:
    """`set_active`, but never of the last administrator. Raises NotAllowed."""
    with transaction.atomic():
        one_by_one()
        set_active(user, active)
        if not active and user.is_platform_admin:
            keep_an_administrator()


def another_can_link(person: User) -> bool:
    """Is there another enabled user who can create a sign-in link for the person?"""
    others = Membership.objects.filter(level=Level.PLATFORM, user__is_active=True).exclude(user=person)
    enough = [
        role
        for role in Role.objects.filter(pk__in=others.values("role"))  # few; the users may be many
        if Capability.USERS_MANAGE in role.capability_set
        and may_give(role.capability_set, person.platform_capabilities)
    ]
    return others.filter(role__in=enough).exists()


def one_by_one() -> None:
    """Until the transaction ends nobody else changes who administers the platform: two who disable each other at once
    would both find the other one still there. It is the first lock that is taken.
    """
    builtin = Role.objects.filter(level=Level.PLATFORM, name=PLATFORM_ADMIN, project=None, workspace=None)
    builtin.select_for_update(no_key=True).first()


def keep_an_administrator() -> None:
    """Refuse a change that leaves nobody to undo it; the transaction around it is rolled back."""
    among = Membership.objects.filter(level=Level.PLATFORM, user__is_active=True).select_related("role")
    if not any(Capability.PLATFORM_ADMIN in membership.role.capability_set for membership in among):
        raise NotAllowed(str(_("Berth needs at least one administrator.")))
