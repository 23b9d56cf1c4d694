"""Real parts for the tests: a sandbox over HTTP, and clients for it."""

import datetime as dt
import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker

from queueing.unipile import Client, Version, connect
from sandbox.testing import Sandbox
from tests import database
from tests.builders import NOON

# Commands do without the pages; tests ask at their import which there are.
admin.autodiscover()

# In the background of a shell SIGINT is ignored, and would be by every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What thousands of tests are made of lives as long as they run: no use in looking at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    database.use_the_tests_server()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Tables as the migrations make them; every test that commits puts their rows back."""
    with django_db_blocker.unblock():
        rows = database.Rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: rows.put_back())
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """A million rounds of hashing for each login show nothing; test_login.py makes them."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=quick):
        yield


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


BOTH = pytest.mark.parametrize("spoken", list(Version), indirect=True)
"""For what must hold whichever version of Unipile's API is spoken."""


@pytest.fixture
def spoken(request: pytest.FixtureRequest) -> str:
    """Which version the sandbox and its client speak: V1, except in tests that are marked BOTH."""
    return str(getattr(request, "param", Version.V1))


@pytest.fixture
def sandbox(running_sandbox: Sandbox, spoken: str) -> Sandbox:
    """A sandbox as it is when started bare."""
    running_sandbox.control.reset()
    if spoken != Version.V1:
        running_sandbox.control.settings(api=spoken)
    return running_sandbox


@pytest.fixture
def client_of_unipile(sandbox: Sandbox, spoken: str) -> Client:
    return connect(sandbox.url, sandbox.api_key, spoken, service_key=sandbox.service_key)


@pytest.fixture(autouse=True)
def _no_sandbox_file(settings: object, tmp_path: Path) -> None:
    """Keep tests from talking to the sandbox of a `make run` beside them."""
    settings.SANDBOX_FILE = tmp_path / "sandbox.json"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _calls_leave_at_once(settings: object) -> None:
    """Let runs wait for nothing; tests/queueing/sending/test_leaving.py lets them."""
    settings.SEND_SPREAD_SECONDS = 0  # type: ignore[attr-defined]


class MovedClock:
    """A clock that stands still until a test moves it on."""

    def __init__(self, now: dt.datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += dt.timedelta(**by)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()
