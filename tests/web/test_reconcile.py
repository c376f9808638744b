"""S3, C16: `manage.py reconcile`, and what a console says of its installation."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.domain import people as verbs
from accounts.models import AuditEntry, Project
from console import wiring
from console.kube.provisioner import Gap
from tests.browsers import Console
from tests.clusters import Cluster, eventually
from tests.faults import Proxy
from tests.people import People

pytestmark = pytest.mark.django_db

R = "rbac.authorization.k8s.io"
THIEF = {"kind": "ServiceAccount", "name": "thief", "namespace": "berth"}
OWN = {"kind": "ServiceAccount", "name": "berth", "namespace": "berth"}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command prints for these arguments, with the error that it ends with."""

    def reconcile(*arguments: str) -> str:
        try:
            call_command("reconcile", *arguments)
        except CommandError as error:
            return capsys.readouterr().out + f"FAILED {error}"
        return capsys.readouterr().out

    return reconcile


def bind(cluster: Cluster, project: Project, name: str, role: str, *subjects: dict[str, str]) -> None:
    ref = {"apiGroup": R, "kind": "ClusterRole", "name": role}
    body = {"apiVersion": f"{R}/v1", "kind": "RoleBinding", "metadata": {"name": name}, "roleRef": ref}
    cluster.admin.create({**body, "subjects": list(subjects)}, project.name)


def bindings(cluster: Cluster, project: Project) -> dict[str, Any]:
    role_bindings = cluster.admin.list("rolebindings", project.name)
    return {binding["metadata"]["name"]: (binding["roleRef"]["name"], binding["subjects"]) for binding in role_bindings}


def break_it(cluster: Cluster, project: Project) -> None:
    """Everything that can be wrong with bindings that an earlier version, or somebody, left."""
    admin, namespace = cluster.admin, project.name
    admin.delete("rolebindings", namespace, "berth:logs")
    wrong = {"apiGroup": R, "kind": "Group", "name": "system:authenticated"}
    admin.patch("rolebindings", namespace, "berth:view", {"subjects": [wrong]})
    admin.delete("rolebindings", namespace, "berth:secrets.list")
    bind(cluster, project, "berth:secrets.list", "edit", wrong)
    bind(cluster, project, "berth:project.owner", "berth:view", wrong)


def test_reconcile_says_what_is_wrong_and_changes_it_only_when_told_to(
    cluster: Cluster, project: Project, run: Callable[..., str]
) -> None:
    before = bindings(cluster, project)
    break_it(cluster, project)
    broken = bindings(cluster, project)
    output = run(project.name)
    for words in (
        "RoleBinding berth:logs is missing",
        "RoleBinding berth:view names Group/system:authenticated instead of",
        "RoleBinding berth:secrets.list binds ClusterRole edit instead of ClusterRole berth:secrets.list",
        "RoleBinding berth:project.owner is no longer used",
    ):
        assert f"{project.name}: {words}" in output
    assert "--apply mends this" in output
    assert "left to do" in output
    assert bindings(cluster, project) == broken
    run(project.name, "--apply")
    assert bindings(cluster, project) == before
    entry = AuditEntry.objects.get(action="project.reconcile")
    assert (entry.actor, entry.outcome, len(entry.changes)) == ("manage.py reconcile", "ok", 4)
    assert project.name not in run(project.name, "--apply")
    assert AuditEntry.objects.filter(action="project.reconcile").count() == 1


def test_what_a_thief_left_behind_is_named_and_not_touched(
    cluster: Cluster, project: Project, run: Callable[..., str]
) -> None:
    bind(cluster, project, "mine", "cluster-admin", OWN)
    bind(cluster, project, "theirs", "view", THIEF)
    output = run(project.name, "--apply")
    assert "RoleBinding mine gives ClusterRole cluster-admin to ServiceAccount/berth/berth" in output
    assert f"kubectl -n {project.name} delete rolebinding mine" in output
    assert "theirs" not in output
    assert "mine" in bindings(cluster, project)


def test_a_namespace_that_is_not_labelled_is_never_taken_over(
    cluster: Cluster, project: Project, run: Callable[..., str]
) -> None:
    cluster.admin.patch("namespaces", None, project.name, {"metadata": {"labels": {"berth/project": str(uuid4())}}})
    cluster.admin.delete("rolebindings", project.name, "berth:view")
    label = f"kubectl label --overwrite namespace {project.name} berth/project={project.uuid}"
    assert label in run(project.name, "--apply")
    assert "berth:view" not in bindings(cluster, project)


def test_a_namespace_that_is_gone_is_created_again(cluster: Cluster, people: People, run: Callable[..., str]) -> None:
    project = Project.objects.create(name=f"p-{uuid4().hex[:10]}", workspace=people.workspace, creator="alice")
    try:
        assert "the namespace is missing" in run(project.name)
        run(project.name, "--apply")
        assert len(bindings(cluster, project)) == 8
    finally:
        cluster.leave(project.name)


def test_a_console_that_moved_to_another_account_is_told_what_an_administrator_does(
    cluster: Cluster, project: Project, run: Callable[..., str]
) -> None:
    """C16: the binding names the account that the console had before."""
    cluster.admin.patch("rolebindings", project.name, "berth:act", {"subjects": [THIEF]})
    hand = f"kubectl -n {project.name} delete rolebinding berth:act"

    def told() -> bool:
        return hand in run(project.name)

    eventually(told)
    assert hand in run(project.name, "--apply")
    cluster.admin.delete("rolebindings", project.name, "berth:act")
    run(project.name, "--apply")
    assert bindings(cluster, project)["berth:act"] == ("berth:act", [OWN])


