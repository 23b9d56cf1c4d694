"""Figures of docs/reliability.md that no other test gives: views for doubts, waits behind one."""

import datetime as dt
from collections import Counter

import pytest
from tqdm import tqdm

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import runs
from queueing.unipile.v1.client import V1Client
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = [pytest.mark.torture, pytest.mark.django_db(transaction=True)]
Status = QueueItem.Status
DOUBTS, VIEWS_A_DAY = 100, 80


@pytest.fixture
def account(lenient_sandbox: SandboxProcess) -> LinkedInAccount:
    lenient_sandbox.control.freeze(NOON.isoformat())
    account = an_account(a_workspace(), daily_limit=200, weekly_limit=500)
    lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


def client_of(sandbox: SandboxProcess) -> V1Client:
    return V1Client(f"{sandbox.url}/api/v1", sandbox.api_key)


def pass_time(sandbox: SandboxProcess, clock: MovedClock, minutes: int) -> None:
    clock.advance(minutes=minutes)
    sandbox.control.freeze(clock().isoformat())


def in_doubt(campaign: Campaign, account: LinkedInAccount, sandbox: SandboxProcess) -> None:
    """Leave items in doubt: of one half nothing arrived; the other half is not in the list."""
    for number in range(DOUBTS):
        item = an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON, tried_at=NOON)
        SendAttempt.objects.create(
            item=item,
            kind=SendAttempt.Kind.SEND,
            route=SendAttempt.Route.INVITE,
            number=1,
            started_at=NOON,
            finished_at=NOON,
            outcome="unknown",
        )
        if number % 2:
            person = item.prospect.public_identifier
            id_ = sandbox.control.provider_id(account.unipile_account_id, person)
            client_of(sandbox).invite(account.unipile_account_id, id_)
            sandbox.control.accept(account.unipile_account_id, person)


def test_a_hundred_doubts_are_settled_within_the_budget_of_views(
    account: LinkedInAccount,
    campaign: Campaign,
    lenient_sandbox: SandboxProcess,
    capfd: pytest.CaptureFixture[str],
) -> None:
    clock, began = MovedClock(NOON), NOON
    in_doubt(campaign, account, lenient_sandbox)

    while QueueItem.objects.filter(reconciling.IN_DOUBT).exists() and clock() < NOON.replace(
        day=20
    ):
        pass_time(lenient_sandbox, clock, 30)
        reconciling.reconcile(client_of(lenient_sandbox), clock)

    looks = SendAttempt.objects.filter(route=SendAttempt.Route.PROFILE)
    views = Counter(look.started_at.date() for look in looks)
    views += Counter(look.started_at.date() for look in looks if look.asked_again)
    became = Counter(QueueItem.objects.values_list("status", flat=True))
    with capfd.disabled():
        tqdm.write(f"doubts settled in {clock() - began}, as {dict(became)}")
        tqdm.write(f"profile views a day: {[views[day] for day in sorted(views)]}")
    assert became == {Status.SENT: DOUBTS // 2, Status.PENDING: DOUBTS // 2}
    assert len(lenient_sandbox.control.calls(route="profile")) == views.total()
    assert max(views.values()) <= VIEWS_A_DAY


@pytest.mark.parametrize(
    ("refusal", "rest"),
    [
        ("cannot_resend_yet", dt.timedelta(hours=24)),
        ("limit_exceeded", dt.timedelta(hours=24)),
        ("too_many_requests", dt.timedelta(hours=1)),
    ],
)
def test_five_others_wait_one_rest_behind_somebody_who_is_refused(
    account: LinkedInAccount,
    campaign: Campaign,
    lenient_sandbox: SandboxProcess,
    capfd: pytest.CaptureFixture[str],
    refusal: str,
    rest: dt.timedelta,
) -> None:
    clock = MovedClock(NOON)
    refused = an_item(campaign, account, scheduled_for=NOON - dt.timedelta(hours=2))
    lenient_sandbox.control.add_person(refused.prospect.public_identifier, refusal=refusal)
    others = [an_item(campaign, account) for _ in range(5)]
    sent = QueueItem.objects.filter(pk__in=[item.pk for item in others], status=Status.SENT)

    while sent.count() < len(others) and clock() < NOON + dt.timedelta(days=5):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of(lenient_sandbox))
        reconciling.reconcile(client_of(lenient_sandbox), clock)
        pass_time(lenient_sandbox, clock, 30)

    dates = sorted(item.sent_at for item in sent if item.sent_at is not None)
    with capfd.disabled():
        waits = [str(at - NOON) for at in dates]
        tqdm.write(
            f"behind {refusal}, the first and the last of five others wait {waits[0]}, {waits[-1]}"
        )
    assert len(dates) == len(others)
    assert dates[0] - NOON <= rest + dt.timedelta(minutes=30)
