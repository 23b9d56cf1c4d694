"""May this item go now? The one definition, used by claiming, explaining and forecasting.

`evaluate` is pure: it looks at plain facts in a fixed order. What is below it reads the facts.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from campaigns import zones
from campaigns.models import Campaign, ClosedDay, DoNotContact, LinkedInAccount, SendingHours
from queueing import counting, hours, limits
from queueing.models import QueueItem, SendingStop


class Gate(StrEnum):
    """The gates in the order in which they are asked."""

    SENDING_ON = "sending_on"
    PENDING = "pending"
    DUE = "due"
    CAMPAIGN_ACTIVE = "campaign_active"
    CONTACT_ALLOWED = "contact_allowed"
    ACCOUNT_CONNECTED = "account_connected"
    ACCOUNT_RESTED = "account_rested"
    HOURS_OPEN = "hours_open"
    SPACING = "spacing"
    DAILY_CAP = "daily_cap"
    WEEKLY_CAP = "weekly_cap"
    NOTHING_IN_FLIGHT = "nothing_in_flight"


@dataclass(frozen=True)
class GateState:
    """One gate's answer. Closed, it opens by itself at `opens_at`, or `somebody_must_act`."""

    gate: Gate
    is_open: bool
    detail: str
    opens_at: dt.datetime | None = None
    somebody_must_act: bool = False
    count: int | None = None  # of a cap: what was sent, and
    limit: int | None = None  # how many may be


@dataclass(frozen=True)
class AccountFacts:
    """What the gates look at of an account. Counts are requests, gaps are seconds."""

    status: str
    paused_until: dt.datetime | None
    pause_reason: str
    daily: limits.Limit
    weekly: limits.Limit
    sent_today: int
    sent_this_week: int
    last_send_at: dt.datetime | None
    own_gap_seconds: int | None
    in_flight: int
    day_began_at: dt.datetime
    next_day_at: dt.datetime
    week_frees_at: dt.datetime | None


@dataclass(frozen=True)
class Facts:
    """What the gates look at for one item."""

    stop: str
    item_status: str
    scheduled_for: dt.datetime
    do_not_contact: bool
    campaign_status: str
    hours: hours.Hours
    account: AccountFacts
    policy: limits.Policy


@dataclass(frozen=True)
class Report:
    """All gates in order, as they answered about `facts` at `now`."""

    states: tuple[GateState, ...]
    facts: Facts
    now: dt.datetime

    @property
    def is_open(self) -> bool:
        return all(state.is_open for state in self.states)

    @property
    def binding(self) -> GateState | None:
        """What the item really waits for: somebody, or else the gate that opens last."""
        closed = [state for state in self.states if not state.is_open]
        for state in closed:
            if state.gate == Gate.PENDING or state.somebody_must_act:
                return state
        return max(closed, key=_opening, default=None)

    @property
    def earliest(self) -> dt.datetime | None:
        """The first instant at which the gates that are closed now will all be open.

        As far as it can be known from this item alone; None where somebody must act, or it is done.
        """
        last = self.binding
        if last and (last.gate == Gate.PENDING or last.somebody_must_act):
            return None
        return hours.next_opening(self.facts.hours, (last and last.opens_at) or self.now)


def _opening(state: GateState) -> dt.datetime:
    # A call in flight ends any moment: it never outlasts another gate.
    return state.opens_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def evaluate(facts: Facts, now: dt.datetime) -> Report:
    """Ask every gate."""
    return Report(tuple(ask(facts, now) for ask in _IN_ORDER), facts, now)


def _sending_on(facts: Facts, now: dt.datetime) -> GateState:
    if facts.stop:
        detail = f"All sending is stopped: {facts.stop}"
        return GateState(Gate.SENDING_ON, False, detail, somebody_must_act=True)
    return GateState(Gate.SENDING_ON, True, "Sending is on")


def _pending(facts: Facts, now: dt.datetime) -> GateState:
    is_pending = facts.item_status == QueueItem.Status.PENDING
    label = QueueItem.Status(facts.item_status).label.lower()
    return GateState(Gate.PENDING, is_pending, f"The item is {label}")


