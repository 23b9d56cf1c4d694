"""Work off what Unipile has told by webhooks: late, twice and in any order, as it comes.

An event is a hint. A message is believed once the conversation shows it, for Unipile has named the
wrong sender; an account is asked how it is. Only who is connected is taken from the event, for the
list of connections says nothing else.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Min

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import answers, connecting, syncing
from queueing.models import WebhookEvent
from queueing.sending import Clock, retries
from queueing.telling import Fence, in_words
from queueing.unipile import (
    ChatKind,
    Client,
    Event,
    EventKind,
    MessageKind,
    Outcome,
    Receiver,
    UnipileError,
)

logger = logging.getLogger(__name__)

WEBHOOK_PATH = "api/unipile/webhook"
AT_MOST = 500  # in one run; the next comes in a minute
FIRST_RETRY, LAST_RETRY = dt.timedelta(minutes=1), dt.timedelta(days=1)
NAMED_AFTER = dt.timedelta(hours=2)
KEPT_FOR = dt.timedelta(days=30)
OF_DEVELOPMENT = "of a development application of Unipile's: ignored where people are written to"
LAG = dt.timedelta(minutes=2)  # what Unipile keeps shows a message later than the webhook tells it


class NotYetError(Exception):
    """What the event tells of does not show yet; the message says what."""


def webhook_address() -> str:
    """Return the whole address at which Unipile reaches this installation."""
    return f"{settings.SITE_URL}/{WEBHOOK_PATH}"


def work_off(client: Client, receiver: Receiver, clock: Clock, fence: Fence) -> Counter[str]:
    """Work off the events that are due; return how many had which outcome.

    One that fails is tried again, later and later, at last once a day: see `trouble`. The others go
    on.
    """
    done: Counter[str] = Counter()
    for event in WebhookEvent.objects.to_do(clock())[:AT_MOST]:
        with fence.around(
            f"The webhook of {event.received_at:%Y-%m-%d %H:%M:%S}",
            then=partial(_try_later, event, clock),
        ):
            try:
                done[_work_on(client, receiver, event, clock)] += 1
            except (NotYetError, UnipileError, answers.NotReadError) as error:
                _try_later(event, clock, error)
                done["put off"] += 1
    forget(clock())
    return done


def _work_on(client: Client, receiver: Receiver, row: WebhookEvent, clock: Clock) -> str:
    """Read what an event calls for; then write that, and the event's key, in one transaction."""
    try:
        told = receiver.parse(row.body.encode(), row.received_at)
    except ValueError as error:
        return _end(row, None, f"No event: {error}", clock())
    if WebhookEvent.objects.filter(key=told.key).exists():
        return _end(row, None, "told before", clock())
    if told.of_development and not settings.IN_SANDBOX:
        return _end(row, told, OF_DEVELOPMENT, clock())
    write = _OF_KIND.get(told.kind, _of_nothing)(client, told, row, clock)
    try:
        with transaction.atomic():
            return _end(row, told, write(), clock())
    except IntegrityError:
        if not WebhookEvent.objects.filter(key=told.key).exists():
            raise
        return _end(row, None, "told before", clock())  # another worker was quicker


def _end(row: WebhookEvent, told: Event | None, outcome: str, now: dt.datetime) -> str:
    row.handled_at, row.body, row.outcome = now, "", outcome[:200]
    if told is not None:
        row.key, row.kind, row.name = told.key[:300], told.kind, told.name[:100]
    row.save()
    return "worked off" if told is not None else outcome.partition(":")[0]


def _try_later(row: WebhookEvent, clock: Clock, error: Exception) -> None:
    told, wait = in_words(error)[:200], retries.doubled(FIRST_RETRY, row.tries, LAST_RETRY)
    logger.warning("The webhook %s could not be worked off (try %s): %s", row.pk, row.tries, error)
    WebhookEvent.objects.filter(pk=row.pk, handled_at__isnull=True).update(
        tries=row.tries + 1, outcome=told, try_at=clock() + wait
    )


def trouble(now: dt.datetime) -> str:
    """Say what of that which Unipile told could not be worked off for hours; or nothing."""
    stuck = WebhookEvent.objects.stuck(now - NAMED_AFTER)
    told = stuck.aggregate(number=Count("pk"), since=Min("received_at"))
    if not (number := told["number"]):
        return ""
    what = "1 webhook of Unipile's" if number == 1 else f"{number:,} webhooks of Unipile's"
    return (
        f"{what} could not be worked off since {told['since']:%Y-%m-%d %H:%M} UTC: see the log. "
        "Tried again at least once a day; what they tell of is looked up all the same."
    )


