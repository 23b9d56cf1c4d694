"""A member has one account that sends: others of the same member are held, and say whose they are.

The one goes on that has sent most recently, or else the one with the lowest id.
"""

import django.db.models.deletion
from django.db import migrations, models

HELD = (
    "It is the same LinkedIn member as “{}”: two accounts would double its limits. Use that one, and "
    "take this one out of its campaigns."
)


def hold_the_others(apps, schema_editor):
    accounts = apps.get_model("campaigns", "LinkedInAccount").objects
    owned = accounts.exclude(owner_id="").order_by("owner_id", "pk")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('send_queue') IS NOT NULL")
        has_queue = cursor.fetchone()[0]
        last_sent = {}
        if has_queue:
            cursor.execute(
                "SELECT linkedin_account_id, max(sent_at) FROM send_queue"
                " WHERE sent_at IS NOT NULL GROUP BY 1"
            )
            last_sent = dict(cursor.fetchall())
    by_member = {}
    for account in owned:
        by_member.setdefault(account.owner_id, []).append(account)
    for same in by_member.values():
        sent = [account for account in same if account.pk in last_sent]
        keeps = max(sent, key=lambda account: last_sent[account.pk]) if sent else same[0]
        for account in same:
            if account is not keeps:
                account.same_as = keeps
                account.status = "disconnected"
                account.pause_reason = HELD.format(keeps.name)
                account.save(update_fields=["same_as", "status", "pause_reason"])


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0022_same_persons"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkedinaccount",
            name="same_as",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="Another account of the same member: that one sends, for a member has one limit.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.linkedinaccount",
            ),
        ),
        migrations.RunPython(hold_the_others, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="linkedinaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("owner_id", ""), _negated=True), ("same_as__isnull", True)
                ),
                fields=("owner_id",),
                name="one_account_sends_for_a_member",
            ),
        ),
    ]
