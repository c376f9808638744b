"""F6 over the wire: the form takes what the cluster takes, and the review says Accepted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import Project
from services.manifests.yamlio import load
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.web.creating import Wizard, controls

pytestmark = pytest.mark.django_db(transaction=True)
ONE = "containers-0-"


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project, cluster: Cluster) -> Wizard:
    """At Pod Settings, one container with one port filled in."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    assert wizard.step == "pod", wizard.problems()
    port = {"name": "http", "container_port": 8080, "service_port": 80}
    typed = {f"{ONE}ports-0-{name}": value for name, value in port.items()}
    wizard.submit(f"add:{ONE}env", **{f"{ONE}image": "nginx:1.27", **typed})
    return wizard.submit(f"drop:{ONE}env-0")


def documents() -> tuple[Any, ...]:
    return load(Draft.objects.get().text)


def reviewed(wizard: Wizard) -> str:
    while wizard.step != "review":
        step = wizard.step
        wizard.submit()
        assert wizard.step != step, wizard.problems()
    return wizard.text


def test_a_service_name_that_starts_with_a_digit(wizard: Wizard) -> None:
    """F6: RFC 1123, the default since Kubernetes 1.36."""
    wizard.submit().open("basic").submit(name="1st-shop")
    assert "Refused" not in reviewed(wizard)
    assert documents()[1]["metadata"]["name"] == "1st-shop"


@pytest.mark.parametrize("name", ["Logging:LogLevel", "4K_SEPARATION", "a/b"])
def test_a_variable_of_any_printable_name(wizard: Wizard, name: str) -> None:
    """F6: final since Kubernetes 1.34."""
    wizard.submit(f"add:{ONE}env").submit(**{f"{ONE}env-0-name": name, f"{ONE}env-0-value": "x"})
    assert "Refused" not in reviewed(wizard)
    assert documents()[0]["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": name, "value": "x"}]


