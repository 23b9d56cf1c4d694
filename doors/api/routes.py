"""The routes. Each sees the key's workspace and nothing else."""

import uuid
from typing import Annotated, Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Count
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Status

from campaigns import models as campaigns
from campaigns.hours import zones
from doors import idempotency
from doors.api import shapes
from doors.api.site import BAR, PEOPLE, QUEUE, READ, api, key_of
from queueing import gates, planning
from queueing import numbers as people
from queueing.desk import status as figures
from queueing.gates import cadence, explaining
from queueing.models import Kind, ProcessRun, QueueItem, Reply
from queueing.sending import DatabaseClock
from queueing.staff import log

R = TypeVar("R", bound=models.Model)
Limit = Annotated[int, Query(ge=1, le=200)]
REFUSALS = frozenset({400, 401, 403, 404, 409, 422, 429, 503})
ERRORS: Any = {REFUSALS: shapes.Error}


def answers(shape: Any, status: int = 200) -> Any:
    """Return what a route answers with."""
    return {status: shape, **ERRORS}


def of_workspace(
    rows: "models.QuerySet[R]", request: HttpRequest, path: str
) -> "models.QuerySet[R]":
    """Return those rows that belong to the key's workspace."""
    return rows.filter(**{path: key_of(request).workspace_id})


def found(rows: "models.QuerySet[R]", pk: uuid.UUID) -> R:
    """Return a row of these.

    :raises Http404: where there is none.
    """
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def page(rows: "models.QuerySet[R]", cursor: uuid.UUID | None, limit: int) -> dict[str, Any]:
    """Return a page of rows, by id, and the cursor of the next one."""
    after = rows.filter(pk__gt=cursor) if cursor else rows
    some = list(after.order_by("pk")[: limit + 1])
    return {"items": some[:limit], "cursor": some[limit - 1].pk if len(some) > limit else None}


@api.get("/status", response=answers(shapes.Status), auth=READ)
def status(request: HttpRequest) -> Any:
    """Say how sending goes."""
    now = timezone.now()
    last_run_at, is_late = cadence.heartbeat(now)
    return {
        "now": now,
        "version": settings.VERSION,
        "is_stopped": bool(gates.stop_reason(key_of(request).workspace_id)),
        "last_run_at": last_run_at,
        "next_run_at": cadence.next_run_at(now),
        "is_late": is_late,
        "items": figures.count_by_status(_items(request)),
    }


@api.get("/runs", response=answers(list[shapes.Run]), auth=READ)
def runs(request: HttpRequest, limit: Limit = 50) -> Any:
    """List the last runs of the queue, newest first."""
    ours = models.Q(send_attempts__item__workspace=key_of(request).workspace_id)
    rows = ProcessRun.objects.order_by("-started_at")[:limit]
    return ProcessRun.objects.filter(pk__in=[row.pk for row in rows]).annotate(
        calls=Count("send_attempts", filter=ours)
    )


@api.get("/accounts", response=answers(list[shapes.Account]), auth=READ)
def accounts(request: HttpRequest) -> Any:
    """List the LinkedIn accounts, and what each has sent."""
    rows = of_workspace(campaigns.LinkedInAccount.objects.all(), request, "workspace")
    return [
        {
            **{name: getattr(one.account, name) for name in _OF_ACCOUNTS},
            "sent_today": one.facts.sent_today,
            "daily_limit": one.facts.daily.value,
            "sent_this_week": one.facts.sent_this_week,
            "weekly_limit": one.facts.weekly.value,
        }
        for one in figures.usage(rows, timezone.now())
    ]


_OF_ACCOUNTS = ("id", "name", "account_type", "status", "paused_until")


@api.get("/campaigns", response=answers(list[shapes.Campaign]), auth=READ)
def list_campaigns(request: HttpRequest) -> Any:
    """List the campaigns, and how many people of each are in which state."""
    return _with_people(list(_campaigns(request).order_by("name", "pk")))


@api.get("/campaigns/{campaign_id}", response=answers(shapes.Campaign), auth=READ)
def one_campaign(request: HttpRequest, campaign_id: uuid.UUID) -> Any:
    """Return one campaign."""
    return _with_people([found(_campaigns(request), campaign_id)])[0]


