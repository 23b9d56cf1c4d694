"""What the gates look at, read from rows: limits, hours, use, stops, do-not-contact lists."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce

from campaigns.hours import zones
from campaigns.models import Campaign, ClosedDay, DoNotContact, LinkedInAccount, SendingHours
from queueing.gates import counting, hours, limits
from queueing.gates.days import days_of
from queueing.gates.evaluating import AccountFacts, CapOfDay, Facts, Report, evaluate
from queueing.gates.statements import Statement, slot
from queueing.models import (
    TOUCHES,
    Installation,
    Kind,
    QueueItem,
    QueueItemQuerySet,
    SendingStop,
    has_ended,
)


def policy() -> limits.Policy:
    """Return the installation's limits, from settings."""
    return limits.Policy(
        type_daily=settings.TYPE_DAILY_LIMITS,
        type_weekly=settings.TYPE_WEEKLY_LIMITS,
        tier_daily=settings.TIER_DAILY_LIMITS,
        warm_up_first_day=settings.WARM_UP_FIRST_DAY,
        warm_up_days=settings.WARM_UP_DAYS,
        spacing_floor_seconds=settings.SPACING_FLOOR_SECONDS,
        day_zone=zones.zone(settings.DAILY_CAP_TIMEZONE),
        messages_a_day=settings.MESSAGES_PER_DAY,
        withdrawals_a_day=settings.WITHDRAWALS_PER_DAY,
        cron=settings.SEND_QUEUE_CRON,
    )


def hours_of(row: SendingHours, days: Collection[ClosedDay] | None = None) -> hours.Hours:
    """Return the plain value of a SendingHours row with its ClosedDay rows, or with these days."""
    days = list(row.closed_days.all()) if days is None else days
    return hours.Hours(
        timezone=row.timezone,
        start=row.working_hours_start,
        end=row.working_hours_end,
        skip_weekends=row.skip_weekends,
        skip_holidays=row.skip_holidays,
        holiday_country=row.holiday_country,
        holiday_subdivision=row.holiday_subdivision,
        holiday_kinds=frozenset(row.holiday_kinds),
        weekend=frozenset(map(int, row.weekend)) if row.weekend else None,
        closed=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.CLOSED),
        opened=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.OPEN),
    )


class Stops(NamedTuple):
    """Why nothing is sent: for anybody, and by workspace."""

    of_all: str = ""
    of_one: Mapping[uuid.UUID, str] = {}


def stops() -> Stops:
    """Return what is stopped.

    Nobody can lift what holds a copy of the database, or one that was set back.
    """
    told = _told().rows()
    reasons = [
        Installation.trouble(kind, one, here) if kind != "stop" else "" if here else one
        for kind, one, here in told
    ]
    return Stops(
        next(filter(None, reasons), ""),
        {uuid.UUID(of): reason for kind, reason, of in told if kind == "stop" and of},
    )


@lru_cache(maxsize=1)
def _told() -> Statement:
    """Return one query, for every claim asks: stops, or where this database says that it is."""
    whose = Coalesce(Cast("workspace", TextField()), Value("", TextField()))
    opened = SendingStop.objects.open().order_by().values_list(Value("stop"), "reason", whose)
    return Statement(opened.union(Installation.told(), all=True))


@lru_cache(maxsize=1)
def _closed_days() -> Statement:
    return Statement(ClosedDay.objects.filter(sending_hours=slot("hours")).order_by())


class Shared:
    """What many items have in common to the gates, each part read once: stops, limits, hours.

    Good for as long as what was read must hold: for claims made under one lock.
    """

    def __init__(self) -> None:
        self.stops, self.policy = stops(), policy()
        self._kept: dict[uuid.UUID | None, hours.Hours] = {}

    def hours(self, campaign: Campaign) -> hours.Hours:
        """Return the plain value of the hours that hold for a campaign."""
        key = campaign.sending_hours_id or campaign.workspace.sending_hours_id
        if key not in self._kept:
            row = campaign.hours()
            self._kept[key] = hours_of(row, _closed_days().instances(hours=row.pk))
        return self._kept[key]


def stop_reason(workspace_id: uuid.UUID | None = None) -> str:
    """Return why sending is stopped, for all or for this workspace, or an empty text."""
    found = stops()
    of_one = found.of_one.get(workspace_id, "") if workspace_id else ""
    return found.of_all or of_one


