"""How the client reads a profile, and whose it is."""

from typing import Any

import pytest

from queueing.unipile import Outcome, UnipileError

from .raw_server import RawServer, as_json, in_turn, sent_to

PROFILE: dict[str, Any] = {
    "object": "UserProfile",
    "provider": "LINKEDIN",
    "provider_id": "ACoAA1",
    "public_identifier": "jane-example",
    "first_name": "Jane",
    "last_name": "Example",
    "headline": "VP Sales at Example",
    "location": "Paris",
    "websites": [],
    "is_relationship": False,
    "is_self": False,
    "invitation": {"type": "SENT", "status": "PENDING"},
    "network_distance": "SECOND_DEGREE",
}


def test_a_profile(server: RawServer) -> None:
    server.reply = as_json(PROFILE)

    profile = server.client().profile("acc", "jane-example")

    assert sent_to(server) == "GET /api/v1/users/jane-example?account_id=acc"
    assert (profile.provider_id, profile.public_identifier) == ("ACoAA1", "jane-example")
    assert (profile.first_name, profile.last_name) == ("Jane", "Example")
    assert (profile.headline, profile.location) == ("VP Sales at Example", "Paris")
    assert (profile.invitation_type, profile.invitation_status) == ("SENT", "PENDING")
    assert (profile.degree, profile.is_relationship) == ("SECOND_DEGREE", False)
    assert profile.is_self is False


def test_a_profile_with_nothing_in_it(server: RawServer) -> None:
    nothing = dict.fromkeys(["public_identifier", "first_name", "last_name", "invitation"])
    server.reply = as_json({"object": "UserProfile", "provider_id": "ACoAA1", **nothing})

    profile = server.client().profile("acc", "ACoAA1")

    assert (profile.first_name, profile.public_identifier, profile.headline) == ("", "", "")
    assert (profile.invitation_type, profile.invitation_status, profile.degree) == ("", "", "")
    assert (profile.is_relationship, profile.is_self) == (False, False)


def test_a_profile_holds_no_text_that_the_database_refuses(server: RawServer) -> None:
    server.reply = as_json({**PROFILE, "first_name": "Ja\x00ne\u202e", "headline": "\ud800" * 900})

    profile = server.client().profile("acc", "ACoAA1")

    assert profile.first_name == "Ja\\x00ne\\u202e"
    assert len(profile.headline) == 200
    (profile.headline + profile.raw).encode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"object": "AccountOwnerProfile"},
        {"provider_id": None},
        {"provider_id": "AC\x00"},
        {"public_identifier": 7},
    ],
)
def test_a_profile_that_does_not_say_who_it_is_is_no_profile(
    server: RawServer, wrong: dict[str, Any]
) -> None:
    server.reply = as_json({**PROFILE, **wrong})

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", "ACoAA1")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert caught.value.http_status == 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"is_relationship": "yes"}, 'is_relationship "yes"'),
        ({"is_self": [1]}, "is_self [1]"),
        ({"network_distance": 1}, "network_distance 1"),
        ({"network_distance": "DISTANCE_2"}, 'network_distance "DISTANCE_2"'),
        ({"invitation": []}, "invitation without type, invitation without status"),
        ({"invitation": "SENT"}, "invitation without type, invitation without status"),
        ({"invitation": {"type": "SENT"}}, "invitation without status"),
        ({"invitation": {"type": "SENT", "status": "ACCEPTED"}}, 'status "ACCEPTED"'),
        ({"invitation": {"type": ["SENT"], "status": {}}}, 'type ["SENT"], status {}'),
    ],
)
def test_a_profile_whose_state_nobody_knows_says_so(
    server: RawServer, wrong: dict[str, Any], told: str
) -> None:
    server.reply = as_json({**PROFILE, **wrong})

    profile = server.client().profile("acc", "ACoAA1")

    assert profile.unclear == told
    assert profile.provider_id == "ACoAA1"


@pytest.mark.parametrize(("number", "flag"), [(0, False), (1, True)])
def test_a_number_for_a_truth_value_is_clear(server: RawServer, number: int, flag: bool) -> None:
    server.reply = as_json({**PROFILE, "is_relationship": number})

    profile = server.client().profile("acc", "ACoAA1")

    assert (profile.is_relationship, profile.unclear) == (flag, "")


@pytest.mark.parametrize(
    "told",
    [
        "UNKNOWN",
        "unknown",
        "null",
        "ACoAA1",
        "acoaa1",
        "ACoAAexample0000000000",
        "ACwAAexample0000000000",
        "acoaa" + "x" * 34,
        "me",
        "(null)",
        "a\x00b",
        "a" * 201,
        " ",
    ],
)
def test_a_public_identifier_that_is_nobodys_own_is_not_told(server: RawServer, told: str) -> None:
    server.reply = as_json({**PROFILE, "public_identifier": told})

    assert server.client().profile("acc", "ACoAA1").public_identifier == ""


def test_a_public_identifier_is_told_in_its_normal_form(server: RawServer) -> None:
    server.reply = as_json({**PROFILE, "public_identifier": "Zoe%CC%88-Example"})

    assert server.client().profile("acc", "ACoAA1").public_identifier == "zoë-example"


BEN = {**PROFILE, "provider_id": "ACoAA2", "public_identifier": "ben-example", "first_name": "Ben"}


@pytest.mark.parametrize("asked", ["ada-example", "ACoAAexample0000000000"])
def test_an_answer_about_another_person_teaches_nothing(server: RawServer, asked: str) -> None:
    in_turn(server, as_json(PROFILE), as_json(BEN))

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", asked)

    assert (caught.value.outcome, caught.value.http_status) == (Outcome.NOT_SENT, 200)
    assert caught.value.error_type == "another_person"
    assert f"asked for {asked}, told of jane-example (Jane Example)" in caught.value.summary


def test_who_was_mistaken_for_another_is_found_when_asked_again(server: RawServer) -> None:
    in_turn(server, as_json(BEN), as_json(PROFILE))

    profile = server.client().profile("acc", "Jane-Example")

    assert profile.provider_id == "ACoAA1"


def test_a_slug_that_leads_to_another_one_twice_was_changed(server: RawServer) -> None:
    in_turn(server, as_json(PROFILE), as_json(PROFILE))

    profile = server.client().profile("acc", "jane-example-1a2b3c")

    assert (profile.public_identifier, profile.asked_again) == ("jane-example", True)
    assert len(server.requests) == 2


@pytest.mark.parametrize("asked", ["jane-example", "JANE-EXAMPLE", "ACoAA1", "jane%2Dexample"])
def test_who_was_asked_for_is_asked_for_once(server: RawServer, asked: str) -> None:
    server.reply = as_json(PROFILE)

    server.client().profile("acc", asked)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [
        ("../accounts", "..%2Faccounts"),
        ("a?account_id=other", "a%3Faccount_id%3Dother"),
        ("zoë-李", "zo%C3%AB-%E6%9D%8E"),
        ("a#b%2f", "a%23b%252f"),
        ("\ud800", "%3F"),
    ],
)
def test_an_identifier_stays_one_segment(server: RawServer, identifier: str, segment: str) -> None:
    server.reply = as_json(PROFILE)

    server.client().profile("a&b", identifier)

    assert sent_to(server) == f"GET /api/v1/users/{segment}?account_id=a%26b"
