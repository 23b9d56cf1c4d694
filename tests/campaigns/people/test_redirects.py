"""Profile addresses inside other addresses, as mails, chats and search engines wrap them."""

from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError

from campaigns import people

ADA = "https://www.linkedin.com/in/ada-example"
IN_QUERY = quote(ADA, safe="")
AUTHWALL = f"https://de.linkedin.com/authwall?trk=x&sessionRedirect={IN_QUERY}%3Ftrk%3Dy"


@pytest.mark.parametrize(
    "address",
    [
        f"https://eur01.safelinks.protection.outlook.com/?url={IN_QUERY}%2F&data=05%7C02&reserved=0",
        f"https://nam02.safelinks.protection.outlook.com/?url={IN_QUERY}&amp;data=05",
        f"https://www.linkedin.com/safety/go?url={IN_QUERY}&trk=x",
        f"linkedin.com/safety/go/?url={IN_QUERY}",
        AUTHWALL,
        "https://www.linkedin.com/uas/login?session_redirect=%2Fin%2Fada-example%2F",
        f"https://www.google.com/url?q={ADA}&sa=D&ust=1",
        f"https://www.google.co.uk/url?sa=t&q=ada+example&url={IN_QUERY}&usg=x",
        f"https://l.facebook.com/l.php?u={IN_QUERY}&h=x",
        f"https://slack-redir.net/link?url={IN_QUERY}",
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(AUTHWALL, safe='')}",
        f"mailto:{ADA}",
    ],
)
def test_the_address_inside_says_who_it_is(address: str) -> None:
    assert people.identity_of(address) == people.Identity(slug="ada-example")
    assert people.identity_in(address) == people.Identity(slug="ada-example")


def test_what_stands_behind_a_profile_is_not_who_it_is() -> None:
    address = f"https://www.linkedin.com/in/ben-example?url={IN_QUERY}&session_redirect={IN_QUERY}"

    assert people.identity_of(address).slug == "ben-example"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"https://example.com/?url={IN_QUERY}", "is no LinkedIn profile"),
        (f"https://google.com.example.com/url?q={ADA}", "is no LinkedIn profile"),
        (f"https://safelinks.protection.outlook.com.example.com/?url={IN_QUERY}", "is no LinkedIn"),
        (f"https://www.google.com/search?q={ADA}", "is no LinkedIn profile"),
        (f"https://www.google.com/url?q={ADA}&q={ADA}2", "is no LinkedIn profile"),
        (f"https://www.google.com/url?q={ADA}\nhttps://www.google.com/url?q={ADA}", "is no Linked"),
        ("https://www.google.com/url?q=https://example.com/in/ada", "is no LinkedIn profile"),
        ("https://www.google.com/url?q=https://linkedin.com/company/x", "is the page of a company"),
        ("https://www.linkedin.com/login?session_redirect=//example.com/in/ada", "is no LinkedIn"),
        ("mailto:ada@example.com", "is no LinkedIn profile|names no person"),
        ("https://lnkd.in/eXample1", "Open it in a browser"),
        ("lnkd.in/eXample1", "Open it in a browser"),
    ],
)
def test_nothing_is_taken_from_where_it_may_lead_elsewhere(address: str, words: str) -> None:
    for read in (people.identity_of, people.identity_in):
        with pytest.raises(ValidationError, match=words):
            read(address)


def test_redirects_without_end_are_refused() -> None:
    address = ADA
    for _ in range(20):
        address = f"https://www.google.com/url?q={quote(address, safe='')}"

    with pytest.raises(ValidationError):
        people.identity_of(address)
