"""What staff do all day, by mouse and keyboard."""

import pytest
from playwright.sync_api import expect

from campaigns.models import Campaign
from queueing.gates import Gate
from queueing.models import QueueItem, SendingStop
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

Status = QueueItem.Status


def test_dashboard_leads_to_the_failure(desk: Desk) -> None:
    page = desk.page

    page.locator("nav.menu .daily a", has_text="To fix").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("To fix")
    expect(page.locator("#result_list")).to_contain_text("Wanda Example")
    expect(page.locator("#content")).to_contain_text("This person")


def test_failures_are_retried_after_a_look_at_what_will_happen(desk: Desk) -> None:
    page = desk.page
    desk.open("/admin/queueing/failedsend/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "retry_now")
    page.click("button[name=index]")

    expect(page.locator(".counted")).to_contain_text("1 will be")
    assert QueueItem.objects.filter(status=Status.FAILED).count() == 1
    page.click(".submit-row input[type=submit]")  # without a reason
    expect(page.locator(".errorlist")).to_contain_text("required")
    page.fill("input[name=reason]", "They accept invitations now")
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("1 ")
    assert not QueueItem.objects.filter(status=Status.FAILED).exists()


def test_back_shows_the_page_between_and_pressing_it_again_changes_nothing(desk: Desk) -> None:
    page = desk.page
    desk.open("/admin/queueing/failedsend/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "skip")
    page.click("button[name=index]")
    page.fill("input[name=reason]", "No fit")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("1 skipped.")

    page.go_back()
    expect(page.locator(".counted")).to_contain_text("1 will be skipped")
    page.fill("input[name=reason]", "No fit")
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("0 skipped, 1 not")


def test_an_item_explains_itself(desk: Desk) -> None:
    item = QueueItem.objects.filter(status=Status.PENDING).latest("scheduled_for")

    desk.open(f"/admin/queueing/queueitem/{item.pk}/change/")

    why = desk.page.get_by_role("region", name="Why not yet?")
    why.get_by_text("All 1").click()  # behind the one that decides
    expect(why.get_by_role("row")).to_have_count(1 + len(Gate))  # a heading and the checks
    expect(why).to_contain_text("since")
    expect(desk.page.get_by_role("region", name="The text that will be sent")).to_contain_text(
        item.prospect.first_name
    )


def test_a_campaign_is_paused_and_goes_on(desk: Desk) -> None:
    page = desk.page
    campaign = Campaign.objects.get(name="Founders, around the clock")
    desk.open(f"/admin/campaigns/campaign/{campaign.pk}/change/")

    page.get_by_role("link", name="Pause").click()
    page.fill("[name=reason]", "Waiting for the new text")
    page.click(".submit-row input[type=submit]")

    expect(page.locator(".messagelist")).to_contain_text("eld ")
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.PAUSED
    page.get_by_role("link", name="Resume").click()
    page.fill("[name=reason]", "The text is there")
    page.click(".submit-row input[type=submit]")
    expect(page.locator(".messagelist")).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.ACTIVE


def test_everything_is_stopped_and_goes_on(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name="Stop all sending").click()
    page.fill("[name=reason]", "Something is <b>odd</b>")
    page.click(".submit-row input[type=submit]")

    expect(page.get_by_role("region", name="Global stop")).to_contain_text("boss")
    desk.open("/admin/campaigns/prospect/")
    expect(page.get_by_role("region", name="Global stop")).to_contain_text("<b>odd</b>")
    page.get_by_role("link", name="Let it go on").click()
    page.fill("[name=reason]", "It was nothing")
    page.click(".submit-row input[type=submit]")
    expect(page.get_by_role("link", name="Stop all sending")).to_be_visible()
    assert not SendingStop.objects.open().exists()


def test_the_dashboard_refreshes_itself(desk: Desk) -> None:
    page = desk.page
    page.clock.install()
    desk.open("/admin/")
    shown = page.locator("#content-main, #content").first
    expect(shown).not_to_contain_text("All sending is stopped")

    with page.expect_response("**/admin/dashboard/**") as answered:
        page.clock.run_for(61_000)

    assert answered.value.status == 200
