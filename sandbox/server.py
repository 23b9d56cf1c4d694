"""Serving the sandbox: the socket, the connections, the stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.app import Core, build_app
from sandbox.control import control_routes

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Protocol(H11Protocol):
    """uvicorn's own protocol, with the connection in the scope for faults to break."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = self.app_state | {"transport": transport}


class _Server(uvicorn.Server):
    """uvicorn's server, which stops at once although calls hang, and with exit code 0."""

    def __init__(self, core: Core, on_listening: Callable[[], None]) -> None:
        app = build_app(core, control_routes(core))
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=2,
            )
        )
        self._core, self._on_listening = core, on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._core.let_go()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        self._core.journal.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on SIGINT and SIGTERM without raising them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in _STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """Listen on a port, 0 for any free one. OSError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, because asyncio turns Nagle's delay off for such sockets only (40 ms a call).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(core: Core, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; say on standard output when calls are taken."""

    def announce() -> None:
        sys.stdout.write(f"sandbox listening on {address(listener)}\n")
        sys.stdout.flush()

    _Server(core, announce).run(sockets=[listener])


class ServerThread:
    """A sandbox served by a thread of this process."""

    def __init__(self, core: Core) -> None:
        self._listener = bind("127.0.0.1", 0)
        self.url = address(self._listener)
        self._listening = threading.Event()
        self._server = _Server(core, self._listening.set)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])

    def start(self) -> None:
        """Return when calls are taken. RuntimeError if that is not so within 10 seconds."""
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("the sandbox did not start")

    def stop(self) -> None:
        """End all calls and return when the thread has ended."""
        self._server.should_exit = True
        self._thread.join(10)
        if self._thread.is_alive():
            raise RuntimeError("the sandbox did not stop")
        self._listener.close()

    def __enter__(self) -> ServerThread:
        self.start()
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.stop()
