"""The second factor: required of those who can do most harm, proven once a session, kept sealed."""

import re
import time

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from pytest_django import Settings

from access import second_factor
from access.models import Authenticator, Passkey, Session, SignIn
from tests.queueing.admin.conftest import a_user

pytestmark = pytest.mark.django_db
ASKED, SET_UP = "/admin/second-factor/", "/admin/second-factor/set-up/"


def code_of(user: User, steps_ahead: int = 0) -> str:
    """Return what the user's app shows, now or some steps later."""
    device = Authenticator.objects.filter(user=user).order_by("pk").last()
    assert device is not None
    totp = TOTP(device.bin_key, device.step)
    totp.time = time.time() + steps_ahead * device.step
    return f"{totp.token():06d}"


def set_up(user: User) -> list[str]:
    """Give a user a second factor; return the recovery codes."""
    draft = second_factor.begun(user)
    assert second_factor.confirm(draft, code_of(user))
    return second_factor.new_recovery_codes(user)


def with_password(user: User) -> Client:
    browser = Client()
    name = user.get_username()
    browser.post("/admin/login/", {"username": name, "password": f"{name}-example-1"})
    return browser


@pytest.fixture
def manager(settings: Settings) -> User:
    settings.SECOND_FACTOR_REQUIRED = True
    return a_user("manager", group="Manager")


def test_a_manager_sets_one_up_before_anything_is_shown(manager: User) -> None:
    browser = with_password(manager)
    for url in ("/admin/", "/admin/campaigns/prospect/", "/admin/dashboard/"):
        assert browser.get(url)["Location"].startswith(ASKED), url
    assert b"data:image/svg" in browser.get(ASKED, follow=True).content

    wrong = browser.post(SET_UP, {"password": "x", "code": code_of(manager)})
    assert b"not your password" in wrong.content
    right = {"password": "manager-example-1", "code": code_of(manager)}
    codes = re.findall(
        r"<code>([0-9a-f-]{19})</code>", browser.post(SET_UP, right).content.decode()
    )

    assert len(codes) == second_factor.NUMBER_OF_CODES
    assert browser.get("/admin/").status_code == 200
    assert SignIn.objects.filter(kind=SignIn.Kind.FACTOR_ADDED, user=manager).exists()


def test_the_next_log_in_asks_for_a_code_and_takes_each_once(manager: User) -> None:
    set_up(manager)
    used = code_of(manager)  # the code that set it up

    browser = with_password(manager)
    assert browser.get("/admin/")["Location"] == f"{ASKED}?next=%2Fadmin%2F"
    assert b"wrong, used already" in browser.post(ASKED, {"code": used}).content
    assert browser.get("/admin/").status_code == 302
    browser.post(ASKED, {"code": code_of(manager, steps_ahead=1)})
    assert browser.get("/admin/").status_code == 200


def test_a_recovery_code_is_good_once(manager: User) -> None:
    code = set_up(manager)[0]

    assert with_password(manager).post(ASKED, {"code": code.upper()}).status_code == 302
    assert b"wrong, used already" in with_password(manager).post(ASKED, {"code": code}).content
    assert SignIn.objects.filter(kind=SignIn.Kind.RECOVERY_CODE_USED, user=manager).count() == 1


def test_codes_are_not_guessed(manager: User, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES = 3
    set_up(manager)
    browser = with_password(manager)

    answers = [browser.post(ASKED, {"code": "000000"}).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert "/admin/login/" in browser.get("/admin/")["Location"], "the session is over"


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_others_need_none_and_are_asked_where_they_have_one(settings: Settings, group: str) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    clerk = a_user("clerk", group=group)

    assert with_password(clerk).get("/admin/").status_code == 200
    set_up(clerk)
    assert with_password(clerk).get("/admin/").status_code == 302


def test_who_reads_the_database_has_neither_codes_nor_sessions(manager: User) -> None:
    codes = set_up(manager)
    browser = with_password(manager)
    device = Authenticator.objects.get(user=manager)
    rows = f"{Authenticator.objects.values()}{StaticToken.objects.values()}"

    assert device.bin_key.hex() not in rows
    assert not [code for code in codes if code.replace("-", "")[:8] in rows]
    stored = Session.objects.get(user=manager)
    assert browser.cookies["sessionid"].value not in f"{Session.objects.values()}"
    thief = Client()
    thief.cookies["sessionid"] = stored.pk
    assert "/admin/login/" in thief.get("/admin/")["Location"]


def test_it_outlives_a_new_secret_key_and_is_sealed_anew(manager: User, settings: Settings) -> None:
    set_up(manager)
    shared = Authenticator.objects.get(user=manager).bin_key

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key" * 9
    assert second_factor.proves(manager, code_of(manager, steps_ahead=1))
    settings.SECRET_KEY_FALLBACKS = []
    assert Authenticator.objects.get(user=manager).bin_key == shared
    settings.SECRET_KEY = "a third, without the one before" * 3
    assert second_factor.proves(manager, "123456") == ""


def test_a_superuser_takes_it_away_and_so_does_a_command(manager: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    set_up(manager)
    browser = with_password(manager)
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss", password="x"))
    row = Authenticator.objects.get(user=manager)

    assert boss.get("/admin/access/authenticator/").content.count(b"manager") > 0
    boss.post(f"/admin/access/authenticator/{row.pk}/delete/", {"reason": "Lost", "post": "yes"})
    assert not second_factor.is_set_up(manager)
    assert "/admin/login/" in browser.get("/admin/")["Location"], "their sessions are over"
    set_up(manager)
    call_command("remove_second_factor", "manager")
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_second_factor", "manager")


def test_what_no_browser_sends_for_a_passkey_is_refused_in_words(manager: User) -> None:
    browser, page = with_password(manager), "/admin/second-factor/passkey/"
    deep = "[" * 100_000

    for sent in (deep, "[]", "9" * 5_000):
        browser.get(page)
        answer = browser.post(page, {"password": "manager-example-1", "passkey": sent})
        assert b"made no passkey" in answer.content, sent[:9]
    Passkey.objects.create(user=manager, credential_id=b"x", public_key=b"y")
    browser.get(ASKED)
    assert b"was not accepted" in browser.post(ASKED, {"passkey": deep}).content


def test_new_recovery_codes_need_the_password(manager: User) -> None:
    kept, page = set_up(manager), "/admin/second-factor/codes/"
    browser = with_password(manager)
    browser.post(ASKED, {"code": kept[0]})

    assert b"not your password" in browser.post(page, {"password": "x"}).content
    assert StaticToken.objects.count() == len(kept) - 1
    right = browser.post(page, {"password": "manager-example-1"}).content
    assert b"shown only now" in right
    assert kept[1].encode() not in right
    assert SignIn.objects.filter(kind=SignIn.Kind.WRONG_PASSWORD).count() == 1
