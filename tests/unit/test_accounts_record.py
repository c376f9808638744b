"""The record of what was attempted: written before, completed after, never changed."""

from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection

from accounts import audit
from accounts.actor import Actor, Place, Scope
from accounts.models import AppendOnly, AuditEntry
from accounts.roles import Capability
from console.kube import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope() -> Scope:
    return Scope(
        actor=Actor(uuid4(), "olive"),
        capabilities=frozenset({Capability.VIEW}),
        workspace=Place(uuid4(), "team"),
        project=Place(uuid4(), "shop"),
        role="operator",
        request_id="r-1",
    )


def test_the_row_is_there_before_the_block_runs(scope: Scope) -> None:
    with audit.attempt(scope, "service.create", target="Service shop/web"):
        row = AuditEntry.objects.get()
        assert (row.outcome, row.actor, row.project, row.role, row.request_id) == (
            "started",
            "olive",
            "shop",
            "operator",
            "r-1",
        )
    assert AuditEntry.objects.get().outcome == "ok"


def test_an_entry_says_as_whom_the_cluster_was_asked(scope: Scope) -> None:
    with audit.attempt(scope, "service.create") as entry:
        entry.done(changes=["spec.ports"])
    row = AuditEntry.objects.get()
    assert row.identity == scope.identity.user
    assert row.groups == list(scope.identity.groups)
    assert row.changes == ["spec.ports"]
    assert row.duration_ms is not None


@pytest.mark.parametrize(
    ("problem", "outcome", "message"),
    [
        (errors.Forbidden("no"), "refused", "Forbidden: no"),
        (PermissionDenied(), "refused", "PermissionDenied"),
        (ValidationError("Too long."), "refused", "Too long."),
        (errors.Unavailable("gone"), "failed", "gone"),
        (RuntimeError("secret value"), "failed", "RuntimeError"),
        (KeyboardInterrupt(), "failed", "KeyboardInterrupt"),
    ],
)
def test_an_error_is_recorded_and_goes_on(scope: Scope, problem: BaseException, outcome: str, message: str) -> None:
    with pytest.raises(type(problem)), audit.attempt(scope, "service.delete"):
        raise problem
    row = AuditEntry.objects.get()
    assert row.outcome == outcome
    assert row.message.endswith(message)


def test_what_the_block_said_about_a_failure_is_kept(scope: Scope) -> None:
    with suppress(RuntimeError), audit.attempt(scope, "service.create") as entry:
        entry.failed("1 of 2 objects", changes=["Deployment web-v1"])
        raise RuntimeError
    row = AuditEntry.objects.get()
    assert (row.message, row.changes) == ("1 of 2 objects", ["Deployment web-v1"])


def refusing(verb: str) -> Any:
    """A database that refuses such writes to the record, as one that is locked or full."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(verb) and "accounts_auditentry" in sql:
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    return wrapper


def with_attempt(scope: Scope, ran: list[bool]) -> None:
    with audit.attempt(scope, "service.create"):
        ran.append(True)


def test_what_cannot_be_recorded_is_not_done(scope: Scope) -> None:
    ran: list[bool] = []
    with connection.execute_wrapper(refusing("INSERT")), pytest.raises(audit.NotRecorded, match="not done"):
        with_attempt(scope, ran)
    assert not ran


def test_an_entry_whose_end_cannot_be_written_stays_open_and_the_answer_stands(scope: Scope) -> None:
    with connection.execute_wrapper(refusing("UPDATE")), audit.attempt(scope, "service.create"):
        pass
    assert AuditEntry.objects.get().outcome == "started"


def test_rows_are_neither_changed_nor_removed(scope: Scope) -> None:
    with audit.attempt(scope, "service.create"):
        pass
    row = AuditEntry.objects.get()
    row.actor = "mallory"
    for change in (row.save, row.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="mallory")
    assert not AuditEntry.objects.complete(row, outcome="failed")  # type: ignore[attr-defined]
    assert AuditEntry.objects.values_list("actor", "outcome").get() == ("olive", "ok")


def test_long_changes_are_cut(scope: Scope) -> None:
    with audit.attempt(scope, "service.create") as entry:
        entry.done(changes=["x" * 1000] * 500)
    row = AuditEntry.objects.get()
    assert (len(row.changes), len(row.changes[0])) == (audit.MOST_CHANGES, audit.LONGEST_CHANGE)
