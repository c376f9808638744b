"""Who may do what, address by address (check Z1). Every address of the console is in the table, or the test fails.

A new address is one line: its name, what a GET answers and what a POST answers, for the six people of PEOPLE in order.
    in      sent to sign in              404     for them there is no such place
    403     a member, but not allowed    ok      the view was reached (whatever it says to an empty form)
    no      nobody can use this method: 405, or one of the refusals above
The rows of A9 (forgery) and A10 (a GET changes nothing) walk the same list of addresses.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.domain import people as verbs
from accounts.models import AuditEntry, DeletedObject, Membership, Project, Role, User
from services.models import Draft
from tests.admin import Refused
from tests.clusters import Cluster
from tests.manifests import deployment, service
from tests.people import People

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "charlie", "bob", "olive", "alice", "root")

#               anonymous charlie bob  olive alice root
ANYBODY = "     ok        ok      ok   ok    ok    ok"
SIGNED_IN = "   in        ok      ok   ok    ok    ok"
MEMBERS = "     in        404     ok   ok    ok    ok"
OPERATORS = "   in        404     403  ok    ok    ok"
ADMINS = "      in        404     403  403   ok    ok"
ROOT = "        in        403     403  403   403   ok"
NOBODY = "      no        no      no   no    no    no"
# bob and olive are in the workspace as regular members, alice administers it
OF_WORKSPACE = MEMBERS
# Someone may see an object but write it only as an operator: the view says 403 itself.
READ = (MEMBERS, NOBODY)
ADMIN_PAGE = (ROOT, ROOT)

TABLE: dict[str, tuple[str, str]] = {
    "accounts:home": (SIGNED_IN, NOBODY),
    "accounts:places": (SIGNED_IN, NOBODY),
    "accounts:signin": (ANYBODY, ANYBODY),
    "accounts:signin-link": (ANYBODY, ANYBODY),
    "accounts:signout": (NOBODY, SIGNED_IN),
    "accounts:who": (SIGNED_IN, NOBODY),
    "accounts:workspace-new": (ROOT, ROOT),
    "accounts:platform-roles": (ROOT, NOBODY),
    "accounts:platform-activity": (ROOT, NOBODY),
    "accounts:platform-activity-download": (ROOT, NOBODY),
    "accounts:user": (ROOT, NOBODY),
    "accounts:user-sign-out": (ROOT, ROOT),
    "accounts:user-link": (NOBODY, ROOT),
    "accounts:user-disable": (ROOT, ROOT),
    "accounts:user-enable": (ROOT, ROOT),
    "accounts:workspace": (OF_WORKSPACE, NOBODY),
    "accounts:project-new": (ADMINS, ADMINS),
    "accounts:workspace-members": (OF_WORKSPACE, NOBODY),
    "accounts:workspace-members-invite": (ADMINS, ADMINS),
    "accounts:workspace-member-role": (ADMINS, ADMINS),
    "accounts:workspace-member-remove": (ADMINS, ADMINS),
    "accounts:workspace-roles": (OF_WORKSPACE, NOBODY),
    "accounts:workspace-role": (OF_WORKSPACE, ADMINS),
    "accounts:workspace-role-new": (ADMINS, ADMINS),
    "accounts:workspace-role-delete": (ADMINS, ADMINS),
    "accounts:workspace-activity": (OF_WORKSPACE, NOBODY),
    "accounts:workspace-activity-download": (OF_WORKSPACE, NOBODY),
    "accounts:project": READ,
    "accounts:project-complete": (NOBODY, ADMINS),
    "accounts:members": READ,
    "accounts:members-invite": (ADMINS, ADMINS),
    "accounts:member-role": (ADMINS, ADMINS),
    "accounts:member-remove": (ADMINS, ADMINS),
    "accounts:roles": READ,
    "accounts:role": (MEMBERS, ADMINS),
    "accounts:role-new": (ADMINS, ADMINS),
    "accounts:role-delete": (ADMINS, ADMINS),
    "accounts:activity": READ,
    "accounts:activity-download": READ,
    "services:list": READ,
    "services:list-stream": READ,
    "services:overview-stream": READ,
    "services:download-many": READ,
    "services:delete-many": (OPERATORS, OPERATORS),
    "services:details": READ,
    "services:metadata": READ,
    "services:endpointslices": READ,
    "services:events": READ,
    "services:details-stream": READ,
    "services:pod": READ,
    "services:container": READ,
    "services:pod-environment": READ,
    "services:pod-events": READ,
    "services:pod-yaml": READ,
    "services:pod-stream": READ,
    "services:pod-logs": (OPERATORS, NOBODY),
    "services:service-logs": (OPERATORS, NOBODY),
    "services:workload-logs": (OPERATORS, NOBODY),
    "services:pod-logs-stream": (OPERATORS, NOBODY),
    "services:service-logs-stream": (OPERATORS, NOBODY),
    "services:workload-logs-stream": (OPERATORS, NOBODY),
    "services:yaml-problems": (NOBODY, MEMBERS),
    "services:yaml-completion": (NOBODY, MEMBERS),
    "services:yaml-format": (NOBODY, MEMBERS),
    "services:yaml": (MEMBERS, OPERATORS),
    "services:edit-workload-yaml": (OPERATORS, OPERATORS),
    "services:edit-pod-yaml": (OPERATORS, OPERATORS),
    "services:edit-configmap-yaml": (OPERATORS, OPERATORS),
    "services:edit-claim-yaml": (OPERATORS, OPERATORS),
    "services:configmap": READ,
    "services:secret": (OPERATORS, NOBODY),
    "services:claim": READ,
    "services:information": (OPERATORS, OPERATORS),
    "services:edit-service": (OPERATORS, OPERATORS),
    "services:external-access": (OPERATORS, OPERATORS),
    "services:delete": (OPERATORS, OPERATORS),
    "services:workload-delete": (OPERATORS, OPERATORS),
    "services:pod-delete": (OPERATORS, OPERATORS),
    "services:workloads-delete": (OPERATORS, OPERATORS),
    "services:pods-delete": (OPERATORS, OPERATORS),
    "services:recreate": (OPERATORS, OPERATORS),
    "services:recycle-bin": READ,
    "services:recycle-bin-yaml": READ,
    "services:restore": (OPERATORS, OPERATORS),
    "services:new": (OPERATORS, NOBODY),
    "services:start": (OPERATORS, OPERATORS),
    "services:pick": (OPERATORS, NOBODY),
    "services:drafts": (OPERATORS, NOBODY),
    "services:discard-many": (OPERATORS, OPERATORS),
    "services:draft": (OPERATORS, NOBODY),
    "services:draft-yaml": (OPERATORS, OPERATORS),
    "services:review": (OPERATORS, NOBODY),
    "services:create": (NOBODY, OPERATORS),
    "services:progress": (OPERATORS, NOBODY),
    "services:undo": (NOBODY, OPERATORS),
    "services:retry": (NOBODY, OPERATORS),
    "services:discard": (OPERATORS, OPERATORS),
    "services:download": (OPERATORS, NOBODY),
    "services:step": (OPERATORS, OPERATORS),
    "services:workloads": READ,
    "services:workloads-stream": READ,
    "services:pods": READ,
    "services:pods-stream": READ,
    "services:workload": READ,
    "services:workload-metadata": READ,
    "services:workload-events": READ,
    "services:workload-yaml": READ,
    "services:workload-stream": READ,
    "services:workload-revisions": READ,
    "services:workload-rollback": (OPERATORS, OPERATORS),
    "services:workload-scale": (OPERATORS, OPERATORS),
    "services:workload-autoscaling": (OPERATORS, OPERATORS),
    "services:workload-restart": (OPERATORS, OPERATORS),
    "services:workload-image": (OPERATORS, OPERATORS),
    "services:workload-pause": (OPERATORS, OPERATORS),
    "services:workload-settings": (OPERATORS, OPERATORS),
    "services:workload-settings-step": (OPERATORS, OPERATORS),
    "services:workload-settings-yaml": (OPERATORS, OPERATORS),
    "services:workload-settings-review": (OPERATORS, NOBODY),
    "services:workload-settings-apply": (NOBODY, OPERATORS),
    "services:workload-settings-merge": (NOBODY, OPERATORS),
    "services:workload-settings-discard": (OPERATORS, OPERATORS),
    "services:workload-settings-download": (OPERATORS, NOBODY),
    "services:workload-resume": (OPERATORS, OPERATORS),
    "connect": (SIGNED_IN, NOBODY),
    "search:everything": (SIGNED_IN, NOBODY),
    "attention:home-stream": (SIGNED_IN, NOBODY),
    "attention:marks": (SIGNED_IN, NOBODY),
    "attention:cluster": (ROOT, NOBODY),
    "hide-banner": (NOBODY, SIGNED_IN),
    "theme": (NOBODY, SIGNED_IN),
    "live": (ANYBODY, NOBODY),
    "ready": (ANYBODY, NOBODY),
    # Django's admin: for platform administrators only; what may be changed there is in test_accounts_admin.py.
    "admin:login": ("in 403 403 403 403 403", "in 403 403 403 403 403"),
    "admin:logout": (NOBODY, ROOT),
    "admin:password_change": ADMIN_PAGE,
    "admin:index": ADMIN_PAGE,
    "admin:jsi18n": (ROOT, "in 403 403 403 403 405"),
    "admin:app_list": ADMIN_PAGE,
    "admin:accounts_*_changelist": ADMIN_PAGE,
    "admin:accounts_membership_remove": (ROOT, "in 403 403 403 403 422"),
    "admin:accounts_*_history": ("in 403 403 403 403 ok+404", "in 403 403 403 403 ok+404"),
    "admin:accounts_*_change": ("in 403 403 403 403 ok+403", "in 403 403 403 403 ok+403"),
    "admin:accounts_*_add": ("in 403 403 403 403 ok+403", "in 403 403 403 403 ok+403"),
    "admin:accounts_*_delete": ("in 403 403 403 403 ok+403", "in 403 403 403 403 ok+403"),
    "admin:": ("in 403 403 403 403 ok+404", "in 403 403 403 403 ok+404"),
}

Row = tuple[str, str]


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration."""

    name: str
    keywords: tuple[str, ...]
    route: str
    callback: Callable[..., HttpResponse]


