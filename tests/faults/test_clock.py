"""The clock jumps, at any instant at which a run looks at it."""

import datetime as dt

import pytest

from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import connect
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
LOOKS = 10  # a run that sends one item looks at the clock about so often


class JumpingClock:
    """A clock that jumps when it is looked at for the nth time, and counts on from there."""

    def __init__(self, now: dt.datetime, nth: int, by: dt.timedelta) -> None:
        self.now, self.left, self.by = now, nth, by

    def __call__(self) -> dt.datetime:
        self.left -= 1
        if self.left == 0:
            self.now += self.by
        return self.now


@pytest.mark.parametrize("hours", [-26, -1, 1, 26])
def test_a_jump_sends_nobody_twice_and_loses_nothing(
    lenient_sandbox: SandboxProcess, hours: int
) -> None:
    account = an_account(a_workspace(), daily_limit=5, weekly_limit=30)
    lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    campaign = a_campaign(account.workspace, account)
    client = connect(lenient_sandbox.url, lenient_sandbox.api_key)
    right = MovedClock(NOON)
    for _ in range(LOOKS * 2):
        an_item(campaign, account)

    for nth in range(1, LOOKS + 1):
        lenient_sandbox.control.freeze(right().isoformat())
        wrong = JumpingClock(right(), nth, dt.timedelta(hours=hours))
        runs.run(ProcessRun.Trigger.COMMAND, wrong, client=client)
        runs.run(ProcessRun.Trigger.COMMAND, right, client=client)  # it is put right again
        right.advance(days=2)
    for _ in range(3):
        right.advance(minutes=61)
        lenient_sandbox.control.freeze(right().isoformat())
        reconciling.reconcile(client, right)

    judgement = oracle.judge(lenient_sandbox.control)
    assert judgement.broken == {}
    assert QueueItem.objects.filter(status=Status.SENT).count() == judgement.effects >= LOOKS
    assert not QueueItem.objects.filter(status__in=[Status.SENDING, Status.UNCONFIRMED]).exists()
