"""Items whose send ended without a clear answer, and what has been looked up about them since."""

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import an_item
from tests.conftest import MovedClock

Status = QueueItem.Status
Route = SendAttempt.Route


def in_doubt(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client: Client,
    clock: MovedClock,
    when: str,
) -> QueueItem:
    """Send an item whose answer never comes: `when` is before or after the effect."""
    item = an_item(campaign, account)
    sandbox.control.fault("close", route="invite", when=when)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    return item


def later(clock: MovedClock, sandbox: Sandbox, **by: float) -> None:
    clock.advance(**by)
    sandbox.control.freeze(clock().isoformat())


def looked(item: QueueItem) -> list[tuple[str, str]]:
    """Return route and outcome of the look-ups after the send."""
    made = list(item.send_attempts.order_by("number").values_list("route", "outcome"))
    return made[[route for route, _ in made].index(Route.INVITE) + 1 :]
