"""Make the three groups of people who work in the admin, and index the log by object."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWED = {
    "campaigns": (
        "workspace",
        "linkedinaccount",
        "campaign",
        "prospect",
        "donotcontact",
        "sendinghours",
        "closedday",
    ),
    "queueing": ("queueitem", "sendattempt", "processrun", "sendingstop"),
}
VIEWER = [f"{app}.view_{model}" for app, models in VIEWED.items() for model in models]
OPERATOR = [
    *VIEWER,
    "queueing.change_queueitem",
    "campaigns.add_campaign",
    "campaigns.change_campaign",
    "campaigns.change_linkedinaccount",
    "campaigns.add_prospect",
    "campaigns.change_prospect",
    "campaigns.add_donotcontact",
    "campaigns.change_donotcontact",
    "campaigns.add_sendinghours",
    "campaigns.change_sendinghours",
    "campaigns.add_closedday",
    "campaigns.change_closedday",
    "campaigns.delete_closedday",
]
MANAGER = [
    *OPERATOR,
    "campaigns.change_workspace",
    "campaigns.add_linkedinaccount",
    "campaigns.delete_campaign",
    "campaigns.delete_prospect",
    "campaigns.delete_donotcontact",
    "campaigns.delete_sendinghours",
    "queueing.delete_queueitem",
    "campaigns.raise_cap",
    "queueing.send_now",
    "queueing.confirm_unconfirmed",
    "queueing.stop_all_sending",
]
GROUPS = {"Viewer": VIEWER, "Operator": OPERATOR, "Manager": MANAGER}


def make_groups(apps, schema_editor):
    for label in VIEWED:
        # Permissions come after all migrations; the groups need them now.
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, verbosity=0, apps=apps)
        config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for permission in wanted:
            label, codename = permission.split(".")
            group.permissions.add(
                Permission.objects.get(content_type__app_label=label, codename=codename)
            )


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0003_desk"),
        ("campaigns", "0003_desk"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [
        migrations.RunPython(make_groups, migrations.RunPython.noop),
        migrations.RunSQL(
            # The history of one object among millions of log entries
            "CREATE INDEX IF NOT EXISTS log_by_object"
            " ON django_admin_log (object_id, content_type_id)",
            "DROP INDEX IF EXISTS log_by_object",
        ),
    ]
