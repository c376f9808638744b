"""The edit dialogs of a Service: opened and saved unchanged they change nothing, one change is that change alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.manifests.bundle import Bundle
from services.manifests.diff import changes
from services.manifests.paths import format_path
from services.manifests.yamlio import load
from services.steps.input_names import Typed
from services.steps.live import DIALOGS, live_context, retyped
from services.steps.step import opened, posted
from tests.manifests import service
from tests.unit.test_steps_lens_testdata import API, module_files

WEB = service(
    "web",
    alias="Web shop",
    labels={"team": "red"},
    type="LoadBalancer",
    clusterIP="10.0.0.7",
    clusterIPs=["10.0.0.7"],
    sessionAffinity="ClientIP",
    sessionAffinityConfig={"clientIP": {"timeoutSeconds": 60}, "other": 1},
    externalTrafficPolicy="Local",
    internalTrafficPolicy="Cluster",
    healthCheckNodePort=32000,
    loadBalancerClass="example.com/lb",
    loadBalancerSourceRanges=["10.0.0.0/8"],
    allocateLoadBalancerNodePorts=True,
    publishNotReadyAddresses=True,
    ports=[
        {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http", "nodePort": 30080, "future": {"a": 1}},
        {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 5353, "nodePort": 30053},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 5353, "nodePort": 30054},
    ],
)


def saved(document: dict[str, Any], dialog: str, typed: dict[str, str]) -> list[str]:
    """The paths that change where a dialog is opened on the document, these fields are typed, and it is saved."""
    step, bundle = DIALOGS[dialog], Bundle((document,))
    around = live_context(step, "shop", bundle)
    fields: Typed = opened(step, around, fresh=False).typed.copy()
    for name, text in typed.items():
        assert name in fields, sorted(fields)
        fields[name] = text
    form = posted(step, fields, around)
    assert form.is_valid(), form.problems()
    written = step.lens.write(bundle, form.values()).service
    return [format_path(change.path) for change in changes(document, written)]


@pytest.mark.parametrize("dialog", DIALOGS)
def test_a_service_with_every_field_saved_unchanged_is_unchanged(dialog: str) -> None:
    assert saved(WEB, dialog, {}) == []
    for path in module_files(API, "testdata/HEAD"):
        if path.name == "core.v1.Service.yaml":
            document = dict(load(path.read_text())[0])
            assert saved(document, dialog, {}) == []


ONE_CHANGE = [
    ("information", "alias", "Other", "metadata.annotations[kubesphere.io/alias-name]"),
    ("information", "description", "Other", "metadata.annotations[kubesphere.io/description]"),
    ("edit-service", "selector-0-value", "other", "spec.selector.app"),
    ("edit-service", "ports-0-name", "web", "spec.ports[80/TCP].name"),
    ("edit-service", "ports-0-port", "81", "spec.ports[80/TCP].port"),
    ("edit-service", "ports-1-protocol", "SCTP", "spec.ports[53/UDP].protocol"),
    ("edit-service", "ports-1-target_port", "dns", "spec.ports[53/UDP].targetPort"),
    ("edit-service", "ports-2-app_protocol", "grpc", "spec.ports[53/TCP].appProtocol"),
    ("edit-service", "sticky_timeout", "61", "spec.sessionAffinityConfig.clientIP.timeoutSeconds"),
    ("external-access", "ports-1-node_port", "30099", "spec.ports[53/UDP].nodePort"),
    ("external-access", "source_ranges", "10.0.0.0/16", "spec.loadBalancerSourceRanges[0]"),
    ("external-access", "internal_policy", "Local", "spec.internalTrafficPolicy"),
    ("external-access", "allocate_node_ports", "false", "spec.allocateLoadBalancerNodePorts"),
]


@pytest.mark.parametrize(("dialog", "name", "text", "path"), ONE_CHANGE)
def test_one_change_is_that_change(dialog: str, name: str, text: str, path: str) -> None:
    assert saved(WEB, dialog, {name: text}) == [path]


def test_one_change_of_a_fully_populated_service_is_that_change() -> None:
    for path in module_files(API, "testdata/HEAD"):
        if path.name == "core.v1.Service.yaml":
            document = dict(load(path.read_text())[0])
            assert saved(document, "edit-service", {"ports-0-target_port": "8081"}) == [
                "spec.ports[3/protocolValue].targetPort"
            ]
            assert saved(document, "information", {"alias": "Other"}) == [
                "metadata.annotations[kubesphere.io/alias-name]"
            ]


def test_what_only_a_load_balancer_has_goes_with_it() -> None:
    assert set(saved(WEB, "external-access", {"external": "NodePort"})) == {
        "spec.type",
        "spec.loadBalancerClass",
        "spec.loadBalancerSourceRanges",
        "spec.allocateLoadBalancerNodePorts",
        "spec.healthCheckNodePort",
    }
    assert set(saved(WEB, "external-access", {"external_policy": "Cluster"})) == {
        "spec.externalTrafficPolicy",
        "spec.healthCheckNodePort",
    }
    closed = set(saved(WEB, "external-access", {"external": ""}))
    assert {"spec.ports[80/TCP].nodePort", "spec.externalTrafficPolicy"} < closed
    assert not any("future" in path for path in closed)


def test_the_form_behind_a_merge_knows_its_ports() -> None:
    """Somebody put a port in front: the rows that were typed belong to the ports they did before."""
    tls = {"name": "tls", "port": 443, "protocol": "TCP", "targetPort": 8443}
    mine = {"name": "new", "port": 9090, "protocol": "TCP", "targetPort": 9090}
    ports = WEB["spec"]["ports"]
    stored = {**WEB, "spec": {**WEB["spec"], "ports": [tls, *ports]}}
    together = {**WEB, "spec": {**WEB["spec"], "ports": [tls, *ports[1:], mine]}}
    step, base = DIALOGS["edit-service"], Bundle((stored,))
    form = posted(step, retyped(step, base, Bundle((together,))), live_context(step, "shop", base))
    assert form.is_valid(), form.problems()
    assert step.lens.write(base, form.values()).service == together


ports = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "b", "c", "d"]), "port": st.integers(1, 9), "protocol": st.just("TCP")},
        optional={"targetPort": st.one_of(st.integers(1, 9), st.just("web")), "nodePort": st.integers(30000, 30009)},
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda port: port["name"], lambda port: port["port"]),
)


@given(listed=ports, number=st.integers(0, 3), text=st.integers(10, 20))
@settings(max_examples=60)
def test_a_changed_row_changes_its_port(listed: list[Any], number: int, text: int) -> None:
    document = service("web", ports=listed)
    at = number % len(listed)
    assert saved(document, "edit-service", {}) == []
    assert saved(document, "external-access", {}) == []
    key = f"spec.ports[{listed[at]['port']}/TCP]"
    assert saved(document, "edit-service", {f"ports-{at}-target_port": str(text)}) == [f"{key}.targetPort"]
