"""Settle what is in doubt: ask LinkedIn, through the item's own account, whether it was invited.

Reads only. An item is looked up by its profile, then in a complete walk of the account's sent
invitations. Only two complete walks without it, some time apart, mean that it was not sent.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from campaigns.models import LinkedInAccount, Prospect
from campaigns.people import slug_told
from queueing import gates
from queueing.gates import hours
from queueing.models import QueueItem, SendAttempt
from queueing.sending import Clock, Verdict, claiming, outcomes, recording, recovering, retries
from queueing.unipile import Client, Outcome, Profile, SentInvitation, UnipileError

logger = logging.getLogger(__name__)

FIRST_LOOK_AFTER = dt.timedelta(seconds=60)  # a fresh invitation takes up to a minute to show
BETWEEN_LOOKS = dt.timedelta(minutes=30)
LOOKS_AT_THIS_PACE = 6  # then each waits twice as long as the last: profile views are budgeted
BETWEEN_LOOKS_AT_MOST = dt.timedelta(days=1)
BETWEEN_WALKS = dt.timedelta(hours=1)
LOOKS_PER_ACCOUNT = 20  # in one run; profile views are budgeted

NOTHING = "nothing"  # the outcome of a look-up that was complete and found no trace
FOUND = "found"  # the outcome of one that did
Route = SendAttempt.Route
_WITH_ITEMS = (
    "prospect",
    "linkedin_account",
    "campaign__sending_hours",
    "campaign__workspace__sending_hours",
)


@dataclass(frozen=True)
class Finding:
    """What LinkedIn shows of an item: a verdict, and the invitation's id where it is known."""

    verdict: Verdict
    invitation_id: str = ""


def reconcile(client: Client, clock: Clock) -> Counter[str]:
    """Look up what is in doubt and due for a look; return how many items became what."""
    released, in_doubt = recovering.recover(clock())
    settled = Counter({"released": released, "interrupted": in_doubt})
    for account in _accounts_in_doubt(clock()):
        due = [item for item in _in_doubt(account) if _is_due(item, clock())]
        settled += check(client, account, due[:LOOKS_PER_ACCOUNT], clock)
    return +settled


def check_item(client: Client, item_id: uuid.UUID, clock: Clock) -> str:
    """Look one unconfirmed item up now; return its status afterwards.

    :raises QueueItem.DoesNotExist: where there is no such item.
    """
    items = QueueItem.objects.select_related(*_WITH_ITEMS)
    item = items.get(pk=item_id)
    if item.status == QueueItem.Status.UNCONFIRMED:
        check(client, item.linkedin_account, [item], clock)
        item.refresh_from_db()
    return QueueItem.Status(item.status)


def check(
    client: Client, account: LinkedInAccount, items: Sequence[QueueItem], clock: Clock
) -> Counter[str]:
    """Look up an account's items: profiles first, then one walk for all that are left."""
    settled: Counter[str] = Counter()
    left: dict[QueueItem, bool] = {}
    for item in items:
        looked = _by_profile(client, account, item, clock)
        if looked is None:
            break  # the account cannot look anybody up now
        if isinstance(looked, Finding):
            settled[_settle(item, looked, clock())] += 1
        else:
            left[item] = looked
    for item, finding in _by_walk(client, account, left, clock):
        if finding is not None:
            settled[_settle(item, finding, clock())] += 1
        elif _was_not_sent(item, clock()):
            settled[_settle(item, Finding(_not_sent(item, clock())), clock())] += 1
    return settled


def _accounts_in_doubt(now: dt.datetime) -> Iterable[LinkedInAccount]:
    """Return whose items are in doubt, but for accounts that were told to slow down just now."""
    throttled = SendAttempt.objects.filter(
        kind=SendAttempt.Kind.LOOKUP,
        outcome=Outcome.THROTTLED,
        started_at__gt=now - outcomes.THROTTLE_REST,
    )
    return (
        LinkedInAccount.objects.filter(
            status=LinkedInAccount.Status.CONNECTED,
            queue_items__status=QueueItem.Status.UNCONFIRMED,
        )
        .exclude(pk__in=throttled.values("item__linkedin_account"))
        .distinct()
    )


def _in_doubt(account: LinkedInAccount) -> Iterable[QueueItem]:
    return (
        account.queue_items.filter(status=QueueItem.Status.UNCONFIRMED)
        .select_related(*_WITH_ITEMS)
        .order_by("claimed_at", "id")
    )


