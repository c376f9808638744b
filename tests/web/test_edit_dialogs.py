"""Edit Information, Edit Service and Edit External Access over the wire: what is typed, and nothing else, is stored."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import AuditEntry
from console import wiring
from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, service
from tests.web.editing import Editor, fields_of

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
Open = Callable[[str], Editor]

ALIAS, DESCRIPTION = "kubesphere.io/alias-name", "kubesphere.io/description"
PORTS = [
    {"name": "http", "port": 80, "targetPort": 8080},
    {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"},
    {"name": "dns-tcp", "port": 53, "targetPort": 5353, "appProtocol": "example.com/dns"},
]


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Service web, a NodePort; two ready pods are behind it."""
    cluster.admin.create(deployment("web", replicas=2), project.name)
    body = service("web", alias="Web shop", description="Sells", labels={"team": "red"}, type="NodePort", ports=PORTS)
    cluster.admin.create(body, project.name)
    return f"/projects/{project.name}/service/web/"


@pytest.fixture
def as_olive(web: str, sign_in: SignIn) -> Open:
    """Opens a dialog of the Service as the operator: information, service, external-access. Memory knows its pods and
    slices: of the moment in between a review would say that the endpoints go to 0, and ask.
    """
    client = sign_in("olive")

    def is_known() -> bool:
        assert client.get(web).status_code == 200
        store, place = wiring.cluster().hub.store, web.split("/")[2]
        slices = store.slices_of(place, "web")
        endpoints = max((sum(endpoint.ready for endpoint in piece.endpoints) for piece in slices), default=0)
        return sum(pod.ready for pod in store.pods(place, {"app": "web"})) == endpoints == 2

    eventually(is_known)
    return lambda dialog: Editor(client, f"{web}edit/{dialog}/").open()


def stored(cluster: Cluster, web: str) -> Any:
    return cluster.admin.get("services", web.split("/")[2], "web")


