"""People: found, and never contacted again."""

import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from campaigns.importing.columns import guess
from campaigns.importing.reading import read_table
from campaigns.importing.verdicts import Outcome, import_prospects
from campaigns.models import Campaign, DoNotContact, Prospect
from queueing import gates
from queueing.models import QueueItem
from queueing.planning import enqueue
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db

LIST = "/admin/campaigns/prospect/"
Status = Prospect.Status


@pytest.fixture
def campaign() -> Campaign:
    account = an_account(a_workspace())
    return a_campaign(account.workspace, account)


@pytest.fixture
def browser(campaign: Campaign) -> Client:
    return logged_in(a_user("operator", campaign.workspace, group="Operator"))


def shown(browser: Client, **query: Any) -> set[str]:
    """Return the last names in the list."""
    found = browser.get(LIST, query).context["cl"].result_list
    return {person.last_name for person in found}


def bar(browser: Client, *people: Prospect, **form: Any) -> Any:
    chosen = {"action": "never_contact", "_selected_action": [person.pk for person in people]}
    return browser.post(LIST, {**chosen, "asked": len(people), "reason": "asked us", **form})


def test_people_are_found_by_words_and_by_address(browser: Client, campaign: Campaign) -> None:
    a_prospect(campaign, last_name="Lovely", company="Engines", public_identifier="ada-lovely")
    a_prospect(campaign, last_name="Other", public_identifier="ben-other")

    assert shown(browser, q="lov eng") == {"Lovely"}
    assert shown(browser, q="https://www.linkedin.com/in/ben-other/") == {"Other"}
    assert shown(browser, q="%&") == set()


def test_filters(browser: Client, campaign: Campaign) -> None:
    second = a_campaign(campaign.workspace)
    a_prospect(campaign, last_name="One", company="Example  GmbH")
    a_prospect(second, last_name="Two", company="EXAMPLE gmbh", status=Status.SKIPPED)
    a_prospect(second, last_name="Three", company="Example GmbH & Co")

    assert shown(browser, campaign=second.pk) == {"Two", "Three"}
    assert shown(browser, company="Example GmbH") == {"One", "Two"}
    assert shown(browser, company="Example GmbH", status__exact="skipped") == {"Two"}
    assert shown(browser, campaign="no-id") == set()


def test_people_behind_other_walls_are_not_there(browser: Client) -> None:
    other = a_campaign(a_workspace(), name="Secret campaign")
    theirs = a_prospect(other, last_name="Hidden", company="Hidden Inc")

    assert shown(browser) == shown(browser, q="hidden") == shown(browser, company="Hidden Inc")
    assert shown(browser, campaign=other.pk) == set()
    assert b"Secret campaign" not in browser.get(LIST).content
    assert browser.get(f"{LIST}{theirs.pk}/never-contact/").status_code == 404
    bar(browser, theirs)
    assert not DoNotContact.objects.exists()


