"""Retention: what is past its time goes, whoever left it, and nothing else; and a look at the record stays cheap."""

import threading
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import audit
from accounts.domain import people as verbs
from accounts.domain import record
from accounts.domain.retention import once_a_day
from accounts.models import AuditEntry, DailyTask, SignInLink, SignInTries
from accounts.scope import platform_scope
from console.management import retention
from services.models import Draft
from tests.people import People

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sessions(settings: Any) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects


def draft(days: int, **fields: Any) -> Draft:
    made = Draft.objects.create(
        project=uuid4(), owner=uuid4(), type="yaml", **{"text": "", "saved": ["yaml"], **fields}
    )
    Draft.objects.filter(pk=made.pk).update(updated=timezone.now() - days * DAY)
    return made


def entries(count: int, *, days: int = 0) -> None:
    """Rows of the record as they would be after so many days."""
    rows = [AuditEntry(actor="olive", action="service.edit", outcome="ok") for _ in range(count)]
    super(type(AuditEntry.objects.all()), AuditEntry.objects.all()).bulk_create(rows)
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:
        when = connection.ops.adapt_datetimefield_value(timezone.now() - days * DAY)
        cursor.execute(f"UPDATE {table} SET at = %s WHERE id >= %s", [when, min(row.pk for row in rows)])


def test_c12_prune_deletes_what_is_past_its_time_and_nothing_else(people: People, settings: Any) -> None:
    """C12: drafts of anybody, sessions, links, tries and old rows of the record; twice does no harm."""
    now = timezone.now()
    for client in (Client(), Client()):
        client.force_login(people.olive)
    sessions(settings).filter(pk=sessions(settings).first().pk).update(expire_date=now - HOUR)
    for expires in (now - HOUR, now + HOUR):
        SignInLink.objects.create(user=people.bob, digest=str(expires), expires=expires)
    SignInLink.objects.create(user=people.bob, digest="used", expires=now + HOUR, used=now - 2 * DAY)
    SignInTries.objects.create(key="old", since=now - DAY)
    SignInTries.objects.create(key="closed", since=now - DAY, closed_until=now + HOUR)
    SignInTries.objects.create(key="new", since=now)
    kept = {draft(29), draft(90, state="partial"), draft(90, state="claimed"), draft(29, state="done")}
    draft(31), draft(31, state="done"), draft(2, saved=[], typed={})
    entries(1100, days=401)
    entries(3, days=399)
    for _ in range(2):
        call_command("prune")
    assert set(Draft.objects.all()) == kept
    assert sessions(settings).count() == 1
    assert SignInLink.objects.get().expires > now
    assert {row.key for row in SignInTries.objects.all()} == {"closed", "new"}
    assert AuditEntry.objects.count() == 3


def test_c12_a_record_that_is_kept_for_ever_is(settings: Any, people: People) -> None:
    """C12: BERTH_RECORD_DAYS=never."""
    settings.BERTH_RECORD_DAYS = None
    entries(3, days=4000)
    call_command("prune")
    assert AuditEntry.objects.count() == 3


def test_c12_a_part_that_fails_holds_up_no_other_and_is_named(people: People, settings: Any) -> None:
    """C12: the others are deleted, the answer names the part that was not, and it is due again within the hour."""
    settings.BERTH_RECORD_DAYS = "broken"
    draft(31)
    SignInTries.objects.create(key="old", since=timezone.now() - DAY)
    with pytest.raises(
        CommandError, match=r"1 drafts.* 1 sign-in tries.*; could not be deleted: entries of the record"
    ):
        call_command("prune")
    assert not Draft.objects.exists()
    assert not SignInTries.objects.exists()
    with pytest.raises(retention.Incomplete):
        retention.look()
    settings.BERTH_RECORD_DAYS = 400
    assert not retention.look()
    DailyTask.objects.update(begun=timezone.now() - DAY)
    assert retention.look()


def test_c12_of_several_processes_one_prunes_once_a_day(people: People) -> None:
    """C12: the first that looks prunes, another on the same database does not, and after a day it is due again."""
    from accounts.models import DailyTask

    assert [retention.look() for _ in range(3)] == [True, False, False]
    DailyTask.objects.update(begun=timezone.now() - DAY)
    assert [retention.look() for _ in range(2)] == [True, False]


