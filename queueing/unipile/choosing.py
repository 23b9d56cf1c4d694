"""The one place that knows which version of Unipile's API is spoken."""

from collections.abc import Callable
from enum import StrEnum

from queueing.unipile.answers import NOT_CONNECTED
from queueing.unipile.outcomes import Outcome
from queueing.unipile.protocol import Client, Receiver
from queueing.unipile.tables import About
from queueing.unipile.v1 import client as v1
from queueing.unipile.v1 import errors as v1_errors
from queueing.unipile.v1 import events as v1_events
from queueing.unipile.v2 import client as v2
from queueing.unipile.v2 import errors as v2_errors
from queueing.unipile.v2 import events as v2_events


class Version(StrEnum):
    """The versions of Unipile's API. They share no accounts, keys or addresses."""

    V1 = "v1"
    V2 = "v2"


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
    return v1.V1Client(v1.base_url(dsn), api_key, **times)  # type: ignore[arg-type]


def _v2(dsn: str, api_key: str, service_key: str, times: dict[str, float]) -> Client:
    return v2.V2Client(v2.base_url(dsn), api_key, service_key=service_key, **times)


_CLIENTS: dict[Version, Callable[[str, str, str, dict[str, float]], Client]] = {
    Version.V1: _v1,
    Version.V2: _v2,
}
_RECEIVERS: dict[Version, Receiver] = {
    Version.V1: v1_events.Receiver(),
    Version.V2: v2_events.Receiver(),
}
_TABLES = (v1_errors.ERRORS, v2_errors.ERRORS)

MEANING: dict[tuple[int, str], Outcome] = {
    key: outcome for table in _TABLES for key, outcome in table.meaning.items()
}
"""(HTTP status, type) -> what it means, of every version. The types differ between versions."""
OF_A_WRONG_ID = frozenset().union(*(table.wrong_id for table in _TABLES))
"""The types that may say that an id is not, or no longer, one of this account's."""


def codes_about(what: About) -> frozenset[str]:
    """Return the codes, of every version, that are about something."""
    seen = {NOT_CONNECTED} if what in {About.CONNECTION, About.PERSON} else set()
    return frozenset(seen).union(*(table.about(what) for table in _TABLES))
