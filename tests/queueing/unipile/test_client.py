"""What the client sends, and how it reads what comes back."""

import datetime as dt
import json
import socket
from typing import Any

import pytest

from queueing.unipile import Account, AccountState, Outcome, SentInvitation, UnipileError

from .raw_server import API_KEY, RawServer, http

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
ACCOUNT: dict[str, Any] = {
    "object": "Account",
    "type": "LINKEDIN",
    "id": "e54m8LR22bA7G5qsAc8w",
    "name": "Jane Founder",
    "connection_params": {
        "im": {
            "id": "ACoAA",
            "publicIdentifier": "jane-founder",
            "premiumFeatures": ["sales_navigator"],
        }
    },
    "sources": [{"id": "e54m8LR22bA7G5qsAc8w_MESSAGING", "status": "OK"}],
}
ITEM: dict[str, Any] = {
    "object": "InvitationSent",
    "id": "7461918827820281856",
    "invited_user": "Jane Example",
    "invited_user_id": "ACoAA1",
    "invited_user_public_id": "jane-example",
    "date": "Sent yesterday",
    "parsed_datetime": "2026-05-17T17:15:25.418Z",
    "invitation_text": None,
}


def as_json(body: object) -> bytes:
    return http(200, json.dumps(body), "Content-Type: application/json; charset=utf-8")


def page(*items: object, cursor: str | None = None, name: str = "InvitationList") -> bytes:
    return as_json({"object": name, "items": items, "cursor": cursor})


def in_turn(server: RawServer, *replies: bytes) -> None:
    """Answer the first request with the first reply, and so on."""
    left = list(replies)

    def reply(conn: socket.socket) -> None:
        conn.sendall(left.pop(0))

    server.reply = reply


def sent_to(server: RawServer, number: int = 0) -> str:
    return server.requests[number].split(b" HTTP/1.1")[0].decode()


def test_an_invitation_as_it_goes_over_the_wire(server: RawServer) -> None:
    server.reply = http(
        200, '{"object":"UserInvitationSent","invitation_id":"7461918827820281856","usage":75}'
    )

    invitation = server.client().invite("acc", "ACoAA1", "Hello Zoë 👋")

    assert (invitation.invitation_id, invitation.usage) == ("7461918827820281856", 75.0)
    assert "UserInvitationSent" in invitation.raw
    head, body = server.requests[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/users/invite HTTP/1.1\r\n")
    assert f"X-API-KEY: {API_KEY}".encode() in head
    assert json.loads(body) == {
        "account_id": "acc",
        "provider_id": "ACoAA1",
        "message": "Hello Zoë 👋",
    }


def test_no_note_means_no_key(server: RawServer) -> None:
    server.reply = http(201, '{"object":"UserInvitationSent","invitation_id":7461918827820281856}')

    invitation = server.client().invite("acc", "ACoAA1")

    assert invitation.invitation_id == "7461918827820281856"
    assert invitation.usage is None
    assert "message" not in json.loads(server.requests[0].split(b"\r\n\r\n")[1])


@pytest.mark.parametrize(
    "usage", ['"75"', "null", "true", "[]", "{}", "-1", "1e999", "1e400", "1" * 400]
)
def test_a_strange_usage_does_not_unsend(server: RawServer, usage: str) -> None:
    server.reply = http(
        200, f'{{"object":"UserInvitationSent","invitation_id":"1","usage":{usage}}}'
    )

    invitation = server.client().invite("acc", "ACoAA1")

    assert (invitation.invitation_id, invitation.usage) == ("1", None)


@pytest.mark.parametrize("nobody", ["", " ", ".", ".."])
def test_an_empty_id_never_leaves(server: RawServer, nobody: str) -> None:
    client = server.client()
    outcomes = []
    for call in (
        lambda: client.invite("acc", nobody),
        lambda: client.profile("acc", nobody),
        lambda: client.invite(nobody, "ACoAA1"),
        lambda: client.account(nobody),
    ):
        with pytest.raises(UnipileError) as caught:
            call()
        outcomes.append(caught.value.outcome)

    assert outcomes == [Outcome.REJECTED] * 2 + [Outcome.ACCOUNT_DISCONNECTED] * 2
    assert server.requests == []


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


def test_the_walk_of_sent_invitations(server: RawServer) -> None:
    nameless = {**ITEM, "id": "2", "invited_user_id": None, "invited_user_public_id": None}
    in_turn(server, page(ITEM, cursor="c1=="), page({**nameless, "parsed_datetime": "soon"}))

    walk = server.client().sent_invitations("acc")

    assert walk.complete
    assert walk.invitations == (
        SentInvitation(
            id="7461918827820281856",
            invited_user_id="ACoAA1",
            public_identifier="jane-example",
            sent_at=dt.datetime(2026, 5, 17, 17, 15, 25, 418000, tzinfo=dt.UTC),
        ),
        SentInvitation(id="2", invited_user_id="", public_identifier="", sent_at=None),
    )


def test_the_size_of_a_page_goes_with_the_first_request_alone(server: RawServer) -> None:
    in_turn(server, page(ITEM, cursor="c1=="), page())

    server.client().sent_invitations("acc")

    assert sent_to(server, 0) == "GET /api/v1/users/invite/sent?account_id=acc&limit=100"
    assert sent_to(server, 1) == "GET /api/v1/users/invite/sent?account_id=acc&cursor=c1%3D%3D"


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ({}, {"ACoAA1", "jane-example"}),
        ({"invited_user_public_id": "Jane-EXAMPLE"}, {"ACoAA1", "jane-example"}),
        ({"invited_user_public_id": "UNKNOWN"}, {"ACoAA1"}),
        ({"invited_user_public_id": None}, {"ACoAA1"}),
        ({"invited_user_id": None}, {"jane-example"}),
        ({"id": None}, {"ACoAA1", "jane-example"}),
    ],
)
def test_an_invitation_names_its_person_in_every_way_told(
    server: RawServer, told: dict[str, Any], names: set[str]
) -> None:
    server.reply = page({**ITEM, **told})

    (invitation,) = server.client().sent_invitations("acc").invitations

    assert invitation.names == names


