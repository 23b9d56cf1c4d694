"""Where the API is: the address in UNIPILE_DSN, which also shows for which version it is."""

import ipaddress
import re
from urllib.parse import urlsplit

V2_HOST = "api.unipile.com"
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")
_WANT = "Write UNIPILE_DSN as host:port, as Unipile's dashboard shows it"


def server(dsn: str) -> str:
    """Return scheme, host and port for a DSN such as `api8.unipile.com:13851`.

    Raise ValueError, with what to do, unless it is `host:port`; `https://` in front is tolerated,
    `http://` only for this machine, since the API key would travel in the clear.
    """
    if not dsn or dsn != dsn.strip() or not dsn.isascii() or not dsn.isprintable() or " " in dsn:
        raise ValueError(f"{_WANT}: without spaces, not empty, plain ASCII.")
    scheme, rest = dsn.split("://", 1) if "://" in dsn else ("https", dsn)
    scheme, rest = scheme.lower(), rest.removesuffix("/")
    if scheme not in {"https", "http"}:
        raise ValueError(f"{_WANT}: https is used of itself, and nothing else is possible.")
    if "@" in rest:
        raise ValueError(f"{_WANT}: no user or password; the key belongs into UNIPILE_API_KEY.")
    if any(mark in rest for mark in "/?#\\"):
        raise ValueError(
            f"{_WANT}: nothing may follow the port; the path of the API is added of itself."
        )
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise ValueError(f"{_WANT}: host or port cannot be read ({err}).") from err
    if port == 0 or rest.endswith(":") or not (_is_address(host) or _HOST.fullmatch(host)):
        raise ValueError(f"{_WANT}: host or port cannot be read.")
    if scheme == "http" and not _is_loopback(host):
        raise ValueError(f"{_WANT}: http:// is for a server on this machine only; leave it out.")
    return f"{scheme}://{parts.netloc}"


def host_of(dsn: str) -> str:
    """Return the host of a DSN that `server` takes."""
    return urlsplit(server(dsn)).hostname or ""


def port_of(dsn: str) -> int | None:
    """Return the port that a DSN names, which `server` takes; None where it names none."""
    return urlsplit(server(dsn)).port


def is_local(dsn: str) -> bool:
    """Return whether a DSN that `server` takes is of this machine: the sandbox, of any version."""
    return _is_loopback(host_of(dsn))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
