"""The queue's lists: what they show, to whom, and at what cost."""

import codecs
import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.models import Campaign, LinkedInAccount
from queueing.gates import Gate
from queueing.models import ProcessRun, QueueItem, SendAttempt, SendingStop
from queueing.sending import meaning
from queueing.staff import log
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

Status = QueueItem.Status
QUEUE = "/admin/queueing/queueitem/"
FAILED = "/admin/queueing/failedsend/"
UNCONFIRMED = "/admin/queueing/unconfirmedsend/"
LISTS = [
    (QUEUE, {"status": Status.PENDING}),
    (FAILED, {"status": Status.FAILED, "error_code": "invalid_recipient"}),
    (UNCONFIRMED, {"status": Status.UNCONFIRMED, "claimed_at": NOON}),
]
Budget = Callable[..., Any]


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace(), name="Nora")


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account, name="Founders")


def found(desk: Client, url: str) -> set[Any]:
    answer = desk.get(url)
    assert answer.status_code == 200, url
    return {item.pk for item in answer.context["cl"].result_list}


@pytest.mark.parametrize(("url", "values"), LISTS)
def test_lists_end_at_the_walls(db: None, url: str, values: dict[str, Any]) -> None:
    items = []
    for name in ("own", "other"):
        of = an_account(a_workspace(), name=name)
        items.append(an_item(a_campaign(of.workspace, of, name=name), of, **values))
    viewer = logged_in(a_user("viewer", items[0].workspace, group="Viewer"))
    outsider = logged_in(a_user("outsider", items[0].workspace))
    of_other = [
        f"{url}?account={items[1].linkedin_account_id}",
        f"{url}?campaign=other",
        f"{url}?q={items[1].pk}",
    ]

    assert found(viewer, url) == {items[0].pk}
    assert [found(viewer, one) for one in of_other] == [set()] * 3
    assert items[1].prospect.last_name not in viewer.get(f"{url}export/csv/").content.decode()
    assert viewer.get(f"{QUEUE}{items[0].pk}/change/").status_code == 200
    assert viewer.get(f"{url}{items[1].pk}/change/", follow=True).status_code == 404
    for page in ("", "export/csv/"):
        assert outsider.get(f"{url}{page}").status_code == 403


@pytest.mark.parametrize(("url", "values"), LISTS)
def test_the_cost_of_a_list_does_not_grow(
    desk: Client,
    account: LinkedInAccount,
    django_assert_max_num_queries: Budget,
    url: str,
    values: dict[str, Any],
) -> None:
    for _ in range(3):
        campaign = a_campaign(account.workspace, account)
        for _ in range(8):
            item = an_item(campaign, account, **values)
            SendAttempt.objects.create(
                item=item,
                kind=SendAttempt.Kind.SEND,
                number=1,
                started_at=NOON,
                finished_at=NOON,
                outcome="rejected",
                detail="{}",
            )

    with django_assert_max_num_queries(22):
        assert len(found(desk, url)) == 24


def test_an_items_page_is_cheap(
    desk: Client,
    account: LinkedInAccount,
    campaign: Campaign,
    django_assert_max_num_queries: Budget,
) -> None:
    item = an_item(campaign, account)

    with django_assert_max_num_queries(30):
        desk.get(f"{QUEUE}{item.pk}/change/")


