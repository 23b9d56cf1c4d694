"""The way back: what was skipped, barred or paused by mistake is as it was, by one button."""

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, DoNotContact, Prospect
from queueing.models import QueueItem, Retry
from queueing.sending.meaning import SOMEBODY_ELSE
from queueing.staff import back, items, log
from queueing.staff.triage import RetryNow
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db
QUEUE, FAILED = "/admin/queueing/queueitem/", "/admin/queueing/failedsend/"
Status = QueueItem.Status


def some(number: int, **values: Any) -> Campaign:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    for _ in range(number):
        an_item(campaign, account, scheduled_for=timezone.now() + dt.timedelta(days=1), **values)
    return campaign


def done(
    browser: Client, address: str, action: str, ids: list[Any], reason: str, **more: str
) -> str:
    """Choose an action and confirm it; return the page that follows."""
    form = {"action": action, "_selected_action": [str(pk) for pk in ids]}
    asked = browser.post(address, form).context
    form |= {"progress": asked["progress"], "reason": reason} | more
    return browser.post(address, form, follow=True).content.decode()


def token(page: str) -> str:
    found = re.search(r'name="undo" value="([^"]+)"', page)
    assert found, page
    return found[1]


def states() -> set[tuple[str, str]]:
    return set(QueueItem.objects.values_list("status", "prospect__status"))


@pytest.mark.parametrize("action", ["skip", "never_contact"])
def test_what_was_skipped_is_put_back_by_one_button(desk: Client, action: str) -> None:
    some(3)
    kept = DoNotContact.objects.create(
        workspace=a_workspace(), value=QueueItem.objects.earliest("pk").person_key
    )
    ids = list(QueueItem.objects.values_list("pk", flat=True))

    page = done(desk, QUEUE, action, ids, "By mistake")
    assert states() == {(Status.SKIPPED, Prospect.Status.SKIPPED)}
    answer = desk.post("/admin/undo/", {"undo": token(page), "back": QUEUE}, follow=True)

    assert "3 put back in the queue" in answer.content.decode()
    assert states() == {(Status.PENDING, Prospect.Status.QUEUED)}
    assert list(DoNotContact.objects.all()) == [kept]
    assert LogEntry.objects.filter(change_message__endswith=": Undone").count() == 3
    again = desk.post("/admin/undo/", {"undo": token(page)}, follow=True).content.decode()
    assert "0 put back" in again


def test_nobody_undoes_for_somebody_else_or_what_was_made_up(desk: Client) -> None:
    campaign = some(1)
    page = done(desk, QUEUE, "skip", [QueueItem.objects.get().pk], "By mistake")
    other = logged_in(a_user("mona", campaign.workspace, group="Operator"))

    assert other.post("/admin/undo/", {"undo": token(page)}).status_code == 403
    desk.post("/admin/undo/", {"undo": "made:up"})
    assert states() == {(Status.SKIPPED, Prospect.Status.SKIPPED)}


def test_what_has_moved_on_is_left_alone(desk: Client, boss: User) -> None:
    some(5)
    first, second, third, fourth, _fifth = QueueItem.objects.order_by("pk")
    done(desk, QUEUE, "skip", [row.pk for row in (first, second, third)], "By mistake")
    Prospect.objects.filter(pk=first.prospect_id).update(status=Prospect.Status.CONNECTED)
    QueueItem.objects.filter(pk=second.pk).update(
        tried_at=timezone.now(), searched_at=timezone.now()
    )
    QueueItem.objects.filter(pk=fourth.pk).update(status=Status.SKIPPED, error_code="person_ended")
    everything = QueueItem.objects.order_by()

    result = items.act(back.PutBack(), everything, boss, timezone.now(), reason="x")

    assert result.done == 1
    assert dict(result.left) == {
        back.CHANGED_SINCE: 1,
        back.MAYBE_SENT: 1,
        back.NOT_BY_HAND: 1,
        "waiting already": 1,
    }
    assert QueueItem.objects.get(pk=third.pk).status == Status.PENDING


