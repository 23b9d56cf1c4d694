"""Hostile and broken servers. The question is always: may the invitation have left?"""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from queueing.unipile import Outcome, exchange
from queueing.unipile.v1.client import V1Client

from .raw_server import API_KEY, SENT, RawServer, free_port, http, refused_invitation


def test_a_refused_connection_is_not_sent() -> None:
    error = refused_invitation(V1Client(f"http://127.0.0.1:{free_port()}/api/v1", API_KEY))

    assert error.outcome is Outcome.NOT_SENT
    assert error.http_status is None
    assert "refused" in error.summary


def test_an_unknown_name_is_not_sent() -> None:
    error = refused_invitation(V1Client("https://unipile.invalid:1/api/v1", API_KEY))

    assert error.outcome is Outcome.NOT_SENT
    assert "unipile.invalid" in error.summary


def test_a_slow_name_server_is_not_sent_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def getaddrinfo(*_: object) -> list[object]:
        answered.wait(20)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.monotonic()

    error = refused_invitation(
        V1Client("https://api.example.com/api/v1", API_KEY, total_timeout=0.3)
    )

    answered.set()
    assert error.outcome is Outcome.NOT_SENT
    assert time.monotonic() - started < 5


def test_a_connection_nobody_accepts_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # more than the backlog takes
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(address)
        error = refused_invitation(
            V1Client(f"http://127.0.0.1:{address[1]}", API_KEY, connect_timeout=0.3)
        )
        for sock in waiting:
            sock.close()

    assert error.outcome is Outcome.NOT_SENT
    assert "timed out" in error.summary


def test_plain_text_behind_https_is_not_sent(server: RawServer) -> None:
    def talk_plainly(conn: socket.socket) -> None:
        conn.sendall(http(400, "speak plainly"))

    server.read_first = False
    server.reply = talk_plainly

    error = refused_invitation(V1Client(server.url.replace("http:", "https:"), API_KEY))

    assert error.outcome is Outcome.NOT_SENT


def test_an_unknown_certificate_is_not_sent(tls_server: RawServer) -> None:
    tls_server.reply = http(200, SENT)

    error = refused_invitation(tls_server.client())

    assert error.outcome is Outcome.NOT_SENT
    assert "certificate" in error.summary.lower()
    assert tls_server.requests == []


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("certifi.where", lambda: str(certificate))
    exchange._certificates.cache_clear()
    yield
    exchange._certificates.cache_clear()


@pytest.mark.usefixtures("trusted")
def test_https_sends(tls_server: RawServer) -> None:
    tls_server.reply = http(200, SENT)

    invitation = tls_server.client().invite("acc", "ACoAA1")

    assert invitation.invitation_id == "7461918827820281856"


@pytest.mark.usefixtures("trusted")
def test_https_that_breaks_while_it_answers_is_unknown(tls_server: RawServer) -> None:
    def break_off(conn: socket.socket) -> None:
        conn.sendall(http(200, SENT)[:-20])
        plain = socket.socket(fileno=conn.detach())
        with plain:
            plain.sendall(b"this is no TLS record")

    tls_server.reply = break_off

    assert refused_invitation(tls_server.client()).outcome is Outcome.UNKNOWN


