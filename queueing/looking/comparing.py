"""Does LinkedIn show what is counted? An account's pending invitations and connections, compared.

Reads two lists, and no profile: it costs no view. Changes nothing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from campaigns.models import LinkedInAccount
from queueing.looking import logins
from queueing.models import Kind, QueueItem
from queueing.numbers.checking import Difference
from queueing.numbers.people import REQUESTS, Stage, is_at
from queueing.unipile import Client, Relation, SentWalk, UnipileError, Walk

PAGES = 20  # of connections, the newest first
LAG = dt.timedelta(minutes=10)  # lists show an invitation, or its end, later than it happened


@dataclass
class Compared:
    """What an account shows, and what is counted of it.

    `outside`: invitations that are pending and were not sent by SendQ. `trouble`: why it could not
    be compared, or not all of it.
    """

    account: LinkedInAccount
    pending_there: int = 0
    pending_here: int = 0
    connected_there: int = 0
    accepted_here: int = 0
    outside: int = 0
    trouble: str = ""
    differences: list[Difference] = field(default_factory=list)


def compare(client: Client, account: LinkedInAccount, now: dt.datetime) -> Compared:
    """Compare an account's lists with what is counted of it, and name each difference."""
    found = Compared(account)
    if not logins.may_look(client, account):
        found.trouble = "It cannot be asked now, or has somebody else logged in."
        return found
    try:
        sent = client.sent_invitations(account.unipile_account_id)
        relations = client.relations(account.unipile_account_id, pages=PAGES)
    except UnipileError as error:
        found.trouble = error.summary
        return found
    requests = list(
        QueueItem.objects.filter(REQUESTS, linkedin_account=account, sent_at__lt=now - LAG)
        .select_related("prospect", "campaign")
        .order_by("sent_at", "pk")
    )
    found.pending_there, found.connected_there = len(sent.entries), len(relations.entries)
    _count(found, requests, sent)
    found.differences = [
        *_differences(requests, sent, relations),
        *_uncounted(account, sent, now),
    ]
    parts = [f"Pending invitations: {sent.trouble}" if sent.trouble else ""]
    parts += [f"Connections: {relations.trouble}" if relations.trouble else ""]
    found.trouble = " ".join(filter(None, parts))
    return found


def _count(found: Compared, requests: list[QueueItem], sent: SentWalk) -> None:
    ours = {name for item in requests for name in _names(item)}
    found.outside = sum(not (one.names & ours) for one in sent.entries)
    of_account = QueueItem.objects.filter(REQUESTS, linkedin_account=found.account)
    found.pending_here = of_account.filter(is_at(Stage.WAITING, "prospect__")).count()
    found.accepted_here = of_account.filter(is_at(Stage.ACCEPTED, "prospect__")).count()


def _differences(
    requests: list[QueueItem], sent: SentWalk, relations: Walk[Relation]
) -> Iterator[Difference]:
    pending = {name for one in sent.entries for name in one.names}
    connected = {name for one in relations.entries for name in one.names}
    accepted = _at(requests, Stage.ACCEPTED)
    withdrawn = _at(requests, Stage.WITHDRAWN)
    for item in requests:
        names = _names(item)
        is_pending, is_connected = bool(names & pending), bool(names & connected)
        told = ""
        if item.pk in accepted and is_pending and not is_connected:
            told = "counts as accepted, and LinkedIn shows the invitation as pending"
        elif item.pk in accepted and not is_connected and relations.complete:
            told = "counts as accepted, and is not among the connections: no longer connected"
        elif item.pk in withdrawn and is_pending:
            told = "counts as withdrawn, and LinkedIn shows the invitation as pending"
        elif item.pk not in accepted and is_connected:
            told = "is among the connections, and does not count as accepted: the next look counts"
        elif item.pk not in accepted | withdrawn and not is_pending and sent.complete:
            told = "waits here, and is neither pending nor connected there: declined, or taken back"
        if told:
            yield Difference(f"{item.prospect} ({item.campaign}) {told}.", item.pk)


def _uncounted(account: LinkedInAccount, sent: SentWalk, now: dt.datetime) -> Iterator[Difference]:
    """Yield what LinkedIn shows as pending, and was tried here and does not count as sent.

    Who was invited outside SendQ is skipped, and known for that.
    """
    pending = {name for one in sent.entries for name in one.names}
    tried = QueueItem.objects.filter(
        Q(linkedin_user_id__in=pending) | Q(person_key__in=pending),
        linkedin_account=account,
        kind=Kind.CONNECTION_REQUEST,
        status__in=[QueueItem.Status.FAILED, QueueItem.Status.UNCONFIRMED],
        claimed_at__lt=now - LAG,
    )
    for item in tried.select_related("prospect", "campaign").order_by("pk"):
        yield Difference(
            f"{item.prospect} ({item.campaign}) is shown as invited by LinkedIn, and counts as "
            f"{item.get_status_display().lower()} here: look it up.",
            item.pk,
        )


def _at(requests: list[QueueItem], stage: str) -> set[object]:
    keys = [item.pk for item in requests]
    found = QueueItem.objects.filter(is_at(stage, "prospect__"), pk__in=keys)
    return set(found.values_list("pk", flat=True))


def _names(item: QueueItem) -> set[str]:
    return {item.linkedin_user_id, item.person_key, item.prospect.public_identifier} - {""}
