"""Who calls a Service by its name: what counts as its name in an environment, and what is said where nobody does."""

from __future__ import annotations

from typing import Any, cast

import pytest

from console.kube.kinds import Kind
from console.kube.records import ServiceRecord
from services.edit.present.dependents import Neighbours
from services.edit.present.reading import Reading
from tests.manifests import deployment


class Listed:
    """The reads of a dialog, of a project with one Deployment that has this value in its environment."""

    def __init__(self, value: str) -> None:
        self.unknown: list[str] = []
        self._body = deployment("shop")
        self._body["metadata"]["uid"] = "u1"
        self._body["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "PLACE", "value": value}]

    def all(self, kind: Kind, *, pages: int = 1) -> list[dict[str, Any]]:
        return [self._body] if kind.kind == "Deployment" else []


def called(value: str, *names: str, unknown: str = "", leaving: str = "") -> tuple[list[str], str]:
    reading = Listed(value)
    neighbours = Neighbours(cast(Reading, reading), {leaving} if leaving else set(), [])
    services = [cast(ServiceRecord, type("Named", (), {"name": name})) for name in names]
    callers = list(neighbours.callers(services, "here"))
    reading.unknown += [unknown] if unknown else []
    return callers, neighbours.without_callers(services, callers)


@pytest.mark.parametrize("host", ["web", "web.here", "web.here.svc", "web.here.svc.cluster.local"])
@pytest.mark.parametrize("around", ["{}", "{}:8080", "http://{}", "http://{}:80/shop?a=b", "amqp://me:word@{}/"])
def test_a_name_in_an_environment_is_found_as_a_host(host: str, around: str) -> None:
    said = "Deployment shop-v1 has web in its environment (PLACE)."
    assert called(around.format(host), "web") == ([said], "")


@pytest.mark.parametrize(
    "value", ["http://webhook", "my-web", "web-1:80", "web.there", "web.example.com", "web.here.svcs", "x.web"]
)
def test_a_part_of_another_name_is_not(value: str) -> None:
    callers, without = called(value, "web")
    assert callers == []
    unchecked = "ConfigMaps and Secrets were not searched."
    nobody = "No Ingress or HTTPRoute sends requests to web. No workload uses web in its environment."
    assert without == f"{nobody} {unchecked}"


def test_that_nobody_calls_is_said_only_of_what_was_read() -> None:
    assert called("web", "web", unknown="deployments could not be read: away")[1] == ""
    assert called("other", "web", unknown="deployments could not be read: away") == ([], "")
    assert called("a, b") == ([], "")  # the Service is gone already
    assert called("web", "web", leaving="u1")[1].partition(". ")[2].startswith("No other workload uses web")
