"""gunicorn's threads, of which slow clients cannot take all for long.

Its own worker waits without end for the rest of a request. Here a request's head must be there
within seconds, its body arrives at a least rate, and who takes no answer is hung up on. What this
leaves, many slow clients at once, is the proxy's business: it passes on whole requests only.
"""

import errno
import socket
import struct
import time
from typing import Any

from gunicorn.workers import gthread

HEAD_SECONDS = 10.0
LEAST_RATE = 20_000  # bytes a second
SEND_SECONDS = 30  # without taking anything
GLANCE_SECONDS = 0.05  # that a thread looks whether a new connection brings anything


class BoundedSocket:
    """A socket whose client must be done with its request in time."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        kernel_waits = struct.pack("ll", SEND_SECONDS, 0)
        inner.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, kernel_waits)
        self.begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def begin(self) -> None:
        """Give the next request its time."""
        self._began_at, self._received = time.monotonic(), 0

    def recv(self, *args: Any) -> bytes:
        """Receive as a socket does.

        :raises ConnectionResetError: where the time is over, as if the client had gone.
        """
        allowed = HEAD_SECONDS + self._received / LEAST_RATE
        left = self._began_at + allowed - time.monotonic()
        was = self._inner.gettimeout()
        try:
            self._inner.settimeout(max(left, 0.001))
            data: bytes = self._inner.recv(*args)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The request came too slowly") from error
        finally:
            self._inner.settimeout(was)
        self._received += len(data)
        return data


class BoundedWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """gunicorn's own, with bounds on who is slow."""

    def handle(self, conn: Any) -> Any:
        """Answer a request that comes in time; a connection that brings nothing costs no thread."""
        if not isinstance(conn.sock, BoundedSocket):
            conn.sock = BoundedSocket(conn.sock)
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(GLANCE_SECONDS):
            return gthread._DEFER
        conn.sock.begin()
        return super().handle(conn)
