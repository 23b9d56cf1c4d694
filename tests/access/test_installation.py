"""An installation that others reach: https alone, strict by default, and told where it is not."""

import pytest
from django.test import Client
from pytest_django import Settings

from access import checks
from access.models import SignIn
from tests.queueing.test_checks import manage

INSTALLED = {
    "DATABASE_URL": "postgresql://sendq@127.0.0.1:1/sendq",
    "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "sendq.example.com",
    "CRON_SECRET": "only-for-this-test-0123456789",
}
CRON = "/api/cron/process-send-queue"


def test_what_others_reach_passes_djangos_own_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **INSTALLED)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("hosts", [".example.com", "*"])
def test_a_host_that_no_link_can_lead_to_needs_a_site(hosts: str) -> None:
    done = manage("check", **INSTALLED | {"ALLOWED_HOSTS": hosts})

    assert done.returncode == 1
    assert "Configuration: SITE_URL is not set, and ALLOWED_HOSTS begins with" in done.stderr


def test_each_part_is_switched_off_by_its_name_and_told(settings: Settings) -> None:
    settings.CRON_SECRET, settings.TRUSTED_PROXIES = "short", 0
    settings.SECOND_FACTOR_REQUIRED, settings.SERVED_TO_OTHERS = False, True

    assert [one.id for one in checks.check_ways_in()] == [
        "access.W001",
        "access.W002",
        "access.W003",
    ]


def test_http_is_sent_to_https_and_https_stays(settings: Settings, db: None) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    plain = Client().get("/admin/login/")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/admin/login/")
    safe = Client(HTTP_X_FORWARDED_PROTO="https").get("/admin/login/")
    assert safe.status_code == 200
    assert "max-age=31536000" in safe["Strict-Transport-Security"]


def test_wrong_secrets_of_one_address_are_answered_later(settings: Settings, db: None) -> None:
    settings.CRON_SECRET, settings.API_FAILURES_OF_AN_ADDRESS = "a" * 30, 3
    thief = Client(REMOTE_ADDR="192.0.2.7")

    answers = [thief.post(CRON, headers={"x-cron-secret": "x"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429, 429]
    assert answers[-1].json()["error"].startswith("Too many wrong secrets from this address")
    assert SignIn.objects.filter(kind=SignIn.Kind.API_REFUSED).count() == 3, "it fills no disk"
    assert Client(REMOTE_ADDR="192.0.2.8").post(CRON).status_code == 401
    right = thief.post(CRON, headers={"x-cron-secret": "a" * 30})
    assert right.status_code not in {401, 429}, "the right owner still gets in"
