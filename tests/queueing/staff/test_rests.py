"""An account's rest is never shortened by hand, and always says why it is."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.models import LinkedInAccount
from queueing.sending import AccountChange, recording
from queueing.staff import places
from tests.builders import NOON, a_workspace, an_account

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
Status = LinkedInAccount.Status
LIMIT = AccountChange(rest_until=NOON + 3 * DAY, reason="LinkedIn's limit")


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk")


def test_a_shorter_rest_is_refused_and_says_what_goes_on(
    account: LinkedInAccount, clerk: User
) -> None:
    recording.change_account(account.pk, LIMIT, NOON)

    with pytest.raises(ValueError, match=r"until 2026-.* UTC: LinkedIn's limit"):
        places.rest(account, NOON + dt.timedelta(hours=1), clerk, "lunch", NOON)

    account.refresh_from_db()
    assert account.paused_until == NOON + 3 * DAY


def test_a_longer_rest_still_says_what_linkedin_asked_for(
    account: LinkedInAccount, clerk: User
) -> None:
    recording.change_account(account.pk, LIMIT, NOON)

    places.rest(account, NOON + 9 * DAY, clerk, "holiday", NOON)

    account.refresh_from_db()
    assert account.paused_until == NOON + 9 * DAY
    assert account.why_it_rests.startswith("holiday (before: It rests until ")
    assert "LinkedIn's limit" in account.why_it_rests


def test_a_rest_keeps_its_reason_while_the_account_is_lost_and_after(
    account: LinkedInAccount,
) -> None:
    recording.change_account(account.pk, LIMIT, NOON)
    recording.change_account(account.pk, AccountChange(Status.DISCONNECTED, reason="gone"), NOON)
    account.refresh_from_db()
    assert (account.pause_reason, account.why_it_rests) == ("gone", "LinkedIn's limit")

    account.reconnect(NOON.date(), NOON)

    account.refresh_from_db()
    assert account.pause_reason == "LinkedIn's limit"
    assert account.paused_until == NOON + 3 * DAY


def test_marking_as_connected_leaves_a_rest_for_another_reason(
    account: LinkedInAccount, clerk: User
) -> None:
    recording.change_account(account.pk, LIMIT, NOON)
    recording.change_account(account.pk, AccountChange(Status.DISCONNECTED, reason="gone"), NOON)

    places.mark_connected(account, clerk, "logged in again", NOON)

    account.refresh_from_db()
    assert (account.paused_until, account.pause_reason) == (NOON + 3 * DAY, "LinkedIn's limit")


def test_marking_as_connected_ends_the_rest_of_a_restriction(
    account: LinkedInAccount, clerk: User
) -> None:
    restricted = AccountChange(Status.RESTRICTED, rest_until=NOON + 3 * DAY, reason="restricted")
    recording.change_account(account.pk, restricted, NOON)

    places.mark_connected(account, clerk, "LinkedIn lifted it", NOON)

    account.refresh_from_db()
    assert (account.paused_until, account.pause_reason) == (None, "")


def test_the_end_of_a_rest_leaves_told_why_the_account_is_lost(
    account: LinkedInAccount, clerk: User
) -> None:
    recording.change_account(account.pk, AccountChange(Status.DISCONNECTED, reason="gone"), NOON)
    places.rest(account, NOON + DAY, clerk, "holiday", NOON)

    places.end_rest(account, clerk, "back", NOON)

    account.refresh_from_db()
    assert (account.paused_until, account.pause_reason, account.rest_reason) == (None, "gone", "")


def test_the_end_of_a_rest_ends_those_of_kinds_that_the_page_names(
    account: LinkedInAccount, clerk: User
) -> None:
    of_messages = AccountChange(rest_until=NOON + DAY, reason="limit of messages", kind="message")
    recording.change_account(account.pk, of_messages, NOON)
    recording.change_account(account.pk, LIMIT, NOON)
    account.refresh_from_db()
    told = places.rest_under_way(account, NOON)
    assert "LinkedIn's limit. Its messages rest until 2026-07-09" in told

    places.end_rest(account, clerk, "they told us", NOON)

    account.refresh_from_db()
    assert places.rest_under_way(account, NOON) == ""
    assert account.rest_of("message")[0] is None


@pytest.mark.parametrize("deed", ["rest", "resume"])
def test_a_page_says_beforehand_what_the_account_rests_for(
    account: LinkedInAccount, deed: str
) -> None:
    recording.change_account(
        account.pk, AccountChange(rest_until=NOON.replace(year=2099), reason="LinkedIn's"), NOON
    )
    browser = Client()
    browser.force_login(User.objects.create_superuser("boss"))

    page = browser.get(f"/admin/campaigns/linkedinaccount/{account.pk}/do/{deed}/")

    assert "It rests until 2099-" in page.context["warning"]
    assert "LinkedIn's" in page.context["warning"]


@pytest.mark.parametrize("staff_first", [True, False])
def test_the_end_of_a_rest_by_staff_leaves_the_shorter_one_that_linkedin_asked_for(
    account: LinkedInAccount, clerk: User, staff_first: bool
) -> None:
    if staff_first:
        places.rest(account, NOON + 9 * DAY, clerk, "holiday", NOON)
    recording.change_account(account.pk, LIMIT, NOON)
    if not staff_first:
        places.rest(account, NOON + 9 * DAY, clerk, "holiday", NOON)
    account.refresh_from_db()
    assert account.paused_until == NOON + 9 * DAY
    assert "For LinkedIn's sake it rests until 2026-" in places.rest_under_way(account, NOON)

    places.end_rest(account, clerk, "back early", NOON + DAY)

    account.refresh_from_db()
    assert (account.paused_until, account.why_it_rests) == (NOON + 3 * DAY, "LinkedIn's limit")

    places.end_rest(account, clerk, "it may", NOON + DAY)

    after = LinkedInAccount.objects.get(pk=account.pk)
    assert after.paused_until is None
    assert after.why_it_rests == ""
