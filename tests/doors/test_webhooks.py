"""Webhooks: stored with the change, signed, tried for a day, never to where only we can reach."""

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount, Prospect
from doors import outward, stuck, webhooks
from doors.models import Delivery, Endpoint
from queueing.models import Installation, ProcessRun
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


class Hears(BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers with what the test has set."""

    heard: list[tuple[dict[str, str], bytes]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def receiver(settings: Any) -> Iterator[str]:
    settings.WEBHOOK_ALLOW_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    Hears.heard, Hears.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hears)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hooks?a=1"
    server.shutdown()
    thread.join()
    server.server_close()


def an_endpoint(campaign: Campaign, url: str, *events: str) -> Endpoint:
    return Endpoint.objects.create(workspace=campaign.workspace, url=url, events=list(events))


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


def test_what_happens_is_stored_with_the_change_and_told_signed(
    campaign: Campaign,
    account: LinkedInAccount,
    client_of_unipile: Client,
    clock: MovedClock,
    receiver: str,
) -> None:
    item = an_item(campaign, account)
    endpoint = an_endpoint(campaign, receiver)
    foreign = a_campaign(a_workspace())
    an_endpoint(foreign, receiver)
    an_endpoint(campaign, receiver, "campaign.completed")

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    Prospect.objects.update(status=Prospect.Status.CONNECTED)  # as who was connected before
    accepted = {"accepted_source": Prospect.Source.RELATIONS}
    Prospect.objects.update(accepted_at=timezone.now(), **accepted)
    Prospect.objects.update(accepted_at=timezone.now())  # earlier than thought: told already
    with transaction.atomic():
        LinkedInAccount.objects.update(status="disconnected")
        transaction.set_rollback(True)
    LinkedInAccount.objects.update(status="restricted")
    LinkedInAccount.objects.update(status="connected")
    Campaign.objects.filter(pk=campaign.pk).update(status="completed")

    now = timezone.now()
    assert webhooks.deliver_due(now) == (6, 0)
    told = [(headers, json.loads(body)) for headers, body in Hears.heard]
    assert sorted(body["type"] for _, body in told) == [
        "account.back",
        "account.lost",
        "campaign.completed",
        "campaign.completed",
        "connection_request.sent",
        "prospect.accepted",
    ]
    headers, body = next(one for one in told if one[1]["type"] == "connection_request.sent")
    assert body["data"]["id"] == str(item.pk)
    assert item.prospect.public_identifier not in json.dumps(body)
    # As any library of Standard Webhooks checks it.
    key = base64.b64decode(endpoint.signing_secret.removeprefix("whsec_"))
    raw = next(raw for got, raw in Hears.heard if got == headers)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert webhooks.deliver_due(now) == (0, 0)


@pytest.mark.parametrize("status", [500, 302, 410])
def test_what_does_not_arrive_is_tried_for_a_day(
    campaign: Campaign, receiver: str, status: int
) -> None:
    endpoint = an_endpoint(campaign, receiver)
    webhooks.tell(campaign.workspace_id, "campaign.stuck", {}, NOW)
    Hears.status = status
    now, tries = NOW, []
    for _ in range(12):
        webhooks.deliver_due(now)
        row = Delivery.objects.get()
        if row.due_at is None:
            break
        tries.append(row.due_at - NOW)
        now = row.due_at

    endpoint.refresh_from_db()
    if status == 410:  # gone: it wants to hear nothing more
        assert (len(Hears.heard), endpoint.is_active) == (1, False)
        return
    assert len(Hears.heard) == len(Delivery.WAITS) + 1
    assert dt.timedelta(hours=20) < tries[-1] <= dt.timedelta(days=1, hours=3)
    assert webhooks.IS_OVER in row.trouble
    Hears.status = 200
    webhooks.again(row, now)
    assert webhooks.deliver_due(now) == (1, 0)
    assert Hears.heard[0][0]["webhook-id"] == Hears.heard[-1][0]["webhook-id"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://192.168.1.1:8443/",
        "https://user:pw@example.com/",
        "https://example.com/\r\nX: y",
        "ftp://example.com/",
        "https:///x",
        "https://[::1",
        "",
    ],
)
def test_an_address_that_only_we_can_reach_is_refused(campaign: Campaign, url: str) -> None:
    with pytest.raises(ValidationError):
        Endpoint(workspace=campaign.workspace, url=url).full_clean()


@pytest.mark.parametrize(
    "addresses", [["10.0.0.5"], ["93.184.216.34", "127.0.0.1"], ["fe80::1%eth0"], ["fd00::1"]]
)
def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        return [(None, None, None, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(
        socket, "create_connection", lambda *_, **__: pytest.fail("it was connected to")
    )

    with pytest.raises(outward.NotAllowedError, match="public internet"):
        outward.post("https://inside.example.com/", b"", {})


def test_a_name_is_resolved_once_and_that_address_is_connected_to(
    receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(None, None, None, "", ("127.0.0.1", port))]

    port = receiver.split(":")[2].partition("/")[0]
    monkeypatch.setattr(outward.socket, "getaddrinfo", resolved)  # type: ignore[attr-defined]
    real = socket.create_connection

    def connect(to: tuple[str, int], timeout: float) -> socket.socket:
        assert to[0] == "127.0.0.1"
        monkeypatch.undo()
        return real(to, timeout=timeout)

    monkeypatch.setattr(outward.socket, "create_connection", connect)  # type: ignore[attr-defined]

    assert outward.post(f"http://hooks.example.com:{port}/x", b"{}", {"a": "b"}) == 200
    assert asked == ["hooks.example.com"]
    assert Hears.heard[0][0]["host"] == f"hooks.example.com:{port}"


def test_an_answer_that_drips_is_ended(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOW_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    monkeypatch.setattr(outward, "TOTAL_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(OSError, match=r".*"):
            outward.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {})
        ended.set()
        thread.join()


def test_a_campaign_that_waits_for_somebody_is_told_once_a_day(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    an_item(campaign, account)
    an_endpoint(campaign, "https://example.com/hooks", "campaign.stuck")

    assert stuck.tell(NOW) == 0
    LinkedInAccount.objects.update(status="disconnected")
    assert [stuck.tell(NOW), stuck.tell(NOW)] == [1, 0]
    assert Delivery.objects.get().data["id"] == str(campaign.pk)


def test_a_copy_of_the_database_tells_nobody(campaign: Campaign, receiver: str) -> None:
    an_endpoint(campaign, receiver)
    webhooks.tell(campaign.workspace_id, "campaign.stuck", {}, NOW)
    Installation.meet(NOW)
    Installation.objects.update(database="another")

    assert webhooks.deliver_due(NOW) == (0, 0)
    assert Hears.heard == []


def test_a_secret_is_stored_sealed_and_outlives_a_new_secret_key(
    campaign: Campaign, receiver: str, settings: Any
) -> None:
    endpoint = an_endpoint(campaign, receiver)
    key = base64.b64decode(endpoint.signing_secret.removeprefix("whsec_"))
    stored = f"{Endpoint.objects.values()}"
    assert not {key.hex(), endpoint.signing_secret} & set(re.findall(r"[\w+/=]+", stored))

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key" * 9
    webhooks.tell(campaign.workspace_id, "campaign.stuck", {}, NOW)
    assert webhooks.deliver_due(NOW) == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    assert Endpoint.objects.get().keys(NOW) == [key], "sealed anew by the new key"

    settings.SECRET_KEY = "a third, without the one before" * 3
    webhooks.tell(campaign.workspace_id, "campaign.stuck", {}, NOW)
    assert webhooks.deliver_due(NOW) == (0, 1)
    assert Delivery.objects.filter(trouble__contains="make a new secret").count() == 1


def test_after_a_change_both_secrets_sign_for_a_day(campaign: Campaign, receiver: str) -> None:
    endpoint = an_endpoint(campaign, receiver)
    former = endpoint.keys(NOW)
    endpoint.change_secret(NOW)
    day = dt.timedelta(days=1)

    assert endpoint.keys(NOW)[1:] == former
    assert len(endpoint.keys(NOW + day)) == 1
    webhooks.tell(campaign.workspace_id, "campaign.stuck", {}, NOW)
    webhooks.deliver_due(NOW)
    assert len(Hears.heard[0][0]["webhook-signature"].split(" ")) == 2
