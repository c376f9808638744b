"""The pages of ConfigMaps, Secrets and claims: what they hold, who uses them, and that values of Secrets stay away."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import AuditEntry
from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from tests.clusters import Cluster, eventually
from tests.manifests import deployment, stateful_set
from tests.web.editing import Editor, fields_of, words_of

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.faults import Proxy

SignIn = Callable[[str], Client]
PASSWORD = "correct-horse-battery"
HOSTILE = "<script>alert(1)</script>\u202e"


def _in_pod(body: dict[str, Any]) -> dict[str, Any]:
    spec = body["spec"]["template"]["spec"]
    spec["containers"][0] |= {
        "env": [
            {"name": "CURRENCY", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "currency"}}},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password", "optional": True}}},
        ],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "all", "mountPath": "/all"}],
    }
    spec["volumes"] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "files"}},
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "shop"}}, {"secret": {"name": "db"}}]}},
    ]
    spec["imagePullSecrets"] = [{"name": "db"}]
    return body


@pytest.fixture
def root(cluster: Cluster, project: Project) -> str:
    """The address of the project. Deployment web-v1 uses ConfigMap shop, Secret db and claim files."""
    value = base64.b64encode(PASSWORD.encode()).decode()
    noted = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"data": {{"password": "{value}"}}}}'}
    data = {"currency": "EUR", "odd": HOSTILE, "long": "line\n" * 6000}
    claim_spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "3Gi"}}}
    documents: tuple[dict[str, Any], ...] = (
        {"kind": "ConfigMap", "metadata": {"name": "shop"}, "data": data, "binaryData": {"logo": "AAECAw=="}},
        {"kind": "Secret", "metadata": {"name": "db", "annotations": noted}, "data": {"password": value}},
        {"kind": "PersistentVolumeClaim", "metadata": {"name": "files"}, "spec": claim_spec},
    )
    for document in documents:
        cluster.admin.create({"apiVersion": "v1", **document}, project.name)
    cluster.admin.create(_in_pod(deployment("web")), project.name)
    return f"/projects/{project.name}/"


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return str(answer.content.decode())


def links_of(page: str) -> set[str]:
    return {link.attributes.get("href") or "" for link in LexborHTMLParser(page).css("main a, .head a")}


def test_a_configmap_shows_what_it_holds_and_who_uses_it(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    place, bob = root.split("/")[2], sign_in("bob")
    eventually(lambda: len(cluster.admin.list("pods", place)) == 1)
    page = page_of(bob, f"{root}configmap/shop/")
    words = words_of(page)
    assert "EUR" in words
    assert "<script>alert" not in page, "values are text"
    assert "\u202e" not in page, "S16: what turns the words around it is written out"
    assert "10000 more characters are not shown" in words
    assert "logo" in words
    assert "4\xa0bytes" in page
    assert f"{root}workload/deployment/web-v1/" in links_of(page)
    assert "Variable CURRENCY of app" in words
    assert "Volume all" in words
    assert any("/pod/web-v1-" in link for link in links_of(page)), "the pods as they are"
    assert "edit/yaml/" not in page, "a viewer changes nothing"
    kept = load(bob.get(f"{root}configmap/shop/?download").content.decode())[0]
    assert kept["data"]["currency"] == "EUR"
    for other, status in (("none", 404), ("..", 404), ("UPPER", 404)):
        assert bob.get(f"{root}configmap/{other}/").status_code == status, other


def test_values_of_a_secret_never_leave_the_cluster(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    """Keys, sizes and type are shown to who may list Secrets; the values reach no page, not even by an annotation."""
    olive, bob = sign_in("olive"), sign_in("bob")
    page = page_of(olive, f"{root}secret/db/")
    words = words_of(page)
    assert "password" in words
    assert f"{len(PASSWORD)}\xa0bytes" in page
    assert "Opaque" in words
    assert "To pull images" in words
    assert "Variable PASSWORD of app, optional" in words
    encoded = base64.b64encode(PASSWORD.encode()).decode()
    assert PASSWORD not in page
    assert encoded not in page
    assert olive.get(f"{root}secret/db/edit/yaml/").status_code == 404, "there is no YAML to be changed"
    refused = bob.get(f"{root}secret/db/")
    assert refused.status_code == 403
    assert 'class="topbar' in refused.content.decode(), "the refusal keeps the shell"
    assert encoded not in olive.get(f"{root}secret/db/?download").content.decode()


def test_a_claim_shows_what_it_asked_for_and_got(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    page = page_of(bob, f"{root}claim/files/")
    words = words_of(page)
    assert words.count("3 Gi") == 1, "asked for and got: said once"
    assert "ReadWriteOnce, read and written by one node" in words
    assert "Volume data" in words
    assert f"{root}workload/deployment/web-v1/" in links_of(page)


def test_links_lead_there_from_pods_containers_and_workloads(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    """A Service's links lead as far: workload, pod, container, volumes, environment; of Secrets only for who may."""
    place, olive, bob = root.split("/")[2], sign_in("olive"), sign_in("bob")
    cluster.admin.create(stateful_set("db"), place)
    eventually(lambda: len(cluster.admin.list("pods", place)) == 2)
    pod = next(
        manifest["metadata"]["name"]
        for manifest in cluster.admin.list("pods", place)
        if "web" in manifest["metadata"]["name"]
    )
    shop, secret, claim = f"{root}configmap/shop/", f"{root}secret/db/", f"{root}claim/files/"
    pages = {
        f"{root}workload/deployment/web-v1/": {shop, secret, claim},
        f"{root}pod/{pod}/": {shop, secret, claim},
        f"{root}pod/{pod}/container/app/": {shop, secret, claim},
        f"{root}pod/{pod}/environment/": {shop, secret},
    }
    eventually(lambda: olive.get(f"{root}pod/{pod}/").status_code == 200)
    for address, wanted in pages.items():
        assert wanted <= links_of(page_of(olive, address)), address
        assert links_of(page_of(bob, address)) & {shop, secret, claim} == wanted - {secret}, address
    eventually(lambda: f"{root}claim/data-db-v1-0/" in links_of(page_of(bob, f"{root}workload/statefulset/db-v1/")))
    assert "3 Gi" not in words_of(page_of(bob, f"{root}claim/data-db-v1-0/"))


