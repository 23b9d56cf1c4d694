"""How many clicks a day's jobs take, counted by a hand. Typing and Enter are no clicks."""

from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Frame, Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.models import Campaign, Workspace
from queueing.models import QueueItem
from tests.browser.conftest import PASSWORD, Desk

pytestmark = pytest.mark.browser

PEOPLE = "First name,LinkedIn\nAda,linkedin.com/in/ada-example\nBen,linkedin.com/in/ben-example\n"
State = Campaign.Status


@dataclass
class Hand:
    """Clicks, and counts clicks and the pages that were opened."""

    page: Page
    clicks: int = 0
    pages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("framenavigated", self._note)

    def _note(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self.pages.append(frame.url)

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.page.click(selector)

    def choose(self, selector: str, value: str) -> None:
        self.clicks += 1
        self.page.select_option(selector, value)

    def begin(self) -> None:
        self.clicks = 0
        self.pages.clear()


@pytest.fixture
def newcomer(chromium: Browser, live_server: LiveServer) -> Page:
    """A superuser of an empty SendQ, who has just logged in."""
    User.objects.create_superuser("boss", password=PASSWORD)
    page = chromium.new_context().new_page()
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", "boss")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    return page


def test_a_first_campaign_takes_7_clicks_on_7_pages_and_no_reason(newcomer: Page) -> None:
    page, hand = newcomer, Hand(newcomer)
    page.reload()

    hand.click(".first-steps a >> nth=0")
    page.fill("#id_name", "Harbor & Co")
    hand.click("input[name=_save]")
    page.fill("#id_name", "Nora Example")
    page.fill("#id_unipile_account_id", "acc_nora")
    hand.click("input[name=_save]")
    page.fill("#id_name", "Founders")
    page.fill("#id_message_template", "Hello {{ first_name }}")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
    hand.clicks += 1
    page.set_input_files("#id_people_file", file)  # type: ignore[arg-type]
    hand.click("input[name=_save]")
    hand.click("input[name=confirm]")
    expect(page.locator(".verdict")).to_contain_text("2 requests will go")
    hand.click(".submit-row input.default")

    expect(page.locator(".messagelist")).to_contain_text("Started. Queued 2")
    assert Campaign.objects.get().status == State.ACTIVE
    assert QueueItem.objects.pending().count() == 2
    assert hand.clicks <= 7, hand.clicks
    assert len(hand.pages) <= 7, hand.pages
    page.context.close()


def test_a_days_jobs_take_few_clicks(desk: Desk) -> None:
    page, hand = desk.page, Hand(desk.page)

    hand.click(".todo .do >> nth=0")  # the group that failed, from its card on the first page
    page.fill("input[name=reason]", "Left the company")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("1 skipped.")
    assert hand.clicks <= 3

    hand.begin()
    hand.click(".messagelist form.undo button")
    expect(page.locator(".messagelist")).to_contain_text("put back")
    assert hand.clicks == 1

    for number in range(6 - Campaign.objects.filter(status=State.ACTIVE).count()):
        workspace = Workspace.objects.get()
        Campaign.objects.create(workspace=workspace, name=f"More {number}", status=State.ACTIVE)
    hand.begin()
    hand.click("nav.menu .daily a[href*='campaigns/campaign/']")
    hand.click("#action-toggle")
    hand.choose("select[name=action]", "pause_all")
    hand.click("button[name=index]")
    page.fill("input[name=reason]", "Waiting for the new text")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist li")).to_have_count(7)  # and one Undo for all of them
    assert not Campaign.objects.filter(status=State.ACTIVE).exists()
    assert hand.clicks <= 4

    hand.begin()
    page.keyboard.press("/")
    page.keyboard.type("wanda")
    page.keyboard.press("Enter")
    expect(page.locator("#person-heading")).to_contain_text("Wanda Example")
    assert hand.clicks <= 1
