"""Whatever an address or a form brings: it is refused in words, and never a fault of the site."""

import datetime as dt
import uuid

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule

from campaigns.models import DoNotContact, Prospect
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db
LISTS = [f"/admin/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry]
NEVER = "9" * 30
ASKED = (
    "{pk}__range=x",
    "{pk}__in=%00",
    "{pk}__gt=x",
    "q=%00%ED%A0%80",
    f"p={NEVER}",
    f"o={NEVER}.-{NEVER}",
    "e=%00",
    "_facets=%00",
    "_popup=x&_to_field=%00",
)


@pytest.mark.parametrize("url", LISTS)
def test_a_list_survives_its_address(desk: Client, url: str) -> None:
    model = next(m for m in admin.site._registry if f"/{m._meta.model_name}/" in url)

    for asked in ASKED:
        answer = desk.get(f"{url}?{asked.format(pk=model._meta.pk.name)}")
        assert answer.status_code in {200, 302, 400}, asked
    for row in ("%00", NEVER, "x", "-1", "1e999"):
        assert desk.get(f"{url}{row}/change/").status_code in {200, 302, 400, 403, 404}, row
    chosen = {"action": "delete_selected", "_selected_action": ["\0", "x", NEVER]}
    assert desk.post(url, chosen).status_code in {200, 302, 400, 403}


@pytest.mark.parametrize("model", [Prospect, User, Schedule])
def test_fields_are_not_ranged_over(desk: Client, model: type[Prospect]) -> None:
    url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"

    for field in model._meta.get_fields():
        for lookup in ("range=x", "exact=%00", f"exact={NEVER}", "isnull=x", "date__range=x"):
            answer = desk.get(f"{url}?{field.name}__{lookup}")
            assert answer.status_code in {200, 302, 400}, (field, lookup)


@pytest.mark.parametrize("kind", ["1", "x", "%00", NEVER])
@pytest.mark.parametrize("row", ["x", "%00", NEVER, str(uuid.UUID(int=7))])
def test_the_shortcut_to_a_row_tells_nothing(desk: Client, kind: str, row: str) -> None:
    of_prospects = ContentType.objects.get_for_model(Prospect).pk

    for number in (kind, str(of_prospects)):
        assert desk.get(f"/admin/r/{number}/{row}/").status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": -Infinity}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' + "[" * 100_000 + "}",
        "[" * 100_000,
        "{",
    ],
)
def test_json_that_cannot_be_kept_is_refused(desk: Client, typed: str) -> None:
    person = a_prospect(a_campaign(a_workspace()), variables={"a": "kept"})
    url = f"/admin/campaigns/prospect/{person.pk}/change/"
    values = {"variables": typed, "campaign": str(person.campaign_id), "change_reason": "x"}

    answer = desk.post(url, values)

    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    person.refresh_from_db()
    assert person.variables == {"a": "kept"}


def test_forms_take_no_nul(desk: Client) -> None:
    for url in ("/admin/auth/user/add/", "/admin/auth/group/add/", "/admin/stop/"):
        values = dict.fromkeys(("username", "name", "reason", "usable_password", "workspace"), "\0")
        assert desk.post(url, values).status_code in {200, 400}, url
    with_nul = {"username": "bo\0ss", "password": "\0"}
    assert Client().post("/admin/login/", with_nul).status_code == 200
    assert desk.get("/admin/autocomplete/?term=%00&app_label=%00").status_code in {403, 404}


def test_an_entry_of_do_not_contact_is_never_changed_into_another() -> None:
    workspace = a_workspace()
    clerk = logged_in(a_user("clerk", workspace, group="Operator"))
    entry = DoNotContact.objects.create(workspace=workspace, value="ada-example")
    values = {"workspace": str(workspace.pk), "kind": "company", "value": "bob-example"}

    clerk.post(
        f"/admin/campaigns/donotcontact/{entry.pk}/change/",
        values | {"reason": "Another", "change_reason": "x"},
    )

    entry.refresh_from_db()
    assert (entry.kind, entry.value, entry.reason) == ("person", "ada-example", "Another")