@pytest.mark.usefixtures("trusted")
def test_a_drip_over_https_meets_the_deadline(tls_server: RawServer) -> None:
    tls_server.reply = tls_server.drip(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    started = time.monotonic()

    error = refused_invitation(tls_server.client(total_timeout=0.5))

    assert error.outcome is Outcome.UNKNOWN
    assert time.monotonic() - started < 5


DRIPS = {
    "status line": (b"HTTP/1.1 20", b"0"),
    "headers": (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"),
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"X-Drip: x\r\n"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "body without end": (b"HTTP/1.1 200 OK\r\n\r\n{", b" "),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_a_drip_meets_the_deadline(server: RawServer, drip: str) -> None:
    server.reply = server.drip(*DRIPS[drip])
    started = time.monotonic()

    error = refused_invitation(server.client(total_timeout=0.5))

    assert error.outcome is Outcome.UNKNOWN
    assert time.monotonic() - started < 5


def test_the_thread_of_a_given_up_call_ends(server: RawServer) -> None:
    server.reply = server.drip(b"HTTP/1.1 200 OK\r\nX-Drip: ")

    refused_invitation(server.client(total_timeout=0.3))

    left_behind = [t for t in threading.enumerate() if t.name == "unipile"]
    for thread in left_behind:
        thread.join(120)
    assert not any(thread.is_alive() for thread in left_behind)


def test_a_read_time_out_is_unknown(server: RawServer) -> None:
    server.reply = server.hang

    error = refused_invitation(server.client(read_timeout=0.3))

    assert error.outcome is Outcome.UNKNOWN
    assert error.may_have_been_sent


def test_an_answer_may_take_longer_than_a_connection(server: RawServer) -> None:
    def late(conn: socket.socket) -> None:
        server.over.wait(2.5)
        conn.sendall(http(201, SENT))

    server.reply = late

    sent = server.client(connect_timeout=2).invite("acc-1", "ACoAA1", "")

    assert sent.invitation_id == "7461918827820281856"


def test_a_reset_after_the_request_is_unknown(server: RawServer) -> None:
    def reset(conn: socket.socket) -> None:
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server.reply = reset

    assert refused_invitation(server.client()).outcome is Outcome.UNKNOWN
    assert len(server.requests) == 1


def test_a_close_without_an_answer_is_unknown_and_not_repeated(server: RawServer) -> None:
    error = refused_invitation(server.client())

    assert error.outcome is Outcome.UNKNOWN
    assert error.http_status is None
    assert len(server.requests) == 1


def test_every_call_has_a_fresh_connection(server: RawServer) -> None:
    ports: list[int] = []

    def reply(conn: socket.socket) -> None:
        ports.append(conn.getpeername()[1])
        conn.sendall(http(200, SENT))

    server.reply = reply
    client = server.client()

    for _ in range(3):
        client.invite("acc", "ACoAA1")

    assert len(set(ports)) == 3
    assert all(b"\r\nConnection: close\r\n" in request for request in server.requests)


@pytest.mark.parametrize("error", [MemoryError(), ValueError("x"), UnicodeError("x"), OSError()])
def test_a_failure_before_the_first_byte_is_not_sent(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib3.HTTPConnectionPool.urlopen", fail)

    assert refused_invitation(server.client()).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("error", [MemoryError(), ValueError("x"), UnicodeError("x"), OSError()])
def test_a_failure_after_the_first_byte_is_unknown(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    server.reply = http(200, SENT)
    monkeypatch.setattr("http.client.HTTPResponse.begin", fail)

    assert refused_invitation(server.client()).outcome is Outcome.UNKNOWN


def test_no_thread_left_is_not_sent(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = server.client()

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)

    assert refused_invitation(client).outcome is Outcome.NOT_SENT
    assert server.requests == []


def test_an_interrupted_wait_calls_the_request_off(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a signal raises in the waiting thread passes through, and nothing leaves later."""
    server.reply = http(200, SENT)
    resolved, go_on = threading.Event(), threading.Event()
    real_lookup, real_wait = socket.getaddrinfo, threading.Event.wait

    def getaddrinfo(*args: object, **kwargs: object) -> object:
        resolved.set()
        real_wait(go_on, 20)
        return real_lookup(*args, **kwargs)  # type: ignore[arg-type]

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread() is threading.main_thread() and event is not resolved:
            if timeout is None:
                return real_wait(event)  # Thread.start
            real_wait(resolved, 20)
            raise SystemExit("killed")
        return real_wait(event, timeout)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(threading.Event, "wait", wait)

    with pytest.raises(SystemExit, match="killed"):
        server.client().invite("acc", "ACoAA1")

    monkeypatch.undo()
    workers = [t for t in threading.enumerate() if t.name == "unipile"]
    go_on.set()
    for worker in workers:
        worker.join(120)
    assert workers
    assert server.requests == []


def test_no_message_of_an_error_holds_the_key_or_a_memory_address(server: RawServer) -> None:
    errors = [
        refused_invitation(server.client()),
        refused_invitation(V1Client(f"http://127.0.0.1:{free_port()}", API_KEY)),
        refused_invitation(
            V1Client(server.url.replace("http:", "https:"), API_KEY, total_timeout=1)
        ),
    ]

    for error in errors:
        assert API_KEY not in f"{error} {error.raw}"
        assert not re.search(r"0x[0-9a-f]{6,}", error.summary)


DATE = "Date: Wed, 08 Jul 2026 16:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 120"], 120),
        (["Retry-After: 0"], 0),
        (["Retry-After: 99999999999999999999"], 86_400),
        ([DATE, "Retry-After: Wed, 08 Jul 2026 16:05:00 GMT"], 300),
        ([DATE, "Retry-After: Wed, 08 Jul 2026 15:00:00 GMT"], 0),
        ([DATE, "Retry-After: Wed, 08 Jul 2027 16:00:00 GMT"], 86_400),
        (["Retry-After: soon"], None),
        (["Retry-After: -5"], None),
        (["Retry-After: ²"], None),
        ([], None),
    ],
)
def test_how_long_the_other_side_asks_to_wait(
    server: RawServer, headers: list[str], seconds: int | None
) -> None:
    server.reply = http(429, '{"type":"errors/too_many_requests","title":"Slow"}', *headers)

    error = refused_invitation(server.client())

    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("headers", "is_old"),
    [
        (["X-Cache: HIT"], True),
        (["X-Cache: Hit from edge", "Age: 0"], True),
        (["X-Cache: MISS, HIT"], True),
        (["X-Cache: HIT,MISS"], True),
        (["X-Cache: STALE"], True),
        (["X-Cache: MISS", "Age: 12"], True),
        (["Age: 3600"], True),
        (["X-Cache: MISS", "Age: 0"], False),
        (["X-Cache: BYPASS"], False),
        (["Age: new"], False),
        ([], False),
    ],
)
def test_what_was_kept_is_told_from_what_was_asked_for(
    server: RawServer, headers: list[str], is_old: bool
) -> None:
    server.reply = http(200, "{}", *headers)

    answer = server.client()._call.read("/x")

    assert answer.from_cache is is_old
