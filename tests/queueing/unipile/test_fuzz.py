"""Any bytes, any status, any headers: always one outcome, never another exception."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from queueing.unipile import Certainty, Invitation, Outcome, UnipileError
from queueing.unipile.answers import Answer, refusal
from queueing.unipile.v1 import shapes
from queueing.unipile.v1.errors import ERRORS

from .raw_server import RawServer

SENT = {"object": "UserInvitationSent", "invitation_id": "7461918827820281856", "usage": 50}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
types = st.sampled_from(sorted({f"errors/{kind}" for _, kind in ERRORS.meaning})) | st.text()
envelopes = st.fixed_dictionaries(
    {"type": types | json_values},
    optional={"title": json_values, "detail": json_values, "status": json_values},
)
near_successes = st.fixed_dictionaries(
    {"object": st.just("UserInvitationSent") | json_values, "invitation_id": json_values},
    optional={"usage": json_values},
)
invitations = st.dictionaries(st.sampled_from(["type", "status"]), json_values)
KEYS = """provider_id public_identifier first_name is_relationship network_distance invitation
    id name type sources items cursor connection_params invited_user_id invited_user_public_id
    parsed_datetime"""
resources = st.dictionaries(
    st.sampled_from(KEYS.split()), json_values | invitations | st.just("ACoAA1")
)
bodies = st.binary() | st.one_of(json_values, envelopes, near_successes, resources).map(
    lambda value: json.dumps(value).encode()
)
statuses = st.integers(0, 999) | st.sampled_from([200, 201, 204, 301, 401, 404, 422, 429, 500, 503])


def plainly_sent(body: bytes) -> bool:
    """A second opinion, looser than the client's: what may count as sent at all."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(parsed, dict)
        and parsed.get("object") == "UserInvitationSent"
        and bool(parsed.get("invitation_id"))
    )


def result_of(call: Callable[[], object]) -> object:
    """What the call returns or, where that is its end, its UnipileError."""
    try:
        return call()
    except UnipileError as error:
        return error


def storable(error: UnipileError) -> bool:
    text = "".join([error.raw, error.title, error.detail, error.error_type, error.summary])
    text.encode()  # no lone surrogate
    return "\x00" not in text and "\x1b" not in text and "\n" not in error.summary


@given(status=statuses, body=bodies, trouble=st.sampled_from(["", "broke off"]))
@settings(max_examples=200, deadline=None)
def test_any_refusal_is_one_outcome(status: int, body: bytes, trouble: str) -> None:
    answer = Answer(status, body, trouble)

    sending, reading = refusal(answer, ERRORS, reading=False), refusal(answer, ERRORS, reading=True)

    assert sending.outcome is not Outcome.SENT
    assert reading.certainty is Certainty.NOT_SENT
    assert storable(sending)
    if status >= 500 and status not in {501, 503}:
        assert sending.may_have_been_sent


@given(body=bodies)
@example(json.dumps(SENT).encode())
@settings(max_examples=200, deadline=None)
def test_any_success_is_an_invitation_or_unknown(body: bytes) -> None:
    result = result_of(lambda: shapes.invitation(Answer(200, body)))

    if isinstance(result, UnipileError):
        assert result.outcome is Outcome.UNKNOWN
        assert storable(result)
    else:
        assert isinstance(result, Invitation)
        assert plainly_sent(body)
        assert 0 < len(result.invitation_id) <= 100


OBJECTS: list[tuple[str, Callable[[Answer], object]]] = [
    ("UserProfile", shapes.profile),
    ("InvitationList", shapes.sent_invitations),
    ("Account", shapes.account),
    ("AccountList", shapes.accounts),
]


@pytest.mark.parametrize(("name", "read"), OBJECTS)
@given(resource=resources, items=st.lists(resources, max_size=2))
@settings(max_examples=60, deadline=None)
def test_any_resource_is_read_or_refused(
    name: str, read: Callable[[Answer], object], resource: Any, items: list[Any]
) -> None:
    listed = {"items": [{"object": "Account", **item} for item in items], "cursor": None}
    for body in ({**resource, "object": name}, {**resource, **listed, "object": name}):
        answer = Answer(200, json.dumps(body).encode())

        result = result_of(partial(read, answer))

        assert result is not None
        if isinstance(result, UnipileError):
            assert result.outcome is Outcome.NOT_SENT
            assert storable(result)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[RawServer]:
    raw = RawServer()
    yield raw
    raw.stop()


line = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))
HEADERS = [
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: br",
    b"Content-Length: 0",
    b"Content-Length: -1",
    b"Content-Length: 3",
    b"Content-Length: 5, 7",
    b"Content-Type: text/html; charset=rot13",
    b"Connection: keep-alive",
    b"Location: http://[",
    b"Location: /x",
    b"Set-Cookie: a=b",
]
headers = st.lists(st.sampled_from(HEADERS) | line, max_size=4)


@given(
    start=st.sampled_from([b"HTTP/1.1 %d OK", b"HTTP/1.0 %d", b"HTTP/9 %d x", b"ICY %d"]),
    status=statuses,
    fields=headers,
    body=bodies,
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_answer_on_the_wire(
    fuzzed: RawServer, start: bytes, status: int, fields: list[bytes], body: bytes
) -> None:
    fuzzed.reply = b"\r\n".join([start % status, *fields, b"", body])

    check_both_calls(fuzzed)


@given(reply=st.binary(max_size=300))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_on_the_wire(fuzzed: RawServer, reply: bytes) -> None:
    fuzzed.reply = reply

    check_both_calls(fuzzed)


def check_both_calls(fuzzed: RawServer) -> None:
    client = fuzzed.client()
    before = len(fuzzed.requests)

    invited = result_of(lambda: client.invite("acc", "ACoAA1", "Hello"))

    assert len(fuzzed.requests) == before + 1, "an invitation goes over the wire once"
    assert isinstance(invited, Invitation) or (
        isinstance(invited, UnipileError) and storable(invited)
    )
    read = result_of(lambda: client.profile("acc", "ACoAA1"))
    assert not isinstance(read, UnipileError) or not read.may_have_been_sent
