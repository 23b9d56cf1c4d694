"""V1's chats and webhooks where they are told badly: nothing wrong is concluded from them."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from queueing.unipile import (
    AccountState,
    Client,
    Event,
    EventKind,
    MessageKind,
    Outcome,
    UnipileError,
    receiver,
)
from sandbox.testing import Sandbox

from .test_calls import Hookland, hookland

__all__ = ["hookland"]

NOW = dt.datetime(2026, 7, 8, 16, tzinfo=dt.UTC)
ACCOUNT = "acc_jane"
Tell = Callable[..., Event]


@pytest.fixture
def client(client_of_unipile: Client, sandbox: Sandbox) -> Client:
    sandbox.control.add_account(ACCOUNT, "premium")
    sandbox.control.set_degree(ACCOUNT, "ada-example", "FIRST_DEGREE")
    return client_of_unipile


@pytest.fixture
def ada(client: Client, sandbox: Sandbox) -> str:
    return sandbox.control.provider_id(ACCOUNT, "ada-example")


@pytest.fixture
def tell(client: Client, sandbox: Sandbox, hookland: Hookland) -> Tell:
    """Let something be written, and return the event that tells of it."""
    client.register_webhooks(hookland.url, "secret")

    def write(**more: Any) -> Event:
        hookland.told.clear()
        sandbox.control.write(ACCOUNT, "ada-example", "Hello", **more)
        sandbox.control.deliveries()
        assert len(hookland.told) <= 1
        told = hookland.told or [({}, json.dumps({"event": "nothing"}).encode())]
        return receiver("v1").parse(told[0][1], NOW)

    return write


@pytest.mark.parametrize("how", ["works", "missing", "empty"])
def test_a_conversation_is_found_whatever_the_route_by_person_takes(
    client: Client, ada: str, sandbox: Sandbox, how: str
) -> None:
    sandbox.control.settings(attendee_route=how)
    client.send_message(ACCOUNT, ada, "Hello")
    sandbox.control.write(ACCOUNT, "ada-example", "Buy!", room="sponsored")

    read = client.messages_with(ACCOUNT, ada)

    assert read.complete
    written = {one.text: (one.from_us, one.kind) for one in read.messages}
    assert written["Hello"] == (True, MessageKind.MESSAGE)
    assert written["Buy!"] == (False, MessageKind.ADVERT)


def test_a_conversation_whose_list_breaks_off_is_not_whole(
    client: Client, ada: str, sandbox: Sandbox
) -> None:
    sandbox.control.settings(attendee_route="empty")
    sandbox.control.fault("edit", route="chats", drop=["cursor"])

    assert not client.messages_with(ACCOUNT, ada).complete


def test_a_chat_of_another_account_is_not_written_to(
    client: Client, ada: str, sandbox: Sandbox
) -> None:
    chat_id = client.send_message(ACCOUNT, ada, "Hello").chat_id

    with pytest.raises(UnipileError) as caught:
        client.send_message("sandbox-account-nav", ada, "Hello", chat_id=chat_id)

    assert (caught.value.outcome, caught.value.http_status) == (Outcome.REJECTED, 404)


def test_a_receipt_may_lack_its_ids(client: Client, ada: str, sandbox: Sandbox) -> None:
    sandbox.control.settings(null_ids=True)

    sent = client.send_message(ACCOUNT, ada, "Hello")

    assert (sent.chat_id, sent.message_id) == ("", "")
    assert len(sandbox.control.messages()) == 1


@pytest.mark.parametrize("told", [True, False])
def test_whose_message_it_is_is_told_or_concluded(tell: Tell, sandbox: Sandbox, told: bool) -> None:
    sandbox.control.settings(sender_told=told)

    theirs, ours = tell(), tell(from_us=True)

    assert theirs.message is not None
    assert ours.message is not None
    assert (theirs.message.from_us, ours.message.from_us) == (False, True)
    assert theirs.person_id == ours.person_id == theirs.message.sender_id


@pytest.mark.parametrize(
    ("how", "kind", "in_group"),
    [
        ({}, MessageKind.MESSAGE, False),
        ({"from_us": True, "kind": "INVITATION"}, MessageKind.NOTE, False),
        ({"room": "inmail", "kind": "INMAIL_REPLY"}, MessageKind.INMAIL, False),
        ({"room": "inmail", "kind": "INMAIL_DECLINE"}, MessageKind.INMAIL_DECLINED, False),
        ({"room": "sponsored"}, MessageKind.ADVERT, False),
        ({"room": "group"}, MessageKind.MESSAGE, True),
    ],
)
def test_what_a_message_is(
    tell: Tell, how: dict[str, Any], kind: MessageKind, in_group: bool
) -> None:
    event = tell(**how)

    assert event.message is not None
    assert (event.message.kind, event.in_group) == (kind, in_group)


def test_a_reaction_is_not_asked_for(tell: Tell) -> None:
    assert tell(is_event=True).kind == EventKind.OTHER


def test_a_wrong_sender_on_a_new_chat_is_found_out_by_reading(
    tell: Tell, client: Client, ada: str, sandbox: Sandbox
) -> None:
    sandbox.control.settings(wrong_sender=True)

    event = tell(from_us=True, kind="INVITATION")

    assert event.message is not None
    assert event.message.from_us is False  # so it is told
    assert event.message.kind == MessageKind.NOTE
    (read,) = client.messages_with(ACCOUNT, ada).messages
    assert (read.id, read.from_us) == (event.message.id, True)


def test_without_a_secret_no_webhook_is_made(client: Client) -> None:
    with pytest.raises(UnipileError, match="UNIPILE_WEBHOOK_SECRET is not set"):
        client.register_webhooks("https://sendq.example.com/hook", "")

    assert client.webhooks() == ()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("OK", AccountState.CONNECTED),
        ("CREDENTIALS", AccountState.DISCONNECTED),
        ("CONNECTING", AccountState.WAITING),
        ("CREATION_SUCCESS", AccountState.WAITING),
        ("DELETED", AccountState.GONE),
        ("SYNC_SUCCESS", AccountState.CONNECTED),
        ("SOMETHING_NEW", AccountState.UNKNOWN),
    ],
)
def test_a_status_and_its_key(word: str, state: AccountState) -> None:
    told = {"AccountStatus": {"account_id": "a", "account_type": "LINKEDIN", "message": word}}
    body = json.dumps(told).encode()
    reads = receiver("v1")

    event = reads.parse(body, NOW)

    assert (event.kind, event.account_id, event.state) == (EventKind.ACCOUNT_STATUS, "a", state)
    assert event.key == reads.parse(body, NOW + dt.timedelta(seconds=5)).key
    assert event.key != reads.parse(body, NOW + dt.timedelta(hours=1)).key
