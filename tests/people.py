"""The people of the tests and a project they share, made with the product's own verbs.

alice is the project's admin, olive its operator, bob its viewer; charlie is a stranger (admin of another workspace).
In a test process these are fixtures; `python -m tests.people URL` makes them in the database of a console that runs at
URL (its BERTH_DATA and BERTH_KUBECONFIG are in the environment) and prints the project and sign-in links as JSON.
Without a URL it does so for each line it reads: a browser test waits milliseconds for its people instead of seconds.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from accounts.actor import Scope
    from accounts.models import Project, Role, User, Workspace
    from console.kube.hub import Cluster

ROLES = {"alice": "admin", "olive": "operator", "bob": "viewer"}


@dataclass(frozen=True)
class People:
    """Four users; `alice` also administers the workspace, so that she can make projects in it."""

    alice: User
    olive: User
    bob: User
    charlie: User
    workspace: Workspace
    elsewhere: Workspace

    def named(self, name: str) -> User:
        user: User = getattr(self, name)
        return user

    def scope(self, name: str, project: Project) -> Scope:
        """What the person is in the project, as a view would get it. Fails for a stranger."""
        from accounts.scope import project_scope

        scope = project_scope(self.named(name), project.name)
        assert scope, f"{name} is a stranger to {project.name}"
        return scope


def make_people(suffix: str = "") -> People:
    """The four and two workspaces. With a suffix, several sets of them can be in one database."""
    from accounts.domain import people
    from accounts.models import Workspace

    users = {name: people.create_user(name=name + suffix) for name in ("alice", "olive", "bob", "charlie")}
    workspace = Workspace.objects.create(name=f"team{suffix}")
    elsewhere = Workspace.objects.create(name=f"elsewhere{suffix}")
    _join(users["alice"], "admin", workspace=workspace)
    _join(users["olive"], "regular", workspace=workspace)
    _join(users["bob"], "regular", workspace=workspace)
    _join(users["charlie"], "admin", workspace=elsewhere)
    return People(**users, workspace=workspace, elsewhere=elsewhere)


def make_project(people: People, cluster: Cluster, name: str = "") -> Project:
    """A project that alice makes, with the others in it; its namespace is ready to be written to."""
    from accounts.domain import places
    from accounts.scope import workspace_scope

    scope = workspace_scope(people.alice, people.workspace.name)
    assert scope
    made = places.create_project(scope=scope, cluster=cluster, name=name or f"p-{uuid4().hex[:10]}")
    assert not made.missing, made.outcomes
    for person in ("olive", "bob"):
        _join(people.named(person), ROLES[person], project=made.project)
    return made.project


def _join(user: User, role: str, **place: Workspace | Project) -> None:
    from accounts.models import Membership

    (level,) = place
    assigned = _role(level, role)
    Membership.objects.create(user=user, level=level, role=assigned, **place)


def _role(level: str, name: str) -> Role:
    from accounts.models import Role

    return Role.objects.get(level=level, name=name, workspace=None, project=None)


def main() -> None:
    """Make people and a project in the database of this environment; print what a browser test needs to know."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    import django

    django.setup()
    for base in sys.argv[1:]:
        print(json.dumps(_made(base)))
    for base in () if sys.argv[1:] else sys.stdin:
        try:
            print(json.dumps(_made(base.strip())), flush=True)
        except Exception as problem:
            print(json.dumps({"failed": repr(problem)}), flush=True)


def _made(base: str) -> dict[str, object]:
    from django.db import connection

    from accounts.domain.sign_in_links import sign_in_link
    from console import wiring

    people = make_people(f"-{uuid4().hex[:6]}")
    project = make_project(people, wiring.cluster())
    names = {name: people.named(name).name for name in ("alice", "olive", "bob", "charlie")}
    links = {name: sign_in_link(theirs, base) for name, theirs in names.items()}
    connection.close()
    return {"project": project.name, "workspace": people.workspace.name, "people": names, "links": links}


if __name__ == "__main__":
    main()
