"""Make the hours that hold where nobody chose any: New York, 7 to 18, on working days."""

from django.db import migrations


def make_default_hours(apps, schema_editor):
    # Field defaults are the default hours.
    apps.get_model("campaigns", "SendingHours").objects.get_or_create(
        name="Default (New York, 7 to 18)", workspace=None
    )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [migrations.RunPython(make_default_hours, migrations.RunPython.noop)]
