"""A real Chromium in front of a real server."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from queueing.management import sample

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: as root Chromium has none. The rest keeps it from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "boss-example-1"
# A sign that Django's script adds to its box for choosing many, some time after the page is there.
DJANGOS_OWN = ".help-tooltip.search-label-icon"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("SENDQ_REQUIRE_BROWSER"):
            pytest.fail("SENDQ_REQUIRE_BROWSER is set, and there is no Chromium on the path")
        # A machine without a browser runs everything else.
        pytest.skip("no Chromium on the path: install it to run the browser tests")
    # Playwright keeps an event loop in this thread, in which Django would refuse the database. It
    # has connections of its own there: those from before are closed, lest a fork inherits them.
    connections.close_all()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass
class Desk:
    """A page of a superuser who has logged in, and what the browser complained of."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        answer = self.page.goto(f"{self.site}{address}")
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"

    def serious_faults(self, only: str = "") -> list[str]:
        """Return the serious and critical faults that axe-core finds, by one rule or by all."""
        options = {"preload": False} | ({"runOnly": [only]} if only else {})
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{fault['id']} at {node['target']}: {fault['help']}"
            for fault in found
            if fault["impact"] in {"serious", "critical"}
            for node in fault["nodes"]
            if DJANGOS_OWN not in str(node["target"])
        ]


@pytest.fixture
def empty(chromium: Browser, live_server: LiveServer) -> Iterator[Desk]:
    """A SendQ that holds nothing yet, and a superuser in front of it."""
    with _logged_in(chromium, live_server.url) as desk:
        yield desk


@pytest.fixture
def desk(chromium: Browser, live_server: LiveServer) -> Iterator[Desk]:
    """The sample workspace, and a superuser in front of it."""
    sample.load(timezone.now())
    with _logged_in(chromium, live_server.url) as desk:
        yield desk


@contextmanager
def _logged_in(chromium: Browser, site: str) -> Iterator[Desk]:
    User.objects.create_superuser("boss", password=PASSWORD)
    context = chromium.new_context()
    page = context.new_page()
    desk = Desk(page, site)
    page.on("console", lambda said: _note(desk, said.type, said.text))
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    desk.open("/admin/")
    page.fill("#id_username", "boss")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    yield desk
    context.close()
    assert desk.complaints == []


def _note(desk: Desk, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        desk.complaints.append(f"{desk.page.url}: {text}")
