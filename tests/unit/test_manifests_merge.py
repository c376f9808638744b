"""Two people's changes of one document: what does not collide survives, what does is named, nothing is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.manifests.diff import Change, changes
from services.manifests.merge import merge
from services.manifests.paths import EntryKey, format_path
from services.manifests.tree import MISSING
from services.yaml_editor import differences


def test_changes_of_two_people_are_merged_by_path_and_name() -> None:
    base = {"a": 1, "list": [{"name": "x", "i": 1}, {"name": "y", "i": 1}], "gone": 1, "args": [1]}
    stored = {"a": 2, "list": [{"name": "x", "i": 1}, {"name": "y", "i": 2}, {"name": "z"}], "args": [1], "gone": 1}
    yours = {"a": 1, "list": [{"name": "y", "i": 1}, {"name": "x", "i": 5}], "args": [1, 2], "new": 1}
    merged = merge(base, stored, yours)
    assert merged.conflicts == ()
    assert merged.document == {
        "a": 2,
        "list": [{"name": "y", "i": 2}, {"name": "z"}, {"name": "x", "i": 5}],
        "args": [1, 2],
        "new": 1,
    }


def test_what_both_changed_differently_is_a_conflict_and_stays_as_stored() -> None:
    merged = merge({"a": 1, "b": [1]}, {"a": 2, "b": [2]}, {"a": 3, "b": [3]})
    assert merged.document == {"a": 2, "b": [2]}
    assert [(conflict.path, conflict.stored, conflict.yours) for conflict in merged.conflicts] == [
        (("a",), 2, 3),
        (("b",), [2], [3]),
    ]
    assert merge({}, {"a": 1}, {"a": 1}).document == {"a": 1}
    assert merge({"a": 1}, {}, {"a": 2}).conflicts[0].stored is MISSING


def port(number: int, name: str = "", **more: Any) -> dict[str, Any]:
    return {"port": number, "protocol": "TCP", **({"name": name} if name else {}), **more}


def spec(*ports: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"ports": list(ports)}}


WEB, ADMIN = port(80, "web", targetPort=8080, nodePort=30080), port(81, "admin", targetPort=8081, nodePort=30081)


def test_a_port_that_somebody_inserts_before_mine_does_not_move_my_change() -> None:
    """Headlamp changes the wrong one."""
    theirs = spec(port(443, "tls", targetPort=8443), WEB, ADMIN)
    merged = merge(spec(WEB, ADMIN), theirs, spec(WEB, {**ADMIN, "targetPort": 9000}))
    assert merged.conflicts == ()
    assert merged.document == spec(port(443, "tls", targetPort=8443), WEB, {**ADMIN, "targetPort": 9000})


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    tcp, udp = port(53, "dns-tcp"), {**port(53, "dns"), "protocol": "UDP"}
    merged = merge(spec(tcp, udp), spec({**tcp, "targetPort": 1}, udp), spec(tcp, {**udp, "targetPort": 2}))
    assert merged.conflicts == ()
    assert merged.document == spec({**tcp, "targetPort": 1}, {**udp, "targetPort": 2})


def test_a_port_that_was_renumbered_is_still_that_port() -> None:
    merged = merge(spec(WEB, ADMIN), spec({**WEB, "port": 8000}, ADMIN), spec({**WEB, "targetPort": 9000}, ADMIN))
    assert merged.conflicts == ()
    assert merged.document == spec({**WEB, "port": 8000, "targetPort": 9000}, ADMIN)
    both = merge(spec(WEB), spec({**WEB, "port": 8000}), spec({**WEB, "port": 8001}))
    assert [(format_path(conflict.path), conflict.stored, conflict.yours) for conflict in both.conflicts] == [
        ("spec.ports[80/TCP].port", 8000, 8001)
    ]


def test_two_ports_of_one_number_are_a_conflict_of_the_list() -> None:
    merged = merge(spec(WEB, ADMIN), spec(WEB, ADMIN, port(90, "new")), spec(WEB, {**ADMIN, "port": 90}))
    assert [conflict.path for conflict in merged.conflicts] == [("spec", "ports")]
    assert merged.document == spec(WEB, ADMIN, port(90, "new"))


def test_one_deletes_what_the_other_changes_and_is_asked() -> None:
    base, stored, yours = spec(WEB, ADMIN), spec(ADMIN), spec({**WEB, "targetPort": 1}, ADMIN)
    shown = differences.merged(base, stored, yours)
    assert [(field.key, field.path, field.numbered, field.stored) for field in shown.fields if field.by == "clash"] == [
        ("Port web", "spec.ports[80/TCP]", "spec.ports[0]", "")
    ]
    assert differences.resolved(base, stored, yours, {}) is None
    assert differences.resolved(base, stored, yours, {"spec.ports[80/TCP]": "yours"}) == yours
    assert differences.resolved(base, stored, yours, {"spec.ports[80/TCP]": "stored"}) == stored


def test_values_are_shown_as_yaml_writes_them_and_not_as_json() -> None:
    limits = {"limits": {"memory": "64Mi", "cpu": 1}, "claims": ["a", "b"], "empty": {}, "on": True}
    (field,) = differences.merged({}, {}, {"resources": limits}).fields
    assert field.yours == "limits: {memory: 64Mi, cpu: 1}, claims: [a, b], empty: {}, on: true"


def test_a_map_of_one_field_is_shown_as_that_field_with_its_unit() -> None:
    sticky = {"spec": {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}}
    (field,) = differences.merged({}, sticky, {}).fields
    assert (field.key, field.path, field.stored) == ("Maximum Session Sticky Time", "spec", "10800 s")
    limit = {"resources": {"limits": {"memory": "512Mi"}}}
    (field,) = differences.merged({"resources": {}}, {"resources": {}}, limit).fields
    assert (field.path, field.numbered, field.yours) == ("resources.limits", "resources.limits.memory", "512 Mi")


def test_the_order_that_one_side_changed_stays() -> None:
    rename = {**WEB, "targetPort": 1}
    assert merge(spec(WEB, ADMIN), spec(rename, ADMIN), spec(ADMIN, WEB)).document == spec(ADMIN, rename)
    three = [WEB, ADMIN, port(82, "third")]
    both = merge(spec(*three), spec(three[1], three[0], three[2]), spec(three[0], three[2], three[1]))
    assert [conflict.path for conflict in both.conflicts] == [("spec", "ports")]


def test_changes_of_entries_are_named_by_their_key() -> None:
    old, new = spec(WEB, ADMIN), spec(port(443, "tls"), WEB, {**ADMIN, "targetPort": 9000})
    assert list(changes(old, new)) == [
        Change(("spec", "ports", EntryKey("81/TCP"), "targetPort"), 8081, 9000),
        Change(("spec", "ports", EntryKey("443/TCP")), MISSING, port(443, "tls")),
    ]
    swapped = list(changes(spec(WEB, ADMIN), spec(ADMIN, WEB)))
    assert [format_path(change.path) for change in swapped] == ["spec.ports"]


def test_finalizers_are_a_set() -> None:
    def body(*names: str) -> dict[str, Any]:
        return {"metadata": {"finalizers": list(names)}}

    merged = merge(body("a", "b"), body("a", "b", "c"), body("b", "d"))
    assert merged.conflicts == ()
    assert merged.document == body("b", "c", "d")


names, numbers = st.sampled_from("abcd"), st.integers(1, 5)
ports = st.lists(
    st.builds(lambda number, name, target: port(number, name, targetPort=target), numbers, names, numbers),
    max_size=4,
    unique_by=(lambda entry: entry["port"], lambda entry: entry["name"]),
)
documents = st.builds(
    lambda listed, selector, kind: {"spec": {"ports": listed, "selector": selector, "type": kind}},
    ports,
    st.dictionaries(names, names, max_size=3),
    names,
)


@given(base=documents, stored=documents, yours=documents)
@settings(max_examples=400)
def test_nothing_of_two_changes_is_lost(base: Any, stored: Any, yours: Any) -> None:
    """Each change of either side is in the result, or below a conflict that is shown; so it is whatever is chosen."""
    merged = merge(base, stored, yours)
    clashes = [conflict.path for conflict in merged.conflicts]
    for side in (stored, yours):
        left = [change.path for change in changes(merged.document, side)]
        for change in changes(base, side):
            # below a conflict in the list of ports an entry may have another key than in this side alone
            in_conflict = any(change.path[: min(len(path), 2)] == path[:2] for path in clashes)
            assert in_conflict or change.path not in left, (change, clashes, merged.document)
    chosen = {format_path(path): "yours" for path in clashes}
    mine = differences.resolved(base, stored, yours, chosen)
    assert mine is None or merge(base, stored, yours, set(clashes)).document == mine
    assert differences.resolved(base, stored, yours, dict.fromkeys(chosen, "stored")) == merged.document
    assert merge(base, stored, base).document == stored
    assert merge(base, base, yours).document == yours


@settings(max_examples=150)
@given(st.permutations(range(80, 86)), st.permutations("abcdef"), st.integers(1, 5), st.sampled_from("abcde"))
def test_a_change_of_a_port_is_on_that_port_whatever_numbers_they_give(
    numbers: list[int], order: list[str], new: int, mine: str
) -> None:
    """Numbers swapped, shifted, given to ports that are new: who changed the port of a name changed that port."""
    base = {name: port(80 + at, name, targetPort=8000 + at) for at, name in enumerate("abcdef"[:new])}
    mine = mine if mine in base else "a"
    theirs = [port(numbers["abcdef".index(name)], name, targetPort=8000 + "abcdef".index(name)) for name in order]
    yours = {**base, mine: {**base[mine], "appProtocol": "http"}}
    merged = merge(spec(*base.values()), spec(*theirs), spec(*yours.values()))
    assert merged.conflicts == ()
    wanted = [{**entry, "appProtocol": "http"} if entry["name"] == mine else entry for entry in theirs]
    assert merged.document == spec(*wanted)


def test_a_list_of_which_one_took_the_last_entry_is_an_empty_one() -> None:
    """The server drops it: what the other added is no collision, what the other changed of the entry is one."""
    base = {"env": [{"name": "A", "value": "1"}]}
    added = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    for stored, yours in (({}, added), (added, {}), ({"env": []}, added)):
        merged = merge(base, stored, yours)
        assert (merged.conflicts, merged.document) == ((), {"env": [{"name": "B", "value": "2"}]})
    changed = {"env": [{"name": "A", "value": "3"}]}
    (conflict,) = merge(base, {}, changed).conflicts
    assert (format_path(conflict.path), conflict.stored) == ("env[A]", MISSING)
    assert merge(base, {}, changed).document == {}
    assert merge(base, {}, changed, {conflict.path}).document == changed
    assert merge({"args": ["a"]}, {}, {"args": ["b"]}).conflicts[0].path == ("args",)
