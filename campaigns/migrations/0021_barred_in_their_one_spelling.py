"""Whom never to contact is barred under the spelling, too, that addresses have by now.

Dashes and signs around the last part of an address count no more. The old entries stay: people who
were imported before have the old spelling.
"""

from django.db import migrations

from campaigns.people import normalised_slug
from campaigns.people.slugs import is_fit, is_id


def bar_the_one_spelling(apps, schema_editor):
    entries = apps.get_model("campaigns", "DoNotContact").objects
    people = entries.filter(kind="person").order_by("pk")
    added = []
    for entry in people.iterator():
        slug = normalised_slug(entry.value)
        if slug != entry.value and is_fit(slug) and not is_id(entry.value):
            added.append(
                entries.model(
                    workspace_id=entry.workspace_id, kind="person", value=slug, reason=entry.reason
                )
            )
    entries.bulk_create(added, ignore_conflicts=True, batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0020_what_accounts_have_read"),
    ]

    operations = [migrations.RunPython(bar_the_one_spelling, migrations.RunPython.noop)]
