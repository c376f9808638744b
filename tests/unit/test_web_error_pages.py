"""Every way a cluster can fail has words: what happened, what was not changed, what to do."""

from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import RequestFactory

from console import pages
from console.kube import errors as kube
from console.kube import kinds
from console.web import error_pages

SERVICE = kinds.Ref(kinds.SERVICE, "demo-project", "orders")


def _forbidden(*, console_itself: bool) -> kube.Forbidden:
    error = kube.Forbidden("services is forbidden")
    error.verb, error.resource, error.console_itself = "create", "services", console_itself
    return error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (kube.BadName("..", ref=None), 400, "not valid in a cluster"),
        (_forbidden(console_itself=False), 403, "does not allow you to do this"),
        (_forbidden(console_itself=True), 403, "does not allow Berth"),
        (kube.Unauthorized(), 503, "does not accept Berth’s credentials"),
        (kube.NotFound(ref=SERVICE), 404, "Service orders does not exist"),
        (kube.AlreadyExists(ref=SERVICE), 409, "Service orders already exists"),
        (kube.Conflict(), 409, "Someone else changed"),
        (
            kube.Invalid(causes=(kube.Cause("spec.ports[0].port", "Invalid", "must be 1 to 65535"),)),
            422,
            "refuse this field",
        ),
        (kube.BadRequest("strict decoding error"), 422, "could not read"),
        (kube.TooManyRequests(retry_after=3600), 503, "busy"),
        (kube.AnswerLost(), 504, "connection was lost"),
        (kube.Unavailable(), 503, "is not responding"),
        (kube.ServerError(code=500), 502, "internal error"),
        (kube.KubeError(code=418), 502, "internal error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_error_has_words_and_a_status(error: kube.KubeError, status: int, words: str) -> None:
    told = error_pages.said(error)
    assert told.status == status
    assert words in told.what


def test_a_refused_write_says_that_nothing_was_changed_and_a_lost_one_does_not() -> None:
    assert "Nothing was changed." in error_pages.said(_forbidden(console_itself=False)).means
    assert "Nothing was changed." not in error_pages.said(_forbidden(console_itself=False), writing=False).means
    assert "may or may not" in error_pages.said(kube.AnswerLost()).means


def test_a_server_that_asks_to_wait_an_hour_is_not_believed() -> None:
    assert error_pages.said(kube.TooManyRequests(retry_after=3600)).seconds == 60


def test_the_field_and_the_reason_of_a_refusal_are_quoted() -> None:
    told = error_pages.said(kube.Invalid(causes=(kube.Cause("spec.ports[0].port", "Invalid", "must be 1 to 65535"),)))
    assert told.detail == "spec.ports[0].port: must be 1 to 65535"


def _request(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request.request_id = "0123456789abcdef"  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"Accept": "application/json"}])
def test_the_answer_names_the_request_and_shows_hostile_text_as_text(headers: dict[str, Any]) -> None:
    error = kube.ServerError("<img src=x onerror=alert(1)>")
    response = error_pages.answer(_request(**headers), 502, error_pages.said(error))
    body = response.content.decode()
    assert response.status_code == 502
    assert "0123456789abcdef" in body
    assert "internal error" in body
    if "Accept" not in headers:
        assert "<img" not in body
    assert ("<!doctype html>" in body) is (not headers)


def test_the_page_comes_also_when_the_frame_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: HttpRequest) -> dict[str, object]:
        raise RuntimeError("the database is down")

    monkeypatch.setattr("accounts.context.shell", broken)
    from django.template import engines

    engines["django"].engine.__dict__.pop("template_context_processors", None)  # type: ignore[attr-defined]
    try:
        body = error_pages.answer(_request(), 500).content.decode()
    finally:
        engines["django"].engine.__dict__.pop("template_context_processors", None)  # type: ignore[attr-defined]
    assert "Something went wrong in Berth" in body
    assert "0123456789abcdef" in body


def test_an_error_that_no_view_caught_is_a_page_and_others_are_left_alone() -> None:
    middleware = error_pages.ClusterErrors(lambda request: None)  # type: ignore[arg-type]
    response = middleware.process_exception(_request(), kube.TooManyRequests(retry_after=7))
    assert response is not None
    assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
    assert middleware.process_exception(_request(), ValueError()) is None


def test_a_locked_database_is_a_503_that_asks_to_come_back() -> None:
    """R9: in a view, and in a middleware (the session), where only the page for a 500 is left to say it."""
    locked = OperationalError("database is locked")
    first = error_pages.ClusterErrors(lambda request: None).process_exception(_request(), locked)  # type: ignore[arg-type]
    assert first is not None
    try:
        raise locked
    except OperationalError:
        last = pages.server_error(_request())
    for response in (first, last):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert "database of Berth is not responding" in response.content.decode()
    assert pages.server_error(_request()).status_code == 500


def test_a_server_that_asks_to_wait_for_ever_is_told_too() -> None:
    assert error_pages.said(kube.TooManyRequests(retry_after=float("inf"))).seconds == 60
