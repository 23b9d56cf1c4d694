"""Words to choose from: only where that is on, and the same for one person each time."""

import pytest

from campaigns import messages

TEXT = '{Hello|Hi {{ first_name|default:"you" }}|Good day}, {one|two}'


def test_choices_are_refused_where_they_are_off() -> None:
    assert "To vary words, as in {Hello|Hi}, switch that on." in messages.problem(TEXT)
    assert messages.problem(TEXT, varies=True) == ""


@pytest.mark.parametrize("text", ["{Hello}", "{a|{b|c}}", "{a|b", "{first_name|there}"])
def test_what_is_no_choice_is_refused(text: str) -> None:
    assert messages.problem(text, varies=True)


def test_everybody_gets_one_and_always_the_same() -> None:
    found = [messages.render(TEXT, {"first_name": "Ada"}, seed=str(n)) for n in range(60)]

    assert found == [messages.render(TEXT, {"first_name": "Ada"}, seed=str(n)) for n in range(60)]
    heads = ("Hello", "Hi Ada", "Good day")
    assert set(found) == {f"{head}, {tail}" for head in heads for tail in ("one", "two")}


def test_the_longest_words_count_against_the_limit() -> None:
    text = "{" + "x" * 290 + "|y}" + "z" * 11

    assert "at least 301 characters" in messages.too_long(text, varies=True)
    assert messages.too_long(text[:-1], varies=True) == ""


@pytest.mark.parametrize(
    "inside",
    ["*|FNAME|*", "{Hi|Hello %FNAME%}", "{Hi|Hello [First Name]}", "{Hi|first_name}", "{a|<<x>>}"],
)
def test_placeholders_of_others_are_refused_in_choices_and_beside_them(inside: str) -> None:
    assert messages.problem(f"{inside} and {{Bye|So long}}", varies=True)
    assert messages.problem(f"{{Bye|So long}} and {inside}", varies=True)
    long = "a word that somebody writes to somebody else " * 4
    assert messages.problem(f"{{{long}|firstName}}", varies=True)
    assert messages.problem(f"{{Hi|{long}}}", varies=True) == ""
