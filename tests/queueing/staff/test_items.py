"""What people may do to items, whatever else happens to them meanwhile."""

import datetime as dt
from collections import Counter

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing.models import QueueItem
from queueing.staff import items, triage
from queueing.staff.items import CHANGED, HELD, Status
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
ALL = QueueItem.objects.all()


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk")


def failed(campaign: Campaign, account: LinkedInAccount, **values: object) -> QueueItem:
    prospect = a_prospect(campaign, status=Prospect.Status.FAILED)
    item = an_item(
        campaign,
        account,
        **{
            "prospect": prospect,
            "status": Status.FAILED,
            "error_code": "x",
            "attempts": 4,
            **values,
        },
    )
    QueueItem.objects.filter(pk=item.pk).update(updated_at=NOON)
    return item


def one_of_each(campaign: Campaign, account: LinkedInAccount) -> None:
    failed(campaign, account)
    failed(campaign, account)
    an_item(campaign, account)
    an_item(campaign, account, status=Status.SENT, sent_at=NOON)
    an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON)


def test_preview_counts_what_will_be_done(campaign: Campaign, account: LinkedInAccount) -> None:
    one_of_each(campaign, account)

    found = items.preview(triage.RetryNow(), ALL)

    assert found.done == 2
    assert found.left == {"already sent": 1, "maybe sent": 1, "waiting already": 1}
    assert found.sentence("retried", "will be ").startswith("2 will be retried, 3 not: 1 ")


