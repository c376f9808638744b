"""The embedded cluster's patches and selectors, as tables."""

from typing import Any

import pytest

from console.simcluster import patches, selectors
from console.simcluster.api_errors import ApiError

SERVICE = "io.k8s.api.core.v1.Service"
DEPLOYMENT = "io.k8s.api.apps.v1.Deployment"


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "x"}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
    ],
)
def test_merge_patch_follows_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert patches.merge(target, patch) == result


@pytest.mark.parametrize(
    ("operations", "result"),
    [
        ([{"op": "add", "path": "/b", "value": 1}], {"a": [1, 2], "b": 1}),
        ([{"op": "add", "path": "/a/0", "value": 0}], {"a": [0, 1, 2]}),
        ([{"op": "add", "path": "/a/-", "value": 3}], {"a": [1, 2, 3]}),
        ([{"op": "remove", "path": "/a/1"}], {"a": [1]}),
        ([{"op": "replace", "path": "/a", "value": "x"}], {"a": "x"}),
        ([{"op": "move", "from": "/a", "path": "/b~1c"}], {"b/c": [1, 2]}),
        ([{"op": "copy", "from": "/a/0", "path": "/b"}], {"a": [1, 2], "b": 1}),
        ([{"op": "test", "path": "/a/0", "value": 1}, {"op": "remove", "path": "/a"}], {}),
    ],
)
def test_json_patch_follows_rfc_6902(operations: Any, result: Any) -> None:
    target = {"a": [1, 2]}
    assert patches.json_patch(target, operations) == result
    assert target == {"a": [1, 2]}


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "remove", "path": "/nope"}],
        [{"op": "replace", "path": "/a/7", "value": 1}],
        [{"op": "test", "path": "/a", "value": 0}],
        [{"op": "dance", "path": "/a"}],
        {"op": "add"},
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused(operations: Any) -> None:
    with pytest.raises(patches.PatchProblem):
        patches.json_patch({"a": [1, 2]}, operations)


def _ports(*ports: tuple[int, str]) -> dict[str, Any]:
    return {"spec": {"ports": [{"port": port, "name": name} for port, name in ports]}}


@pytest.mark.parametrize(
    ("definition", "target", "patch", "result"),
    [
        (SERVICE, _ports((80, "a")), _ports((81, "b")), _ports((81, "b"), (80, "a"))),
        (SERVICE, _ports((80, "a")), _ports((80, "b")), _ports((80, "b"))),
        (
            SERVICE,
            _ports((80, "a"), (81, "b")),
            {"spec": {"ports": [{"$patch": "delete", "port": 80}]}},
            _ports((81, "b")),
        ),
        (
            SERVICE,
            _ports((80, "a")),
            {"spec": {"ports": [{"$patch": "replace"}, {"port": 9}]}},
            {"spec": {"ports": [{"port": 9}]}},
        ),
        (
            SERVICE,
            _ports((80, "a"), (81, "b")),
            {"spec": {"$setElementOrder/ports": [{"port": 81}, {"port": 80}], "ports": [{"port": 81, "name": "c"}]}},
            _ports((81, "c"), (80, "a")),
        ),
        (
            SERVICE,
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}},
            {"metadata": {"finalizers": ["c", "b"]}},
        ),
        (
            SERVICE,
            {"metadata": {"labels": {"a": "1", "b": "2"}}},
            {"metadata": {"labels": {"a": None}}},
            {"metadata": {"labels": {"b": "2"}}},
        ),
        (
            DEPLOYMENT,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            {"spec": {"strategy": {"type": "Recreate"}}},
        ),
        (
            DEPLOYMENT,
            {
                "spec": {
                    "template": {
                        "spec": {"containers": [{"name": "c", "image": "a", "env": [{"name": "X", "value": "1"}]}]}
                    }
                }
            },
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "Y", "value": "2"}]}]}}}},
            {
                "spec": {
                    "template": {
                        "spec": {
                            "containers": [
                                {
                                    "name": "c",
                                    "image": "a",
                                    "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}],
                                }
                            ]
                        }
                    }
                }
            },
        ),
    ],
)
def test_strategic_merge_uses_the_merge_keys_of_the_schema(
    definition: str, target: Any, patch: Any, result: Any
) -> None:
    assert patches.strategic(target, patch, definition) == result


@pytest.mark.parametrize(
    ("text", "matches", "differs"),
    [
        ("a=1", {"a": "1"}, {"a": "2"}),
        ("a==1,b!=2", {"a": "1"}, {"a": "1", "b": "2"}),
        ("a in (1, 2)", {"a": "2"}, {"a": "3"}),
        ("a notin (1,2)", {}, {"a": "1"}),
        ("a", {"a": ""}, {}),
        ("!a", {}, {"a": "1"}),
        ("x.io/a in (1),!b", {"x.io/a": "1"}, {"x.io/a": "1", "b": ""}),
    ],
)
def test_label_selectors(text: str, matches: dict[str, str], differs: dict[str, str]) -> None:
    test = selectors.parse(text)
    assert test is not None
    assert test(matches)
    assert not test(differs)


def test_an_empty_selector_asks_for_nothing() -> None:
    assert selectors.parse("  ") is None


@pytest.mark.parametrize("text", ["a in 1", "=b", "a b", "a=1,,b"])
def test_a_selector_that_cannot_be_read_is_a_bad_request(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        selectors.parse(text)
    assert refused.value.code == 400


def test_selector_objects_match_and_print_themselves() -> None:
    selector = {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["y", "x"]}]}
    assert selectors.label_selector(selector)({"a": "1", "b": "x"})
    assert not selectors.label_selector(selector)({"a": "1", "b": "z"})
    assert selectors.text_of(selector) == "a=1,b in (x,y)"
    assert not selectors.label_selector(None)({})
    assert selectors.label_selector({})({})


def test_a_field_that_cannot_be_selected_by_is_refused() -> None:
    with pytest.raises(ApiError, match=r"field label not supported: spec\.foo"):
        selectors.fields("spec.foo=1", frozenset({"metadata.name"}))
