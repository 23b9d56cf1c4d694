"""Every page of the admin answers."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ, Schedule
from pytest_django import Settings

from queueing.management import sample
from queueing.models import QueueItem, SendAttempt
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def _sample(db: None) -> None:
    sample.load(NOON)


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_lists_and_pages_answer(desk: Client, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert desk.get(reverse(f"{name}_changelist")).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        assert desk.get(reverse(f"{name}_change", args=[row.pk]), follow=True).status_code == 200


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_searches_answer(desk: Client, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"

    answer = desk.get(reverse(name), {"q": "ada example"})

    assert answer.status_code == 200


def test_every_page_says_sandbox(desk: Client, settings: Settings) -> None:
    settings.IN_SANDBOX = True
    assert b"sandbox-mark" in desk.get("/admin/").content
    settings.IN_SANDBOX = False
    assert b"sandbox-mark" not in desk.get("/admin/").content


@pytest.mark.parametrize("model", [Schedule, OrmQ])
def test_nobody_writes_into_the_task_queue(desk: Client, model: type[Model]) -> None:
    clerk = a_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="django_q"))
    name = f"admin:django_q_{model._meta.model_name}"

    browser = logged_in(clerk)

    assert browser.get(reverse(f"{name}_changelist")).status_code == 200
    assert browser.get(reverse(f"{name}_add")).status_code == 403
    assert desk.get(reverse(f"{name}_add")).status_code == 403, "what runs comes from code"


@pytest.mark.parametrize(
    "values",
    [
        {"status": QueueItem.Status.PENDING},
        {"status": QueueItem.Status.UNCONFIRMED, "claimed_at": NOON},
        {"status": QueueItem.Status.SENT, "sent_at": NOON},
        {"status": QueueItem.Status.SKIPPED, "sent_at": NOON},
    ],
)
def test_an_item_that_holds_its_person_cannot_be_deleted(
    desk: Client, values: dict[str, Any]
) -> None:
    account = an_account(a_workspace())
    item = an_item(a_campaign(account.workspace, account), account, **values)
    address, confirmed = "/admin/queueing/queueitem/", {"post": "yes", "reason": "Tidied up"}
    in_bulk = {"action": "delete_selected", "_selected_action": [str(item.pk)], **confirmed}

    alone = desk.post(f"{address}{item.pk}/delete/", confirmed)
    desk.post(address, in_bulk)

    assert alone.status_code == 403
    assert QueueItem.objects.filter(pk=item.pk).exists()


def test_an_item_with_calls_cannot_be_deleted(desk: Client) -> None:
    workspace = a_workspace()
    account = an_account(workspace)
    item = an_item(a_campaign(workspace, account), account, status=QueueItem.Status.FAILED)
    url = reverse("admin:queueing_queueitem_delete", args=[item.pk])
    assert desk.get(url).status_code == 200

    SendAttempt.objects.create(item=item, kind="send", number=1, started_at=NOON)

    assert desk.get(url).status_code == 403
    assert desk.post(url, {"post": "yes", "reason": "Tidied up"}).status_code == 403


def test_what_is_not_there_or_not_allowed_says_so_and_leads_back(desk: Client) -> None:
    viewer = logged_in(a_user("viewer", a_workspace(), group="Viewer"))

    for browser, url, says in (
        (desk, "/admin/queueing/queueitem/no-such/change/", "There is no such page"),
        (viewer, "/admin/campaigns/prospect/import/", "You may not do this"),
    ):
        page = browser.get(url).content.decode()
        assert says in page
        assert 'href="/admin/">To the first page' in page


def test_errors_are_told_in_plain_words(
    desk: Client, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Client(enforce_csrf_checks=True, raise_request_exception=False)
    stale.force_login(boss)
    not_understood = desk.get("/admin/queueing/queueitem/?workspace__members__password=1")
    too_old = stale.post("/admin/stop/", {"reason": "x"})
    monkeypatch.setattr("queueing.admin.dashboard.waiting", lambda figures: 1 / 0)
    broken = stale.get("/admin/")

    for answer, status, says in (
        (not_understood, 400, "This address is not understood"),
        (too_old, 403, "That page was too old: nothing was changed"),
        (broken, 500, "Something went wrong here"),
    ):
        assert answer.status_code == status
        assert f"<h1>{says}</h1>" in answer.content.decode()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_login_leads_to_no_other_site(boss: User) -> None:
    values = {"username": "boss", "password": "boss-example-1", "next": "//evil.example.com/"}

    assert Client().post("/admin/login/", values).headers["Location"] == "/admin/"


def test_people_are_imported_by_those_who_may_add_them(desk: Client) -> None:
    viewer = logged_in(a_user("viewer", a_workspace(), group="Viewer"))
    people = reverse("admin:campaigns_prospect_changelist")

    assert b"Import from a file" in desk.get(people).content
    assert b"Import from a file" not in viewer.get(people).content


def test_a_person_leads_to_their_queue_items_and_an_item_to_the_profile(desk: Client) -> None:
    account = an_account(a_workspace())
    item = an_item(a_campaign(account.workspace, account), account)
    of_person = reverse("admin:campaigns_prospect_change", args=[item.prospect_id])
    of_item = reverse("admin:queueing_queueitem_change", args=[item.pk])

    slug = item.prospect.public_identifier
    assert f'href="{of_item}"' in desk.get(of_person).content.decode()
    assert f'href="https://www.linkedin.com/in/{slug}"' in desk.get(of_item).content.decode()


def test_a_user_is_not_deleted_with_what_the_log_has_of_them(desk: Client, db: None) -> None:
    clerk = a_user("clerk", a_workspace())
    change = reverse("admin:auth_user_change", args=[clerk.pk])
    delete = reverse("admin:auth_user_delete", args=[clerk.pk])

    chosen = {"action": "delete_selected", "_selected_action": [clerk.pk], "post": "yes"}
    desk.post(reverse("admin:auth_user_changelist"), chosen)

    assert desk.get(change).status_code == 200
    assert desk.post(delete, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=clerk.pk).exists()
