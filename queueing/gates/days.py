"""The day of an account's caps: when it begins, and which days count while its zone changes.

Every place that needs a day of the caps asks here.
"""

import datetime as dt
import logging
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from campaigns.hours import zones
from campaigns.models import LinkedInAccount
from queueing.gates import limits

logger = logging.getLogger(__name__)


def zone_of(account: LinkedInAccount) -> ZoneInfo:
    """Return the zone in whose days an account's caps count: its own, or `DAILY_CAP_TIMEZONE`."""
    return _zone(account.day_zone)


def day_of(account: LinkedInAccount, now: dt.datetime) -> limits.Day:
    """Return the day of an account's caps that `now` falls into."""
    return limits.day_at(now, zone_of(account))


def days_of(account: LinkedInAccount, now: dt.datetime) -> list[limits.Day]:
    """Return all the days whose cap binds an account at `now`: its own first.

    After a change of zone the day that was under way in the old one counts to its end, so that no
    local day, old or new, sees more than one cap.
    """
    found = [day_of(account, now)]
    for key, until in _counted_before(account, now):
        day = limits.day_at(now, _zone(key))
        if now < until and day not in found:
            found.append(day)
    return found


def counting_from_now_on(account: LinkedInAccount, now: dt.datetime) -> dict[str, Any]:
    """Return what an account must remember of its zones when it sends, as an update takes it.

    Empty where nothing has changed. The caller holds the account's lock: a zone is noted with the
    first request that counts in it, however it came to be changed, the setting included.
    """
    key = zone_of(account).key
    if account.counted_in == key:
        return {}
    before = [(of, limits.day_at(now, _zone(of)).ends) for of, _ in _counted_before(account, now)]
    return {
        "counted_in": key,
        "counted_before": [[of, ends.isoformat()] for of, ends in before if of != key],
    }


def _counted_before(account: LinkedInAccount, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Return the zones whose day under way still binds, beside the present one, and until when."""
    found = [(of, dt.datetime.fromisoformat(until)) for of, until in account.counted_before]
    found = [(of, until) for of, until in found if now < until]
    # Nothing was sent since the change: the old zone's day, whichever it is by now, has not ended.
    last = account.counted_in
    if last and last != zone_of(account).key:
        found.append((last, limits.day_at(now, _zone(last)).ends))
    return found


def _zone(key: str) -> ZoneInfo:
    return zones.zone(key) if _is_known(key) else zones.zone(settings.DAILY_CAP_TIMEZONE)


@lru_cache(maxsize=1024)  # also makes the log speak once a process
def _is_known(key: str) -> bool:
    if key and key not in zones.names():
        logger.error("Unknown time zone %r: DAILY_CAP_TIMEZONE is taken instead", key)
    return key in zones.names()
