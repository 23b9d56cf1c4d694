"""Logging in: nobody guesses for long, the right owner gets in, and nobody stays for days."""

import datetime as dt

import pytest
from django.conf import global_settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from access.models import SignIn

LOGIN = "/admin/login/"
RIGHT, WRONG = "boss-example-1", "a guess"


def log_in(name: str, password: str, address: str = "127.0.0.1", **more: str) -> HttpResponse:
    values = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address, **more).post(LOGIN, values)  # type: ignore[arg-type,return-value]


@pytest.fixture
def _locked_out(boss: User, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES = 3
    for _ in range(3):
        log_in("boss", WRONG)


@pytest.mark.usefixtures("_locked_out")
def test_who_guesses_too_often_has_to_wait_and_is_told_so() -> None:
    answer = log_in("boss", RIGHT)

    assert answer.status_code == 429
    page = answer.content.decode()
    assert "<h1>Too many attempts to log in</h1>" in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert SignIn.objects.filter(kind=SignIn.Kind.REFUSED).count() == 1


@pytest.mark.usefixtures("_locked_out")
def test_others_and_other_addresses_log_in_meanwhile() -> None:
    User.objects.create_superuser("other", password=RIGHT)

    assert log_in("other", RIGHT).status_code == 302
    assert log_in("boss", RIGHT, "192.0.2.7").status_code == 302


@pytest.mark.usefixtures("_locked_out")
def test_the_wait_ends_by_itself_and_is_not_made_longer_by_trying() -> None:
    log_in("boss", WRONG)
    longer_ago = timezone.now() - dt.timedelta(minutes=16)
    SignIn.objects.filter(kind=SignIn.Kind.WRONG_PASSWORD).update(at=longer_ago)

    assert log_in("boss", RIGHT).status_code == 302


def test_a_few_slips_do_no_harm_and_are_forgotten(boss: User, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES = 3
    for _ in range(3):
        log_in("boss", WRONG)
        log_in("boss", WRONG)
        assert log_in("boss", RIGHT).status_code == 302


def test_a_browser_that_is_known_is_not_kept_out_by_strangers(
    boss: User, settings: Settings
) -> None:
    settings.SIGN_IN_FAILURES = 3
    browser = Client()
    browser.post(LOGIN, {"username": "boss", "password": RIGHT})
    browser.post("/admin/logout/")
    for _ in range(5):
        log_in("boss", WRONG)  # from the same address, as behind a proxy that nobody told of
    assert log_in("boss", RIGHT).status_code == 429

    assert browser.post(LOGIN, {"username": "boss", "password": RIGHT}).status_code == 302
    for _ in range(3):
        browser.post(LOGIN, {"username": "boss", "password": WRONG})
    assert browser.post(LOGIN, {"username": "boss", "password": RIGHT}).status_code == 429


def test_many_names_tried_once_each_are_one_guesser(boss: User, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES_OF_AN_ADDRESS = 4

    answers = [log_in(f"name-{number}", WRONG).status_code for number in range(6)]

    assert answers == [200, 200, 200, 200, 429, 429]
    assert log_in("boss", RIGHT, "192.0.2.7").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "hop", "forwarded", "counted"),
    [
        (0, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (1, "", "203.0.113.5, 198.51.100.9:4711", "198.51.100.9"),
        (2, "", "203.0.113.5, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        (1, "", "", "0.0.0.0"),
        (1, "", "made up", "0.0.0.0"),
        (1, "10.0.0.1", "[2001:db8:1:2:3::4]:99", "2001:db8:1:2::"),
    ],
)
def test_the_address_is_what_our_own_proxies_say(
    boss: User, settings: Settings, proxies: int, hop: str, forwarded: str, counted: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    log_in("boss", WRONG, hop, HTTP_X_FORWARDED_FOR=forwarded)

    assert SignIn.objects.get().address == counted


def test_the_old_password_is_not_guessed_in_a_session(boss: User, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES = 3
    browser = Client()
    browser.force_login(boss)
    values = {"old_password": WRONG, "new_password1": "x", "new_password2": "x"}

    answers = [browser.post("/admin/password_change/", values).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert browser.get("/admin/").status_code == 302, "the session is over"


@pytest.mark.parametrize("password", ["password", "12345678", "qwertyuiop", "123456789012345"])
def test_a_password_that_everybody_tries_is_refused(desk: Client, password: str) -> None:
    values = {"old_password": RIGHT, "new_password1": password, "new_password2": password}

    assert b"errorlist" in desk.post("/admin/password_change/", values).content


def test_what_happens_is_written_down_without_passwords(boss: User, desk: Client) -> None:
    log_in("boss", "almost-my-password", "192.0.2.7")
    log_in("my-password-slipped", "x", "192.0.2.7")
    log_in("boss", RIGHT, "192.0.2.8")
    new = {"old_password": RIGHT, "new_password1": "boats-4-tea-time"}
    desk.post("/admin/password_change/", new | {"new_password2": "boats-4-tea-time"})
    desk.post("/admin/logout/")

    told = [
        (kind, name.partition(" ")[0], address)
        for kind, name, address in SignIn.objects.order_by("pk").values_list(
            "kind", "name", "address"
        )
    ]
    assert told == [
        ("wrong_password", "boss", "192.0.2.7"),
        ("wrong_password", "my…", "192.0.2.7"),
        ("signed_in", "boss", "192.0.2.8"),
        ("password_changed", "boss", "127.0.0.1"),
        ("signed_out", "boss", "127.0.0.1"),
    ]
    assert "almost-my-password" not in str(list(SignIn.objects.values()))


def test_superusers_search_and_export_the_audit(boss: User, desk: Client) -> None:
    log_in("boss", WRONG, "192.0.2.7")

    assert b"192.0.2.7" in desk.get("/admin/access/signin/?q=192.0.2").content
    assert b"Wrong password,boss,192.0.2.7" in desk.get("/admin/access/signin/export/csv/").content


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
