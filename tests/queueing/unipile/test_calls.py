"""Every call of the protocol against the sandbox, whichever version it speaks."""

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from queueing.unipile import (
    About,
    AccountState,
    Client,
    EventKind,
    LinkWanted,
    MessageKind,
    Outcome,
    Receiver,
    UnipileError,
    codes_about,
    receiver,
)
from sandbox.testing import Sandbox
from tests.conftest import BOTH

NOW = dt.datetime(2026, 7, 8, 16, tzinfo=dt.UTC)
SECRET = "a-secret-of-the-tests"
pytestmark = BOTH


@pytest.fixture
def version(spoken: str) -> str:
    return spoken


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    account_id = "acc_jane"
    sandbox.control.add_account(account_id, "premium")
    return account_id


@pytest.fixture
def client(client_of_unipile: Client) -> Client:
    return client_of_unipile


@pytest.fixture
def related(account: str, sandbox: Sandbox) -> str:
    """The id of somebody who is connected with the account."""
    sandbox.control.set_degree(account, "ada-example", "FIRST_DEGREE")
    return sandbox.control.provider_id(account, "ada-example")


class Hookland(HTTPServer):
    """What webhooks are told, in a thread: headers by lower-case name, and the body as it came."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []  # statuses of the next answers; then 200
        super().__init__(("127.0.0.1", 0), _Told)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Told(BaseHTTPRequestHandler):
    server: Hookland

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def hookland() -> Iterator[Hookland]:
    server = Hookland()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join(120)
    server.server_close()


@pytest.fixture
def registered(client: Client, hookland: Hookland) -> list[str]:
    """The secrets with which a registered webhook is told things."""
    return [client.register_webhooks(hookland.url, SECRET).secret or SECRET]


def test_an_invitation_is_sent_seen_and_withdrawn_once(
    client: Client, account: str, sandbox: Sandbox
) -> None:
    person = client.profile(account, "ada-example")
    sent = client.invite(account, person.provider_id, "Hello")
    seen = client.profile(account, "ada-example")
    (pending,) = client.sent_invitations(account).invitations

    assert (pending.id, pending.invited_user_id) == (sent.invitation_id, person.provider_id)
    assert (seen.invitation_type, seen.invitation_status) == ("SENT", "PENDING")
    assert client.withdraw(account, sent.invitation_id).was_pending
    assert not client.withdraw(account, sent.invitation_id).was_pending
    walk = client.sent_invitations(account)
    assert (walk.complete, walk.invitations) == (True, ())
    assert client.profile(account, "ada-example").invitation_status == "WITHDRAWN"
    assert [one["state"] for one in sandbox.control.effects()] == ["WITHDRAWN"]


def test_a_withdrawal_that_got_no_answer_is_unknown(
    client: Client, account: str, sandbox: Sandbox
) -> None:
    person = sandbox.control.provider_id(account, "ada-example")
    sent = client.invite(account, person)
    sandbox.control.fault("reset", route="cancel", when="after")

    with pytest.raises(UnipileError) as caught:
        client.withdraw(account, sent.invitation_id)

    assert caught.value.may_have_been_sent


def test_who_is_connected_newest_first(client: Client, account: str, sandbox: Sandbox) -> None:
    sandbox.control.freeze(NOW.isoformat())
    sandbox.control.set_degree(account, "ada-example", "FIRST_DEGREE")
    sandbox.control.advance(60)
    sandbox.control.set_degree(account, "milo-example", "FIRST_DEGREE")

    walk = client.relations(account, pages=9)

    assert walk.complete
    assert [one.public_identifier for one in walk.entries] == ["milo-example", "ada-example"]
    assert walk.entries[1].connected_at == NOW
    assert walk.entries[1].provider_id == sandbox.control.provider_id(account, "ada-example")


def test_more_connections_than_a_page_holds_are_asked_for_by_cursor_alone(
    client: Client, account: str, sandbox: Sandbox
) -> None:
    """V1 answers 400 to a cursor beside a limit; V2 counts on."""
    sandbox.control.settings(cursor_alone=True)
    for number in range(102):
        sandbox.control.set_degree(account, f"ada-example-{number}", "FIRST_DEGREE")

    assert len(client.relations(account, pages=9).entries) == 102
    first = client.relations(account)
    assert len(first.entries) == 100
    assert not first.complete


def test_messages_with_a_person(
    client: Client, account: str, related: str, sandbox: Sandbox
) -> None:
    sandbox.control.freeze(NOW.isoformat())
    nothing = client.messages_with(account, related)
    first = client.send_message(account, related, "Hello Ada")
    sandbox.control.advance(60)
    sandbox.control.write(account, "ada-example", "Hello Jane")
    second = client.send_message(account, related, "How are you?", chat_id=first.chat_id)

    read = client.messages_with(account, related, chat_id=first.chat_id)

    assert (nothing.complete, nothing.messages) == (True, ())
    assert read.complete
    assert read.chat_ids == (first.chat_id,)
    assert {(one.from_us, one.text) for one in read.messages} == {
        (True, "Hello Ada"),
        (False, "Hello Jane"),
        (True, "How are you?"),
    }
    assert read.messages[0].id == first.message_id
    assert second.chat_id == first.chat_id
    later = client.messages_with(account, related, since=NOW)
    assert "Hello Ada" not in {one.text for one in later.messages}
    (chat,) = client.recent_chats(account, NOW - dt.timedelta(days=1)).entries
    assert (chat.id, chat.person_id, chat.kind) == (first.chat_id, related, "single")
    assert client.chat(account, chat.id) == chat
    assert len(sandbox.control.messages()) == 2


def test_a_message_to_a_stranger_is_refused(client: Client, account: str, sandbox: Sandbox) -> None:
    stranger = sandbox.control.provider_id(account, "milo-example")

    with pytest.raises(UnipileError) as caught:
        client.send_message(account, stranger, "Hello")

    assert not caught.value.may_have_been_sent
    assert caught.value.outcome == Outcome.REJECTED
    assert caught.value.code in codes_about(About.CONNECTION)
    assert sandbox.control.messages() == []


def test_a_message_that_is_refused_for_another_reason_is_not_blamed_on_the_person(
    client: Client, account: str, related: str, sandbox: Sandbox
) -> None:
    sandbox.control.fault("answer", route="first_message", status=422, type="limit_exceeded")

    with pytest.raises(UnipileError) as caught:
        client.send_message(account, related, "Hello")

    assert caught.value.outcome == Outcome.ACCOUNT_LIMIT
    assert caught.value.code not in codes_about(About.PERSON)


@pytest.mark.parametrize(("when", "landed"), [("after", 1), ("before", 0)])
def test_a_message_behind_a_time_out_is_found_by_reading(
    client: Client, account: str, related: str, sandbox: Sandbox, when: str, landed: int
) -> None:
    sandbox.control.fault("answer", type="request_timeout", route="first_message", when=when)

    with pytest.raises(UnipileError) as caught:
        client.send_message(account, related, "Hello")

    assert caught.value.may_have_been_sent
    read = client.messages_with(account, related)
    assert (read.complete, len(read.messages)) == (True, landed)


def test_the_note_of_an_accepted_invitation_begins_the_chat(
    client: Client, account: str, sandbox: Sandbox
) -> None:
    person = sandbox.control.provider_id(account, "ada-example")
    client.invite(account, person, "Hello Ada")
    sandbox.control.accept(account, "ada-example")

    (note,) = client.messages_with(account, person).messages

    assert (note.from_us, note.text) == (True, "Hello Ada")
    assert client.profile(account, "ada-example").is_relationship


def test_an_account_in_our_words(client: Client, account: str, sandbox: Sandbox) -> None:
    sandbox.control.set_account(account, status="CREDENTIALS")

    found = next(one for one in client.accounts() if one.id == account)

    assert (found.state, found.trouble) == (AccountState.DISCONNECTED, "")
    assert client.account(account) == found
    assert found.owner_id == sandbox.control.provider_id(account, sandbox.control.login(account))
    with pytest.raises(UnipileError) as caught:
        client.profile(account, "ada-example")
    assert caught.value.outcome == Outcome.ACCOUNT_DISCONNECTED


def test_a_new_account_is_connected_on_a_page_and_confirmed(
    client: Client, version: str, sandbox: Sandbox, hookland: Hookland, registered: list[str]
) -> None:
    wanted = LinkWanted(
        state="signed",
        return_url="http://127.0.0.1:9/back?x=1",
        notify_url=hookland.url,
        expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
    )
    url = client.connect_link(wanted)
    went_to = sandbox.control.use_link(url, login="zoe-example")["location"]
    sandbox.control.deliveries()

    query = dict(pair.split("=", 1) for pair in went_to.split("?", 1)[1].split("&"))
    back = receiver(version).returned(query)
    events = [receiver(version).parse(body, NOW) for _, body in hookland.told]
    connected = [one for one in events if one.kind == EventKind.ACCOUNT_CONNECTED]
    assert (back.state, back.trouble) == ("signed", "")
    assert [one.connect_state for one in connected] == ["signed"]
    assert client.account(connected[0].account_id).state == AccountState.CONNECTED


def test_a_page_that_failed_says_so(client: Client, account: str, sandbox: Sandbox) -> None:
    wanted = LinkWanted(
        state="signed",
        return_url="http://127.0.0.1:9/back",
        notify_url="http://127.0.0.1:9/told",
        expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
        account_id=account,
    )

    went_to = sandbox.control.use_link(client.connect_link(wanted), "fail")["location"]

    query = dict(pair.split("=", 1) for pair in went_to.split("?", 1)[1].split("&"))
    assert receiver("v1").returned(query).trouble


def events_of(
    version: str, hookland: Hookland, secrets: list[str], sandbox: Sandbox
) -> list[tuple[str, object]]:
    """What was told, each genuine, as kind and whose."""
    sandbox.control.deliveries()
    found: list[tuple[str, object]] = []
    reads: Receiver = receiver(version)
    for headers, body in hookland.told:
        now = dt.datetime.now(dt.UTC)
        assert reads.is_genuine(headers, body, secrets, now)
        assert not reads.is_genuine(headers, body, ["another"], now)
        assert not reads.is_genuine(headers, body, [], now)
        event = reads.parse(body, now)
        whose = event.relation.public_identifier if event.relation else None
        found.append((event.kind, whose or (event.message.text if event.message else event.name)))
    return found


def test_webhooks_tell_what_happens(
    client: Client,
    version: str,
    account: str,
    sandbox: Sandbox,
    hookland: Hookland,
    registered: list[str],
) -> None:
    assert client.missing_webhooks(hookland.url) == ()
    person = sandbox.control.provider_id(account, "ada-example")
    client.invite(account, person)
    sandbox.control.accept(account, "ada-example")
    sandbox.control.write(account, "ada-example", "Hello Jane")
    sandbox.control.set_account(account, status="CREDENTIALS")

    told = events_of(version, hookland, registered, sandbox)

    assert (EventKind.NEW_RELATION, "ada-example") in told
    assert (EventKind.MESSAGE, "Hello Jane") in told
    assert EventKind.ACCOUNT_STATUS in {kind for kind, _ in told}


def test_an_answer_and_our_own_message_are_told_apart(
    client: Client,
    version: str,
    account: str,
    related: str,
    sandbox: Sandbox,
    hookland: Hookland,
    registered: list[str],
) -> None:
    client.send_message(account, related, "Hello Ada")
    sandbox.control.write(account, "ada-example", "Hello Jane")
    sandbox.control.deliveries()

    events = [receiver(version).parse(body, NOW) for _, body in hookland.told]
    messages = [one.message for one in events if one.message]

    assert {(one.from_us, one.text) for one in messages} == {
        (True, "Hello Ada"),
        (False, "Hello Jane"),
    }
    assert {one.kind for one in messages} == {MessageKind.MESSAGE}
    assert len({one.key for one in events}) == len(events)


def test_a_webhook_that_fails_is_told_again_under_the_same_key(
    client: Client,
    version: str,
    account: str,
    sandbox: Sandbox,
    hookland: Hookland,
    registered: list[str],
) -> None:
    sandbox.control.settings(webhook_retry_seconds=0, webhook_copies=2)
    hookland.answers = [500, 500]
    sandbox.control.set_degree(account, "ada-example", "FIRST_DEGREE")
    sandbox.control.deliveries()

    keys = {receiver(version).parse(body, NOW).key for _, body in hookland.told}

    assert (len(hookland.told), len(keys)) == (4, 1)


def test_registering_twice_leaves_no_webhook_too_many(
    client: Client, hookland: Hookland, registered: list[str]
) -> None:
    before = len(client.webhooks())

    client.register_webhooks(hookland.url, SECRET)

    assert len(client.webhooks()) == before
    assert client.missing_webhooks("http://127.0.0.1:9/other") != ()
