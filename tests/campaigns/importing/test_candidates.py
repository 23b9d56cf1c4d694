"""The person in a row, without the database: what is data, what is nothing, what is no name."""

import pytest

from campaigns.importing.candidates import Candidate, candidate_in
from campaigns.importing.columns import guess
from campaigns.importing.rows import Row

ID = "ACoAAExampleAda0000000000000000000000"


def read(header: str, *cells: str) -> Candidate:
    names = header.split(",")
    return candidate_in(Row(2, (*cells, "linkedin.com/in/ada")), guess([*names, "URL"], (), {}))


@pytest.mark.parametrize("empty", ["None", "nan", "NULL", "null", "#N/A", "n/a", "<NA>", "-"])
def test_what_programs_write_for_nothing_is_no_data(empty: str) -> None:
    header = "First Name,Last Name,Company,Title,City,Last talk"
    ada = read(header, *[empty] * 6)

    assert not any(ada.values.values())
    assert ada.variables == {}


def test_names_that_look_like_nothing_are_names_in_columns_of_names_alone() -> None:
    nan = read("First Name,Last Name,Company", "Nan", "Null", "Null")

    assert nan.name == ("Nan", "Null")
    assert nan.values["company"] == ""


@pytest.mark.parametrize(
    ("whole", "name"),
    [
        ("Ada undefined", ("Ada", "")),
        ("nan nan", ("", "")),
        ("LinkedIn Member", ("", "")),
        ("Dr. rer. nat. Ada Example", ("Dr. rer. nat. Ada", "Example")),
        ("Ada Null", ("Ada", "Null")),
    ],
)
def test_whole_names(whole: str, name: tuple[str, str]) -> None:
    assert read("Name", whole).name == name


def test_a_job_in_the_place_of_a_name_is_the_headline() -> None:
    ada = read("First Name,Last Name", "Recruiter", "at Example Bank")

    assert ada.name == ("", "")
    assert ada.values["headline"] == "Recruiter at Example Bank"
    assert ada.shown_as == "ada"


@pytest.mark.parametrize("cell", [ID, f"urn:li:fsd_profile:{ID}", f"linkedin.com/in/{ID}"])
def test_an_id_stands_in_its_column_in_any_form(cell: str) -> None:
    row, header = Row(2, ("Ada", cell)), ["First Name", "LinkedIn user id"]

    assert candidate_in(row, guess(header, (), {})).user_id == ID


@pytest.mark.parametrize(
    ("header", "cells", "name"),
    [
        ("Vorname,Name", ("Ada", "Example"), ("Ada", "Example")),
        ("First Name,Full Name", ("Ada", "Ada van Example"), ("Ada", "van Example")),
        ("Last Name,Full Name", ("Example", "Dr. Ada Example"), ("Dr. Ada", "Example")),
        ("First Name,Full Name", ("Ada", "Ada"), ("Ada", "")),
        ("First Name,Last Name,Name", ("Ada", "Example", "Other"), ("Ada", "Example")),
    ],
)
def test_what_is_missing_is_taken_from_the_whole_name(
    header: str, cells: tuple[str, ...], name: tuple[str, str]
) -> None:
    assert read(header, *cells).name == name


@pytest.mark.parametrize("cell", ["08 Jul 2026", "2026-07-08", "1st", "1", "yes", "DISTANCE_1"])
def test_who_is_connected_since_a_day_or_in_the_first_degree(cell: str) -> None:
    assert read("Connected On", cell).is_connected


@pytest.mark.parametrize("cell", ["", "2nd", "3rd+", "Out of network", "DISTANCE_2", "no", "N/A"])
def test_who_is_not_connected(cell: str) -> None:
    assert not read("connectionDegree", cell).is_connected
