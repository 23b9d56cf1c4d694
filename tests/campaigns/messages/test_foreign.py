"""Placeholders of other programs are found and named; what people write is left alone."""

import pytest

from campaigns import messages

FIRST = "{{ first_name }}"
OR_THERE = '{{ first_name|default:"there" }}'


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("{first_name}", FIRST),
        ("{ FirstName }", FIRST),
        ("{{firstName}}", FIRST),
        ("{{ First_Name }}", FIRST),
        ("{{contact.first_name}}", FIRST),
        ("{{{first_name}}}", FIRST),
        ("{first_name|there}", OR_THERE),
        ("{{firstName|there}}", OR_THERE),
        ("{{ firstName | 'there' }}", OR_THERE),
        ("{{ first_name | default: 'there' }}", OR_THERE),
        ("{{ first_name or “there” }}", OR_THERE),
        ("{first_name, there}", OR_THERE),
        ("{{ first_name|upper }}", FIRST),
        ("%FIRSTNAME%", FIRST),
        ("%%first_name%%", FIRST),
        ("[First Name]", FIRST),
        ("[[first_name]]", FIRST),
        ("<First Name>", FIRST),
        ("<<FirstName>>", FIRST),
        ("«Prénom»", FIRST),
        ("*|FNAME|*", FIRST),
        ("${firstName}", FIRST),
        ("#firstname#", FIRST),
        ("FIRST_NAME", FIRST),
        ("(First Name)", FIRST),
        ("(first_name)", FIRST),
        ("@first_name", FIRST),
        ("@FirstName", FIRST),
        ("@firstname", FIRST),
        ("#first_name", FIRST),
        ("&first_name;", FIRST),
        ("{full_name}", "{{ first_name }} {{ last_name }}"),
        ("[Company Name]", "{{ company }}"),
        ("{sender.first_name}", "{{ sender_first_name }}"),
        ("{Industry}", "{{ industry }}"),  # an extra column of the import
    ],
)
def test_what_others_write_is_converted(written: str, ours: str) -> None:
    known = {*messages.PROSPECT_FIELDS, *messages.SENDER_FIELDS, "industry"}
    text = f"Hello {written}, how are you?"

    assert written in messages.problem(text, known)
    assert messages.converted(text, known) == f"Hello {ours}, how are you?"
    assert messages.problem(messages.converted(text, known), known) == ""


@pytest.mark.parametrize("written", ["[link]", "[Your Thing]", "%DISCOUNT%", "{icebreaker}", "<b>"])
def test_what_nobody_knows_is_named_and_stays(written: str) -> None:
    text = f"Hello {FIRST} {written}"

    assert f"Nobody fills in “{written}”" in messages.problem(text)
    assert messages.converted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100% sure, 50% off: C# or F#? #hiring :[ <3 a*b*c 3 < 4 > 2",
        "We at ACME GmbH use LinkedIn, SaaS and an iPhone. NAME and TITLE matter.",
        "I said “wen” [sic], our (first) call (location: Paris) (name on request) [PDF] @company.",
        "Ask @sender, #company, R&D or @ada_example (surname first), see x@first.example.",
        "Write to ada@example.com or see https://example.com/a_b?first_name=x (soon).",
        'Il m\'a dit «bonjour». {{ first_name }}, {{ company|default:"your team" }}!',
    ],
)
def test_what_people_write_is_none(text: str) -> None:
    assert messages.problem(text) == ""
    assert messages.converted(text) == text


def test_a_column_of_an_import_keeps_its_name() -> None:
    known = {*messages.PROSPECT_FIELDS, "fullName"}

    assert messages.problem("Hi {{ fullName }}", known) == ""


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("Example [UK] GmbH & Co.", True),
        ("50% of it", True),
        ("{first_name}", False),
        ("[First Name]", False),
        ("Hello Ada,\nI saw [your post] and wanted to write.", False),
        ("Hello Ada,\nI saw your post and wanted to write.", True),
    ],
)
def test_a_value_that_was_never_filled_in_reaches_nobody(value: str, *, fits: bool) -> None:
    if fits:
        assert messages.render("{{ company }}", {"company": value}) == value
    else:
        with pytest.raises(messages.UnfilledVariableError, match="nobody fills in"):
            messages.render("{{ company }}", {"company": value})


@pytest.mark.parametrize(
    "written",
    ["<%= firstName %>", "<% first_name %>", "((first_name))", ":first_name:", "-first_name-"],
)
def test_signs_around_a_name_go_with_it(written: str) -> None:
    assert messages.converted(f"Hi {written},") == "Hi {{ first_name }},"


@pytest.mark.parametrize("around", ["(see {})", "«Hi {}»", "((dear {}))"])
def test_one_is_found_inside_what_is_none(around: str) -> None:
    text = around.format("FIRST_NAME")
    assert messages.converted(text) == around.format("{{ first_name }}")


@pytest.mark.parametrize("value", ["FIRST_NAME", "firstName", "first_name"])
def test_the_name_of_a_column_is_no_value(value: str) -> None:
    with pytest.raises(messages.UnfilledVariableError):
        messages.render("Hi {{ first_name }}", {"first_name": value})
