"""What the gates look at, read from rows: limits, hours, use, stops, do-not-contact lists."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Value

from campaigns.hours import zones
from campaigns.models import ClosedDay, DoNotContact, LinkedInAccount, SendingHours
from queueing.gates import counting, hours, limits
from queueing.gates.days import days_of
from queueing.gates.evaluating import AccountFacts, CapOfDay, Facts, Report, evaluate
from queueing.models import Installation, QueueItem, SendingStop


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
        holiday_kinds=frozenset(row.holiday_kinds),
        weekend=frozenset(map(int, row.weekend)) if row.weekend else None,
        closed=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.CLOSED),
        opened=frozenset(day.date for day in days if day.kind == ClosedDay.Kind.OPEN),
    )


def stop_reason() -> str:
    """Return why all sending is stopped, or an empty text.

    Nobody can lift what holds a copy of the database, or one that was set back.
    """
    stops = SendingStop.objects.open().order_by().values_list(Value("stop"), "reason", Value(""))
    # One query, for every claim asks: a stop, or where this database says that it is.
    told = stops.union(Installation.told(), all=True)
    reasons = [
        one if kind == "stop" else Installation.trouble(kind, one, here) for kind, one, here in told
    ]
    return next(filter(None, reasons), "")


def daily_limits_of(
    account: LinkedInAccount, today: dt.date, rules: limits.Policy | None = None
) -> list[limits.Limit]:
    """Return all that limits an account on a day of its caps; reads its workspace."""
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


def usage(
    account: LinkedInAccount, now: dt.datetime, without: uuid.UUID | None = None
) -> AccountFacts:
    """Count what an account has sent, in one query, or two where its week is full.

    :param without: an item that counts for nothing.
    """
    return usages([account], now, without)[account.pk]


def usages(
    accounts: Collection[LinkedInAccount], now: dt.datetime, without: uuid.UUID | None = None
) -> dict[uuid.UUID, AccountFacts]:
    """Count what accounts have sent, in one query, or some more where weeks are full."""
    rules = policy()
    days = {account: days_of(account, now) for account in accounts}
    counted = counting.by_account({a: of[0].begins for a, of in days.items()}, now, without)
    full = _full_before(days, now, rules, without)
    weekly = {
        account.pk: limits.weekly_limit(
            rules, account_type=account.account_type, own=account.weekly_limit
        )
        for account in accounts
    }
    excess = {pk: counted[pk].week - limit.value for pk, limit in weekly.items()}
    notes = counting.notes_sent(accounts, now)
    frees_at = counting.weeks_free_at({pk: over for pk, over in excess.items() if over >= 0}, now)
    return {
        account.pk: AccountFacts(
            status=account.status,
            paused_until=account.paused_until,
            pause_reason=account.why_it_rests,
            daily=daily_limit_of(account, days[account][0].date, rules),
            weekly=weekly[account.pk],
            sent_today=counted[account.pk].today,
            sent_this_week=counted[account.pk].week,
            last_send_at=counted[account.pk].last,
            own_gap_seconds=account.min_gap_seconds,
            in_flight=counted[account.pk].in_flight,
            day_began_at=days[account][0].begins,
            next_day_at=days[account][0].ends,
            full_before=full.get(account.pk),
            week_frees_at=frees_at.get(account.pk),
            note_limit=account.note_limit,
            other_login=account.other_login,
            **_notes(notes.get(account.pk)),
        )
        for account in accounts
    }


def _full_before(
    days: Mapping[LinkedInAccount, Sequence[limits.Day]],
    now: dt.datetime,
    rules: limits.Policy,
    without: uuid.UUID | None,
) -> dict[uuid.UUID, CapOfDay]:
    """Return the day of a former zone that is full, for accounts whose zone has just changed.

    Of several the one that ends last. Nearly always none has another day: no query is made.
    """
    found: dict[uuid.UUID, CapOfDay] = {}
    for number in range(1, max(map(len, days.values()), default=0)):
        of = {account: each[number] for account, each in days.items() if len(each) > number}
        counted = counting.by_account({a: day.begins for a, day in of.items()}, now, without)
        for account, day in of.items():
            cap = CapOfDay(day, daily_limit_of(account, day.date, rules), counted[account.pk].today)
            known = found.get(account.pk)
            if cap.sent >= cap.limit.value and (known is None or known.day.ends < day.ends):
                found[account.pk] = cap
    return found


def notes_limit(account: LinkedInAccount) -> int | None:
    """Return how many notes an account may send in 30 days; None for any number."""
    return settings.FREE_NOTES if account.account_type == LinkedInAccount.Type.FREE else None


def _notes(sent: Sequence[dt.datetime] | None) -> dict[str, Any]:
    """Return the facts on an account's notes; `sent` is None where it may send any number."""
    if sent is None:
        return {}
    most = settings.FREE_NOTES
    used_up = most and len(sent) >= most
    return {
        "notes_sent": len(sent),
        "notes_limit": most,
        "notes_free_at": sent[-most] + limits.NOTES_WINDOW if used_up else None,
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
    person = item.prospect
    return Facts(
        stop=stop,
        item_status=item.status,
        scheduled_for=item.scheduled_for,
        do_not_contact=getattr(item, "do_not_contact", True),
        campaign_status=item.campaign.status,
        hours=hours_of(item.campaign.hours()),
        account=account,
        policy=policy(),
        has_note=bool(item.message),
        note_length=len(item.message),
        may_drop_note=item.campaign.without_note_when_used_up,
        person_has_ended=person.get_status_display() if person.status in person.ENDED else "",
        campaign_starts_at=item.campaign.starts_at,
    )


def report(item_id: uuid.UUID, now: dt.datetime) -> Report:
    """Explain one item: every gate, with figures, as claiming would see it at `now`.

    :raises QueueItem.DoesNotExist: where there is no such item.
    """
    items = QueueItem.objects.select_related(
        "prospect", "campaign__workspace", "campaign__sending_hours", "linkedin_account__workspace"
    )
    item = items.annotate(do_not_contact=on_do_not_contact_list()).get(pk=item_id)
    return evaluate(facts_of(item, usage(item.linkedin_account, now), stop_reason()), now)
