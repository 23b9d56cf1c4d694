"""A working day without a mouse: each stop of the Tab key shows that the focus is there."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.models import Campaign
from queueing.models import QueueItem, SendingStop
from tests.browser.conftest import PASSWORD, Desk

pytestmark = pytest.mark.browser

Status = QueueItem.Status
STOPS = 150  # of the Tab key, on one page, at most

# What is focused, and why nobody would see that it is. Empty: it is seen.
HIDDEN = """() => {
    const part = document.activeElement, box = part.getBoundingClientRect();
    if (part === document.body) return "";
    document.getAnimations().forEach((animation) => animation.finish());
    const style = getComputedStyle(part), name = part.outerHTML.slice(0, 120);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) {
        return "no ring: " + name;
    }
    const isThere = box.width > 1 && box.height > 1 && style.visibility === "visible";
    const isBelow = box.top >= innerHeight || box.left >= innerWidth;
    const isAbove = box.bottom <= 0 || box.right <= 0;
    return isThere && !isBelow && !isAbove ? "" : "out of sight: " + name;
}"""
IS_FOCUSED = "(part) => part === document.activeElement"


@dataclass
class Keyboard:
    """Hands that never leave the keyboard."""

    page: Page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until the target has the focus."""
        expect(target).to_have_count(1)
        for _ in range(STOPS):
            self.press(key)
            assert self.page.evaluate(HIDDEN) == ""
            if target.evaluate(IS_FOCUSED):
                return
        pytest.fail(f"{key} does not lead to {target}")

    def follow(self, target: Locator, key: str = "Tab") -> None:
        self.go_to(target, key)
        with self.page.expect_navigation():
            self.press("Enter")

    def skip_to_content(self) -> None:
        self.go_to(self.page.get_by_role("link", name="Skip to main content"))
        self.press("Enter")

    def answer(self, reason: str) -> None:
        """Give a reason on the page that asks for one, and press its button."""
        self.skip_to_content()
        self.go_to(self.page.get_by_role("textbox", name="Reason"))
        self.type(reason)
        self.go_to(self.page.locator(".submit-row input[type=submit]"))
        with self.page.expect_navigation():
            self.press("Space")


@pytest.fixture
def keyboard(desk: Desk) -> Keyboard:
    return Keyboard(desk.page)


def message(page: Page) -> Locator:
    return page.locator(".messagelist")


def test_logging_in(desk: Desk, chromium: Browser, live_server: LiveServer) -> None:
    page = chromium.new_page()
    page.goto(f"{live_server.url}/admin/")
    keyboard = Keyboard(page)

    keyboard.type("boss")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    with page.expect_navigation():
        keyboard.press("Enter")

    expect(page.get_by_role("heading", level=2, name="Needs you")).to_be_visible()
    page.close()


def test_failures_are_retried_in_bulk(desk: Desk, keyboard: Keyboard) -> None:
    page = desk.page
    keyboard.follow(page.locator("nav.menu .daily a", has_text="To fix"))

    keyboard.skip_to_content()
    keyboard.go_to(page.locator("#action-toggle"))
    keyboard.press("Space")
    keyboard.go_to(page.locator("select[name=action]"), "Shift+Tab")
    keyboard.type("Retry now")
    keyboard.follow(page.locator("button[name=index]"))
    expect(page.locator(".counted")).to_contain_text("1 will be retried")
    keyboard.answer("They accept invitations now")

    expect(message(page)).to_contain_text("1 retried.")
    assert not QueueItem.objects.filter(status=Status.FAILED).exists()


def test_a_failure_is_skipped_on_its_page(desk: Desk, keyboard: Keyboard) -> None:
    page = desk.page
    desk.open("/admin/queueing/failedsend/")
    keyboard.skip_to_content()
    keyboard.follow(page.locator("#result_list tbody .field-recipient a"))

    keyboard.skip_to_content()
    keyboard.go_to(page.get_by_role("button", name="Skip…"))
    with page.expect_navigation():
        keyboard.press("Space")
    keyboard.answer("Left the company")

    expect(message(page)).to_contain_text("1 skipped.")


def test_an_item_explains_itself(desk: Desk, keyboard: Keyboard) -> None:
    page = desk.page
    keyboard.skip_to_content()

    keyboard.follow(page.locator(".today-bar a[href*=queueitem]"))

    expect(page.get_by_role("region", name="Why not yet?")).to_be_visible()


def test_a_campaign_is_paused_and_goes_on(desk: Desk, keyboard: Keyboard) -> None:
    page, campaign = desk.page, Campaign.objects.get(name="Founders, around the clock")
    desk.open("/admin/campaigns/campaign/")
    keyboard.skip_to_content()
    keyboard.follow(page.get_by_role("link", name=campaign.name))

    keyboard.skip_to_content()
    keyboard.follow(page.get_by_role("link", name="Pause"))
    keyboard.answer("Waiting for the new text")
    expect(message(page)).to_contain_text("Paused: held")
    keyboard.skip_to_content()
    keyboard.follow(page.get_by_role("link", name="Resume"))
    keyboard.answer("The text is there")

    expect(message(page)).to_contain_text("Resumed")
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.ACTIVE


def test_a_limit_is_lowered_with_its_reason(desk: Desk, keyboard: Keyboard) -> None:
    page = desk.page
    desk.open("/admin/campaigns/linkedinaccount/")
    keyboard.skip_to_content()
    keyboard.follow(page.locator("#result_list tbody th a").first)

    keyboard.skip_to_content()
    keyboard.go_to(page.get_by_role("spinbutton", name="Daily limit"))
    keyboard.press("Control+a")
    keyboard.type("7")
    keyboard.go_to(page.get_by_role("textbox", name="Reason"))
    keyboard.type("The client asked")
    keyboard.follow(page.locator("input[name=_save]"))

    expect(message(page)).to_contain_text("was changed successfully")


def test_all_sending_is_stopped_and_goes_on(desk: Desk, keyboard: Keyboard) -> None:
    page = desk.page
    keyboard.follow(page.get_by_role("link", name="Stop all sending"))
    keyboard.answer("Something is odd")
    assert SendingStop.objects.open().exists()

    keyboard.follow(page.get_by_role("link", name="Let it go on"))
    keyboard.answer("It was nothing")

    assert not SendingStop.objects.open().exists()
