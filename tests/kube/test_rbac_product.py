"""The product's own provisioning and identities against the RBAC it ships, seen on the wire."""

import pytest
import yaml

from accounts.domain import places, provisioning
from accounts.identity import user_identity
from accounts.models import AuditEntry, Project
from console import wiring
from console.kube import errors
from console.kube.kinds import SERVICE
from tests.clusters import ROOT, Cluster, eventually
from tests.people import People

DEPLOY = ROOT / "deploy" / "kubernetes"
DOCUMENT = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "demo"},
    "spec": {"selector": {"app": "demo"}, "ports": [{"port": 80}]},
}


def test_a_project_is_provisioned_by_the_console_which_writes_nothing_else(cluster: Cluster, project: Project) -> None:
    """S3: whom the console acts as provisions nothing, so that nobody can."""
    bound = {binding["metadata"]["name"] for binding in cluster.admin.list("rolebindings", project.name)}
    assert bound == {binding["metadata"]["name"] for binding in bindings(project)}
    writes = [
        request
        for request in cluster.request_log()
        if request.writes and project.name in request.target + str(request.body)
    ]
    assert [write.path.rpartition("/")[2] for write in writes] == ["namespaces", *["rolebindings"] * len(bound)]
    assert not any(write.user or write.groups for write in writes)
    assert AuditEntry.objects.get(project_uuid=project.uuid, action="project.create").actor == "alice"


def bindings(project: Project) -> tuple[provisioning.Document, ...]:
    return provisioning.bindings(places.plan_of(project, wiring.cluster().provisioner))


def test_roles_decide_in_the_api_server(cluster: Cluster, project: Project, people: People) -> None:
    as_olive = wiring.cluster().as_user(people.scope("olive", project).identity)
    as_bob = wiring.cluster().as_user(people.scope("bob", project).identity)
    eventually(lambda: as_bob.list(SERVICE, project.name))
    with pytest.raises(errors.Forbidden) as caught:
        as_bob.create(SERVICE, project.name, DOCUMENT)
    assert not caught.value.console_itself
    as_olive.create(SERVICE, project.name, DOCUMENT)
    assert cluster.admin.get("services", project.name, "demo")["spec"]["selector"] == {"app": "demo"}


def test_where_the_console_may_not_act_the_refusal_says_so(cluster: Cluster, namespace: str, people: People) -> None:
    as_olive = wiring.cluster().as_user(user_identity(people.olive.uuid))
    with pytest.raises(errors.Forbidden) as caught:
        as_olive.create(SERVICE, namespace, DOCUMENT)
    assert caught.value.console_itself


@pytest.mark.parametrize(
    "file",
    [
        "rbac.yaml",
        "console.yaml",
        pytest.param("admission.yaml", marks=pytest.mark.real_only(reason="the embedded cluster has no such kind")),
    ],
)
def test_what_is_shipped_is_accepted_as_it_is(cluster: Cluster, file: str) -> None:
    output = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", str(DEPLOY / file))
    assert output.count("(server dry run)") == len(list(yaml.safe_load_all((DEPLOY / file).read_text())))