@api.post("/campaigns/{campaign_id}/queue", response=answers(shapes.Queued), auth=QUEUE)
def queue(request: HttpRequest, campaign_id: uuid.UUID) -> Any:
    """Queue the campaign's new people. Safe to repeat: each is queued once."""
    campaign, key = found(_campaigns(request), campaign_id), key_of(request)
    try:
        # It commits in chunks, and a repeat queues nobody twice: no answer need be kept.
        report = planning.enqueue(campaign, DatabaseClock()())
    except planning.CannotEnqueueError as problem:
        return Status(409, {"success": False, "error": str(problem)})
    log.note(key.created_by, [campaign], f"Queued {report.queued} by the API, with {key}")
    return {"success": True, **report.as_json()}


@api.get("/campaigns/{campaign_id}/forecast", response=answers(shapes.Forecast), auth=READ)
def forecast(request: HttpRequest, campaign_id: uuid.UUID) -> Any:
    """Say what of a campaign will go when."""
    campaign = found(_campaigns(request), campaign_id)
    return planning.forecast_campaign(campaign, timezone.now())


@api.get("/campaigns/{campaign_id}/prospects", response=answers(shapes.Prospects), auth=READ)
def list_prospects(
    request: HttpRequest,
    campaign_id: uuid.UUID,
    cursor: uuid.UUID | None = None,
    limit: Limit = 100,
) -> Any:
    """List the people of a campaign, a page at a time."""
    campaign = found(_campaigns(request), campaign_id)
    return page(campaigns.Prospect.objects.filter(campaign=campaign), cursor, limit)


@api.post("/campaigns/{campaign_id}/prospects", response=answers(shapes.Prospect, 201), auth=PEOPLE)
def add_prospect(request: HttpRequest, campaign_id: uuid.UUID, person: shapes.NewPerson) -> Any:
    """Add a person to a campaign. Who is on the do-not-contact list is added, and never queued."""
    campaign, key = found(_campaigns(request), campaign_id), key_of(request)

    def do() -> idempotency.Answer:
        row = campaigns.Prospect(campaign=campaign, **person.dict())
        row.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            return 409, {"success": False, "error": "This person is in the campaign already."}
        log.note(key.created_by, [row], f"Added by the API, with {key}")
        return 201, shapes.Prospect.from_orm(row).model_dump(mode="json")

    return Status(*idempotency.once(request, key, timezone.now(), do))


@api.get("/prospects/{prospect_id}", response=answers(shapes.Prospect), auth=READ)
def one_prospect(request: HttpRequest, prospect_id: uuid.UUID) -> Any:
    """Return one person of a campaign."""
    rows = of_workspace(campaigns.Prospect.objects.all(), request, "campaign__workspace")
    return found(rows, prospect_id)


@api.get("/items", response=answers(shapes.Items), auth=READ)
def list_items(
    request: HttpRequest,
    campaign_id: uuid.UUID | None = None,
    status: Annotated[str | None, Query(pattern="^[a-z]+$", max_length=20)] = None,
    cursor: uuid.UUID | None = None,
    limit: Limit = 100,
) -> Any:
    """List what is, and was, in the queue, a page at a time."""
    rows = _items(request)
    rows = rows.filter(campaign=campaign_id) if campaign_id else rows
    return page(rows.filter(status=status) if status else rows, cursor, limit)


@api.get("/items/{item_id}", response=answers(shapes.ExplainedItem), auth=READ)
def one_item(request: HttpRequest, item_id: uuid.UUID) -> Any:
    """Return one item, and why it has not gone yet."""
    item = found(_items(request).select_related("prospect", "linkedin_account"), item_id)
    told = shapes.Item.from_orm(item).model_dump()
    if item.status != QueueItem.Status.PENDING:
        return {**told, "waits_for": None, "earliest": None}
    report = explaining.reports([item], timezone.now())[item.pk]
    binds = report.binding
    why = {"gate": binds.gate, "detail": binds.detail} if binds else None
    return {**told, "waits_for": why, "earliest": report.earliest}


@api.get("/answers", response=answers(shapes.Answers), auth=READ)
def list_answers(
    request: HttpRequest,
    needs_answer: bool | None = None,
    cursor: uuid.UUID | None = None,
    limit: Limit = 100,
) -> Any:
    """List who has answered, a page at a time: all, or those who need an answer now."""
    rows = of_workspace(Reply.objects.select_related("taken_by"), request, "workspace")
    waiting = Reply.objects.waiting(timezone.now())
    if needs_answer is not None:
        rows = rows.filter(pk__in=waiting) if needs_answer else rows.exclude(pk__in=waiting)
    return page(rows, cursor, limit)


