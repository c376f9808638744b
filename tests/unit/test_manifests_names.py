"""Rules for what people type: what is right, what is wrong, and the sentence for it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.manifests import images, names, quantities
from services.manifests.images import Image, parse_image
from services.manifests.quantities import canonical, parse_quantity
from services.manifests.selectors import (
    Requirement,
    format_requirement,
    from_label_selector,
    from_node_selector_term,
    parse_selector,
    to_label_selector,
    to_node_selector_term,
)
from services.manifests.sentences import Remark, Sentence

RIGHT: list[tuple[Callable[[str], Sentence | None], list[str]]] = [
    (names.service_name, ["web", "a", "a-1", "1st-shop", "a" * 63]),
    (names.object_name, ["web", "1a", "a.b-c", "a" * 253]),
    (names.container_name, ["web", "1a", "a" * 63]),
    (names.version, ["", "v1", "12", "a" * 16]),
    (names.port_name, ["http", "http-0", "a" * 15, "1a"]),
    (names.service_port_name, ["http", "a" * 63]),
    (names.port_or_name, ["1", "65535", "http"]),
    (names.label_key, ["app", "a.b_c-d", "example.com/Team", "a" * 63]),
    (names.annotation_key, ["app", "Example.com/a"]),
    (names.label_value, ["", "v1", "A_b.c-d", "a" * 63]),
    (names.variable_name, ["A", "_a.b-c", "a1", "-a", "Logging:LogLevel", "4K_SEPARATION", "a/b", "a b"]),
    (names.config_key, ["a", "a.b", ".a", "_A-1"]),
    (names.external_name, ["api.example.com", "localhost", "a.b.", "1a.example"]),
    (names.mount_path, ["/", "/a/b"]),
    (names.host_path, ["/var/log", "/a..b"]),
    (names.relative_path, ["a", "a/b", "..a"]),
    (names.key_path, ["a", "a/b"]),
    (names.app_protocol, ["", "http", "kubernetes.io/h2c"]),
    (names.count_or_percent, ["0", "25%", "3", "1000%", "2000000000"]),
    (names.selector, ["", "app=web,tier in (a,b),!x"]),
    (quantities.cpu, ["0.5", "100m", "2", "64"]),
    (quantities.memory, ["256Mi", "1e9", "128974848", "1Mi", "0"]),
    (quantities.size, ["10Gi", "1"]),
    (images.image, ["nginx", "a.b:5000/c/d:t@sha256:" + "a" * 64]),
]
WRONG: list[tuple[Callable[[str], Sentence | None], list[str]]] = [
    (names.service_name, ["", "Web", "a-", "a_b", "a.b", "a" * 64, "-a", "a\n"]),
    (names.object_name, ["", "A", "a..b", "a" * 254, "-a"]),
    (names.container_name, ["", "a.b", "A", "a" * 64]),
    (names.version, ["V1", "v1.0", "a" * 17]),
    (names.port_name, ["", "80", "a--b", "-a", "A", "a" * 16, "a_b"]),
    (names.service_port_name, ["", "a.b", "A"]),
    (names.port_or_name, ["0", "65536", "99999999999", "-1", "A", ""]),
    (names.label_key, ["", "/a", "a/", "a/b/c", "-a", "a" * 64, "Ex_/a", "a b", "UPPER.com/a"]),
    (names.label_value, ["-a", "a ", "a" * 64, "ä"]),
    (names.variable_name, ["", "a=b", "a\tb", "ä"]),
    (names.config_key, ["", ".", "..", "..a", "a/b", "a" * 254]),
    (
        names.external_name,
        ["", "1.2.3.4", "::1", "http://a.b", "a.b/c", "a.b:80", "A.b", "a..b", "-a.b", "a" * 64, "1.2.3"],
    ),
    (names.mount_path, ["", "a", "/a:b"]),
    (names.host_path, ["a", "/a/../b", ""]),
    (names.relative_path, ["", "/a", "../a", "a/.."]),
    (names.key_path, ["", "..a"]),
    (names.app_protocol, ["a b"]),
    (names.count_or_percent, ["", "-1", "a", "1.5", "%"]),
    (names.selector, ["=", "a in", "a in b", "a b"]),
    (quantities.cpu, ["", "1 core", "-1", "1M i"]),
    (quantities.memory, ["100m", "1MB", "-1Mi"]),
    (quantities.size, ["0", "x", "-1"]),
    (images.image, ["", "a b", "http://a", "A", "a:", "a@sha256:1", "a//b", "a/B:c", "-a"]),
]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in RIGHT for text in texts])
def test_what_is_right(rule: Callable[[str], Sentence | None], text: str) -> None:
    assert rule(text) is None


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in WRONG for text in texts])
def test_what_is_wrong_is_said_in_a_sentence(rule: Callable[[str], Sentence | None], text: str) -> None:
    sentence = rule(text)
    assert sentence is not None
    assert sentence == (sentence.template % sentence.params if sentence.params else sentence.template)
    assert sentence.endswith((".", "?"))
    assert "%(" not in sentence


@pytest.mark.parametrize(
    ("rule", "text", "says"),
    [
        (quantities.memory, "1.2Gi", "1288490189"),
        (quantities.cpu, "0.0001", "1m"),
        (quantities.memory, "128", "128 means 128 bytes. Did you mean 128Mi?"),
        (quantities.memory, "512Ki", "524288 bytes"),
        (quantities.memory, "1e3", "1000 bytes"),
        (quantities.memory, "0.5", "1 bytes"),
        (quantities.cpu, "500", "500 cores. Did you mean 500m?"),
        (quantities.cpu, "1k", "1000 cores"),
        (names.relative_path, "a//b", "contains “//”"),
    ],
)
def test_what_the_cluster_takes_is_remarked_only(rule: Callable[[str], Sentence | None], text: str, says: str) -> None:
    """F6: the form says what is odd about it and takes it."""
    remark = rule(text)
    assert isinstance(remark, Remark)
    assert says in remark


@pytest.mark.parametrize(
    ("name", "says"), [("1.2.3.4", "IP address"), ("https://a.b", "URL"), ("a.b:8", "port"), ("a/b", "path")]
)
def test_why_an_address_is_no_dns_name(name: str, says: str) -> None:
    assert says in str(names.external_name(name))


def test_a_workload_name_leaves_room_for_its_pods() -> None:
    assert names.workload_name("web", "v1") == "web-v1"
    assert names.workload_name_fits("StatefulSet", "a" * 49, "v1") is None
    assert "1" in str(names.workload_name_fits("StatefulSet", "a" * 50, "v1"))
    assert names.workload_name_fits("Deployment", "a" * 60, "v1") is None
    assert names.workload_name_fits("Deployment", "a" * 61, "v1") is not None


@pytest.mark.parametrize(("seconds", "right"), [(0, False), (1, True), (86400, True), (86401, False)])
def test_sticky_sessions_last_a_day_at_most(seconds: int, right: bool) -> None:
    assert (names.sticky_timeout(seconds) is None) is right


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("100m", Fraction(1, 10)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1k", 1000),
        ("1Ki", 1024),
        ("0.5Mi", 524288),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("12e-1", Fraction(6, 5)),
        ("1Ei", 2**60),
        ("+1", 1),
        ("-1n", Fraction(-1, 10**9)),
        ("0.1n", Fraction(1, 10**9)),
        ("1K", None),
        ("1 Mi", None),
        ("Mi", None),
        ("1e", None),
        ("1e999999", None),
        ("1" * 100, None),
        ("", None),
        (".", None),
        ("\uff11", None),
    ],
)
def test_quantities_are_exact(text: str, value: Fraction | None) -> None:
    assert parse_quantity(text) == value


def test_quantities_are_compared_by_value() -> None:
    assert not quantities.more_than("1024Ki", "1Mi")
    assert quantities.more_than("1", "999m")
    assert not quantities.more_than("1M", "1Mi")
    assert quantities.more_than("2", "1500m")
    assert not quantities.more_than("", "1")


@given(st.fractions(0, 10**6, max_denominator=1000), st.booleans())
def test_a_canonical_quantity_means_the_same(value: Fraction, binary: bool) -> None:
    nanos = parse_quantity(canonical(value, binary=binary))
    assert nanos is not None
    assert 0 <= nanos - value < Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", Image("docker.io", "library/nginx", "", "")),
        ("team/app:1.2", Image("docker.io", "team/app", "1.2", "")),
        ("localhost/app", Image("localhost", "app", "", "")),
        ("reg:5000/a/b:t", Image("reg:5000", "a/b", "t", "")),
        ("ghcr.io/a/b@sha256:" + "0" * 64, Image("ghcr.io", "a/b", "", "sha256:" + "0" * 64)),
        ("index.docker.io/nginx", Image("docker.io", "library/nginx", "", "")),
    ],
)
def test_images_are_taken_apart(text: str, expected: Image) -> None:
    assert parse_image(text) == expected


def test_the_tag_that_is_pulled() -> None:
    tags = {text: parse_image(text) for text in ("nginx", "nginx:1", "nginx@sha256:" + "0" * 64)}
    assert [image.effective_tag for image in tags.values() if isinstance(image, Image)] == ["latest", "1", ""]


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("app=web", [Requirement("app", "=", ("web",))]),
        ("a==b", [Requirement("a", "=", ("b",))]),
        ("a!=b", [Requirement("a", "NotIn", ("b",))]),
        (" a in ( x , y ) , !b", [Requirement("a", "In", ("x", "y")), Requirement("b", "DoesNotExist")]),
        ("a notin (x,y),b", [Requirement("a", "NotIn", ("x", "y")), Requirement("b", "Exists")]),
        ("cpus>4,x<-1", [Requirement("cpus", "Gt", ("4",)), Requirement("x", "Lt", ("-1",))]),
        ("a=", [Requirement("a", "=", ("",))]),
        ("", []),
    ],
)
def test_selectors_are_read_as_kubectl_does(text: str, requirements: list[Requirement]) -> None:
    parsed = parse_selector(text)
    assert not isinstance(parsed, Sentence)
    assert list(parsed) == requirements
    assert parse_selector(",".join(format_requirement(item) for item in parsed)) == parsed


def test_selectors_become_objects_and_texts_again() -> None:
    parsed = parse_selector("app=web,tier in (a)")
    assert not isinstance(parsed, Sentence)
    selector = to_label_selector(parsed)
    assert selector == {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}],
    }
    assert from_label_selector(selector) == "app=web,tier in (a)"
    assert from_node_selector_term(to_node_selector_term(parsed)) == "app=web,tier=a"
    assert from_label_selector({"matchLabels": {"a b": "c"}}) is None
    assert from_node_selector_term({"matchFields": []}) is None
