"""Addresses as people and programs have them: who is named, and where nobody is."""

import pytest
from django.core.exceptions import ValidationError

from campaigns.people import Identity, identity_in, identity_of, looks_like_profile, user_id_in

ID = "ACoAAExampleAda0000000000000000000000"
WWW = "https://www.linkedin.com"
ADA = f"{WWW}/in/ada-example"


@pytest.mark.parametrize(
    "address",
    [
        "https//www.linkedin.com/in/ada-example",
        "https:/www.linkedin.com/in/ada-example",
        "http://https://www.linkedin.com/in/ada-example",
        "hhtps://www.linkedin.com/in/ada-example",
        "//www.linkedin.com/in/ada-example",
        "http//:www.linkedin.com/in/ada-example",
        f"view-source:{ADA}",
        "https:\\\\www.linkedin.com\\in\\ada-example",
        "linkedin://in/ada-example",
        "intent://www.linkedin.com/in/ada-example#Intent;scheme=https;end",
        "/in/ada-example/",
        f"{WWW}/mwlite/in/ada-example",
        f"{WWW}/in/@ada-example",
        f'=HYPERLINK("{WWW}/in/ada-example","Ada")',
        f"{WWW}/mwlite/profile/in/ada-example?trk=x",
        f"[Ada]({ADA})",
        f'[Ada]({ADA} "Her page")',
        f"[{ADA[:30]}…]({ADA})",
        f"<{ADA}|Ada>",
        f"Ada Example <{ADA}>",
        f'<a href="{ADA}" target="_blank">Ada</a>',
        f"[url={ADA}]Ada[/url]",
        f"LinkedIn: {ADA}",
        f"{WWW}/in/in/ada-example",
        f"{WWW}/in//in/ada-example/",
        f"{WWW}/in/www.linkedin.com/in/ada-example",
        f"{WWW}/in/{ADA}",
        f"{WWW}/in/https%3A%2F%2Fwww.linkedin.com%2Fin%2Fada-example%2F",
        f"{ADA}&trk=abc",
        f"{ADA}&amp;trk=abc&x=y",
        f"{ADA}%3Ftrk%3Dabc",
        f"{ADA}.",
        f"({ADA}).",
        f"{WWW}/in/ada\u2013example",
        f"{ADA}/details/experi...",
        f"{ADA} | LinkedIn",
        f"{ADA}|LinkedIn",
        f"{ADA} (Ada)",
        f"{ADA}(Ada)",
        f"{ADA} \u2013 Ada Example",
        f"{ADA} Ada Example",
        f"{ADA}/ her page",
        f"{ADA}, Ada",
        f"{ADA}\tAda",
        f"{ADA}\nAda",
        f"{ADA} 2nd",
        f"Ada Example {ADA}",
        f"Ada: {ADA} (LinkedIn)",
        f"{ADA} {ADA}?trk=x",
        f"{ADA}|https://ada.example.com/",
        f"URL={ADA}",
        "linkedin.com\\in\\ada-example",
        f"{WWW}/in/ ada-example",
        f"https://urldefense.com/v3/__{ADA}__;!!x",
    ],
)
def test_what_can_be_read_in_one_way_names_one_person(address: str) -> None:
    assert identity_of(address) == Identity(slug="ada-example")
    assert identity_in(address) == Identity(slug="ada-example")
    assert looks_like_profile(address)


@pytest.mark.parametrize("text", ["ada-example&trk=abc", "ada-example?trk=x&lipi=y"])
def test_a_slug_with_what_linkedin_puts_behind_it_is_an_address(text: str) -> None:
    assert identity_of(text) == identity_in(text) == Identity(slug="ada-example")


def test_a_slug_alone_is_one_only_where_slugs_are_expected() -> None:
    assert identity_in("ada-example/") == Identity(slug="ada-example")
    with pytest.raises(ValidationError, match="Last part of the profile address"):
        identity_of("ada-example")


def test_the_old_form_behind_the_new_prefix_is_the_old_form() -> None:
    assert identity_of(f"{WWW}/in/pub/ada/1/2b/3c4") == identity_of(f"{WWW}/pub/ada/1/2b/3c4")


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"{WWW}/in/{ID}",
        f"{WWW}/profile/view?id={ID}&trk=x",
        f"{WWW}/mwlite/profile/view?id={ID}",
        f"urn:li:fsd_profile:{ID}",
        f"fsd_profile:{ID}",
        f"linkedin://profile?id={ID}",
        f"urn%3Ali%3Afs_miniProfile%3A{ID}",
        f"{WWW}/in/urn:li:fsd_profile:{ID}",
    ],
)
def test_an_id_in_any_form_is_the_id(text: str) -> None:
    assert identity_of(text) == identity_in(text) == Identity(user_id=ID)
    assert user_id_in(text) == ID


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"{WWW}/in/ada-exa...", "was cut off"),
        (f"{WWW}/in/ada-exa…", "was cut off"),
        (f"{WWW}/in/ada-exa[...]", "was cut off"),
        (f"{WWW}/in/ada***", "was cut off"),
        (f"{WWW}/in/jos%C3", "was cut off"),
        (f"{WWW}/in/jos%C", "was cut off"),
        (f"{WWW}/in/ACoAAEx", "was cut off"),
        (f"{ADA}{WWW}/in/ben-example", "two addresses"),
        (f"{ADA}/in/ben-example", "two addresses"),
        (f"{ADA}, {WWW}/in/ben-example", "two addresses"),
        (f"[{ADA}]({WWW}/in/ben-example)", "two addresses"),
        (f"{WWW}/in/in", "no LinkedIn profile"),
        (f"{ADA} | {WWW}/in/ben-example", "two addresses"),
        (f"{ADA} and linkedin.com/in/ben-example", "two addresses"),
        (f"{ADA} ben-example", "names no person"),
        (f"{WWW}/in/ada-exa... | LinkedIn", "was cut off"),
        (f"{WWW}/in/undefined-undefined", "names no person"),
        (f"{WWW}/in/ada-example\u00b72nd", "names no person"),
        ("Ada: https://lnkd.in/abc", "short link"),
        (f"{WWW}/company/example | LinkedIn", "page of a company"),
        (f"{WWW}/in/#N/A", "no LinkedIn profile"),
        (f"{WWW}/in/www.linkedin.com/company/example", "page of a company"),
        (f"{WWW}/profile/view?id=12345", "names nobody"),
        ("urn:li:member:12345", "LinkedIn alone knows"),
        ("urn:li:fs_salesProfile:(ACwAAExampleAda000000000000,NAME_SEARCH,x)", "Sales Navigator"),
        (f"https://example.com/{ADA}", "no LinkedIn profile"),
        (f"{WWW}/in/ada example", "names no person"),
        ("x" * 1_000_000, "no LinkedIn profile"),
        (f"{WWW}/in/%{'25' * 400_000}", "no LinkedIn profile"),
    ],
)
def test_what_is_cut_off_or_two_people_names_nobody(address: str, words: str) -> None:
    for read in (identity_of, identity_in):
        with pytest.raises(ValidationError, match=words):
            read(address)


@pytest.mark.parametrize("text", ["in/out", "N/A", "Ada Example", "ada@example.com", ""])
def test_a_cell_of_something_else_does_not_look_like_a_profile(text: str) -> None:
    assert not looks_like_profile(text)