@api.get("/do-not-contact", response=answers(list[shapes.Entry]), auth=READ)
def list_entries(request: HttpRequest, after: shapes.UpTo500 = "", limit: Limit = 100) -> Any:
    """List whom the workspace never writes to, by value; `after`: the last value of a page."""
    rows = of_workspace(campaigns.DoNotContact.objects.all(), request, "workspace")
    return rows.filter(value__gt=after).order_by("value", "pk")[:limit]


@api.post("/do-not-contact", response=answers(shapes.Entry, 201), auth=BAR)
def add_entry(request: HttpRequest, entry: shapes.NewEntry) -> Any:
    """Never write to a person, or to anybody of a company."""
    key = key_of(request)

    def do() -> idempotency.Answer:
        row = campaigns.DoNotContact(workspace=key.workspace, **entry.dict())
        row.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            return 409, {"success": False, "error": "This is on the list already."}
        log.note(key.created_by, [row], f"Added by the API, with {key}")
        return 201, shapes.Entry.from_orm(row).model_dump(mode="json")

    return Status(*idempotency.once(request, key, timezone.now(), do))


@api.get("/numbers", response=answers(list[shapes.Day]), auth=READ)
def numbers(
    request: HttpRequest,
    days: Annotated[int, Query(ge=1, le=92)] = 14,
    timezone_name: Annotated[str, Query(alias="timezone", max_length=60)] = "UTC",
) -> Any:
    """Count what was sent and what failed on each of the last days, of a time zone.

    Requests, messages and withdrawals together, and what was sent by kind.
    """
    if zones.problem(timezone_name):
        return Status(422, {"success": False, "error": "timezone: no IANA name."})
    zone = zones.zone(timezone_name)
    items, now = _items(request), timezone.now()
    found = figures.by_day(items, now, zone, days)
    of_kinds = {
        kind.value: figures.by_day(items.filter(kind=kind), now, zone, days) for kind in Kind
    }
    return [
        {
            "day": day.date,
            "sent": day.sent,
            "failed": day.failed,
            "sent_by_kind": {kind: rows[number].sent for kind, rows in of_kinds.items()},
        }
        for number, day in enumerate(found)
    ]


@api.get("/numbers/people", response=answers(list[shapes.Numbers]), auth=READ)
def numbers_of_people(
    request: HttpRequest,
    by: Annotated[str, Query(pattern="^(week|campaign|account)$")] = "week",
    weeks: Annotated[int, Query(ge=1, le=53)] = 8,
    timezone_name: Annotated[str, Query(alias="timezone", max_length=60)] = "UTC",
) -> Any:
    """Count what became of those invited in the last weeks, as the pages do.

    An acceptance counts to the week of its invitation.
    """
    if zones.problem(timezone_name):
        return Status(422, {"success": False, "error": "timezone: no IANA name."})
    found = people.weeks(_items(request), timezone.now(), zones.zone(timezone_name), weeks)
    if by == "week":
        return [shapes.Numbers.of(each.funnel, week=each.monday) for each in found]
    of_these = _items(request).filter(sent_at__gte=found[0].begins)
    rows = people.by(of_these, by)
    return [shapes.Numbers.of(funnel, id=key) for (key,), funnel in sorted(rows.items())]


def _campaigns(request: HttpRequest) -> "models.QuerySet[campaigns.Campaign]":
    return of_workspace(campaigns.Campaign.objects.all(), request, "workspace")


def _items(request: HttpRequest) -> Any:
    return of_workspace(QueueItem.objects.all(), request, "workspace")


def _with_people(rows: list[campaigns.Campaign]) -> list[dict[str, Any]]:
    counts = campaigns.Prospect.objects.filter(campaign__in=rows).order_by()
    people: dict[uuid.UUID, dict[str, int]] = {row.pk: {} for row in rows}
    for campaign, state, number in counts.values_list("campaign", "status").annotate(Count("pk")):
        people[campaign][state] = number
    return [
        {
            **{name: getattr(row, name) for name in ("id", "name", "status", "starts_at")},
            "people": people[row.pk],
        }
        for row in rows
    ]
