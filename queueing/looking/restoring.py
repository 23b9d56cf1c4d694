"""Learn from LinkedIn what was sent since a backup was made, before anything is sent by it again.

What LinkedIn shows as invited, or as connected, since then becomes sent: it holds its person and
counts against the caps. What it does not show but may have gone comes into doubt, and is settled as
any doubt is. Everybody else is looked up once more before their request.
"""

import datetime as dt
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import gates
from queueing.gates import limits
from queueing.looking import logins, syncing
from queueing.models import (
    Kind,
    ProcessRun,
    QueueItem,
    QueueItemQuerySet,
    SendAttempt,
    SendingStop,
)
from queueing.sending import RESTORED, Clock, judging, recording
from queueing.sending.judging import Seen
from queueing.telling import Fence
from queueing.unipile import Client, Relation, SentInvitation, UnipileError

logger = logging.getLogger(__name__)

Trace = SentInvitation | Relation

PAGES_OF_RELATIONS = (1, 5, 50)
A_DAY = dt.timedelta(days=1)
CAPS_REACH_BACK = dt.timedelta(days=7)
READY = (
    "The database was restored. What was sent since its backup has been read from LinkedIn: look "
    "at what is maybe sent, enter again what people decided meanwhile, then let sending go on."
)
_ROUTES = {
    Kind.CONNECTION_REQUEST: SendAttempt.Route.INVITE,
    Kind.MESSAGE: SendAttempt.Route.MESSAGE,
    Kind.WITHDRAWAL: SendAttempt.Route.WITHDRAWAL,
}
_WHY_IT_RESTS = (
    "The database was restored, and what this account sent since the backup cannot be read. By "
    "then none of that counts against its caps any more."
)
_LOST = "The database was restored from a backup, and the record of this call was lost."


class NotReadError(Exception):
    """What an account has sent cannot be read now; the message says why."""


def known_until() -> dt.datetime | None:
    """Return up to when the database surely knows what was sent; None where it never sent.

    That is the beginning of the last run that was not held back already, or of the last call.
    """
    runs = ProcessRun.objects.all()
    if stop := SendingStop.objects.open().of_all().first():
        runs = runs.filter(started_at__lt=stop.stopped_at)
    calls = SendAttempt.objects.filter(run__isnull=False)
    instants = (runs.aggregate(at=Max("started_at")), calls.aggregate(at=Max("started_at")))
    return max((one["at"] for one in instants if one["at"]), default=None)


def not_ours(client: Client) -> list[str]:
    """Return the ids of Unipile's LinkedIn accounts that the database does not know.

    :raises UnipileError: where they cannot be listed.
    """
    ours = set(LinkedInAccount.objects.values_list("unipile_account_id", flat=True))
    there = (one.id for one in client.accounts() if one.type == syncing.LINKEDIN)
    return sorted(set(there) - ours)


def read_back(
    client: Client, clock: Clock, since: dt.datetime, fence: Fence, *, rest_unread: bool = False
) -> Counter[str]:
    """Read of every account what it has sent since; return how many of what.

    An account that is not connected rests until what it may have sent counts no more. What could
    not be read is remembered by the fence: then nothing may be sent yet.

    :param rest_unread: let accounts rest as well that are connected and cannot be read.
    """
    became: Counter[str] = Counter()
    for account in LinkedInAccount.objects.order_by("name", "pk"):
        with fence.around(f"What {account} has sent", account.workspace_id):
            try:
                traces = _traces(client, account, since)
            except NotReadError:
                if account.status == LinkedInAccount.Status.CONNECTED and not rest_unread:
                    raise
                traces = None
            with transaction.atomic():
                LinkedInAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
                if traces is None:
                    became["accounts that rest"] += _rest(account, clock())
                else:
                    became += _write(account, traces, since, clock())
                    became["accounts read"] += 1
    return +became


def _traces(client: Client, account: LinkedInAccount, since: dt.datetime) -> list[Trace]:
    """Return whom the account has invited, or become connected with, since."""
    if account.status != LinkedInAccount.Status.CONNECTED:
        raise NotReadError(f"It is {account.get_status_display().lower()}.")
    if not logins.may_look(client, account):
        raise NotReadError("Unipile does not answer for it, or has somebody else logged in.")
    try:
        walk = client.sent_invitations(account.unipile_account_id)
        connected = _connected_since(client, account, since)
    except UnipileError as error:
        raise NotReadError(error.summary) from error
    if not walk.complete:
        raise NotReadError(f"Its list of sent invitations is not whole: {walk.trouble}")
    return [*(one for one in walk.invitations if _may_be_since(one, since)), *connected]


