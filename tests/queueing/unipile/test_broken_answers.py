"""Answers that are no answers: after a request has left, they leave a doubt."""

import socket

import pytest

from queueing.unipile import Outcome

from .raw_server import NOT_FOUND, SENT, RawServer, http, refused_invitation

BROKEN_SUCCESSES: dict[str, bytes] = {
    "empty": http(200),
    "no content": http(204),
    "html": http(200, "<html>ok</html>"),
    "list": http(200, f"[{SENT}]"),
    "null": http(200, "null"),
    "number": http(200, "7"),
    "text": http(200, '"UserInvitationSent"'),
    "truncated json": http(200, SENT[:-4]),
    "truncated body": http(200, SENT + " " * 100)[:-50],
    "other object": http(200, SENT.replace("UserInvitationSent", "InvitationSent")),
    "no object": http(200, '{"invitation_id":"1"}'),
    "error in a 200": http(200, NOT_FOUND),
    "no id": http(200, '{"object":"UserInvitationSent"}'),
    "empty id": http(200, '{"object":"UserInvitationSent","invitation_id":""}'),
    "null id": http(200, '{"object":"UserInvitationSent","invitation_id":null}'),
    "true id": http(200, '{"object":"UserInvitationSent","invitation_id":true}'),
    "negative id": http(200, '{"object":"UserInvitationSent","invitation_id":-1}'),
    "float id": http(200, '{"object":"UserInvitationSent","invitation_id":1.5}'),
    "list id": http(200, '{"object":"UserInvitationSent","invitation_id":["1"]}'),
    "nul id": http(200, '{"object":"UserInvitationSent","invitation_id":"1\\u0000"}'),
    "surrogate id": http(200, '{"object":"UserInvitationSent","invitation_id":"\\ud800"}'),
    "long id": http(200, '{"object":"UserInvitationSent","invitation_id":"%s"}' % ("1" * 101)),
    "huge id": http(200, '{"object":"UserInvitationSent","invitation_id":%s}' % ("1" * 5000)),
    "duplicate key": http(200, SENT[:-1] + ',"invitation_id":"2"}'),
    "nan": http(200, SENT[:-1] + ',"usage":NaN}'),
    "infinity": http(200, SENT[:-1] + ',"usage":-Infinity}'),
    "deep": http(200, SENT[:-1] + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}"),
    "not utf-8": http(200, SENT.encode("utf-16")),
    "bad gzip": http(200, SENT, "Content-Encoding: gzip"),
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + SENT.encode(),
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: 9, 10\r\n\r\n" + SENT.encode(),
    "many headers": http(200, SENT, *["X: y"] * 200),
    "long header": http(200, SENT, "X: " + "y" * 100_000),
    "no status": b"HTTP/1.1 yes\r\n\r\n" + SENT.encode(),
    "not http": b"220 mail.example.com ESMTP\r\n",
    "upgrade": b"HTTP/1.1 101 Switching\r\n\r\n" + SENT.encode(),
}


@pytest.mark.parametrize("case", BROKEN_SUCCESSES)
def test_a_success_that_is_none_is_unknown(server: RawServer, case: str) -> None:
    server.reply = BROKEN_SUCCESSES[case]

    error = refused_invitation(server.client())

    assert error.outcome is Outcome.UNKNOWN
    assert "\x00" not in error.raw


@pytest.mark.parametrize(
    ("case", "error_type"),
    [
        ("empty", "another_shape"),
        ("no content", "another_shape"),
        ("no id", "another_shape"),
        ("other object", "another_shape"),
        ("list", "another_shape"),
        ("created", "another_shape"),
        ("truncated body", ""),
        ("upgrade", ""),
    ],
)
def test_a_whole_yes_in_another_shape_is_told_from_one_that_broke_off(
    server: RawServer, case: str, error_type: str
) -> None:
    created = http(201, '{"object":"Invitation","id":"1"}')
    server.reply = {**BROKEN_SUCCESSES, "created": created}[case]

    error = refused_invitation(server.client())

    assert (error.outcome, error.error_type) == (Outcome.UNKNOWN, error_type)


def test_a_huge_answer_is_cut_off(server: RawServer) -> None:
    def flood(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + SENT[:-1].encode())
        for _ in range(160):
            conn.sendall(b" " * 65_536)

    server.reply = flood

    error = refused_invitation(server.client())

    assert error.outcome is Outcome.UNKNOWN
    assert error.http_status == 200
    assert "larger than 2000000 bytes" in error.summary
    assert len(error.raw) == 4000


def test_an_error_that_breaks_off_goes_by_its_status(server: RawServer) -> None:
    for status, want in [(429, Outcome.THROTTLED), (503, Outcome.NOT_SENT), (422, Outcome.UNKNOWN)]:
        server.reply = http(status, NOT_FOUND)[:-20]

        error = refused_invitation(server.client())

        assert (error.outcome, error.http_status) == (want, status)
