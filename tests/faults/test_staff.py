"""People change things while calls are under way: the call ends, and nothing else goes wrong."""

import datetime as dt
import random
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import QueueItem
from queueing.staff import items, places, triage
from queueing.staff.items import ItemAction
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import killing, oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
ALL = QueueItem.objects.all()


@pytest.fixture
def account(lenient_sandbox: SandboxProcess) -> LinkedInAccount:
    lenient_sandbox.control.freeze(NOON.isoformat())
    account = an_account(a_workspace())
    lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


def act(action: ItemAction) -> Callable[[QueueItem, User], object]:
    return lambda item, boss: items.act(action, ALL, boss, NOON, reason="asked to")


def delete(item: QueueItem, boss: User) -> None:
    """Delete what is being sent, in the admin: refused, for it has a call."""
    browser = Client()
    browser.force_login(boss)
    url = reverse("admin:queueing_queueitem_delete", args=[item.pk])
    assert browser.post(url, {"post": "yes", "reason": "asked to"}).status_code == 403


# What somebody does to the item in flight and all that is around it; what becomes of the item that
# waits behind it, after another run.
DEEDS: dict[str, tuple[Callable[[QueueItem, User], object], str]] = {
    "pause": (lambda item, boss: places.move(item.campaign, places.PAUSE, boss), Status.PENDING),
    "archive": (
        lambda item, boss: places.archive(item.campaign, boss, "asked to", NOON),
        Status.SKIPPED,
    ),
    "rest": (
        lambda item, boss: places.rest(
            item.linkedin_account, NOON + dt.timedelta(days=1), boss, "asked to", NOON
        ),
        Status.PENDING,
    ),
    "stop all": (lambda item, boss: places.stop_all(boss, "asked to", NOON), Status.PENDING),
    "skip": (act(triage.Skip()), Status.SKIPPED),
    "never contact": (act(triage.NeverContact()), Status.SKIPPED),
    "retry": (act(triage.RetryNow()), Status.SENT),
    "delete": (delete, Status.SENT),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_done_during_a_send_lets_it_end(
    account: LinkedInAccount,
    campaign: Campaign,
    lenient_sandbox: SandboxProcess,
    clock: MovedClock,
    admin_user: User,
    deed: str,
) -> None:
    flying, waiting = an_item(campaign, account), an_item(campaign, account)
    url, key = lenient_sandbox.url, lenient_sandbox.api_key
    lenient_sandbox.control.fault("delay", route="invite", when="after")
    do, left = DEEDS[deed]

    run = killing.run_in_child(url, key, clock)
    wait_for_the_effect(lenient_sandbox)
    do(flying, admin_user)
    flying.refresh_from_db()
    assert flying.status == Status.SENDING
    lenient_sandbox.control.end_waits()
    killing.ended(run)
    killing.ended(killing.run_in_child(url, key, clock))

    flying.refresh_from_db()
    waiting.refresh_from_db()
    assert (flying.status, waiting.status) == (Status.SENT, left)
    assert oracle.judge(lenient_sandbox.control).broken == {}


def wait_for_the_effect(sandbox: SandboxProcess) -> None:
    give_up = time.monotonic() + 120
    while not sandbox.control.effects():
        assert time.monotonic() < give_up, "no call came"
        time.sleep(0.02)


def test_staff_and_four_runs_get_along(
    account: LinkedInAccount,
    campaign: Campaign,
    lenient_sandbox: SandboxProcess,
    clock: MovedClock,
    admin_user: User,
) -> None:
    for _ in range(60):
        an_item(campaign, account)
    chance = random.Random(5)

    for _ in range(8):
        runs = [
            killing.run_in_child(lenient_sandbox.url, lenient_sandbox.api_key, clock)
            for _ in range(4)
        ]
        places.move(campaign, places.PAUSE, admin_user)
        some = chance.sample(list(ALL.values_list("pk", flat=True)), 4)
        items.act(triage.Skip(), ALL.filter(pk__in=some), admin_user, NOON, reason="by chance")
        items.act(triage.RetryNow(), ALL, admin_user, NOON, reason="all of them")
        places.move(campaign, places.RESUME, admin_user)
        for run in runs:
            killing.ended(run)
    # What was paused before its send began was not sent: so one more, with nobody about.
    killing.ended(killing.run_in_child(lenient_sandbox.url, lenient_sandbox.api_key, clock))

    judgement = oracle.judge(lenient_sandbox.control)
    assert judgement.broken == {}
    assert ALL.filter(status=Status.SENT).count() == judgement.effects > 0
    assert not ALL.filter(status__in=[Status.SENDING, Status.UNCONFIRMED]).exists()
