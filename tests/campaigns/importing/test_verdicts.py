"""What becomes of each row: added, duplicate, known, do not contact, refused."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.importing.columns import guess
from campaigns.importing.reading import read_table
from campaigns.importing.verdicts import import_prospects
from campaigns.models import Campaign, DoNotContact, Prospect
from tests.builders import a_campaign, a_prospect, a_workspace
from tests.campaigns.importing.conftest import Write, imported, reasons

pytestmark = pytest.mark.django_db

USER_ID = "ACoAAExampleBen0000000000000000000000"


def a_file(write: Write, *rows: Sequence[str], header: str = "First Name,Company,URL") -> Path:
    return write("\n".join([header, *(",".join(row) for row in rows)]) + "\n")


def test_person_in_many_spellings_is_one(write: Write, campaign: Campaign) -> None:
    spellings = [
        "https://www.linkedin.com/in/josé-example",
        "http://DE.LinkedIn.com/in/Jos%C3%A9-Example/en?trk=x#about",
        "linkedin.com/in/jos%25C3%25A9-example/",
        "https://www.linkedin.com/in/jose\u0301-example?miniProfileUrn=urn%3Ali%3Ax",
        "  https://m.linkedin.com/in/JOS%c3%89-EXAMPLE/details/experience/  ",
    ]

    report = imported(a_file(write, *(["José", "", spelling] for spelling in spellings)))

    assert report["added"] == 1
    assert reasons(report) == [
        (row, "duplicate", "", "the same person as in row 2") for row in range(3, 7)
    ]


def test_two_people_at_one_address_are_told(write: Write, campaign: Campaign) -> None:
    header = "First Name,Last Name,URL"
    people = [["Ada", "Example"], ["Ben", "Stranger"], ["Dr. Ada", "Married"], ["", ""]]
    rows = [[*name, "linkedin.com/in/ada-example"] for name in people]

    report = imported(a_file(write, *rows, header=header))

    assert reasons(report) == [
        (
            3,
            "refused",
            "URL",
            "row 2 has the same address, for “Ada Example”: one of the two is wrong",
        ),
        (4, "duplicate", "", "the same person as in row 2"),
        (5, "duplicate", "", "the same person as in row 2"),
    ]


def test_second_import_adds_nobody(write: Write, campaign: Campaign) -> None:
    path = a_file(write, *(["Ada", "", f"linkedin.com/in/ada-{n}"] for n in range(30)))
    imported(path)

    report = imported(path)

    assert (report["added"], report["known"], report["rows"]) == (0, 30, 30)
    assert campaign.prospects.count() == 30


def test_prospects_keep_the_order_of_the_file(write: Write, campaign: Campaign) -> None:
    wanted = [f"ada-{n}" for n in range(1_500)]

    imported(a_file(write, *(["Ada", "", f"linkedin.com/in/{slug}"] for slug in wanted)))

    assert list(campaign.prospects.values_list("public_identifier", flat=True)) == wanted


def test_person_of_another_campaign_is_added_with_a_note(write: Write, campaign: Campaign) -> None:
    other = a_campaign(campaign.workspace, name="Autumn")
    a_prospect(
        other,
        public_identifier="ada-example",
        status=Prospect.Status.CONNECTION_REQUEST_SENT,
    )
    elsewhere = a_campaign(a_workspace(), name="Spring abroad")
    a_prospect(elsewhere, public_identifier="ben-example")
    path = a_file(
        write,
        ["Ada", "", "linkedin.com/in/ada-example"],
        ["Ben", "", "linkedin.com/in/ben-example"],
    )
    table = read_table(path)
    notes = []

    report = import_prospects(
        table, guess(table.header, (), {}), campaign, on_verdict=lambda v: notes.append(v.reason)
    )

    assert notes == ["also in campaign “Autumn” (connection request sent)", ""]
    assert (report.also_elsewhere, campaign.prospects.count()) == (1, 2)


def test_do_not_contact_people_and_companies_are_left_out(write: Write, campaign: Campaign) -> None:
    for kind, value, reason in (
        (DoNotContact.Kind.PERSON, "https://www.linkedin.com/in/Ada-Example/", "asked us"),
        (DoNotContact.Kind.PERSON, USER_ID, ""),
        (DoNotContact.Kind.COMPANY, "Example  GmbH", ""),
        (DoNotContact.Kind.COMPANY, "ΑΘΗΝΑΣ İSTANBUL AE", "a client"),
    ):
        DoNotContact.objects.create(
            workspace=campaign.workspace, kind=kind, value=value, reason=reason
        )

    report = imported(
        a_file(
            write,
            ["Ada", "", "de.linkedin.com/in/ADA-example"],
            ["Ben", "", f"linkedin.com/in/{USER_ID}"],
            ["Cem", " EXAMPLE\u00a0gmbh ", "linkedin.com/in/cem-example"],
            ["Eve", "ΑΘΗΝΑΣ istanbul ae", "linkedin.com/in/eve-example"],
            ["Fay", "Example GmbH & Co", "linkedin.com/in/fay-example"],
        )
    )

    assert reasons(report) == [
        (2, "do_not_contact", "URL", "asked us"),
        (3, "do_not_contact", "URL", "on the do-not-contact list"),
        (4, "do_not_contact", "company", "company on the do-not-contact list"),
        (5, "do_not_contact", "company", "a client"),
    ]
    assert campaign.prospects.get().first_name == "Fay"


def test_barred_company_is_found_by_the_database_too(write: Write, campaign: Campaign) -> None:
    name = "ΑΘΗΝΑΣ İstanbul ÄÖÜ Straße GmbH"
    imported(a_file(write, ["Ada", name, "linkedin.com/in/ada-example"]))
    entry = DoNotContact.objects.create(
        workspace=campaign.workspace, kind=DoNotContact.Kind.COMPANY, value=name
    )

    assert Prospect.objects.get(company_key=entry.value).first_name == "Ada"


def test_user_id_is_kept_as_it_is_spelt_and_known_again(write: Write, campaign: Campaign) -> None:
    path = a_file(
        write,
        ["Ben", "", USER_ID, ""],
        ["Ben", "", "", f"https://www.linkedin.com/in/{USER_ID}/"],
        ["Ada", "", f"urn:li:fsd_profile:{USER_ID}x", "linkedin.com/in/ada"],
        ["Cem", "", "12345678", ""],
        ["Eve", "", USER_ID.lower(), ""],
        header="First Name,Company,Provider ID,URL",
    )

    first, second = imported(path), imported(path)

    ben, ada = campaign.prospects.all()
    assert (ben.linkedin_user_id, ben.public_identifier) == (USER_ID, "")
    assert (ada.linkedin_user_id, ada.public_identifier) == ("", "ada")
    assert [(row, outcome) for row, outcome, *_ in reasons(first)] == [
        (3, "duplicate"),
        (5, "refused"),
        (6, "refused"),
    ]
    assert "no LinkedIn user id" in first["problems"][1]["reason"]
    assert (second["added"], second["known"]) == (0, 2)


def test_dry_run_says_the_same_and_stores_nothing(write: Write, campaign: Campaign) -> None:
    DoNotContact.objects.create(workspace=campaign.workspace, value="ada-3")
    path = a_file(
        write,
        *(["Ada", "", f"linkedin.com/in/ada-{n % 1_200}"] for n in range(2_300)),
        ["Eve", "", "https://example.com/in/eve"],
    )

    rehearsed = imported(path, "--dry-run")
    stored_by_rehearsal = campaign.prospects.count()
    done = imported(path)

    assert stored_by_rehearsal == 0
    assert (done["added"], done["duplicate"], done["do_not_contact"]) == (1_199, 1_100, 1)
    assert rehearsed.pop("dry_run") is True
    assert done.pop("dry_run") is False
    assert rehearsed == done


def test_full_name_is_split_where_there_is_no_first_name(write: Write, campaign: Campaign) -> None:
    imported(
        a_file(
            write,
            ["Dr. Ada van der Berg", "linkedin.com/in/ada"],
            ['"Example, Ben"', "linkedin.com/in/ben"],
            ['"Cem Example, MBA"', "linkedin.com/in/cem"],
            header="Name,LinkedIn",
        )
    )

    assert list(campaign.prospects.values_list("first_name", "last_name")) == [
        ("Dr. Ada", "van der Berg"),
        ("Ben", "Example"),
        ("Cem", "Example, MBA"),
    ]


def test_names_are_stored_as_they_stand_but_for_space_and_control_characters(
    write: Write, campaign: Campaign
) -> None:
    imported(a_file(write, ["  ADA \u200b🚀\x0b (she/her) ", "", "linkedin.com/in/ada"]))

    assert campaign.prospects.get().first_name == "ADA 🚀 (she/her)"


def test_corrections_win_over_the_guess(write: Write, campaign: Campaign) -> None:
    path = a_file(
        write,
        ["linkedin.com/in/ada", "Adah", "Ada", "Opening line", "Secret"],
        header="Link to person,First Name,Nickname,Opener,Notes",
    )

    report = imported(
        path,
        *("--map", "link to person=profile_url"),
        *("--map", "Nickname=first_name"),
        *("--map", "Notes=ignore"),
    )

    assert report["columns"]["Nickname"] == "first_name"
    person = campaign.prospects.get()
    assert person.first_name == "Ada"
    assert person.variables == {"first_name_2": "Adah", "opener": "Opening line"}


def test_rejects_can_be_corrected_and_imported(
    write: Write, campaign: Campaign, tmp_path: Path
) -> None:
    DoNotContact.objects.create(workspace=campaign.workspace, value="eve")
    path = write(
        "First Name;Opener;URL\n"
        "Ada;=1+1;linkedin.com/in/ada\n"
        'Ben;"=HYPERLINK(""https://x.example"")";https://example.com/ben\n'
        "Eve;-;linkedin.com/in/eve\n"
        "Cem;+49 30 1;\n"
    )
    rejects = tmp_path / "rejects.csv"

    imported(path, "--rejects", str(rejects))

    assert rejects.read_bytes().startswith(b"\xef\xbb\xbf")
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == [
        *("SendQ row", "SendQ verdict", "SendQ field", "SendQ reason"),
        *("First Name", "Opener", "URL"),
    ]
    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        ("3", "refused", "URL"),
        ("4", "do not contact", "URL"),
        ("5", "refused", "URL"),
    ]
    assert rows[1][5] == '\'=HYPERLINK("https://x.example")'
    assert rows[3][4:] == ["Cem", "'+49 30 1", ""]

    text = rejects.read_text(encoding="utf-8-sig")
    corrected = write(text.replace("https://example.com/ben", "linkedin.com/in/ben"))
    imported(corrected)
    assert campaign.prospects.get(first_name="Ben").variables == {
        "opener": '=HYPERLINK("https://x.example")'
    }


def test_campaign_name_of_two_workspaces_needs_the_workspace(
    write: Write, campaign: Campaign
) -> None:
    other = a_campaign(a_workspace(name="Sample Ltd"), name="Spring")
    path = a_file(write, ["Ada", "", "linkedin.com/in/ada"])

    with pytest.raises(CommandError, match="“Example & Co”, “Sample Ltd”") as refused:
        call_command("import_prospects", "--campaign", "Spring", str(path))
    imported(path, "--workspace", "Sample Ltd")

    assert refused.value.returncode == 2
    assert (campaign.prospects.count(), other.prospects.count()) == (0, 1)


def test_archived_campaign_takes_nobody(write: Write, campaign: Campaign) -> None:
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)

    with pytest.raises(CommandError, match="archived"):
        imported(a_file(write, ["Ada", "", "linkedin.com/in/ada"]))


def test_number_of_queries_does_not_grow_with_the_rows(write: Write, campaign: Campaign) -> None:
    path = a_file(write, *(["Ada", "Example", f"linkedin.com/in/ada-{n}"] for n in range(3_000)))
    table = read_table(path)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        import_prospects(table, guess(table.header, table.sample, {}), campaign)

    assert len(queries) <= 2 + 1 + 3 * 6  # savepoint, lock, and six for each chunk
