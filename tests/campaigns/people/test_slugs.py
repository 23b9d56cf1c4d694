"""What can be one person's slug, and what would make one person of many."""

import pytest
from django.core.exceptions import ValidationError

from campaigns.people import identity_of, normalised_slug, slug_told


@pytest.mark.parametrize(
    "told",
    [
        "",
        " ",
        "UNKNOWN",
        "unknown",
        "null",
        "(null)",
        "Undefined",
        "NaN",
        "me",
        "unavailable",
        "linkedin-member",
        "-none-",
        "%55NKNOWN",
        "ACoAAexample0000000000",
        "ACwAAexample0000000000",
        "AEMAAexample0000000000",
        " ACoAAexample0000000000 ",
        "acoaa" + "x" * 34,
        "urn:li:member:1",
        "ada example",
    ],
)
def test_what_is_nobodys_own_slug_is_not_told(told: str) -> None:
    assert slug_told(told) == ""


@pytest.mark.parametrize(
    ("told", "slug"),
    [
        ("Ada-Example", "ada-example"),
        ("unknown-artist", "unknown-artist"),
        ("mei", "mei"),
        ("nullmann", "nullmann"),
        ("acoaching", "acoaching"),
        ("example-%E6%9D%8E", "example-李"),
    ],
)
def test_a_slug_is_told_in_its_normal_form(told: str, slug: str) -> None:
    assert slug_told(told) == slug


@pytest.mark.parametrize(
    ("step", "slug"),
    [
        ("ada-example.", "ada-example"),
        ("ada-example!,", "ada-example"),
        ("“ada-example”", "ada-example"),
        ("ada-example)", "ada-example"),
        ("ada-example-(she-her)", "ada-example-(she-her)"),
        ("ada\u2013example", "ada-example"),
        ("ada-example\u2013", "ada-example"),
        ("ada-example -", "ada-example"),
        ("ada-example%E2%80%94.", "ada-example"),
        ("ada-example-", "ada-example-"),  # another's: LinkedIn gives out both
        ("josé-example,-mba", "josé-example,-mba"),
        ("ada-example-\U0001f680", "ada-example-\U0001f680"),
    ],
)
def test_signs_that_were_copied_along_are_nobodys(step: str, slug: str) -> None:
    assert normalised_slug(step) == slug
    assert normalised_slug(slug) == slug


STEPS_OF_NOBODY = """
    me UNKNOWN undefined null edit/intro profile nan None N/A n-a not-found Not_Available
    unavailable %28null%29 unbekannt inconnu desconocido linkedin-member username search
    login {{slug}} [object%20Object] true headless unknown-user error 404 linkedin-member-17
    ada-example,https ada-example;bob-example ada-example&lipi ada-example.html
    ada-example.pdf OUT_OF_NETWORK dir/Ada/Example
"""


@pytest.mark.parametrize("step", STEPS_OF_NOBODY.split())
def test_an_address_of_nobody_is_refused(step: str) -> None:
    with pytest.raises(ValidationError, match="names no person"):
        identity_of(f"https://www.linkedin.com/in/{step}")


def test_a_sign_that_is_encoded_over_and_over_is_not_decoded_for_minutes() -> None:
    deep = "%" + "25" * 300_000 + "41"  # twelve minutes, if it is

    assert normalised_slug(deep) == deep
    assert not slug_told(deep)
