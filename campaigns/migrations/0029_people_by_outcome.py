from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # writes go on meanwhile

    dependencies = [
        ("campaigns", "0028_saved_views"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="prospect",
            index=models.Index(
                condition=models.Q(
                    ("accepted_at__isnull", False),
                    ("status__in", ["connected", "replied"]),
                    ("invite_again_from__isnull", False),
                    _connector="OR",
                ),
                fields=["id"],
                include=("status", "accepted_at", "replied_at", "tag", "invite_again_from"),
                name="prospect_by_outcome",
            ),
        ),
        AddIndexConcurrently(
            model_name="prospect",
            index=models.Index(
                condition=models.Q(("status", "connected")),
                fields=["campaign", "follow_up_due_at"],
                name="prospect_follow_up",
            ),
        ),
    ]
