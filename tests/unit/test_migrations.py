"""The version before may write beside the new one, during an upgrade and after going back to it."""

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from accounts.models import AuditEntry

OLDER = {("draft", "former"), ("draft", "sequences")}
"""Added before versions ran beside each other: each version that may do so writes these itself."""


@pytest.mark.django_db
def test_a_version_that_does_not_know_the_address_of_an_entry_writes_entries() -> None:
    """Its INSERT, through the models as its last migration left them, leaves the column out."""
    before = MigrationLoader(connection).project_state(("accounts", "0006_names_in_words"))
    entry = before.apps.get_model("accounts", "AuditEntry").objects.create(actor="olive", action="service.edit")
    assert AuditEntry.objects.get(pk=entry.pk).address == ""


@pytest.mark.django_db
def test_a_row_may_be_inserted_without_the_address() -> None:
    """As any program would that knows the columns of the version before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_auditentry (at, actor, role, action, target, workspace, project, outcome, changes,"
            " message, request_id, identity, groups)"
            " VALUES (%s, 'olive', '', 'service.edit', '', '', '', 'ok', '[]', '', '', '', '[]')",
            ["2026-11-29 12:00:00+00:00"],
        )
    assert AuditEntry.objects.get().address == ""


def test_each_column_that_was_added_may_be_left_out() -> None:
    """It is nullable, or the database has its default."""
    missing = {
        (operation.model_name, operation.name)
        for (app, _name), migration in MigrationLoader(None).disk_migrations.items()
        if app in ("accounts", "services") and not migration.initial
        for operation in migration.operations
        if isinstance(operation, migrations.AddField)
        for field in [apps.get_model(app, operation.model_name)._meta.get_field(operation.name)]
        if not field.null and not field.has_db_default()
    }
    assert missing == OLDER