def test_preview_and_action_agree(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    one_of_each(campaign, account)
    expected = items.preview(triage.RetryNow(), ALL)

    assert items.act(triage.RetryNow(), ALL, clerk, NOON) == expected


def test_retry_starts_afresh(campaign: Campaign, account: LinkedInAccount, clerk: User) -> None:
    item = failed(campaign, account)

    items.act(triage.RetryNow(), ALL, clerk, NOON, reason="LinkedIn was down")

    item.refresh_from_db()
    assert (item.status, item.attempts, item.error_code) == (Status.PENDING, 0, "")
    assert item.scheduled_for == NOON
    assert item.prospect.status == Prospect.Status.QUEUED
    entry = LogEntry.objects.get(object_id=str(item.pk))
    assert entry.user == clerk
    assert entry.change_message == "Retried: LinkedIn was down"


def test_second_click_does_nothing(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    failed(campaign, account)
    items.act(triage.RetryNow(), ALL, clerk, NOON + dt.timedelta(seconds=1), seen_at=NOON)

    again = items.act(triage.RetryNow(), ALL, clerk, NOON, seen_at=NOON)

    assert again == items.Result(0, Counter({CHANGED: 1}))
    assert LogEntry.objects.count() == 1


def test_what_changed_meanwhile_is_left_alone(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    seen_at = NOON
    item = failed(campaign, account)
    QueueItem.objects.filter(pk=item.pk).update(updated_at=NOON + dt.timedelta(seconds=5))

    result = items.act(triage.RetryNow(), ALL, clerk, NOON, seen_at=seen_at)

    assert result.left == {CHANGED: 1}
    item.refresh_from_db()
    assert item.status == Status.FAILED


def test_nobody_is_queued_twice_by_a_retry(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    first = failed(campaign, account)
    other = a_campaign(account.workspace, account)
    an_item(other, account, person_key=first.person_key)

    assert items.preview(triage.RetryNow(), ALL).left[HELD] == 1
    assert items.act(triage.RetryNow(), ALL, clerk, NOON).done == 0


def test_of_two_failures_of_one_person_one_is_retried(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    first = failed(campaign, account)
    failed(campaign, account, person_key=first.person_key)

    result = items.act(triage.RetryNow(), ALL, clerk, NOON)

    assert result == items.Result(1, Counter({HELD: 1}))


def test_chunks_cover_everything(
    campaign: Campaign,
    account: LinkedInAccount,
    clerk: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(items, "CHUNK", 2)
    for _ in range(5):
        failed(campaign, account)
    waiting = QueueItem.objects.filter(status=Status.FAILED)

    first = items.act(triage.RetryNow(), waiting, clerk, NOON, seconds=0)
    rest = items.act(triage.RetryNow(), waiting, clerk, NOON, after=first.went_to)

    assert (first.done, rest.done, rest.went_to) == (2, 3, None)


def test_spread_gives_each_its_own_run(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    for _ in range(4):
        failed(campaign, account)

    assert items.act(triage.RetrySpread(), ALL, clerk, NOON).done == 4

    half_hours = [
        -int(-at.timestamp() // 1800)  # the run that comes next, every half hour
        for at in QueueItem.objects.pending().values_list("scheduled_for", flat=True)
    ]
    assert len(set(half_hours)) == 4


def test_new_text_is_filled_in_and_measured(campaign: Campaign, clerk: User) -> None:
    free = an_account(campaign.workspace, account_type=LinkedInAccount.Type.FREE)
    short = failed(campaign, free)
    nameless = a_prospect(campaign, first_name="", status=Prospect.Status.FAILED)
    failed(campaign, free, prospect=nameless)
    wordy = a_prospect(campaign, first_name="A" * 200, status=Prospect.Status.FAILED)
    failed(campaign, free, prospect=wordy)

    result = items.act(triage.EditAndRetry("Hello {{ first_name }}!"), ALL, clerk, NOON)

    assert result.done == 1
    assert result.left == {
        "without a value: “first_name” is empty": 1,
        "too long for the account: over 200 characters": 1,
    }
    short.refresh_from_db()
    assert short.message == "Hello Ada!"


def test_a_new_text_gets_the_next_free_time_behind_what_is_planned(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    an_item(campaign, account, scheduled_for=NOON)
    item = failed(campaign, account)

    items.act(triage.EditAndRetry("Hello"), ALL, clerk, NOON)

    item.refresh_from_db()
    assert NOON < item.scheduled_for < NOON + dt.timedelta(hours=2)


def test_unreadable_text_is_refused() -> None:
    with pytest.raises(ValueError, match="Only variables such as"):
        triage.EditAndRetry("Hello {% now %}")


def test_skip_frees_nobody_and_says_why(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    item = failed(campaign, account)

    items.act(triage.Skip(), ALL, clerk, NOON, reason="left the company")

    item.refresh_from_db()
    assert (item.status, item.error_message) == (
        Status.SKIPPED,
        "Skipped by clerk: left the company",
    )
    item.prospect.refresh_from_db()
    assert item.prospect.status == Prospect.Status.SKIPPED


def test_never_contact_puts_the_person_on_the_list(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    item = failed(campaign, account)

    items.act(triage.NeverContact(), ALL, clerk, NOON, reason="asked us to stop")

    listed = DoNotContact.objects.get()
    assert (listed.value, listed.reason) == (item.person_key, "asked us to stop")
    assert not QueueItem.objects.exclude(status=Status.SKIPPED).exists()


def test_send_next_moves_only_what_is_planned_for_later(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    later = an_item(campaign, account, scheduled_for=NOON + dt.timedelta(days=3))
    an_item(campaign, account)

    result = items.act(items.SendNext(NOON), ALL, clerk, NOON)

    assert result == items.Result(1, Counter({"due already": 1}))
    later.refresh_from_db()
    assert (later.scheduled_for, later.pinned) == (NOON, True)


def test_marked_as_sent_counts_against_the_caps(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    item = an_item(
        campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON - dt.timedelta(hours=1)
    )

    items.act(triage.MarkSent(), ALL, clerk, NOON, reason="seen in the sent list")

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert item.sent_at == NOON - dt.timedelta(minutes=57)
    item.prospect.refresh_from_db()
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert item.prospect.follow_up_due_at is not None


def test_confirmed_as_not_sent_waits_again(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    item = an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON)

    items.act(triage.ConfirmNotSent(), ALL, clerk, NOON, reason="looked twice")

    item.refresh_from_db()
    assert (item.status, item.scheduled_for, item.sent_at) == (Status.PENDING, NOON, None)
    assert item.error_message == "Confirmed as not sent by clerk: looked twice"


def test_unconfirmed_items_are_out_of_reach_of_a_retry(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON)

    for action in (triage.RetryNow(), triage.RetrySpread(), triage.Skip(), triage.NeverContact()):
        assert items.act(action, ALL, clerk, NOON).done == 0
