import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # writes go on meanwhile

    dependencies = [
        ("campaigns", "0029_people_by_outcome"),
        ("queueing", "0029_editions_of_texts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="queueitem",
            index=models.Index(
                fields=["campaign", "status", "scheduled_for"],
                include=("sent_at", "prospect", "kind"),
                name="item_by_campaign",
            ),
        ),
        AddIndexConcurrently(
            model_name="queueitem",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)),
                fields=["workspace", "sent_at"],
                include=("campaign", "linkedin_account", "prospect", "kind"),
                name="item_sent_by_workspace",
            ),
        ),
        AddIndexConcurrently(
            model_name="queueitem",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["updated_at"],
                include=("workspace", "error_code"),
                name="item_failed_in_order",
            ),
        ),
        RemoveIndexConcurrently(model_name="queueitem", name="item_sent_by_day"),
        RemoveIndexConcurrently(model_name="queueitem", name="item_failed_by_day"),
        # Their indexes are the beginning of others by now.
        migrations.AlterField(
            model_name="queueitem",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="queue_items",
                to="campaigns.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="queueitem",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.workspace",
                verbose_name="client",
            ),
        ),
    ]
