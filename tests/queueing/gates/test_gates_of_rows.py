"""What the gates read of rows, and what a claim makes of it: the two always agree."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing import gates
from queueing.gates import Gate, Waits, barred, explaining, waiting, words
from queueing.models import QueueItem, SendingStop
from queueing.sending import choosing, claiming
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item, hours_all_day

Status = QueueItem.Status
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace(), min_gap_seconds=600)


@pytest.fixture
def item(account: LinkedInAccount) -> QueueItem:
    return an_item(a_campaign(account.workspace, account), account)


def sent(item: QueueItem, at: dt.datetime) -> None:
    """Add a request of the item's account that was sent at an instant."""
    an_item(item.campaign, item.linkedin_account, status=Status.SENT, sent_at=at)


def in_doubt(item: QueueItem, at: dt.datetime) -> None:
    an_item(item.campaign, item.linkedin_account, status=Status.UNCONFIRMED, claimed_at=at)


def in_flight(item: QueueItem) -> None:
    an_item(
        item.campaign,
        item.linkedin_account,
        status=Status.SENDING,
        claimed_at=NOON,
        claim_token=uuid.uuid4(),
    )


def test_usage_counts_sent_sending_and_unconfirmed(item: QueueItem) -> None:
    midnight = NOON.replace(hour=0)
    sent(item, midnight)
    sent(item, midnight - dt.timedelta(microseconds=1))
    sent(item, NOON - dt.timedelta(days=7))
    sent(item, NOON - dt.timedelta(days=7, microseconds=1))
    in_doubt(item, midnight)
    in_flight(item)

    usage = gates.usage(item.linkedin_account, NOON)

    assert (usage.sent_today, usage.sent_this_week, usage.in_flight) == (3, 5, 1)
    assert usage.last_send_at == NOON


def test_usage_is_of_one_account_only(item: QueueItem) -> None:
    other = an_account(item.workspace)
    sent(an_item(a_campaign(item.workspace, other), other), NOON)

    assert gates.usage(item.linkedin_account, NOON).sent_today == 0


def test_the_day_of_the_cap_begins_in_its_own_zone(item: QueueItem, settings: Any) -> None:
    settings.DAILY_CAP_TIMEZONE = "America/New_York"
    sent(item, NOON.replace(hour=3, minute=59))  # the evening before, in New York
    sent(item, NOON.replace(hour=4))

    usage = gates.usage(item.linkedin_account, NOON)

    assert usage.sent_today == 1
    assert usage.next_day_at == dt.datetime(2026, 7, 9, 4, tzinfo=dt.UTC)


def test_a_full_week_says_when_it_frees(item: QueueItem) -> None:
    LinkedInAccount.objects.update(weekly_limit=2)
    for days in (6, 5, 4):
        sent(item, NOON - dt.timedelta(days=days))
    item.linkedin_account.refresh_from_db()

    usage = gates.usage(item.linkedin_account, NOON)

    # Two of the three must be a week old before one more may go.
    assert usage.week_frees_at == NOON - dt.timedelta(days=5) + dt.timedelta(days=7)


@pytest.mark.parametrize("limit", [1, 2])
def test_usage_takes_few_queries(
    item: QueueItem, limit: int, django_assert_max_num_queries: Any
) -> None:
    LinkedInAccount.objects.update(weekly_limit=limit)
    for number in range(40):
        sent(item, NOON - number * MINUTE)
    account = LinkedInAccount.objects.select_related("workspace").get()

    with django_assert_max_num_queries(2):
        gates.usage(account, NOON)


@pytest.mark.parametrize("items", [1, 60])
def test_a_claim_takes_few_queries_however_long_the_queue(
    item: QueueItem, items: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(items):
        an_item(item.campaign, item.linkedin_account)

    # Savepoint and release, account, stop, usage, which item, its row, closed days; then item
    # written, earlier calls, attempt written.
    with django_assert_max_num_queries(11):
        assert claiming.claim(item.linkedin_account_id, None, NOON) is not None


@pytest.mark.parametrize("kind", QueueItem.Kind.values)
def test_the_prepared_query_takes_the_values_of_each_claim(kind: str) -> None:
    """Nothing of the claim for which it was built stands in it."""
    text = choosing._first(kind).text
    given = {"accounts", "now", "rested_since", "longest"}
    if kind != QueueItem.Kind.CONNECTION_REQUEST:
        given.remove("longest")
    if kind == QueueItem.Kind.WITHDRAWAL:
        given.remove("rested_since")

    assert set(re.findall(r"%\((\w+)\)s", text)) == given
    assert not re.search(r"\d\d:\d\d", text)


def report(item: QueueItem) -> gates.Report:
    return gates.report(item.pk, NOON)


def listed(item: QueueItem, kind: str, value: str) -> None:
    DoNotContact.objects.create(workspace=item.workspace, kind=kind, value=value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("person", "Ada-Example"),
        ("person", "https://www.linkedin.com/in/ada-example/"),
        ("person", "ACoAAexample0000000000"),
        ("company", "  EXAMPLE & Co "),
    ],
)
def test_the_do_not_contact_list_knows_a_person_by_every_name(
    item: QueueItem, kind: str, value: str
) -> None:
    item.prospect.public_identifier = "ada-example"
    item.prospect.company = "Example &  Co"
    item.prospect.save()
    QueueItem.objects.update(person_key="ada-example", linkedin_user_id="ACoAAexample0000000000")
    assert report(item).is_open

    listed(item, kind, value)

    held = report(item).binding
    assert held is not None
    assert held.gate == Gate.CONTACT_ALLOWED
    assert claiming.claim(item.linkedin_account_id, None, NOON) is None
    assert list(barred(QueueItem.objects.all())) == [item]