def daily_limits_of(
    account: LinkedInAccount,
    today: dt.date,
    rules: limits.Policy | None = None,
    kind: str = Kind.CONNECTION_REQUEST,
) -> list[limits.Limit]:
    """Return all that limits an account on a day of its caps; reads its workspace."""
    rules = rules or policy()
    if kind == Kind.WITHDRAWAL:
        return [limits.Limit(rules.withdrawals_a_day, "withdrawals a day")]
    if kind == Kind.MESSAGE:
        own = account.daily_message_limit
        return [
            limits.Limit(rules.messages_a_day, "messages a day")
            if own is None
            else limits.Limit(own, "set on the account")
        ]
    return limits.daily_limits(
        rules,
        account_type=account.account_type,
        own=account.daily_limit,
        workspace=account.workspace.daily_cr_limit,
        tier=account.workspace.tier,
        warm_up_started_on=account.warm_up_started_on,
        today=today,
    )


def daily_limit_of(
    account: LinkedInAccount,
    today: dt.date,
    rules: limits.Policy | None = None,
    kind: str = Kind.CONNECTION_REQUEST,
) -> limits.Limit:
    """Return the limit that holds for an account on a day: of all the lowest."""
    return min(daily_limits_of(account, today, rules, kind), key=lambda limit: limit.value)


def weekly_limit_of(
    account: LinkedInAccount, rules: limits.Policy, kind: str = Kind.CONNECTION_REQUEST
) -> limits.Limit:
    """Return how much an account may send of a kind in any 7 days.

    LinkedIn counts requests by the week; of the others seven days' limits are as many.
    """
    if kind == Kind.CONNECTION_REQUEST:
        return limits.weekly_limit(
            rules, account_type=account.account_type, own=account.weekly_limit
        )
    daily = daily_limit_of(account, dt.date.min, rules, kind)
    return limits.Limit(7 * daily.value, f"7 days of {daily.value}")


def usage(
    account: LinkedInAccount,
    now: dt.datetime,
    without: uuid.UUID | None = None,
    kind: str = Kind.CONNECTION_REQUEST,
) -> AccountFacts:
    """Count what an account has sent, in one query, or two where its week is full.

    :param without: an item that counts for nothing.
    """
    return usages([account], now, without, kind)[account.pk]


def usages(
    accounts: Collection[LinkedInAccount],
    now: dt.datetime,
    without: uuid.UUID | None = None,
    kind: str = Kind.CONNECTION_REQUEST,
) -> dict[uuid.UUID, AccountFacts]:
    """Count what accounts have sent of a kind, in one query, or some more where weeks are full."""
    rules, days = policy(), {account: days_of(account, now) for account in accounts}
    counted = counting.by_account({a: of[0].begins for a, of in days.items()}, now, without, kind)
    full_before = _full_before(days, now, rules, without, kind)
    weekly = {account.pk: weekly_limit_of(account, rules, kind) for account in accounts}
    over = {pk: counted[pk].week - limit.value for pk, limit in weekly.items()}
    full = {pk: by for pk, by in over.items() if by >= 0}
    frees_at = counting.weeks_free_at(full, now, kind)
    notes = counting.notes_sent(accounts, now) if kind == Kind.CONNECTION_REQUEST else {}
    return {
        account.pk: AccountFacts(
            kind=kind,
            status=account.status,
            paused_until=account.rest_of(kind)[0],
            pause_reason=account.rest_of(kind)[1],
            daily=daily_limit_of(account, days[account][0].date, rules, kind),
            weekly=weekly[account.pk],
            sent_today=counted[account.pk].today,
            sent_this_week=counted[account.pk].week,
            last_send_at=counted[account.pk].last,
            own_gap_seconds=account.min_gap_seconds,
            in_flight=counted[account.pk].in_flight,
            day_began_at=days[account][0].begins,
            next_day_at=days[account][0].ends,
            day=days[account][0].date,
            daily_tomorrow=_daily_tomorrow(account, days[account][0].date, rules, kind),
            full_before=full_before.get(account.pk),
            week_frees_at=frees_at.get(account.pk),
            look_back_from=account.look_back_from,
            other_login=account.other_login,
            **_notes(account, notes.get(account.pk)),
        )
        for account in accounts
    }


def _daily_tomorrow(
    account: LinkedInAccount, today: dt.date, rules: limits.Policy, kind: str
) -> limits.Limit | None:
    """Return tomorrow's limit where it may be another than today's: in a warm-up."""
    if account.warm_up_started_on is None:
        return None
    return daily_limit_of(account, today + dt.timedelta(days=1), rules, kind)


