"""Where a request may go: to the configured server, with the key, and nowhere else."""

from pathlib import Path

import pytest

from queueing.unipile import Outcome, UnipileError

from .raw_server import API_KEY, NOT_FOUND, SENT, RawServer, http, refused_invitation


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_never_redirected(
    server: RawServer, other_server: RawServer, status: int
) -> None:
    server.reply = http(status, "", f"Location: {other_server.url}/users/invite")
    other_server.reply = http(200, SENT)

    error = refused_invitation(server.client())

    assert error.outcome is Outcome.UNKNOWN
    assert error.http_status == status
    assert other_server.requests == []
    assert len(server.requests) == 1


def test_a_read_follows_a_redirect_on_its_own_server(server: RawServer) -> None:
    replies = [
        http(301, "", "Location: /api/v1/users/jane-doe/"),
        http(404, NOT_FOUND),
    ]
    server.reply = lambda conn: conn.sendall(replies.pop(0))

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", "jane-doe")

    assert caught.value.outcome is Outcome.REJECTED
    lines = [request.split(b"\r\n")[0] for request in server.requests]
    assert lines == [
        b"GET /api/v1/users/jane-doe?account_id=acc HTTP/1.1",
        b"GET /api/v1/users/jane-doe/?account_id=acc HTTP/1.1",
    ]


def test_a_read_gives_up_after_three_redirects(server: RawServer) -> None:
    server.reply = http(302, "", "Location: /api/v1/users/jane-doe")

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", "jane-doe")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(server.requests) == 4


@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}/x", "//127.0.0.1:{port}/x"])
def test_the_key_goes_to_no_other_server(
    server: RawServer, other_server: RawServer, form: str
) -> None:
    target = form.format(port=other_server.port)
    server.reply = http(302, "", f"Location: {target}")

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", "jane-doe")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert other_server.requests == []
    assert API_KEY.encode() in server.requests[0]


@pytest.mark.parametrize("location", ["https://[", "http://127.0.0.1:x/", "\xff", "http://u@h/"])
def test_a_redirect_to_nowhere_is_an_outcome(server: RawServer, location: str) -> None:
    server.reply = http(302, "", f"Location: {location}")

    with pytest.raises(UnipileError) as caught:
        server.client().profile("acc", "jane-doe")

    assert caught.value.outcome is Outcome.NOT_SENT


def test_proxies_and_netrc_of_the_environment_are_ignored(
    server: RawServer, other_server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.reply = http(200, SENT)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other_server.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))

    server.client().invite("acc", "ACoAA1")

    assert other_server.requests == []
    assert b"authorization" not in server.requests[0].lower()
