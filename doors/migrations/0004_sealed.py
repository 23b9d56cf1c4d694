"""Secrets of webhooks are stored sealed."""

import base64

from django.db import migrations, models

from access import sealing


def seal(apps, schema_editor):
    for endpoint in apps.get_model("doors", "Endpoint").objects.filter(secret__startswith="whsec_"):  # noqa: S106
        plain = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
        endpoint.secret = sealing.seal(plain, "doors.Endpoint", str(endpoint.pk))
        endpoint.save(update_fields=["secret"])


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0003_managers"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="former_secret",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="former_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="secret",
            field=models.CharField(editable=False, help_text="Sealed.", max_length=100),
        ),
        migrations.RunPython(seal),
    ]
