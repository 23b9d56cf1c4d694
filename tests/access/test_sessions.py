"""Sessions: seen and ended by their owners and by superusers, and over when they should be."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from access.models import Session, SignIn
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db
SESSIONS = "/admin/access/session/"
OUT = "/admin/login/"


def test_owners_see_and_end_their_own(boss: User) -> None:
    clerk = a_user("clerk", group="Viewer")
    here, there, other = logged_in(clerk), logged_in(clerk), logged_in(boss)
    there.get("/admin/", REMOTE_ADDR="192.0.2.9", headers={"user-agent": "Example browser"})

    page = here.get(SESSIONS).content.decode()
    assert "192.0.2.9" in page
    assert "Example browser" in page
    assert "boss" not in page
    every = [row.pk for row in Session.objects.all()]
    here.post(SESSIONS, {"action": "end", "_selected_action": every})

    assert OUT in there.get("/admin/")["Location"]
    assert other.get("/admin/").status_code == 200, "another's cannot be ended"
    assert SignIn.objects.filter(kind=SignIn.Kind.SESSION_ENDED).count() == 2


def test_superusers_end_anybodys(desk: Client) -> None:
    clerk = a_user("clerk")
    theirs = logged_in(clerk)
    row = Session.objects.get(user=clerk)

    desk.post(SESSIONS, {"action": "end", "_selected_action": [row.pk]})

    assert OUT in theirs.get("/admin/")["Location"]


def test_who_was_made_inactive_signs_in_anew(desk: Client) -> None:
    clerk = a_user("clerk")
    theirs = logged_in(clerk)

    clerk.is_active = False
    clerk.save()
    clerk.is_active = True
    clerk.save()

    assert OUT in theirs.get("/admin/")["Location"]


def test_a_session_outlives_a_new_secret_key_by_its_fallback(
    desk: Client, settings: Settings
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key" * 9, [old]
    assert desk.get("/admin/").status_code == 200

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "after a theft" * 9, []
    assert OUT in desk.get("/admin/")["Location"]


def test_back_after_a_log_out_shows_nobody(desk: Client) -> None:
    assert desk.post("/admin/logout/")["Clear-Site-Data"] == '"cache"'


def test_a_new_password_by_mail(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://desk.example.com"
    clerk = a_user("clerk", email="clerk@example.com")
    theirs = logged_in(clerk)

    answers = [
        client.post("/password-reset/", {"email": email})["Location"]
        for email in ("clerk@example.com", "nobody@example.com")
    ]
    assert answers == ["/password-reset/sent/"] * 2, "nobody learns who has an account"
    (sent,) = mail.outbox
    found = re.search(r"https://desk\.example\.com(/password-reset/\S+)", str(sent.body))
    assert found, sent.body
    form = client.get(found[1], follow=True).request["PATH_INFO"]
    values = {"new_password1": "boats-4-tea-time", "new_password2": "boats-4-tea-time"}
    client.post(form, values)

    clerk.refresh_from_db()
    assert clerk.check_password("boats-4-tea-time")
    assert OUT in theirs.get("/admin/")["Location"], "sessions of before are over"
    told = SignIn.objects.filter(user=clerk).order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["reset_asked", "password_changed"]


def test_a_link_is_not_printed_into_the_log(
    client: Client, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.ON_TRIAL = False
    a_user("clerk", email="clerk@example.com")

    assert client.post("/password-reset/", {"email": "clerk@example.com"}).status_code == 503
    assert "password-reset" not in capsys.readouterr().out


def test_mails_are_not_sent_without_end(client: Client) -> None:
    a_user("clerk", email="clerk@example.com")

    for _ in range(7):
        client.post("/password-reset/", {"email": "clerk@example.com"})

    assert len(mail.outbox) == 5