def test_who_was_found_under_a_newer_slug_is_held_by_the_former_one_too(item: QueueItem) -> None:
    item.prospect.public_identifier = "ada-example"
    item.prospect.save()
    QueueItem.objects.update(person_key="ada-married", claimed_at=NOON - 60 * MINUTE)

    listed(item, "person", "ada-example")

    held = report(item).binding
    assert held is not None
    assert held.gate == Gate.CONTACT_ALLOWED
    assert list(barred(QueueItem.objects.all())) == [item]


def test_the_list_of_another_workspace_holds_nobody(item: QueueItem) -> None:
    DoNotContact.objects.create(workspace=a_workspace(), value=item.person_key)

    assert report(item).is_open


def test_who_stands_on_the_list_does_not_hold_up_the_others(item: QueueItem) -> None:
    listed(item, "person", item.person_key)
    behind = an_item(item.campaign, item.linkedin_account)

    call = claiming.claim(item.linkedin_account_id, None, NOON)

    assert call is not None
    assert call.claim.item_id == behind.pk


def test_a_campaign_that_waits_does_not_hold_up_another(item: QueueItem) -> None:
    closed = hours_all_day(working_hours_start=dt.time(1), working_hours_end=dt.time(2))
    Campaign.objects.update(sending_hours=closed)
    other = a_campaign(item.workspace, item.linkedin_account)
    younger = an_item(other, item.linkedin_account, scheduled_for=NOON)

    call = claiming.claim(item.linkedin_account_id, None, NOON)

    assert call is not None
    assert call.claim.item_id == younger.pk


def test_explaining_needs_an_item(db: None) -> None:
    with pytest.raises(QueueItem.DoesNotExist):
        gates.report(uuid.uuid4(), NOON)


WORLDS = {
    "stopped": st.sampled_from(["", "", "all", "here", "elsewhere"]),
    "status": st.sampled_from([Status.PENDING, Status.PENDING, Status.FAILED, Status.SKIPPED]),
    "due_in": st.sampled_from([-60, 0, 1]),
    "campaign": st.sampled_from([Campaign.Status.ACTIVE, *Campaign.Status]),
    "barred": st.booleans(),
    "account": st.sampled_from([LinkedInAccount.Status.CONNECTED, *LinkedInAccount.Status]),
    "rest": st.sampled_from([None, -1, 0, 1]),
    "opens": st.sampled_from([0, 16, 17]),  # of the clock, for an hour; 0: all day
    "sent_ago": st.lists(st.integers(0, 12), max_size=4),  # minutes
    "doubt_ago": st.none() | st.integers(0, 20),
    "daily": st.integers(0, 4),
    "weekly": st.integers(1, 5),
    "flying": st.booleans(),
    "beside": st.sampled_from(["nobody", "before", "behind"]),  # who is claimed for at once
}


def build(item: QueueItem, world: dict[str, Any]) -> None:
    """Bring the rows to what hypothesis drew."""
    if world["stopped"]:
        elsewhere = a_workspace() if world["stopped"] == "elsewhere" else item.workspace
        of = None if world["stopped"] == "all" else elsewhere
        SendingStop.objects.create(reason="Holiday", stopped_at=NOON, workspace=of)
    if world["barred"]:
        listed(item, "person", item.person_key)
    for minutes in world["sent_ago"]:
        sent(item, NOON - minutes * MINUTE)
    if world["doubt_ago"] is not None:
        in_doubt(item, NOON - world["doubt_ago"] * MINUTE)
    if world["flying"]:
        in_flight(item)
    opens = world["opens"]
    kept = hours_all_day(
        working_hours_start=dt.time(opens), working_hours_end=dt.time(opens and opens + 1)
    )
    Campaign.objects.update(status=world["campaign"], sending_hours=kept)
    QueueItem.objects.filter(pk=item.pk).update(
        status=world["status"], scheduled_for=NOON + world["due_in"] * MINUTE
    )
    LinkedInAccount.objects.update(
        status=world["account"],
        daily_limit=world["daily"],
        weekly_limit=world["weekly"],
        paused_until=None if world["rest"] is None else NOON + world["rest"] * MINUTE,
    )


