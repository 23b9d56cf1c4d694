"""Which column is what, by its name alone: any tool's, behind any prefix, in many languages."""

from pathlib import Path

import pytest

from campaigns.importing.columns import guess
from campaigns.importing.headers import is_of_connection, recognised
from campaigns.importing.reading import read_table


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Lead First Name", "first_name"),
        ("Leads First Name", "first_name"),
        ("Lead Surname", "last_name"),
        ("Person - Sobrenome", "last_name"),
        ("Kontakt Stadt", "location"),
        ("Lead Since", ""),
        ("Person - Vorname", "first_name"),
        ("Prospect Last Name", "last_name"),
        ("Contact: Last Name", "last_name"),
        ("Contact.FirstName", "first_name"),
        ("Customer First Name", "first_name"),
        ("properties.firstname", "first_name"),
        ("Property Name", ""),
        ("Person - Name", "full_name"),
        ("Contact Person", "full_name"),
        ("LinkedIn Name", "full_name"),
        ("Organisation - Name", "company"),
        ("Person - Organization", "company"),
        ("Account: Account Name", "company"),
        ("Company / Account", "company"),
        ("Firmenname", "company"),
        ("Nom de l'entreprise", "company"),
        ("Lead - Job Title", "headline"),
        ("Contact City", "location"),
        ("Person - LinkedIn", "profile_url"),
        ("Contact: LinkedIn Profile URL", "profile_url"),
        ("LinkedIn_URL__c", "profile_url"),
        ("Profil LinkedIn", "profile_url"),
        ("Imię", "first_name"),
        ("Soyad\u0131", "last_name"),
        ("Фамилия", "last_name"),
        ("姓名", "full_name"),
        ("First Name (Lead)", "first_name"),
        ("First Name [Leads]", "first_name"),
        ("Vorname - Kontakt", "first_name"),
        ("Vorname des Kontakts", "first_name"),
        ("Nombre del contacto", "first_name"),
        ("Prénom du contact", "first_name"),
        ("first_name_lead", "first_name"),
        ("FirstName.Contact", "first_name"),
        ("First Name (required)*", "first_name"),
        ("1. First Name", "first_name"),
        ("Last Name / Nachname", "last_name"),
        ("Name (Lead)", "full_name"),
        ("Company (Lead)", "company"),
        ("Company Name - Company", "company"),
        ("Title | Person", "headline"),
        ("LinkedIn URL [Lead]", "profile_url"),
        ("Public LinkedIn URL", "profile_url"),
        ("LinkedIn-länk", "profile_url"),
        ("Odkaz na LinkedIn", "profile_url"),
        ("Ссылка на LinkedIn", "profile_url"),
        ("링크드인 프로필", "profile_url"),
    ],
)
def test_names_of_columns(name: str, field: str) -> None:
    assert recognised(name) == field


def test_a_row_of_a_person_is_no_header_be_linkedin_its_source(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Vorname;Profil;Quelle\nAda;linkedin.com/in/ada-example;LinkedIn\n")

    assert read_table(path).header == ("Vorname", "Profil", "Quelle")


OTHERS = """Username|Customer Name|Client Name|Company LinkedIn URL|LinkedIn Company Page|
    Lead Owner|Owner First Name|Deal - Title|Person - ID|Lead Status|List|Company City|
    Profile Image URL|First Name (Owner)|LinkedIn (Company)|LinkedIn - Firma|
    Title (Deal)|Last Contact|First Contact|Recruiter (LinkedIn)|URL (Website)|
    LinkedIn Connections|Name (Manager)|First Name of Assistant|
    LinkedIn Photo URL|Leadership|Ad|Personal Email"""


@pytest.mark.parametrize("name", [name.strip() for name in OTHERS.split("|")])
def test_what_is_not_the_persons_own_is_no_field(name: str) -> None:
    assert recognised(name) == ""


def test_a_prefix_of_the_files_own_is_known_by_what_stands_behind_it() -> None:
    header = ["Record: First Name", "Record: Last Name", "Record: Company", "URL"]

    assert guess(header, (), {}).fields == ("first_name", "last_name", "company", "profile_url")


@pytest.mark.parametrize("whose", ["Account Owner", "Sales Rep", "Assistant", "Referred by"])
def test_the_names_of_somebody_else_are_not_the_persons(whose: str) -> None:
    header = [f"{whose} First Name", f"{whose} Last Name", "URL"]

    assert guess(header, (), {}).fields[:2] == ("variable", "variable")


def test_a_name_without_prefix_is_better_than_one_with_it() -> None:
    header = ["Contact First Name", "First Name", "Lead Last Name", "URL"]

    assert guess(header, (), {}).fields == ("variable", "first_name", "last_name", "profile_url")


@pytest.mark.parametrize("name", ["Nom", "Nome", "Nombre"])
def test_half_a_name_without_the_other_is_the_whole(name: str) -> None:
    assert guess([name, "LinkedIn"], (), {}).fields[0] == "full_name"


@pytest.mark.parametrize(
    "name", ["Connected On", "connectionDegree", "Verbunden am", "Connecté le", "Lead connected at"]
)
def test_who_is_connected_stands_in_a_column(name: str) -> None:
    assert is_of_connection(name)
    assert guess([name, "URL"], (), {}).connected == 0