@pytest.mark.parametrize(
    ("typed", "unit", "stored", "shown"),
    [
        ("256", "Mi", "256Mi", ("256", "Mi")),
        ("1.5", "Gi", "1.5Gi", ("1.5", "Gi")),
        ("128M", "Mi", "128M", ("128M", "")),
        ("2Gi", "Mi", "2Gi", ("2", "Gi")),
        ("134217728", "", "134217728", ("134217728", "")),
    ],
)
def test_a_quantity_has_the_unit_chosen_beside_it_or_its_own(
    wizard: Wizard, typed: str, unit: str, stored: str, shown: tuple[str, str]
) -> None:
    name = f"{ONE}memory_limit".replace("__", "-")
    wizard.submit(**{name: typed, f"{name}-unit": unit})
    assert wizard.step == "storage", wizard.problems()
    raw = controls(wizard.open("pod").text)
    assert (raw[name], raw[f"{name}-unit"]) == ([shown[0]], [shown[1]])
    wizard.submit()
    reviewed(wizard)
    assert documents()[0]["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"memory": stored}}


@pytest.mark.parametrize("text", ["", "12 or so, 5"])
def test_a_unit_beside_no_number_is_kept_in_the_draft(wizard: Wizard, text: str) -> None:
    """Everything that was entered is there when one comes back, until the step is saved."""
    limit, request = f"{ONE}memory_limit", f"{ONE}memory_request"
    units = {f"{limit}-unit": ["Gi"], f"{request}-unit": [""]}
    wizard.submit("back", **units, **{limit: text, f"{ONE}image": ""})
    for page in (wizard.open("pod"), wizard.submit(f"add:{ONE}env")):
        shown = controls(page.text)
        assert {name: shown[name] for name in (limit, *units)} == {limit: [text], **units}
    wizard.submit(**{f"{ONE}image": "nginx:1.27", limit: "2", f"{limit}-unit": "Gi"})
    reviewed(wizard)
    assert documents()[0]["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"memory": "2Gi"}}


@pytest.mark.parametrize(("unit", "kept"), [("Mi", False), ("Gi", True), ("", True)])
def test_a_unit_that_was_chosen_is_something_that_was_entered(
    sign_in: Callable[[str], Client], project: Project, unit: str, kept: bool
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    wizard.submit("back", **{f"{ONE}memory_limit-unit": unit})
    assert ("pod" in Draft.objects.get().typed) == kept
    assert controls(wizard.open("pod").text)[f"{ONE}memory_limit-unit"] == [unit]


def test_what_is_wrong_with_no_field_alone_has_a_name_in_the_notice(wizard: Wizard) -> None:
    wizard.submit(f"drop:{ONE}ports-0").submit(**{f"{ONE}image": ""})
    assert wizard.problems()[1].startswith("Containers: "), wizard.problems()


@pytest.mark.parametrize("size", ["1.2Gi", "0.1Gi", "2.8Gi"])
def test_memory_in_parts_of_a_byte_is_remarked_and_kept(wizard: Wizard, size: str) -> None:
    """F6: the API takes it with a warning."""
    wizard.submit(**{f"{ONE}memory_limit": size})
    assert wizard.step == "storage", wizard.problems()
    assert "Memory is in whole bytes" in wizard.open("pod").text
    assert "Refused" not in reviewed(wizard)
    assert documents()[0]["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"memory": size}}


def test_two_service_ports_lead_to_one_container_port(wizard: Wizard) -> None:
    """F6: 80 and 443 to 8080; both stay to be seen and changed, and the container declares 8080 once."""
    second = {"name": "https", "container_port": 8080, "service_port": 443}
    wizard.submit(f"add:{ONE}ports").submit(**{f"{ONE}ports-1-{key}": value for key, value in second.items()})
    assert wizard.step == "storage", wizard.problems()
    deployment, service = documents()
    ports = [(port["name"], port["port"], port["targetPort"]) for port in service["spec"]["ports"]]
    assert ports == [("http", 80, 8080), ("https", 443, 8080)]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert [port["containerPort"] for port in container["ports"]] == [8080]
    assert wizard.open("pod").form()[f"{ONE}ports-1-service_port"] == ["443"]
    wizard.submit(**{f"{ONE}ports-0-container_port": 9090, f"{ONE}ports-1-service_port": 8443})
    service = documents()[1]
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(80, 9090), (8443, 9090)]
    assert "Refused" not in reviewed(wizard)


@pytest.mark.parametrize(("protocol", "port", "taken"), [("UDP", 80, True), ("TCP", 81, False)])
def test_one_node_port_for_tcp_and_udp(wizard: Wizard, node_port: int, protocol: str, port: int, taken: bool) -> None:
    """F6: node ports are compared with their protocol."""
    second = {"name": "dns", "protocol": protocol, "container_port": 5353, "service_port": port}
    wizard.submit(f"add:{ONE}ports").submit(**{f"{ONE}ports-1-{key}": value for key, value in second.items()})
    wizard.open("advanced").submit(external="NodePort", **{f"ports-{at}-node_port": node_port for at in range(2)})
    assert wizard.step == ("review" if taken else "advanced"), wizard.problems()
    assert "Refused" not in wizard.text
    assert ("Duplicate node port" in wizard.text) is not taken


def test_a_check_names_a_port_of_its_container(wizard: Wizard) -> None:
    """F2: a name that no port of the container has is said beside the field; the number and the names are taken."""
    check = f"{ONE}liveness-"
    wizard.submit(**{f"{check}kind": "http", f"{check}port": "web"})
    assert wizard.step == "pod"
    assert "This container has no port named web" in wizard.text
    wizard.submit(**{f"{check}port": "http"})
    assert wizard.step == "storage", wizard.problems()


PORTS = [{"name": "http-web", "containerPort": 8080}, {"containerPort": 9090, "protocol": "UDP"}]


@pytest.fixture
def chosen(sign_in: Callable[[str], Client], project: Project, cluster: Cluster) -> Wizard:
    """At Service Settings, the labels of a workload with two pods chosen."""
    labels = {"app": "orders"}
    containers = [{"name": "web", "image": "nginx", "ports": PORTS}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    meta = {"name": "orders-v1", "namespace": project.name}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    wizard = Wizard(sign_in("olive"), project.name).start("workload").submit(name="reports")
    assert eventually(lambda: "use:Deployment/orders-v1" in wizard.open("service").buttons())
    wizard.submit("use:Deployment/orders-v1")
    assert eventually(lambda: "Matches 2 pods" in wizard.submit("find:").text)
    return wizard


def test_the_ports_of_a_chosen_workload_are_taken_over(chosen: Wizard) -> None:
    """M10: what the containers declare, under its name; nothing is remarked, and the list says which one it is."""
    picked = LexborHTMLParser(chosen.text).css("#found input[checked]")
    assert [choice.attributes["value"] for choice in picked] == ["use:Deployment/orders-v1"]
    assert "2 pods ready" in LexborHTMLParser(chosen.text).css_first("#found").text()
    chosen.submit()
    assert chosen.step == "advanced", chosen.problems()
    ports = [{"name": "http-web", "protocol": "TCP", "port": 8080, "targetPort": "http-web"}]
    ports.append({"name": "udp-9090", "protocol": "UDP", "port": 9090, "targetPort": 9090})
    assert documents()[0]["spec"]["ports"] == ports
    assert "With a warning" not in chosen.open("review").text


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nosuch", "No container of these pods has a port named nosuch"),
        ("1234", "No container of these pods declares port 1234"),
    ],
)
def test_a_port_that_no_container_declares_is_remarked(chosen: Wizard, target: str, says: str) -> None:
    """M10 and F2: at the step as soon as it is typed, and at the review."""
    chosen.submit("find:", **{"ports-0-target_port": target})
    assert says in chosen.text
    chosen.submit()
    assert chosen.step == "advanced", chosen.problems()
    assert says in reviewed(chosen)


def service_of() -> Any:
    return next(document for document in documents() if document["kind"] == "Service")


def test_a_load_balancer_without_annotations_is_remarked(wizard: Wizard) -> None:
    """M11: at the step, with what the provider may want to read, and at the review; not where one is given."""
    wizard.open("advanced").submit(external="LoadBalancer")
    assert wizard.step == "review", wizard.problems()
    assert "no annotations for the load balancer provider" in wizard.text
    assert "no annotations for the load balancer yet" in wizard.open("advanced").text
    page = LexborHTMLParser(wizard.text)
    warning, link = page.css_first("#fold_balancer #no-annotations"), page.css_first("#made a[href='#no-annotations']")
    assert warning is not None
    assert "no annotations for the load balancer yet" in warning.text(), "where they are suggested"
    assert link is not None
    assert ">layer2</button>" in wizard.text
    wizard.submit("suggest:lb.kubesphere.io/v1alpha1=openelb")
    assert wizard.form()["service_annotations-0-value"] == ["openelb"]
    provider = LexborHTMLParser(wizard.text).css_first("#provider option[selected]")
    assert provider is not None
    assert provider.attributes["value"] == "openelb", "first the provider, then its annotations"
    assert 'aria-label="Remove openelb"' in wizard.text
    assert ">openelb</span>" in wizard.text, "the value stands in its row"
    wizard.submit("unset:lb.kubesphere.io/v1alpha1")
    assert "service_annotations-0-value" not in wizard.form(), "it is taken back"
    assert ">Set to openelb</button>" in wizard.text.replace("</svg>", ">")
    wizard.submit("suggest:protocol.openelb.kubesphere.io/v1alpha1=bgp")
    wizard.submit("unset:protocol.openelb.kubesphere.io/v1alpha1")
    assert "service_annotations-0-value" not in wizard.form(), "Not set unsets it"
    wizard.submit("suggest:lb.kubesphere.io/v1alpha1=openelb").submit()
    assert wizard.step == "review", wizard.problems()
    assert "no annotations for the load balancer provider" not in wizard.text
    assert wizard.open("advanced").form()["service_annotations-0-value"] == ["openelb"], "M1: what was chosen is shown"


def test_a_sticky_session_has_the_documented_timeout(wizard: Wizard) -> None:
    """M24: the word of the trade, and 10800 seconds in the manifest where nothing else is typed."""
    wizard.open("advanced").submit(sticky="on")
    assert service_of()["spec"]["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}
    assert "Maximum Session Sticky Time" in wizard.open("advanced").text
    assert wizard.form()["sticky_timeout"] == ["10800"], "written where it is chosen"
    wizard.submit(sticky=[])
    assert "sessionAffinityConfig" not in service_of()["spec"]


def test_a_sticky_session_of_a_headless_service_is_remarked(wizard: Wizard) -> None:
    """F12: the cluster takes it and ignores it."""
    wizard.open("advanced").submit(access_mode="headless", sticky="on")
    assert "has no effect on a headless Service" in reviewed(wizard)
    assert "has no effect on a headless Service" in wizard.open("advanced").text


def test_cpu_in_millions_of_cores_is_a_slip(wizard: Wizard) -> None:
    """F12: 100M for 100m, the mirror image of memory."""
    assert "Did you mean m?" in wizard.submit(**{f"{ONE}cpu_request": "100M"}).text


def test_memory_in_bytes_is_remarked(wizard: Wizard) -> None:
    """M19: 128 means 128 bytes; said where it stands in the way, and where it is taken: at the step and the review."""
    says = "128 means 128 bytes. Did you mean 128Mi?"
    wizard.submit(**{f"{ONE}memory_request": "64Mi", f"{ONE}memory_limit": "128"})
    assert [problem for problem in wizard.problems() if "more than the limit" in problem and says in problem]
    wizard.submit(**{f"{ONE}memory_request": "", f"{ONE}memory_limit": "128"})
    assert wizard.step == "storage", wizard.problems()
    assert says in wizard.open("pod").text
    assert says in reviewed(wizard)
    assert documents()[0]["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"memory": "128"}}


def test_where_the_volume_of_the_time_zone_comes_from(wizard: Wizard) -> None:
    """M25: Storage Settings names the box that made it, not a danger."""
    wizard.submit(**{f"{ONE}host_timezone": "on"})
    assert wizard.step == "storage", wizard.problems()
    assert "Added by Synchronize Host Timezone" in wizard.text
    assert "own disk." not in wizard.text
