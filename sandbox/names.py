"""Who has which address: everybody a slug of their own, until somebody is described or moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.people import MAX_SLUG, MISSING_PREFIX, Does, Person, invent, normalise


class Names:
    """People by who they are (`slug`, which their ids carry), and by the addresses they have."""

    def __init__(self) -> None:
        self._described: dict[str, Person | None] = {}
        self._holder: dict[str, str] = {}
        self._address: dict[str, str] = {}
        self._ever: dict[str, list[str]] = {}

    def person(self, slug: str) -> Person | None:
        """Return who this is; None for nobody."""
        if slug in self._described:
            person = self._described[slug]
        elif not 1 <= len(slug) <= MAX_SLUG or slug.startswith(MISSING_PREFIX):
            person = None
        else:
            person = invent(slug)
        if person is None or slug not in self._address:
            return person
        return replace(person, address=self._address[slug])

    def at(self, address: str) -> Person | None:
        """Return who is found under an address today; None if nobody is."""
        address = normalise(address)
        return self.person(self._holder.get(address, address))

    def describe(self, slug: str, values: dict[str, Any] | None) -> None:
        """Say who somebody is: the invented person with other fields; None: nobody.

        No field of theirs is left empty by luck.
        """
        if values is None:
            self._described[slug] = None
            return
        plain = invent(slug)
        filled: dict[str, Any] = {
            "first_name": plain.first_name or "Ada",
            "last_name": plain.last_name or "Example",
            "location": plain.location or "Lisbon, Portugal",
            "quirk": -1,
        }
        known = filled | values
        if known.get("does") is not None:
            known["does"] = Does(known["does"])
        self._described[slug] = replace(plain, **known)

    def move(self, address: str, moved_to: str) -> None:
        """Give whoever is found under an address another one. LinkedIn goes on answering to both.

        Somebody who had that other address has none from then on.
        """
        mover = self._holder.get(address, address)
        former = self._holder.get(moved_to, moved_to)
        if former != mover and self._address.get(former, former) == moved_to:
            self._address[former] = ""
        self._holder[moved_to] = mover
        self._ever.setdefault(mover, [mover]).append(moved_to)
        self._address[mover] = moved_to

    def addresses(self, slug: str) -> list[str]:
        """Return every address that somebody has had, the first one first."""
        return self._ever.get(slug, [slug])