def _full_before(
    days: Mapping[LinkedInAccount, Sequence[limits.Day]],
    now: dt.datetime,
    rules: limits.Policy,
    without: uuid.UUID | None,
    kind: str,
) -> dict[uuid.UUID, CapOfDay]:
    """Return the day of a former zone that is full, for accounts whose zone has just changed.

    Of several the one that ends last. Nearly always none has another day: no query is made.
    """
    found: dict[uuid.UUID, CapOfDay] = {}
    for number in range(1, max(map(len, days.values()), default=0)):
        of = {account: each[number] for account, each in days.items() if len(each) > number}
        began = {account: day.begins for account, day in of.items()}
        counted = counting.by_account(began, now, without, kind)
        for account, day in of.items():
            limit = daily_limit_of(account, day.date, rules, kind)
            cap = CapOfDay(day, limit, counted[account.pk].today)
            known = found.get(account.pk)
            if cap.sent >= cap.limit.value and (known is None or known.day.ends < day.ends):
                found[account.pk] = cap
    return found


def notes_limit(account: LinkedInAccount) -> int | None:
    """Return how many notes an account may send in 30 days; None for any number."""
    return settings.FREE_NOTES if account.account_type == LinkedInAccount.Type.FREE else None


def _notes(account: LinkedInAccount, sent: Sequence[dt.datetime] | None) -> dict[str, Any]:
    """Return the facts on an account's notes; `sent` is None where it may send any number."""
    if sent is None:
        return {"note_limit": account.note_limit}
    most = settings.FREE_NOTES
    used_up = most and len(sent) >= most
    return {
        "note_limit": account.note_limit,
        "notes_sent": len(sent),
        "notes_limit": most,
        "notes_free_at": sent[-most] + limits.NOTES_WINDOW if used_up else None,
    }


def on_do_not_contact_list() -> Q:
    """Return the condition on queue items: the person or company is on the workspace's list.

    Withdrawals are not held by it: taking an invitation back reaches nobody.
    Annotate it as `do_not_contact` where `facts_of` is to read it.
    """
    # One list of values, so that the unique index on (workspace, kind, value) answers.
    person = DoNotContact.objects.filter(
        workspace=OuterRef("workspace"),
        kind=DoNotContact.Kind.PERSON,
        value__in=[
            OuterRef("person_key"),
            OuterRef("prospect__public_identifier"),
            OuterRef("prospect__linkedin_user_id"),
            OuterRef("linkedin_user_id"),
        ],
    )
    company = DoNotContact.objects.filter(
        workspace=OuterRef("workspace"),
        kind=DoNotContact.Kind.COMPANY,
        value=OuterRef("prospect__company_key"),
    )
    return ~Q(kind=Kind.WITHDRAWAL) & (Exists(person) | Exists(company))


def touched_at() -> Subquery:
    """Return when another item of any campaign last reached an item's person, or may have."""
    others = (
        QueueItem.objects.filter(
            TOUCHES, workspace=OuterRef("workspace"), person_key=OuterRef("person_key")
        )
        .exclude(pk=OuterRef("pk"))
        .order_by("-claimed_at")
    )
    return Subquery(others.values("claimed_at")[:1])


def with_facts(items: QueueItemQuerySet) -> QueueItemQuerySet:
    """Return items with all that `facts_of` reads of them."""
    return items.annotate(
        do_not_contact=on_do_not_contact_list(), touched_at=touched_at()
    ).select_related("prospect", "campaign__workspace", "campaign__sending_hours")


def facts_of(item: QueueItem, account: AccountFacts, shared: Shared) -> Facts:
    """Return the facts for an item of `with_facts`; one without them is held."""
    person = item.prospect
    ended = has_ended(item.kind, person.status, by_hand=item.by_hand)
    return Facts(
        stop=shared.stops.of_all,
        stop_here=shared.stops.of_one.get(item.workspace_id, ""),
        item_status=item.status,
        scheduled_for=item.scheduled_for,
        do_not_contact=getattr(item, "do_not_contact", True),
        campaign_status=item.campaign.status,
        hours=shared.hours(item.campaign),
        account=account,
        policy=shared.policy,
        note_length=len(item.message),
        may_drop_note=item.campaign.without_note_when_used_up,
        person_has_ended=person.get_status_display() if ended else "",
        campaign_starts_at=item.campaign.starts_at,
        by_hand=item.by_hand,
        touched_at=getattr(item, "touched_at", None),
        asked_at=item.asked_at,
        ask_again_at=item.ask_again_at,
    )


def report(item_id: uuid.UUID, now: dt.datetime) -> Report:
    """Explain one item: every gate, with figures, as claiming would see it at `now`.

    :raises QueueItem.DoesNotExist: where there is no such item.
    """
    items = with_facts(QueueItem.objects.select_related("linkedin_account__workspace"))
    item = items.get(pk=item_id)
    counted = usage(item.linkedin_account, now, kind=item.kind)
    return evaluate(facts_of(item, counted, Shared()), now)
