"""Every way in which an answer can go wrong, before and after the effect."""

import datetime as dt
from collections.abc import Iterator

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem, SendingStop
from queueing.sending import runs
from queueing.unipile import Client, connect
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import oracle
from tests.faults.conftest import LAG_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status

# The complete list of types that Unipile documents for a 422, and one that it does not.
TYPES_422 = {
    Status.FAILED: "invalid_recipient no_connection_with_recipient blocked_recipient "
    "user_unreachable unprocessable_entity invalid_message invalid_post cannot_invite_attendee "
    "parent_mail_not_found invalid_reply_subject invalid_headers send_as_denied invalid_folder "
    "invalid_thread limit_too_high sender_rejected recipient_rejected ip_rejected_by_server "
    "cant_send_message unauthorized nobody_has_seen_this_one",
    Status.SKIPPED: "already_connected already_invited_recently action_already_performed",
    Status.PENDING: "invalid_account payment_error not_allowed_inmail insufficient_credits "
    "cannot_resend_yet cannot_resend_within_24hrs limit_exceeded connection_limit_reached "
    "account_configuration_error realtime_client_not_initialized",
    Status.UNCONFIRMED: "provider_unreachable",
}


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> Iterator[LinkedInAccount]:
    """An account; whatever a test did with it, the ledger must agree in the end."""
    sandbox.control.settings(refuse_repeats=False, lag_seconds=LAG_SECONDS)
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    yield account
    assert oracle.judge(sandbox.control).broken == {}


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def impatient(sandbox: Sandbox, spoken: str) -> Client:
    """A client that does not wait long, so that a test need not."""
    return connect(
        sandbox.url, sandbox.api_key, spoken, connect_timeout=3, read_timeout=3, total_timeout=3
    )


def send(client: Client, clock: MovedClock, item: QueueItem) -> str:
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    item.refresh_from_db()
    return item.status


