"""Rows of sessions are found by a hash from now on: those under the key itself are of no use but to who reads them."""

from typing import Any

from django.db import migrations


def forget_sessions(apps: Any, schema_editor: Any) -> None:
    apps.get_model("sessions", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("sessions", "0001_initial")]
    operations = [migrations.RunPython(forget_sessions, migrations.RunPython.noop)]
