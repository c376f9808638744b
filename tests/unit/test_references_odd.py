"""Renames in drafts whose selectors and labels hold what no selector should: no error, and the rest follows."""

from typing import Any

import pytest

from services.manifests.bundle import Bundle
from services.manifests.references import loose
from services.steps.renames import follow, former

ODD: list[Any] = [None, 1, "text", [], {}, [None], [{}], [[]], {"a": None}, {"a": {"b": []}}, [{"key": "app"}]]


def draft(labels: str, odd: Any, place: str) -> Bundle:
    """A Deployment whose pods carry the label, a Service that selects them, and one odd value in a place."""
    selector: dict[str, Any] = {"matchLabels": {"app": "web"}}
    spread: dict[str, Any] = {"maxSkew": 1, "topologyKey": "zone", "labelSelector": selector}
    service: dict[str, Any] = {"app": "web"}
    if place in ("matchLabels", "matchExpressions"):
        selector[place] = odd
    elif place == "matchLabelKeys":
        spread[place] = odd
    else:
        service[place] = odd
    pod = {"containers": [{"name": "c", "image": "nginx"}], "topologySpreadConstraints": [spread]}
    template = {"metadata": {"labels": {"app": labels}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": labels}}, "template": template}
    workload = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": labels}, "spec": spec}
    front = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": service}}
    return Bundle((workload, front))


@pytest.mark.parametrize(
    "place", ["matchLabels", "matchExpressions", "matchLabelKeys", "app", "statefulset.kubernetes.io/pod-name"]
)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_values_in_selectors_are_no_error(place: str, odd: Any) -> None:
    before, after = draft("web", odd, place), draft("api", odd, place)
    now = follow(before, after)
    loose(now, former(before, now, []))


def test_a_null_beside_labels_does_not_keep_a_selector_from_following() -> None:
    before, after = (draft(name, None, "matchExpressions") for name in ("web", "api"))
    now = follow(before, after)
    (spread,) = now.documents[0]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == {"matchLabels": {"app": "api"}, "matchExpressions": None}
