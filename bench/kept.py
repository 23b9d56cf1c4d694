"""What a kept-alive connection would save: calls with and without, over TLS, 50 ms away.

Run from the checkout: `python bench/kept.py [CALLS]`. Each way of the wire takes 25 ms, so that
every round trip of a handshake costs what it costs. Sixteen threads make the calls; prints calls a
second, the time of one call, and the processor time of one. The server counts requests and people.
"""

import asyncio
import datetime as dt
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent))

# isort: split - the client needs Django set up, which `parts` does
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from parts import Server, median, table

from queueing.unipile import exchange

ONE_WAY_SECONDS = 0.025
SENDERS = 16


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of this run's own for localhost; return it and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = (folder / "certificate.pem", folder / "key.pem")
    own[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    own[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return own


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    """Hand on what comes, each piece so many seconds later, in order."""
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(65_536):
            loop.call_later(seconds, writer.write, data)
    except ConnectionError as error:  # the other side has gone away, as it may after the last call
        print(error, file=sys.stderr)
    loop.call_later(seconds, writer.close)


class Door:
    """The way to the server: TLS ends behind a wire that is slow."""

    def __init__(self, port: int, own: list[str]) -> None:
        self._port, self._near = port, 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*own)

    async def serve(self) -> None:
        """Print the port, and pass on for ever."""
        near = await asyncio.start_server(self._end_tls, "127.0.0.1", 0, ssl=self._context)
        self._near = near.sockets[0].getsockname()[1]
        far = await asyncio.start_server(self._wire, "127.0.0.1", 0)
        print(far.sockets[0].getsockname()[1], flush=True)
        await asyncio.gather(near.serve_forever(), far.serve_forever())

    async def _wire(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * ONE_WAY_SECONDS)  # the handshake of TCP
        await self._join(reader, writer, self._near, ONE_WAY_SECONDS)

    async def _end_tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._join(reader, writer, self._port, 0)

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        port: int,
        seconds: float,
    ) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _pass_on(reader, here, seconds),
            _pass_on(there, writer, seconds),
        )


def by_exchange(url: str, own: Path) -> Callable[[int], int]:
    """Return what makes a call as SendQ does."""
    exchange._certificates().load_verify_locations(own)

    def send(number: int) -> int:
        until = exchange.uptime() + 30
        call = exchange.Call(
            method="POST",
            url=url,
            headers={},
            params={},
            connect_timeout=20,
            read_timeout=20,
            leave_by=until,
            deadline=until,
            max_bytes=100_000,
            json={"provider_id": f"person-{number}"},
        )
        return exchange.exchange(call).status

    return send


def by_kept(url: str, own: Path) -> Callable[[int], int]:
    """Return what makes a call on a connection that is kept: no deadline, no proof."""
    pool = urllib3.PoolManager(maxsize=SENDERS, block=True, ca_certs=str(own), retries=False)

    def send(number: int) -> int:
        return pool.request("POST", url, json={"provider_id": f"person-{number}"}).status

    return send


def measure(calls: int, send: Callable[[int], int]) -> list[str]:
    """Return calls a second, and of one call the milliseconds, and those of the processor."""
    took: list[float] = []

    def timed(number: int) -> None:
        began = time.perf_counter()
        if send(number) != 201:
            raise SystemExit("A call was refused.")
        took.append(time.perf_counter() - began)

    with ThreadPoolExecutor(SENDERS) as senders:
        began, used = time.perf_counter(), time.process_time()
        list(senders.map(timed, range(calls)))
        seconds, used = time.perf_counter() - began, time.process_time() - used
    return [f"{calls / seconds:.0f}", f"{1000 * median(took):.0f}", f"{1000 * used / calls:.2f}"]


def main(calls: int) -> None:
    with TemporaryDirectory() as folder, Server() as server:
        own = certificate(Path(folder))
        argv = [sys.executable, __file__, "door", str(server.port), *map(str, own)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as door:
            assert door.stdout is not None
            url = f"https://localhost:{int(door.stdout.readline())}/api/v1/users/invite"
            rows = []
            for name, way in (("a connection a call", by_exchange), ("kept alive", by_kept)):
                send = way(url, own[0])
                server.reset(0)
                measured = measure(calls, send)
                counted = server.counted()
                if counted["requests"] != calls or counted["people"] != calls:
                    raise SystemExit(f"{name}: {counted} for {calls} calls: no figure")
                rows.append([name, *measured])
            door.terminate()
    print(f"\n{calls} calls over TLS, {SENDERS} at once, a round trip of 50 ms:\n")
    table(["", "calls/s", "ms a call", "CPU ms a call"], rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["door"]:
        asyncio.run(Door(int(sys.argv[2]), sys.argv[3:]).serve())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
