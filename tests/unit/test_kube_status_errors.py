"""From a refusal's Status to the error it means, and from settings to a connection."""

from pathlib import Path
from typing import Any

import pytest

from console.kube import errors
from console.kube.config import BadConfig, load
from console.kube.errors import Cause, Forbidden
from console.kube.kinds import Identity
from console.kube.status_errors import error_of, error_of_event
from tests.admin import write_kubeconfig

ALICE = Identity("berth:alice")


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", errors.BadRequest),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (409, "Conflict", errors.Conflict),
        (409, "AlreadyExists", errors.AlreadyExists),
        (410, "Expired", errors.Expired),
        (410, "Gone", errors.Expired),
        (413, "RequestEntityTooLarge", errors.TooLarge),
        (415, "UnsupportedMediaType", errors.UnsupportedMedia),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.ServerError),
        (503, "ServiceUnavailable", errors.ServerError),
        (418, "", errors.KubeError),
    ],
)
def test_codes(code: int, reason: str, kind: type[errors.KubeError]) -> None:
    error = error_of(code, {"kind": "Status", "reason": reason, "message": "why"}, None, ALICE)
    assert type(error) is kind
    assert (error.code, error.reason, error.message) == (code, reason or "Unknown", "why")


def test_causes_and_waiting() -> None:
    details = {"causes": [{"field": "spec.ports[0].port", "reason": "FieldValueInvalid", "message": "no"}, 7]}
    body = {"kind": "Status", "reason": "Invalid", "details": {**details, "retryAfterSeconds": 3}}
    error = error_of(422, body, None, ALICE)
    assert error.causes == (Cause("spec.ports[0].port", "FieldValueInvalid", "no"),)
    assert error.retry_after == 3
    assert error_of(429, {}, "7", ALICE).retry_after == 7
    assert error_of(429, {}, "Wed, 21 Oct 2026 07:28:00 GMT", ALICE).retry_after is None
    assert error_of_event({"kind": "Status", "code": 410, "reason": "Expired"}).code == 410


@pytest.mark.parametrize(
    ("message", "identity", "itself"),
    [
        ('services is forbidden: User "berth:alice" cannot list resource "services"', ALICE, False),
        ('services is forbidden: User "system:serviceaccount:berth:berth" cannot impersonate-on:x', ALICE, True),
        ('pods "a" is forbidden: exceeded quota: compute', ALICE, False),
        ('services is forbidden: User "system:serviceaccount:berth:berth" cannot list resource', None, True),
    ],
)
def test_whose_refusal_it_is(message: str, identity: Identity | None, itself: bool) -> None:
    error = error_of(403, {"kind": "Status", "reason": "Forbidden", "message": message}, None, identity)
    assert isinstance(error, Forbidden)
    assert error.console_itself is itself


@pytest.mark.parametrize("body", [{}, {"kind": "Status", "details": 7, "message": 9, "reason": []}, {"kind": "Pod"}])
def test_a_refusal_that_is_not_a_status(body: dict[str, Any]) -> None:
    assert error_of(502, body, None, ALICE).message == "the server answered 502"


def test_a_connection_of_a_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, "https://api.example:6443", {"one": "t1", "two": "t2"}, current="one")
    connection = load(file, None, in_cluster=False)
    assert (connection.host, connection.authorization()) == ("https://api.example:6443", "Bearer t1")
    assert connection.configuration.proxy is None, "a proxy of the environment does not see the token"
    assert load(file, "two", in_cluster=False).authorization() == "Bearer t2"
    write_kubeconfig(file, "https://api.example:6443", {"one": "t3"}, current="one")
    connection.renew()
    assert (connection.authorization(), connection.generation) == ("Bearer t3", 1)


@pytest.mark.parametrize("text", ["", "{}", "[", "a: b", "apiVersion: v1\nkind: Config\nclusters: 7\n"])
def test_a_kubeconfig_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(BadConfig, match="kubeconfig"):
        load(file, None, in_cluster=False)


def test_settings_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "kubeconfig"
    with pytest.raises(BadConfig, match="no kubeconfig at"):
        load(file, None, in_cluster=False)
    with pytest.raises(BadConfig, match="no kubeconfig is set"):
        load(None, None, in_cluster=False)
    with pytest.raises(BadConfig, match="service account"):
        load(None, None, in_cluster=True)
    write_kubeconfig(file, "https://api.example:6443", {"one": "t"}, current="one")
    with pytest.raises(BadConfig):
        load(file, "three", in_cluster=False)
    write_kubeconfig(file, "https://api.example:6443", {"one": ""}, current="one")
    with pytest.raises(BadConfig, match="credentials"):
        load(file, None, in_cluster=False)