def test_the_list_asks_few_questions(
    browser: Client, campaign: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        a_prospect(campaign)

    with django_assert_max_num_queries(19):
        browser.get(LIST, {"q": "ada"})


def test_who_is_never_contacted_is_asked_for_first(browser: Client, campaign: Campaign) -> None:
    person = a_prospect(campaign, first_name="<b>Ada</b>")

    page = browser.post(LIST, {"action": "never_contact", "_selected_action": person.pk})
    without_reason = bar(browser, person, reason="  ")
    stale = bar(browser, person, asked=2)

    assert b"&lt;b&gt;Ada&lt;/b&gt;" in page.content
    assert b"1 person is put on the do-not-contact list" in page.content
    assert b"This field is required" in without_reason.content
    assert b"Other people match now" in stale.content
    assert not DoNotContact.objects.exists()


def test_people_with_and_without_items_are_never_contacted(
    browser: Client, campaign: Campaign
) -> None:
    account = campaign.accounts.get()
    new = a_prospect(campaign, public_identifier="new", linkedin_user_id="ACoAAExample0000001")
    pending = an_item(campaign, account)
    sent = an_item(campaign, account, status=QueueItem.Status.SENT, sent_at=NOON)
    flying = an_item(
        campaign,
        account,
        status=QueueItem.Status.SENDING,
        claimed_at=NOON,
        claim_token="3f0e5a0c-55c5-4b53-9e0b-2b6f5b1d6a10",
    )

    answer = bar(browser, new, pending.prospect, sent.prospect, flying.prospect)

    messages = [str(each) for each in browser.get(answer.url).context["messages"]]
    assert messages == [
        "On the do-not-contact list: 4. Of their requests, 1 skipped, 1 not: 1 being sent now."
    ]
    barred = set(DoNotContact.objects.values_list("value", flat=True))
    assert barred >= {"new", "ACoAAExample0000001", pending.person_key, sent.person_key}
    states = [Prospect.objects.get(pk=each.pk).status for each in (new, pending.prospect)]
    assert states == [Status.SKIPPED] * 2
    pending.refresh_from_db()
    sent.refresh_from_db()
    assert (pending.status, sent.status) == ("skipped", "sent")
    assert LogEntry.objects.filter(object_id=str(new.pk), change_message__contains="asked us")


def test_never_contact_holds_at_import_enqueue_and_send(
    browser: Client, campaign: Campaign, tmp_path: Any
) -> None:
    person = a_prospect(campaign, public_identifier="ada", company="Example GmbH")
    second = a_campaign(campaign.workspace, *campaign.accounts.all())
    colleague = an_item(
        second, campaign.accounts.get(), prospect=a_prospect(second, company="EXAMPLE  GmbH")
    )
    bar(browser, person, companies="on")

    path = tmp_path / "people.csv"
    path.write_text("Company,URL\n,linkedin.com/in/ADA\nexample gmbh,linkedin.com/in/ben\n")
    table = read_table(path)
    third = a_campaign(campaign.workspace, *campaign.accounts.all())
    report = import_prospects(table, guess(table.header, table.sample, {}), third)
    assert report.counts == {Outcome.DO_NOT_CONTACT: 2}

    a_prospect(third, public_identifier="ada")  # by hand
    planned = enqueue(third, NOON)
    assert not QueueItem.objects.filter(campaign=third).exists(), planned

    held = gates.report(colleague.pk, NOON)
    assert "do-not-contact" in " ".join(s.detail for s in held.states if not s.is_open)


def test_from_the_page_of_a_person(browser: Client, campaign: Campaign) -> None:
    person = a_prospect(campaign)
    url = f"{LIST}{person.pk}/never-contact/"

    assert f'href="{url}"'.encode() in browser.get(f"{LIST}{person.pk}/change/").content
    assert browser.get(url).status_code == 200
    answer = browser.post(url, {"asked": 1, "reason": "asked us"})

    assert answer.status_code == 302
    assert DoNotContact.objects.get().value == person.public_identifier


def test_a_viewer_bars_nobody(campaign: Campaign) -> None:
    viewer = logged_in(a_user("viewer", campaign.workspace, group="Viewer"))
    person = a_prospect(campaign)

    bar(viewer, person)

    assert viewer.get(f"{LIST}{person.pk}/never-contact/").status_code == 403
    assert not DoNotContact.objects.exists()


def saved(browser: Client, person: Prospect, **changes: str) -> Any:
    """Save the person's page with some fields changed."""
    page = browser.get(f"{LIST}{person.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: "" if value is None else value for name, value in values.items()}
    values["change_reason"] = "Told by the client"
    return browser.post(f"{LIST}{person.pk}/change/", values | changes)


def test_a_corrected_address_forgets_whom_the_former_one_led_to(
    browser: Client, campaign: Campaign
) -> None:
    account = campaign.accounts.get()
    person = a_prospect(
        campaign,
        public_identifier="ada-typo",
        linkedin_user_id="ACoAAexample0000000000",
        resolved_with=account,
        resolved_at=NOON,
    )
    item = an_item(
        campaign,
        account,
        prospect=person,
        status="failed",
        linkedin_user_id="ACoAAexample0000000000",
    )

    address = "https://www.linkedin.com/in/ada-example"
    changed = saved(browser, person, profile_url=address, public_identifier="")
    assert changed.status_code == 302

    person.refresh_from_db()
    item.refresh_from_db()
    assert (person.public_identifier, person.linkedin_user_id) == ("ada-example", "")
    assert (person.resolved_with, person.resolved_at) == (None, None)
    assert (item.person_key, item.linkedin_user_id) == ("ada-example", "")


@pytest.mark.parametrize(
    "state",
    [
        {"status": "pending"},
        {"status": "sending", "claimed_at": NOON, "claim_token": uuid.uuid4()},
        {"status": "unconfirmed", "claimed_at": NOON},
        {"status": "sent", "claimed_at": NOON, "sent_at": NOON},
    ],
    ids=lambda state: state["status"],
)
def test_who_it_is_stays_while_the_queue_holds_the_person(
    browser: Client, campaign: Campaign, state: dict[str, Any]
) -> None:
    person = a_prospect(campaign, public_identifier="ada-example")
    item = an_item(campaign, campaign.accounts.get(), prospect=person, **state)

    page = browser.get(f"{LIST}{person.pk}/change/")
    changed = saved(browser, person, public_identifier="somebody-else", first_name="Augusta")

    person.refresh_from_db()
    item.refresh_from_db()
    assert "To correct the address" in page.content.decode()
    assert changed.status_code == 302
    assert (person.public_identifier, person.first_name) == ("ada-example", "Augusta")
    assert item.person_key == "ada-example"
