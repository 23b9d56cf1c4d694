"""What needs somebody, and what SendQ sees to itself: the cards of the first page."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from queueing.gates import Gate, Waits, waiting, words
from queueing.gates.evaluating import STARTS_WITHIN
from queueing.models import Card, QueueItem, QueueItemQuerySet
from queueing.sending import Meaning, meaning

AT_MOST = 12  # cards of one kind: one more counts the others, and leads to their list
FEW = 3  # cards of a kind for which nobody waits

Status = QueueItem.Status


class Kind(StrEnum):
    """What a card is about: its button follows from it."""

    ACCOUNT = "account"
    START = "start"
    FAILED = "failed"
    HELD = "held"
    EMPTY = "empty"
    ADDRESS = "address"


@dataclass(frozen=True)
class Need:
    """One thing that somebody should see to.

    `of` is the row or the reason that it is about, empty for all that have no card of their own.
    `waiting` counts people who wait for it. `key`
    is what is remembered of it by; empty where nothing is.
    """

    kind: Kind
    of: str
    title: str
    waiting: int = 0
    client: str = ""
    since: dt.datetime | None = None
    detail: str = ""
    workspace: uuid.UUID | None = None
    taken_by: User | None = None
    put_off_until: dt.datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.of}:{self.workspace}" if self.workspace else ""

    @property
    def is_urgent(self) -> bool:
        """Say whether people wait for it who would go else."""
        return self.kind in {Kind.ACCOUNT, Kind.START, Kind.HELD}


@dataclass(frozen=True)
class Needs:
    """What needs somebody now, worst first, and what was put off."""

    now: list[Need]
    put_off: list[Need]

    @property
    def stuck(self) -> int:
        """How many people wait until somebody acts."""
        return sum(need.waiting for need in (*self.now, *self.put_off) if need.is_urgent)


def gather(
    items: QueueItemQuerySet,
    accounts: QuerySet[LinkedInAccount],
    campaigns: QuerySet[Campaign],
    waits: Waits,
    counted: Counter[str],
) -> Needs:
    """Return what needs somebody.

    :param counted: pending items by what they wait for, as `explaining.count_waiting` counts them.
    """
    now = waits.explain.now
    found = [
        *_accounts(accounts, waits, now),
        *_starts(campaigns, now),
        *_failures(items),
        *_held(counted),
        *_empty(campaigns),
        *_addresses(campaigns),
    ]
    said = {
        card.key: card
        for card in Card.objects.filter(key__in=[each.key for each in found]).select_related(
            "taken_by"
        )
    }
    cards = [_with(need, said.get(need.key), now) for need in found]
    cards.sort(key=lambda need: (-need.waiting, not need.is_urgent, need.title))
    return Needs(
        [need for need in cards if not need.put_off_until],
        [need for need in cards if need.put_off_until],
    )


def of(workspaces: Collection[uuid.UUID] | None, now: dt.datetime) -> Needs:
    """Return what needs somebody in these workspaces; None for all."""
    items = QueueItem.objects.all()
    accounts, campaigns = LinkedInAccount.objects.all(), Campaign.objects.all()
    if workspaces is not None:
        items = items.filter(workspace__in=workspaces)
        accounts = accounts.filter(workspace__in=workspaces)
        campaigns = campaigns.filter(workspace__in=workspaces)
    waits = Waits(items, now, workspaces)
    return gather(items, accounts, campaigns, waits, waiting.count_waiting(items, waits))


def _with(need: Need, card: Card | None, now: dt.datetime) -> Need:
    if card is None:
        return need
    until = card.put_off_until if card.put_off_until and card.put_off_until > now else None
    return replace(need, taken_by=card.taken_by, put_off_until=until)


def _accounts(
    accounts: QuerySet[LinkedInAccount], waits: Waits, now: dt.datetime
) -> Iterator[Need]:
    """Yield the accounts that do not come back by themselves."""
    held: Counter[uuid.UUID] = Counter()
    for (account_id, kind, _sort), pending in waits.pending.items():
        state, starts_at = kind[0], kind[3]
        if state == Campaign.Status.ACTIVE or starts_at is not None:
            held[account_id] += pending.total
    lost = accounts.exclude(status=LinkedInAccount.Status.CONNECTED).exclude(
        paused_until__gt=now, other_login=""
    )
    rows = sorted(lost.select_related("workspace").order_by(), key=lambda row: -held[row.pk])
    for account in rows[:AT_MOST]:
        yield Need(
            Kind.ACCOUNT,
            of=str(account.pk),
            title=_lost(account),
            waiting=held[account.pk],
            client=str(account.workspace),
            since=account.changed_at,
            detail=_way_back(account),
            workspace=account.workspace_id,
        )
    if rest := rows[AT_MOST:]:
        number = sum(held[account.pk] for account in rest)
        title = f"{_more(len(rest), 'account')} {'is' if len(rest) == 1 else 'are'} lost"
        yield Need(Kind.ACCOUNT, of="", title=title, waiting=number)


def _way_back(account: LinkedInAccount) -> str:
    """Return the deed that brings a lost account back; "" where its page must tell."""
    if account.same_as_id:
        return ""
    is_restricted = account.status == LinkedInAccount.Status.RESTRICTED and not account.other_login
    return "reconnect" if is_restricted else "connect"


def _lost(account: LinkedInAccount) -> str:
    if account.other_login:
        return f"Somebody else is logged in as {account}: {account.other_login}"
    if account.same_as_id:
        return f"{account} is the same LinkedIn member as another account"
    if account.status == LinkedInAccount.Status.RESTRICTED:
        return f"LinkedIn restricts {account}"
    return f"{account} is logged out of LinkedIn"


def _starts(campaigns: QuerySet[Campaign], now: dt.datetime) -> Iterator[Need]:
    """Yield the campaigns whose time to start is over, and that have not started."""
    late = campaigns.filter(status=Campaign.Status.DRAFT, starts_at__lt=now - STARTS_WITHIN)
    new = Prospect.objects.filter(status=Prospect.Status.NEW, campaign__in=late).order_by()
    people = dict(
        new.values_list("campaign").annotate(number=Count("pk")).values_list("campaign", "number")
    )
    has_account = Exists(Campaign.accounts.through.objects.filter(campaign=OuterRef("pk")))
    late = late.select_related("workspace").annotate(has_account=has_account)
    rows = list(late.order_by("starts_at"))
    for campaign in rows[:AT_MOST]:
        why = "" if people.get(campaign.pk) else ": it has no people"
        why = why if campaign.has_account else ": it has no account"
        yield Need(
            Kind.START,
            of=str(campaign.pk),
            title=f"“{campaign}” did not start when it should{why}",
            waiting=people.get(campaign.pk, 0),
            client=str(campaign.workspace),
            since=campaign.starts_at,
            detail=why.removeprefix(": it has no "),
            workspace=campaign.workspace_id,
        )
    if rest := rows[AT_MOST:]:
        number = sum(people.get(campaign.pk, 0) for campaign in rest)
        title = f"{_more(len(rest), 'campaign')} did not start in time"
        yield Need(Kind.START, of="", title=title, waiting=number)


_FAILED = {
    Meaning.PERSON: ("cannot be invited", "LinkedIn refuses them for good"),
    Meaning.ANOTHER: ("have another name on LinkedIn", "say who it is, or skip them"),
    Meaning.MESSAGE: ("have a text that LinkedIn does not take", "shorten or change it"),
    Meaning.ACCOUNT: ("failed for their account", "retry them once the account is back"),
    Meaning.UNKNOWN: ("may have been reached already", "nothing more goes until that is known"),
    Meaning.OURS: ("failed by a fault of SendQ's", "nothing was sent; retry them"),
}


def _failures(items: QueueItemQuerySet) -> Iterator[Need]:
    """Yield what failed for good, by client and by what the error means."""
    rows = (
        items.filter(status=Status.FAILED)
        .order_by()
        .values_list("workspace", "error_code")
        .annotate(number=Count("*"), since=Min("updated_at"))
    )
    number: Counter[tuple[uuid.UUID, Meaning]] = Counter()
    since: dict[tuple[uuid.UUID, Meaning], list[dt.datetime]] = defaultdict(list)
    for workspace, code, count, first in rows:
        number[workspace, meaning.of(code)] += count
        since[workspace, meaning.of(code)].append(first)
    ordered = number.most_common()
    worst = ordered[:AT_MOST]
    names = Workspace.objects.in_bulk({workspace for (workspace, _), _ in worst})
    for (workspace, kind), count in worst:
        what, detail = _FAILED[kind]
        people = "1 person" if count == 1 else f"{count:,} people"
        yield Need(
            Kind.FAILED,
            of=str(kind),
            title=f"{people} {_singular(what) if count == 1 else what}",
            client=str(names[workspace]),
            since=min(since[workspace, kind]),
            detail=detail,
            workspace=workspace,
            waiting=count,
        )
    if rest := sum(count for _, count in ordered[AT_MOST:]):
        title = "1 more person has failed" if rest == 1 else f"{rest:,} more people have failed"
        yield Need(Kind.FAILED, of="", title=title, waiting=rest)


def _more(number: int, what: str) -> str:
    return f"1 more {what}" if number == 1 else f"{number:,} more {what}s"


def _singular(verb: str) -> str:
    return verb.replace("have a", "has a", 1)


_OWN_CARDS = {Gate.SENDING_ON, Gate.CAMPAIGN_ACTIVE, Gate.ACCOUNT_CONNECTED}
"""What is waited for and has a card of its own, a bar, or was meant."""


def _held(counted: Counter[str]) -> Iterator[Need]:
    """Yield what people wait for until somebody acts, whatever it is."""
    for gate in sorted(set(words.FOR_SOMEBODY) - _OWN_CARDS):
        if number := counted[gate]:
            people = "1 person waits" if number == 1 else f"{number:,} people wait"
            title = f"{people} for {words.IN_WORDS[gate]}"
            yield Need(Kind.HELD, of=str(gate), title=title, waiting=number)


def _empty(campaigns: QuerySet[Campaign]) -> Iterator[Need]:
    """Yield campaigns that nobody is in."""
    sending = campaigns.filter(status__in=(Campaign.Status.DRAFT, Campaign.Status.ACTIVE))
    empty = sending.filter(~Exists(Prospect.objects.filter(campaign=OuterRef("pk"))))
    late = empty.exclude(status=Campaign.Status.DRAFT, starts_at__isnull=False)
    rows = list(late.select_related("workspace").order_by("name"))
    for campaign in rows[:FEW]:
        yield Need(
            Kind.EMPTY,
            of=str(campaign.pk),
            title=f"“{campaign}” has nobody to write to",
            client=str(campaign.workspace),
            workspace=campaign.workspace_id,
        )
    if rest := rows[FEW:]:
        have = "has" if len(rest) == 1 else "have"
        title = f"{_more(len(rest), 'campaign')} {have} nobody to write to"
        yield Need(Kind.EMPTY, of="", title=title)


def _addresses(campaigns: QuerySet[Campaign]) -> Iterator[Need]:
    """Yield the clients of whose failures nobody is told by mail."""
    sending = campaigns.filter(status=Campaign.Status.ACTIVE, workspace__notify_emails="")
    found = Workspace.objects.filter(pk__in=sending.order_by().values("workspace"))
    rows = list(found.order_by("name"))
    for workspace in rows[:FEW]:
        yield Need(
            Kind.ADDRESS,
            of="",
            title=f"Nobody is told by mail when something fails for {workspace}",
            client="",
            workspace=workspace.pk,
        )
    if rest := rows[FEW:]:
        title = f"Nobody is told by mail of failures for {_more(len(rest), 'client')}"
        yield Need(Kind.ADDRESS, of="", title=title)
