from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # writes go on meanwhile

    dependencies = [
        ("queueing", "0028_retries"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="queueitem",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["sent_at"],
                include=("workspace", "campaign", "linkedin_account", "prospect", "kind"),
                name="item_sent_by_time",
            ),
        ),
        RemoveIndexConcurrently(model_name="queueitem", name="item_sent_by_day"),
    ]
