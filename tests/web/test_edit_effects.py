"""F4: the review of a changed Service names every way its endpoints or addresses go, and asks for a confirmation."""

from __future__ import annotations

import html as markup
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.clusters import Cluster, eventually
from tests.manifests import Object, deployment, service
from tests.web.test_edit_yaml import SignIn, opened, stored

if TYPE_CHECKING:
    from accounts.models import Project


def ingress(port: Object) -> Object:
    backend = {"service": {"name": "web", "port": port}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop"},
        "spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
    }


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the YAML of Service web: node ports, two ports, three ready pods, and an Ingress to port http."""
    admin, place = cluster.admin, project.name
    admin.create(deployment("web", replicas=3), place)
    ports = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "admin", "port": 9090, "targetPort": 8080},
    ]
    admin.create(service("web", type="NodePort", ports=ports), place)
    admin.create(ingress({"name": "http"}), place)
    eventually(
        lambda: (
            sum(
                bool(end["conditions"]["ready"])
                for piece in admin.list("endpointslices", place)
                for end in piece["endpoints"] or ()
            )
            == 3
        )
    )
    return f"/projects/{place}/service/web/yaml/"


def put(spec: Object, path: str, value: Any) -> None:
    *way, last = path.split(".")
    place: Any = spec
    for key in way:
        place = place[int(key) if key.isdigit() else key]
    if value is ...:
        del place[last]
    else:
        place[last] = value


EXTERNAL = {"type": "ExternalName", "externalName": "db.example.org", "ports.0.nodePort": ..., "ports.1.nodePort": ...}
CASES: list[tuple[str, Object, str]] = [
    ("selector removed", {"selector": ...}, "3 endpoints will go to 0: there is no selector"),
    ("selector {}", {"selector": {}}, "3 endpoints will go to 0: there is no selector"),
    ("selector null", {"selector": None}, "3 endpoints will go to 0: there is no selector"),
    ("selector misspelt", {"selector": {"app": "wbe"}}, "3 endpoints will go to 0: no pod has app=wbe"),
    ("ExternalName", EXTERNAL | {"clusterIP": ..., "clusterIPs": ...}, "3 endpoints go to 0."),
    ("target of one port", {"ports.0.targetPort": "nosuch"}, "Port http will have no endpoints."),
    ("target of all ports", {"ports.0.targetPort": "x", "ports.1.targetPort": "x"}, "No container port is named x"),
    ("protocol", {"ports.0.protocol": "UDP"}, "Port 80/TCP closes."),
    ("port renamed", {"ports.0.name": "web"}, "Ingress shop sends requests to port http"),
    ("port number", {"ports.1.port": 9091}, "Port 9090/TCP closes."),
    ("external policy", {"externalTrafficPolicy": "Local"}, "externalTrafficPolicy becomes Local."),
    ("internal policy", {"internalTrafficPolicy": "Local"}, "internalTrafficPolicy becomes Local."),
    ("node ports", {"type": "ClusterIP", "ports.0.nodePort": ..., "ports.1.nodePort": ...}, "Node ports"),
]


def test_every_way_to_cut_callers_off_is_named_and_has_to_be_confirmed(
    cluster: Cluster, web: str, sign_in: SignIn
) -> None:
    """F4"""
    olive = sign_in("olive")
    eventually(lambda: "3/3 ready" in olive.get(web.removesuffix("yaml/")).content.decode())
    before = stored(cluster, web)
    fields = opened(olive, web)
    for name, changes, words in CASES:
        document = yaml.safe_load(fields["text"])
        for path, value in changes.items():
            if value is not ... or path.split(".")[0] in document["spec"]:
                put(document["spec"], path, value)
        if "type" in changes:
            document["spec"].pop("externalTrafficPolicy", None)
        if changes.get("type") == "ExternalName":
            for key in ("internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy"):
                document["spec"].pop(key, None)
        typed = {**fields, "text": yaml.safe_dump(document)}
        page = markup.unescape(olive.post(web, {**typed, "do": "review"}).content.decode())
        assert words in page, f"{name}: {page[-6000:]}"
        assert 'name="sure"' in page, name
        assert olive.post(web, {**typed, "do": "apply"}).status_code == 422, name
    assert stored(cluster, web)["spec"] == before["spec"]


def test_a_change_that_cuts_nobody_off_asks_nothing(web: str, sign_in: SignIn) -> None:
    """F4: other labels and a sticky session are no matter of endpoints."""
    olive = sign_in("olive")
    fields = opened(olive, web)
    text = fields["text"].replace("sessionAffinity: None", "sessionAffinity: ClientIP")
    page = olive.post(web, {**fields, "text": text, "do": "review"}).content.decode()
    assert "ClientIP" in page
    assert 'name="sure"' not in page
    shown = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Repeat callers Any ready pod Same pod for 3 h, by client IP" in shown
    labels = fields["text"].replace("    app: web\n", "    app: web\n    team: red\n", 1)
    page = olive.post(web, {**fields, "text": labels, "do": "review"}).content.decode()
    assert "Nothing: no pod is restarted, and the Service keeps its" in page


def test_from_a_name_outside_to_no_endpoints_says_what_goes(
    cluster: Cluster, project: Project, sign_in: SignIn
) -> None:
    """F12: there were no endpoints to lose, but the name outside is lost, and that has to be confirmed."""
    outside = service("web", type="ExternalName", externalName="maps.example.org", selector=None, ports=None)
    cluster.admin.create(outside, project.name)
    olive, address = sign_in("olive"), f"/projects/{project.name}/service/web/yaml/"
    fields = eventually(lambda: opened(olive, address))
    document = yaml.safe_load(fields["text"])
    document["spec"] = {"type": "ClusterIP", "selector": {"app": "nobody"}, "ports": [{"port": 80}]}
    typed = {**fields, "text": yaml.safe_dump(document)}

    def review() -> str:
        page = markup.unescape(olive.post(address, {**typed, "do": "review"}).content.decode())
        assert 'name="sure"' in page, "also while what is behind it is being read"
        assert "no longer leads to maps.example.org, and has no endpoints here: no pod has app=nobody." in page
        return page

    page = eventually(review)
    assert "0 endpoints" not in page
    assert "Apply, without endpoints" in page
