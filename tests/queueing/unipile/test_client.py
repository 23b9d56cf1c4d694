"""What the client sends, and how it reads what comes back."""

import datetime as dt
import json
from typing import Any

import pytest

from queueing.unipile import Outcome, SentInvitation, UnipileError

from .raw_server import API_KEY, RawServer, as_json, http, in_turn, page, sent_to

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
