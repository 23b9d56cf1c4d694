"""How many profiles an account may look at today: LinkedIn bears about a hundred views."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from campaigns.models import LinkedInAccount, Prospect
from queueing import gates
from queueing.models import SendAttempt


def views_today(account: LinkedInAccount, now: dt.datetime) -> int:
    """Count the profiles that the account has looked at since its day of the caps began."""
    day_began_at = min(day.begins for day in gates.days_of(account, now))
    ahead = Prospect.objects.filter(resolved_with=account, resolved_at__gte=day_began_at)
    return (
        ahead.order_by().values("public_identifier", "linkedin_user_id").distinct().count()
        + ahead.filter(resolved_twice=True).count()
        + _views(account, day_began_at)
    )


def left_for_doubts(account: LinkedInAccount, now: dt.datetime) -> int:
    """Return how many profiles may still be looked at today to settle doubts.

    What the day's budget leaves, and a part of it in any case: sending must not starve settling.
    """
    day_began_at = min(day.begins for day in gates.days_of(account, now))
    settling = _views(account, day_began_at, run__isnull=True)
    in_any_case = settings.LOOK_UPS_PER_DAY // 4 - settling
    return max(settings.LOOK_UPS_PER_DAY - views_today(account, now), in_any_case, 0)


def _views(account: LinkedInAccount, since: dt.datetime, **of: Any) -> int:
    """Count the profiles looked at for items; one that it took a second look to believe is two."""
    looks = SendAttempt.objects.filter(kind=SendAttempt.Kind.LOOKUP, started_at__gte=since, **of)
    counted = (
        looks.filter(linkedin_account=account)
        .exclude(route__in=[SendAttempt.Route.SENT_LIST, SendAttempt.Route.CHAT])
        .aggregate(once=Count("pk"), again=Count("pk", filter=Q(asked_again=True)))
    )
    return int(counted["once"] + counted["again"])