def _is_due(item: QueueItem, now: dt.datetime) -> bool:
    """Return whether it is time to look: a minute after the call, then every half hour.

    What still is in doubt after some hours is looked up less and less often.
    """
    call, looks = _calls(item)
    if looks:
        views = sum(look.route == Route.PROFILE for look in looks)
        times_before = max(0, views - LOOKS_AT_THIS_PACE)
        wait = retries.doubled(BETWEEN_LOOKS, times_before, BETWEEN_LOOKS_AT_MOST)
        return looks[-1].started_at + wait <= now
    return (call.started_at if call else item.claimed_at or now) + FIRST_LOOK_AFTER <= now


def _calls(item: QueueItem) -> tuple[SendAttempt | None, list[SendAttempt]]:
    """Return the send that is in doubt, and the look-ups made since."""
    attempts = list(item.send_attempts.order_by("number"))
    sends = [number for number, made in enumerate(attempts) if made.kind == SendAttempt.Kind.SEND]
    if not sends:
        return None, attempts
    return attempts[sends[-1]], attempts[sends[-1] + 1 :]


def _by_profile(
    client: Client, account: LinkedInAccount, item: QueueItem, clock: Clock
) -> Finding | bool | None:
    """Look at the profile. True: no trace there, so walk the list; None: nobody can be looked up.

    False: this one profile cannot be read, so only a find in the list says something.
    """
    for name in filter(None, (item.linkedin_user_id, item.prospect.public_identifier)):
        (attempt,) = _begin([item], Route.PROFILE, clock())
        try:
            profile = client.profile(account.unipile_account_id, name)
        except UnipileError as error:
            _end_with_error([attempt], error, clock())
            if error.outcome == Outcome.REJECTED:
                continue  # ids go stale when an account is connected anew; the slug may still do
            is_unreadable = error.outcome == Outcome.NOT_SENT and error.http_status not in {
                None,
                503,
            }
            return False if is_unreadable else None
        finding = _finding(profile, clock())
        _end(attempt, FOUND if finding else NOTHING, profile.raw, clock())
        return finding or True
    return False


def _finding(profile: Profile, now: dt.datetime) -> Finding | None:
    if outcomes.is_connected(profile):
        return Finding(
            Verdict(
                QueueItem.Status.SENT,
                "reconciled",
                "Found: already connected.",
                prospect_status=Prospect.Status.CONNECTED,
            )
        )
    seen = (profile.invitation_type, profile.invitation_status)
    if seen == ("SENT", "PENDING"):
        return Finding(_FOUND_INVITED)
    if seen[0] == "SENT":
        return Finding(outcomes.withdrawn(now))
    return None


_FOUND_INVITED = Verdict(
    QueueItem.Status.SENT,
    "reconciled",
    "Found: LinkedIn shows the invitation.",
    prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
)


def _by_walk(
    client: Client, account: LinkedInAccount, items: Mapping[QueueItem, bool], clock: Clock
) -> list[tuple[QueueItem, Finding | None]]:
    """Walk the account's sent invitations once for all items; nothing where it is too early.

    From a partial walk nothing is concluded.

    :param items: each with whether its profile was read and shows no trace: only then does a walk
        without it count.
    """
    attempts = _begin_walk(account, list(items), clock())
    if not attempts:
        return []
    try:
        walk = client.sent_invitations(account.unipile_account_id)
    except UnipileError as error:
        _end_with_error(attempts, error, clock())
        return []
    if not walk.complete:
        for attempt in attempts:
            _end(attempt, Outcome.UNKNOWN, "The walk was not complete.", clock())
        return []
    looked = []
    for (item, counts), attempt in zip(items.items(), attempts, strict=True):
        found = _match(item, walk.invitations)
        told = f"A complete walk of {len(walk.invitations)} sent invitations."
        if not counts:
            told += " Its profile cannot be read, so that it is not there proves nothing."
        without = NOTHING if counts else Outcome.UNKNOWN
        _end(attempt, FOUND if found else without, told, clock())
        looked.append((item, Finding(_FOUND_INVITED, found.id) if found else None))
    return looked


def _match(item: QueueItem, invitations: Iterable[SentInvitation]) -> SentInvitation | None:
    slug = item.prospect.public_identifier
    for invitation in invitations:
        same_id = invitation.invited_user_id and invitation.invited_user_id == item.linkedin_user_id
        if same_id or (slug and slug_told(invitation.public_identifier) == slug):
            return invitation
    return None