def forget(now: dt.datetime) -> None:
    """Delete what was worked off so long ago that it cannot come again, and what never could be."""
    old = now - KEPT_FOR
    WebhookEvent.objects.filter(handled_at__lt=old).delete()
    number, _ = WebhookEvent.objects.stuck(old).delete()
    if number:
        logger.error("%s webhooks could not be worked off in %s: deleted", number, KEPT_FOR)


def _account(told: Event) -> LinkedInAccount | None:
    return LinkedInAccount.objects.filter(unipile_account_id=told.account_id).first()


def _of_owner(told: Event) -> LinkedInAccount | None:
    """Return the account, unless somebody else is logged in: what they do is nothing of ours."""
    account = _account(told)
    return account if account is not None and not account.other_login else None


Write = Callable[[], str]
"""Writes what an event came to, and returns it in words. All reading is done by then."""


def _say(outcome: str) -> Write:
    return lambda: outcome


def _of_relation(client: Client, told: Event, row: WebhookEvent, clock: Clock) -> Write:
    account = _of_owner(told)
    if account is None or told.relation is None:
        return _say("of nobody here")
    at = told.relation.connected_at or told.at or row.received_at
    relation = replace(told.relation, connected_at=at)

    def write() -> str:
        number = answers.accepted(account, [relation], Prospect.Source.WEBHOOK, clock())
        return "accepted" if number else "known, or by no invitation of the queue"

    return write


def _of_message(client: Client, told: Event, row: WebhookEvent, clock: Clock) -> Write:
    """Read the conversation that the event points to, if it is with somebody of the queue."""
    account = _of_owner(told)
    if account is None or told.message is None or told.in_group:
        return _say("of nobody here")
    if told.message.kind in {MessageKind.EVENT, MessageKind.ADVERT, MessageKind.REMOVED}:
        return _say("nobody's word")
    chat_id, person_id = told.message.chat_id, told.person_id
    if not person_id or told.in_group is None:
        chat = client.chat(account.unipile_account_id, chat_id)
        if chat.kind != ChatKind.SINGLE or chat.is_advert:
            return _say("no conversation of two")
        person_id = chat.person_id
    items = answers.items_of(account, person_id)
    if not items:
        return _say("of nobody here")
    conversation = client.messages_with(account.unipile_account_id, person_id, chat_id=chat_id)
    shows = any(one.id == told.message.id for one in conversation.messages)
    if not shows and not conversation.complete:
        raise NotYetError(f"The conversation was not told whole: {conversation.trouble}")
    if not shows and clock() < row.received_at + LAG:
        raise NotYetError("The conversation does not show the message yet")

    def write() -> str:
        found = answers.heard(items, conversation, clock())
        return ", ".join(name for name, number in found.items() if number) or "nothing new"

    return write


def _of_account(client: Client, told: Event, row: WebhookEvent, clock: Clock) -> Write:
    """Ask how the account is: what was told may be old by now."""
    account, now = _account(told), clock()
    if account is None:
        return _say("of no account here")
    try:
        reported = client.account(account.unipile_account_id)
    except UnipileError as error:
        if (error.http_status, error.outcome) != (404, Outcome.ACCOUNT_DISCONNECTED):
            raise
        reported = None  # removed, as the event may well have said
    return lambda: syncing.bring(account.pk, reported, now) or "as it was"


def _of_link(client: Client, told: Event, row: WebhookEvent, clock: Clock) -> Write:
    """Note which account a link is said to have led to, besides asking how that one is."""
    write, link = _of_account(client, told, row, clock), connecting.link_of(told.connect_state)

    def note() -> str:
        if link is None:
            return write()
        connecting.note(link, told.account_id, "", clock())
        return f"a link: {write()}"

    return note


def _of_nothing(client: Client, told: Event, row: WebhookEvent, clock: Clock) -> Write:
    return _say("nothing to do")


_OF_KIND: dict[str, Callable[[Client, Event, WebhookEvent, Clock], Write]] = {
    EventKind.NEW_RELATION: _of_relation,
    EventKind.MESSAGE: _of_message,
    EventKind.ACCOUNT_STATUS: _of_account,
    EventKind.ACCOUNT_CONNECTED: _of_link,
}
