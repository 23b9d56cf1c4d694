"""Let managers make keys and webhooks of their workspaces, and look at deliveries."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

MANAGER = (
    "add_apikey",
    "change_apikey",
    "view_apikey",
    "add_endpoint",
    "change_endpoint",
    "delete_endpoint",
    "view_endpoint",
    "view_delivery",
)


def let_managers(apps, schema_editor):
    # Permissions come after all migrations; the group needs them now.
    config = apps.get_app_config("doors")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="doors", codename__in=MANAGER
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("doors", "0002_told_by_the_database"), ("queueing", "0004_groups")]
    operations = [migrations.RunPython(let_managers, migrations.RunPython.noop)]
