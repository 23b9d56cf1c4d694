"""What stands where there is nothing, and the names that look like it."""

import pytest

from campaigns.people import is_nothing

EMPTY = """None nan NaN NULL null nil undefined NA N/A n/a n.a. #N/A #NV #REF! #WERT! #DIV/0! #NAME?
    #¡VALOR! <NA> (null) \\N - -- — ? … Unknown not_available k.A. unbekannt Inconnu"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        *EMPTY.split(),
        "[object Object]",
        "not provided",
        "null null",
        "N/A N/A",
        "None undefined",
    ],
)
def test_nothing_in_any_column(text: str) -> None:
    assert is_nothing(text)
    assert is_nothing(text, of_a_name=True)


@pytest.mark.parametrize("text", ["Null", "Nan", "NAN", "Nil", "Na", "N.A.", "K.A."])
def test_names_in_columns_of_names(text: str) -> None:
    assert not is_nothing(text, of_a_name=True)


@pytest.mark.parametrize(
    "text",
    [
        "Anonymous",
        "First Name",
        "[Last Name]",
        "Unknown User",
        "%FIRSTNAME%",
        "$first_name",
        "@first_name",
        "(First Name)",
    ],
)
def test_what_only_stands_for_a_name_is_data_elsewhere(text: str) -> None:
    assert is_nothing(text, of_a_name=True)
    assert not is_nothing(text)


@pytest.mark.parametrize("text", ["0", "Nonesuch", "#1", "#hiring!", "👍", "Nullmann", "no", "+1"])
def test_data(text: str) -> None:
    assert not is_nothing(text)
    assert not is_nothing(text, of_a_name=True)
