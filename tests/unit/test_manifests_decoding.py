"""Go's decoding errors in words, at the place in the document."""

from typing import Any

import pytest

from services.manifests.decoding import slips

HEAD = 'Service in version "v1" cannot be handled as a Service: '
DOCUMENT: dict[str, Any] = {
    "metadata": {"labels": {"app": 1}},
    "spec": {"ports": [{"port": 80}, {"port": "http", "name": True}], "selector": []},
}


def field(got: str, place: str, kind: str) -> str:
    return f"{HEAD}json: cannot unmarshal {got} into Go struct field {place} of type {kind}"


@pytest.mark.parametrize(
    ("message", "path", "sentence"),
    [
        (
            field("string", "ServicePort.spec.ports.port", "int32"),
            ("spec", "ports", 1, "port"),
            "port must be a whole number, this is text.",
        ),
        (
            field("bool", "ServicePort.spec.ports.name", "string"),
            ("spec", "ports", 1, "name"),
            "name must be text, this is true or false.",
        ),
        (
            field("array", "ServiceSpec.spec.selector", "map[string]string"),
            ("spec", "selector"),
            "selector must be a set of fields, this is a list.",
        ),
        (
            field("number 1.5", "ObjectMeta.metadata.generation", "int64"),
            ("metadata", "generation"),
            "generation must be a whole number, this is a number.",
        ),
        (
            f"{HEAD}json: cannot unmarshal string into Go value of type v1.Service",
            (),
            "the document must be a set of fields, this is text.",
        ),
        (f'{HEAD}strict decoding error: unknown field "foo"', ("foo",), "Unknown field foo in the document."),
        (
            f'{HEAD}strict decoding error: duplicate field "spec.ports[0].port"',
            ("spec", "ports", 0, "port"),
            "Duplicate field port.",
        ),
        (f"{HEAD}quantities must match the regular expression '^([+-]?[0-9.]+)$'", (), "Invalid quantity"),
        (f"{HEAD}illegal base64 data at input byte 4", (), "The value must be base64-encoded."),
    ],
)
def test_what_cannot_be_decoded_is_said_in_words(message: str, path: tuple[Any, ...], sentence: str) -> None:
    (slip,) = slips(message, DOCUMENT)
    assert slip.path == path
    assert slip.sentence.startswith(sentence)
    assert slip.raw in message
    assert "Go" not in slip.sentence


def test_several_and_none() -> None:
    both = 'strict decoding error: unknown field "spec.a", unknown field "spec.b"'
    assert [slip.path for slip in slips(both, {})] == [("spec", "a"), ("spec", "b")]
    assert slips("the server is tired", DOCUMENT) == ()
