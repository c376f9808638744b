from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("services", "0002_draft_former")]

    operations = [migrations.AddField("draft", "sequences", models.JSONField(default=dict))]
