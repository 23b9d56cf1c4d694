"""The exports that people really have. Headers as the tools write them, people invented."""

from pathlib import Path

import pytest

from campaigns.models import Campaign, Prospect
from tests.campaigns.importing.conftest import FILES, imported, reasons

pytestmark = pytest.mark.django_db


def people(campaign: Campaign) -> list[tuple[str, str, str, str, str]]:
    return list(
        campaign.prospects.values_list(
            "first_name", "last_name", "company", "headline", "public_identifier"
        )
    )


def test_linkedin_connections_below_their_notes(campaign: Campaign) -> None:
    report = imported(FILES / "linkedin_connections.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example, Inc.", "Head of Engines", "ada-example"),
        ("José", "Muestra", "Muestra S.A.", 'Director "Ventas"', "josé-muestra-1a2b3c"),
        ("Li", "Example", "", "", "li-example-李"),
    ]
    assert reasons(report) == [(8, "refused", "URL", "no profile address")]
    jose = Prospect.objects.get(first_name="José")
    assert jose.profile_url == "https://www.linkedin.com/in/josé-muestra-1a2b3c"
    assert jose.status == Prospect.Status.CONNECTED
    assert "Connected On" in jose.status_reason
    assert report["connected"] == report["added"] == 3
    assert jose.variables == {"email_address": "jose@example.com", "connected_on": "01 Jan 2024"}


def test_connections_of_another_account_are_invited(campaign: Campaign) -> None:
    report = imported(FILES / "linkedin_connections.csv", "--invite-connected")

    assert report["connected"] == 0
    assert set(campaign.prospects.values_list("status", flat=True)) == {Prospect.Status.NEW}


def test_phantombuster_takes_the_public_address_among_three(campaign: Campaign) -> None:
    report = imported(FILES / "phantombuster_sales_navigator.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example Inc", "Head of Engines", "ada-example"),
    ]
    ada = campaign.prospects.get()
    assert ada.location == "Berlin, Germany"
    assert ada.variables["summary"] == "Builds engines.\nWrites, too."
    assert ada.linkedin_user_id == ""
    [(row, outcome, field, reason)] = reasons(report)
    assert (row, outcome, field) == (3, "refused", "linkedInProfileUrl")
    assert "id of Sales Navigator" in reason


def test_phantombuster_profiles_fall_back_on_the_user_id(campaign: Campaign) -> None:
    report = imported(FILES / "phantombuster_profiles.csv")

    assert report["added"] == 2
    ada, ben = campaign.prospects.all()
    assert (ada.public_identifier, ada.linkedin_user_id) == ("ada-example", "")
    assert ada.headline == "Engines that think"
    assert ada.variables["linkedin_job_title"] == "Head of Engines"
    assert (ben.public_identifier, ben.profile_url) == ("", "")
    assert ben.linkedin_user_id == "ACoAAExampleBen0000000000000000000000"


def test_sales_navigator_by_evaboot(campaign: Campaign) -> None:
    report = imported(FILES / "evaboot_sales_navigator.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example Inc", "Head of Engines", "ada-example"),
    ]
    assert campaign.prospects.get().variables["department_headcounts"] == (
        "Engineering: 12\nSales: 3"
    )
    assert [problem[0] for problem in reasons(report)] == [3]


def test_links_of_sales_navigator_alone_are_refused_with_what_to_use(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    link = "https://www.linkedin.com/sales/lead/ACwAAAExampleAda00000000000000000001,NAME_SEARCH"
    path.write_text(f'Name,Lead Link\nAda Example,"{link}"\n')

    report = imported(path)

    ((row, outcome, column, reason),) = reasons(report)
    assert (row, outcome, column) == (2, "refused", "Lead Link")
    assert "is a Sales Navigator link: nobody can be invited by it" in reason
    assert "Use the column with the public addresses" in reason


def test_apollo(campaign: Campaign) -> None:
    report = imported(FILES / "apollo_contacts.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example Inc.", "Head of Engines", "ada-example"),
    ]
    ada = campaign.prospects.get()
    assert ada.location == "Berlin"
    assert ada.variables["employees"] == "120"
    assert ada.variables["company_name_for_emails"] == "Example"
    assert ada.variables["company_linkedin_url"] == "http://www.linkedin.com/company/example"
    assert ada.variables["work_direct_phone"] == "+49 30 000000"
    assert reasons(report) == [(3, "refused", "Person Linkedin Url", "no profile address")]


def test_hubspot(campaign: Campaign) -> None:
    report = imported(FILES / "hubspot_contacts.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example Inc", "Head of Engines", "ada-example"),
    ]
    assert campaign.prospects.get().variables["record_id"] == "101"
    assert reasons(report) == [(3, "refused", "LinkedIn URL", "no profile address")]


def test_plain_sheet_whose_address_column_has_a_name_of_its_own(campaign: Campaign) -> None:
    report = imported(FILES / "plain_sheet.csv")

    assert people(campaign) == [
        ("Ada", "Example", "Example, Inc.", "", "ada-example"),
        ("Ben", "Example", "Sample GmbH", "", "ben-example"),
    ]
    assert report["columns"] == {
        "Vorname": "first_name",
        "Nachname": "last_name",
        "Firma": "company",
        "Profil": "profile_url",
        "Anrede-Text": "{{ anrede_text }}",
    }
