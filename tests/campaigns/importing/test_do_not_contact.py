"""Do-not-contact lists from files."""

import json
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from campaigns.models import Campaign, DoNotContact
from tests.campaigns.importing.conftest import Write

pytestmark = pytest.mark.django_db

USER_ID = "ACoAAExampleBen0000000000000000000000"


def barred(path: Path, *more: str) -> dict[str, Any]:
    out = StringIO()
    arguments = ["--workspace", "Example & Co", str(path), "--json", *more]
    call_command("import_do_not_contact", *arguments, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def values() -> list[tuple[str, str, str]]:
    return list(DoNotContact.objects.values_list("kind", "value", "reason"))


def test_people_are_barred_under_each_form_that_a_row_names(
    write: Write, campaign: Campaign
) -> None:
    path = write(
        "Name,LinkedIn URL,Provider ID\n"
        f"Ben,https://de.linkedin.com/in/Ben-Example/,{USER_ID}\n"
        "Ada,linkedin.com/in/ada,\n"
        "Ada,LINKEDIN.com/in/ADA?x=1,\n"
        "Eve,https://www.linkedin.com/sales/lead/ACwAAA0,x\n"
    )

    first, second = barred(path, "--reason", "asked us"), barred(path)

    assert values() == [
        ("person", USER_ID, "asked us"),
        ("person", "ada", "asked us"),
        ("person", "ben-example", "asked us"),
    ]
    assert (first["added"], first["known"], first["refused"]) == (3, 0, 1)
    assert first["problems"][0]["row"] == 5
    assert "Sales Navigator link" in first["problems"][0]["reason"]
    assert (second["added"], second["known"]) == (0, 3)


def test_companies(write: Write, campaign: Campaign) -> None:
    path = write("Company,Domain\nExample  GmbH,example.com\n,x.example\nEXAMPLE GmbH,\n")

    report = barred(path, "--companies")

    assert values() == [("company", "example gmbh", "")]
    assert [(problem["row"], problem["reason"]) for problem in report["problems"]] == [
        (3, "no company")
    ]


def test_dry_run_counts_alike_and_stores_nothing(write: Write, campaign: Campaign) -> None:
    path = write("URL\n" + "".join(f"linkedin.com/in/ada-{n % 1_200}\n" for n in range(2_400)))

    rehearsed = barred(path, "--dry-run")

    assert not DoNotContact.objects.exists()
    assert rehearsed["added"] == barred(path)["added"] == DoNotContact.objects.count() == 1_200


def test_words_warn_of_people_that_are_still_not_barred(write: Write, campaign: Campaign) -> None:
    out = StringIO()
    path = write("URL\nhttps://example.com/ada\n")

    call_command("import_do_not_contact", "--workspace", "Example & Co", str(path), stdout=out)

    assert "Added 0 to the do-not-contact list" in out.getvalue()
    assert "row 2: URL: “https://example.com/ada” is no LinkedIn profile" in out.getvalue()
    assert "can still be written to" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--workspace", "Nobody", "list.csv"], 2, "There is no workspace “Nobody”"),
        (["--workspace", "Example & Co", "none.csv"], 2, "There is no file"),
        (["--workspace", "Example & Co", "list.csv"], 1, "No column was recognised as “Profile"),
    ],
)
def test_what_cannot_be_done_is_refused(
    write: Write,
    campaign: Campaign,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    write("Company\nExample GmbH\n", name="list.csv")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match=words) as refused:
        call_command("import_do_not_contact", *arguments)

    assert refused.value.returncode == code


def test_who_was_barred_under_another_spelling_is_barred_under_the_one(campaign: Campaign) -> None:
    about: dict[str, Any] = {"workspace": campaign.workspace, "kind": "person"}
    for value in ("ada\u2013example", "ben-example", USER_ID):
        entry = DoNotContact.objects.create(**about, value="placeholder-example")
        DoNotContact.objects.filter(pk=entry.pk).update(value=value)  # as it was stored before
    migration = import_module("campaigns.migrations.0021_barred_in_their_one_spelling")

    migration.bar_the_one_spelling(apps, None)

    values = set(DoNotContact.objects.values_list("value", flat=True))
    assert values == {"ada\u2013example", "ada-example", "ben-example", USER_ID}
