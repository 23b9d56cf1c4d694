"""A page that was open while the queue went on changes what its reader changed, and no more."""

import datetime as dt
from typing import Any

import pytest
from django.forms import MultiWidget
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = QueueItem.Status


def shown(desk: Client, row: Any) -> dict[str, Any]:
    """Return what the row's page would send back if nothing were changed."""
    page = desk.get(_address(row))
    form = page.context["adminform"].form
    sent: dict[str, Any] = {}
    for bound in form:
        html = {bound.html_name: bound.value()}
        if bound.field.show_hidden_initial:
            html[bound.html_initial_name] = bound.value()
        for name, value in html.items():
            for part, text in _parts(bound.field.widget, name, value):
                sent[part] = text
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        sent |= {bound.html_name: bound.value() for bound in management}
    return sent


def _parts(widget: Any, name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(widget, MultiWidget) and value is None:
        return [(f"{name}_0", ""), (f"{name}_1", "")]
    if value is None:
        return [(name, "")]
    if isinstance(value, dt.datetime):
        return [(f"{name}_0", f"{value:%Y-%m-%d}"), (f"{name}_1", f"{value:%H:%M:%S}")]
    if isinstance(value, bool):
        return [(name, "on")] if value else []
    return [(name, value)]


def _address(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def posted(desk: Client, row: Any, page: dict[str, Any], **changes: Any) -> Any:
    return desk.post(_address(row), {**page, "change_reason": "Corrected", **changes})


def problems(answer: Any) -> str:
    return str(answer.context["errors"]) if answer.context else ""


@pytest.fixture
def item() -> QueueItem:
    account = an_account(a_workspace())
    return an_item(a_campaign(account.workspace, account), account)


def test_a_name_is_corrected_and_what_the_run_wrote_stays(desk: Client, item: QueueItem) -> None:
    person = item.prospect
    page = shown(desk, person)
    due = NOON + dt.timedelta(days=3)
    Prospect.objects.update(status=Prospect.Status.CONNECTION_REQUEST_SENT, follow_up_due_at=due)

    answer = posted(desk, person, page, first_name="Adele")

    person.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (person.first_name, person.status, person.follow_up_due_at) == (
        "Adele",
        Prospect.Status.CONNECTION_REQUEST_SENT,
        due,
    )


def test_two_who_change_the_same_field_are_told(desk: Client, item: QueueItem) -> None:
    person = item.prospect
    page = shown(desk, person)
    Prospect.objects.update(last_name="Changed")

    answer = posted(desk, person, page, last_name="Mine")

    person.refresh_from_db()
    assert person.last_name == "Changed"
    assert "Changed since you looked: it is “Changed” by now" in problems(answer)


def test_who_sets_a_person_to_skipped_skips_what_waits(desk: Client, item: QueueItem) -> None:
    page = shown(desk, item.prospect)

    posted(desk, item.prospect, page, status=Prospect.Status.SKIPPED)

    item.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.SKIPPED, Prospect.Status.SKIPPED)


@pytest.mark.parametrize("sent", [True, False])
def test_once_somebody_may_be_invited_their_status_is_no_hand_s(
    desk: Client, item: QueueItem, sent: bool
) -> None:
    page = shown(desk, item.prospect)
    values = {"status": Status.SENT, "sent_at": NOON} if sent else {"tried_at": NOON}
    QueueItem.objects.update(**values)

    answer = posted(desk, item.prospect, page, status=Prospect.Status.NEW)

    item.prospect.refresh_from_db()
    assert item.prospect.status == Prospect.Status.QUEUED
    assert "cannot be changed any more" in problems(answer)


def test_an_account_s_limit_is_set_while_it_begins_to_rest(desk: Client, item: QueueItem) -> None:
    account = item.linkedin_account
    page = shown(desk, account)
    LinkedInAccount.objects.update(paused_until=NOON, pause_reason="LinkedIn's limit")

    answer = posted(desk, account, page, daily_limit="7")

    account.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (account.daily_limit, account.pause_reason) == (7, "LinkedIn's limit")


def test_a_campaign_is_renamed_while_another_changes_its_note(
    desk: Client, item: QueueItem
) -> None:
    campaign = item.campaign
    page = shown(desk, campaign)
    Campaign.objects.update(message_template="Hello", status=Campaign.Status.PAUSED)

    answer = posted(desk, campaign, page, name="Renamed")

    campaign.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (campaign.name, campaign.message_template) == ("Renamed", "Hello")
    assert campaign.status == Campaign.Status.PAUSED
