"""What the pages cost: as many queries for many rows as for few, and no count of them all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from campaigns.models import Campaign, DoNotContact, SendingHours
from queueing.models import ProcessRun, QueueItem, SendAttempt, SendingStop
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db

Status = QueueItem.Status
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
A_LIST, A_PAGE = 30, 62  # queries at most; session, user and the stop in the header are among them
COUNTED = ("send_queue", "campaigns_prospect", "queueing_sendattempt")  # tables of any length


def more(number: int) -> None:
    """Add a row to every list, and one to whatever the pages of the first rows show."""
    workspace = a_workspace()
    account = an_account(workspace, name=f"Account {number}")
    campaign = a_campaign(workspace, account, name=f"Campaign {number}")
    user = User.objects.create(username=f"ada-{number}", is_staff=True)
    user.workspaces.add(workspace)
    user.groups.add(Group.objects.get(name="Viewer"))
    run = ProcessRun.objects.create(trigger="command", started_at=timezone.now())
    for status, values in (
        (Status.PENDING, {}),
        (Status.FAILED, {"error_code": "invalid_recipient"}),
        (Status.SENT, {"sent_at": timezone.now()}),
        (Status.UNCONFIRMED, {"claimed_at": NOON}),
    ):
        touched(an_item(campaign, account, status=status, **values), user, run)
    barred = an_item(campaign, account)
    DoNotContact.objects.create(workspace=workspace, kind="person", value=barred.person_key)
    SendingStop.objects.create(
        reason="Ada", stopped_at=NOON, stopped_by=user, lifted_at=NOON, lifted_by=user
    )
    Schedule.objects.create(name=f"ada-{number}", func="ada.example")
    OrmQ.objects.create(key="sendq", payload="", lock=NOON)
    for of_kind, success in ((Success, True), (Failure, False)):
        of_kind.objects.create(
            id=f"{success} {number}", name="ada", func="ada", success=success,
            started=NOON, stopped=NOON,
        )  # fmt: skip

    first_campaign = Campaign.objects.earliest("name")
    another = an_account(first_campaign.workspace, name=f"Later {number}")
    first_campaign.accounts.add(another)
    later = a_campaign(
        first_campaign.workspace, another, sending_hours=None, name=f"Later {number}"
    )
    for of_campaign in (first_campaign, later):
        an_item(of_campaign, another)
    a_prospect(first_campaign)
    for status in (Status.PENDING, Status.FAILED, Status.UNCONFIRMED):
        touched(first_item(status), user, run)


def touched(item: QueueItem, user: User, run: ProcessRun) -> None:
    """Add a call and somebody's action to an item."""
    SendAttempt.objects.create(
        item=item,
        run=run,
        kind=SendAttempt.Kind.SEND,
        number=item.send_attempts.count() + 1,
        started_at=NOON,
        finished_at=NOON,
        outcome="rejected",
        detail="{}",
    )
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(QueueItem),
        object_id=str(item.pk),
        object_repr="Ada",
        action_flag=CHANGE,
        change_message="Skipped: Ada",
    )


def first_item(status: str) -> QueueItem:
    return QueueItem.objects.filter(status=status).earliest("created_at")


def queries(desk: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = desk.get(address)
    assert answer.status_code == 200, address
    return [query["sql"] for query in captured.captured_queries]


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def searches_and_filters(desk: Client, url: str) -> Iterator[str]:
    """Return the addresses to which a list's own links and forms lead."""
    changelist = desk.get(url).context["cl"]
    if changelist.search_fields:
        yield f"{url}?q=ada"
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            if "query_string" in choice:
                yield f"{url}{choice['query_string']}"
            for field, _shown in choice.get("fields", ()):
                text = "2026-07-08" if field.kind == "date" else "a"
                yield f"{url}?{field.name}={text}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_a_list_costs_the_same_for_three_times_the_rows(desk: Client, model: type[Model]) -> None:
    url = list_of(model)
    more(1)
    more(2)
    addresses = [url, *searches_and_filters(desk, url)]
    for_few = {address: len(queries(desk, address)) for address in addresses}
    for number in range(3, 7):
        more(number)

    for address in addresses:
        asked = queries(desk, address)
        assert len(asked) == for_few[address], address
        assert len(asked) <= A_LIST, address
        for sql in asked:
            is_full_count = sql.startswith("SELECT COUNT(") and "LIMIT" not in sql
            assert not (is_full_count and any(table in sql for table in COUNTED)), sql


def change_page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def pages() -> list[str]:
    """Return what is no list: the dashboard, pages of the first rows, forecasts, choices."""
    campaign, item = Campaign.objects.earliest("name"), first_item(Status.PENDING)
    account, workspace = campaign.accounts.earliest("name"), campaign.workspace
    rows = [
        item, first_item(Status.FAILED), first_item(Status.UNCONFIRMED), item.prospect, campaign,
        account, workspace, SendingHours.objects.earliest("pk"), ProcessRun.objects.earliest("pk"),
        SendAttempt.objects.earliest("pk"), DoNotContact.objects.earliest("pk"),
    ]  # fmt: skip
    choices = (("campaign", "accounts"), ("campaign", "sending_hours"), ("prospect", "campaign"))
    return [
        reverse("admin:index"),
        reverse("dashboard"),
        reverse("admin:app_list", args=["queueing"]),
        *map(change_page, rows),
        reverse("admin:campaigns_campaign_forecast", args=[campaign.pk]),
        reverse("admin:campaigns_workspace_forecast", args=[workspace.pk]),
        *(
            f"{reverse('admin:autocomplete')}?app_label=campaigns&model_name={model}"
            f"&field_name={field}&term=a"
            for model, field in choices
        ),
    ]


def test_a_page_costs_the_same_for_three_times_the_rows(desk: Client) -> None:
    more(1)
    more(2)
    addresses = pages()
    for address in addresses:
        desk.get(address)
    for_few = {address: len(queries(desk, address)) for address in addresses}
    for number in range(3, 7):
        more(number)

    for_many = {address: len(queries(desk, address)) for address in addresses}

    assert for_many == for_few
    assert {address: n for address, n in for_many.items() if n > A_PAGE} == {}
