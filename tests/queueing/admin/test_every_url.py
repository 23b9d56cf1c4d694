"""Every address of the admin, asked by somebody who belongs to another workspace."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from access.models import Passkey, Session, SignIn
from campaigns.models import DoNotContact, LinkedInAccount, Workspace
from doors import keys
from doors.models import Delivery, Endpoint
from queueing.models import ConnectLink, ProcessRun, QueueItem, Reply, SendAttempt, SendingStop
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_workspace,
    an_account,
    an_item,
    hours_all_day,
)
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db

HIDDEN = "Behind-the-wall"
DEEDS = (
    "start",
    "pause",
    "resume",
    "archive",
    "end",
    "queue",
    "rest",
    "reconnect",
    "connect",
    "test",
)

# Lists of queue items that have addresses of their own.
OF_ITEMS = ("failedsend", "unconfirmedsend")
# Rows that belong to no workspace: for superusers alone, who have no wall.
OF_NOBODY = {"group", "failure", "success", "ormq", "schedule", "authenticator"}
# Django's own: every name of an app, and what leads to a page that is not there.
OF_MANY = ("admin/(?P<url>.*)$", "admin/^(?P<app_label>")


@pytest.fixture
def rows() -> list[models.Model]:
    """A row of each kind, in a workspace that the clerk does not belong to."""
    workspace = a_workspace(name=HIDDEN)
    hours = hours_all_day(workspace=workspace, name=HIDDEN)
    account = an_account(workspace, name=HIDDEN, pause_reason=HIDDEN)
    campaign = a_campaign(workspace, account, name=HIDDEN, sending_hours=hours)
    items = [
        an_item(
            campaign,
            account,
            prospect=a_prospect(campaign, last_name=HIDDEN, company=HIDDEN),
            status=status,
            message=HIDDEN,
            error_message=HIDDEN,
            claimed_at=NOON,
        )
        for status in (
            QueueItem.Status.PENDING,
            QueueItem.Status.FAILED,
            QueueItem.Status.UNCONFIRMED,
        )
    ]
    barred = DoNotContact.objects.create(workspace=workspace, kind="company", value=HIDDEN.lower())
    attempt = SendAttempt.objects.create(
        item=items[0], kind="send", number=1, started_at=NOON, detail=HIDDEN
    )
    run = ProcessRun.objects.create(trigger="command", started_at=timezone.now(), message=HIDDEN)
    shown = {"workspace": workspace, "item": items[0], "prospect": items[0].prospect}
    reply = Reply.objects.create(**shown, linkedin_account=account, at=NOON, text=HIDDEN)
    ours = [
        reply,
        workspace,
        hours,
        account,
        campaign,
        items[0].prospect,
        *items,
        barred,
        attempt,
        run,
    ]
    return [*ours, *_rows_of_the_ways_in(workspace, account)]


def _rows_of_the_ways_in(workspace: Workspace, account: LinkedInAccount) -> list[models.Model]:
    somebody = a_user(HIDDEN, workspace)
    where = {"user": somebody, "address": "192.0.2.1"}
    now = timezone.now()
    key, _ = keys.make(workspace, HIDDEN, ["read"], somebody, now)
    hook = Endpoint.objects.create(workspace=workspace, url=f"https://{HIDDEN}.example.com/")
    stop = {"workspace": workspace, "stopped_at": now, "reason": HIDDEN}
    link = {"workspace": workspace, "made_by": somebody, "made_at": now, "expires_at": now}
    deed = {"user": somebody, "action_flag": 2, "object_repr": HIDDEN, "change_message": HIDDEN}
    kind = ContentType.objects.get_for_model(Workspace)
    return [
        somebody,
        key,
        hook,
        Delivery.objects.create(endpoint=hook, event=HIDDEN, happened_at=now),
        SendingStop.objects.create(**stop, lifted_at=now),
        ConnectLink.objects.create(**link, account=account, outcome=HIDDEN),
        SignIn.objects.create(**where, at=now, kind=SignIn.Kind.SIGNED_IN, name=HIDDEN),
        Session.objects.create(**where, pk=HIDDEN, session_data="", expire_date=now),
        Passkey.objects.create(user=somebody, credential_id=b"x", public_key=b"y", program=HIDDEN),
        LogEntry.objects.create(**deed, content_type=kind, object_id=str(workspace.pk)),
    ]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, address)
        else:
            yield address


def model_of(pattern: str) -> str:
    """Return the model whose rows an address shows."""
    if "/connect/" in pattern:
        return "connectlink"
    name = pattern.split("/")[2]
    return "queueitem" if name in OF_ITEMS else name


def addresses(rows: list[models.Model]) -> Iterator[str]:
    """Return every address of the admin, with the hidden rows' ids in it."""
    for pattern in patterns(get_resolver()):
        if not pattern.startswith("admin/") or "logout" in pattern or pattern.startswith(OF_MANY):
            continue
        slugs = DEEDS if "<slug:slug>" in pattern else ("",)
        for row in rows:
            if "<" in pattern and row._meta.model_name != model_of(pattern):
                continue
            for slug in slugs:
                address = pattern.replace("<slug:slug>", slug)
                for name in ("<path:object_id>", "<uuid:pk>", "<slug:token>"):
                    address = address.replace(name, str(row.pk))
                address = address.replace("<path:content_type_id>", "1")
                address = address.replace("<str:kind>", "csv").replace("<id>", str(row.pk))
                assert "<" not in address, f"{address}: say above what is asked for there"
                yield "/" + address
            if "<" not in pattern:
                break


