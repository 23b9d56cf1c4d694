"""A passkey, made and used by a real Chromium with an authenticator of its own."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from access.models import Passkey, SignIn

ASKED, SET_UP = "/admin/second-factor/", "/admin/second-factor/passkey/"
PASSWORD = "boss-example-1"


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Page]:
    settings.SECOND_FACTOR_REQUIRED = True
    User.objects.create_superuser("boss", password=PASSWORD)
    context = chromium.new_context(base_url=live_server.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    what = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True}
    what |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": what})
    yield page
    context.close()


def log_in(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/admin/login/")
    page.fill("#id_username", "boss")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_url("**/second-factor/**")


def test_a_passkey_is_set_up_asked_for_and_good_for_what_was_asked(page: Page) -> None:
    log_in(page)
    page.goto(SET_UP)
    page.fill("#id_password", "not it")
    page.click("input[type=submit]")
    page.wait_for_selector("text=This is not your password.")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("text=Keep these recovery codes")
    assert len(re.findall(r"<code>[0-9a-f-]{19}</code>", page.content())) == 10

    log_in(page)
    assert page.url.endswith("next=%2Fadmin%2F")
    with page.expect_request(lambda one: one.method == "POST") as sent:
        page.click("text=Use a passkey instead")
    page.wait_for_url("**/admin/")
    key = Passkey.objects.get()
    assert key.last_used_at is not None
    assert SignIn.objects.filter(kind=SignIn.Kind.FACTOR_ADDED).count() == 1

    again = Client(SERVER_NAME="localhost")  # with what the browser has signed for another question
    again.force_login(User.objects.get())
    session = again.session
    session["second_factor_due"] = True
    session.save()
    again.get(ASKED)
    asked = again.session["passkey_asked"]
    again.get(ASKED)  # as another tab does, or a script of the page
    assert again.session["passkey_asked"] == asked
    values = sent.value.post_data_json
    assert values is not None
    answer = again.post(ASKED, {"passkey": values["passkey"]})
    assert b"This passkey was not accepted" in answer.content
    for bad in ("x", "{}", "[]", "null", '{"rawId": 1}', '{"rawId": "\\u0000"}'):
        assert b"was not accepted" in again.post(ASKED, {"passkey": bad}).content