def _connected_since(
    client: Client, account: LinkedInAccount, since: dt.datetime
) -> list[Relation]:
    """Return whom the account has become connected with: the list has the newest first."""
    for pages in PAGES_OF_RELATIONS:
        walk = client.relations(account.unipile_account_id, pages=pages)
        times = [one.connected_at for one in walk.entries if one.connected_at is not None]
        if walk.complete or any(at < since for at in times):
            return [
                one for one in walk.entries if one.connected_at is None or one.connected_at >= since
            ]
    raise NotReadError(f"Its list of connections does not reach back: {walk.trouble}")


def _may_be_since(invitation: SentInvitation, since: dt.datetime) -> bool:
    # Days, weeks and months are rounded down, so an invitation is no newer than it is told to be.
    told = invitation.sent_at
    return told is None or told >= since - A_DAY


def _rest(account: LinkedInAccount, now: dt.datetime) -> bool:
    until = now + CAPS_REACH_BACK
    if account.paused_until is not None and account.paused_until >= until:
        return True
    account.rest(until, _WHY_IT_RESTS)
    account.changed_at = now
    account.save(update_fields=[*account.RESTED, "changed_at"])
    return True


def _write(
    account: LinkedInAccount, traces: Iterable[Trace], since: dt.datetime, now: dt.datetime
) -> Counter[str]:
    became: Counter[str] = Counter()
    traces = list(traces)
    known = _items_by_name(account, traces)
    for trace in traces:
        items = {item.pk: item for name in _names(trace) for item in known.get(name, ())}
        if any(item.sent_at is not None for item in items.values()):
            continue
        item = min(items.values(), key=_rank, default=None)
        found = "found in the queue" if item else "found, and not in the queue"
        try:
            with transaction.atomic():
                item = item or _new_item(account, trace, now)
                _record_found(item, account, trace, now)
        except IntegrityError:  # something else reached this person on that day
            logger.info("A trace of account %s is no request of ours", account.pk)
            continue
        became[found] += 1
        for name in _names(trace):
            known[name].append(QueueItem.objects.get(pk=item.pk))
    tried_at = now - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    for item in _may_have_gone(account, since, now):
        try:
            with transaction.atomic():
                _doubt(item, account, tried_at, now)
        except IntegrityError:  # something else reached this person today, so it has not gone
            logger.info("Item %s cannot have gone since", item.pk)
            continue
        became["in doubt"] += 1
    waiting = QueueItem.objects.pending().filter(linkedin_account=account)
    # No list tells how many messages and withdrawals went today: the next go on another day.
    tomorrow = gates.day_of(account, now).ends
    unread = waiting.exclude(kind=Kind.CONNECTION_REQUEST).filter(scheduled_for__lt=tomorrow)
    unread.update(scheduled_for=tomorrow, updated_at=now)
    Prospect.objects.filter(pk__in=waiting.values("prospect")).update(resolved_at=None)
    return became


def _names(trace: Trace) -> set[str]:
    """Return all that a trace can be matched by: names of its person, and its own id."""
    return {*trace.names, _own_id(trace)} - {""}


def _own_id(trace: Trace) -> str:
    return trace.id if isinstance(trace, SentInvitation) else ""


def _items_by_name(
    account: LinkedInAccount, traces: Iterable[Trace]
) -> defaultdict[str, list[QueueItem]]:
    names = set(chain.from_iterable(map(_names, traces)))
    of_its_own = Q(linkedin_account=account) & (
        Q(linkedin_user_id__in=names) | Q(invitation_id__in=names)
    )
    found_by_it = Q(prospect__resolved_with=account, prospect__linkedin_user_id__in=names)
    by_slug = Q(person_key__in=names) | Q(prospect__public_identifier__in=names)
    items = QueueItem.objects.filter(
        of_its_own | found_by_it | by_slug,
        workspace=account.workspace_id,
        kind=Kind.CONNECTION_REQUEST,
    ).select_related("prospect")
    known: defaultdict[str, list[QueueItem]] = defaultdict(list)
    for item in items:
        person = item.prospect
        for name in {
            item.person_key,
            item.linkedin_user_id,
            item.invitation_id,
            person.public_identifier,
            person.linkedin_user_id,
        }:
            known[name].append(item)
    return known


def _rank(item: QueueItem) -> tuple[bool, bool, float]:
    """Order items of one person: what holds it first, for only one of them can."""
    holds = item.status in QueueItem.PERSON_HELD_BY or item.tried_at is not None
    ended = item.status == QueueItem.Status.SKIPPED
    return (not holds, ended, -item.created_at.timestamp())


