"""Who has accepted, and who has answered: what accounts' connections and conversations show.

Read a few times a day at irregular times, and where a webhook points to something. It costs no
profile view. What is read changes a person only where it is news: see `sending.news`.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import LinkedInAccount, Prospect
from queueing.looking import logins, withdrawals
from queueing.models import Kind, QueueItem, QueueItemQuerySet
from queueing.sending import Clock, conversing, inbox, news
from queueing.telling import Fence
from queueing.unipile import Chat, ChatKind, Client, Conversation, Relation

logger = logging.getLogger(__name__)
Source = Prospect.Source

BETWEEN_RELATIONS = (dt.timedelta(hours=4), dt.timedelta(hours=8))
BETWEEN_CHATS = (dt.timedelta(minutes=40), dt.timedelta(minutes=80))
OVERLAP = dt.timedelta(minutes=10)  # what Unipile keeps lags behind by a minute, and clocks differ
LOOKS_BACK = dt.timedelta(days=30)  # of an account whose conversations were never read
PAGES, PAGES_BACK, PAGES_AT_MOST = 1, 3, 10
DATES_DIFFER = dt.timedelta(days=1)  # an event may have the date alone
ANY_TIME = dt.datetime.min.replace(tzinfo=dt.UTC)


class NotReadError(Exception):
    """What an account shows could not be read whole; the message says why."""


def look_for_news(client: Client, clock: Clock, fence: Fence) -> Counter[str]:
    """Read what is due of every account that has written to somebody; count what was news."""
    found: Counter[str] = Counter()
    for account in _with_somebody_to_hear_from():
        with fence.around(f"What happened to {account}", account.workspace_id):
            if account.look_back_from is not None:
                found += look_back(client, account, clock)
                continue
            if is_due(account, account.relations_read_at, BETWEEN_RELATIONS, clock()):
                found["accepted"] += read_relations(client, account, clock)
                # Who has accepted is known by now: what is left may be withdrawn.
                found["withdrawals planned"] += withdrawals.choose(client, account, clock)
            if is_due(account, account.chats_read_at, BETWEEN_CHATS, clock()):
                found += read_chats(client, account, clock)
    return +found


def is_due(
    account: LinkedInAccount,
    last: dt.datetime | None,
    between: tuple[dt.timedelta, dt.timedelta],
    now: dt.datetime,
) -> bool:
    """Return whether it is time to read again: after an interval that is another each time."""
    if last is None:
        return True
    least, most = between
    share = hash((account.pk.int, int(last.timestamp()))) % 1000 / 1000
    return now >= last + least + (most - least) * share


def look_back(client: Client, account: LinkedInAccount, clock: Clock) -> Counter[str]:
    """Read what happened while an account was away; only then may anything of it go again.

    :raises NotReadError: where that could not be read whole: tried again with the next look.
    """
    since = account.look_back_from
    found = Counter({"accepted": read_relations(client, account, clock, pages=PAGES_BACK)})
    found += read_chats(client, account, clock, since=since)
    # Where it was lost again meanwhile, there is more to be read.
    LinkedInAccount.objects.filter(pk=account.pk, look_back_from=since).update(look_back_from=None)
    return found


def _with_somebody_to_hear_from() -> QuerySet[LinkedInAccount]:
    reached = Q(sent_at__isnull=False) | Q(tried_at__isnull=False)
    items = QueueItem.objects.filter(reached, linkedin_account=OuterRef("pk"))
    follow_ups = Q(look_back_from__isnull=False)
    return LinkedInAccount.objects.filter(
        Exists(items) | follow_ups, status=LinkedInAccount.Status.CONNECTED
    ).order_by("name", "pk")


def read_relations(
    client: Client, account: LinkedInAccount, clock: Clock, pages: int = PAGES
) -> int:
    """Read an account's newest connections; return how many acceptances were news.

    As many pages as have been filled since it was last read: the list has the newest first.

    :raises UnipileError: where it cannot be read.
    """
    if not logins.may_look(client, account):
        raise NotReadError(f"{account} cannot be asked, or has somebody else logged in.")
    began, last = clock(), account.relations_read_at
    walk = client.relations(account.unipile_account_id, pages=pages)
    dated = [one.connected_at for one in walk.entries if one.connected_at is not None]
    if last is not None and not walk.complete and dated and min(dated) > last:
        walk = client.relations(account.unipile_account_id, pages=PAGES_AT_MOST)
    number = accepted(account, walk.entries, Source.RELATIONS, clock())
    LinkedInAccount.objects.filter(pk=account.pk).update(relations_read_at=began)
    return number


def accepted(
    account: LinkedInAccount, relations: Iterable[Relation], source: str, now: dt.datetime
) -> int:
    """Note who of an account's connections has accepted its invitation; return how many are news.

    What is still in doubt is left to those who settle it: they see the connection, too. The list
    of connections tells how it is now; what else tells of one from long before the invitation tells
    of an earlier one, that has ended since.
    """
    named = {name: relation for relation in relations for name in relation.names}
    requests = news.requests_to(account, named.keys()).filter(sent_at__isnull=False)
    number = 0
    for item in requests.select_related("prospect"):
        relation = named.get(item.linkedin_user_id) or named.get(item.person_key)
        if relation is None or item.sent_at is None:
            continue
        at = relation.connected_at or now
        if source != Source.RELATIONS and at < item.sent_at - DATES_DIFFER:
            continue
        at = max(at, item.sent_at)
        known = item.prospect.accepted_at
        if known is None or known > at:  # a list tells of the same people again and again
            number += news.accepted([item.prospect_id], at, source, now)
    return number


def read_chats(
    client: Client, account: LinkedInAccount, clock: Clock, since: dt.datetime | None = None
) -> Counter[str]:
    """Read the conversations in which something was written since they were last read.

    Only those with people of the queue: others are nobody's business.

    :raises NotReadError: where the list was not told whole, what is told of it counts all the same;
        or where it is not the owner's.
    :raises UnipileError: where anything cannot be read: then all of it is read again.
    """
    if not logins.may_look(client, account):
        raise NotReadError(f"{account} cannot be asked, or has somebody else logged in.")
    began = clock()
    marks = [mark for mark in (since, account.chats_read_at) if mark is not None]
    since = min(marks) - OVERLAP if marks else began - LOOKS_BACK
    walk = client.recent_chats(account.unipile_account_id, since)
    found: Counter[str] = Counter()
    for chat in walk.entries:
        if chat.kind == ChatKind.SINGLE and chat.person_id and not chat.is_advert:
            found += read_chat(client, account, chat, clock)
    if not walk.complete:
        raise NotReadError(f"The conversations of {account} were not told whole: {walk.trouble}")
    LinkedInAccount.objects.filter(pk=account.pk).update(chats_read_at=began)
    return found


def read_chat(client: Client, account: LinkedInAccount, chat: Chat, clock: Clock) -> Counter[str]:
    """Read one conversation, if it is with somebody of the queue."""
    items = items_of(account, chat.person_id)
    if not items:
        return Counter()
    conversation = client.messages_with(account.unipile_account_id, chat.person_id, chat_id=chat.id)
    return heard(items, conversation, clock())


def items_of(account: LinkedInAccount, person_id: str) -> list[QueueItem]:
    """Return what an account has, or had, in the queue for a person."""
    items: QueueItemQuerySet = QueueItem.objects.filter(
        linkedin_account=account, linkedin_user_id=person_id
    )
    return list(items.exclude(linkedin_user_id="").select_related("prospect"))


@transaction.atomic
def heard(items: Sequence[QueueItem], conversation: Conversation, now: dt.datetime) -> Counter[str]:
    """Note what a conversation with the person of these items shows; count what is news.

    Our note in it is an acceptance; what they wrote is an answer, if it is later than what reached
    them. What cannot be told is none: the gate before each message holds for it.
    """
    found: Counter[str] = Counter()
    invited = [
        item for item in items if item.kind == Kind.CONNECTION_REQUEST and item.sent_at is not None
    ]
    for item in invited:
        began = min(at for at in (item.tried_at, item.claimed_at, item.sent_at) if at is not None)
        notes = (
            one for one in conversation.messages if conversing.is_note(one, item.message, began)
        )
        if (note := next(notes, None)) is not None:
            at = max(note.at or now, item.sent_at or now)
            found["accepted"] += news.accepted([item.prospect_id], at, Source.NOTE_ECHO, now)
    names = {name for item in items for name in (item.linkedin_user_id, item.person_key)}
    workspace = items[0].workspace_id
    for one in conversation.messages:
        if one.at is not None and conversing.is_answer(one, ANY_TIME):
            found["answered"] += news.answered(workspace, names, one.at, Source.MESSAGES, now)
    if conversation.complete:
        inbox.keep(news.people_named(workspace, names), conversation, now)
    return found
