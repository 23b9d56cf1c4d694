"""Names as one greets with them."""

import pytest

from campaigns.people.names import greeting_name


@pytest.mark.parametrize(
    ("first", "last", "greeted"),
    [
        ("Ada", "Example", "Ada"),
        ("ADA", "EXAMPLE", "Ada"),
        ("ada", "example", "Ada"),
        ("Dr. Ada 🚀", "Example", "Ada"),
        ("Prof. Dr. Ada B.", "Example", "Ada"),
        ("Ada (she/her)", "Example", "Ada"),
        ("Ada | Coach", "Example", "Ada"),
        ("Ada Example", "Example", "Ada"),
        ("JEAN-LUC", "Example", "Jean-Luc"),
        ("JP", "Example", "JP"),
        ("Mary Ann", "Example", "Mary Ann"),
        ("李", "王", "李"),
        ("🚀", "Example", ""),
        ("", "Example", ""),
    ],
)
def test_first_names(first: str, last: str, greeted: str) -> None:
    assert greeting_name(first, last) == greeted


@pytest.mark.parametrize(
    ("last", "greeted"),
    [
        ("Example, MBA", "Example"),
        ("EXAMPLE PhD", "Example"),
        ("de la Example", "de la Example"),
        ("VAN DER EXAMPLE", "van der Example"),
        ("O'EXAMPLE", "O'Example"),
        ("McExample", "McExample"),
        ("E.", "E."),
        ("✨", ""),
    ],
)
def test_last_names(last: str, greeted: str) -> None:
    assert greeting_name(last, is_first=False) == greeted