def test_c12_the_thread_of_the_served_console_ends_when_told() -> None:
    """C12."""
    over = threading.Event()
    thread = retention.daily(over, seconds=60)
    over.set()
    thread.join(5)
    assert not thread.is_alive()


def test_c12_refusals_of_one_person_fill_their_share_of_the_record_only(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C12: posts that are refused are recorded up to a share a day; the last says so; others keep theirs."""
    monkeypatch.setattr(audit, "MOST_REFUSED", 5)
    for person in (people.bob, people.charlie):
        client = Client()
        client.force_login(person)
        for _ in range(8):
            assert client.post("/new-workspace/", {"name": "mine"}).status_code == 403
    refused = AuditEntry.objects.filter(action="access.refused")
    assert [refused.filter(actor=name).count() for name in ("bob", "charlie")] == [5, 5]
    assert "not recorded" in refused.filter(actor="bob")[0].message
    assert "not recorded" not in refused.filter(actor="bob")[1].message


def test_c12_a_look_at_the_record_does_not_count_all_of_it(people: People) -> None:
    """C12: no query of the page counts or lists more than a bounded number of rows."""
    root = Client()
    root.force_login(verbs.create_admin("root"))
    entries(record.MOST_COUNTED + 200)
    with CaptureQueriesContext(connection) as queries:
        page = root.get("/platform/activity/?page=2")
    assert f"{record.MOST_COUNTED}+" in page.content.decode()
    assert "Page 2" in page.content.decode()
    statements = [query["sql"] for query in queries if "accounts_auditentry" in query["sql"]]
    assert statements
    assert all("LIMIT" in sql and "COUNT(" not in sql for sql in statements), statements
    assert len(record.actors(platform_scope(verbs.create_admin("root")))) == 1
    for odd in ("0", "-3", "x", "9" * 30, "99999"):
        assert root.get(f"/platform/activity/?page={odd}").status_code == 200
    assert root.get("/platform/activity/?from=9999-12-31&to=9999-12-31").status_code == 200


def test_c12_what_failed_is_tried_again_before_the_next_day(people: People) -> None:
    def fail() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        once_a_day("failing", fail)
    begun = DailyTask.objects.get(name="failing").begun
    assert begun < timezone.now() - timedelta(hours=12)


def failing(what: str, error: type[Exception]) -> Any:
    """While it is open, the database refuses each statement that begins so."""

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(what):
            raise error("row olive exists")
        return run(sql, *rest)

    return connection.execute_wrapper(execute)


def test_c12_the_log_says_what_error_of_the_database_held_up_a_part(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """C12: the sort of error, not its text, which may quote rows."""
    with failing('SELECT "services_draft"', IntegrityError), pytest.raises(retention.Incomplete):
        retention.prune()
    assert "drafts could not be deleted: IntegrityError" in caplog.messages
    assert "olive" not in caplog.text


def test_c12_what_failed_is_said_though_the_database_fails_as_well(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """C12: the error of the task is not replaced by that of writing down when it is due again."""

    def fail() -> None:
        locked.enter_context(failing('UPDATE "accounts_dailytask"', OperationalError))
        raise OSError("full")

    with ExitStack() as locked, pytest.raises(OSError, match="full"):
        once_a_day("failing", fail)
    assert "failing is tried again after a day: OperationalError" in caplog.messages


@pytest.mark.django_db(transaction=True)
def test_c12_a_lost_connection_holds_up_one_part_and_the_next_try_is_soon(people: People) -> None:
    """C12: what comes after it has another connection."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could close a connection")

    end = "SELECT pg_terminate_backend(pg_backend_pid())"

    def lose(run: Any, sql: str, params: Any, *rest: Any) -> Any:
        drafts = sql.startswith('SELECT "services_draft"')
        return run(end, None, *rest) if drafts else run(sql, params, *rest)

    SignInTries.objects.create(key="old", since=timezone.now() - DAY)
    with connection.execute_wrapper(lose), pytest.raises(retention.Incomplete, match=r"1 sign-in tries.*: drafts$"):
        retention.look()
    assert not SignInTries.objects.exists()
    assert DailyTask.objects.get(name="prune").begun < timezone.now() - timedelta(hours=12)

    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute(end)

    with pytest.raises(DatabaseError):
        once_a_day("failing", fail)
    assert DailyTask.objects.get(name="failing").begun < timezone.now() - timedelta(hours=12)
