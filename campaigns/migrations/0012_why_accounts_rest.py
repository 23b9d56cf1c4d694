"""Why an account rests is kept apart from why it is held."""

from typing import Any

from django.db import migrations, models
from django.db.models import F


def keep_the_reasons(apps: Any, schema_editor: Any) -> None:
    account = apps.get_model("campaigns", "LinkedInAccount")
    resting = account.objects.filter(status="connected", paused_until__isnull=False)
    resting.update(rest_reason=F("pause_reason"))


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_longest_notes_and_features"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkedinaccount",
            name="rest_reason",
            field=models.TextField(
                blank=True,
                editable=False,
                help_text="Why it rests, where it is also held for another reason.",
            ),
        ),
        migrations.RunPython(keep_the_reasons, migrations.RunPython.noop),
    ]
