"""Where a request comes from: the one address that its sender cannot choose."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - no listener: what stands where there is no address
LONGEST_AGENT = 200


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks, never empty.

    Each proxy appends to `X-Forwarded-For` from whom it has the request; what is in front of what
    our own proxies (`TRUSTED_PROXIES`) have written, anybody may have made up. Behind a Unix socket
    the nearest hop, which is our proxy, has no address.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [*(hop.strip() for hop in forwarded if hop.strip()), request.META.get("REMOTE_ADDR", "")]
    hop = hops[max(0, len(hops) - 1 - settings.TRUSTED_PROXIES)]
    return _parsed(hop) or _parsed(hops[-1]) or UNKNOWN


def client_program(request: HttpRequest) -> str:
    """Return what the browser calls itself, cut to size."""
    named = request.headers.get("User-Agent", "")[:LONGEST_AGENT]
    return "".join(each if each.isprintable() else " " for each in named)


def _parsed(hop: str) -> str:
    """Return an address as it is compared, without a port; nothing where it is none.

    Of an IPv6 address only the network of one customer counts, else each has more than can be
    counted.
    """
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
