"""What deploy/kubernetes/rbac.yaml grants, asked of an API server: nothing but that file is applied.

Berth's own code is not in play here. The console's identity is `cluster.console`; people are impersonated by it.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin import Admin, Refused, path
from tests.clusters import Cluster, eventually

CLUSTER_VIEW = "berth:platform:cluster.view"
IN_PROJECTS = (
    "view",
    "logs",
    "services.manage",
    "workloads.manage",
    "config.manage",
    "secrets.list",
    "storage.manage",
)


def refusal(call: Callable[[], Any]) -> Refused:
    """The 403 that the call is answered with."""
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == 403, str(caught.value)
    return caught.value


def binding(role: str, subject: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    }


def to_group(name: str) -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name}


def service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]},
    }


def deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def project_labels(project: str) -> dict[str, str]:
    return {"kubesphere.io/workspace": "rbac-tests", "berth/project": project}


class Project:
    """A project provisioned over the wire by the console itself, and people in it by the capabilities they carry."""

    def __init__(self, cluster: Cluster) -> None:
        self.uuid = str(uuid.uuid4())
        self.namespace = f"p-{self.uuid[:8]}"
        self._console = cluster.console
        labels = project_labels(self.uuid)
        self._console.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        )
        for capability in IN_PROJECTS:
            group = to_group(f"berth:{self.uuid}:{capability}")
            self._console.create(binding(f"berth:{capability}", group), self.namespace)
        console = {"kind": "ServiceAccount", "name": "berth", "namespace": "berth"}
        self._console.create(binding("berth:act", console), self.namespace)
        # The authorizer learns of new bindings by a watch, a moment later.
        eventually(lambda: self.person("view").call("GET", path("services", self.namespace)))

    def person(self, *capabilities: str) -> Admin:
        return self.someone(groups=tuple(f"berth:{self.uuid}:{capability}" for capability in capabilities))

    def someone(self, groups: tuple[str, ...] = ()) -> Admin:
        return self._console.impersonating(f"berth:{uuid.uuid4()}", *groups)


@pytest.fixture
def project(cluster: Cluster) -> Any:
    made = Project(cluster)
    yield made
    cluster.leave(made.namespace)


def test_a_person_with_the_capability_writes_services_in_the_project(cluster: Cluster, project: Project) -> None:
    operator = project.person("view", "services.manage")
    operator.create(service("demo"), project.namespace)
    operator.patch("services", project.namespace, "demo", {"metadata": {"labels": {"a": "b"}}})
    current = operator.get("services", project.namespace, "demo")
    operator.replace({**current, "metadata": {**current["metadata"], "labels": {"a": "c"}}})
    assert cluster.admin.get("services", project.namespace, "demo")["metadata"]["labels"] == {"a": "c"}
    operator.delete("services", project.namespace, "demo")
    assert cluster.admin.list("services", project.namespace) == []


def test_each_capability_is_a_right_of_its_own(project: Project) -> None:
    only_services = project.person("services.manage")
    refusal(lambda: only_services.call("GET", path("services", project.namespace)))
    refusal(lambda: only_services.create(deployment("demo"), project.namespace))
    only_workloads = project.person("workloads.manage")
    only_workloads.create(deployment("demo"), project.namespace)
    refusal(lambda: only_workloads.create(service("demo"), project.namespace))


def test_a_viewer_reads_everything_shown_and_writes_nothing(project: Project) -> None:
    viewer = project.person("view")
    for plural in ("services", "pods", "events", "deployments", "endpointslices", "configmaps", "resourcequotas"):
        assert isinstance(viewer.list(plural, project.namespace), list)
    refused = refusal(lambda: viewer.create(service("demo"), project.namespace))
    assert "berth:" in refused.status["message"]
    assert "cannot create resource" in refused.status["message"]
    refusal(lambda: viewer.create(deployment("demo"), project.namespace))
    refusal(lambda: viewer.call("GET", path("secrets", project.namespace)))
    refusal(lambda: viewer.logs(project.namespace, "any"))


def test_a_person_of_one_project_has_no_say_in_another(cluster: Cluster, project: Project) -> None:
    other = Project(cluster)
    operator = project.person("view", "services.manage", "workloads.manage")
    refusal(lambda: operator.call("GET", path("services", other.namespace)))
    refusal(lambda: operator.create(service("demo"), other.namespace))
    cluster.leave(other.namespace)


def test_a_stranger_sees_nothing(project: Project) -> None:
    refusal(lambda: project.someone().call("GET", path("services", project.namespace)))


def test_a_review_sent_as_the_person_answers_for_the_person(project: Project) -> None:
    def may(person: Admin, verb: str) -> bool:
        attributes = {"verb": verb, "resource": "services", "namespace": project.namespace}
        question = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = person.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", question)
        return bool(answer["status"]["allowed"])

    viewer = project.person("view")
    assert may(viewer, "list")
    assert not may(viewer, "create")
    assert may(project.person("services.manage"), "create")
    assert not may(project.someone(), "list")


def test_nodes_and_storage_classes_need_the_platform_group(project: Project) -> None:
    member = project.someone(groups=(CLUSTER_VIEW,))
    assert member.list("nodes")
    assert isinstance(member.list("storageclasses"), list)
    refusal(lambda: project.someone().list("nodes"))


class TestConsoleItself:
    """The console's own identity, impersonating nobody."""

    def test_it_lists_what_the_store_keeps_in_all_namespaces(self, cluster: Cluster) -> None:
        for plural in ("services", "pods", "events", "namespaces", "nodes"):
            assert isinstance(cluster.console.list(plural), list)
        for plural in ("deployments", "statefulsets", "daemonsets", "replicasets", "endpointslices"):
            assert isinstance(cluster.console.list(plural), list)

    def test_it_writes_nothing_but_projects(self, cluster: Cluster, project: Project) -> None:
        console = cluster.console
        for document in (service("demo"), deployment("demo")):
            refusal(lambda document=document: console.create(document, project.namespace))
        cluster.admin.create(service("theirs"), project.namespace)
        refusal(lambda: console.delete("services", project.namespace, "theirs"))
        refusal(lambda: console.patch("services", project.namespace, "theirs", {"metadata": {"labels": {"a": "b"}}}))
        for namespace in (project.namespace, "kube-system"):
            refusal(lambda namespace=namespace: console.patch("namespaces", None, namespace, {"metadata": {}}))
            refusal(lambda namespace=namespace: console.delete("namespaces", None, namespace))

    def test_it_looks_at_bindings_in_projects_only(self, cluster: Cluster, project: Project, namespace: str) -> None:
        assert len(cluster.console.list("rolebindings", project.namespace)) == 8
        for where in (namespace, "kube-system", None):
            refusal(lambda where=where: cluster.console.call("GET", path("rolebindings", where)))

    def test_it_reads_no_secrets_and_no_configuration(self, cluster: Cluster, project: Project) -> None:
        refusal(lambda: cluster.console.list("secrets"))
        refusal(lambda: cluster.console.list("secrets", project.namespace))
        refusal(lambda: cluster.console.list("configmaps", project.namespace))
        refusal(lambda: cluster.console.logs(project.namespace, "any"))


