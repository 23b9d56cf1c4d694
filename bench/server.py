"""The other side of the wire: a server on loopback that takes invitations and counts them.

Run as a program, with the address to listen at, it prints its port. Every POST is an invitation,
answered after DELAY seconds; GET tells how many came, of how many people, from whom and in how many
seconds, and POST /reset?delay=S forgets them.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit


class World:
    """What has come since the last reset."""

    def __init__(self) -> None:
        self.people: Counter[str] = Counter()
        self.delay = 0.0
        self.at_once = self.most_at_once = 0
        self.senders: Counter[str] = Counter()
        self.first_at = self.last_at = 0.0

    def count(self, person: str, sender: str) -> None:
        now = time.monotonic()
        self.people[person] += 1
        self.senders[sender] += 1
        self.first_at, self.last_at = self.first_at or now, now
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)


class Visitor(asyncio.Protocol):
    """One connection, which closes after its answer where the request says so."""

    def __init__(self, world: World) -> None:
        self._world, self._read = world, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._read = b""
        closes = headers.get("connection") == "close"
        method, target, _ = lines[0].split(" ")
        self._take(method, target, body, closes=closes)

    def _take(self, method: str, target: str, body: bytes, *, closes: bool) -> None:
        world = self._world
        if method == "GET":
            told = {
                "requests": world.people.total(),
                "people": len(world.people),
                "at_once": world.most_at_once,
                "senders": dict(world.senders),
                "seconds": world.last_at - world.first_at,
            }
            self._answer(told, closes=True)
        elif target.startswith("/reset"):
            world.__init__()  # type: ignore[misc]
            world.delay = float(parse_qs(urlsplit(target).query)["delay"][0])
            self._answer({}, closes=True)
        else:
            sender = self._transport.get_extra_info("peername")[0]
            world.count(json.loads(body)["provider_id"], sender)
            told = {"object": "UserInvitationSent", "invitation_id": f"i-{world.people.total()}"}
            if world.delay:
                asyncio.get_running_loop().call_later(world.delay, self._end, told, closes)
            else:
                self._end(told, closes)

    def _end(self, told: dict[str, object], closes: bool) -> None:
        self._world.at_once -= 1
        self._answer(told, closes=closes)

    def _answer(self, told: dict[str, object], *, closes: bool) -> None:
        body = json.dumps(told).encode()
        kept = b"close" if closes else b"keep-alive"
        self._transport.write(  # type: ignore[attr-defined]
            b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nConnection: "
            + kept
            + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        if closes:
            self._transport.close()


async def serve() -> None:
    world = World()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Visitor(world), sys.argv[1], 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        sys.exit()