def without_traces(body: Any) -> Any:
    meta = {key: value for key, value in body["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    return {**body, "metadata": meta}


def puts(cluster: Cluster) -> list[str]:
    return [request.target for request in cluster.requests_of("olive") if request.method == "PUT"]


@pytest.mark.parametrize("dialog", ["information", "service", "external-access"])
def test_what_is_saved_unchanged_sends_nothing(cluster: Cluster, web: str, as_olive: Open, dialog: str) -> None:
    editor = as_olive(dialog)
    before = stored(cluster, web)
    cluster.forget()
    editor.send()
    assert editor.answer.status_code in (200, 303)
    assert not [request for request in cluster.request_log() if request.writes]
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_one_plain_value_of_the_information_is_saved_at_once(cluster: Cluster, web: str, as_olive: Open) -> None:
    before = stored(cluster, web)
    editor = as_olive("information")
    assert editor.fields["alias"] == ["Web shop"]
    editor.send(alias="The shop")
    assert editor.is_saved()
    now = stored(cluster, web)
    before["metadata"]["annotations"][ALIAS] = "The shop"
    assert without_traces(now) == without_traces(before)
    entry = AuditEntry.objects.get(action="service.replace")
    assert (entry.outcome, entry.actor, entry.changes) == ("ok", "olive", [f"metadata.annotations[{ALIAS}]"])


def test_one_plain_value_is_tried_before_it_is_saved(cluster: Cluster, web: str, as_olive: Open, faults: Proxy) -> None:
    editor = as_olive("information")
    with faults.answer(422, method="PUT", path="dryRun") as tried:
        assert editor.send(alias="The shop").answer.status_code == 422
    assert tried.hits == 1
    assert stored(cluster, web)["metadata"]["annotations"]["kubesphere.io/alias-name"] == "Web shop"
    assert editor.fields["alias"] == ["The shop"]


def test_two_values_are_reviewed_first(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("information").send(alias="The shop", description="Sells\nand buys")
    assert "Dry run accepted" in editor.words
    assert stored(cluster, web)["metadata"]["annotations"][ALIAS] == "Web shop"
    back = Editor(editor.client, editor.address, editor.answer).send("edit", "apply")
    assert back.fields["alias"] == ["The shop"]
    assert editor.apply().is_saved()
    notes = stored(cluster, web)["metadata"]["annotations"]
    assert (notes[ALIAS], notes[DESCRIPTION]) == ("The shop", "Sells\nand buys")


def test_a_cleared_value_is_taken_away(cluster: Cluster, web: str, as_olive: Open) -> None:
    assert as_olive("information").send(alias="").is_saved()
    notes = stored(cluster, web)["metadata"]["annotations"]
    assert ALIAS not in notes
    assert notes[DESCRIPTION] == "Sells"


def test_one_changed_port_is_that_port_and_nothing_is_dropped(cluster: Cluster, web: str, as_olive: Open) -> None:
    before = stored(cluster, web)
    editor = as_olive("service")
    assert str(before["spec"]["ports"][0]["nodePort"]) in editor.words
    editor.send(ports__1__target_port="5300")
    assert "Dry run accepted" in editor.words
    assert editor.apply().is_saved()
    before["spec"]["ports"][1]["targetPort"] = 5300
    assert without_traces(stored(cluster, web)) == without_traces(before)


def test_a_port_is_added_renumbered_and_removed(cluster: Cluster, web: str, as_olive: Open) -> None:
    ports = stored(cluster, web)["spec"]["ports"]
    editor = as_olive("service").send("drop:ports-1").send("add:ports")
    typed = {"ports-2-port": "9090", "ports-2-name": "metrics", "ports-2-target_port": "9091"}
    closes = "Callers of port 80/TCP Port 80/TCP closes Now: Container port 8080"
    assert closes in as_olive("service").send("look:", ports__0__port="8000").words, "said beside the form"
    editor.send(**typed, ports__0__port="8000")
    for effect in ("Port 80/TCP closes", "No such port Port 8000/TCP is new", "No such port Port 9090/TCP is new"):
        assert effect in editor.words, "the review names it"
    assert "Port 53/UDP closes" in editor.words or "Ports 53/UDP, 80/TCP close" in editor.words
    assert editor.apply(sure="on").is_saved()
    first, second, third = stored(cluster, web)["spec"]["ports"]
    assert first == {**ports[0], "port": 8000}
    assert second == ports[2]
    assert (third["name"], third["port"], third["targetPort"], third["protocol"]) == ("metrics", 9090, 9091, "TCP")
    assert third["nodePort"] not in [port["nodePort"] for port in ports]


def test_a_port_that_somebody_inserts_before_mine_leaves_my_change_where_it_was(
    cluster: Cluster, web: str, as_olive: Open
) -> None:
    """Headlamp changes the wrong port."""
    editor = as_olive("service")
    # All is known that the review weighs: what is learned between it and Apply would have to be confirmed.
    eventually(lambda: "Matches 2 pods of 1 workload" in editor.open().words)
    eventually(lambda: b"Port dns has no endpoints" in editor.client.get(web).content)
    theirs = stored(cluster, web)
    theirs["spec"]["ports"].insert(0, {"name": "tls", "port": 443, "targetPort": 8443, "protocol": "TCP"})
    cluster.admin.replace(theirs)
    editor.send(ports__1__target_port="5300")
    assert editor.answer.status_code == 409
    assert not editor.clashes()
    assert "Port dns" in editor.words
    editor.merge()
    back = Editor(editor.client, editor.address, editor.answer).send("edit", "apply")
    assert back.fields["ports-2-target_port"] == ["5300"]
    assert back.fields["ports-2-was"] == ["2"]
    assert editor.apply().is_saved()
    now = {port["name"]: port for port in stored(cluster, web)["spec"]["ports"]}
    assert {name: port["targetPort"] for name, port in now.items()} == {
        "tls": 8443,
        "http": 8080,
        "dns": 5300,
        "dns-tcp": 5353,
    }


def test_what_collides_is_asked_and_the_rest_survives(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("service")
    theirs = stored(cluster, web)
    theirs["spec"]["ports"][1]["targetPort"] = 1111
    theirs["metadata"]["labels"]["team"] = "blue"
    cluster.admin.replace(theirs)
    editor.send(ports__1__target_port="5300", ports__0__app_protocol="http")
    assert editor.clashes() == ["clash:spec.ports[53/UDP].targetPort"]
    assert editor.merge().answer.status_code == 422
    clash = editor.clashes()[0]
    question = editor.send("discard", "merge", **{clash: "yours"})
    assert f'<form method="get" action="{web}">' in question.page, "yes is a link to the Service: nothing is kept"
    back = editor.send("keep", "merge")
    assert back.answer.status_code == 200
    assert fields_of(back.page, "merge")[clash] == ["yours"], "what was chosen stays"
    assert "Discard your change" not in back.words
    editor.merge(**{clash: "yours"})
    assert editor.apply().is_saved()
    now = stored(cluster, web)
    assert now["metadata"]["labels"]["team"] == "blue"
    assert now["spec"]["ports"][1]["targetPort"] == 5300
    assert now["spec"]["ports"][0]["appProtocol"] == "http"


def test_a_selector_that_selects_nothing_is_confirmed(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("service")
    eventually(lambda: "Matches 2 pods of 1 workload" in editor.open().words)
    # Its endpoints are watched beside its pods: all ports have some but dns.
    eventually(lambda: b"Port dns has no endpoints" in editor.client.get(web).content)
    editor.send("match:", selector__0__value="nobody")
    assert "Matches no pods" in editor.words
    assert "No longer selected" in editor.words
    assert "Labels in use: app=web" in editor.words
    assert editor.send("label:app=web").fields["selector-0-value"] == ["web"]
    editor.send("match:", selector__0__value="nobody")
    editor.send("restore:selector")
    assert editor.fields["selector-0-value"] == ["web"]
    editor.send(selector__0__value="nobody")
    assert "2 endpoints will go to 0" in editor.words
    assert "2 pods have app=web. All calls to web will fail immediately." in editor.words
    assert editor.send("apply", "apply").answer.status_code == 422
    assert stored(cluster, web)["spec"]["selector"] == {"app": "web"}
    assert editor.send("apply", "apply", sure="on").is_saved()
    assert stored(cluster, web)["spec"]["selector"] == {"app": "nobody"}


def test_only_the_dangerous_change_is_taken_back(cluster: Cluster, web: str, as_olive: Open) -> None:
    """What else was changed is reviewed again, with the form behind it."""
    editor = as_olive("service")
    eventually(lambda: "Matches 2 pods of 1 workload" in editor.open().words)
    editor.send(selector__0__value="nobody", sticky="on", sticky_timeout="3600")
    assert "Keep app=web" in editor.words
    editor.send("keep-selector", "apply")
    assert "will go to 0" not in editor.words
    assert "Keep app=web" not in editor.words
    assert editor.send("edit", "apply").fields["selector-0-value"] == ["web"]
    assert editor.send().apply().is_saved()
    spec = stored(cluster, web)["spec"]
    assert (spec["selector"], spec["sessionAffinity"]) == ({"app": "web"}, "ClientIP")
    editor = as_olive("service").send(selector__0__value="nobody")
    assert "Nothing would change." in editor.send("keep-selector", "apply").words


def test_the_labels_of_a_workload_become_the_selector(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("service")
    eventually(lambda: "Matches 2 pods of 1 workload" in editor.open().words)
    assert "Select web-v1" in editor.page
    editor.send("use:Deployment/web-v1")
    assert editor.fields["selector-1-key"] == ["version"]
    assert editor.fields["ports-0-port"] == ["80"]
    editor.send()
    assert editor.apply().is_saved()
    assert stored(cluster, web)["spec"]["selector"] == {"app": "web", "version": "v1"}


def test_sticky_session_is_switched_on_and_off(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("service").send(sticky="on", sticky_timeout="3600")
    assert "Same pod for 1 h, by client IP" in editor.words
    assert editor.apply().is_saved()
    spec = stored(cluster, web)["spec"]
    assert spec["sessionAffinity"] == "ClientIP"
    assert spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] == 3600
    assert as_olive("service").send(sticky=None).apply().is_saved()
    spec = stored(cluster, web)["spec"]
    assert spec["sessionAffinity"] == "None"
    assert "sessionAffinityConfig" not in spec


def test_what_cannot_be_changed_is_said_with_the_way(cluster: Cluster, web: str, as_olive: Open) -> None:
    words = as_olive("service").words
    assert "Cannot be changed" in words
    assert "Virtual IP Address" in words
    assert stored(cluster, web)["spec"]["clusterIP"] in words
    assert "Delete and Recreate…" in words


def test_a_headless_service_keeps_to_itself(cluster: Cluster, web: str, as_olive: Open) -> None:
    place = web.split("/")[2]
    cluster.admin.create(service("db", clusterIP="None"), place)
    client = as_olive("service").client
    editor = Editor(client, web.replace("/web/", "/db/") + "edit/external-access/").open()
    assert "cannot be reached from outside" in editor.words
    editor.send(external="NodePort")
    assert editor.answer.status_code == 422
    assert cluster.admin.get("services", place, "db")["spec"]["type"] == "ClusterIP"
    assert (
        "Internal Domain Name (headless)"
        in Editor(client, editor.address.replace("external-access", "service")).open().words
    )


def test_the_name_that_an_external_service_stands_for_is_changed(cluster: Cluster, web: str, as_olive: Open) -> None:
    place = web.split("/")[2]
    body = service("geo", type="ExternalName", externalName="api.example.net", selector=None, ports=None)
    cluster.admin.create(body, place)
    editor = Editor(as_olive("service").client, web.replace("/web/", "/geo/") + "edit/service/").open()
    assert "Workload Selector" not in editor.words
    assert editor.send(external_name="").answer.status_code == 422
    editor.send(external_name="other.example.net").apply()
    assert editor.answer.status_code == 303, editor.words
    assert cluster.admin.get("services", place, "geo")["spec"]["externalName"] == "other.example.net"


def test_external_access_is_closed_and_opened_at_a_chosen_port(cluster: Cluster, web: str, as_olive: Open) -> None:
    ports = stored(cluster, web)["spec"]["ports"]
    editor = as_olive("external-access")
    assert (
        f"Closes {' and '.join(dict.fromkeys(str(port['nodePort']) for port in ports))} on every node" in editor.words
    )
    assert f"Any node, port {ports[0]['nodePort']} Same" in editor.words
    editor.send(external="")
    assert "close" in editor.words
    assert editor.apply(sure="on").is_saved()
    spec = stored(cluster, web)["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["ports"] == [{key: value for key, value in port.items() if key != "nodePort"} for port in ports]
    chosen = ports[0]["nodePort"]
    wrong = as_olive("external-access").send("look:", external="NodePort", ports__0__node_port="1")
    assert "Incomplete: not known until every field is valid." in wrong.words
    assert "From outside" not in wrong.words
    balanced = as_olive("external-access").send("look:", external="LoadBalancer").words
    assert "Load balancer None Assigned by the provider" in balanced
    beside = as_olive("external-access").send("look:", external="NodePort").words
    assert "3 node ports chosen by the cluster Now: Inside only" in beside
    editor = as_olive("external-access").send(external="NodePort", ports__0__node_port=str(chosen))
    assert f"Node port {chosen}, 2 node ports chosen by the cluster" in editor.words
    assert re.findall(r"nodePort: (.+?) ", editor.words.split("Request")[0]) == [str(chosen), "chosen", "chosen"], (
        "the dry run's own choice is not what Apply will store"
    )
    assert editor.apply().is_saved()
    spec = stored(cluster, web)["spec"]
    assert (spec["type"], spec["ports"][0]["nodePort"]) == ("NodePort", chosen)


def test_annotations_of_a_load_balancer_are_missed_where_they_are_suggested(as_olive: Open) -> None:
    page = LexborHTMLParser(as_olive("external-access").send("look:", external="LoadBalancer").page)
    warning, link = page.css_first("#no-annotations"), page.css_first("#changes a[href='#no-annotations']")
    assert warning is not None
    assert "no annotations for the load balancer yet" in warning.text()
    assert link is not None
    assert link.text() == "Annotations"
    headings = [str(heading.text()).strip() for heading in page.css("#step h2")]
    assert headings == [
        "Access Mode",
        "Node Ports",
        "Load Balancer",
        "What changes for callers",
        "Service Annotations",
        "Traffic Policies",
    ]
    order = [key.text().split(" (")[0].strip() for key in page.css("#step h2, #step .fields label")]
    places = [order.index(words) for words in ("Provider", "Service Annotations", "Load balancer source ranges")]
    assert places == sorted(places), "a suggestion stands next to what it adds, before what hardly anybody needs"
    added = as_olive("external-access").send("suggest:lb.kubesphere.io/v1alpha1=openelb", external="LoadBalancer").page
    assert "no annotations for the load balancer yet" not in added
    assert "OpenELB needs lb.kubesphere.io/v1alpha1." in " ".join(warning.text().split())
    assert "Assigned by OpenELB" in added


def test_a_provider_without_the_annotation_that_it_needs_leaves_the_load_balancer_pending(as_olive: Open) -> None:
    """In the table and beside the form, shown with the provider; in the review where another annotation names it."""
    pending = "Pending: OpenELB handles the Service only with"
    editor = as_olive("external-access").send("look:", external="LoadBalancer")
    assert editor.words.count(pending) == 2
    page = LexborHTMLParser(editor.page)
    assert len(page.css("#work.provider .status[data-provider=openelb] a[href='#needs-openelb']")) == 2
    assert page.css_first("#callers [data-unless=openelb]").text() == "Assigned by the provider"
    assert page.css_first("#needs-openelb [value='suggest:lb.kubesphere.io/v1alpha1=openelb']")
    assert pending not in as_olive("external-access").send("look:", external="NodePort").words
    classed = as_olive("external-access").send("look:", external="LoadBalancer", load_balancer_class="example.com/lb")
    assert pending not in classed.words, "a class says by itself who handles it"
    editor.send("suggest:protocol.openelb.kubesphere.io/v1alpha1=bgp")
    assert pending in editor.send().words, "the review"
    editor.send("edit", "apply").send("suggest:lb.kubesphere.io/v1alpha1=openelb")
    assert pending not in editor.words
    assert "Assigned by OpenELB" in editor.words
    assert pending not in editor.send().words
    assert "Dry run accepted" in editor.words


def test_a_load_balancer_has_its_settings(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("external-access").send("suggest:lb.kubesphere.io/v1alpha1=openelb", external="LoadBalancer")
    editor.send(
        source_ranges="203.0.113.0/24, 198.51.100.0/24",
        external_policy="Local",
        internal_policy="Local",
        load_balancer_class="example.com/lb",
    )
    assert "loadBalancerSourceRanges" in editor.page
    assert "healthCheckNodePort: chosen by the cluster on Apply" in editor.words
    assert editor.apply(sure="on").is_saved()
    now = stored(cluster, web)
    spec = now["spec"]
    assert spec["type"] == "LoadBalancer"
    assert spec["loadBalancerSourceRanges"] == ["203.0.113.0/24", "198.51.100.0/24"]
    assert (spec["externalTrafficPolicy"], spec["internalTrafficPolicy"]) == ("Local", "Local")
    assert spec["loadBalancerClass"] == "example.com/lb"
    assert spec["healthCheckNodePort"]
    assert now["metadata"]["annotations"]["lb.kubesphere.io/v1alpha1"] == "openelb"
    assert "Cannot be changed while the cluster uses it." in as_olive("external-access").words
    assert as_olive("external-access").send(external_policy="Cluster").apply(sure="on").is_saved()
    assert "healthCheckNodePort" not in stored(cluster, web)["spec"]
    editor = as_olive("external-access").send(external="NodePort")
    assert editor.apply(sure="on").is_saved(), editor.words
    spec = stored(cluster, web)["spec"]
    assert spec["type"] == "NodePort"
    assert not {"loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts"} & set(spec)
    assert "1 is for a load balancer and has no effect now" in as_olive("external-access").words


@pytest.mark.parametrize(
    ("dialog", "typed", "sentence"),
    [
        ("information", {"alias": "a" * 64}, "At most 63 characters"),
        ("service", {"ports-0-port": "70000"}, "Enter a port from 1 to 65535."),
        ("service", {"ports-0-port": ""}, "Enter the Service port."),
        ("service", {"ports-0-name": "dns"}, "Duplicate name: dns."),
        ("service", {"ports-1-protocol": "TCP"}, "Duplicate: 53."),
        ("service", {"ports-0-target_port": "Not A Port"}, "port"),
        ("service", {"selector-0-value": "a b"}, "label"),
        ("service", {"selector-0-key": "", "selector-0-value": ""}, "without a selector no pod receives traffic"),
        ("service", {"sticky": "on", "sticky_timeout": "0"}, "Enter 1 to 86400 seconds"),
        ("external-access", {"ports-0-node_port": "80"}, "Enter a port from 30000 to 32767"),
        ("external-access", {"external": "Nobody"}, "Choose one from the list."),
        ("external-access", {"external": "LoadBalancer", "source_ranges": "here"}, "here is not a valid address range"),
    ],
)
def test_bad_input_is_said_at_its_field_and_writes_nothing(
    cluster: Cluster, web: str, as_olive: Open, dialog: str, typed: dict[str, str], sentence: str
) -> None:
    editor = as_olive(dialog)
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    editor.send(**typed)
    assert editor.answer.status_code == 422
    assert sentence in editor.words
    alone = "Fix 1 field" in editor.words
    assert ('class="sr" role="alert"' in editor.page) == alone, "it has the focus, and is not said twice"
    for name, text in typed.items():
        if text and name not in ("sticky", "external"):
            assert editor.fields[name] == [text]
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before


def test_a_node_port_of_another_service_is_refused(cluster: Cluster, web: str, as_olive: Open) -> None:
    place = web.split("/")[2]
    other = cluster.admin.create(service("other", type="NodePort"), place)
    taken = other["spec"]["ports"][0]["nodePort"]
    editor = as_olive("external-access")
    eventually(lambda: "/service/other/" in editor.client.get(f"/projects/{place}/services/").content.decode())
    editor.send(ports__0__node_port=str(taken))
    assert editor.answer.status_code == 422
    assert f"Node port {taken} is taken by Service other" in editor.words


@pytest.mark.parametrize("dialog", ["information", "service", "external-access"])
def test_strangers_and_viewers_change_nothing(web: str, cluster: Cluster, sign_in: SignIn, dialog: str) -> None:
    address = f"{web}edit/{dialog}/"
    typed = Editor(sign_in("olive"), address).open().fields | {"alias": ["Theirs"], "ports-0-port": ["1"]}
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    for name, status in (("charlie", 404), ("bob", 403)):
        client = sign_in(name)
        assert client.get(address).status_code == status
        assert client.post(address, typed).status_code == status
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before
    menu = sign_in("bob").get(web).content.decode()
    assert f"{web}edit/" not in menu
    assert f"{web}edit/{dialog}/" in sign_in("olive").get(web).content.decode()


CHANGED = {
    "information": ({"alias": "The shop"}, "alias", "The shop"),
    "service": ({"ports-0-target_port": "9999"}, "ports-0-target_port", "9999"),
    "external-access": ({"internal_policy": "Local"}, "internal_policy", "Local"),
}


@pytest.mark.parametrize("dialog", CHANGED)
def test_what_is_typed_survives_a_cluster_that_refuses_or_is_silent(
    cluster: Cluster, web: str, as_olive: Open, faults: Proxy, dialog: str
) -> None:
    typed, field, value = CHANGED[dialog]
    editor = as_olive(dialog)
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    for status, code in ((403, 403), (409, 409), (429, 503), (500, 502)):
        with faults.answer(status, method="PUT"):
            again = Editor(editor.client, editor.address, editor.answer).send(**typed)
            assert again.answer.status_code == code
            if code != 409:
                assert again.fields[field] == [value]
    faults.down()
    try:
        again = Editor(editor.client, editor.address, editor.answer).send(**typed)
        assert again.answer.status_code == 503
        assert again.fields[field] == [value]
    finally:
        faults.up()
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_fail"])
def test_a_lost_answer_is_looked_up(cluster: Cluster, web: str, as_olive: Open, faults: Proxy, fault: str) -> None:
    """Also where the first look is not answered either."""
    editor = as_olive("service").send(ports__0__target_port="9999")
    deaf = faults.answer(503, method="GET", path="services/web$", times=0)
    with getattr(faults, fault)(deaf=deaf, method="PUT", path=r"services/web\?(?!.*dryRun)"):
        assert editor.apply().is_saved(), editor.words
    assert deaf.hits == 1
    assert stored(cluster, web)["spec"]["ports"][0]["targetPort"] == 9999


def test_what_the_cluster_finds_wrong_stands_at_its_field(
    cluster: Cluster, web: str, as_olive: Open, faults: Proxy
) -> None:
    cause = {"reason": "FieldValueInvalid", "message": "Invalid value: no", "field": "spec.ports[1].targetPort"}
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": "Invalid",
        "code": 422,
        "message": "Service is invalid",
        "details": {"causes": [cause]},
    }
    editor = as_olive("service")
    with faults.answer(422, body=status, method="PUT"):
        editor.send(ports__1__target_port="5300")
    assert editor.answer.status_code == 422
    assert "Invalid value: no" in editor.words
    assert 'href="#id_ports-1-target_port"' in editor.page
    assert editor.fields["ports-1-target_port"] == ["5300"]


def test_who_else_manages_the_service_is_said_beside_its_fields(cluster: Cluster, web: str, as_olive: Open) -> None:
    body = stored(cluster, web)
    body["metadata"]["annotations"]["meta.helm.sh/release-name"] = "shop"
    body["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    body["metadata"].pop("managedFields", None)
    if cluster.embedded:
        cluster.admin.replace(body)
        editor = as_olive("service")
        sentence = "Managed by Helm, release shop: the next release overwrites what you change here."
        assert editor.words.count(sentence) == 1, "once, below the heading"
        editor.send(ports__0__target_port="9999")
        assert sentence in editor.words, "on a phone"
        assert editor.words.count("Managed by Helm: overwritten by the next release") == 1, "beside the line"


def test_owner_references_and_fields_without_a_form_stay(cluster: Cluster, web: str, as_olive: Open) -> None:
    body = stored(cluster, web)
    place = body["metadata"]["namespace"]
    made = cluster.admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "maker"}}, place)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "maker", "uid": made["metadata"]["uid"]}
    body["metadata"]["ownerReferences"] = [owner]
    body["spec"]["publishNotReadyAddresses"] = True
    cluster.admin.replace(body)
    editor = as_olive("service")
    assert "spec.publishNotReadyAddresses" in editor.words
    editor.send(ports__0__target_port="9999")
    assert "Managed by ConfigMap maker" in editor.words
    assert editor.apply(sure="on").is_saved(), "whether the store knows already whom port 9999 cuts off"
    now = stored(cluster, web)
    assert now["metadata"]["ownerReferences"] == [owner]
    assert now["spec"]["publishNotReadyAddresses"] is True


def test_a_form_that_was_tampered_with_changes_nothing_else(cluster: Cluster, web: str, as_olive: Open) -> None:
    editor = as_olive("service")
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    for base in ("", "kind: Pod", "a: [", editor.fields["base"][0].replace("name: web", "name: other")):
        again = Editor(editor.client, editor.address, editor.answer).send(base=base, ports__0__target_port="9999")
        assert again.answer.status_code == 422
        assert again.fields["ports-0-target_port"] == ["9999"]
    forged = editor.fields["base"][0].replace("name: web\n", "name: other\n")
    again = Editor(editor.client, editor.address, editor.answer).send("apply", text=forged)
    assert again.answer.status_code == 422
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before


@pytest.mark.parametrize("dialog", ["information", "service", "external-access"])
def test_a_base_of_shapes_that_no_service_has_is_no_base(as_olive: Open, dialog: str) -> None:
    editor = as_olive(dialog)
    base = load(editor.fields["base"][0])[0]
    typed = {"external": "LoadBalancer"} if dialog == "external-access" else {}
    for part, put in (
        ("metadata", {"annotations": "x"}),
        ("metadata", {"labels": ["x"]}),
        ("spec", {"selector": "x"}),
        ("spec", {"ports": 7}),
        ("spec", {"ports": [None]}),
        ("spec", {"ports": [{"port": []}]}),
        ("spec", {"ipFamilies": 7}),
    ):
        again = Editor(editor.client, editor.address, editor.answer)
        again.send("edit", base=dump_one({**base, part: {**base[part], **put}}), **typed)
        assert again.answer.status_code == 422, put
        assert "This page is not complete." in again.words


def test_each_field_says_who_changed_it(cluster: Cluster, web: str, as_olive: Open, sign_in: SignIn) -> None:
    editor = as_olive("service")
    alice = Editor(sign_in("alice"), editor.address).open().send(ports__1__target_port="1111").apply(sure="on")
    assert alice.is_saved(), "whether the store knows already whom port 1111 cuts off"
    theirs = {"metadata": {"annotations": {DESCRIPTION: "From elsewhere"}}}
    cluster.admin.patch("services", web.split("/")[2], "web", theirs)
    editor.send(ports__1__target_port="2222")
    assert re.search(
        r"alice changed web (?:just now|\d+ s ago) , while you were editing.*"
        r"Stored now alice, [\d:]+ UTC , version \d+ Yours not saved",
        editor.words,
    )
    assert "1111 2222 Choose a value" in editor.words, "whom the head names no field names again"
    description = editor.words.partition("Description … metadata")[2]
    assert "From elsewhere" in description
    assert "from alice" not in description


@pytest.mark.parametrize("dialog", CHANGED)
def test_what_is_typed_survives_a_cluster_that_hangs(
    cluster: Cluster, web: str, as_olive: Open, faults: Proxy, dialog: str
) -> None:
    typed, field, value = CHANGED[dialog]
    editor = as_olive(dialog)
    before = stored(cluster, web)["metadata"]["resourceVersion"]
    with faults.hang():
        began = time.monotonic()
        editor.send(**typed)
        assert time.monotonic() - began < 12
    assert editor.answer.status_code in (503, 504), editor.answer.status_code
    assert editor.fields[field] == [value]
    assert stored(cluster, web)["metadata"]["resourceVersion"] == before


def test_what_is_stored_already_is_said_and_leads_on(cluster: Cluster, web: str, as_olive: Open) -> None:
    """A second press of Apply, or two people with one idea."""
    first, second = as_olive("service"), as_olive("service")
    for editor in (first, second):
        editor.send(ports__0__target_port="9999")
    assert first.apply().is_saved()
    version = stored(cluster, web)["metadata"]["resourceVersion"]
    assert second.apply().is_saved()
    assert "has this change already" in second.client.get(web).content.decode()
    assert stored(cluster, web)["metadata"]["resourceVersion"] == version


def test_a_service_without_a_selector_may_stay_so(cluster: Cluster, web: str, as_olive: Open) -> None:
    place = web.split("/")[2]
    cluster.admin.create(service("hand", selector=None), place)
    editor = Editor(as_olive("service").client, web.replace("/web/", "/hand/") + "edit/service/").open()
    editor.send(ports__0__target_port="9999").apply()
    assert editor.answer.status_code == 303, editor.words
    now = cluster.admin.get("services", place, "hand")["spec"]
    assert "selector" not in now
    assert now["ports"][0]["targetPort"] == 9999


def test_what_a_page_carries_of_managers_may_be_forged(project: Project, sign_in: SignIn, cluster: Cluster) -> None:
    cluster.admin.create(service("web"), project.name)
    editor = Editor(sign_in("olive"), f"/projects/{project.name}/service/web/edit/service/").open()
    for sent in ("[" * 100_000, '{"selector":"\\ud800"}', "9" * 6000):
        assert editor.open().send("look:", managed=sent).answer.status_code == 200
        assert editor.open().send("edit", managed=sent).answer.status_code == 200