class TestActing:
    """Whom the console may act as, and where."""

    def test_it_acts_in_projects_only_whoever_the_person_is(self, cluster: Cluster, namespace: str) -> None:
        mighty = f"berth:{uuid.uuid4()}"
        cluster.admin.create(binding("cluster-admin", {**to_group(mighty), "kind": "User"}), namespace)
        acting = cluster.console.impersonating(mighty)
        refused = refusal(lambda: acting.create(service("demo"), namespace))
        assert "system:serviceaccount:berth:berth" in refused.status["message"], "the refusal names the console"
        assert cluster.admin.list("services", namespace) == []

    def test_it_does_for_a_person_only_what_the_console_is_made_for(self, cluster: Cluster, project: Project) -> None:
        mighty = f"berth:{uuid.uuid4()}"
        cluster.admin.create(binding("cluster-admin", {**to_group(mighty), "kind": "User"}), project.namespace)
        acting = cluster.console.impersonating(mighty)
        eventually(lambda: acting.create(service("demo"), project.namespace))
        refusal(lambda: acting.call("DELETE", path("services", project.namespace)))
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "demo"}}
        refusal(lambda: acting.create(secret, project.namespace))
        for target in (
            path("pods", project.namespace, "any", "exec"),
            path("serviceaccounts", project.namespace, "default", "token"),
        ):
            with pytest.raises(Refused) as caught:
                acting.call("POST", target, {})
            # The embedded cluster has neither, for nobody.
            assert caught.value.code == (404 if cluster.embedded else 403)

    @pytest.mark.parametrize(
        ("user", "group"),
        [
            ("berth:someone", "system:masters"),
            ("system:serviceaccount:kube-system:default", "berth:any"),
            ("system:node:node-1", "berth:any"),
        ],
    )
    def test_it_cannot_act_as_the_system(self, cluster: Cluster, project: Project, user: str, group: str) -> None:
        acting = cluster.console.impersonating(user, group)
        refusal(lambda: acting.call("GET", path("services", project.namespace)))


