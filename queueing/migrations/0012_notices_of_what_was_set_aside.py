from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0011_items_by_user_id"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("item_failed", "Failed for good"),
                    ("account_changed", "Account"),
                    ("sending_stopped", "All sending stopped"),
                    ("set_aside", "Set aside"),
                ],
                max_length=20,
            ),
        ),
    ]