@pytest.mark.parametrize("has_sent", [False, True])
def test_an_account_that_has_sent_stays_who_it_is(desk: Client, *, has_sent: bool) -> None:
    account = an_account(a_workspace(), unipile_account_id="first-id")
    if has_sent:
        an_item(a_campaign(account.workspace, account), account, status="sent", sent_at=NOON)
    url = f"/admin/campaigns/linkedinaccount/{account.pk}/change/"
    values = {
        "workspace": str(account.workspace_id),
        "name": account.name,
        "account_type": account.account_type,
        "unipile_account_id": "second-id",
        "change_reason": "x",
    }

    desk.post(url, values)

    account.refresh_from_db()
    assert account.unipile_account_id == ("first-id" if has_sent else "second-id")


def test_nobody_learns_what_is_behind_another_wall() -> None:
    ours, theirs = a_workspace(name="Ours"), a_workspace(name="Theirs")
    manager = logged_in(a_user("manager", ours, group="Manager"))
    manager.post(
        f"/admin/campaigns/workspace/{ours.pk}/change/",
        {"name": "Theirs", "tier": ours.tier, "change_reason": "x"},
    )
    ours.refresh_from_db()
    assert ours.name == "Ours"
    an_account(theirs, unipile_account_id="theirs-id")
    values = {"workspace": str(ours.pk), "name": "x", "account_type": "free"}

    page = manager.post(
        "/admin/campaigns/linkedinaccount/add/", values | {"unipile_account_id": "theirs-id"}
    )

    assert "already exists" not in page.content.decode()
    assert "This id cannot be used." in page.content.decode()


def test_who_has_left_a_workspace_reads_no_names_of_it() -> None:
    workspace = a_workspace()
    clerk = a_user("clerk", workspace, group="Operator")
    person = a_prospect(a_campaign(workspace), last_name="Behind-the-wall")
    browser = logged_in(clerk)
    browser.post(
        f"/admin/campaigns/prospect/{person.pk}/change/",
        {"campaign": str(person.campaign_id), "company": "New", "variables": "{}"},
    )

    browser.get("/admin/")  # says that it was saved
    clerk.workspaces.clear()

    assert b"Behind-the-wall" not in browser.get("/admin/").content


def test_schedules_are_switched_and_run_but_never_written(desk: Client) -> None:
    row = Schedule.objects.get(name="sync_accounts")
    url = f"/admin/django_q/schedule/{row.pk}"

    desk.post(f"{url}/change/", {"name": "x", "func": "os.system", "args": "'true'"})
    assert desk.get("/admin/django_q/schedule/add/").status_code == 403
    assert desk.post(f"{url}/delete/", {"post": "yes", "reason": "x"}).status_code == 403
    desk.post(f"{url}/do/off/", {"reason": "Noise"})
    row.refresh_from_db()
    assert (row.name, row.func, row.repeats) == (
        "sync_accounts",
        "django.core.management.call_command",
        0,
    )
    desk.post(f"{url}/do/on/", {"reason": "Again"})
    tomorrow = timezone.now() + dt.timedelta(days=1)  # the row is as old as the tests' database
    Schedule.objects.filter(pk=row.pk).update(next_run=tomorrow)
    desk.post(f"{url}/do/now/", {"reason": "At once"})
    row.refresh_from_db()
    assert row.repeats == -1
    assert row.next_run <= timezone.now()
    other = Schedule.objects.create(name="theirs", func="os.system", args="'true'", repeats=0)
    desk.post(f"/admin/django_q/schedule/{other.pk}/do/on/", {"reason": "x"})
    other.refresh_from_db()
    assert other.repeats == 0, "what is no job of ours is never switched on here"
