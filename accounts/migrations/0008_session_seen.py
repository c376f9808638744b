"""When a session was last used: a nullable column in Django's own table of sessions. A version of the console that does
not know it may run beside one that does, as during an upgrade: it leaves the column alone.
"""

from typing import Any

from django.db import migrations, models


def add_column(apps: Any, schema_editor: Any) -> None:
    row = apps.get_model("accounts", "Session")
    schema_editor.add_field(row, row._meta.get_field("seen"))


def remove_column(apps: Any, schema_editor: Any) -> None:
    row = apps.get_model("accounts", "Session")
    schema_editor.remove_field(row, row._meta.get_field("seen"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_address_of_an_entry"), ("sessions", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("seen", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "django_session",
                "abstract": False,
                "managed": False,
            },
        ),
        migrations.RunPython(add_column, remove_column),
    ]
