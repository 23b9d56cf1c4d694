"""The one place that knows which version of Unipile's API is spoken."""

from collections.abc import Callable
from enum import StrEnum

from queueing.unipile.answers import Outcome
from queueing.unipile.protocol import Client, Receiver
from queueing.unipile.v1 import events as v1_events
from queueing.unipile.v1.client import V1Client, base_url
from queueing.unipile.v1.errors import ERRORS


class Version(StrEnum):
    """The versions of Unipile's API. They share no accounts, keys or addresses."""

    V1 = "v1"


def connect(
    dsn: str,
    api_key: str,
    version: str = Version.V1,
    *,
    service_key: str = "",
    **times: float,
) -> Client:
    """Return a client for a DSN such as `api8.unipile.com:13851`.

    :param service_key: with which V2 registers webhooks; V1 has one key for everything.
    :param times: `connect_timeout`, `read_timeout`, `total_timeout`, seconds.
    :raises ValueError: with what to do, where address, key and version cannot be used together.
    """
    return _CLIENTS[_known(version)](dsn, api_key, service_key, times)


def receiver(version: str = Version.V1) -> Receiver:
    """Return what reads the webhooks of a version.

    :raises ValueError: where there is no such version.
    """
    return _RECEIVERS[_known(version)]


def _known(version: str) -> Version:
    try:
        return Version(version)
    except ValueError:
        raise ValueError(
            f"UNIPILE_API_VERSION is {version!r}: write {' or '.join(Version)}."
        ) from None


def _v1(dsn: str, api_key: str, service_key: str, times: dict[str, float]) -> Client:
    return V1Client(base_url(dsn), api_key, **times)  # type: ignore[arg-type]


_CLIENTS: dict[Version, Callable[[str, str, str, dict[str, float]], Client]] = {Version.V1: _v1}
_RECEIVERS: dict[Version, Receiver] = {Version.V1: v1_events.Receiver()}

MEANING: dict[tuple[int, str], Outcome] = {**ERRORS.meaning}
"""(HTTP status, type) -> what it means, of every version. The types differ between versions."""