class TestProvisioning:
    """A namespace, the bindings of named roles in it, nothing else; and nobody may who is acted as."""

    def test_it_binds_no_role_but_those_named(self, cluster: Cluster, project: Project) -> None:
        for role in ("cluster-admin", "admin", "view", "edit"):
            document = binding(role, to_group("berth:any"))
            refusal(lambda document=document: cluster.console.create(document, project.namespace))

    def test_it_writes_no_roles(self, cluster: Cluster) -> None:
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine"}}
        refusal(lambda: cluster.console.create({**role, "rules": []}))
        refusal(lambda: cluster.console.patch("clusterroles", None, "berth:view", {"rules": []}))

    @pytest.mark.parametrize("group", ["kubeadm:cluster-admins", "berth:platform:projects.provision"])
    def test_nobody_who_is_acted_as_creates_namespaces_or_bindings(
        self, cluster: Cluster, project: Project, group: str
    ) -> None:
        """S3: cluster administrators included, in a project and outside."""
        who = to_group(group)
        cluster.admin.apply(binding("cluster-admin", who) | {"kind": "ClusterRoleBinding", "metadata": {"name": group}})
        thief = project.someone(groups=(group,))
        for namespace in ("kube-system", project.namespace):
            document = binding("cluster-admin", {"kind": "ServiceAccount", "name": "berth", "namespace": "berth"})
            refusal(lambda namespace=namespace, document=document: thief.create(document, namespace))
        refusal(lambda: thief.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}))
        if group != "kubeadm:cluster-admins":  # which is there on every kubeadm cluster
            cluster.admin.delete("clusterrolebindings", None, group)


def test_every_write_names_the_person_and_each_group_on_a_line_of_its_own(cluster: Cluster, project: Project) -> None:
    project.person("view", "services.manage").create(service("logged"), project.namespace)
    target = path("services", project.namespace)
    (write,) = [request for request in cluster.request_log() if request.method == "POST" and request.path == target]
    assert write.user.startswith("berth:")
    assert write.groups == [f"berth:{project.uuid}:view", f"berth:{project.uuid}:services.manage"]


def test_no_rule_of_ours_uses_a_wildcard_or_the_bare_impersonate_verb(cluster: Cluster) -> None:
    roles = [role for role in cluster.admin.list("clusterroles") if role["metadata"]["name"].startswith("berth:")]
    assert len(roles) > 10
    for role in roles:
        for rule in role["rules"]:
            words = {*rule["verbs"], *rule["resources"], *rule["apiGroups"]}
            assert not words & {"*", "impersonate"}, role["metadata"]["name"]


def test_what_people_may_do_the_console_may_do_for_them(cluster: Cluster) -> None:
    """A right that a capability has and `berth:act` lacks would be refused, and the refusal would name the console."""
    roles = {role["metadata"]["name"]: role["rules"] for role in cluster.admin.list("clusterroles")}

    def rights(name: str, prefix: str = "") -> set[tuple[str, str, str]]:
        return {
            (group, resource, verb.removeprefix(prefix))
            for rule in roles[name]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }

    wanted = set().union(*(rights(f"berth:{capability}") for capability in IN_PROJECTS))
    own = {("rbac.authorization.k8s.io", "rolebindings", verb) for verb in ("get", "list", "update", "delete")}
    assert rights("berth:act", "impersonate-on:user-info:") == wanted | own
