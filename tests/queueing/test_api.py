"""The HTTP endpoints, as their callers meet them."""

import hmac
import http.client
import json
import uuid
from typing import Any
from unittest.mock import patch

import pytest
import requests
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import Installation, ProcessRun, QueueItem
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db(transaction=True)

RUN = "/api/cron/process-send-queue"
QUEUE = "/api/campaigns/direct/send-connection-requests-queued"
SECRET = "only for this test"
LET_IN = {"x-cron-secret": SECRET}


@pytest.fixture(autouse=True)
def _connected(settings: LazySettings, sandbox: Sandbox) -> None:
    settings.CRON_SECRET = SECRET
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key


@pytest.fixture
def browser() -> Client:
    """A client that is held to CSRF, as a stranger's is, and gets answers instead of exceptions."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def item(account: LinkedInAccount) -> QueueItem:
    return an_item(a_campaign(account.workspace, account), account)


def refused(answer: Any, status: int) -> str:
    """Check that an answer is an error in the shape that all have; return its words."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    body = answer.json()
    assert (body["success"], type(body["error"])) == (False, str)
    return str(body["error"])


@pytest.mark.parametrize("path", [RUN, QUEUE])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-cron-secret": ""},
        {"x-cron-secret": "wrong"},
        {"x-cron-secret": SECRET.upper()},
        {"x-cron-secret": f"{SECRET} "},
        {"x-cron-secret": "sécret"},
        {"x-cron-secret": "Ж"},
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
def test_nobody_comes_in_without_the_secret(
    browser: Client, item: QueueItem, path: str, headers: dict[str, str]
) -> None:
    answer = browser.post(path, headers=headers)

    assert "x-cron-secret" in refused(answer, 401)
    assert not ProcessRun.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"x-cron-secret": ""}, LET_IN])
def test_with_no_secret_set_nobody_comes_in(
    browser: Client, settings: LazySettings, headers: dict[str, str]
) -> None:
    settings.CRON_SECRET = ""

    refused(browser.post(RUN, headers=headers), 401)


def test_the_secret_is_compared_in_constant_time(browser: Client) -> None:
    with patch("queueing.api.hmac.compare_digest", wraps=hmac.compare_digest) as compared:
        browser.post(RUN, headers={"x-cron-secret": "wrong"})

    compared.assert_called_once_with(b"wrong", SECRET.encode())


@pytest.mark.parametrize("path", [RUN, QUEUE])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_taken(browser: Client, path: str, method: str) -> None:
    answer = browser.generic(method, path, headers=LET_IN)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Type"] == "application/json"
    assert not ProcessRun.objects.exists()


@pytest.mark.parametrize(
    "path", ["/api/", "/api/cron", f"{RUN}/", "/api/cron/process_send_queue", "/api/../x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_addresses_are_not_found(browser: Client, path: str, method: str) -> None:
    assert refused(browser.generic(method, path, headers=LET_IN), 404)


def test_a_run_answers_what_it_did(browser: Client, item: QueueItem) -> None:
    waiting = an_item(item.campaign, item.linkedin_account, scheduled_for=timezone.now())

    answer = browser.post(RUN, headers=LET_IN)

    assert answer.status_code == 200
    name = str(item.prospect)
    assert answer.json() == {
        "success": True,
        "processed": 1,
        "sent_to": name,
        "remaining_in_queue": 1,
        "message": "CR sent. 1 messages remaining in queue",
        "results": [
            {
                "id": str(item.pk),
                "name": name,
                "status": "sent",
                "error_code": "",
                "error_message": "",
            }
        ],
        "held": {},
    }
    assert ProcessRun.objects.get().trigger == ProcessRun.Trigger.HTTP
    waiting.refresh_from_db()
    assert waiting.status == QueueItem.Status.PENDING


@pytest.mark.parametrize(
    ("limit", "message", "held"),
    [
        (None, "No messages due", {}),
        (0, "Daily limit reached (0/0)", {"daily_cap": 1}),
    ],
)
def test_a_run_that_sends_nothing_says_why(
    browser: Client, account: LinkedInAccount, limit: int | None, message: str, held: Any
) -> None:
    if limit is not None:
        LinkedInAccount.objects.update(daily_limit=limit)
        an_item(a_campaign(account.workspace, account), account)

    assert browser.post(RUN, headers=LET_IN).json() == {
        "success": True,
        "processed": 0,
        "sent_to": None,
        "remaining_in_queue": len(held),
        "message": message,
        "results": [],
        "held": held,
    }


def test_a_run_claims_nothing_more_after_its_deadline(
    browser: Client, item: QueueItem, settings: LazySettings, sandbox: Sandbox
) -> None:
    assert settings.HTTP_RUN_DEADLINE_SECONDS == 20
    settings.HTTP_RUN_DEADLINE_SECONDS, settings.SEND_CONCURRENCY = 2, 1
    for _ in range(2):
        other = an_account(item.workspace)
        sandbox.control.add_account(other.unipile_account_id, "free")
        an_item(item.campaign, other)
    sandbox.control.fault("delay", route="profile", seconds=2.1, times=0)

    result = browser.post(RUN, headers=LET_IN).json()

    assert (result["processed"], result["remaining_in_queue"]) == (1, 2)
    assert len(sandbox.control.calls(route="profile")) == 1


def test_without_a_sandbox_a_run_says_what_to_do(
    browser: Client, item: QueueItem, settings: LazySettings
) -> None:
    settings.UNIPILE_DSN = settings.UNIPILE_API_KEY = ""

    assert "The sandbox is not running" in refused(browser.post(RUN, headers=LET_IN), 503)

    item.refresh_from_db()
    assert item.status == QueueItem.Status.PENDING
    assert ProcessRun.objects.get().message.startswith("Ended early: NotConnectedError")


@pytest.fixture
def _database_away() -> Any:
    """Refuse every statement, as a lost server does."""

    def away(*_args: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        yield


@pytest.mark.usefixtures("_database_away")
@pytest.mark.parametrize(("method", "path"), [("POST", RUN), ("POST", QUEUE), ("GET", "/healthz")])
def test_with_the_database_away_endpoints_say_so(browser: Client, method: str, path: str) -> None:
    body = json.dumps({"campaign_id": str(uuid.uuid4())})

    answer = browser.generic(method, path, body, headers=LET_IN)

    assert "The database cannot be reached" in refused(answer, 503)


def test_what_nobody_foresaw_is_answered_in_json(browser: Client) -> None:
    with patch("queueing.api.runs.run", side_effect=ZeroDivisionError):
        answer = browser.post(RUN, headers=LET_IN)

    assert refused(answer, 500) == "Something went wrong; the log says what."


def test_a_strange_host_is_refused_in_json(browser: Client) -> None:
    assert refused(browser.post(RUN, headers={**LET_IN, "host": "evil.example"}), 400)


def queue(browser: Client, body: str | bytes) -> Any:
    return browser.generic("POST", QUEUE, body, "application/json", headers=LET_IN)


def test_a_campaign_is_queued(browser: Client, account: LinkedInAccount) -> None:
    campaign = a_campaign(account.workspace, account, message_template="Hi {{ company }}")
    for company in ("Example & Co", "Ada Ltd"):
        a_prospect(campaign, company=company)
    nameless = a_prospect(campaign)

    answer = queue(browser, json.dumps({"campaign_id": str(campaign.pk)}))

    report = answer.json()
    items = QueueItem.objects.order_by("scheduled_for")
    times = [item.scheduled_for for item in items]
    assert answer.status_code == 200
    assert report == {
        "success": True,
        "queued": 2,
        "first_at": times[0].isoformat(),
        "last_at": times[1].isoformat(),
        "left_out": {"Message: “company” is empty and has no fallback": [str(nameless)]},
        "note": "",
    }


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, "The body is no JSON"),
        ("campaign_id=1", 400, "The body is no JSON"),
        (b"\xff\xfe", 400, "The body is no JSON"),
        ("[" * 100_000, 400, "The body is no JSON"),
        ("1" * 5000, 400, "The body is no JSON"),
        ("[]", 400, "campaign_id"),
        ("{}", 400, "campaign_id"),
        ('{"campaign_id": null}', 400, "campaign_id"),
        ('{"campaign_id": 7}', 400, "campaign_id"),
        ('{"campaign_id": "Spring"}', 400, "campaign_id"),
        ('{"campaign_id": ["x"]}', 400, "campaign_id"),
        (f'{{"campaign_id": "{uuid.UUID(int=7)}"}}', 404, "campaign_id"),
    ],
)
def test_a_bad_body_is_refused_by_name(
    browser: Client, body: str | bytes, status: int, words: str
) -> None:
    assert words in refused(queue(browser, body), status)


