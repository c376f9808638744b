"""The whole stateless dialog over the wire, without a script, ends in exactly the documented objects."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project
from services.models import Draft
from tests.clusters import Cluster
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


def filled(wizard: Wizard, **basic: str) -> Wizard:
    """Through the first two steps with the least that is needed."""
    wizard.start("stateless").submit(name=basic.get("name", "demo-stateless"))
    assert wizard.step == "pod", wizard.problems()
    wizard.submit(
        replicas=2,
        containers__0__image="nginx",
        containers__0__name="web",
        containers__0__ports__0__container_port=80,
        containers__0__ports__0__service_port=80,
    )
    assert wizard.step == "storage", wizard.problems()
    return wizard


def test_the_least_that_is_needed(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    filled(wizard).submit()
    assert wizard.step == "advanced", wizard.problems()
    wizard.submit()
    assert wizard.step == "review", wizard.problems()
    assert "Accepted" in wizard.text
    assert "would refuse" not in wizard.text
    wizard.post("create")
    assert wizard.path == f"/projects/{project.name}/service/demo-stateless/", wizard.problems()
    service = cluster.admin.get("services", project.name, "demo-stateless")
    assert service["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    assert service["spec"]["selector"] == {"app": "demo-stateless"}
    assert service["metadata"]["annotations"] == {
        "kubesphere.io/serviceType": "statelessservice",
        "kubesphere.io/creator": "olive",
    }
    assert [(p["name"], p["port"], p["targetPort"]) for p in service["spec"]["ports"]] == [("tcp-80", 80, 80)]
    deployment = cluster.admin.get("deployments", project.name, "demo-stateless-v1")
    assert deployment["metadata"]["labels"] == {"app": "demo-stateless", "version": "v1"}
    assert deployment["spec"]["replicas"] == 2
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert (container["name"], container["image"]) == ("web", "nginx")
    assert Draft.objects.get().state == "done"