def addresses() -> list[Address]:
    """Every address of the console, by walking the resolver."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        full_route = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, inner, full_route)
        elif isinstance(entry, URLPattern):
            yield Address(namespace + (entry.name or ""), tuple(_keywords(full_route)), full_route, entry.callback)


def _keywords(route: str) -> Iterator[str]:
    for part in route.split("<")[1:]:
        yield part.partition(">")[0].rpartition(":")[2]


def row(address: Address) -> Row | None:
    """The row of the table: by name, else the pattern that fits it."""
    if address.name in TABLE:
        return TABLE[address.name]
    return next((cells for name, cells in TABLE.items() if "*" in name and fnmatchcase(address.name, name)), None)


class Place:
    """What addresses are about: a workspace, a project, a Service in it, a draft of whoever asks, and a member."""

    def __init__(self, people: People, project: Project, cluster: Cluster) -> None:
        self.people, self.project, self.cluster = people, project, cluster
        extra = verbs.create_user(name="extra")
        for key, name, where in (("workspace", "regular", people.workspace), ("project", "viewer", project)):
            role = Role.objects.get(level=key, name=name, workspace=None, project=None)
            Membership.objects.create(user=extra, level=key, role=role, **{key: where})

    def path(self, address: Address, user: User | None) -> str:
        """The address with its keywords filled in; what they name exists."""
        if address.name in ("admin:", "admin:app_list"):
            return "/admin/nothing/" if address.name == "admin:" else "/admin/accounts/"
        values: dict[str, Callable[[], Any]] = {
            "workspace": lambda: self.people.workspace.name,
            "project": lambda: self.project.name,
            "member": lambda: "extra",
            "role": lambda: self.role(project="project" in address.keywords),
            "name": self.pod if "/pod/" in address.route else self.service,
            "container": lambda: "app",
            "draft": lambda: self.draft(user or self.people.olive),
            "step": lambda: "basic",
            "type": lambda: "stateless",
            "kind": lambda: "configmap",
            "token": lambda: "never-made",
            "object_id": lambda: self.people.bob.pk,
            "entry": lambda: self.deleted().entry,
            "number": lambda: self.deleted().pk,
        }
        for kind in ("configmap", "secret", "claim"):
            if f"/{kind}/" in address.route:
                values["name"] = partial(self.holder, kind)
        if "platform/users/" in address.route:
            values |= {"name": lambda: "extra"}
        if "/workload/" in address.route:
            values |= {"kind": lambda: "deployment", "name": self.workload, "revision": lambda: 1}
            values |= {"draft": lambda: self.settings(user or self.people.olive), "step": lambda: "pod"}
        return reverse(address.name, kwargs={keyword: values[keyword]() for keyword in address.keywords})

    def role(self, *, project: bool) -> str:
        where: dict[str, Any] = {"project": self.project} if project else {"workspace": self.people.workspace}
        level, held = ("project", ["view"]) if project else ("workspace", ["workspace.view"])
        return Role.objects.get_or_create(level=level, name="keeper", defaults={"capabilities": held}, **where)[0].name

    def draft(self, owner: User) -> UUID:
        draft, _made = Draft.objects.filter(base__isnull=True).get_or_create(
            owner=owner.uuid, project=self.project.uuid, defaults={"type": "stateless", "text": TEXT}
        )
        return draft.pk

    def deleted(self) -> DeletedObject:
        manifest = service("deleted") | {"metadata": {"name": "deleted", "uid": "1"}}
        values = {"actor": "olive", "actor_uuid": self.people.olive.uuid, "api_version": "v1", "kind": "Service"}
        return DeletedObject.objects.get_or_create(
            entry=1,
            project_uuid=self.project.uuid,
            defaults={**values, "name": "deleted", "uid": "1", "manifest": json.dumps(manifest), "size": 1},
        )[0]

    def settings(self, owner: User) -> UUID:
        base = {"kind": "Deployment", "name": self.workload(), "uid": "", "version": "", "text": TEXT}
        values = {"type": "settings", "text": TEXT, "name": "web-v1", "base": base}
        mine = Draft.objects.filter(base__isnull=False)
        draft, _made = mine.get_or_create(owner=owner.uuid, project=self.project.uuid, defaults=values)
        return draft.pk

    def workload(self) -> str:
        with suppress(Refused):
            self.cluster.admin.create(deployment("web"), self.project.name)
        return "web-v1"

    def service(self) -> str:
        spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
        document = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
        with suppress(Refused):  # it is there still
            self.cluster.admin.create(document, self.project.name)
        return "web"

    def holder(self, kind: str) -> str:
        """A ConfigMap, a Secret or a claim."""
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        of_kind: dict[str, dict[str, Any]] = {
            "configmap": {"kind": "ConfigMap", "data": {"a": "b"}},
            "secret": {"kind": "Secret", "stringData": {"a": "b"}},
            "claim": {"kind": "PersistentVolumeClaim", "spec": spec},
        }
        with suppress(Refused):  # it is there still
            self.cluster.admin.create(
                {"apiVersion": "v1", "metadata": {"name": "web"}, **of_kind[kind]}, self.project.name
            )
        return "web"

    def pod(self) -> str:
        spec = {"containers": [{"name": "app", "image": "nginx"}]}
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
        with suppress(Refused):  # it is there still
            self.cluster.admin.create(document, self.project.name)
        return "web"


TEXT = """\
apiVersion: v1
kind: Service
metadata:
  name: drafted
