"""The one function that builds API paths, and the table of kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.kube import kinds
from console.kube.errors import BadName
from console.kube.kinds import Ref, api_path


def test_paths() -> None:
    assert api_path(kinds.SERVICE) == "/api/v1/services"
    assert api_path(kinds.SERVICE, namespace="a") == "/api/v1/namespaces/a/services"
    assert api_path(kinds.DEPLOYMENT, namespace="a", name="b.c") == "/apis/apps/v1/namespaces/a/deployments/b.c"
    assert (
        api_path(kinds.DEPLOYMENT, namespace="a", name="b", subresource="scale")
        == "/apis/apps/v1/namespaces/a/deployments/b/scale"
    )
    assert api_path(kinds.NODE, name="n1") == "/api/v1/nodes/n1"
    assert api_path(kinds.ROLEBINDING, namespace="a", name="berth:view").endswith("/rolebindings/berth:view")


@pytest.mark.parametrize(
    "how",
    [
        {"kind": kinds.NODE, "namespace": "a"},
        {"kind": kinds.SERVICE, "name": "a"},
        {"kind": kinds.SERVICE, "namespace": "a", "subresource": "scale"},
        {"kind": kinds.SERVICE, "namespace": "a", "name": "b", "subresource": "proxy"},
        {"kind": kinds.SERVICE, "namespace": "a", "name": "berth:view"},
        {"kind": kinds.SERVICE, "namespace": "a.b", "name": "c"},
        {"kind": kinds.SERVICE, "namespace": "", "name": "c"},
        {"kind": kinds.SERVICE, "namespace": "a", "name": None, "subresource": "status"},
        {"kind": kinds.SERVICE, "namespace": 7},
        {"kind": kinds.SERVICE, "namespace": "a" * 64},
    ],
)
def test_what_cannot_be_a_path(how: dict[str, object]) -> None:
    with pytest.raises(BadName):
        api_path(how.pop("kind"), **how)  # type: ignore[arg-type]


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_leaves_its_segment(namespace: str, name: str) -> None:
    try:
        path = api_path(kinds.SERVICE, namespace=namespace, name=name)
    except BadName:
        return
    assert path.split("/") == ["", "api", "v1", "namespaces", namespace, "services", name]
    assert path.isascii()
    assert name not in ("", ".", "..")


def test_kinds_by_name() -> None:
    assert kinds.by_name("apps/v1", "Deployment") is kinds.DEPLOYMENT
    assert kinds.by_name("v1", "Service") is kinds.SERVICE
    assert kinds.by_name("v1", "Deployment") is None
    assert kinds.DEPLOYMENT.resource == "deployments.apps"
    assert str(Ref(kinds.NODE, None, "n1")) == "Node n1"