def test_more_pending_than_fifty_pages_hold_are_walked(server: RawServer) -> None:
    tens = [[{**ITEM, "id": f"{n}-{of_ten}"} for of_ten in range(10)] for n in range(62)]
    cursors = [*map(str, range(1, 62)), None]
    in_turn(server, *(page(*ten, cursor=at) for ten, at in zip(tens, cursors, strict=True)))

    walk = server.client().sent_invitations("acc")

    assert (len(walk.invitations), walk.complete) == (620, True)


def test_an_empty_walk_is_complete(server: RawServer) -> None:
    server.reply = page()

    walk = server.client().sent_invitations("acc")

    assert (walk.invitations, walk.complete) == ((), True)


def test_a_walk_in_a_circle_is_not_complete(server: RawServer) -> None:
    in_turn(server, page(ITEM, cursor="a"), page(cursor="b"), page(cursor="a"))

    walk = server.client().sent_invitations("acc")

    assert len(walk.invitations) == 1
    assert walk.trouble == "the pages of the list bring nothing new and do not end"


def test_a_walk_that_brings_nothing_new_is_not_complete(server: RawServer) -> None:
    in_turn(server, *[page(ITEM, cursor=str(number)) for number in range(9)])

    walk = server.client().sent_invitations("acc")

    assert not walk.complete
    assert len(server.requests) == 4


@pytest.mark.parametrize("cursor", [{}, {"cursor": ""}])
def test_a_list_that_does_not_say_where_it_ends_is_not_complete(
    server: RawServer, cursor: dict[str, str]
) -> None:
    server.reply = as_json({"object": "InvitationList", "items": [ITEM], **cursor})

    walk = server.client().sent_invitations("acc")

    assert [invitation.id for invitation in walk.invitations] == [ITEM["id"]]
    assert walk.trouble == "the list does not say whether it goes on: a page has no cursor"


@pytest.mark.parametrize("strange", [7, {"invited_user_id": 1.5}, {"invited_user_public_id": []}])
def test_a_strange_entry_does_not_hide_the_others(server: RawServer, strange: Any) -> None:
    entry = {**ITEM, **strange} if isinstance(strange, dict) else strange
    in_turn(server, page(ITEM, cursor="next"), page({**ITEM, "id": "1"}, entry, {**ITEM, "id": 2}))

    walk = server.client().sent_invitations("acc")

    assert [invitation.id for invitation in walk.invitations] == [ITEM["id"], "1", "2"]
    assert walk.trouble.startswith("page 2, entry 2: ")


@pytest.mark.parametrize(
    "second",
    [
        http(502),
        http(200, "<html>"),
        as_json({"object": "InvitationList", "items": [], "cursor": 5}),
        as_json({"object": "InvitationList", "items": None, "cursor": None}),
        as_json({"object": "InvitationList", "cursor": None}),
        page(name="InvitationReceived"),
        page(ITEM)[:-30],
    ],
)
def test_a_walk_that_breaks_is_an_error_with_what_was_read_before(
    server: RawServer, second: bytes
) -> None:
    in_turn(server, page(ITEM, cursor="next"), second)

    with pytest.raises(UnipileError) as caught:
        server.client().sent_invitations("acc")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert [one.id for one in caught.value.read_before] == [ITEM["id"]]


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "", None, 7]
)
def test_an_impossible_date_is_no_date(server: RawServer, text: object) -> None:
    server.reply = page({**ITEM, "parsed_datetime": text})

    walk = server.client().sent_invitations("acc")

    assert walk.invitations[0].sent_at is None