spec:
  selector:
    app: drafted
  ports:
  - port: 80
"""


@pytest.fixture
def place(people: People, project: Project, cluster: Cluster) -> Place:
    return Place(people, project, cluster)


@pytest.fixture
def persons(people: People) -> dict[str, User | None]:
    return {
        "anonymous": None,
        "root": verbs.create_admin("root"),
        **{name: people.named(name) for name in PEOPLE[1:5]},
    }


def test_every_address_is_in_the_table_and_every_row_is_an_address() -> None:
    names = {address.name for address in addresses()}
    missing = sorted(address.name for address in addresses() if row(address) is None)
    assert not missing, f"add a row to TABLE for: {missing}"
    left_over = [name for name in TABLE if not any(fnmatchcase(address_name, name) for address_name in names)]
    assert not left_over, f"these rows are of no address: {left_over}"


@pytest.mark.parametrize("person", PEOPLE)
def test_access(place: Place, persons: dict[str, User | None], person: str) -> None:
    wrong = []
    client = client_of(persons[person])
    for address in addresses():
        table_row = row(address)
        assert table_row, address.name
        for method, cells in zip(("get", "post"), table_row, strict=True):
            expected = cells.split()[PEOPLE.index(person)]
            status = answer(place, client, persons[person], address, method)
            if not fits(expected, status):
                wrong.append(f"{method.upper()} {address.name}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def answer(place: Place, client: Client, user: User | None, address: Address, method: str) -> str:
    """The status as a cell of the table; what the request changed in the database is taken back."""
    path = place.path(address, user)
    point, cookies = transaction.savepoint(), client.cookies.output()
    response = getattr(client, method)(path)
    response.close()
    transaction.savepoint_rollback(point)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    if response.status_code == 302 and response["Location"].startswith("/signin/"):
        return "in"
    return str(response.status_code)


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=True)
    client.handler = HANDLER.handler
    if user is not None:
        client.force_login(user)
    return client


HANDLER = Client()  # loading the middleware takes as long as ten requests


def fits(expected: str, status: str) -> bool:
    if "+" in expected:
        return any(fits(part, status) for part in expected.split("+"))
    if expected == "ok":
        return status[0] in "23" or status in {"400", "409", "410", "422"}
    if expected == "no":
        return status in {"405", "in", "403", "404"}
    return status == expected


WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
MAY_BE_WRITTEN = ("django_session",)


def test_a_get_changes_nothing(place: Place, persons: dict[str, User | None], cluster: Cluster) -> None:
    """A10: GET, HEAD and OPTIONS of every address, as who may do all, with words in the query that name deeds."""
    root = persons["root"]
    paths = [(address, place.path(address, root)) for address in addresses()]
    client = client_of(root)
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES) and not any(table in sql for table in MAY_BE_WRITTEN):
            written.append(f"{current}: {sql[:100]}")
        return execute(sql, params, many, context)

    cluster.forget()
    query = {
        "name": "web",
        "delete": "web",
        "action": "delete",
        "confirm": "web",
        "services": "web",
        "_method": "DELETE",
    }
    with connection.execute_wrapper(watch):
        for address, path in paths:
            for method in ("get", "head", "options"):
                current = f"{method} {address.name}"
                getattr(client, method)(path, query).close()
    assert not written, "\n".join(written)
    assert writes(cluster) == []


def writes(cluster: Cluster) -> list[str]:
    """What was sent to the cluster that changes something; a dry run does not."""
    return [
        request.target for request in cluster.request_log() if request.writes and "dryRun=All" not in request.target
    ]


def test_no_write_without_the_token(place: Place, persons: dict[str, User | None], cluster: Cluster) -> None:
    """A9: every address, every unsafe method: no token, the token of another session, and a foreign origin."""
    root = persons["root"]
    before = AuditEntry.objects.count()
    client, other = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    for browser in (client, other):
        browser.force_login(root)  # type: ignore[arg-type]
        browser.get("/new-workspace/")
    token, foreign = (browser.cookies["berth-csrf"].value for browser in (client, other))
    paths = [(address, place.path(address, root)) for address in addresses()]
    cluster.forget()
    wrong = []
    for address, path in paths:
        assert not getattr(address.callback, "csrf_exempt", False), address.name
        methods = ("post",) if address.name.startswith("admin:") else ("post", "put", "patch", "delete")
        statuses = [getattr(client, method)(path).status_code for method in methods]
        statuses.append(client.post(path, headers={"x-csrftoken": foreign}).status_code)
        crossed = {"x-csrftoken": token, "origin": "https://evil.example"}
        statuses.append(client.post(path, headers=crossed).status_code)
        if set(statuses) != {403}:
            wrong.append(f"{address.name}: {statuses}")
    assert not wrong, "\n".join(wrong)
    assert AuditEntry.objects.count() == before
    assert writes(cluster) == []