def test_people_are_found_by_name_company_address_and_id(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    person = a_prospect(
        campaign, first_name="Zoë", company="Muster GmbH", public_identifier="zoe-m"
    )
    item = an_item(campaign, account, prospect=person)
    an_item(campaign, account)

    address = "https://www.linkedin.com/in/zoe-m"
    pasted = (
        address,
        f"{address}/?trk=people-guest",
        f"{address}/en/",
        "de.linkedin.com/in/Zoe-M#",
    )
    for text in ("zo", "muster", *pasted, "/in/zoe", str(item.pk)):
        assert found(desk, f"{QUEUE}?{urlencode({'q': text})}") == {item.pk}, text


def test_filters_narrow_the_queue(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    item = an_item(campaign, account)
    other = an_account(account.workspace, name="Sam", status=LinkedInAccount.Status.DISCONNECTED)
    another = an_item(a_campaign(account.workspace, other, name="Engineers"), other)

    for query in (
        "account=nor",
        f"account={account.pk}",
        "campaign=founders",
        "waits_for=next_run",
        "planned_from=2026-07-08&planned_until=2026-07-08&account=Nora",
    ):
        assert found(desk, f"{QUEUE}?{query}") == {item.pk}, query
    assert found(desk, f"{QUEUE}?waits_for=account_connected") == {another.pk}
    assert found(desk, f"{QUEUE}?planned_until=2026-07-07") == set()
    assert len(found(desk, f"{QUEUE}?planned_from=31-02&waits_for=nonsense")) == 2


def test_the_list_says_what_items_wait_for(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    an_item(campaign, account)
    SendingStop.objects.create(reason="Holiday", stopped_at=NOON)

    page = desk.get(QUEUE).content.decode()

    assert '<td class="field-waits_for">the global stop to be lifted</td>' in page


def test_failures_are_grouped_by_meaning(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    codes = ["invalid_recipient", "blocked_recipient", "too_many_characters", "never_heard_of"]
    items = [
        an_item(campaign, account, status=Status.FAILED, error_code=code, attempts=4)
        for code in codes
    ]

    groups = desk.get(FAILED).context["groups"]

    assert (groups[0].meaning, groups[0].number) == ("person", 2)
    assert found(desk, f"{FAILED}?meaning=person") == {item.pk for item in items[:2]}
    assert found(desk, f"{FAILED}?meaning=ours") == {items[3].pk}
    for group in groups:
        assert len(found(desk, f"{FAILED}?meaning={group.meaning}")) == group.number


def test_no_retry_reaches_what_is_unconfirmed(desk: Client) -> None:
    page = desk.get(UNCONFIRMED)

    assert not {"retry_now", "retry_spread", "edit_and_retry"} & set(
        page.context["cl"].model_admin.get_actions(page.wsgi_request)
    )


@pytest.mark.parametrize(("url", "values"), LISTS)
def test_what_strangers_wrote_is_shown_as_text(
    desk: Client,
    account: LinkedInAccount,
    campaign: Campaign,
    url: str,
    values: dict[str, Any],
) -> None:
    mark = "<script>alert(1)</script>"
    person = a_prospect(campaign, first_name=mark, company=mark)
    text = mark + "x" * 10_000
    item = an_item(campaign, account, prospect=person, message=mark, error_message=text, **values)
    SendAttempt.objects.create(
        item=item,
        kind=SendAttempt.Kind.SEND,
        number=1,
        started_at=NOON,
        finished_at=NOON,
        outcome="rejected",
        detail=text,
    )

    rows = desk.get(url).content.decode()
    page = desk.get(f"{QUEUE}{item.pk}/change/").content.decode()
    asked = desk.post(QUEUE, {"action": "skip", "_selected_action": [item.pk]}).content.decode()

    assert "x" * 10_000 in page
    assert "x" * 5_000 not in rows
    for html in (rows, page, asked):
        assert mark not in html


def test_an_export_holds_the_filtered_rows_and_no_formula(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    person = a_prospect(campaign, first_name="=HYPERLINK(1)", last_name="", company="\uff1d1+1")
    an_item(campaign, account, prospect=person, message="+1\x07 call me", scheduled_for=NOON)
    an_item(campaign, account, status=Status.SKIPPED)

    sent = desk.get(f"{QUEUE}export/csv/?status__exact=pending").content
    book = desk.get(f"{QUEUE}export/xlsx/?status__exact=pending").content

    assert sent.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(sent.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["recipient"].startswith("'=")
    assert (rows[0]["company"], rows[0]["message"]) == ("'\uff1d1+1", "'+1  call me")
    assert rows[0]["planned for (UTC)"] == f"{NOON:%Y-%m-%d %H:%M}"
    sheet = load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    assert sheet.max_row == 2
    assert LogEntry.objects.filter(change_message__startswith="Exported").count() == 2
    assert desk.get(f"{QUEUE}export/pdf/").status_code == 404


def test_the_page_tells_who_did_what_and_why(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    item = an_item(campaign, account, status=Status.FAILED, error_code="x", message="Hello Ada")
    now = timezone.now()
    SendAttempt.objects.create(
        item=item,
        kind=SendAttempt.Kind.SEND,
        number=1,
        started_at=now,
        finished_at=now,
        outcome="rejected",
        http_status=422,
        detail='{"raw": true}',
    )
    posted = {"action": "skip", "_selected_action": [item.pk]}
    progress = desk.post(FAILED, posted).context["progress"]
    desk.post(FAILED, {**posted, "progress": progress, "reason": "Wrong person"})

    page = desk.get(f"{QUEUE}{item.pk}/change/")

    events = [(event.who, event.what, event.why) for event in page.context["timeline"]]
    assert ("boss", "Skipped: Wrong person", "") in events
    assert ("SendQ", "Send 1: rejected", "HTTP 422") in events
    assert b"Hello Ada" in page.content
    assert f"/admin/campaigns/prospect/{item.prospect_id}/change/" in page.content.decode()


def test_an_item_says_why_it_waits(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    item = an_item(campaign, account)
    SendingStop.objects.create(reason="<b>Holiday</b>", stopped_at=NOON)

    page = desk.get(f"{QUEUE}{item.pk}/change/")

    assert len(page.context["gates"]) == len(Gate)
    assert "All sending is stopped: &lt;b&gt;Holiday&lt;/b&gt;" in page.content.decode()
    assert b"not before somebody acts" in page.content


@pytest.mark.parametrize(
    "address", [QUEUE, f"{QUEUE}export/csv/", "/admin/queueing/failedsend/export/xlsx/"]
)
@pytest.mark.parametrize(
    "asked",
    [
        "account=%00",
        "scheduled_for__gte=soon",
        "no_such_field=1",
        "error_code__regex=[",
        "sent_at__year=0",
    ],
)
def test_a_filter_that_cannot_be_is_told_so(desk: Client, address: str, asked: str) -> None:
    page = desk.get(f"{address}?{asked}", follow=True)

    assert page.status_code == 200
    assert "The list cannot be filtered like that" in page.content.decode()


def test_broken_ids_choose_nothing_in_any_list(desk: Client, account: LinkedInAccount) -> None:
    for name in ("campaigns/linkedinaccount", "campaigns/prospect", "queueing/queueitem"):
        posted = {"action": "delete_selected", "_selected_action": ["1' OR 1"], "post": "yes"}
        page = desk.post(f"/admin/{name}/", posted, follow=True)
        assert "These are no rows of this list" in page.content.decode(), name


def test_the_log_says_who_did_what_to_whom_and_why(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    clerk = a_user("clerk", account.workspace, group="Operator")
    item = an_item(campaign, account)
    log.note(clerk, [item], "Skipped", "<b>no fit</b>")
    address = "/admin/admin/logentry/"

    page = desk.get(f"{address}?user__id__exact={clerk.pk}&done_until=2099-01-01").content.decode()

    assert "Skipped: &lt;b&gt;no fit&lt;/b&gt;" in page
    assert f'href="/admin/queueing/queueitem/{item.pk}/change/"' in page
    assert not found(desk, f"{address}?done_until=2000-01-01")
    assert logged_in(clerk).get(address).status_code == 403
    for refused in ("add/", f"{LogEntry.objects.get().pk}/delete/"):
        assert desk.post(address + refused, {"post": "yes"}).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_logentry"))
    other = a_user("other")
    log.note(other, [item], "Retried", "a secret")
    assert "a secret" not in logged_in(clerk).get(address).content.decode()


def test_filters_do_not_tell_what_the_columns_of_a_run_keep_back(account: LinkedInAccount) -> None:
    ProcessRun.objects.create(
        trigger="command", started_at=NOON, counts={"sent": 1}, message="CR sent to Ada"
    )
    viewer = logged_in(a_user("viewer", account.workspace, group="Viewer"))
    runs = "/admin/queueing/processrun/"

    assert viewer.get(f"{runs}?trigger__exact=command").status_code == 200
    assert viewer.get(f"{runs}?message__startswith=CR").status_code == 400
    assert viewer.get(f"{runs}?counts__sent=1").status_code == 400


HTTP_LINE = "422 errors/invalid_recipient, Invalid recipient: no invitations (of any kind)."


def test_the_http_line_of_an_error_stands_behind_details(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    told = f"Refused for this person or this text ({HTTP_LINE}). Others were refused as well."
    person = a_prospect(campaign, status="failed", status_reason=told)
    item = an_item(campaign, account, prospect=person, status=Status.FAILED, error_message=told)
    plain = "Refused for this person or this text. Others were refused as well."

    listed = desk.get(QUEUE).content.decode()
    own_page = desk.get(f"{QUEUE}{item.pk}/change/").content.decode()
    of_person = desk.get(f"/admin/campaigns/prospect/{person.pk}/change/").content.decode()

    assert HTTP_LINE not in listed
    assert f'<p class="told">{plain}</p><details class="raw">' in own_page
    assert all(plain in page for page in (listed, own_page, of_person))
    assert meaning.plain("Too long (312 characters)") == "Too long (312 characters)"


def test_the_column_of_errors_goes_where_a_page_has_none(
    desk: Client, account: LinkedInAccount, campaign: Campaign
) -> None:
    an_item(campaign, account, scheduled_for=NOON)
    assert "column-error" not in desk.get(QUEUE).content.decode()

    an_item(campaign, account, scheduled_for=NOON, error_message="Unipile could not be reached")
    assert "column-error" in desk.get(QUEUE).content.decode()


def test_chips_say_days_as_people_do(desk: Client) -> None:
    page = desk.get(f"{QUEUE}?planned_from=2020-07-06&planned_until=2020-07-08").content.decode()

    assert "Planned for: from Mon 6 Jul 2020 until Wed 8 Jul 2020" in page