def _due(facts: Facts, now: dt.datetime) -> GateState:
    is_due = facts.scheduled_for <= now
    detail = f"Planned for {_utc(facts.scheduled_for)}"
    return GateState(Gate.DUE, is_due, detail, None if is_due else facts.scheduled_for)


def _campaign_active(facts: Facts, now: dt.datetime) -> GateState:
    is_active = facts.campaign_status == Campaign.Status.ACTIVE
    detail = f"The campaign is {Campaign.Status(facts.campaign_status).label.lower()}"
    return GateState(Gate.CAMPAIGN_ACTIVE, is_active, detail, somebody_must_act=not is_active)


def _contact_allowed(facts: Facts, now: dt.datetime) -> GateState:
    if facts.do_not_contact:
        detail = "The person or company is on the do-not-contact list"
        return GateState(Gate.CONTACT_ALLOWED, False, detail, somebody_must_act=True)
    return GateState(Gate.CONTACT_ALLOWED, True, "Not on the do-not-contact list")


def _account_connected(facts: Facts, now: dt.datetime) -> GateState:
    is_connected = facts.account.status == LinkedInAccount.Status.CONNECTED
    detail = f"The account is {LinkedInAccount.Status(facts.account.status).label.lower()}"
    return GateState(
        Gate.ACCOUNT_CONNECTED, is_connected, detail, somebody_must_act=not is_connected
    )


def _account_rested(facts: Facts, now: dt.datetime) -> GateState:
    until = facts.account.paused_until
    if until is None or until <= now:
        return GateState(Gate.ACCOUNT_RESTED, True, "The account is not resting")
    reason = facts.account.pause_reason or "no reason given"
    detail = f"The account rests until {_utc(until)}: {reason}"
    return GateState(Gate.ACCOUNT_RESTED, False, detail, until)


def _hours_open(facts: Facts, now: dt.datetime) -> GateState:
    if hours.is_open(facts.hours, now):
        return GateState(Gate.HOURS_OPEN, True, "Inside the sending hours")
    opens_at = hours.next_opening(facts.hours, now)
    detail = f"Closed: {hours.why_closed(facts.hours, now)}"
    return GateState(Gate.HOURS_OPEN, False, detail, opens_at, somebody_must_act=opens_at is None)


def _spacing(facts: Facts, now: dt.datetime) -> GateState:
    gap = limits.gap_seconds(
        facts.policy,
        own=facts.account.own_gap_seconds,
        open_seconds=hours.open_seconds_per_day(facts.hours),
        daily=facts.account.daily.value,
    )
    last = facts.account.last_send_at
    apart = f"the account's requests are at least {limits.in_minutes(gap)} apart"
    if last is None or (opens_at := last + dt.timedelta(seconds=gap)) <= now:
        return GateState(Gate.SPACING, True, f"Long enough since the last one: {apart}")
    detail = f"The last one went at {_utc(last)}: {apart}"
    return GateState(Gate.SPACING, False, detail, opens_at)


def _daily_cap(facts: Facts, now: dt.datetime) -> GateState:
    account = facts.account
    since = f"since {_utc(account.day_began_at)}"
    return _cap(Gate.DAILY_CAP, account.daily, account.sent_today, since, account.next_day_at)


def _weekly_cap(facts: Facts, now: dt.datetime) -> GateState:
    account = facts.account
    since = "in the last 7 days"
    return _cap(
        Gate.WEEKLY_CAP, account.weekly, account.sent_this_week, since, account.week_frees_at
    )


def _cap(
    gate: Gate, limit: limits.Limit, count: int, since: str, frees_at: dt.datetime | None
) -> GateState:
    is_open, never = count < limit.value, limit.value == 0
    return GateState(
        gate,
        is_open,
        f"{count} of {limit.value} sent {since} (limit: {limit.source})",
        opens_at=None if is_open or never else frees_at,
        somebody_must_act=never,
        count=count,
        limit=limit.value,
    )


def _nothing_in_flight(facts: Facts, now: dt.datetime) -> GateState:
    is_free = facts.account.in_flight == 0
    detail = "No call in flight" if is_free else "A request of this account is being sent"
    return GateState(Gate.NOTHING_IN_FLIGHT, is_free, detail)