def _new_item(account: LinkedInAccount, trace: Trace, now: dt.datetime) -> QueueItem:
    """Make an item of somebody who was queued, or even imported, after the backup."""
    of_workspace = Prospect.objects.filter(campaign__workspace=account.workspace_id)
    by_id = Q(resolved_with=account, linkedin_user_id__in=trace.names)
    by_name = Q(public_identifier__in=trace.names) & ~Q(public_identifier="")
    prospect = of_workspace.filter(by_name | by_id).order_by("-created_at").first()
    if prospect is None:
        campaign, _ = Campaign.objects.get_or_create(
            workspace=account.workspace,
            name=f"Found on LinkedIn after the restore of {now:%Y-%m-%d}",
            defaults={"status": Campaign.Status.ARCHIVED},
        )
        slug = trace.public_identifier
        prospect = Prospect.objects.create(
            campaign=campaign,
            public_identifier=slug,
            profile_url=f"https://www.linkedin.com/in/{slug}" if slug else "",
            linkedin_user_id=_id_of_person(trace),
            resolved_with=account if _id_of_person(trace) else None,
            status=Prospect.Status.QUEUED,
        )
    return QueueItem.objects.create(
        workspace=account.workspace,
        campaign=prospect.campaign,
        prospect=prospect,
        linkedin_account=account,
        linkedin_user_id=_id_of_person(trace),
        person_key=prospect.person_key or _own_id(trace),
        scheduled_for=now,
        status=QueueItem.Status.UNCONFIRMED,
        claimed_at=now,
        tried_at=now,
    )


def _id_of_person(trace: Trace) -> str:
    return trace.provider_id if isinstance(trace, Relation) else trace.invited_user_id


def _record_found(
    item: QueueItem, account: LinkedInAccount, trace: Trace, now: dt.datetime
) -> None:
    """Make it sent, by the latest instant at which that can have been: caps count by it."""
    if isinstance(trace, Relation):
        seen, invitation_id, at = Seen.CONNECTED, "", trace.connected_at
    else:
        exact = dt.timedelta(0) if trace.is_exact else A_DAY
        seen, invitation_id = Seen.INVITED, trace.id
        at = trace.sent_at and trace.sent_at + exact
    bound = dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    tried_at = min(now, at or now) - bound
    _doubt(item, account, tried_at, now)
    verdict = judging.by_what_is_seen(seen, tried_at, now)
    if verdict is None:
        raise AssertionError("an invitation, or a connection, after a try is always a verdict")
    item.refresh_from_db()
    recording.settle_doubt(item, verdict, now, invitation_id=invitation_id)


def _may_have_gone(
    account: LinkedInAccount, since: dt.datetime, now: dt.datetime
) -> Iterator[QueueItem]:
    """Yield what may have been sent since and was not found: of each campaign the first in turn.

    No more of them than the account may have sent, had it sent for that campaign alone.
    """
    yield from account.queue_items.filter(status=QueueItem.Status.UNCONFIRMED)
    waiting = account.queue_items.pending()
    yield from waiting.maybe_arrived()
    zone = gates.policy().day_zone
    today = now.astimezone(zone).date()
    days = (today - limits.day_start(since, zone).astimezone(zone).date()).days + 1
    # A withdrawal that is made again does no harm.
    due = waiting.due(now).exclude(kind=Kind.WITHDRAWAL)
    due = due.filter(campaign__status=Campaign.Status.ACTIVE, tried_at__isnull=True)
    for campaign, kind in set(due.order_by().values_list("campaign", "kind")):
        at_most = gates.daily_limit_of(account, today, kind=kind).value * days
        yield from _first(due.filter(campaign=campaign, kind=kind), at_most)


def _first(items: QueueItemQuerySet, number: int) -> list[QueueItem]:
    return list(items[:number])


def _doubt(
    item: QueueItem, account: LinkedInAccount, tried_at: dt.datetime, now: dt.datetime
) -> None:
    """Put an item in doubt, with the call that may have been made for it as its evidence."""
    last = item.send_attempts.aggregate(last=Max("number"))["last"] or 0
    SendAttempt.objects.create(
        item=item,
        linkedin_account=account,
        kind=SendAttempt.Kind.SEND,
        route=_ROUTES[Kind(item.kind)],
        number=last + 1,
        started_at=tried_at,
        finished_at=now,
        outcome=RESTORED,
        error_code=RESTORED,
        detail=_LOST,
    )
    QueueItem.objects.filter(pk=item.pk).update(
        linkedin_account=account,
        status=QueueItem.Status.UNCONFIRMED,
        claim_token=None,
        claimed_at=tried_at,
        tried_at=tried_at,
        searched_at=None,
        error_code=RESTORED,
        error_message="The database was restored from a backup: this may have been sent since.",
        updated_at=now,
    )
