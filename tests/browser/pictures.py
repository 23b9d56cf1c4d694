"""The documentation's pictures, taken of the real pages: `make screenshots`. No test runs it."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from queueing import runs
from queueing.models import ProcessRun, QueueItem
from queueing.unipile import Client
from tests.browser.conftest import Desk

HEIGHT = 920  # what is further down a page is left out


def pages() -> dict[str, tuple[str, int]]:
    """Return each picture's name with the address of its page and the width of the window."""
    waiting = QueueItem.objects.pending().order_by("scheduled_for")[0]
    return {
        "dashboard": (reverse("admin:index"), 1280),
        "queue": (reverse("admin:queueing_queueitem_changelist"), 1600),
        "failed": (reverse("admin:queueing_failedsend_changelist"), 1600),
        "forecast": (
            reverse("admin:campaigns_campaign_forecast", args=[waiting.campaign_id]),
            1280,
        ),
        "item": (reverse("admin:queueing_queueitem_change", args=[waiting.pk]), 1280),
    }


@pytest.mark.browser
def test_pictures(desk: Desk, client_of_unipile: Client) -> None:
    runs.run(ProcessRun.Trigger.COMMAND, timezone.now, client=client_of_unipile)

    for name, (address, width) in pages().items():
        desk.page.set_viewport_size({"width": width, "height": HEIGHT})
        desk.open(address)
        desk.page.screenshot(path=settings.BASE_DIR / "docs" / "images" / f"{name}.png")
