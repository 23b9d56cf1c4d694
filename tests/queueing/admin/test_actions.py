"""What staff do to items: a page that counts first, a reason, and nothing twice."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from campaigns.models import DoNotContact, LinkedInAccount, Prospect
from queueing import planning
from queueing.admin import actions, confirming
from queueing.admin.failed import FailedSendAdmin
from queueing.models import QueueItem
from queueing.staff import items
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

Status = QueueItem.Status
QUEUE = "/admin/queueing/queueitem/"
FAILED = "/admin/queueing/failedsend/"
UNCONFIRMED = "/admin/queueing/unconfirmedsend/"


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace())


def an_item_that_is(status: str, account: LinkedInAccount, **values: Any) -> QueueItem:
    campaign = values.pop("campaign", None) or a_campaign(account.workspace, account)
    if status == Status.SENT:
        values["sent_at"] = NOON
    if status == Status.UNCONFIRMED:
        values["claimed_at"] = NOON
    if status == Status.FAILED:
        values = {"error_code": "invalid_recipient", "attempts": 4, **values}
        values.setdefault("prospect", a_prospect(campaign, status=Prospect.Status.FAILED))
    return an_item(campaign, account, status=status, **values)


def page_of(
    desk: Client, url: str, action: str, chosen: list[QueueItem], **more: Any
) -> dict[str, Any]:
    """Choose an action; return what its page would post."""
    posted = {"action": action, "_selected_action": [item.pk for item in chosen], **more}
    answer = desk.post(url, posted)
    assert answer.status_code == 200, answer.content
    return {**posted, "progress": answer.context["progress"], "page": answer.content.decode()}


def confirmed(desk: Client, url: str, page: dict[str, Any], **asked: str) -> str:
    """Confirm a page; return what was said."""
    posted = {key: value for key, value in page.items() if key != "page"}
    answer = desk.post(url, {**posted, "reason": "LinkedIn was down", **asked}, follow=True)
    assert answer.status_code == 200
    return " ".join(map(str, answer.context["messages"]))


def status_of(item: QueueItem) -> str:
    return QueueItem.objects.get(pk=item.pk).status


CASES = [
    (FAILED, "retry_now", Status.FAILED, Status.PENDING),
    (FAILED, "retry_spread", Status.FAILED, Status.PENDING),
    (FAILED, "edit_and_retry", Status.FAILED, Status.PENDING),
    (FAILED, "skip", Status.FAILED, Status.SKIPPED),
    (FAILED, "never_contact", Status.FAILED, Status.SKIPPED),
    (QUEUE, "skip", Status.PENDING, Status.SKIPPED),
    (QUEUE, "retry_now", Status.FAILED, Status.PENDING),
    (UNCONFIRMED, "mark_sent", Status.UNCONFIRMED, Status.SENT),
    (UNCONFIRMED, "confirm_not_sent", Status.UNCONFIRMED, Status.PENDING),
]


@pytest.mark.parametrize(("url", "action", "before", "after"), CASES)
def test_an_action_counts_asks_and_acts(
    desk: Client, account: LinkedInAccount, url: str, action: str, before: str, after: str
) -> None:
    item = an_item_that_is(before, account)

    page = page_of(desk, url, action, [item])
    assert "1 will be " in page["page"]
    assert status_of(item) == before
    told = confirmed(desk, url, page, text="Hello {{ first_name }}")

    assert status_of(item) == after
    assert told.startswith("1 ")
    entry = LogEntry.objects.get(object_id=str(item.pk))
    assert entry.change_message.endswith(": LinkedIn was down")


@pytest.mark.parametrize(("url", "action", "before", "after"), CASES)
def test_without_a_reason_nothing_is_done(
    desk: Client, account: LinkedInAccount, url: str, action: str, before: str, after: str
) -> None:
    item = an_item_that_is(before, account)
    page = page_of(desk, url, action, [item])

    confirmed(desk, url, page, reason="  ", text="Hello")

    assert status_of(item) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(("url", "action", "before", "after"), CASES)
def test_a_second_click_changes_nothing(
    desk: Client, account: LinkedInAccount, url: str, action: str, before: str, after: str
) -> None:
    item = an_item_that_is(before, account)
    page = page_of(desk, url, action, [item])
    confirmed(desk, url, page, text="Hello")

    assert "1 changed since you looked" in confirmed(desk, url, page, text="Hello")
    assert LogEntry.objects.filter(object_id=str(item.pk)).count() == 1


@pytest.mark.parametrize(("url", "action", "before", "after"), CASES)
def test_items_of_other_workspaces_are_out_of_reach(
    db: None, url: str, action: str, before: str, after: str
) -> None:
    item = an_item_that_is(before, an_account(a_workspace()))
    manager = logged_in(a_user("manager", a_workspace(), group="Manager"))

    page = page_of(manager, url, action, [item])
    told = confirmed(manager, url, page, text="Hello")

    assert item.prospect.last_name not in page["page"]
    assert status_of(item) == before
    assert "Nothing was changed" in told


@pytest.mark.parametrize(("url", "action", "before", "after"), CASES)
def test_a_viewer_does_nothing(
    account: LinkedInAccount, url: str, action: str, before: str, after: str
) -> None:
    item = an_item_that_is(before, account)
    manager = logged_in(a_user("manager", account.workspace, group="Manager"))
    viewer = logged_in(a_user("viewer", account.workspace, group="Viewer"))

    page = page_of(manager, url, action, [item])
    confirmed(viewer, url, page, text="Hello")

    assert viewer.get(url).status_code == 200
    assert status_of(item) == before


def test_settling_and_hurrying_need_their_own_permissions(account: LinkedInAccount) -> None:
    doubtful = an_item_that_is(Status.UNCONFIRMED, account)
    waiting = an_item_that_is(Status.PENDING, account)
    operator = logged_in(a_user("operator", account.workspace, group="Operator"))

    hurrying = operator.post(QUEUE, {"action": "send_now", "_selected_action": [waiting.pk]})
    settling = operator.post(
        UNCONFIRMED, {"action": "confirm_not_sent", "_selected_action": [doubtful.pk]}
    )

    assert hurrying.status_code == settling.status_code == 302  # sent back to the list
    own_page = operator.get(f"{QUEUE}{doubtful.pk}/change/").content
    assert b"Check with LinkedIn now" in own_page
    assert b"Confirm as not sent" not in own_page
    assert b"Send with the next run" not in operator.get(f"{QUEUE}{waiting.pk}/change/").content


def test_an_operator_retries_what_has_failed(account: LinkedInAccount) -> None:
    failed = an_item_that_is(Status.FAILED, account)
    operator = logged_in(a_user("operator", account.workspace, group="Operator"))

    asked = operator.post(FAILED, {"action": "retry_now", "_selected_action": [failed.pk]})

    assert asked.status_code == 200
    assert b"1 will be retried" in asked.content


def test_retry_leaves_others_alone_and_says_why(desk: Client, account: LinkedInAccount) -> None:
    states = (Status.FAILED, Status.SENT, Status.UNCONFIRMED)
    chosen = [an_item_that_is(status, account) for status in states]

    page = page_of(desk, QUEUE, "retry_now", chosen)

    assert "1 will be retried, 2 not: 1 already sent, 1 maybe sent." in page["page"]
    assert "1 retried, 2 not" in confirmed(desk, QUEUE, page)
    assert [status_of(item) for item in chosen] == [Status.PENDING, *states[1:]]


def test_what_waits_makes_room_for_what_is_retried(desk: Client, account: LinkedInAccount) -> None:
    campaign = a_campaign(account.workspace, account)
    for _ in range(3):
        a_prospect(campaign)
    planning.enqueue(campaign, timezone.now())
    failed = [an_item(campaign, account, status=Status.FAILED) for _ in range(2)]

    told = confirmed(desk, FAILED, page_of(desk, FAILED, "retry_now", failed))

    assert "2 retried. " in told
    assert "new times; the last one" in told
    waiting = list(QueueItem.objects.pending().in_turn())
    # Behind the one that was due already, before what is planned for later.
    assert {item.pk for item in waiting[1:3]} == {item.pk for item in failed}
    half_hours = {-(-item.scheduled_for.timestamp() // 1800) for item in waiting}
    assert len(half_hours) == 5  # one goes with each run


NO_SCRIPT = '<noscript><label><input type="checkbox" name="select_across" value="1">'


def test_all_that_match_the_filter(
    desk: Client, account: LinkedInAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "CHUNK", 2)
    people = [an_item_that_is(Status.FAILED, account) for _ in range(5)]
    text = an_item_that_is(Status.FAILED, account, error_code="too_many_characters")
    url = f"{FAILED}?meaning=person"

    monkeypatch.setattr(FailedSendAdmin, "list_per_page", 2)
    assert NO_SCRIPT in desk.get(url).content.decode()

    # What a browser sends without JavaScript: the hidden field, then the box.
    page = page_of(desk, url, "skip", people[:1], select_across=["0", "1"])

    assert "5 will be skipped" in page["page"]
    assert confirmed(desk, url, page) == "5 skipped."
    assert status_of(text) == Status.FAILED


def test_a_long_action_goes_on(
    desk: Client, account: LinkedInAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "CHUNK", 2)
    monkeypatch.setattr(confirming, "SECONDS", 0.0)
    for _ in range(5):
        an_item_that_is(Status.FAILED, account)
    first = QueueItem.objects.all()[:1]

    page = page_of(desk, FAILED, "skip", list(first), select_across="1")
    seen = []
    while QueueItem.objects.filter(status=Status.FAILED).exists():
        posted = {**page, "reason": "Old"}
        del posted["page"]
        answer = desk.post(FAILED, posted)
        if answer.status_code == 302:
            break
        seen.append(answer.context["sentence"])
        assert f"So far, {2 * len(seen)} of 5: " in answer.content.decode()
        page |= {"progress": answer.context["progress"]}

    assert seen[:2] == ["2 skipped.", "4 skipped."]
    assert LogEntry.objects.count() == 5


def test_a_filter_that_matches_nothing(desk: Client, account: LinkedInAccount) -> None:
    item = an_item_that_is(Status.FAILED, account)
    url = f"{FAILED}?account=nobody"

    page = page_of(desk, url, "retry_now", [item], select_across="1")

    assert "Nothing matches" in page["page"]
    assert "Nothing was changed" in confirmed(desk, url, page)
    assert status_of(item) == Status.FAILED


def test_broken_ids_choose_nothing(desk: Client, account: LinkedInAccount) -> None:
    posted = {"action": "retry_now", "_selected_action": ["1' OR 1"]}

    assert desk.post(FAILED, posted).status_code == 302


def test_a_new_text_is_checked(desk: Client, account: LinkedInAccount) -> None:
    item = an_item_that_is(Status.FAILED, account, message="Too long")
    page = page_of(desk, FAILED, "edit_and_retry", [item])
    assert "Too long</textarea>" in page["page"]

    confirmed(desk, FAILED, page, text="{% include 'x' %}")
    assert status_of(item) == Status.FAILED

    long = "Hello {{ first_name }}" + "!" * 300
    posted = {**page, "reason": "Shorter", "text": long}
    again = desk.post(FAILED, {key: posted[key] for key in posted if key != "page"})
    assert f"{long}</textarea>" in again.content.decode()
    assert "1 too long for the account" in again.content.decode()
    assert status_of(item) == Status.FAILED

    confirmed(desk, FAILED, page, text="Hello {{ first_name }}")
    assert QueueItem.objects.get(pk=item.pk).message == "Hello Ada"


def test_never_contact_lists_the_person(desk: Client, account: LinkedInAccount) -> None:
    item = an_item_that_is(Status.FAILED, account)

    confirmed(desk, FAILED, page_of(desk, FAILED, "never_contact", [item]))

    assert DoNotContact.objects.get().value == item.person_key


def test_sending_next_pins(desk: Client, account: LinkedInAccount) -> None:
    later = NOON.replace(year=2100)
    item = an_item_that_is(Status.PENDING, account, scheduled_for=later)

    told = confirmed(desk, QUEUE, page_of(desk, QUEUE, "send_now", [item]))

    item.refresh_from_db()
    assert (item.pinned, item.scheduled_for < later, told) == (
        True,
        True,
        "1 planned for the next run.",
    )


def test_checking_without_unipile_says_so(desk: Client, account: LinkedInAccount) -> None:
    item = an_item_that_is(Status.UNCONFIRMED, account)
    posted = {"action": "check_now", "_selected_action": [item.pk]}

    answer = desk.post(UNCONFIRMED, posted, follow=True)

    assert "Nothing was checked" in answer.content.decode()
    assert status_of(item) == Status.UNCONFIRMED


def test_from_an_items_page_back_to_it(desk: Client, account: LinkedInAccount) -> None:
    item = an_item_that_is(Status.FAILED, account)
    page = page_of(desk, QUEUE, "skip", [item], item=str(item.pk))
    del page["page"]

    answer = desk.post(QUEUE, {**page, "reason": "Moved on"})

    assert answer["Location"] == f"{QUEUE}{item.pk}/change/"


def test_checking_asks_linkedin(
    desk: Client, account: LinkedInAccount, sandbox: Any, settings: Settings
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    LinkedInAccount.objects.update(unipile_account_id="sandbox-account-free")
    campaign = a_campaign(account.workspace, account)
    prospect = a_prospect(campaign, public_identifier="ada-example")
    item = an_item_that_is(Status.UNCONFIRMED, account, campaign=campaign, prospect=prospect)

    desk.post(UNCONFIRMED, {"action": "check_now", "_selected_action": [item.pk]})

    assert item.send_attempts.filter(kind="lookup").exists()
    assert LogEntry.objects.get().change_message.startswith("Checked with LinkedIn")


def test_all_that_is_maybe_sent_is_looked_up_who_waits_longest_first(
    desk: Client,
    account: LinkedInAccount,
    sandbox: Any,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    LinkedInAccount.objects.update(unipile_account_id="sandbox-account-free")
    monkeypatch.setattr(actions, "CHECKED_AT_MOST", 1)
    items = [an_item_that_is(Status.UNCONFIRMED, account) for _ in range(2)]
    old, new = items[1], items[0]
    QueueItem.objects.filter(pk=old.pk).update(claimed_at=NOON - dt.timedelta(days=2))
    button = 'value="check_now"'
    assert button in desk.get(UNCONFIRMED).content.decode()
    assert "Maybe sent</a></th>" in desk.get(FAILED).content.decode()

    form = {"action": "check_now", "select_across": "1", "_selected_action": [str(UUID(int=0))]}
    told = desk.post(UNCONFIRMED, form, follow=True).content.decode()

    assert "1 more is still to be looked up" in told
    assert (old.send_attempts.exists(), new.send_attempts.exists()) == (True, False)
    monkeypatch.setattr(actions, "NAMED_AT_MOST", 0)
    told = desk.post(UNCONFIRMED, form, follow=True).content.decode()
    assert "1 looked up: 1 still maybe sent." in told
    assert new.send_attempts.exists(), "the same button goes on with the next"
