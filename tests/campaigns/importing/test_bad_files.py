"""Files that are broken as a whole, or in places: clear words, and nothing half-imported."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.importing.delimited import MAX_LINE
from campaigns.models import Campaign, Prospect
from tests.campaigns.importing.conftest import FILES, Write, imported, reasons

pytestmark = pytest.mark.django_db

HEADER = "First Name,Last Name,LinkedIn URL\n"
ADA = "Ada,Example,https://www.linkedin.com/in/ada-example\n"
BEN = "Ben,Example,https://www.linkedin.com/in/ben-example\n"
EVE = "Eve,Example,https://www.linkedin.com/in/eve-example\n"


def refusal(path: Path, *more: str) -> tuple[int, str]:
    """Return exit code and words of an import that must be refused and store nothing."""
    with pytest.raises(CommandError) as refused:
        call_command("import_prospects", "--campaign", "Spring", str(path), *more)
    assert not Prospect.objects.exists()
    return refused.value.returncode, str(refused.value)


def slugs(campaign: Campaign) -> list[str]:
    return list(campaign.prospects.values_list("public_identifier", flat=True))


# The file as a whole


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b" \r\n\n", "The file is empty"),
        (HEADER.encode(), "no row below them"),
        (HEADER.encode() + b",,\n\n", "no row below them"),
        (b"Colour,Size\nred,3\n", "None of the first 25 rows was recognised"),
        (ADA.encode(), "None of the first 25 rows was recognised"),
        (b"First Name,Company\nAda,Example Inc\n", "No column was recognised as “Profile address"),
        (b"%PDF-1.7\n%abc", "The file is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "The file is a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "protected Excel workbook"),
        (HEADER.encode("utf-16-le") + ADA.encode("utf-16-le"), "--encoding utf-16-le"),
        (HEADER.encode("utf-16-be") + ADA.encode("utf-16-be"), "--encoding utf-16-be"),
        ((",".join(f"Column {n}" for n in range(1_001)) + ",URL\nx\n").encode(), "None of the"),
    ],
)
def test_file_that_cannot_be_used(
    write: Write, campaign: Campaign, content: bytes, words: str
) -> None:
    code, said = refusal(write(content))

    assert code == 1
    assert words in said
    assert "Nothing was imported" in said


def test_other_encoding_is_named_with_the_line_and_how_it_would_read(
    write: Write, campaign: Campaign
) -> None:
    path = write(HEADER + ADA + "José,Muestra,https://www.linkedin.com/in/jose\n", "cp1252")

    code, said = refusal(path)

    assert code == 1
    assert "The file is not UTF-8: line 3 has a byte (0xE9)" in said
    assert "José,Muestra" in said
    assert "--encoding cp1252" in said
    assert imported(path, "--encoding", "cp1252")["added"] == 2
    assert campaign.prospects.filter(first_name="José").exists()


def test_wrong_byte_late_in_a_file_is_found_before_anything_is_done(
    write: Write, campaign: Campaign
) -> None:
    rows = "".join(f"Ada,Example,linkedin.com/in/ada-{n}\n" for n in range(5_000))

    code, said = refusal(write((HEADER + rows).encode() + b"Zo\xeb,Example,linkedin.com/in/zoe\n"))

    assert (code, "line 5002" in said) == (1, True)


def test_zip_is_no_workbook(write: Write, campaign: Campaign, tmp_path: Path) -> None:
    code, said = refusal(write(b"PK\x03\x04" + bytes(40), name="Connections.zip"))

    assert code == 1
    assert "a ZIP archive or a damaged workbook. Unpack it" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--campaign", "Autumn", "people.csv"], "There is no campaign “Autumn”"),
        (["--campaign", "Spring", "missing.csv"], "There is no file"),
        (["--campaign", "Spring", "."], "There is no file"),
        (["--campaign", "Spring", "people.csv", "--encoding", "klingon"], "is no encoding"),
        (["--campaign", "Spring", "people.csv", "--encoding", "hex"], "is no encoding"),
        (["--campaign", "Spring", "people.csv", "--map", "profile_url"], "is no correction"),
        (["--campaign", "Spring", "people.csv", "--map", "URL=profile"], "“profile” is no field"),
        (["--campaign", "Spring", "people.csv", "--map", "Link=profile_url"], "is not in the head"),
        (["--campaign", "Spring", "people.csv", "--rejects", "people.csv"], "the file to import"),
        (["--campaign", "Spring", "people.csv", "--rejects", "no/such/folder.csv"], "cannot be wr"),
        (["--campaign", "Spring"], "FILE"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    write: Write,
    campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    write(HEADER + ADA)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError) as refused:
        call_command("import_prospects", *arguments)

    assert words in str(refused.value)
    assert "FILE" in words or refused.value.returncode == 2
    assert not Prospect.objects.exists()


# Shapes that are fine


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(
    write: Write, campaign: Campaign, encoding: str, delimiter: str, line_end: str
) -> None:
    text = (HEADER + '"Zoë",Muñoz,www.linkedin.com/in/zoë-example\n').replace(",", delimiter)

    report = imported(write(text.replace("\n", line_end) + line_end * 3, encoding))

    assert report["added"] == 1
    person = campaign.prospects.get()
    assert (person.first_name, person.last_name) == ("Zoë", "Muñoz")
    assert person.public_identifier == "zoë-example"


def test_first_line_in_which_excel_names_the_delimiter(write: Write, campaign: Campaign) -> None:
    assert imported(write("sep=|\n" + (HEADER + ADA).replace(",", "|")))["added"] == 1


def test_file_whose_last_line_is_not_ended(write: Write, campaign: Campaign) -> None:
    assert imported(write((HEADER + ADA + BEN).rstrip("\n")))["added"] == 2


def test_duplicate_headers_keep_both_values(write: Write, campaign: Campaign) -> None:
    imported(write("First Name,Company,Company,URL\nAda,One,Two,linkedin.com/in/ada\n"))

    person = campaign.prospects.get()
    assert (person.company, person.variables) == ("One", {"company_2": "Two"})


# Rows that are broken


def test_each_of_two_columns_of_one_name_is_told(write: Write, campaign: Campaign) -> None:
    report = imported(write("URL,Note,Note\nlinkedin.com/in/ada,a,b\n"))

    assert report["columns"] == {
        "URL": "profile_url",
        "Note": "{{ note }}",
        "Note (column 3)": "{{ note_2 }}",
    }


def test_row_with_too_many_cells_is_refused_and_a_short_one_is_not(
    write: Write, campaign: Campaign
) -> None:
    text = HEADER + "Ada,Example, Inc,https://www.linkedin.com/in/ada\n"

    report = imported(write(f"{text}linkedin.com/in/short\n{BEN.strip()},,\n" + EVE))

    assert reasons(report) == [
        (
            2,
            "refused",
            "",
            "the row has 4 cells and the header 3: a cell that holds the delimiter needs "
            "quotation marks",
        ),
        (3, "refused", "LinkedIn URL", "no profile address"),
    ]
    assert slugs(campaign) == ["ben-example", "eve-example"]


def test_quotation_mark_that_is_never_closed_costs_its_own_row_only(
    write: Write, campaign: Campaign
) -> None:
    report = imported(write(HEADER + ADA + '"Broken,Example,linkedin.com/in/broken\n' + BEN + EVE))

    assert reasons(report) == [(3, "refused", "", "a quotation mark is opened and never closed")]
    assert slugs(campaign) == ["ada-example", "ben-example", "eve-example"]


def test_quotation_mark_that_the_next_quoted_row_closes(write: Write, campaign: Campaign) -> None:
    quoted = '"Ben","Example","https://www.linkedin.com/in/ben-example"\n'

    report = imported(write(HEADER + '"Broken,Example,linkedin.com/in/broken\n' + quoted + EVE))

    assert reasons(report) == [(2, "refused", "", "the quotation marks are out of balance")]
    assert slugs(campaign) == ["ben-example", "eve-example"]


def test_nul_characters(write: Write, campaign: Campaign) -> None:
    report = imported(write(HEADER + "A\0da,Example,linkedin.com/in/nul\n" + BEN))

    assert [row for row, *_ in reasons(report)] == [2]
    assert "NUL" in report["problems"][0]["reason"]
    assert slugs(campaign) == ["ben-example"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("," * 999_000 + "\n", "the row has more than 1,000 cells"),
        ("," * 1_000_001 + "\n", f"the row is longer than {MAX_LINE:,} characters"),
        ("Ada," + "x" * 10_000_000 + ",linkedin.com/in/large\n", f"longer than {MAX_LINE:,} char"),
        ("Ada," + "x" * 500_000 + ",linkedin.com/in/large\n", "a cell is longer than 131,072"),
        ("Ada," + "x" * 201 + ",linkedin.com/in/large\n", "longer than 200 characters"),
        ('Ada,"' + "x\n" * 3_000 + '",linkedin.com/in/large\n', "a quotation mark is opened"),
    ],
)
def test_row_that_is_too_large_is_refused_alone(
    write: Write, campaign: Campaign, row: str, reason: str
) -> None:
    report = imported(write(HEADER + ADA + row + BEN))

    assert reason in report["problems"][0]["reason"]
    assert report["problems"][0]["row"] == 3
    assert slugs(campaign) == ["ada-example", "ben-example"]


def test_limit_on_cells_is_left_as_python_has_it(write: Write, campaign: Campaign) -> None:
    before = csv.field_size_limit()

    imported(write(HEADER + ADA))

    assert csv.field_size_limit() == before


def test_what_sheets_write_for_nothing_is_nothing(write: Write, campaign: Campaign) -> None:
    imported(write(HEADER + "#N/A,undefined,linkedin.com/in/ada\nnull,-,linkedin.com/in/ben\n"))

    assert set(campaign.prospects.values_list("first_name", "last_name")) == {("", "")}


def test_formula_is_kept_as_text(write: Write, campaign: Campaign) -> None:
    formula = '=HYPERLINK(""https://evil.example"";""Ada"")'

    imported(write(HEADER + f'"{formula}",@SUM(1),linkedin.com/in/ada\n'))

    person = campaign.prospects.get()
    assert person.first_name == '=HYPERLINK("https://evil.example";"Ada")'
    assert person.last_name == "@SUM(1)"


def test_fixture_files_are_read_the_same_twice(campaign: Campaign) -> None:
    first = imported(FILES / "linkedin_connections.csv")

    second = imported(FILES / "linkedin_connections.csv")

    assert (first["added"], second["added"], second["known"]) == (3, 0, 3)
