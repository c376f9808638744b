"""The address of an entry gets its default from the database. A version of the console that does not know the column
leaves it out of its INSERT, and may run beside one that does: during an upgrade, and after going back.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_session_seen")]
    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
