"""The five ways, each through every step over the wire: the objects equal whole expected manifests."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import Project
from services.steps import extras
from tests.clusters import Cluster, eventually
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD

pytestmark = pytest.mark.django_db(transaction=True)
OURS = ("apiVersion", "kind", "metadata", "spec")


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


def sent(cluster: Cluster, kind: str) -> dict[str, Any]:
    """The document of a kind as it was sent to be created."""
    posts = [
        request
        for request in cluster.request_log()
        if request.method == "POST" and request.writes and "dryRun" not in request.target
    ]
    documents = [request.json() for request in posts if request.user and request.json().get("kind") == kind]
    assert len(documents) == 1, [request.target for request in posts]
    document: dict[str, Any] = documents[0]
    return document


def create(wizard: Wizard, name: str) -> None:
    assert wizard.step == "review", wizard.problems()
    assert "Refused" not in wizard.text, wizard.problems()
    wizard.post("create")
    assert wizard.path == f"/projects/{wizard.project}/service/{name}/", wizard.problems()


def test_external(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    cluster.forget()
    wizard.start("external").submit(name="payments", alias="Payments", description="Paid elsewhere")
    assert wizard.step == "external", wizard.problems()
    wizard.submit(external_name="api.payments.example.com")
    create(wizard, "payments")
    assert sent(cluster, "Service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "payments",
            "namespace": project.name,
            "labels": {"app": "payments"},
            "annotations": {
                "kubesphere.io/serviceType": "externalservice",
                "kubesphere.io/alias-name": "Payments",
                "kubesphere.io/description": "Paid elsewhere",
                "kubesphere.io/creator": "olive",
            },
        },
        "spec": {"type": "ExternalName", "externalName": "api.payments.example.com"},
    }


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("203.0.113.40", "IP address"),
        ("https://api.example.com", "This is a URL"),
        ("api.example.com:443", "callers choose the port"),
        ("api.example.com/v1", "without a path"),
        ("Not A Name", "DNS name"),
        ("", "Enter the DNS name"),
    ],
)
def test_external_address(wizard: Wizard, address: str, sentence: str) -> None:
    wizard.start("external").submit(name="payments").submit(external_name=address)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert wizard.step == "external"
    assert any(sentence in line for line in wizard.problems()), wizard.problems()
    assert wizard.form()["external_name"] == [address]
    assert "No such host" in wizard.text


def offered_classes(wizard: Wizard) -> list[tuple[str, str]]:
    """What the list of storage classes of the first claim template has to choose from."""
    options = LexborHTMLParser(wizard.text).css("select[name=templates-0-storage_class] option")
    return [(option.attributes.get("value") or "", option.text()) for option in options]


_LEFT_OVER = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data-db-v1-1"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def test_stateful(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    cluster.forget()
    wizard.start("stateful").submit(name="db")
    wizard.submit(
        replicas=3,
        containers__0__image="postgres:15",
        containers__0__name="postgres",
        containers__0__ports__0__container_port=5432,
        containers__0__ports__0__service_port=5432,
    )
    assert wizard.step == "storage", wizard.problems()
    wizard.submit("add:templates")
    classes = sorted(item["metadata"]["name"] for item in cluster.admin.list("storageclasses"))
    assert offered_classes(wizard) == [("", "standard (default)"), *((name, name) for name in classes)]
    assert "Deleting the claim deletes the volume." in wizard.text
    assert "Not every class supports every mode. If standard does not, its claims stay pending." in wizard.text
    assert "No claim has these names." in wizard.text
    cluster.admin.create(_LEFT_OVER, project.name)
    mounted = {"templates-0-mounts-0-path": ["/var/lib/postgresql/data"], "do": "look:"}
    wizard.page = wizard.client.post(wizard.path, {**wizard.form(), **mounted})
    for words in ("1 of 3 exist", "and are used with their data: data-db-v1-1", "2 created, 1 used again"):
        assert words in wizard.text, words
    older = {**wizard.form(), "templates-0-storage_class": ["archive"], "do": "look:"}  # than the cluster's classes
    wizard.page = wizard.client.post(wizard.path, older)
    assert ("archive", "archive") in offered_classes(wizard)
    assert wizard.form()["templates-0-storage_class"] == ["archive"]
    assert "The cluster has no such class." in wizard.text
    wizard.submit(templates__0__storage_class="", templates__0__mounts__0__path="/var/lib/postgresql/data")
    assert wizard.step == "advanced", wizard.problems()
    for words in ("3 claims", "data-db-v1-0", "data-db-v1-2", "30 Gi"):
        assert words in wizard.text, words
    wizard.submit(access_mode="headless")
    create(wizard, "db")
    stateful = sent(cluster, "StatefulSet")
    assert stateful["metadata"]["name"] == "db-v1"
    assert stateful["spec"]["serviceName"] == "db"
    assert stateful["spec"]["volumeClaimTemplates"][0]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
    }
    mounts = stateful["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert mounts == [{"name": "data", "mountPath": "/var/lib/postgresql/data"}]
    service = sent(cluster, "Service")
    assert service["spec"]["clusterIP"] == "None"
    assert service["metadata"]["annotations"]["kubesphere.io/serviceType"] == "statefulservice"


def test_specify_workload(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    """M10, M22: ports are taken over; that a version is pinned is a hint."""
    container = {"name": "web", "image": "nginx", "ports": [{"name": "http-web", "containerPort": 8080}]}
    labels = {"app": "orders", "version": "v1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": "orders-v1", "namespace": project.name, "labels": labels}
    cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    cluster.forget()
    wizard.start("workload").submit(name="orders-reports")
    assert wizard.step == "service", wizard.problems()

    def offered() -> bool:
        return "use:Deployment/orders-v1" in wizard.open("service").buttons()

    assert eventually(offered)
    wizard.submit("use:Deployment/orders-v1")
    assert wizard.form()["selector-0-key"] == ["app"]
    assert "version pins this Service to v1" in wizard.text
    pinned = wizard.text.split("version pins this Service")[0].rsplit("<p", 1)[1]
    assert "busy" not in pinned, "M22: a hint is nothing in progress"
    assert wizard.form()["ports-0-target_port"] == ["http-web"], "M10: the ports of its containers are taken over"
    wizard.submit("unpin:version", ports__0__port=80, ports__0__target_port="http-web")
    assert "selector-1-key" not in wizard.form()

    def matched() -> bool:
        wizard.submit("find:")
        return "Matches 2 pods of 1 workload" in wizard.text

    assert eventually(matched), wizard.text
    assert re.search(r"<dt>Selected</dt><dd>.*2 of 2 pods ready", wizard.text), "what the new Service will lead to"
    wizard.submit()
    assert wizard.step == "advanced", wizard.problems()
    wizard.submit(sticky="on", sticky_timeout=600)
    create(wizard, "orders-reports")
    assert sent(cluster, "Service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "orders-reports",
            "namespace": project.name,
            "labels": {"app": "orders-reports"},
            "annotations": {"kubesphere.io/creator": "olive"},
        },
        "spec": {
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
            "selector": {"app": "orders"},
            "ports": [{"protocol": "TCP", "port": 80, "targetPort": "http-web"}],
        },
    }


def test_yaml(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    cluster.forget()
    text = f"""# ours
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{mode: fast}}
---
apiVersion: v1
kind: Service
metadata: {{name: by-hand, namespace: {project.name}}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
"""
    wizard.start("yaml").submit("review", text=text)
    create(wizard, "by-hand")
    config = sent(cluster, "ConfigMap")
    assert config["data"] == {"mode": "fast"}
    assert sent(cluster, "Service")["metadata"] == {
        "name": "by-hand",
        "namespace": project.name,
        "annotations": {"kubesphere.io/creator": "olive"},
    }


def test_unknown_field_is_marked_on_its_line_before_the_review(wizard: Wizard, project: Project) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  prots: []\n  ports: [{port: 80}]\n"
    wizard.start("yaml").submit("review", text=text)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert "Line 6" in wizard.text
    assert wizard.form()["text"] == [text]


def test_a_node_can_be_chosen(wizard: Wizard, cluster: Cluster) -> None:
    all_nodes = cluster.admin.list("nodes", None)
    nodes = [node["metadata"]["name"] for node in all_nodes if not node["spec"].get("taints")]
    closed = [node["metadata"]["name"] for node in all_nodes if node["spec"].get("taints")]
    wizard.start("stateless").submit(name="pinned")
    wizard.submit(**GOOD)
    wizard.submit()
    assert wizard.step == "advanced", wizard.problems()

    def offered() -> bool:
        return f"pin:{nodes[0]}" in wizard.open("advanced").buttons()

    assert eventually(offered)
    assert not {f"pin:{name}" for name in closed} & set(wizard.buttons()), "a node that keeps pods off is not offered"
    wizard.submit(f"pin:{nodes[0]}")
    assert wizard.form()["node_selector-0-key"] == ["kubernetes.io/hostname"]
    assert wizard.form()["node_selector-0-value"] == [nodes[0]]


def test_a_scheduling_rule_is_offered_the_labels_of_pods(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    for name in ("orders", "web"):
        labels = {"app": name, "tier": "back"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        meta = {"name": f"{name}-v1", "namespace": project.name}
        cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})

    def offered(**typed: str) -> set[str]:
        answer = wizard.client.get(
            f"{wizard.root}pick/pods/", {f"scheduling-{key}": value for key, value in typed.items()}
        )
        return set(re.findall(r'<option value="([^"]*)">', answer.content.decode()))

    assert eventually(lambda: offered() == {"app=orders,tier=back", "app=web,tier=back"})
    assert offered(**{"rules-0-selector": "orders-v1"}) == {"app=orders,tier=back"}
    assert offered(**{"rules-0-selector": "app=web"}) == {"app=web,tier=back"}
    assert offered(**{"rules-0-selector": "nobody"}) == set()


def test_names_are_searched_on_the_server(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    for kind, name in (("ConfigMap", "settings"), ("ConfigMap", "other"), ("Secret", "tokens")):
        meta = {"name": name, "namespace": project.name}
        held = {"stringData": {"api": "hush"}} if kind == "Secret" else {"data": {"mode": "fast"}}
        cluster.admin.create({"apiVersion": "v1", "kind": kind, "metadata": meta, **held})
    query = {"containers-0-env-0-source": "configmap", "containers-0-env-0-object": "sett"}
    assert 'value="settings"' in wizard.client.get(f"{wizard.root}pick/object/", query).content.decode()
    assert 'value="other"' not in wizard.client.get(f"{wizard.root}pick/object/", query).content.decode()
    keys = {"containers-0-env-0-source": "configmap", "containers-0-env-0-object": "settings"}
    assert 'value="mode"' in wizard.client.get(f"{wizard.root}pick/key/", keys).content.decode()
    secret = {"containers-0-env-0-source": "secret", "containers-0-env-0-object": "tokens"}
    answer = wizard.client.get(f"{wizard.root}pick/key/", secret).content.decode()
    assert 'value="api"' in answer
    assert "hush" not in answer
    assert wizard.client.get(f"{wizard.root}pick/nothing/").status_code == 404


def test_the_quota_and_the_limit_range_are_held_against_what_is_typed(
    wizard: Wizard, cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several quotas each resource is held against the tightest; a bound on how many are read is said."""
    hard = {"pods": "3", "limits.memory": "1Gi"}
    limits = {
        "type": "Container",
        "default": {"cpu": "500m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
        "max": {"cpu": "2"},
        "min": {"cpu": "50m"},
    }
    for kind, spec in (("ResourceQuota", {"hard": hard}), ("LimitRange", {"limits": [limits]})):
        meta = {"name": "of-the-project", "namespace": project.name}
        cluster.admin.create({"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec})
    assert eventually(lambda: cluster.admin.get("resourcequotas", project.name, "of-the-project").get("status"))
    wizard.start("stateless").submit(name="shop")
    assert facts(wizard) == {
        "Pods": ("1 / 3", False),
        "Memory limits": ("256Mi / 1Gi", False),
        "CPU if not set": ("100m to 500m", False),
        "Memory if not set": ("128Mi to 256Mi", False),
        "CPU": ("50m to 2", False),
    }
    wizard.submit("add:containers-0-env", replicas=4, containers__0__image="nginx", containers__0__cpu_limit="3")
    new_facts = facts(wizard)
    assert new_facts["Pods"] == ("4 / 3", True)
    assert new_facts["CPU"] == ("50m to 2", True)
    assert new_facts["Memory limits"] == ("1Gi / 1Gi", False)
    for at in range(6):
        meta = {"name": f"a{at}", "namespace": project.name}
        spec = {"hard": {"pods": str(9 + at), "limits.memory": "512Mi" if at == 5 else "9Gi"}}
        cluster.admin.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": spec})
    for at in range(6):
        assert eventually(lambda at=at: cluster.admin.get("resourcequotas", project.name, f"a{at}").get("status"))
    wizard.open("pod")
    assert (facts(wizard)["Pods"][0], facts(wizard)["Memory limits"]) == ("4 / 3", ("1Gi / 512Mi", True))
    assert "only the first" not in wizard.text
    monkeypatch.setattr(extras, "_MOST_QUOTAS", 2)
    wizard.open("pod")
    assert facts(wizard)["Pods"] == ("4 / 9", False)
    assert "The project has more quotas; only the first 2 are compared." in wizard.text
    assert "more LimitRanges" not in wizard.text


def facts(wizard: Wizard) -> dict[str, tuple[str, bool]]:
    """What stands beside the form of quota and limits: word -> (what is said, whether it is a warning)."""
    aside = wizard.text[wizard.text.index("Project Quota") :]
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", aside)
    return {word: (re.sub(r"<svg.*?</svg>|<[^>]*>", "", value).strip(), "warn" in value) for word, value in pairs}


def test_a_draft_is_one_once_something_is_typed_and_is_called_so(wizard: Wizard, project: Project) -> None:
    chooser = f"/projects/{project.name}/services/new/drafts/"
    wizard.start("stateless")
    assert "Unnamed draft" not in wizard.client.get(chooser).content.decode()
    wizard.client.post(wizard.path, {**wizard.form(), "name": "half-typed", "do": "look:"})
    shown = wizard.client.get(chooser).content.decode()
    assert "half-typed" in shown
    assert "Unnamed draft" not in shown


def test_what_will_be_made_says_when_it_lags_behind(wizard: Wizard) -> None:
    wizard.start("stateless")
    assert "Incomplete until" not in wizard.text
    data = {**wizard.form(), "name": "Not-A-Name", "do": "look:"}
    assert "Incomplete until Name is valid." in wizard.client.post(wizard.path, data).content.decode()
    data = {**data, "name": "a-name"}
    answer = wizard.client.post(wizard.path, data).content.decode()
    assert "Incomplete until" not in answer
    assert '<h3 class="mono">a-name</h3>' in answer
    assert "Draft saved" in answer
