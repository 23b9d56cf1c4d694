"""The documentation's pictures, taken of the real pages: `make screenshots`. No test runs it."""

import pytest
from django.conf import settings as ours
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from campaigns.models import Campaign, LinkedInAccount, SendingHours
from queueing import planning
from queueing.models import ProcessRun, QueueItem, Reply
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.browser.conftest import Desk

HEIGHT = 920  # what is further down a page is left out


def pages() -> dict[str, tuple[str, int]]:
    """Return each picture's name with the address of its page and the width of the window."""
    waiting = QueueItem.objects.pending().order_by("scheduled_for")[0]
    return {
        "dashboard": (reverse("admin:index"), 1280),
        "queue": (reverse("admin:queueing_queueitem_changelist"), 1600),
        "narrow": (reverse("admin:queueing_queueitem_changelist"), 400),
        "failed": (reverse("admin:queueing_failedsend_changelist"), 1600),
        "forecast": (
            reverse("admin:campaigns_campaign_forecast", args=[waiting.campaign_id]),
            1280,
        ),
        "item": (reverse("admin:queueing_queueitem_change", args=[waiting.pk]), 1280),
        "hours": (
            reverse(
                "admin:campaigns_sendinghours_change",
                args=[SendingHours.objects.get(name=SendingHours.DEFAULT_NAME).pk],
            ),
            1280,
        ),
    }


PEOPLE = """First name,Last name,Company,LinkedIn
zoé,EXAMPLE,Example Engines,https://de.linkedin.com/in/Zoe-Example/?trk=list
Zoé,Example,Example Engines,linkedin.com/in/zoe-example
Ada,Example,Example Engines,https://www.linkedin.com/in/ada-example
Yusuf,Example,Muster GmbH,https://www.linkedin.com/in/yusuf-example
Xenia,Example,Muster GmbH,xenia@example.com
"""


def upload(desk: Desk) -> None:
    """Have a file of people checked; nothing is imported."""
    desk.open(reverse("admin:campaigns_prospect_import"))
    desk.page.select_option("#id_campaign", index=1)
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
    desk.page.set_input_files("#id_file", file)  # type: ignore[arg-type]
    desk.page.click(".submit-row input[type=submit]")
    desk.page.wait_for_selector("#verdicts")


@pytest.mark.browser
def test_pictures(desk: Desk, client_of_unipile: Client) -> None:
    runs.run(ProcessRun.Trigger.COMMAND, timezone.now, client=client_of_unipile)
    planning.replan(LinkedInAccount.objects.all(), timezone.now())  # as a job does, soon after

    for name, (address, width) in pages().items():
        desk.page.set_viewport_size({"width": width, "height": HEIGHT})
        desk.open(address)
        picture(desk, name)
    upload(desk)
    picture(desk, "import")


@pytest.mark.browser
def test_pictures_of_connecting(desk: Desk, sandbox: Sandbox, settings: Settings) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    settings.SITE_URL = desk.site
    desk.page.set_viewport_size({"width": 1280, "height": 620})

    desk.open(reverse("admin:campaigns_linkedinaccount_connect"))
    desk.page.select_option("#id_workspace", index=1)
    picture(desk, "connect")
    desk.page.click("text=Make the link")
    picture(desk, "connect-link")
    desk.page.click("text=Log in to LinkedIn at Unipile")
    desk.page.fill("[name=login]", "nora-example")
    desk.page.click("button[value=approve]")
    desk.page.wait_for_selector("#outcome-heading")
    picture(desk, "connected")


@pytest.mark.browser
def test_pictures_of_answers(desk: Desk, sandbox: Sandbox, settings: Settings) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    Reply.objects.update(read_at=timezone.now())  # as if it had just been read
    campaign = Campaign.objects.get(name__startswith="Partners")
    reply = Reply.objects.get(prospect__first_name="Elif")
    shown = {
        "answers": (reverse("admin:queueing_reply_changelist"), 420),
        "answer": (reverse("admin:queueing_reply_change", args=[reply.pk]), 680),
        "campaign": (reverse("admin:campaigns_campaign_change", args=[campaign.pk]), HEIGHT),
        "withdrawal": (
            reverse("admin:campaigns_campaign_deed", args=[campaign.pk, "withdraw"]),
            480,
        ),
    }
    for name, (address, height) in shown.items():
        desk.page.set_viewport_size({"width": 1280, "height": height})
        desk.open(address)
        picture(desk, name)


def picture(desk: Desk, name: str) -> None:
    desk.page.screenshot(path=ours.BASE_DIR / "docs" / "images" / f"{name}.png")
