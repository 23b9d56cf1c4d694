"""Logging in: nobody guesses for long, and nobody stays logged in for days."""

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.conf import global_settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

LOGIN = "/admin/login/"
RIGHT, WRONG = "boss-example-1", "a guess"


def log_in(name: str, password: str, address: str = "127.0.0.1") -> HttpResponse:
    values = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post(LOGIN, values)  # type: ignore[return-value]


@pytest.fixture
def _locked_out(boss: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        log_in("boss", WRONG)


@pytest.mark.usefixtures("_locked_out")
def test_who_guesses_too_often_has_to_wait_and_is_told_so() -> None:
    answer = log_in("boss", RIGHT)

    assert answer.status_code == 429
    page = answer.content.decode()
    assert "<h1>Too many attempts to log in</h1>" in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.usefixtures("_locked_out")
def test_others_and_other_addresses_log_in_meanwhile() -> None:
    User.objects.create_superuser("other", password=RIGHT)

    assert log_in("other", RIGHT).status_code == 302
    assert log_in("boss", RIGHT, "192.0.2.7").status_code == 302


@pytest.mark.usefixtures("_locked_out")
def test_the_wait_ends_by_itself_and_is_not_made_longer_by_trying() -> None:
    log_in("boss", WRONG)
    longer_ago = timezone.now() - dt.timedelta(minutes=16)
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now()).update(attempt_time=longer_ago)

    assert log_in("boss", RIGHT).status_code == 302


def test_a_few_slips_do_no_harm_and_are_forgotten(boss: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        log_in("boss", WRONG)
        log_in("boss", WRONG)
        assert log_in("boss", RIGHT).status_code == 302


def test_no_password_is_kept_of_a_guess(boss: User) -> None:
    log_in("boss", "almost-my-password")

    kept = AccessAttempt.objects.values().get()
    assert "almost-my-password" not in str(kept)


def test_a_session_lasts_a_working_day(boss: User) -> None:
    browser = Client()
    browser.post(LOGIN, {"username": "boss", "password": RIGHT})

    age = browser.session.get_expiry_age()
    assert age <= 12 * 60 * 60


def test_a_password_is_kept_behind_slow_hashing(db: None, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # as they are outside the tests

    boss = User.objects.create_superuser("boss", password=RIGHT)

    assert boss.password.startswith("pbkdf2_sha256$")
    assert log_in("boss", RIGHT).status_code == 302
    assert log_in("boss", WRONG).status_code == 200