def test_a_configmap_and_a_claim_are_changed_as_yaml(cluster: Cluster, root: str, sign_in: SignIn) -> None:
    """S4: with what Create refuses refused; a field of a claim that cannot change is the API server's to refuse."""
    place, olive = root.split("/")[2], sign_in("olive")

    def typed(editor: Editor, change: Callable[[dict[str, Any]], Any]) -> str:
        body: Any = dict(load(fields_of(editor.page, "edit")["text"][0])[0])
        change(body)
        return dump_one(body)

    editor = Editor(olive, f"{root}configmap/shop/edit/yaml/").open()
    bad = Editor(olive, editor.address, editor.answer)
    bad.send("apply", "edit", text=typed(editor, lambda body: body["metadata"].update(finalizers=["a.b/c"])))
    assert bad.answer.status_code == 422
    editor.send("review", "edit", text=typed(editor, lambda body: body["data"].update(currency="USD")))
    assert "web-v1" in editor.words, "who uses it is said before it is changed"
    editor.apply()
    assert editor.answer.headers["Location"] == f"{root}configmap/shop/"
    stored = cluster.admin.get("configmaps", place, "shop")
    assert (stored["data"]["currency"], stored["binaryData"]) == ("USD", {"logo": "AAECAw=="})
    assert AuditEntry.objects.get(action="configmap.replace", outcome="ok").changes == ["data.currency"]
    editor = Editor(olive, f"{root}claim/files/edit/yaml/").open()
    text = typed(editor, lambda body: body["spec"].update(accessModes=["ReadWriteMany"]))
    editor.send("review", "edit", text=text)
    assert editor.answer.status_code == 422
    assert "immutable" in editor.words
    assert load(fields_of(editor.page, "edit")["text"][0]) == load(text), "every keystroke is kept"


def test_what_cannot_be_looked_through_is_said(root: str, sign_in: SignIn, faults: Proxy) -> None:
    olive = sign_in("olive")
    with faults.answer(403, path="/statefulsets"):
        words = words_of(page_of(olive, f"{root}configmap/shop/"))
    assert "StatefulSets could not be read." in words
    assert "web-v1" in words
    faults.down()
    try:
        answer = olive.get(f"{root}configmap/shop/")
        assert answer.status_code == 503
        assert 'class="topbar' in answer.content.decode()
    finally:
        faults.up()
