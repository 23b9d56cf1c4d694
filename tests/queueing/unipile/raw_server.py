"""A raw server: it reads whole requests, keeps them, and answers with any bytes a test says."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from queueing.unipile import Client, UnipileError
from queueing.unipile.v1.client import V1Client

API_KEY = "key-of-the-tests"
SENT = '{"object":"UserInvitationSent","invitation_id":"7461918827820281856"}'
NOT_FOUND = '{"status":404,"type":"errors/resource_not_found","title":"User not found"}'

Reply = Callable[[socket.socket], None]


def http(status: int, body: bytes | str = b"", *headers: str) -> bytes:
    """A whole HTTP/1.1 answer."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def as_json(body: object) -> bytes:
    return http(200, json.dumps(body), "Content-Type: application/json; charset=utf-8")


def page(*items: object, cursor: str | None = None, name: str = "InvitationList") -> bytes:
    return as_json({"object": name, "items": items, "cursor": cursor})


class RawServer:
    """`reply` is bytes to write, or a function that gets the socket. `requests` is what came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.reply: bytes | Reply = b""
        self.requests: list[bytes] = []
        self.read_first = True
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/api/v1"

    def client(self, **limits: float) -> V1Client:
        given = {"connect_timeout": 60.0, "read_timeout": 60.0, "total_timeout": 90.0, **limits}
        return V1Client(self.url, API_KEY, **given)  # type: ignore[arg-type]

    def drip(self, start: bytes, piece: bytes = b"x") -> Reply:
        """Write `start`, then a piece every 50 ms for as long as the client stays."""

        def reply(conn: socket.socket) -> None:
            conn.sendall(start)
            while not self.over.wait(0.05):
                conn.sendall(piece)

        return reply

    def hang(self, conn: socket.socket) -> None:
        self.over.wait(20)

    def stop(self) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(120)

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(conn,))
            self._threads = [*(t for t in self._threads if t.is_alive()), thread]
            thread.start()

    def _serve(self, conn: socket.socket) -> None:
        try:
            with closing(self._tls.wrap_socket(conn, server_side=True) if self._tls else conn) as c:
                c.settimeout(10)
                if self.read_first:
                    self.requests.append(_read_request(c))
                if callable(self.reply):
                    self.reply(c)
                else:
                    c.sendall(self.reply)
        except OSError:
            conn.close()  # the client went away, which is what many tests are about


def _read_request(conn: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(conn)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", 0)):
        body += _some(conn)
    return head + b"\r\n\r\n" + body


def _some(conn: socket.socket) -> bytes:
    data = conn.recv(65_536)
    if not data:
        raise ConnectionResetError("no whole request")
    return data


def refused_invitation(client: Client) -> UnipileError:
    """The error that an invitation ends in."""
    with pytest.raises(UnipileError) as caught:
        client.invite("acc", "ACoAA1", "Hello")
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def in_turn(server: RawServer, *replies: bytes) -> None:
    """Answer the first request with the first reply, and so on."""
    left = list(replies)

    def reply(conn: socket.socket) -> None:
        conn.sendall(left.pop(0))

    server.reply = reply


def sent_to(server: RawServer, number: int = 0) -> str:
    return server.requests[number].split(b" HTTP/1.1")[0].decode()
