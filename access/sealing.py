"""Secrets that have to be read again are stored sealed: who has the database alone has none.

The key is made of `SECRET_KEY`, or of one of its fallbacks while it is being changed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:  # a run of the queue seals nothing, and starts without it
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class UnreadableError(Exception):
    """It was sealed with a key that is gone: `SECRET_KEY` was changed without a fallback."""


def seal(plain: bytes, purpose: str, whose: str) -> str:
    """Return bytes sealed by the newest key, as hex: 16 bytes longer.

    The same always gives the same, so what was sealed by an older key shows.

    :param purpose: what it is for: another purpose has another key.
    :param whose: the row it belongs to: in another row it can't be read.
    """
    return next(_keys(purpose)).encrypt(plain, [whose.encode()]).hex()


def unseal(sealed: str, purpose: str, whose: str) -> bytes:
    """Return what was sealed.

    :raises UnreadableError: where no key of ours opens it.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415

    for key in _keys(purpose):
        try:
            return key.decrypt(bytes.fromhex(sealed), [whose.encode()])
        except (InvalidTag, ValueError):
            continue
    raise UnreadableError


def _keys(purpose: str) -> "Iterator[AESSIV]":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415

    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield AESSIV(salted_hmac(purpose, "seal", secret=secret, algorithm="sha512").digest())
