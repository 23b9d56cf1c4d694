from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0007_notices_are_claimed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                condition=models.Q(("claimed_at__isnull", False), ("status", "pending")),
                fields=["prospect"],
                name="item_pending_tried",
            ),
        ),
    ]
