"""What V2 sends: signed events, each in one envelope with an id of its own.

The recipe of the signature is that of four integrators who run it: HMAC-SHA256 with the endpoint's
secret over the time, a dot and the body as it came, told as `t=<seconds>,v0=<hex>`.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from campaigns.people.slugs import slug_told
from queueing.unipile.answers import safe_text
from queueing.unipile.reading import instant, read_object, shown, text_of
from queueing.unipile.v2 import messages, shapes
from queueing.unipile.values import (
    AccountState,
    Event,
    EventKind,
    Relation,
    Returned,
)

SIGNATURE_HEADER = "unipile-signature"
WINDOW = dt.timedelta(minutes=5)
NEEDED = (
    "relation.new",
    "message.new",
    "account.add",
    "account.reconnect",
    "account.status.running",
    "account.status.disconnected",
    "account.status.errored",
)
"""The events without which an endpoint is of no use."""
WELCOME = (
    "account.remove",
    "account.locked",
    "account.unlocked",
    "account.status.degraded",
    "account.status.partial",
    "account.initial_sync.completed",
    "account.initial_sync.failed",
)
"""The events that are asked for as well, as long as Unipile has them."""

_ACCOUNT = {
    "account.remove": AccountState.GONE,
    "account.locked": AccountState.RESTRICTED,
    "account.status.running": AccountState.CONNECTED,
    "account.status.disconnected": AccountState.DISCONNECTED,
    "account.status.errored": AccountState.WAITING,
}


class Receiver:
    """V2's webhooks."""

    def is_genuine(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime
    ) -> bool:
        """Compare every signature with every secret, in constant time, inside the window."""
        told = list(_parts(headers.get(SIGNATURE_HEADER, "")))
        times = [value for key, value in told if key == "t"]
        if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
            return False
        if abs(now.timestamp() - int(times[0][:12])) > WINDOW.total_seconds():
            return False
        signed = times[0].encode() + b"." + body
        wanted = [
            hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
            for secret in secrets
            if secret
        ]
        given = [value.lower().encode("utf-8", "replace") for key, value in told if key == "v0"]
        fits = [hmac.compare_digest(one, other) for one in given for other in wanted]
        return any(fits)

    def parse(self, body: bytes, now: dt.datetime) -> Event:
        """Read an event; one that is about nobody we can tell is of the kind OTHER."""
        told = read_object(body)
        payload = told.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        name, account_id = shown(told.get("type")), shown(told.get("account_id"))
        event = Event(
            key=shown(told.get("id")) or hashlib.sha256(body).hexdigest(),
            kind=EventKind.OTHER,
            name=name,
            account_id=account_id,
            at=instant(payload.get("timestamp")) or instant(told.get("created_at")),
            of_development=told.get("application_production") is False,
        )
        if name == "relation.new":
            return replace(event, kind=EventKind.NEW_RELATION, relation=_relation(payload))
        if name == "message.new":
            return _message(event, payload)
        if name in ("account.add", "account.reconnect"):
            state = text_of(payload.get("state")) or text_of(told.get("state"))
            return replace(event, kind=EventKind.ACCOUNT_CONNECTED, connect_state=state)
        if name.startswith("account."):
            # Of one product alone it says nothing of the account: asking decides.
            known = None if payload.get("product") else _ACCOUNT.get(name)
            return replace(event, kind=EventKind.ACCOUNT_STATUS, state=known)
        return event

    def returned(self, query: Mapping[str, str]) -> Returned:
        """Read what stands in the address; on a failure `state` may be missing."""
        trouble = ": ".join(filter(None, (query.get("error_title"), query.get("error_detail"))))
        return Returned(
            state=query.get("state", ""),
            account_id=safe_text(query.get("account_id", ""), 100),
            trouble=safe_text(trouble or query.get("error_type", ""), 300),
        )


def _parts(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(","):
        key, _, value = part.partition("=")
        yield key.strip(), value.strip()


def _relation(payload: dict[str, Any]) -> Relation | None:
    """Read who is connected now; None where nobody can be told: then relations are read."""
    try:
        return shapes.relation(payload)
    except ValueError:
        told = [payload.get("public_identifier"), _slug_in(text_of(payload.get("profile_url")))]
        slugs = [slug for slug in (slug_told(text_of(one)) for one in told) if slug]
        ids = [shown(payload.get(key)) for key in ("user_id", "provider_id")]
        found = Relation(
            provider_id=next(filter(None, ids), ""),
            public_identifier=slugs[0] if slugs else "",
            name="",
            connected_at=instant(payload.get("created_at")),
        )
        return found if found.names else None


def _slug_in(url: str) -> str:
    return url.partition("/in/")[2].partition("?")[0].strip("/")


def _message(event: Event, payload: dict[str, Any]) -> Event:
    try:
        message = messages.message(payload)
    except ValueError:
        return event
    return replace(event, kind=EventKind.MESSAGE, message=message, at=message.at or event.at)
