"""What staff do from the plain lists: retry, skip, see why."""

from django.test import Client

from queueing.models import QueueItem, SendingStop
from tests.builders import a_campaign, a_workspace, an_account, an_item

Status = QueueItem.Status
LIST = "/admin/queueing/queueitem/"


def items_of_each_state() -> list[QueueItem]:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    states = (Status.PENDING, Status.FAILED, Status.SKIPPED)
    return [an_item(campaign, account, status=status, attempts=4) for status in states]


def act(desk: Client, action: str, items: list[QueueItem]) -> list[str]:
    """Choose an action for items; return their states afterwards."""
    chosen = {"action": action, "_selected_action": [item.pk for item in items]}
    assert desk.post(LIST, chosen).status_code == 302
    return [QueueItem.objects.get(pk=item.pk).status for item in items]


def test_failed_items_are_retried_and_others_left_alone(desk: Client) -> None:
    items = items_of_each_state()

    assert act(desk, "retry_failed", items) == [Status.PENDING, Status.PENDING, Status.SKIPPED]
    assert QueueItem.objects.get(pk=items[1].pk).attempts == 0


def test_pending_and_failed_items_are_skipped(desk: Client) -> None:
    assert act(desk, "skip", items_of_each_state()) == [Status.SKIPPED] * 3


def test_an_item_says_why_it_waits(desk: Client) -> None:
    pending, *_ = items_of_each_state()
    SendingStop.objects.create(reason="<b>Holiday</b>", stopped_at=pending.created_at)

    page = desk.get(f"{LIST}{pending.pk}/change/").content.decode()

    assert "All sending is stopped: &lt;b&gt;Holiday&lt;/b&gt;" in page
    assert "not before somebody acts" in page
