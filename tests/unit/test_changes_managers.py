"""Who else manages an object or a field of it, and what becomes of a change."""

from __future__ import annotations

from typing import Any

import pytest

from services.changes.managers import manager_at, manager_of, sentences
from services.manifests.paths import EntryKey, Path

HELM = {"annotations": {"meta.helm.sh/release-name": "shop"}}
FIELDS = {
    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
    "f:spec": {"f:selector": {}, "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:targetPort": {}}}},
}
SELECTOR, LABEL = ("spec", "selector", "app"), ("metadata", "labels", "app")
PORT = ("spec", "ports", EntryKey("80/TCP"), "targetPort")


@pytest.mark.parametrize(
    ("meta", "name"),
    [
        ({}, None),
        ({"labels": {"app.kubernetes.io/managed-by": "berth"}}, None),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm"),
        (HELM, "Helm, release shop"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "web:/Service:a/b"}}, "Argo CD, application web"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux, apps"),
        ({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "kubectl apply"),
        ({"labels": {"app.kubernetes.io/managed-by": "tool"}}, "tool"),
        ({**HELM, "ownerReferences": [{"kind": "Shop", "name": "a"}]}, "Shop a"),
    ],
)
def test_an_object_is_managed_by(meta: dict[str, Any], name: str | None) -> None:
    manager = manager_of({"metadata": meta})
    assert (manager.name if manager else None) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (SELECTOR, "Helm, release shop"),
        (PORT, "Helm, release shop"),
        (LABEL, "Helm, release shop"),
        (("spec", "ports", EntryKey("81/TCP"), "targetPort"), None),
        (("metadata", "labels", "team"), None),
        (("spec", "type"), None),
    ],
)
def test_a_field_is_managed_by_who_wrote_it(path: Path, name: str | None) -> None:
    written = [{"manager": "helm", "operation": "Update", "fieldsV1": FIELDS}, {"manager": "berth", "fieldsV1": {}}]
    manager = manager_at({"metadata": {**HELM, "managedFields": written}}, path)
    assert (manager.name if manager else None) == name


def test_what_will_be_undone_is_said_once_a_manager() -> None:
    written = [{"manager": "kubectl-client-side-apply", "fieldsV1": FIELDS}]
    document = {"metadata": {"managedFields": written}}
    apply = "Managed by kubectl apply: the next apply overwrites what you change here."
    assert sentences(document, [SELECTOR, PORT]) == (apply,)
    some = "Managed by kubectl apply: the next apply overwrites"
    assert sentences(document, [SELECTOR, ("spec", "type")]) == (f"{some} spec.selector.app.",)
    assert sentences(document, [SELECTOR, PORT, ("spec", "type")]) == (
        f"{some} spec.selector.app and spec.ports[80/TCP].targetPort.",
    )
    assert sentences(document, [("spec", "type")]) == ()
    assert sentences({"metadata": HELM}, [("spec", "type")])[0].startswith("Managed by Helm, release shop: the next")


@pytest.mark.parametrize("fields", [None, [], {"f:spec": None}, {"f:spec": {"f:ports": {"k:{": {}}}}])
def test_odd_managed_fields_are_nobodys(fields: Any) -> None:
    document = {"metadata": {"managedFields": [{"manager": "helm", "fieldsV1": fields}]}}
    assert manager_at(document, PORT) is None
