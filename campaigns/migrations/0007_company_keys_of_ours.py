"""Companies are compared by a key that Python makes: a database may lower ASCII letters alone."""

from django.db import migrations, models

import campaigns.models.prospects
from campaigns.people import company_key


def make_keys(apps, schema_editor):
    people = apps.get_model("campaigns", "Prospect").objects.exclude(company="").order_by()
    names = list(people.values_list("company", flat=True).distinct())
    with schema_editor.connection.cursor() as cursor:
        for start in range(0, len(names), 5000):
            some = names[start : start + 5000]
            cursor.execute(
                "UPDATE campaigns_prospect SET company_key = made.key "
                "FROM unnest(%s::text[], %s::text[]) AS made (name, key) "
                "WHERE campaigns_prospect.company = made.name",
                [some, [company_key(name) for name in some]],
            )
    _renew_the_lists(apps.get_model("campaigns", "DoNotContact"))


def _renew_the_lists(entries):
    """Bring the companies on the lists to their new keys; of several that are one the first stays."""
    kept = {}
    for entry in entries.objects.filter(kind="company").order_by("created_at", "id"):
        key = company_key(entry.value) or entry.value
        first = kept.setdefault((entry.workspace_id, key), entry)
        if first is not entry:
            entry.delete()
    for (_, key), entry in kept.items():
        if key != entry.value:  # none has it any more: of those of one key this one is left
            entries.objects.filter(pk=entry.pk).update(value=key)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0006_fewer_indexes"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="prospect", name="prospect_by_company"),
        migrations.RemoveField(model_name="prospect", name="company_key"),
        migrations.AddField(
            model_name="prospect",
            name="company_key",
            field=campaigns.models.prospects.CompanyKey(
                blank=True, db_default="", editable=False, max_length=300
            ),
        ),
        migrations.RunPython(make_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="prospect",
            index=models.Index(
                condition=models.Q(("company_key", ""), _negated=True),
                fields=["company_key"],
                name="prospect_by_company",
            ),
        ),
    ]
