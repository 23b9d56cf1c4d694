"""A campaign's page: how far it is, what it will write, and what staff do to it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

State = Campaign.Status
Status = QueueItem.Status


def page_of(campaign: Campaign) -> str:
    return f"/admin/campaigns/campaign/{campaign.pk}/change/"


def do(browser: Client, campaign: Campaign, slug: str, reason: str = "Asked for") -> str:
    """Do something to a campaign; return the page that follows, as text."""
    url = f"/admin/campaigns/campaign/{campaign.pk}/do/{slug}/"
    return browser.post(url, {"reason": reason}, follow=True).content.decode()


def a_campaign_under_way(**values: object) -> Campaign:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account, **values)
    an_item(campaign, account)
    an_item(campaign, account)
    an_item(campaign, account, status=Status.SENDING, claimed_at=NOON, claim_token=account.pk)
    return campaign


def status_of(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).status


def test_a_pause_says_what_it_holds_and_is_logged(desk: Client) -> None:
    campaign = a_campaign_under_way()

    page = do(desk, campaign, "pause", "The client asked")

    assert "Paused: held 2, under way 1." in page
    assert status_of(campaign) == State.PAUSED
    entry = LogEntry.objects.get(object_id=campaign.pk)
    assert entry.change_message == "Paused: The client asked"


def test_asking_changes_nothing(desk: Client) -> None:
    campaign = a_campaign_under_way()

    page = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/do/pause/").content.decode()

    assert "2 requests that wait are held" in page
    assert status_of(campaign) == State.ACTIVE


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed(desk: Client, reason: str) -> None:
    campaign = a_campaign_under_way()

    page = do(desk, campaign, "pause", reason)

    assert 'class="errorlist"' in page
    assert status_of(campaign) == State.ACTIVE
    assert not LogEntry.objects.exists()


def test_a_second_click_is_told_so(desk: Client) -> None:
    campaign = a_campaign_under_way()
    do(desk, campaign, "pause")

    page = do(desk, campaign, "pause")

    assert "is paused by now: nothing was changed" in page
    assert LogEntry.objects.count() == 1


def test_what_waits_gets_new_times_on_resuming_and_what_is_pinned_stays(desk: Client) -> None:
    campaign, much_later = a_campaign_under_way(status=State.PAUSED), NOON.replace(year=2090)
    pinned, other = QueueItem.objects.pending()
    QueueItem.objects.pending().update(scheduled_for=much_later)
    QueueItem.objects.filter(pk=pinned.pk).update(pinned=True)

    page = do(desk, campaign, "resume")

    assert "Resumed: 2 go on. 1 request has a new time" in page
    assert QueueItem.objects.get(pk=pinned.pk).scheduled_for == much_later
    assert QueueItem.objects.get(pk=other.pk).scheduled_for < much_later


def test_others_move_up_when_a_campaign_is_paused(desk: Client) -> None:
    campaign, much_later = a_campaign_under_way(), NOON.replace(year=2090)
    account = LinkedInAccount.objects.get()
    item = an_item(a_campaign(account.workspace, account), account, scheduled_for=much_later)

    do(desk, campaign, "pause")

    assert QueueItem.objects.get(pk=item.pk).scheduled_for < much_later


def test_a_draft_starts_and_says_who_is_left_out(desk: Client) -> None:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account, status=State.DRAFT)
    campaign.message_template = "Hello {{ first_name }}"
    campaign.save()
    a_prospect(campaign)
    a_prospect(campaign, first_name="", last_name="<b>Nameless</b>")

    page = do(desk, campaign, "start")

    assert status_of(campaign) == State.ACTIVE
    assert "Started. Queued 1" in page
    assert "is empty and has no fallback: &lt;b&gt;Nameless&lt;/b&gt;" in page


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        ([], "The campaign has no account to send from."),
        (["disconnected"], "No account of the campaign can send: Nora is disconnected."),
    ],
)
def test_a_draft_whose_people_have_no_place_stays_a_draft(
    desk: Client, statuses: list[str], says: str
) -> None:
    workspace = a_workspace()
    accounts = [an_account(workspace, name="Nora", status=status) for status in statuses]
    campaign = a_campaign(workspace, *accounts, status=State.DRAFT)
    a_prospect(campaign)

    page = do(desk, campaign, "start")

    assert f"was not started: nobody can be queued. {says}" in page
    assert status_of(campaign) == State.DRAFT
    assert not QueueItem.objects.exists()
    assert not LogEntry.objects.exists()


def test_new_people_are_queued_once(desk: Client) -> None:
    campaign = a_campaign_under_way()
    a_prospect(campaign)

    first, second = do(desk, campaign, "queue"), do(desk, campaign, "queue")

    assert "Queued 1, from" in first
    assert "Queued 0. Left out 4. Already queued in this campaign" in second


def test_archiving_skips_what_waits(desk: Client) -> None:
    campaign = a_campaign_under_way()

    page = do(desk, campaign, "archive")

    assert "Archived. 2 skipped." in page
    assert "Skip what is left" not in page
    assert not QueueItem.objects.pending().exists()

    an_item(campaign, campaign.accounts.get())  # as where the process died half-way
    assert "Skip what is left" in desk.get(page_of(campaign)).content.decode()
    assert "Archived. 1 skipped." in do(desk, campaign, "end")


def test_progress_and_notes_with_their_length(desk: Client) -> None:
    free = an_account(a_workspace(), account_type=LinkedInAccount.Type.FREE, name="Free one")
    campaign = a_campaign(free.workspace, free)
    campaign.message_template = "Hi {{ first_name }}, {{ company }}" + "x" * 195
    campaign.save()
    a_prospect(campaign, first_name="AL", company="x")
    a_prospect(campaign, first_name="Alexandra", company="<i>")
    a_prospect(campaign, status=Prospect.Status.CONNECTED)

    page = desk.get(page_of(campaign)).content.decode()

    assert "Hi Alexandra, &lt;i&gt;xxx" in page
    assert "Hi Al, xxx" in page
    assert "<td>203 " in page
    assert "too long for every account" in page


def test_walls_and_permissions(db: None) -> None:
    campaign = a_campaign_under_way()
    url = f"/admin/campaigns/campaign/{campaign.pk}/do/pause/"
    viewer = logged_in(a_user("viewer", campaign.workspace, group="Viewer"))
    stranger = logged_in(a_user("stranger", a_workspace(), group="Manager"))
    operator = logged_in(a_user("operator", campaign.workspace, group="Operator"))

    assert viewer.get(page_of(campaign)).status_code == 200
    assert b"/do/pause/" not in viewer.get(page_of(campaign)).content
    assert viewer.post(url, {"reason": "x"}).status_code == 403
    assert stranger.post(url, {"reason": "x"}).status_code == 404
    assert stranger.get(url).status_code == 404
    assert Client().post(url, {"reason": "x"}).status_code == 302
    assert status_of(campaign) == State.ACTIVE
    assert operator.post(url, {"reason": "x"}).status_code == 302
    assert status_of(campaign) == State.PAUSED


def test_the_status_is_not_a_field_of_the_form(desk: Client) -> None:
    campaign = a_campaign_under_way()
    values = {
        "workspace": campaign.workspace_id,
        "name": "Renamed",
        "status": State.ARCHIVED,
        "accounts": [account.pk for account in campaign.accounts.all()],
        "sending_hours": campaign.sending_hours_id,
        "follow_up_after_days": 3,
        "change_reason": "A clearer name",
    }

    assert desk.post(page_of(campaign), values).status_code == 302

    campaign.refresh_from_db()
    assert (campaign.name, campaign.status) == ("Renamed", State.ACTIVE)


def test_who_is_queued_stays_as_queued_and_that_is_told(desk: Client) -> None:
    campaign = a_campaign_under_way()
    values = {
        "workspace": campaign.workspace_id,
        "name": campaign.name,
        "message_template": "Good day",
        "accounts": [an_account(campaign.workspace).pk],
        "sending_hours": campaign.sending_hours_id,
        "follow_up_after_days": 3,
        "change_reason": "Another tone",
    }

    first, again = (
        desk.post(page_of(campaign), values, follow=True).content.decode() for _ in range(2)
    )

    assert "Some still wait for an account that is not in the campaign any more: 2 for" in first
    assert "Some still wait" not in again  # nothing was changed
    assert set(QueueItem.objects.values_list("message", flat=True)) == {""}


@pytest.mark.parametrize("guess", ["0", "not-a-uuid", "00000000-0000-0000-0000-000000000000"])
def test_a_guessed_id_is_not_there(desk: Client, guess: str) -> None:
    assert desk.get(f"/admin/campaigns/campaign/{guess}/do/pause/").status_code == 404
    assert desk.get(f"/admin/campaigns/campaign/{guess}/change/").status_code == 404


def test_the_page_takes_few_queries(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = a_campaign_under_way()
    for _ in range(10):
        account = an_account(campaign.workspace)
        campaign.accounts.add(account)
        an_item(campaign, account)

    with django_assert_max_num_queries(29):
        desk.get(page_of(campaign))