def _begin_walk(
    account: LinkedInAccount, items: Sequence[QueueItem], now: dt.datetime
) -> list[SendAttempt]:
    """Write the attempts of a walk, unless the account's list was walked within the hour."""
    if not items:
        return []
    with transaction.atomic():
        LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        walks = SendAttempt.objects.filter(
            item__linkedin_account=account,
            route=Route.SENT_LIST,
            started_at__gt=now - BETWEEN_WALKS,
        )
        return [] if walks.exists() else _begin(items, Route.SENT_LIST, now)


def _begin(
    items: Sequence[QueueItem], route: SendAttempt.Route, now: dt.datetime
) -> list[SendAttempt]:
    """Write one look-up attempt for each item, before the call."""
    with transaction.atomic():
        ids = [item.pk for item in items]
        # The lock makes two that look at once take different numbers.
        list(QueueItem.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        _close_dead_looks(ids, now)
        attempts = []
        for item in items:
            last = item.send_attempts.aggregate(last=Max("number"))["last"] or 0
            attempts.append(
                SendAttempt.objects.create(
                    item=item,
                    kind=SendAttempt.Kind.LOOKUP,
                    route=route,
                    number=last + 1,
                    started_at=now,
                )
            )
    return attempts


def _close_dead_looks(item_ids: Iterable[uuid.UUID], now: dt.datetime) -> None:
    """Finish the look-ups whose process died: beyond the bound none can still be under way."""
    SendAttempt.objects.filter(
        item__in=item_ids,
        kind=SendAttempt.Kind.LOOKUP,
        finished_at__isnull=True,
        started_at__lt=now - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS),
    ).update(
        finished_at=now,
        outcome=Outcome.UNKNOWN,
        error_code=claiming.INTERRUPTED,
        detail="The process that made this look-up ended before the answer was recorded.",
    )


def _end(attempt: SendAttempt, outcome: str, detail: str, now: dt.datetime) -> None:
    attempt.finished_at, attempt.outcome, attempt.detail = now, outcome, detail
    attempt.save(update_fields=["finished_at", "outcome", "detail"])


def _end_with_error(attempts: Iterable[SendAttempt], error: UnipileError, now: dt.datetime) -> None:
    for attempt in attempts:
        attempt.http_status, attempt.error_code = error.http_status, error.error_type[:100]
        attempt.save(update_fields=["http_status", "error_code"])
        _end(attempt, error.outcome, error.raw or error.summary, now)


def _was_not_sent(item: QueueItem, now: dt.datetime) -> bool:
    """Return whether two complete walks, long enough apart, found no trace of the item."""
    _, looks = _calls(item)
    walks = [
        look.started_at
        for look in looks
        if look.route == Route.SENT_LIST and look.outcome == NOTHING
    ]
    return len(walks) >= 2 and walks[-1] - walks[0] >= BETWEEN_LOOKS


def _not_sent(item: QueueItem, now: dt.datetime) -> Verdict:
    """Return the verdict on an item that was certainly not sent: a retry, or given up."""
    delays = settings.RETRY_DELAYS_SECONDS
    if retries.retry_at(now, item.attempts + 1, delays) is None:
        return Verdict(
            QueueItem.Status.FAILED,
            "not_sent",
            f"Not sent: LinkedIn shows no trace of it. Given up after {item.attempts + 1} tries.",
            burns_attempt=True,
            prospect_status=Prospect.Status.FAILED,
        )
    return Verdict(
        QueueItem.Status.PENDING,
        "not_sent",
        "Not sent: two complete looks through the sent invitations found no trace of it.",
        burns_attempt=True,
        retry_at=hours.next_opening(gates.hours_of(item.campaign.hours()), now) or now,
    )


def _settle(item: QueueItem, finding: Finding, now: dt.datetime) -> str:
    """Record what was found; return the item's new status, or `changed_meanwhile`."""
    call, _ = _calls(item)
    began_at = call.started_at if call else item.claimed_at or now
    sent_at = None
    if finding.verdict.status == QueueItem.Status.SENT or (
        finding.verdict.error_code == outcomes.WITHDRAWN
    ):
        # The latest instant at which the effect can have come about: caps count by it.
        bound = dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
        sent_at = min(now, began_at + bound)
    won = recording.settle_doubt(item, finding.verdict, finding.invitation_id, sent_at, now)
    return finding.verdict.status if won else "changed_meanwhile"