def test_a_huge_body_is_refused(browser: Client, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert "The body is no JSON" in refused(queue(browser, " " * 1001), 400)


def test_a_campaign_that_has_ended_is_not_queued(browser: Client) -> None:
    campaign = a_campaign(a_workspace(), status=Campaign.Status.COMPLETED)

    answer = queue(browser, json.dumps({"campaign_id": str(campaign.pk)}))

    assert "is completed" in refused(answer, 409)


def test_queueing_twice_queues_once(browser: Client, account: LinkedInAccount) -> None:
    campaign = a_campaign(account.workspace, account)
    a_prospect(campaign)
    body = json.dumps({"campaign_id": str(campaign.pk)})

    answers = [queue(browser, body).json() for _ in range(2)]

    assert [answer["queued"] for answer in answers] == [1, 0]
    assert QueueItem.objects.count() == 1
    told = LogEntry.objects.filter(object_id=str(campaign.pk)).order_by("pk")
    assert [(line.user.get_username(), line.change_message) for line in told] == [
        ("api", "Queued 1 people over HTTP.")
    ]


@pytest.mark.parametrize("items", [1, 30])
def test_a_run_over_http_takes_few_queries(
    browser: Client, item: QueueItem, items: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(items):
        an_item(item.campaign, item.linkedin_account)
    Installation.meet(timezone.now())  # once in the life of an installation
    an_item(item.campaign, item.linkedin_account)
    browser.post(RUN, headers=LET_IN)  # what a process asks once, whatever ran in it before

    with django_assert_max_num_queries(74):
        assert browser.post(RUN, headers=LET_IN).json()["processed"] == 1


def test_a_caller_over_the_network(
    live_server: LiveServer, item: QueueItem, sandbox: Sandbox
) -> None:
    stranger = requests.post(live_server.url + RUN, timeout=30)
    answer = requests.post(live_server.url + RUN, headers=LET_IN, timeout=30)

    assert (stranger.status_code, stranger.json()["success"]) == (401, False)
    assert (answer.status_code, answer.json()["processed"]) == (200, 1)
    assert [effect["person"] for effect in sandbox.control.effects()] == [
        item.prospect.public_identifier
    ]


@pytest.mark.parametrize(("sent", "status"), [("schlüssel", 200), ("schlussel", 401)])
def test_a_secret_may_hold_any_letters(
    live_server: LiveServer, settings: LazySettings, sent: str, status: int
) -> None:
    settings.CRON_SECRET = "schlüssel"
    caller = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port)

    caller.request("POST", RUN, headers={"x-cron-secret": sent.encode()})
    answer = caller.getresponse()
    body = json.loads(answer.read())
    caller.close()

    assert (answer.status, body["success"]) == (status, status == 200)
