"""Addresses that carry another one in their query: nothing is fetched to find it."""

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

_DEEPEST = 5  # redirects within redirects

# Mail programs, chats, search engines, and LinkedIn's own pages before a profile: by host and path,
# the parameters in which the address stands, the best first. Google's `q` may be what was searched.
_CARRIERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"(?:[a-z0-9-]+\.)*{place}", re.ASCII | re.IGNORECASE), parameters)
    for place, parameters in (
        (r"safelinks\.protection\.(?:outlook\.com|office365\.us)/", ("url",)),
        (r"teams\.cdn\.office\.net/", ("url",)),
        (r"google(?:\.[a-z]{2,3}){1,2}/url", ("url", "q")),
        (r"translate\.google(?:\.[a-z]{2,3}){1,2}/", ("u",)),
        (r"linkprotect\.cudasvc\.com/url", ("a",)),
        (r"facebook\.com/l\.php", ("u",)),
        (r"slack-redir\.net/link", ("url",)),
        (
            r"linkedin\.com/(?:safety|redir|authwall|login|uas|signup|checkpoint|m/login)\b",
            ("url", "sessionRedirect", "session_redirect"),
        ),
    )
)
# Proofpoint's, which has the address as it is between underscores.
_URL_DEFENSE = re.compile(
    r"https?://urldefense\.(?:com|us|proofpoint\.com)/v3/__(https?:.+?)__;", re.IGNORECASE
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII | re.IGNORECASE)


def with_scheme(address: str) -> str:
    """Return an address as `urlsplit` understands it, also where it begins with the host."""
    return address if _SCHEME.match(address) else f"https://{address.lstrip('/')}"


def unwrapped(address: str) -> str:
    """Return the address that a redirect leads to, or the address as it is where it is none.

    Known are safe links of Outlook, Proofpoint and Barracuda, redirects of Google, Facebook and
    Slack, and LinkedIn's warning and log-in pages. Which of two different addresses is meant is
    not guessed.
    """
    for _ in range(_DEEPEST):
        inner = _inside(address)
        if not inner:
            break
        address = inner
    return address


def _inside(address: str) -> str:
    if not address.isprintable():  # urlsplit would drop a line break, and join two addresses
        return ""
    text = address.replace("&amp;", "&")
    if defended := _URL_DEFENSE.match(text):
        return defended[1]
    try:
        parts = urlsplit(with_scheme(text))
        place = (parts.hostname or "").rstrip(".") + parts.path
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return ""
    for carrier, parameters in _CARRIERS:
        if carrier.match(place):
            found = (_only(query.get(name, []), parts) for name in parameters)
            return next(filter(None, found), "")
    return ""


def _only(values: list[str], of: SplitResult) -> str:
    """Return the one address among the values of a parameter, or nothing."""
    found = {
        f"https://{of.hostname}{value}" if value.startswith("/") else value
        for value in map(str.strip, values)
        if value.lower().startswith(("http://", "https://")) or _is_path(value)
    }
    return found.pop() if len(found) == 1 else ""


def _is_path(value: str) -> bool:
    return value.startswith("/") and not value.startswith("//")
