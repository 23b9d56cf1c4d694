"""Invented people, the same ones for ever, and the ids under which each account sees them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

MISSING_PREFIX = "nobody-"  # slugs that start like this belong to nobody
MAX_SLUG = 100
PROVIDER_ID = re.compile(r"A[CD]o[A-Za-z0-9_-]{3,}")
_CHECK_BYTES = 8

_FIRST = (
    "Alba|Anouk|Bastian|Beryl|Caspian|Cleo|Dorian|Edda|Elio|Fenna|Gideon|Hedda|Idris|Ines|Jorun"
    "|Kaito|Lazlo|Leonie|Maren|Milo|Nadira|Noor|Odile|Orson|Petra|Quill|Ravi|Rosalind|Soren|Talia"
    "|Tobin|Uma|Viggo|Wanda|Xenia|Yusuf|Zadie|Zora"
)
_LAST = (
    "Ashdown|Birkwood|Caldermoor|Dunmere|Eastlake|Farrowby|Glenholt|Harrowgate|Inksley|Jasperson"
    "|Kestrelby|Lindqvale|Marlowick|Northmere|Oakhollow|Penhaligrove|Quarrington|Ravensdale"
    "|Silverbeck|Thornquist|Underhillow|Valebrook|Whitmarsh|Yarrowfield|Zellenberg"
)
_ROLES = (
    "Head of Operations|VP Sales|Founder|Product Manager|Staff Engineer|Finance Director"
    "|Talent Partner|Marketing Lead|Data Scientist|Customer Success Manager"
)
_COMPANIES = (
    "Bluefern Example|Copperline Example|Driftwood Example|Emberlight Example|Foxglove Example"
    "|Granite Example|Hollowell Example|Isobar Example"
)
_PLACES = (
    "Lisbon, Portugal|Toronto, Ontario|Leeds, England|Austin, Texas|Malmö, Sweden|Nantes, France"
    "|Wellington, New Zealand|Pune, India"
)


def digest(*parts: str) -> int:
    """Return a 64-bit number that depends on `parts` only."""
    text = "\x00".join(parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def normalise(slug: str) -> str:
    """Return the form in which slugs are compared: NFC, lower case."""
    return unicodedata.normalize("NFC", slug).strip().lower()


def _pick(choices: str, number: int) -> str:
    options = choices.split("|")
    return options[number % len(options)]


class Does(StrEnum):
    """What somebody does with an invitation; its sender can withdraw it by hand."""

    WAIT = "wait"
    ACCEPT = "accept"
    DECLINE = "decline"
    IGNORE = "ignore"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Person:
    """What LinkedIn says about somebody, the same to every viewer, and how they are.

    `slug` is who they are, for ever; `address` is the slug they have today, "" if none.
    """

    slug: str
    first_name: str | None
    last_name: str | None
    headline: str | None
    location: str | None
    is_premium: bool = False
    is_open_profile: bool = False
    connections_count: int = 500
    # Which nullable field this person has empty (see `shapes`); -1 is none of them.
    quirk: int = -1
    address: str = ""
    does: Does | None = None  # with an invitation; None: what the settings' rates give
    after_seconds: float = 0.0
    refusal: str | None = None  # the error that LinkedIn answers whoever invites this person
    message_refusal: str | None = None  # the same for whoever writes to them
    replies: str | None = None  # with these words, `after_seconds`; None: what the rate gives

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@lru_cache(maxsize=50_000)
def invent(slug: str) -> Person:
    """Make up the person behind a normalised slug; `first-last` slugs give that name.

    Others tell no last name: one that is made up would be somebody else than a list may name.
    """
    seed = digest("person", slug)
    quirk = digest("quirk", slug) % 64
    parts = [part for part in slug.split("-") if part.isalpha()]
    if len(parts) >= 2:
        first, last = parts[0].title(), parts[1].title()
    else:
        first, last = _pick(_FIRST, seed), None
    return Person(
        slug=slug,
        first_name=None if quirk == 0 else first,
        last_name=None if quirk == 0 else last,
        headline=f"{_pick(_ROLES, seed >> 16)} at {_pick(_COMPANIES, seed >> 24)}",
        location=None if quirk == 7 else _pick(_PLACES, seed >> 32),
        is_premium=seed % 5 == 0,
        is_open_profile=seed % 9 == 0,
        connections_count=40 + (seed >> 40) % 461,
        quirk=quirk,
        address=slug,
    )


def owner_slug(account_id: str) -> str:
    """Return the slug of the invented person whose account this is."""
    seed = digest("owner", account_id)
    name = f"{_pick(_FIRST, seed)}-{_pick(_LAST, seed >> 8)}-{seed % 0xFFFF:04x}x"
    return normalise(name)


def _mask(account_id: str, check: bytes, length: int) -> bytes:
    return hashlib.shake_256(account_id.encode() + check).digest(length)


def _check(account_id: str, slug: bytes) -> bytes:
    key = hashlib.blake2b(account_id.encode(), digest_size=32).digest()
    return hashlib.blake2b(slug, key=key, digest_size=_CHECK_BYTES).digest()


@lru_cache(maxsize=50_000)
def provider_id(account_id: str, slug: str) -> str:
    """Return the id under which one account sees a person.

    It carries the slug, masked, so that ids handed out before a restart stay good.
    """
    plain = slug.encode()
    check = _check(account_id, plain)
    masked = bytes(a ^ b for a, b in zip(plain, _mask(account_id, check, len(plain)), strict=True))
    return "ACoAA" + base64.urlsafe_b64encode(check + masked).decode().rstrip("=")


def slug_of(account_id: str, identifier: str) -> str | None:
    """Return the slug behind a provider id, or None if this account never saw such an id."""
    encoded = identifier[len("ACoAA") :]
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return None
    check, masked = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    mask = _mask(account_id, check, len(masked))
    plain = bytes(a ^ b for a, b in zip(masked, mask, strict=True))
    if not plain or _check(account_id, plain) != check:
        return None
    slug = plain.decode()
    # Base64 has several spellings of one value; only the one handed out counts.
    return slug if provider_id(account_id, slug) == identifier else None
