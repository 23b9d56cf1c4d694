"""Companies are recognised by a key that Python makes, in whatever way a row is written."""

import unicodedata
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from campaigns.models import DoNotContact, Prospect
from campaigns.people import company_key
from tests.builders import a_campaign, a_prospect, a_workspace

pytestmark = pytest.mark.django_db
NAME = "ÄÖÜ Müller & Söhne GmbH"
Kind = DoNotContact.Kind


@pytest.mark.parametrize(
    "spelling",
    [
        NAME.upper(),
        NAME.lower(),
        unicodedata.normalize("NFD", NAME),
        f"  {NAME.replace(' ', chr(0xA0))}\u200b",
        NAME.replace("GmbH", "ＧｍｂＨ"),  # noqa: RUF001 - full width, as from a Japanese keyboard
    ],
)
def test_spellings_of_one_company_have_one_key(spelling: str) -> None:
    assert company_key(spelling) == company_key(NAME) == company_key(company_key(NAME))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße AG", "STRASSE AG"),
        ("İşbank", "işbank"),
        ("ΑΘΗΝΑΣ", "Αθηνας"),
        ("ILGIN", "\u0131lg\u0131n"),
    ],
)
def test_case_is_that_of_all_scripts(one: str, other: str) -> None:
    assert company_key(one) == company_key(other)


def test_other_companies_have_another_key() -> None:
    assert len({company_key(name) for name in ("Example", "Example GmbH", "Exámple", "")}) == 4


def test_a_long_name_has_a_key_that_can_be_stored() -> None:
    name = "\ufdfa" * 300  # one sign that stands for 18

    person = a_prospect(a_campaign(a_workspace()), company=name)

    person.refresh_from_db()
    assert person.company_key == company_key(name)


def written(how: str) -> Prospect:
    campaign = a_campaign(a_workspace())
    if how == "created":
        return a_prospect(campaign, company=NAME)
    if how == "in bulk":
        Prospect.objects.bulk_create([Prospect(campaign=campaign, company=NAME)])
        return Prospect.objects.get()
    person = a_prospect(campaign, company="Before")
    if how == "updated":
        campaign.prospects.update(company=NAME)
        return person
    person.company = NAME
    person.save(**({"update_fields": ["company"]} if how == "field saved" else {}))
    return person


@pytest.mark.parametrize("how", ["created", "in bulk", "updated", "saved", "field saved"])
def test_the_key_follows_the_company_however_it_is_written(how: str) -> None:
    person = written(how)

    person.refresh_from_db()
    assert (person.company, person.company_key) == (NAME, company_key(NAME))


def test_keys_of_former_times_are_made_anew() -> None:
    workspace = a_workspace()
    person = a_prospect(a_campaign(workspace), company=NAME)
    Prospect.objects.update(company_key="as the database made it")
    spellings = ("ÄÖÜ müller & söhne gmbh", "äöü müller & söhne gmbh", "straße")
    DoNotContact.objects.bulk_create(
        DoNotContact(workspace=workspace, kind=Kind.COMPANY, value=value) for value in spellings
    )
    migration = import_module("campaigns.migrations.0007_company_keys_of_ours")

    migration.make_keys(apps, SimpleNamespace(connection=connection))

    person.refresh_from_db()
    assert person.company_key == company_key(NAME)
    barred = set(DoNotContact.objects.values_list("value", flat=True))
    assert barred == {company_key(NAME), "strasse"}
