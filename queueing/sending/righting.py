"""Put right what a clock wrote that was wrong once: times far ahead would hold accounts till then.

What is righted counts from now on, so that nothing which was sent is ever left out of a cap.
"""

import datetime as dt
import logging
import uuid
from collections import Counter
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from campaigns.models import LinkedInAccount, Prospect
from queueing.models import Kind, Notice, ProcessRun, QueueItem, SendAttempt
from queueing.telling import notices

logger = logging.getLogger(__name__)

FAR = dt.timedelta(days=2)  # more than any time zone, or summer, can be mistaken by
LAST_DAYS = dt.timedelta(days=8)
REST_AT_MOST = dt.timedelta(days=7)  # SendQ itself lets no account rest for longer
REST_INSTEAD = dt.timedelta(days=3)
PLANNED_AT_MOST = dt.timedelta(days=150)  # sixty working days, as a step may wait, and holidays

_OF_ACCOUNTS: tuple[tuple[QuerySet, str, str], ...] = (  # type: ignore[type-arg]
    (QueueItem.objects.filter(sent_at__isnull=False), "sent_at", "linkedin_account"),
    (
        QueueItem.objects.filter(
            status__in=[QueueItem.Status.SENDING, QueueItem.Status.UNCONFIRMED]
        ),
        "claimed_at",
        "linkedin_account",
    ),
    (QueueItem.objects.filter(sent_at__isnull=True), "tried_at", "linkedin_account"),
    (QueueItem.objects.filter(tried_at__isnull=False), "searched_at", "linkedin_account"),
    (SendAttempt.objects.all(), "started_at", "linkedin_account"),
    (SendAttempt.objects.all(), "finished_at", "linkedin_account"),
    (Prospect.objects.filter(resolved_with__isnull=False), "resolved_at", "resolved_with"),
    (LinkedInAccount.objects.all(), "relations_read_at", "pk"),
    (LinkedInAccount.objects.all(), "chats_read_at", "pk"),
    (QueueItem.objects.pending(), "ask_again_at", "linkedin_account"),
)


def right(now: dt.datetime) -> int:
    """Bring times that lie far ahead to now, and name them; return how many.

    Where more runs of the last days say that it is later than say that it is now, this clock is the
    wrong one, and nothing is touched.
    """
    far = now + FAR
    if not _is_anything_far(now):
        return 0
    ahead = ProcessRun.objects.filter(started_at__gt=far).count()
    if ahead > ProcessRun.objects.filter(started_at__range=(now - LAST_DAYS, now)).count():
        logger.error("%s runs have begun after %s: is this clock behind?", ahead, now)
        return 0
    righted: Counter[uuid.UUID] = Counter()
    latest: dict[uuid.UUID, dt.datetime] = {}
    for rows, field, of_account in _OF_ACCOUNTS:
        wrong = rows.filter(**{f"{field}__gt": far})
        counted = wrong.order_by().values_list(of_account).annotate(Count("pk"), Max(field))
        for pk, number, last in counted:
            righted[pk] += number
            latest[pk] = max(last, latest.get(pk, last))
        if counted:
            wrong.update(**{field: now})
    for account in LinkedInAccount.objects.filter(pk__in=righted):
        told = (
            f"{righted[account.pk]} times of it lay in the future, up to "
            f"{latest[account.pk]:%Y-%m-%d}: a clock was wrong. They count as {now:%Y-%m-%d}."
        )
        notices.account_changed(account, told, now)
        logger.error("%s: %s", account, told)
    planned = QueueItem.objects.pending().exclude(kind=QueueItem.Kind.CONNECTION_REQUEST)
    planned.filter(scheduled_for__gt=now + PLANNED_AT_MOST, pinned=False).update(scheduled_for=now)
    ProcessRun.objects.filter(started_at__gt=far).update(started_at=now)
    Notice.objects.filter(claimed_at__gt=far).update(claimed_at=None)
    return righted.total() + _right_rests(now)


def _is_anything_far(now: dt.datetime) -> bool:
    """Ask that in one query: nearly always the answer is no."""
    far = now + FAR
    those = [
        rows.filter(**{f"{field}__gt": far})
        for rows, field in [
            *((rows, field) for rows, field, _ in _OF_ACCOUNTS),
            (LinkedInAccount.objects.all(), "changed_at"),
            (LinkedInAccount.objects.filter(paused_until__gt=now + REST_AT_MOST), "paused_until"),
            (ProcessRun.objects.all(), "started_at"),
            (Notice.objects.filter(mailed_at__isnull=True), "claimed_at"),
        ]
    ]
    those.append(_with_too_long_rests_of_a_kind(now))
    first, *others = (rows.order_by().values("pk")[:1] for rows in those)
    return bool(first.union(*others, all=True))


def _right_rests(now: dt.datetime) -> int:
    """Shorten rests that SendQ cannot have meant, and that nobody has chosen."""
    righted = 0
    for known in LinkedInAccount.objects.filter(paused_until__gt=now + REST_AT_MOST):
        if known.paused_until is None or _is_chosen(known, known.paused_until):
            continue
        with transaction.atomic():
            account = LinkedInAccount.objects.select_for_update(no_key=True).get(pk=known.pk)
            if account.paused_until != known.paused_until:
                continue
            account.paused_until, account.changed_at = now + REST_INSTEAD, now
            account.asked_until = None
            account.save(update_fields=["paused_until", "asked_until", "changed_at"])
            told = (
                f"Its rest was to last until {known.paused_until:%Y-%m-%d}, longer than SendQ lets "
                f"any account rest: a clock was wrong. It ends on {account.paused_until:%Y-%m-%d}."
            )
            notices.account_changed(account, told, now)
        logger.error("%s: %s", account, told)
        righted += 1
    for account in _with_too_long_rests_of_a_kind(now):
        latest = max(rest["until"] for rest in account.kind_rests.values())
        LinkedInAccount.objects.filter(pk=account.pk).update(kind_rests={})
        logger.error("%s: a rest until %s is ended: a clock was wrong", account, latest)
        righted += 1
    LinkedInAccount.objects.filter(changed_at__gt=now + FAR).update(changed_at=now)
    return righted


def _with_too_long_rests_of_a_kind(now: dt.datetime) -> QuerySet[LinkedInAccount]:
    """Return the accounts of which something rests longer than SendQ lets it: compared as text."""
    latest = (now + REST_AT_MOST).astimezone(dt.UTC).isoformat()
    too_long = (Q(**{f"kind_rests__{kind}__until__gt": latest}) for kind in Kind.values)
    return LinkedInAccount.objects.filter(reduce(or_, too_long))


def _is_chosen(account: LinkedInAccount, until: dt.datetime) -> bool:
    """Return whether somebody let the account rest until then: the log has it."""
    entries = LogEntry.objects.filter(
        content_type__app_label="campaigns",
        content_type__model="linkedinaccount",
        object_id=str(account.pk),
    )
    return entries.filter(change_message__contains=f"Rests until {until:%Y-%m-%d %H:%M}").exists()
