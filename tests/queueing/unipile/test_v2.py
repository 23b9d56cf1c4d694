"""What is V2's alone: its errors, its signature, its cache, its lists and its words."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import LinkedInAccount
from queueing.looking import features
from queueing.unipile import (
    NOT_FRESH,
    AccountState,
    Client,
    EventKind,
    Outcome,
    UnipileError,
    connect,
    receiver,
)
from queueing.unipile.answers import Answer, refusal
from queueing.unipile.tables import ErrorTable
from queueing.unipile.v1.errors import ERRORS as V1_ERRORS
from queueing.unipile.v2 import events, messages, shapes
from queueing.unipile.v2.errors import ERRORS
from sandbox.testing import Sandbox

ACCOUNT = "acc_jane"
SECRET = "wes_example0000not0a0real0secret"
BODY = (
    '{"id":"evt_example0001","type":"relation.new","created_at":"2026-11-27T09:30:00.000Z",'
    '"account_id":"acc_example0001","payload":{"id":"rel_1","object":"UserRelation","user":'
    '{"id":"ACoAAEXAMPLE1","object":"User","type":"individual","public_identifier":"zoe-doe",'
    '"display_name":"Zoë Doe"}}}'
).encode()
SIGNED = "53ce154a9fc87068572b7251a9d3b5e085980b67d148ca7410a20bffbc84f938"
NOW = dt.datetime(2026, 11, 27, 9, 30, 5, tzinfo=dt.UTC)
USER = {"object": "User", "id": "ACoAA1", "type": "individual", "display_name": "Jane"}
RECEIPT: dict[str, Any] = {"object": "RelationRequest", "type": "sent", "id": "74", "user": USER}


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


EXPECTED: list[tuple[int, str, Outcome]] = [
    (400, "api/invalid_parameters provider/invalid_parameters", Outcome.REJECTED),
    (400, "api/invalid_auth_format", Outcome.BAD_API_KEY),
    (401, "api/missing_authorization api/expired_authorization", Outcome.BAD_API_KEY),
    (401, "provider/invalid_authorization provider/x", Outcome.ACCOUNT_DISCONNECTED),
    (403, "api/inactive_subscription", Outcome.BAD_API_KEY),
    (403, "api/insufficient_permissions api/x", Outcome.ACCOUNT_DISCONNECTED),
    (403, "api/account_restricted", Outcome.ACCOUNT_RESTRICTED),
    (403, "provider/insufficient_permissions", Outcome.REJECTED),
    (404, "provider/resource_not_found", Outcome.REJECTED),
    (404, "api/resource_not_found", Outcome.ACCOUNT_DISCONNECTED),
    (405, "provider/method_not_allowed", Outcome.ACCOUNT_LIMIT),
    (409, "provider/conflict api/already_exists", Outcome.ACCOUNT_LIMIT),
    (422, "provider/unprocessable_entity provider/x", Outcome.ACCOUNT_LIMIT),
    (429, "api/too_many_requests", Outcome.WAIT),
    (429, "provider/too_many_requests provider/x", Outcome.THROTTLED),
    (500, "api/internal_error provider/server_error", Outcome.UNKNOWN),
    (501, "api/not_implemented", Outcome.REJECTED),
    (502, "api/proxy_error", Outcome.UNKNOWN),
    (503, "api/x", Outcome.UNKNOWN),
    (504, "api/proxy_timeout provider/timeout", Outcome.UNKNOWN),
    (418, "provider/x", Outcome.UNKNOWN),
]


@pytest.mark.parametrize(
    ("status", "kind", "want"),
    [(status, kind, want) for status, kinds, want in EXPECTED for kind in kinds.split()],
)
def test_every_error_has_its_meaning(status: int, kind: str, want: Outcome) -> None:
    body = {"object": "Error", "status": status, "type": kind, "title": "No", "req_id": "req_1"}

    error = refusal(answer(body, status), ERRORS, reading=False)

    assert (error.outcome, error.error_type) == (want, kind)
    assert "req_1" in error.raw


def test_the_page_about_unipile_has_every_row_with_how_sure_it_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "unipile.md").read_text()
    written = {
        (int(row[0][:3]), kind, row[2])
        for row in ([part.strip() for part in line.split("|")[1:-1]] for line in page.splitlines())
        if len(row) == 3 and row[0][:3].isdigit()
        for kind in re.findall("`([^`]+)`", row[0])
    }

    assert written == {
        (row.status, kind, row.sure) for row in ERRORS.rows for kind in row.types.split()
    }


@pytest.mark.parametrize("table", [ERRORS, V1_ERRORS])
def test_no_type_stands_twice_in_a_table(table: ErrorTable) -> None:
    told = [(row.status, kind) for row in table.rows for kind in row.types.split()]

    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (RECEIPT, 200),
        (RECEIPT | {"object": "Error", "type": "provider/server_error"}, 201),
        (RECEIPT | {"type": "received"}, 201),
        (RECEIPT | {"id": ""}, 201),
        (RECEIPT | {"user": USER | {"id": "ACoAA2"}}, 201),
        ({"object": "RelationRequest", "type": "sent"}, 201),
    ],
)
def test_only_a_receipt_about_who_was_asked_for_is_a_yes(body: object, status: int) -> None:
    with pytest.raises(UnipileError) as caught:
        shapes.invitation(answer(body, status), "ACoAA1")

    assert caught.value.outcome is Outcome.UNKNOWN
    assert shapes.invitation(answer(RECEIPT, 201), "ACoAA1").invitation_id == "74"


@pytest.mark.parametrize(
    ("header", "secrets", "now", "genuine"),
    [
        (f"t=1795771805,v0={SIGNED}", [SECRET], NOW, True),
        (f"t=1795771805, v0={SIGNED.upper()}", ["old", SECRET], NOW, True),
        (f"v1=x,t=1795771805,v0=00,v0={SIGNED}", [SECRET], NOW, True),
        (f"t=1795771805,v0={SIGNED}", [SECRET], NOW + dt.timedelta(seconds=300), True),
        (f"t=1795771805,v0={SIGNED}", [SECRET], NOW + dt.timedelta(seconds=301), False),
        (f"t=1795771805,v0={SIGNED}", [SECRET], NOW - dt.timedelta(seconds=301), False),
        (f"t=1795771805,v0={SIGNED}", ["another"], NOW, False),
        (f"t=1795771805,v0={SIGNED}", [], NOW, False),
        (f"t=1795771805,v0={SIGNED}", [""], NOW, False),
        (f"t=1795771806,v0={SIGNED}", [SECRET], NOW, False),
        (f"v0={SIGNED}", [SECRET], NOW, False),
        (f"t=now,v0={SIGNED}", [SECRET], NOW, False),
        (f"t=1795771805,t=1795771805,v0={SIGNED}", [SECRET], NOW, False),
        (f"t={'9' * 5000},v0={SIGNED}", [SECRET], NOW, False),
        ("t=1795771805,v0=é", [SECRET], NOW, False),
        ("t=1795771805", [SECRET], NOW, False),
        # The body written anew by a JSON library, and the body without the time.
        (
            "t=1795771805,v0=cda042a9c7f9b367b9deef3daeb45b8425a84297f68f432ae428d6a5235aa3e4",
            [SECRET],
            NOW,
            False,
        ),
        (
            "t=1795771805,v0=94b67f7e96b25d67deee0270b69495a044674977ec55397693dea84f3d8daa0e",
            [SECRET],
            NOW,
            False,
        ),
        ("", [SECRET], NOW, False),
    ],
)
def test_a_signature(header: str, secrets: list[str], now: dt.datetime, genuine: bool) -> None:
    headers = {"unipile-signature": header} if header else {}

    assert receiver("v2").is_genuine(headers, BODY, secrets, now) is genuine


def test_an_event_has_a_key_of_its_own() -> None:
    event = receiver("v2").parse(BODY, NOW)

    assert (event.key, event.kind) == ("evt_example0001", EventKind.NEW_RELATION)
    assert event.relation is not None
    assert event.relation.names == {"ACoAAEXAMPLE1", "zoe-doe"}
    assert event.at == dt.datetime(2026, 11, 27, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "payload", "want"),
    [
        ("account.status.disconnected", {}, AccountState.DISCONNECTED),
        ("account.status.disconnected", {"product": "recruiter"}, None),
        ("account.status.running", {}, AccountState.CONNECTED),
        ("account.locked", {}, AccountState.RESTRICTED),
        ("account.status.degraded", {}, None),
        ("account.never.heard.of", None, None),
    ],
)
def test_a_status_that_is_told(kind: str, payload: object, want: AccountState | None) -> None:
    told = {"id": "evt_1", "type": kind, "account_id": ACCOUNT, "payload": payload}

    event = receiver("v2").parse(json.dumps(told).encode(), NOW)

    assert (event.kind, event.state) == (EventKind.ACCOUNT_STATUS, want)


@pytest.mark.parametrize(("told", "is_one"), [(False, True), (True, False), (None, False)])
def test_an_event_says_that_it_is_of_a_development_application(
    told: bool | None, is_one: bool
) -> None:
    body = {"id": "evt_1", "type": "account.locked", "application_production": told}

    assert receiver("v2").parse(json.dumps(body).encode(), NOW).of_development is is_one


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 100_000, b"7"])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_is_no_object_is_no_event(version: str, body: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        receiver(version).parse(body, NOW)


@pytest.mark.parametrize(
    ("status", "classic", "locked", "want"),
    [
        ("running", "running", False, AccountState.CONNECTED),
        ("running", "", False, AccountState.CONNECTED),
        ("running", "disconnected", False, AccountState.DISCONNECTED),
        ("running", "running", True, AccountState.RESTRICTED),
        ("disconnected", "running", True, AccountState.DISCONNECTED),
        ("degraded", "running", False, AccountState.CONNECTED),
        ("degraded", "", False, AccountState.WAITING),
        ("partial", "running", False, AccountState.CONNECTED),
        ("partial", "", False, AccountState.DISCONNECTED),
        ("errored", "", False, AccountState.WAITING),
        ("paused", "", False, AccountState.WAITING),
        ("new_word", "running", False, AccountState.UNKNOWN),
    ],
)
def test_what_an_account_can_do(
    status: str, classic: str, locked: bool, want: AccountState
) -> None:
    assert shapes.state_of(status, classic, is_locked=locked) is want


@pytest.mark.parametrize(
    ("specifics", "unclear"),
    [
        ({"network_distance": "SECOND_DEGREE"}, False),
        ({}, True),
        ({"network_distance": "FOURTH_DEGREE"}, True),
        ({"network_distance": "SECOND_DEGREE", "relation_request_status": "PENDING"}, True),
        ({"network_distance": "SECOND_DEGREE", "relation_request": RECEIPT}, True),
        (
            {
                "network_distance": "SECOND_DEGREE",
                "relation_request": RECEIPT,
                "relation_request_status": "ACCEPTED",
            },
            True,
        ),
    ],
)
def test_what_stands_between_two_people_is_clear_or_said_not_to_be(
    specifics: object, unclear: bool
) -> None:
    told = USER | {"object": "UserProfile", "specifics": specifics}

    assert bool(shapes.profile(answer(told)).unclear) is unclear


@pytest.mark.parametrize("told", ["m1", ["m1", "m2"], None, []])
def test_the_id_of_a_message_may_be_a_list_or_nothing(told: object) -> None:
    body = {"object": "ChatStarted", "chat_id": "c1", "message_id": told}

    sent = messages.sent_message(answer(body), "")

    assert (sent.chat_id, sent.message_id) == ("c1", "m1" if told else "")


# Against the sandbox


@pytest.fixture
def spoken() -> str:
    return "v2"


@pytest.fixture
def client(client_of_unipile: Client, sandbox: Sandbox) -> Client:
    sandbox.control.add_account(ACCOUNT, "premium")
    return client_of_unipile


def test_what_decides_is_never_read_from_the_cache(client: Client, sandbox: Sandbox) -> None:
    before = client.profile(ACCOUNT, "ada-example")
    sandbox.control.set_degree(ACCOUNT, "ada-example", "FIRST_DEGREE")

    assert not before.is_relationship
    assert client.profile(ACCOUNT, "ada-example").is_relationship
    sandbox.control.settings(cache_always=True)
    for read in (
        lambda: client.profile(ACCOUNT, "ada-example"),
        lambda: [client.sent_invitations(ACCOUNT) for _ in range(2)],
        lambda: [client.relations(ACCOUNT) for _ in range(2)],
        lambda: [client.messages_with(ACCOUNT, before.provider_id) for _ in range(2)],
    ):
        with pytest.raises(UnipileError) as caught:
            read()
        assert (caught.value.error_type, caught.value.outcome) == (NOT_FRESH, Outcome.NOT_SENT)


def test_a_short_page_is_not_the_end_of_a_list(client: Client, sandbox: Sandbox) -> None:
    sandbox.control.settings(page_cap=2)
    sandbox.control.invite_by_hand(ACCOUNT, "ada-example", "milo-example", "zoe-example")

    walk = client.sent_invitations(ACCOUNT)

    assert (walk.complete, len(walk.invitations)) == (True, 3)
    assert all(one.is_exact and one.sent_at for one in walk.invitations)


def test_a_list_that_changes_under_the_walk_proves_nothing(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.control.settings(page_cap=1)
    sandbox.control.invite_by_hand(ACCOUNT, "ada-example", "milo-example")
    sandbox.control.fault("edit", route="sent", skip=1, put={"total_count": 7})

    walk = client.sent_invitations(ACCOUNT)

    assert not walk.complete
    assert "changed" in walk.trouble


def test_the_two_kinds_of_429(client: Client, sandbox: Sandbox) -> None:
    sandbox.control.fault("answer", route="profile", status=429, type="api/too_many_requests")
    sandbox.control.fault("answer", route="profile", type="too_many_requests")
    seen = []
    for _ in range(2):
        with pytest.raises(UnipileError) as caught:
            client.profile(ACCOUNT, "ada-example")
        seen.append((caught.value.outcome, caught.value.retry_after))

    assert seen == [(Outcome.WAIT, 30), (Outcome.THROTTLED, None)]


def test_an_account_of_v1_is_asked_for_nothing(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(UnipileError, match="move_to_v2") as caught:
        client.invite("x7Qm2LfT0aRk9ZbVnW4c1g", "ACoAA1")

    assert caught.value.outcome is Outcome.ACCOUNT_DISCONNECTED
    assert sandbox.control.calls(route="invite") == []


def test_the_key_of_one_version_is_no_key_of_the_other(client: Client, sandbox: Sandbox) -> None:
    assert connect(sandbox.url, sandbox.api_key, "v1").is_key_refused()
    assert not client.is_key_refused()


def test_without_a_service_key_webhooks_are_made_elsewhere(sandbox: Sandbox) -> None:
    with pytest.raises(UnipileError, match="UNIPILE_SERVICE_KEY"):
        connect(sandbox.url, sandbox.api_key, "v2").register_webhooks("https://x.example.com", "")


def test_an_event_that_unipile_has_dropped_is_left_out(
    client: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(events, "WELCOME", (*events.WELCOME, "relation.request.accept"))

    made = client.register_webhooks("https://x.example.com/hook", "")

    assert "left out relation.request.accept" in " ".join(made.lines)
    assert made.secret.startswith("wes_")
    (webhook,) = client.webhooks()
    assert set(events.NEEDED) <= set(webhook.events)
    assert len(webhook.events) == len(events.NEEDED) + len(events.WELCOME) - 1


def test_type_and_features_are_not_compared_where_none_are_told(client: Client) -> None:

    told = client.account(ACCOUNT)

    assert told.premium_features is None
    assert features.mismatch(LinkedInAccount.Type.PREMIUM, told.premium_features) == ""


@pytest.mark.parametrize(
    ("told", "is_exact"),
    [
        ("2026-11-20T08:01:02.000Z", True),
        ("2026-11-20T00:00:00.000Z", False),
        ("2026-11-20", False),
        ("2026-11-20T08:01:02", False),
        (None, False),
    ],
)
def test_what_may_be_a_day_alone_is_no_instant(told: str | None, is_exact: bool) -> None:
    page = shapes.sent_invitations(answer({"data": [{**RECEIPT, "created_at": told}]}))

    assert [one.is_exact for one in page.entries] == [is_exact]
