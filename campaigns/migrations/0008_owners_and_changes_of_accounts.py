from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_company_keys_of_ours"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkedinaccount",
            name="changed_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When its status or its rest last changed: what is older changes it no more.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="linkedinaccount",
            name="other_login",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Who is logged in in the place of the owner: nothing is sent then.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="linkedinaccount",
            name="owner_id",
            field=models.CharField(
                blank=True,
                editable=False,
                max_length=200,
                verbose_name="LinkedIn user id of the owner",
            ),
        ),
        migrations.AddField(
            model_name="linkedinaccount",
            name="owner_slug",
            field=models.CharField(
                blank=True,
                editable=False,
                max_length=200,
                verbose_name="public identifier of the owner",
            ),
        ),
    ]
