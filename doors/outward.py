"""A POST to an address that somebody has chosen: never to one that only we can reach.

The name is resolved here, every address of it must be public, and the connection goes to the very
address that was looked at: a name that means another address a moment later does not matter. A
redirect is an answer as any other, and is not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi
from django.conf import settings

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
READ_AT_MOST = 1_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowedError(ValueError):
    """Nothing is sent to this address; the message says why, for whoever wrote it."""


@dataclass(frozen=True)
class Target:
    """An address taken apart; `ip` is one of its host's, and may be connected to."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def check(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address that may be written down.

    Whether its host is public is asked each time something is sent, for that may change.

    :raises NotAllowedError: where it is none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise NotAllowedError("This is no address that can be read.") from error
    if not url.isascii() or not url.isprintable() or " " in url or not host:
        raise NotAllowedError("Write a whole address: https://example.com/hooks")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise NotAllowedError("No user or password in the address.")
    internal = bool(settings.WEBHOOK_ALLOW_NETWORKS)
    if parts.scheme != "https" and not (parts.scheme == "http" and internal):
        raise NotAllowedError("Only https:// is written to.")
    literal = _literal(host)
    if literal is not None and not is_public(literal):
        raise NotAllowedError("This address is not on the public internet.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def target(url: str) -> Target:
    """Return where a POST to an address goes.

    :raises NotAllowedError: where any address of its host is not public.
    :raises OSError: where the name cannot be resolved now.
    """
    scheme, host, port, path = check(url)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    for one in addresses:
        if not is_public(ipaddress.ip_address(one)):
            raise NotAllowedError(f"{host} is {one}, which is not on the public internet.")
    return Target(scheme, host, port, path, addresses[0])


def is_public(address: Address) -> bool:
    """Return whether anybody on the internet would reach the same as we do.

    An IPv4 address that is wrapped into an IPv6 one counts as what it wraps.
    """
    if any(address in network for network in settings.WEBHOOK_ALLOW_NETWORKS):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None or address in _NAT64 or address in _COMPATIBLE:
            return False
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/32")
_COMPATIBLE = ipaddress.ip_network("::/96")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """POST, and return the status of the answer.

    :raises NotAllowedError: where nothing may be sent there.
    :raises OSError: where no answer came; also after the total time, whatever dripped meanwhile.
    """
    to = target(url)
    raw = socket.create_connection((to.ip, to.port), timeout=CONNECT_SECONDS)
    # A connection that drips would renew each read's own time-out for ever.
    watch = threading.Timer(TOTAL_SECONDS, _end, [raw])
    watch.daemon = True
    watch.start()
    try:
        return _exchange(to, raw, body, headers)
    except http.client.HTTPException as error:
        raise OSError(f"The answer is no HTTP: {type(error).__name__}") from error
    finally:
        watch.cancel()
        raw.close()


def _exchange(to: Target, raw: socket.socket, body: bytes, headers: dict[str, str]) -> int:
    raw.settimeout(TOTAL_SECONDS)
    connection = http.client.HTTPConnection(to.host, to.port)
    connection.sock = raw
    if to.scheme == "https":
        context = ssl.create_default_context(cafile=certifi.where())
        connection.sock = context.wrap_socket(raw, server_hostname=to.host)
        connection.default_port = 443
    try:
        connection.request("POST", to.path, body, headers)
        answer = connection.getresponse()
        answer.read(READ_AT_MOST)
        return answer.status
    finally:
        connection.close()


def _end(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        raw.close()
