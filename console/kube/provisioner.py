"""What the console writes as itself: the namespace of a project and the RoleBindings in it, and nothing else.

Everything else is written as a person (`gateway.Client`). deploy/kubernetes/admission.yaml holds the console's account
to this; `fence` asks the API server whether it does.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock, Thread
from typing import Any

from console.kube.errors import AlreadyExists, Conflict, Forbidden, KubeError
from console.kube.gateway import FIELD_MANAGER, REVIEW_SECONDS, WRITE_SECONDS
from console.kube.kinds import NAMESPACE, ROLEBINDING, SSAR, SSR, Kind, api_path
from console.kube.reader import Reader, about

Document = Mapping[str, Any]
_RBAC = "rbac.authorization.k8s.io"
_POLICY = "ValidatingAdmissionPolicy"


class Provisioner(Reader):
    """The console's own sight, and the two kinds that it may write."""

    def whoami(self) -> str:
        """The console's own user name, as the API server knows it: ``system:serviceaccount:berth:berth``."""
        body = {"apiVersion": SSR.api_version, "kind": SSR.kind}
        answer = self._transport.call("POST", api_path(SSR), body=body, timeout=REVIEW_SECONDS, write=False)
        return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")

    def may(self, verb: str, group: str, resource: str) -> bool:
        """Whether the console itself may do this in every namespace."""
        attributes = {"verb": verb, "group": group, "resource": resource}
        body = {"apiVersion": SSAR.api_version, "kind": SSAR.kind, "spec": {"resourceAttributes": attributes}}
        answer = self._transport.call("POST", api_path(SSAR), body=body, timeout=REVIEW_SECONDS, write=False)
        return (answer.get("status") or {}).get("allowed") is True

    def create_namespace(self, body: Document, *, dry_run: bool = False) -> None:
        self._write("POST", NAMESPACE, None, body, dry_run=dry_run)

    def create_binding(self, namespace: str, body: Document, *, dry_run: bool = False) -> None:
        self._write("POST", ROLEBINDING, namespace, body, dry_run=dry_run)

    def replace_binding(self, namespace: str, body: Document) -> None:
        """Replace the RoleBinding of the body's name; its ``resourceVersion`` is honoured. The role cannot change."""
        self._write("PUT", ROLEBINDING, namespace, body)

    def delete_binding(self, namespace: str, name: str, *, uid: str) -> None:
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        with about("delete", ROLEBINDING, namespace, name):
            path = api_path(ROLEBINDING, namespace=namespace, name=name)
            self._transport.call("DELETE", path, body=options, timeout=WRITE_SECONDS)

    def _write(self, method: str, kind: Kind, namespace: str | None, body: Document, *, dry_run: bool = False) -> None:
        name = str(body["metadata"]["name"])
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
        query += [("dryRun", "All")] if dry_run else []
        with about("create" if method == "POST" else "update", kind, namespace, name):
            path = api_path(kind, namespace=namespace, name=None if method == "POST" else name)
            self._transport.call(method, path, query=query, body=body, timeout=WRITE_SECONDS, write=not dry_run)


class Gap(StrEnum):
    """What is missing of the installation."""

    POLICY = "policy"  # no admission policy refuses what only a thief would do
    ACTING = "acting"  # it may act as anybody outside of projects, too: rights of an earlier version
    RIGHTS = "rights"  # it cannot provision at all


@dataclass(frozen=True, slots=True)
class Fence:
    """Whether a stolen token of the console would be worth little. ``username`` is "" where the cluster did not say."""

    username: str = ""
    gaps: frozenset[Gap] = frozenset()

    @property
    def known(self) -> bool:
        return bool(self.username)


def fence(console: Provisioner) -> Fence:
    """Try, by dry runs and questions, what the console's own account must not be able to do. Nothing is written.

    Asking the API server itself also finds a policy that names another account, only audits, or was changed.
    """
    gaps: set[Gap] = set()
    try:
        username = console.whoami()
        for probe in (_bind_outside_of_projects, _namespace_of_no_project):
            gaps |= _gap(console, probe)
        writes = (("create", _RBAC, "rolebindings"), ("create", "", "namespaces"))
        acting = [(f"impersonate-on:user-info:{verb}", group, resource) for verb, group, resource in writes]
        bare = [("impersonate", "", "users"), ("impersonate", "", "groups")]
        if any(console.may(*right) for right in (*acting, *bare)):
            gaps.add(Gap.ACTING)
    except KubeError:
        return Fence()
    return Fence(username, frozenset(gaps))


def _bind_outside_of_projects(console: Provisioner) -> None:
    binding = {
        "apiVersion": ROLEBINDING.api_version,
        "kind": ROLEBINDING.kind,
        "metadata": {"name": "berth:view"},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "berth:view"},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "berth:probe"}],
    }
    console.create_binding("default", binding, dry_run=True)


def _namespace_of_no_project(console: Provisioner) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "berth-probe"}}
    console.create_namespace(body, dry_run=True)


def _gap(console: Provisioner, probe: Any) -> set[Gap]:
    try:
        probe(console)
    except Forbidden as refused:
        return set() if _POLICY in refused.message else {Gap.RIGHTS}
    except (AlreadyExists, Conflict):
        return {Gap.POLICY}  # admission let it pass: what a thief has left must not silence the warning
    return {Gap.POLICY}


class Watchman:
    """Keeps the last answer of `fence`, and asks again in the background when it is old. Safe between threads."""

    def __init__(self, console: Provisioner) -> None:
        self._console = console
        self._lock = Lock()
        self._found, self._due, self._asking = Fence(), 0.0, False

    def check(self) -> Fence:
        """Ask now (up to a few seconds where the cluster does not answer)."""
        answer = fence(self._console)
        with self._lock:
            self._found, self._asking = answer, False
            self._due = time.monotonic() + (300.0 if answer.known else 30.0)
        return answer

    def last(self) -> Fence:
        """What is known; never waits for the cluster."""
        with self._lock:
            stale = time.monotonic() > self._due and not self._asking
            self._asking |= stale
        if stale:
            Thread(target=self.check, name="fence", daemon=True).start()
        return self._found
