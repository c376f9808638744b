"""Every field of every way to create, over the wire: what is sent equals whole expected manifests."""

from collections.abc import Callable, Mapping

import pytest
from django.test import Client

from accounts.models import Project
from tests.clusters import Cluster
from tests.everything import Everything, differences
from tests.everything.others import EXTERNAL, WORKLOAD, YAML
from tests.everything.stateful import STATEFUL
from tests.everything.stateless import STATELESS
from tests.web.creating import Wizard
from tests.web.test_create_types import create, sent

pytestmark = pytest.mark.django_db(transaction=True)


def typed(values: Mapping[str, str | bool | list[str]]) -> dict[str, object]:
    return {name.replace("-", "__"): "on" if value is True else value for name, value in values.items()}


@pytest.mark.parametrize("every", [STATELESS, STATEFUL, EXTERNAL, WORKLOAD, YAML], ids=lambda every: every.type)
def test_every_field(
    every: Everything, sign_in: Callable[[str], Client], project: Project, cluster: Cluster, node_port: int
) -> None:
    cluster.forget()
    wizard = Wizard(sign_in("olive"), project.name).start(every.type)
    for visit in every.visits(node_port):
        assert visit.step in (wizard.step, f"draft-{wizard.step}"), wizard.problems()
        for do in visit.presses:
            wizard.submit(do)
        wizard.submit("review" if every.type == "yaml" else "", **typed(visit.typed))
    create(wizard, every.name)
    for document in every.expected(project.name, "olive", node_port):
        made = sent(cluster, document["kind"])
        assert not (wrong := differences(made, document)), "\n".join(wrong)
