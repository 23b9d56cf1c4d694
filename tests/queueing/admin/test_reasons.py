"""Forms: what decides about sending is neither changed nor deleted without a reason in the log."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.forms import BaseForm, MultiWidget
from django.test import Client
from django.urls import reverse

from campaigns.models import (
    Campaign,
    ClosedDay,
    DoNotContact,
    LinkedInAccount,
    Workspace,
    default_hours,
)
from campaigns.pages import reasons
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item, hours_all_day
from tests.queueing.admin.conftest import a_user, logged_in

MISSING = "Say why: it stays in the log"
WHY = {"change_reason": "The client <b>asked</b>"}


def address(row: Model, page: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def values_of(form: BaseForm) -> dict[str, Any]:
    """Return what a browser would send of a form that nobody has touched."""
    values: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        value = [getattr(each, "pk", each) for each in value] if isinstance(value, list) else value
        if value is None or value is False:
            continue
        if isinstance(bound.field.widget, MultiWidget):
            parts = bound.field.widget.decompress(value) or ()
            values |= {f"{bound.html_name}_{number}": part for number, part in enumerate(parts)}
            continue
        values[bound.html_name] = value
        if bound.field.show_hidden_initial:
            values[bound.html_initial_name] = value
    return values


def save(browser: Client, row: Model, **changes: Any) -> str:
    """Open the page of a row, change some fields, press Save; return what is shown."""
    page = browser.get(address(row))
    values = values_of(page.context["adminform"].form)
    for inline in page.context["inline_admin_formsets"]:
        for form in (inline.formset.management_form, *inline.formset.initial_forms):
            values |= values_of(form)
    return browser.post(address(row), values | changes, follow=True).content.decode()


def the_log() -> str:
    return LogEntry.objects.get().get_change_message()


def an_active_campaign() -> Campaign:
    account = an_account(a_workspace())
    return a_campaign(account.workspace, account)


def barred() -> DoNotContact:
    return DoNotContact.objects.create(
        workspace=a_workspace(), value="ada-example", reason="She asked"
    )


CHANGES: tuple[tuple[Callable[[], Model], dict[str, Any], str], ...] = (
    (
        lambda: an_account(a_workspace(), daily_limit=20),
        {"daily_limit": 10, "account_type": "premium"},
        "Changed “Account type” from Sales Navigator to Premium, “Daily limit” from 20 to 10",
    ),
    (
        lambda: an_account(a_workspace()),
        {"unipile_account_id": "another"},
        "“Unipile account id” from acc_account-",
    ),
    (
        lambda: a_workspace(daily_cr_limit=5),
        {"daily_cr_limit": ""},
        "Changed “Daily connection request limit” from 5 to empty",
    ),
    (
        hours_all_day,
        {"working_hours_end": "17:30", "skip_weekends": "on"},
        "“Working hours end” from 00:00 to 17:30, “Skip weekends” from no to yes",
    ),
    (an_active_campaign, {"follow_up_after_days": 4}, "“Follow up after days” from 3 to 4"),
    (barred, {"reason": "It was law"}, "“Reason” from She asked to It was law"),
    (
        lambda: a_prospect(an_active_campaign()),
        {"status": "skipped"},
        "Changed “Status” from New to Skipped",
    ),
    (lambda: a_user("ada"), {"is_superuser": "on"}, "“Superuser status” from no to yes"),
    (
        lambda: Group.objects.get(name="Viewer"),
        {"name": "Onlooker"},
        "Changed “Name” from Viewer to Onlooker",
    ),
)


@pytest.mark.parametrize(("make", "changes", "says"), CHANGES)
def test_what_decides_about_sending_is_not_changed_without_a_reason(
    desk: Client, make: Callable[[], Model], changes: dict[str, Any], says: str
) -> None:
    row = make()
    before = type(row)._default_manager.values().get(pk=row.pk)

    without = save(desk, row, **changes, change_reason="  ")

    assert MISSING in without
    assert type(row)._default_manager.values().get(pk=row.pk) == before
    assert not LogEntry.objects.exists()

    assert "was changed successfully" in save(desk, row, **changes, **WHY)
    assert says in the_log()
    assert the_log().endswith(": The client <b>asked</b>")


@pytest.mark.parametrize(("make", "changes"), [change[:2] for change in CHANGES])
def test_asking_for_the_effect_is_no_way_around_the_reason(
    desk: Client, make: Callable[[], Model], changes: dict[str, Any]
) -> None:
    row = make()
    before = type(row)._default_manager.values().get(pk=row.pk)

    save(desk, row, **changes, _effect="x")

    assert type(row)._default_manager.values().get(pk=row.pk) == before
    assert not LogEntry.objects.exists()


def test_who_sees_a_workspace_is_changed_with_a_reason(desk: Client) -> None:
    workspace, ada = a_workspace(), a_user("ada")

    assert MISSING in save(desk, workspace, members=[ada.pk])
    assert not workspace.members.exists()

    save(desk, workspace, members=[ada.pk], **WHY)
    assert "“Members” (with ada)" in the_log()


def test_a_password_goes_with_its_reason_and_never_into_the_log(desk: Client) -> None:
    ada = a_user("ada")
    address = reverse("admin:auth_user_password_change", args=[ada.pk])
    new = dict.fromkeys(("password1", "password2"), "quite-new-example-2")
    values = {"usable_password": "true", **new, "set-password": "x"}

    assert MISSING in desk.post(address, values).content.decode()
    assert not LogEntry.objects.exists()

    desk.post(address, values | {"change_reason": "Forgot <it>"})
    assert the_log() == "Changed the password: Forgot <it>"
    ada.refresh_from_db()
    assert ada.check_password("quite-new-example-2")

    desk.post(reverse("admin:auth_user_add"), values | {"username": "bob"})
    added = LogEntry.objects.get(object_repr="bob").get_change_message()
    assert "“Username” bob" in added
    assert "quite-new" not in added


def test_other_changes_need_none(desk: Client) -> None:
    account, draft = an_account(a_workspace(), name="Old"), an_active_campaign()
    Campaign.objects.update(status=Campaign.Status.DRAFT)

    save(desk, account, name="New")
    save(desk, draft, follow_up_after_days=5)

    messages = {entry.get_change_message() for entry in LogEntry.objects.all()}
    assert messages == {
        "Changed “Name” from Old to New.",
        "Changed “Follow up after days” from 3 to 5.",
    }


def test_a_reason_too_long_is_refused(desk: Client) -> None:
    page = save(desk, a_workspace(), daily_cr_limit=3, change_reason="x" * 501)

    assert "at most 500 characters" in page
    assert not Workspace.objects.get().daily_cr_limit


def test_closed_days_are_not_changed_without_a_reason(desk: Client) -> None:
    row = hours_all_day()
    first = ClosedDay.objects.create(sending_hours=row, date=dt.date(2026, 12, 24))
    ClosedDay.objects.create(sending_hours=row, date=dt.date(2026, 12, 31))
    changes = {
        "closed_days-TOTAL_FORMS": 3,
        "closed_days-0-DELETE": "on",
        "closed_days-1-date": "2026-12-30",
        "closed_days-2-sending_hours": row.pk,
        "closed_days-2-date": "2027-01-01",
        "closed_days-2-kind": "closed",
    }

    assert "Say why, under “Reason” below" in save(desk, row, **changes)
    assert ClosedDay.objects.filter(pk=first.pk).exists()

    save(desk, row, **changes, **WHY)
    told = the_log()
    assert "added closed day “2027-01-01: Closed”" in told
    assert "changed closed day “2026-12-30: Closed”: “Date” from 2026-12-31 to 2026-12-30" in told
    assert "deleted closed day “2026-12-24: Closed”" in told


def test_who_joins_and_leaves_is_named(desk: Client) -> None:
    account = an_account(a_workspace(), name="Ada")
    other = an_account(account.workspace, name="Grace")
    campaign = a_campaign(account.workspace, account)

    save(desk, campaign, accounts=[other.pk], **WHY)

    assert "“Accounts” (with Grace, without Ada)" in the_log()


def test_choices_are_named_and_long_texts_are_not_repeated(desk: Client) -> None:
    campaign = an_active_campaign()
    hours = hours_all_day(name="Nights", workspace=campaign.workspace)
    before = campaign.hours().name

    save(desk, campaign, sending_hours=hours.pk, message_template="Hello " * 20, **WHY)

    assert f"“Sending hours” from {before} to Nights, “Message”: " in the_log()


def test_the_effect_is_shown_without_a_reason_which_is_asked_for_beside_it(desk: Client) -> None:
    account = an_account(a_workspace())

    page = save(desk, account, daily_limit=3, _effect="x")

    assert "Nothing is saved yet" in page
    assert 'name="change_reason"' in page
    assert 'name="daily_limit" value="3"' in page
    assert not LogEntry.objects.exists()


def test_what_is_added_is_told_with_its_values(desk: Client) -> None:
    workspace = a_workspace(name="Acme")
    form = desk.get(reverse("admin:campaigns_linkedinaccount_add"))
    assert 'name="change_reason"' not in form.content.decode()

    desk.post(
        reverse("admin:campaigns_linkedinaccount_add"),
        {
            "workspace": workspace.pk,
            "name": "Ada",
            "unipile_account_id": "ada",
            "account_type": "premium",
            "daily_limit": 12,
        },
    )

    assert the_log() == (
        "Added “Client” Acme, “Name” Ada, “Unipile account id” ada, “Account type” Premium, "
        "“Daily limit” 12."
    )


def test_an_entry_of_the_do_not_contact_list_brings_its_reason_into_the_log(desk: Client) -> None:
    values = {"workspace": a_workspace().pk, "kind": "person", "value": "ada", "reason": "Asked"}

    desk.post(reverse("admin:campaigns_donotcontact_add"), values)

    assert "“Reason” Asked" in the_log()


def deletable() -> list[Model]:
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    return [
        barred(),
        hours_all_day(),
        a_campaign(a_workspace(), sending_hours=None),
        a_prospect(campaign),
        an_item(campaign, account, status="failed"),
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("in_bulk", [True, False])
def test_nothing_is_deleted_without_a_reason(desk: Client, number: int, *, in_bulk: bool) -> None:
    row = deletable()[number]
    url, posted = address(row, "delete"), {"post": "yes", "_popup": "0"}
    if in_bulk:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
        posted |= {"action": "delete_selected", "_selected_action": str(row.pk)}

    for nothing in ("", "   ", "x" * 501):
        page = desk.post(url, posted | {"reason": nothing}).content.decode()
        assert 'class="errorlist"' in page
        assert 'name="reason"' in page
        assert type(row)._default_manager.filter(pk=row.pk).exists()
    assert not LogEntry.objects.exists()

    desk.post(url, posted | {"reason": "Entered twice"})
    assert not type(row)._default_manager.filter(pk=row.pk).exists()
    assert (the_log(), LogEntry.objects.get().is_deletion()) == ("Deleted: Entered twice", True)
    assert "Deleted: Entered twice" in desk.get("/admin/admin/logentry/").content.decode()


def test_whom_the_queue_holds_stays_and_the_page_says_why(desk: Client) -> None:
    account = an_account(a_workspace())
    item = an_item(a_campaign(account.workspace, account), account)
    posted = {"action": "delete_selected", "_selected_action": str(item.prospect_id)}

    alone = desk.get(address(item.prospect, "delete")).content.decode()
    in_bulk = desk.post(reverse("admin:campaigns_prospect_changelist"), posted).content.decode()

    for page in (alone, in_bulk):
        assert "This stays." in page
        assert 'name="reason"' not in page


def test_too_many_are_not_deleted_at_once(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "DELETED_AT_MOST", 2)
    campaign = an_active_campaign()
    people = [a_prospect(campaign) for _ in range(3)]
    posted = {
        "action": "delete_selected",
        "_selected_action": [person.pk for person in people],
        "post": "yes",
        "reason": "All of them",
    }

    page = desk.post(reverse("admin:campaigns_prospect_changelist"), posted, follow=True)

    assert "Delete at most 2 at once" in page.content.decode()
    assert campaign.prospects.count() == 3


@pytest.mark.parametrize("model", [Campaign, Workspace])
@pytest.mark.parametrize("in_bulk", [True, False])
def test_much_in_the_way_of_a_deletion_is_said_and_not_listed(
    desk: Client, monkeypatch: pytest.MonkeyPatch, model: type[Model], *, in_bulk: bool
) -> None:
    monkeypatch.setattr(reasons, "KEPT_AT_MOST", 1)
    account = an_account(a_workspace())
    campaign = a_campaign(account.workspace, account)
    for _ in range(2):
        an_item(campaign, account)

    row = model._default_manager.get()
    if in_bulk:
        posted = {"action": "delete_selected", "_selected_action": str(row.pk)}
        lists = reverse(f"admin:campaigns_{model._meta.model_name}_changelist")
        page = desk.post(lists, posted, follow=True)
    else:
        page = desk.get(address(row, "delete"), follow=True)

    assert "Nothing was deleted: more than 1 " in page.content.decode()
    assert campaign.queue_items.count() == 2


def test_who_may_only_look_is_asked_for_no_reason(db: None) -> None:
    account: LinkedInAccount = an_account(a_workspace())
    viewer = logged_in(a_user("viewer", account.workspace, group="Viewer"))

    for row in (account, default_hours()):
        assert b'name="change_reason"' not in viewer.get(address(row)).content
