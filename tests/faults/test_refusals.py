"""A run is killed behind a refusal, before the look-up that is to follow has ended."""

import datetime as dt
import signal
from collections.abc import Callable

import pytest

from campaigns.models import LinkedInAccount, Prospect
from queueing.models import QueueItem
from queueing.sending import claiming, recovering
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import killing, oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status

POINTS: dict[str, Callable[[], None]] = {
    "before the look-up": lambda: killing.before(claiming, "begin_call"),
    "in the look-up": lambda: killing.after_call("profile"),
}


@pytest.fixture
def account(lenient_sandbox: SandboxProcess) -> LinkedInAccount:
    lenient_sandbox.control.freeze(NOON.isoformat())
    account = an_account(a_workspace())
    lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.mark.parametrize(
    ("point", "api", "status", "kind", "hours"),
    [
        *((point, "v1", 422, "limit_exceeded", 24) for point in POINTS),
        *((point, "v1", 429, "too_many_requests", 1) for point in POINTS),
        ("before the look-up", "v2", 429, "provider/too_many_requests", 1),
        ("in the look-up", "v2", 422, "provider/unprocessable_entity", 24),
    ],
)
def test_the_account_rests_all_the_same(
    account: LinkedInAccount,
    lenient_sandbox: SandboxProcess,
    clock: MovedClock,
    point: str,
    api: str,
    status: int,
    kind: str,
    hours: int,
) -> None:
    item = an_item(a_campaign(account.workspace, account), account)
    item.linkedin_user_id = lenient_sandbox.control.provider_id(
        account.unipile_account_id, item.prospect.public_identifier
    )
    item.save()
    Prospect.objects.update(resolved_with=account, resolved_at=NOON)  # nobody looks before the send
    lenient_sandbox.control.settings(api=api)
    lenient_sandbox.control.fault("answer", route="invite", status=status, type=kind)

    url, key = lenient_sandbox.url, lenient_sandbox.api_key
    killed_by = killing.ended(killing.run_in_child(url, key, clock, POINTS[point], api))
    clock.advance(minutes=4)
    recovering.recover(clock())

    item.refresh_from_db()
    account.refresh_from_db()
    assert killed_by == signal.SIGKILL
    assert (item.status, item.attempts) == (Status.PENDING, 0)
    assert account.paused_until == NOON + dt.timedelta(hours=hours)
    assert len(lenient_sandbox.control.calls(route="invite")) == 1
    assert oracle.judge(lenient_sandbox.control).broken == {}
