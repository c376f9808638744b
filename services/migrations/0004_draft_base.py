from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("services", "0003_draft_sequences")]

    operations = [migrations.AddField("draft", "base", models.JSONField(null=True))]