def state(rows: list[models.Model]) -> list[dict[str, Any]]:
    return [type(row)._default_manager.filter(pk=row.pk).values().get() for row in rows]


@pytest.fixture(params=["Viewer", "Manager", "everything"])
def clerk(request: pytest.FixtureRequest) -> Client:
    own = a_workspace(name="Own workspace")
    if request.param != "everything":
        return logged_in(a_user("clerk", own, group=request.param))
    user: User = a_user("clerk", own)
    user.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label__in=["campaigns", "queueing", "doors", "access"]
        )
    )
    return logged_in(user)


def test_a_row_of_each_kind_is_asked_for(rows: list[models.Model]) -> None:
    kinds = {row._meta.model_name for row in rows} | OF_NOBODY
    asked = [each for each in patterns(get_resolver()) if each.startswith("admin/")]
    shows = {each: model_of(each) for each in asked if "<" in each and not each.startswith(OF_MANY)}

    assert {name for each, name in shows.items() if not each.startswith("admin/r/")} <= kinds


def test_nothing_behind_the_wall_is_shown_or_changed(
    clerk: Client, rows: list[models.Model]
) -> None:
    before, shown = state(rows), []
    posted = {"reason": "x", "post": "yes", "say": "take", "take": "x", "to": "eve@example.com"}

    for address in sorted(set(addresses(rows))):
        if address.endswith(("/stop/", "/go-on/")):
            continue  # the global stop is for all workspaces, with a permission of its own
        for answer in (clerk.get(address), clerk.post(address, posted)):
            assert answer.status_code in {200, 302, 400, 403, 404, 405}, address
            body = answer.content if not answer.streaming else b"".join(answer)
            if HIDDEN.encode() in body or HIDDEN.lower().encode() in body:
                shown.append(address)

    assert shown == []
    assert state(rows) == before


def test_choices_stop_at_the_wall(clerk: Client, rows: list[models.Model]) -> None:
    asked = (
        ("campaigns", "campaign", "workspace"),
        ("campaigns", "campaign", "accounts"),
        ("campaigns", "campaign", "sending_hours"),
        ("campaigns", "prospect", "campaign"),
        ("campaigns", "workspace", "sending_hours"),
    )
    for app, model, field in asked:
        answer = clerk.get(
            "/admin/autocomplete/",
            {"app_label": app, "model_name": model, "field_name": field, "term": ""},
        )
        assert HIDDEN.encode() not in answer.content, field
        asked_with_nul = {"app_label": app, "model_name": model, "field_name": field, "term": "\0"}
        assert clerk.get("/admin/autocomplete/", asked_with_nul).status_code in {200, 403}


def test_actions_do_not_reach_behind_the_wall(clerk: Client, rows: list[models.Model]) -> None:
    before = state(rows)
    items = [str(row.pk) for row in rows if isinstance(row, QueueItem)]
    lists: dict[str, tuple[str, ...]] = {
        "queueitem": ("skip", "send_now", "never_contact", "delete_selected"),
        "failedsend": ("retry_now", "retry_spread", "skip", "delete_selected"),
        "unconfirmedsend": ("check_now", "mark_sent", "confirm_not_sent"),
    }

    for name, actions in lists.items():
        for action in actions:
            chosen = {"action": action, "_selected_action": items, "reason": "x", "post": "yes"}
            answer = clerk.post(f"/admin/queueing/{name}/", chosen)
            assert HIDDEN.encode() not in answer.content

    assert state(rows) == before
    assert LinkedInAccount.objects.filter(name=HIDDEN).exists()


def test_strangers_are_asked_to_log_in(rows: list[models.Model]) -> None:
    stranger = Client()

    for address in sorted(set(addresses(rows))):
        if address.endswith(("/login/", "/jsi18n/")):
            continue
        answer = stranger.get(address)
        assert answer.status_code in {302, 403, 404}, address
        assert HIDDEN.encode() not in answer.content