def test_several_campaigns_are_paused_with_one_reason_and_go_on_again(
    desk: Client, boss: User
) -> None:
    campaigns = [some(1), some(1)]
    paused = a_campaign(a_workspace(), status=Campaign.Status.PAUSED)
    form = {
        "action": "pause_all",
        "_selected_action": [str(each.pk) for each in (*campaigns, paused)],
    }
    address = "/admin/campaigns/campaign/"

    asked = desk.post(address, form).content.decode()
    assert "it is left alone" in asked
    page = desk.post(address, form | {"confirmed": "1", "reason": "Fair"}, follow=True)

    assert {each.status for each in Campaign.objects.all()} == {Campaign.Status.PAUSED}
    assert "nothing was changed" in page.content.decode()
    *_each, all_of_them = re.findall(r'name="undo" value="([^"]+)"', page.content.decode())
    desk.post("/admin/undo/", {"undo": all_of_them})
    went_on = Campaign.objects.filter(pk__in=[each.pk for each in campaigns])
    assert {each.status for each in went_on} == {Campaign.Status.ACTIVE}
    assert set(Campaign.objects.filter(status="paused")) == {paused}
    # What SendQ says itself is no reason to choose from.
    assert log.last_reasons(boss) == ["Fair"]


def test_a_group_of_failures_has_its_buttons_and_the_last_reasons(desk: Client) -> None:
    some(2, status=Status.FAILED, error_code="invalid_recipient")
    some(1, status=Status.FAILED, error_code="too_many_characters")
    page = desk.get(FAILED).content.decode()
    assert page.count(">Skip all</button>") == 2

    form = {"action": "skip", "select_across": "1", "_selected_action": "0" * 32}
    asked = desk.post(f"{FAILED}?meaning=person", form)
    assert "2 will be skipped." in asked.content.decode()
    sent = {**form, "progress": asked.context["progress"], "reason": ["", "Left the firm"]}
    desk.post(f"{FAILED}?meaning=person", sent)

    assert QueueItem.objects.filter(status=Status.SKIPPED).count() == 2
    form = {"action": "skip", "select_across": "1", "_selected_action": "0" * 32}
    again = desk.post(f"{FAILED}?meaning=message", form).content.decode()
    assert 'name="reason" value="Left the firm"' in again


RETRIED = {
    "retry_now": "invalid_account",
    "retry_spread": "invalid_account",
    "edit_and_retry": "too_many_characters",
    "same_person": SOMEBODY_ELSE,
}


@pytest.mark.parametrize(("action", "code"), RETRIED.items())
def test_what_was_retried_is_to_be_fixed_as_before(desk: Client, action: str, code: str) -> None:
    failed = {
        "status": Status.FAILED,
        "error_code": code,
        "error_message": "Refused",
        "attempts": 3,
    }
    some(2, **failed)
    Prospect.objects.update(status=Prospect.Status.FAILED, status_reason="Refused")
    before = [*QueueItem.objects.order_by("pk").values(), *Prospect.objects.order_by("pk").values()]
    ids = list(QueueItem.objects.order_by("pk").values_list("pk", flat=True))

    page = done(desk, FAILED, action, ids, "The account is back", text="Another text")
    assert states() == {(Status.PENDING, Prospect.Status.QUEUED)}
    answer = desk.post("/admin/undo/", {"undo": token(page), "back": FAILED}, follow=True)

    assert "2 put back to fix" in answer.content.decode()
    after = [*QueueItem.objects.order_by("pk").values(), *Prospect.objects.order_by("pk").values()]
    assert after == before
    assert LogEntry.objects.filter(change_message="Put back to fix: Undone").count() == 2
    assert not Retry.objects.exists()


def test_a_retry_that_has_moved_on_is_left_alone(boss: User) -> None:
    some(5, status=Status.FAILED, error_code="invalid_account")
    some(1)
    Prospect.objects.update(status=Prospect.Status.FAILED)
    now = timezone.now()
    failed = QueueItem.objects.filter(status=Status.FAILED)
    claimed, refused, edited, connected, left = failed.order_by("pk")
    assert items.act(RetryNow(), failed, boss, now, reason="Back").done == 5
    later = now + dt.timedelta(seconds=1)
    for item, values in (
        (claimed, {"claimed_at": later}),
        (refused, {"attempts": 1}),
        (edited, {"message": "Changed by hand"}),
    ):
        QueueItem.objects.filter(pk=item.pk).update(**values)
    Prospect.objects.filter(pk=connected.prospect_id).update(status=Prospect.Status.CONNECTED)

    mine = back.retried_between(boss, "Back", now, later)
    assert mine.count() == 5
    result = items.act(back.BackToFix(), QueueItem.objects.order_by(), boss, later, reason="x")

    assert result.done == 1
    assert dict(result.left) == {
        back.TRIED_SINCE: 2,
        back.OTHER_TEXT: 1,
        back.CHANGED_SINCE: 1,
        back.NOT_RETRIED: 1,
    }
    assert QueueItem.objects.get(status=Status.FAILED).pk == left.pk