UNCLEAR: list[tuple[str, dict[str, object], str]] = [
    ("answer", {"status": 500}, Status.UNCONFIRMED),
    ("answer", {"status": 502, "body": "<html>Bad gateway</html>"}, Status.UNCONFIRMED),
    ("answer", {"status": 504}, Status.UNCONFIRMED),
    ("hang", {}, Status.UNCONFIRMED),
    ("drip", {"interval": 0.2}, Status.UNCONFIRMED),
    ("drip", {"interval": 0.2, "head": True}, Status.UNCONFIRMED),
    ("reset", {}, Status.UNCONFIRMED),
    ("close", {}, Status.UNCONFIRMED),
    ("garbage", {}, Status.UNCONFIRMED),
    ("empty", {}, Status.UNCONFIRMED),
    ("truncated", {}, Status.UNCONFIRMED),
    ("huge", {"megabytes": 10}, Status.UNCONFIRMED),
    ("wrong_types", {}, Status.UNCONFIRMED),
    ("redirect", {"location": "/elsewhere"}, Status.UNCONFIRMED),
]
# Where the two clients read by themselves: the rest is one exchange.
OF_V2: list[tuple[str, dict[str, object], str]] = [
    *[one for one in UNCLEAR if one[0] in {"reset", "garbage", "wrong_types", "truncated"}],
    ("answer", {"status": 500, "type": "api/internal_error"}, Status.UNCONFIRMED),
    ("answer", {"status": 504, "type": "provider/timeout"}, Status.UNCONFIRMED),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("spoken", "kind", "fields", "before"),
    [*(("v1", *one) for one in UNCLEAR), *(("v2", *one) for one in OF_V2)],
    indirect=["spoken"],
)
def test_an_unclear_answer_is_settled_by_looking(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    impatient: Client,
    client_of_unipile: Client,
    clock: MovedClock,
    kind: str,
    fields: dict[str, object],
    before: str,
    when: str,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault(kind, route="invite", when=when, **fields)

    status = send(impatient, clock, item)
    effects = sandbox.control.effects()
    for _ in range(3):
        clock.advance(minutes=61)
        sandbox.control.freeze(clock().isoformat())
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert status == before
    assert len(effects) == (1 if when == "after" else 0)
    assert item.status == (Status.SENT if when == "after" else Status.PENDING)
    assert len(sandbox.control.effects()) == len(effects)


REFUSALS = [(503, "errors/network_down"), (429, "errors/too_many_requests")]


@pytest.mark.parametrize(("status", "error_type"), REFUSALS)
def test_a_clear_no_goes_back_and_is_sent_once(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    status: int,
    error_type: str,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("answer", route="invite", status=status, type=error_type)

    first = send(client_of_unipile, clock, item)
    clock.advance(hours=2)
    second = send(client_of_unipile, clock, item)

    assert (first, second) == (Status.PENDING, Status.SENT)
    assert len(sandbox.control.effects()) == 1


@pytest.mark.parametrize(("status", "error_type"), REFUSALS)
@pytest.mark.parametrize(
    ("lag", "fails", "statuses"),
    [
        (0, 0, [Status.SENT, Status.SENT]),
        (0, 1, [Status.PENDING, Status.SENT]),
        (LAG_SECONDS, 0, [Status.PENDING, Status.SENT]),
    ],
)
def test_a_no_behind_the_effect_is_found_out(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    status: int,
    error_type: str,
    lag: int,
    fails: int,
    statuses: list[str],
) -> None:
    """By the look at once, or, where that shows nothing, by the one with which the next begins."""
    sandbox.control.settings(lag_seconds=lag)
    item = an_item(campaign, account)
    QueueItem.objects.update(
        linkedin_user_id=sandbox.control.provider_id(
            account.unipile_account_id, item.prospect.public_identifier
        )
    )
    sandbox.control.fault("answer", route="invite", when="after", status=status, type=error_type)
    if fails:
        sandbox.control.fault("answer", route="profile", status=503, times=fails)

    seen = []
    for _ in range(2):
        seen.append(send(client_of_unipile, clock, item))
        clock.advance(hours=2)
        sandbox.control.freeze(clock().isoformat())

    assert seen == statuses
    assert len(sandbox.control.effects()) == len(sandbox.control.calls(route="invite")) == 1


@pytest.mark.parametrize(
    ("status", "error_type"),
    [(status, name) for status, names in TYPES_422.items() for name in names.split()],
)
def test_every_type_of_422_has_its_outcome(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    status: str,
    error_type: str,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("answer", route="invite", status=422, type=f"errors/{error_type}")

    assert send(client_of_unipile, clock, item) == status
    assert sandbox.control.effects() == []
    assert error_type in item.send_attempts.filter(kind="send").get().detail


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9",  # refused
        "https://unipile.invalid",  # no such name
    ],
)
def test_what_never_connected_is_tried_three_times_more(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock, address: str
) -> None:
    item = an_item(campaign, account)
    nowhere = connect(address, "key", connect_timeout=2, read_timeout=2, total_timeout=5)

    seen = []
    for minutes in (0, 5, 15, 60):
        clock.advance(minutes=minutes)
        seen.append((send(nowhere, clock, item), item.attempts))

    assert seen == [
        (Status.PENDING, 1),
        (Status.PENDING, 2),
        (Status.PENDING, 3),
        (Status.FAILED, 4),
    ]


def test_a_server_without_tls_is_no_https_server(
    account: LinkedInAccount, campaign: Campaign, sandbox: Sandbox, clock: MovedClock
) -> None:
    item = an_item(campaign, account)
    secure = connect(sandbox.url.replace("http:", "https:"), sandbox.api_key)

    assert send(secure, clock, item) == Status.PENDING
    assert sandbox.control.effects() == []


@pytest.mark.parametrize("spoken", ["v2"], indirect=True)
@pytest.mark.parametrize(
    ("when", "kind", "status", "rests"),
    [
        ("before", "api/too_many_requests", 429, dt.timedelta(seconds=60)),
        ("before", "provider/too_many_requests", 429, dt.timedelta(hours=1)),
        ("after", "provider/too_many_requests", 429, dt.timedelta()),
        ("before", "provider/unprocessable_entity", 422, dt.timedelta(hours=24)),
        ("after", "provider/unprocessable_entity", 422, dt.timedelta()),
        ("before", "provider/conflict", 409, dt.timedelta(hours=24)),
    ],
)
def test_a_refusal_of_v2_is_looked_into_and_the_account_rests(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    when: str,
    kind: str,
    status: int,
    rests: dt.timedelta,
) -> None:
    """V2 does not say why: what is seen decides, and no try of the item is used up."""
    item = an_item(campaign, account)
    sandbox.control.settings(lag_seconds=0)
    sandbox.control.fault("answer", route="invite", when=when, status=status, type=kind)

    told = send(client_of_unipile, clock, item)
    account.refresh_from_db()

    if when == "after":
        assert (told, len(sandbox.control.effects())) == (Status.SENT, 1)
        return
    assert (told, item.attempts, item.error_code) == (Status.PENDING, 0, kind)
    assert account.paused_until == clock() + rests
    clock.advance(seconds=rests.total_seconds())
    sandbox.control.freeze(clock().isoformat())
    assert send(client_of_unipile, clock, item) == Status.SENT


@pytest.mark.parametrize("spoken", ["v2"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "status", "stops"),
    [("provider/invalid_authorization", 401, False), ("api/inactive_subscription", 403, True)],
)
def test_what_v2_says_of_account_or_key_stops_the_one_or_all(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    kind: str,
    status: int,
    stops: bool,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("answer", route="invite", status=status, type=kind)

    assert send(client_of_unipile, clock, item) == Status.PENDING
    account.refresh_from_db()
    assert (account.status == LinkedInAccount.Status.DISCONNECTED) is not stops
    assert SendingStop.objects.open().exists() is stops
    assert sandbox.control.effects() == []
