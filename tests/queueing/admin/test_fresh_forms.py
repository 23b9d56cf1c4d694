"""A page that was open while the queue went on changes what its reader changed, and no more."""

import datetime as dt
from collections import defaultdict
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, ClosedDay, DoNotContact, LinkedInAccount, Prospect
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db
Status = QueueItem.Status


def shown(desk: Client, row: Any) -> dict[str, Any]:
    """Return what the row's page would send back if nothing were changed, as browsers do."""
    return sent_back(desk.get(_address(row)))


def sent_back(page: Any) -> dict[str, Any]:
    inputs = _Inputs()
    inputs.feed(page.content.decode())
    return {name: values for name, values in inputs.sent.items() if not name.startswith("_")}


class _Inputs(HTMLParser):
    """Collects what a browser would send of a page: the values of its inputs, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = defaultdict(list)
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.sent[self._select].append(found.get("value") or "")
        elif tag == "textarea":
            self._text = name
            self.sent[name] = [""]
        elif tag == "input" and name and _is_sent(found):
            self.sent[name].append(found.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.sent[self._text][0] += data.removeprefix("\n")


def _is_sent(attrs: dict[str, str | None]) -> bool:
    kind = attrs.get("type")
    return kind not in {"submit", "button", "search"} and (kind != "checkbox" or "checked" in attrs)


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


def test_a_state_that_is_offered_no_more_does_not_hold_up_who_left_it_alone(
    desk: Client, item: QueueItem
) -> None:
    person = item.prospect
    page = shown(desk, person)
    QueueItem.objects.update(status=Status.FAILED)
    Prospect.objects.update(status=Prospect.Status.FAILED)

    answer = posted(desk, person, page, first_name="Adele")

    person.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (person.first_name, person.status) == ("Adele", Prospect.Status.FAILED)


def test_two_who_change_the_same_field_are_told(desk: Client, item: QueueItem) -> None:
    person = item.prospect
    page = shown(desk, person)
    Prospect.objects.update(last_name="Changed")

    answer = posted(desk, person, page, last_name="Mine")

    person.refresh_from_db()
    assert person.last_name == "Changed"
    assert f"it was “{page['last_name'][0]}”, and is “Changed” by now" in problems(answer)


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


def test_lists_that_two_change_are_not_mixed(desk: Client, item: QueueItem) -> None:
    campaign = item.campaign
    page = shown(desk, campaign)
    other = an_account(campaign.workspace)
    campaign.accounts.add(other)

    answer = posted(desk, campaign, page, name="Renamed")

    campaign.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (campaign.name, campaign.accounts.count()) == ("Renamed", 2)
    refused = posted(desk, campaign, page, accounts=[str(other.pk)])
    assert "Changed since you looked: it was “Account" in problems(refused)


def test_a_list_that_was_empty_is_filled(desk: Client, item: QueueItem, boss: User) -> None:
    workspace = item.workspace
    page = shown(desk, workspace)

    answer = posted(desk, workspace, page, members=[str(boss.pk)])

    assert answer.status_code == 302, problems(answer)
    assert list(workspace.members.all()) == [boss]


def test_whoever_was_made_a_member_meanwhile_stays_one(
    desk: Client, item: QueueItem, boss: User
) -> None:
    workspace = item.workspace
    page = shown(desk, workspace)
    workspace.members.add(boss)

    posted(desk, workspace, page, notify_emails="desk@example.com")

    workspace.refresh_from_db()
    assert workspace.notify_emails == "desk@example.com"
    assert list(workspace.members.all()) == [boss]


def test_hours_are_changed_while_somebody_else_closes_a_day(desk: Client, item: QueueItem) -> None:
    hours = item.campaign.hours()
    kept = ClosedDay.objects.create(sending_hours=hours, date=dt.date(2026, 12, 24), note="Eve")
    page = shown(desk, hours)
    ClosedDay.objects.filter(pk=kept.pk).update(note="Christmas Eve")
    ClosedDay.objects.create(sending_hours=hours, date=dt.date(2026, 12, 31))

    answer = posted(desk, hours, page, name="Renamed")

    assert answer.status_code == 302, problems(answer)
    days = hours.closed_days.order_by("date").values_list("note", flat=True)
    assert list(days) == ["Christmas Eve", ""]


def test_a_closed_day_that_two_change_is_told(desk: Client, item: QueueItem) -> None:
    hours = item.campaign.hours()
    kept = ClosedDay.objects.create(sending_hours=hours, date=dt.date(2026, 12, 24), note="Eve")
    page = shown(desk, hours)
    ClosedDay.objects.filter(pk=kept.pk).update(note="Christmas Eve")

    answer = posted(desk, hours, page, **{"closed_days-0-note": "Holiday"})

    kept.refresh_from_db()
    assert kept.note == "Christmas Eve"
    assert "it was “Eve”, and is “Christmas Eve” by now" in answer.content.decode()


def test_a_closed_day_that_was_deleted_is_told(desk: Client, item: QueueItem) -> None:
    hours = item.campaign.hours()
    ClosedDay.objects.create(sending_hours=hours, date=dt.date(2026, 12, 24))
    page = shown(desk, hours)
    ClosedDay.objects.all().delete()

    answer = posted(desk, hours, page, **{"closed_days-0-note": "Holiday"})

    assert answer.status_code == 200
    assert "One of these was deleted since you looked" in answer.content.decode()
    assert not ClosedDay.objects.exists()


def test_an_entry_of_the_do_not_contact_list_keeps_what_another_changed(
    desk: Client, item: QueueItem
) -> None:
    entry = DoNotContact.objects.create(
        workspace=item.workspace, kind=DoNotContact.Kind.PERSON, value="ada-example"
    )
    page = shown(desk, entry)
    DoNotContact.objects.update(value="bo-example")

    posted(desk, entry, page, reason="Asked us to stop")

    entry.refresh_from_db()
    assert (entry.value, entry.reason) == ("bo-example", "Asked us to stop")


def test_what_was_typed_before_an_error_is_saved_after_it(desk: Client, item: QueueItem) -> None:
    campaign = item.campaign
    page = shown(desk, campaign)
    typed = {"starts_at_0": "2099-01-01", "starts_at_1": "09:00:00", "name": ""}
    again = sent_back(posted(desk, campaign, page, **typed))

    answer = posted(desk, campaign, again, name="Renamed")

    campaign.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert campaign.starts_at == dt.datetime(2099, 1, 1, 9, tzinfo=dt.UTC)


def test_a_list_filled_before_an_error_is_saved_after_it(
    desk: Client, item: QueueItem, boss: User
) -> None:
    workspace = item.workspace
    page = shown(desk, workspace)
    again = sent_back(posted(desk, workspace, page, members=[str(boss.pk)], name=""))

    answer = posted(desk, workspace, again, name="Renamed")

    assert answer.status_code == 302, problems(answer)
    assert list(workspace.members.all()) == [boss]


def test_lines_of_a_text_are_the_same_whatever_ends_them(desk: Client, item: QueueItem) -> None:
    campaign = item.campaign
    Campaign.objects.update(message_template="Hello\nthere")
    page = shown(desk, campaign) | {"initial-message_template": "Hello\r\nthere"}

    answer = posted(desk, campaign, page, message_template="Hello\r\nAda")

    assert answer.status_code == 302, problems(answer)


def test_who_may_not_raise_a_cap_is_not_taken_to_by_one_that_was_lowered_meanwhile(
    item: QueueItem,
) -> None:
    account = item.linkedin_account
    LinkedInAccount.objects.update(daily_limit=20)
    operator = logged_in(a_user("operator", account.workspace, group="Operator"))
    page = shown(operator, account)
    LinkedInAccount.objects.update(daily_limit=5)

    answer = posted(operator, account, page, name="Renamed")

    account.refresh_from_db()
    assert answer.status_code == 302, problems(answer)
    assert (account.name, account.daily_limit) == ("Renamed", 5)


def test_the_row_is_locked_until_it_is_saved(desk: Client, item: QueueItem) -> None:
    page = shown(desk, item.prospect)

    with CaptureQueriesContext(connection) as queries:
        posted(desk, item.prospect, page, first_name="Adele")

    statements = [query["sql"] for query in queries]
    table = '"campaigns_prospect"'
    locks = [sql for sql in statements if "FOR NO KEY UPDATE" in sql and table in sql]
    saves = [sql for sql in statements if sql.startswith(f"UPDATE {table}")]
    assert statements.index(locks[0]) < statements.index(saves[0])


def test_nothing_secret_is_shown_twice(desk: Client, boss: User) -> None:
    page = desk.get(f"/admin/auth/user/{boss.pk}/change/").content.decode()

    assert "initial-first_name" in page
    assert boss.password not in page