def _utc(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(" ")[:16] + " UTC"


_IN_ORDER: tuple[Callable[[Facts, dt.datetime], GateState], ...] = (
    _sending_on,
    _pending,
    _due,
    _campaign_active,
    _contact_allowed,
    _account_connected,
    _account_rested,
    _hours_open,
    _spacing,
    _daily_cap,
    _weekly_cap,
    _nothing_in_flight,
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
        closed=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.CLOSED),
        opened=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.OPEN),
    )


def stop_reason() -> str:
    """Return why all sending is stopped, or an empty text."""
    stop = SendingStop.objects.open().first()
    return stop.reason if stop else ""


def daily_limits_of(
    account: LinkedInAccount, today: dt.date, rules: limits.Policy | None = None
) -> list[limits.Limit]:
    """Return all that limits an account on a day of `DAILY_CAP_TIMEZONE`; reads its workspace."""
    return limits.daily_limits(
        rules or policy(),
        account_type=account.account_type,
        own=account.daily_limit,
        workspace=account.workspace.daily_cr_limit,
        tier=account.workspace.tier,
        warm_up_started_on=account.warm_up_started_on,
        today=today,
    )


def daily_limit_of(
    account: LinkedInAccount, today: dt.date, rules: limits.Policy | None = None
) -> limits.Limit:
    """Return the limit that holds for an account on a day: of all the lowest."""
    return min(daily_limits_of(account, today, rules), key=lambda limit: limit.value)


def usage(account: LinkedInAccount, now: dt.datetime) -> AccountFacts:
    """Count what an account has sent, in one query, or two where its week is full."""
    return usages([account], now)[account.pk]


def usages(
    accounts: Collection[LinkedInAccount], now: dt.datetime
) -> dict[uuid.UUID, AccountFacts]:
    """Count what accounts have sent, in one query, or some more where weeks are full."""
    rules = policy()
    zone, today = rules.day_zone, now.astimezone(rules.day_zone).date()
    day_began_at = limits.day_start(now, zone)
    next_day_at = limits.next_day_start(now, zone)
    counted = counting.by_account(accounts, day_began_at, now)
    weekly = {
        account.pk: limits.weekly_limit(
            rules, account_type=account.account_type, own=account.weekly_limit
        )
        for account in accounts
    }
    excess = {pk: counted[pk].week - limit.value for pk, limit in weekly.items()}
    frees_at = counting.weeks_free_at({pk: over for pk, over in excess.items() if over >= 0}, now)
    return {
        account.pk: AccountFacts(
            status=account.status,
            paused_until=account.paused_until,
            pause_reason=account.pause_reason,
            daily=daily_limit_of(account, today, rules),
            weekly=weekly[account.pk],
            sent_today=counted[account.pk].today,
            sent_this_week=counted[account.pk].week,
            last_send_at=counted[account.pk].last,
            own_gap_seconds=account.min_gap_seconds,
            in_flight=counted[account.pk].in_flight,
            day_began_at=day_began_at,
            next_day_at=next_day_at,
            week_frees_at=frees_at.get(account.pk),
        )
        for account in accounts
    }


def on_do_not_contact_list() -> Q:
    """Return the condition on queue items: the person or company is on the workspace's list.

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
    return Exists(person) | Exists(company)


def facts_of(item: QueueItem, account: AccountFacts, stop: str) -> Facts:
    """Return the facts for an item annotated with `do_not_contact`; without, it is held."""
    return Facts(
        stop=stop,
        item_status=item.status,
        scheduled_for=item.scheduled_for,
        do_not_contact=getattr(item, "do_not_contact", True),
        campaign_status=item.campaign.status,
        hours=hours_of(item.campaign.hours()),
        account=account,
        policy=policy(),
    )


def report(item_id: uuid.UUID, now: dt.datetime) -> Report:
    """Explain one item: every gate, with figures, as claiming would see it at `now`.

    :raises QueueItem.DoesNotExist: where there is no such item.
    """
    items = QueueItem.objects.select_related(
        "campaign__workspace", "campaign__sending_hours", "linkedin_account__workspace"
    )
    item = items.annotate(do_not_contact=on_do_not_contact_list()).get(pk=item_id)
    return evaluate(facts_of(item, usage(item.linkedin_account, now), stop_reason()), now)
