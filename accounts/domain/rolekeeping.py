"""The built-in roles as rows, and what becomes stale when a role changes."""

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Project, Role, User, Workspace
from accounts.roles import BUILT_IN


def keep_built_in_roles(*, using: str = "default") -> None:
    """Make the rows of the built-in roles say what this version of the console says. Does nothing if they do."""
    rows = {(row.level, row.name): row for row in Role.objects.using(using).filter(workspace=None, project=None)}
    missing = []
    for role in BUILT_IN:
        wanted = {"description": role.description, "capabilities": sorted(role.capabilities), "built_in": True}
        row = rows.get((role.level, role.name))
        if row is None:
            missing.append(Role(level=role.level, name=role.name, **wanted))
        elif any(getattr(row, name) != value for name, value in wanted.items()):
            with transaction.atomic(using=using):
                Role.objects.using(using).filter(pk=row.pk).update(**wanted)
                role_changed(row, using=using)
    # Another console may start at the same moment, and make them as well.
    Role.objects.using(using).bulk_create(missing, ignore_conflicts=True)


def role_changed(role: Role, *, using: str = "default") -> None:
    """Make everything that was decided with this role be decided anew, at once. Within a transaction: the rows are
    locked in the order of `membership.lock`.
    """
    for model in (Workspace, Project, User):
        rows: Any = model._default_manager.using(using)
        concerned = rows.filter(pk__in=rows.filter(memberships__role=role).values("pk"))
        list(concerned.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        concerned.update(epoch=F("epoch") + 1)