def test_manifests_are_printed_for_an_administrator(project: Project, run: Callable[..., str]) -> None:
    documents = list(yaml.safe_load_all(run(project.name, "--manifests")))
    assert [document["kind"] for document in documents] == ["Namespace", *["RoleBinding"] * 8]
    assert documents[0]["metadata"]["labels"]["berth/project"] == str(project.uuid)


def test_a_project_is_bound_to_the_account_that_the_console_has(
    people: People, cluster: Cluster, faults: Proxy, sign_in: Callable[[str], Client]
) -> None:
    """C16: an installation in another namespace, under another name."""
    name = f"p-{uuid4().hex[:10]}"
    review = {"status": {"userInfo": {"username": "system:serviceaccount:tools:console"}}}
    sent = []
    with faults.answer(201, method="POST", path="selfsubjectreviews", body=review):
        sign_in("alice").post(f"/workspaces/{people.workspace.name}/projects/new/", {"name": name})
        sent = [
            request.json()
            for request in cluster.request_log()
            if request.writes and f"/namespaces/{name}/" in request.path
        ]
    cluster.leave(name)
    (acting,) = [document for document in sent if document["metadata"]["name"] == "berth:act"]
    assert acting["subjects"] == [{"kind": "ServiceAccount", "name": "console", "namespace": "tools"}]


class TestFence:
    """The embedded cluster evaluates no policies: to the console it is a real cluster without them."""

    @pytest.mark.embedded_only(reason="the policies are in place on the real one")
    def test_a_missing_policy_is_said_to_platform_administrators_and_to_nobody_else(
        self, project: Project, people: People, sign_in: Callable[[str], Client]
    ) -> None:
        assert wiring.cluster().watchman.check().gaps == {Gap.POLICY}
        probe = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "berth-probe"}}
        wiring.cluster().provisioner.create_namespace(probe)  # what a thief may leave does not silence it
        assert wiring.cluster().watchman.check().gaps == {Gap.POLICY}
        root = Client()
        root.force_login(verbs.create_admin("root"))
        words = "No admission policy limits Berth"
        assert words in root.get("/").content.decode()
        assert words not in sign_in("alice").get("/").content.decode()

    @pytest.mark.parametrize("reason", ["AlreadyExists", "Conflict"])
    def test_a_probe_that_meets_what_is_there_was_let_through(self, faults: Proxy, reason: str) -> None:
        """S3: what a thief may leave (a namespace that ends, a name that is taken) does not silence the warning."""
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": 409}
        with faults.answer(409, method="POST", path="dryRun=All", body=status):
            check = wiring.cluster().watchman.check()
        assert check.known
        assert Gap.POLICY in check.gaps

    def test_the_start_says_it_plainly(self, console: Console, cluster: Cluster) -> None:
        """S3: a real cluster without the policies, and one that has them."""
        started = (console.folder / "console.log").read_text().partition("Berth is ready")[0]
        warned = "WARNING: No admission policy limits Berth" in started
        assert warned == cluster.embedded
        assert ("system:serviceaccount:berth:berth" in started) == cluster.embedded

    @pytest.mark.real_only(reason="the embedded cluster evaluates no policies")
    def test_where_the_policies_are_nothing_is_missing(self, cluster: Cluster) -> None:
        cluster.forget()
        check = wiring.cluster().watchman.check()
        assert (check.username, check.gaps) == ("system:serviceaccount:berth:berth", frozenset())
        assert [request for request in cluster.request_log() if request.writes] == []

    def test_rights_of_an_earlier_version_are_said(self, cluster: Cluster) -> None:
        """S3: rbac.yaml was not applied anew, so that anybody may still be acted as where bindings are created."""
        rule = {"apiGroups": [R], "resources": ["rolebindings"], "verbs": ["impersonate-on:user-info:create"]}
        old = {"apiVersion": f"{R}/v1", "kind": "ClusterRole", "metadata": {"name": f"old-{uuid4().hex[:8]}"}}
        name = cluster.admin.create({**old, "rules": [rule]})["metadata"]["name"]
        ref = {"apiGroup": R, "kind": "ClusterRole", "name": name}
        cluster.admin.create({**old, "kind": "ClusterRoleBinding", "roleRef": ref, "subjects": [OWN]})
        try:
            eventually(lambda: Gap.ACTING in wiring.cluster().watchman.check().gaps)
        finally:
            cluster.admin.delete("clusterrolebindings", None, name)
            cluster.admin.delete("clusterroles", None, name)

    def test_without_the_rights_of_this_version_nothing_is_compared(
        self, cluster: Cluster, faults: Proxy, run: Callable[..., str]
    ) -> None:
        """S3: what is said is to apply rbac.yaml, not what follows from its absence in each project."""
        with faults.answer(403, method="POST", path=r"dryRun=All"):
            output = run("--apply")
        assert "Apply deploy/kubernetes/rbac.yaml of this version." in output
        assert "Nothing was compared" in output

    def test_a_cluster_that_does_not_answer_leaves_it_open(self, faults: Proxy) -> None:
        with faults.refuse(path="selfsubjectreviews"):
            assert not wiring.cluster().watchman.check().known
