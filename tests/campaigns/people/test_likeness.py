"""May the person behind an address be the one whom the list names?"""

import pytest

from campaigns.people import name_conflict, tells_somebody

ADA = ("Ada", "Example")


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (ADA, ("Ada", "Example")),
        (ADA, ("Ada", "Married")),
        (ADA, ("Augusta", "Example")),
        (ADA, ("EXAMPLE", "ada")),
        (ADA, ("Dr. Ada", "Sample-Example, PhD")),
        (ADA, ("Ada E.", "")),
        (ADA, ("A.", "E.")),
        (ADA, ("", "")),
        (ADA, ("LinkedIn", "Member")),
        (ADA, ("Membre", "de LinkedIn")),
        (("", ""), ADA),
        (("Ada Example", ""), ("Ada", "Example")),
        (("Ada", ""), ("Ada", "Example")),
        (("Zoë", "Müller"), ("Zoe", "Mueller")),
        (("Jörg", "Groß"), ("Joerg", "Stranger")),
        (("Łukasz", "Øst"), ("Lukasz", "Ost")),
        (("Jean-Luc", "Example"), ("Jeanluc", "Other")),
        (("Anne Marie", "One"), ("Annemarie", "Two")),
        (("Ada", "van der Berg"), ("A.", "Vandenberg-Berg")),
        (("Мария", "Иванова"), ("Maria", "Ivanova")),
        (("Сергей", "Один"), ("Sergei", "Odin")),
        (("Юлия", "Первая"), ("Julia", "Other")),
        (("Γιώργος", "Παπαδόπουλος"), ("Giorgos", "Papadopoulos")),
        (("李", "明"), ("Ming", "Li")),
        (("李明", ""), ("明", "李")),
        (("김", "민수"), ("민수", "김")),
        (("محمد", "علي"), ("Mohammed", "Ali")),
        (("李明 Ming", "Li"), ("Ming", "Li")),
        (("\U0001d4d0\U0001d4ed\U0001d4ea", "Example"), ("Ada", "Other")),
        (("Ada 🚀", "One"), ("Ada", "Two")),
        (("Adelheid (Ada)", "One"), ("Ada", "Two")),
        (("Ada", "McOne"), ("Eve", "Mc One")),
        (("Ben Ada", "One"), ("Ben", "Two")),
    ],
)
def test_who_may_be_the_same_goes(listed: tuple[str, str], told: tuple[str, str]) -> None:
    assert name_conflict(listed, told) == ""


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (ADA, ("Ben", "Stranger")),
        (ADA, ("Adam", "Exampleton")),
        (("Dr. Ada", "Example PhD"), ("Dr. Ben", "Stranger PhD")),
        (("Ada", "Example Jr"), ("Ben", "Stranger Jr")),
        (("Ada", "de la Example"), ("Ben", "de la Stranger")),
        (("Ada", "A. Example"), ("Ben", "A. Stranger")),
        (("Ada", ""), ("Ben", "Stranger")),
        (("Мария", "Иванова"), ("Ben", "Stranger")),
        (("Мария", "Иванова"), ("Пётр", "Сидоров")),
        (("李", "明"), ("王", "芳")),
        (("Ada", "Example (She/Her)"), ("Ben", "Stranger (She/Her)")),
        (("Ada (CEO)", "Example"), ("Eve (CEO)", "Stranger")),
        (("Advocate Ada", "Example"), ("Advocate Ben", "Stranger")),
        (("Ada", "Mc Example"), ("Ben", "Mc Stranger")),
        (("Ada", "St. Example"), ("Ben", "St. Stranger")),
        (("Ada", "Abu Example"), ("Ben", "Abu Stranger")),
    ],
)
def test_who_is_somebody_else_is_named_with_both_names(
    listed: tuple[str, str], told: tuple[str, str]
) -> None:
    conflict = name_conflict(listed, told)

    assert f"“{' '.join(filter(None, listed))}”" in conflict
    assert f"“{' '.join(filter(None, told))}”" in conflict


def test_two_names_are_compared_alike_in_either_direction() -> None:
    assert name_conflict(("Ben", "Stranger"), ADA) != ""
    assert name_conflict(("Maria", "Ivanova"), ("Мария", "Иванова")) == ""


@pytest.mark.parametrize(
    ("name", "tells"),
    [("Ada", True), ("Sample", True), ("User", False), ("17", False), ("E.", False)],
)
def test_what_programs_write_for_anybody_tells_nobody(name: str, tells: bool) -> None:
    assert tells_somebody(name) is tells