def test_an_account(server: RawServer) -> None:
    server.reply = as_json(ACCOUNT)

    account = server.client().account("e54m8LR22bA7G5qsAc8w")

    assert sent_to(server) == "GET /api/v1/accounts/e54m8LR22bA7G5qsAc8w"
    assert account == Account(
        id="e54m8LR22bA7G5qsAc8w",
        name="Jane Founder",
        type="LINKEDIN",
        status="OK",
        premium_features=("sales_navigator",),
        owner_id="ACoAA",
        owner_slug="jane-founder",
        state=AccountState.CONNECTED,
    )


@pytest.mark.parametrize(
    ("statuses", "want"),
    [
        (["OK", "OK"], "OK"),
        (["OK", "CONNECTING"], "CONNECTING"),
        (["ERROR", "CREDENTIALS", "OK"], "CREDENTIALS"),
        (["STOPPED", "CONNECTING"], "STOPPED"),
        (["OK", "NEW_STATUS"], "NEW_STATUS"),
        (["OK", None], "UNKNOWN"),
        (["ok"], "ok"),
        ([], "UNKNOWN"),
    ],
)
def test_an_account_is_ok_only_if_all_of_it_is(
    server: RawServer, statuses: list[object], want: str
) -> None:
    server.reply = as_json({**ACCOUNT, "sources": [{"status": status} for status in statuses]})

    assert server.client().account("acc").status == want


@pytest.mark.parametrize("sources", [None, "OK", {"status": "OK"}, [7], [[]]])
def test_an_account_without_readable_sources_is_not_ok(server: RawServer, sources: object) -> None:
    server.reply = as_json({**ACCOUNT, "sources": sources})

    assert server.client().account("acc").status == "UNKNOWN"


@pytest.mark.parametrize("params", [None, 7, {}, {"im": None}, {"im": {"premiumFeatures": "all"}}])
def test_a_free_account_has_no_premium_features(server: RawServer, params: object) -> None:
    server.reply = as_json({**ACCOUNT, "connection_params": params})

    assert server.client().account("acc").premium_features == ()


def test_a_missing_account_is_told_from_a_bad_key(server: RawServer) -> None:
    outcomes = []
    for status, kind, title in [
        (404, "resource_not_found", "Account not found"),
        (401, "missing_credentials", "Missing credentials"),
    ]:
        body = {"status": status, "type": f"errors/{kind}", "title": title}
        server.reply = http(status, json.dumps(body))
        with pytest.raises(UnipileError) as caught:
            server.client().account("acc")
        outcomes.append(caught.value.outcome)

    assert outcomes == [Outcome.ACCOUNT_DISCONNECTED, Outcome.BAD_API_KEY]


def test_all_accounts(server: RawServer) -> None:
    in_turn(
        server,
        page(ACCOUNT, cursor="next", name="AccountList"),
        page({**ACCOUNT, "id": "second"}, name="AccountList"),
    )

    accounts = server.client().accounts()

    assert [account.id for account in accounts] == ["e54m8LR22bA7G5qsAc8w", "second"]
    assert sent_to(server, 1) == "GET /api/v1/accounts?cursor=next"


def test_some_accounts_are_never_taken_for_all(server: RawServer) -> None:
    server.reply = page(ACCOUNT, cursor="same", name="AccountList")

    with pytest.raises(UnipileError) as caught:
        server.client().accounts()

    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(server.requests) == 2


@pytest.mark.parametrize("strange", [{"object": "Workspace"}, {"sources": None, "id": None}])
def test_a_strange_account_does_not_hide_the_others(
    server: RawServer, strange: dict[str, Any]
) -> None:
    second = {**ACCOUNT, "id": "second", **strange}
    server.reply = page(ACCOUNT, second, {**ACCOUNT, "id": "third"}, name="AccountList")

    accounts = server.client().accounts()

    assert [bool(account.trouble) for account in accounts] == [False, True, False]
    assert accounts[1].id == (second["id"] or "")


@pytest.mark.parametrize(("status", "refused"), [(401, True), (200, False)])
def test_the_list_of_accounts_tells_whether_the_key_is_refused(
    server: RawServer, status: int, refused: bool
) -> None:
    server.reply = http(status, '{"type":"errors/expired_credentials","title":"Expired"}')

    assert server.client().is_key_refused() is refused
    assert sent_to(server) == "GET /api/v1/accounts?limit=1"


def test_whether_the_key_is_refused_stays_open_where_nothing_answers(server: RawServer) -> None:
    server.reply = http(503)

    with pytest.raises(UnipileError):
        server.client().is_key_refused()
