"""When is what is in doubt looked up? Soon at first, then less and less often."""

import datetime as dt

from django.db.models import Max, QuerySet

from campaigns.models import LinkedInAccount
from queueing.models import QueueItem, SendAttempt
from queueing.sending import outcomes, retries
from queueing.unipile import Outcome

FIRST_LOOK_AFTER = dt.timedelta(seconds=60)  # a fresh invitation takes up to a minute to show
BETWEEN_LOOKS = dt.timedelta(minutes=30)
LOOKS_AT_THIS_PACE = 6  # then each waits twice as long as the last: profile views are budgeted
BETWEEN_LOOKS_AT_MOST = dt.timedelta(days=1)
BETWEEN_WALKS = dt.timedelta(hours=1)

NAMES_LOOKED_UP = 2  # of one person: by id, and by slug where the id has gone stale
WAITS_FOR_ITS_RETRY = dt.timedelta(minutes=20)  # which begins with a look of its own


def next_look_at(item: QueueItem, now: dt.datetime) -> dt.datetime:
    """Return from when on an item in doubt is looked up.

    A minute after the call, then every half hour; what still is in doubt after some hours, less and
    less often.
    """
    call, looks = calls(item)
    if looks:
        views = sum(look.route != SendAttempt.Route.SENT_LIST for look in looks)
        times_before = max(0, views - LOOKS_AT_THIS_PACE)
        wait = retries.doubled(BETWEEN_LOOKS, times_before, BETWEEN_LOOKS_AT_MOST)
        at = looks[-1].started_at + wait
    else:
        at = (call.started_at if call else item.claimed_at or now) + FIRST_LOOK_AFTER
    if item.status == QueueItem.Status.PENDING and item.tried_at:
        at = max(at, item.tried_at + WAITS_FOR_ITS_RETRY)
    return at


def next_walk_at(account: LinkedInAccount, now: dt.datetime) -> dt.datetime:
    """Return from when on an account's list of sent invitations is walked again.

    What has been looked up before is looked up with the next walk only: a profile alone settles
    nothing then.
    """
    walks = SendAttempt.objects.filter(
        linkedin_account=account,
        route=SendAttempt.Route.SENT_LIST,
        started_at__gt=now - BETWEEN_WALKS,
    )
    last = walks.aggregate(at=Max("started_at"))["at"]
    return last + BETWEEN_WALKS if last else now


def throttled_since(now: dt.datetime) -> QuerySet[SendAttempt]:
    """Return the look-ups that were answered "too many" so lately that the account makes none."""
    return SendAttempt.objects.filter(
        kind=SendAttempt.Kind.LOOKUP,
        outcome=Outcome.THROTTLED,
        started_at__gt=now - outcomes.THROTTLE_REST,
    )


def calls(item: QueueItem) -> tuple[SendAttempt | None, list[SendAttempt]]:
    """Return the send that is in doubt, and the look-ups made since."""
    attempts = list(item.send_attempts.order_by("number"))
    sends = [number for number, made in enumerate(attempts) if made.kind == SendAttempt.Kind.SEND]
    if not sends:
        return None, attempts
    return attempts[sends[-1]], attempts[sends[-1] + 1 :]