@hypothesis_settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changed=st.dictionaries(st.sampled_from(sorted(WORLDS)), st.none(), max_size=4), data=st.data()
)
def test_an_item_is_claimed_if_and_only_if_its_report_is_open(
    item: QueueItem, changed: dict[str, None], data: st.DataObject
) -> None:
    """Starts from a world in which the item may go, and changes up to four things in it."""
    world = {
        "stopped": False,
        "status": Status.PENDING,
        "due_in": -60,
        "campaign": Campaign.Status.ACTIVE,
        "barred": False,
        "account": LinkedInAccount.Status.CONNECTED,
        "rest": None,
        "opens": 0,
        "sent_ago": [],
        "doubt_ago": None,
        "daily": 4,
        "weekly": 5,
        "flying": False,
        "beside": "nobody",
    } | {name: data.draw(WORLDS[name], label=name) for name in changed}
    with transaction.atomic():
        build(item, world)

        asked = [item] if world["beside"] == "nobody" else [item, beside(item)]
        if world["beside"] == "before":
            asked.reverse()
        may_go = {each.pk for each in asked if report(each).is_open}

        turns = [claiming.Turn(each.linkedin_account_id, each.kind) for each in asked]
        calls = claiming.claim_all(turns, None, NOON)

        assert {call.claim.item_id for call in calls} == may_go
        assert len(calls) == len(may_go)
        transaction.set_rollback(True)


def beside(item: QueueItem) -> QueueItem:
    """Add an item of another account, to which other limits, notes and hours apply."""
    free = an_account(item.workspace, account_type=LinkedInAccount.Type.FREE, day_zone="Asia/Tokyo")
    kept = hours_all_day(timezone="Asia/Tokyo")
    return an_item(a_campaign(item.workspace, free, sending_hours=kept), free, message="Hello")


def test_many_are_claimed_for_in_as_many_queries_as_one(
    item: QueueItem, django_assert_max_num_queries: Any
) -> None:
    items = [item, *(beside(item) for _ in range(7))]
    turns = [claiming.Turn(each.linkedin_account_id, each.kind) for each in items]

    # As of one claim; of the free accounts their notes too, of each length of note, of each hours.
    with django_assert_max_num_queries(22):
        calls = claiming.claim_all(turns, None, NOON)

    assert [call.claim.item_id for call in calls] == [each.pk for each in items]


def test_a_campaign_that_waits_holds_up_none_of_those_claimed_with_it(item: QueueItem) -> None:
    other = beside(item)
    Campaign.objects.filter(pk=item.campaign_id).update(status=Campaign.Status.PAUSED)
    behind = an_item(a_campaign(item.workspace, item.linkedin_account), item.linkedin_account)
    turns = [claiming.Turn(each.linkedin_account_id, each.kind) for each in (item, other)]

    calls = claiming.claim_all(turns, None, NOON)

    assert [call.claim.item_id for call in calls] == [behind.pk, other.pk]


@pytest.mark.parametrize(
    ("starts_at", "gate"),
    [(NOON + dt.timedelta(hours=2), "campaign_starts"), (None, Gate.CAMPAIGN_ACTIVE)],
)
def test_drafts_that_start_by_themselves_are_listed_and_counted_apart(
    item: QueueItem, starts_at: dt.datetime | None, gate: str
) -> None:
    Campaign.objects.update(status=Campaign.Status.DRAFT, starts_at=starts_at)
    later = an_item(item.campaign, item.linkedin_account, scheduled_for=NOON + dt.timedelta(days=1))
    items = QueueItem.objects.all()

    found = set(waiting.waiting_for(items, gate, NOON))
    counted = waiting.count_waiting(items, Waits(items, NOON, None))

    expected = {item} if starts_at else {item, later}
    assert found == expected
    assert counted[gate] == len(expected)
    assert {words.waits_for(report(one)) for one in found} == {gate}


def test_items_of_an_account_that_comes_back_are_listed_apart(item: QueueItem) -> None:
    LinkedInAccount.objects.update(status="restricted", paused_until=NOON + dt.timedelta(days=1))
    items = QueueItem.objects.all()

    assert list(waiting.waiting_for(items, "account_returns", NOON)) == [item]
    assert waiting.count_waiting(items, Waits(items, NOON, None)) == {"account_returns": 1}


def test_a_list_says_of_whom_has_ended_what_the_claim_goes_by(account: LinkedInAccount) -> None:
    item = an_item(a_campaign(account.workspace, account), account)
    Prospect.objects.update(status=Prospect.Status.REPLIED)

    (listed,) = explaining.reports([item], NOON).values()

    assert listed.binding == gates.report(item.pk, NOON).binding
    assert listed.binding is not None
    assert listed.binding.gate == Gate.CONTACT_ALLOWED
