"""The figures: what each counts, to which week it counts, and that lists hold the same people."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.models import Campaign, Prospect
from queueing import numbers
from queueing.models import QueueItem
from queueing.numbers import Funnel, Stage, counting, standing, texts
from queueing.numbers.people import follow_up_is_due, nothing_heard_since, people_at
from tests.builders import NOON, a_campaign, an_account
from tests.queueing.admin.conftest import logged_in
from tests.queueing.numbers.conftest import DAY, invited, message, request

ALL = Funnel(invited=7, accepted=4, answered=2, interested=1, withdrawn=1)


@pytest.fixture
def browser(db: None) -> Client:
    """A browser in which a superuser is logged in."""
    return logged_in(User.objects.create_superuser("boss"))


def test_a_person_is_counted_once_at_each_stage(crowd: Campaign) -> None:
    assert numbers.of(QueueItem.objects.all()) == ALL
    assert ALL.waiting == 2
    assert (ALL.accepted_share, ALL.answered_share, ALL.interested_share) == (57, 50, 50)
    assert Funnel().accepted_share is None


def test_lists_hold_those_who_are_counted(crowd: Campaign) -> None:
    held = {stage: Prospect.objects.filter(people_at(stage)).count() for stage in Stage}

    assert held == {
        Stage.INVITED: ALL.invited,
        Stage.WAITING: ALL.waiting,
        Stage.WITHDRAWN: ALL.withdrawn,
        Stage.ACCEPTED: ALL.accepted,
        Stage.SILENT: ALL.accepted - ALL.answered,
        Stage.ANSWERED: ALL.answered,
        Stage.INTERESTED: ALL.interested,
    }


def test_an_acceptance_counts_to_the_week_of_the_invitation(crowd: Campaign) -> None:
    weeks = numbers.weeks(QueueItem.objects.all(), NOON, ZoneInfo("UTC"), 6)

    assert [week.monday.isoformat() for week in weeks[-3:]] == [
        "2026-06-22", "2026-06-29", "2026-07-06",
    ]  # fmt: skip
    assert [week.funnel.invited for week in weeks] == [0, 1, 0, 1, 4, 1]
    assert [week.funnel.accepted for week in weeks] == [0, 0, 0, 1, 3, 0]
    assert sum((week.funnel for week in weeks), Funnel()) == ALL
    again, lately = counting.weeks_and_since(
        QueueItem.objects.all(), NOON, ZoneInfo("UTC"), 6, NOON - 10 * DAY
    )
    assert (again, lately) == (weeks, Funnel(invited=5, accepted=3, answered=2, interested=1))


def test_weeks_are_those_of_the_reader(campaign: Campaign) -> None:
    monday = dt.datetime(2026, 7, 6, 3, tzinfo=dt.UTC)  # Sunday evening in New York
    invited(campaign, NOON - monday)

    def of(zone: str) -> list[int]:
        found = numbers.weeks(QueueItem.objects.all(), NOON, ZoneInfo(zone), 2)
        return [week.funnel.invited for week in found]

    assert of("UTC") == [0, 1]
    assert of("America/New_York") == [1, 0]


def test_figures_of_parts_add_up_to_the_whole(crowd: Campaign) -> None:
    other = a_campaign(crowd.workspace, an_account(crowd.workspace), status="paused")
    invited(other, 2 * DAY, accepted_at=NOON)
    items = QueueItem.objects.all()

    parts = numbers.by(items, "campaign"), numbers.by(items, "account")

    assert parts[0][other.pk,] == Funnel(1, 1, 0, 0, 0)
    assert [sum(part.values(), Funnel()) for part in parts] == [numbers.of(items)] * 2
    assert numbers.of_people([crowd.pk, other.pk]) == {crowd.pk: ALL, other.pk: Funnel(1, 1)}


def test_an_answer_counts_to_the_last_text_before_it(campaign: Campaign) -> None:
    first = invited(campaign, 9 * DAY, accepted_at=NOON - 8 * DAY, replied_at=NOON - 2 * DAY)
    message(first, NOON - 6 * DAY, step=1, variant="A")
    message(first, NOON - 3 * DAY, step=2)
    message(first, NOON - DAY, step=0, by_hand=True)
    second = invited(campaign, 9 * DAY, accepted_at=NOON - 8 * DAY, replied_at=NOON - 7 * DAY)
    message(second, NOON - 6 * DAY, step=1, variant="B")

    found = {line.name: line for line in texts.lines(QueueItem.objects.all())}

    assert {name: (line.sent, line.accepted, line.answered) for name, line in found.items()} == {
        "Request without a note": (2, 2, 1),
        "Message 1, text A": (1, None, 0),
        "Message 1, text B": (1, None, 0),
        "Message 2": (1, None, 1),
    }


def test_each_wording_of_a_text_counts_by_itself(campaign: Campaign) -> None:
    """A text is changed while its campaign goes, and who got which stays."""
    answers = {"accepted_at": NOON - 8 * DAY, "replied_at": NOON - DAY}
    for edition, days in (("", 6), ("one", 5), ("one", 4), ("two", 3)):
        person = invited(campaign, 9 * DAY, **answers)
        message(person, NOON - days * DAY, variant="A", edition=edition, message=f"{days}")
    message(invited(campaign, 9 * DAY), NOON - DAY, variant="B", edition="three")
    items = QueueItem.objects.filter(kind="message")

    found = texts.lines(items, by_wording=True)

    assert [(line.name, line.sent, line.answered) for line in found] == [
        ("Message 1, text A, wording 1", 1, 1),
        ("Message 1, text A, wording 2", 2, 2),
        ("Message 1, text A, wording 3", 1, 1),
        ("Message 1, text B", 1, 0),
    ]
    assert (found[1].first_at, found[1].last_at) == (NOON - 5 * DAY, NOON - 4 * DAY)
    assert texts.examples(items, found) == {"": "6", "one": "5", "two": "3"}
    assert [line.sent for line in texts.lines(items)] == [4, 1]
    assert texts.comparisons(found)[0].a == found[2]


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ((99, 50), (500, 1), "too few to tell: 99 of the 100 that each side needs"),
        ((100, 10), (100, 12), "no difference that could not be chance"),
        ((100, 0), (100, 0), "no difference that could not be chance"),
        ((200, 40), (200, 10), "text A brings more answers"),
        ((200, 10), (200, 40), "text B brings more answers"),
    ],
)
def test_two_texts_differ_where_chance_does_not(
    a: tuple[int, int], b: tuple[int, int], verdict: str
) -> None:
    sides = [texts.Line(1, name, True, n, None, x, 0) for name, (n, x) in zip("AB", (a, b))]  # noqa: B905

    assert texts.comparisons(sides)[0].verdict.startswith(verdict)


def test_it_is_said_where_somebody_stands(crowd: Campaign) -> None:
    crowd.withdraw_after_days = 21
    crowd.save()
    people = Prospect.objects.select_related("campaign").order_by("created_at", "pk")

    told = list(standing.standings(list(people), NOON).values())

    assert told == [
        "Waiting for acceptance until 2026-07-28 16:00 UTC; then it is withdrawn",
        "Waiting for acceptance until 2026-07-20 16:00 UTC; then it is withdrawn",
        "Invitation withdrawn: LinkedIn takes another from Wed 29 Jul on",
        "Accepted, no answer for 3 days",
        "Answered 2026-07-05 16:00 UTC: not now",
        "Answered 2026-07-05 16:00 UTC: interested",
        "Accepted, no answer for 4 days",
        "",
        "",
    ]


def test_silence_is_counted_in_days(campaign: Campaign) -> None:
    person = invited(campaign, 40 * DAY)
    assert standing.standings([person], NOON)[person.pk] == "Not accepted, no answer for 40 days"
    written = invited(campaign, 40 * DAY, accepted_at=NOON - 39 * DAY)
    message(written, NOON - 6 * DAY)

    def silent_for(days: int) -> set[Prospect]:
        return set(Prospect.objects.filter(nothing_heard_since(NOON - days * DAY)))

    assert (silent_for(30), silent_for(3)) == ({person}, {person, written})


def test_a_follow_up_is_due_by_its_message_or_by_its_day(campaign: Campaign) -> None:
    accepted = {"accepted_at": NOON - 8 * DAY, "follow_up_due_at": NOON - DAY}
    waiting = {"sent_at": None, "status": "pending"}
    due = invited(campaign, 9 * DAY, **accepted)
    message(due, NOON, **waiting)
    message(invited(campaign, 9 * DAY, **accepted), NOON + DAY, **waiting)
    without_steps = a_campaign(campaign.workspace, campaign.accounts.get())
    by_day = invited(without_steps, 9 * DAY, **accepted)

    assert set(Prospect.objects.filter(follow_up_is_due(NOON))) == {due, by_day}


def moved_to_now() -> None:
    """Let all have happened as long before now as it did before NOON: pages have real clocks."""
    QueueItem.objects.update(sent_at=F("sent_at") + (timezone.now() - NOON))


def test_pages_and_sheets_show_the_same(crowd: Campaign, browser: Client) -> None:
    request(invited(crowd, 3 * DAY), NOON, kind="withdrawal")
    moved_to_now()
    page = browser.get("/admin/numbers/", {"by": "campaign", "weeks": "52"})
    (row,) = page.context["rows"]
    figures = [cell.number for cell in row.cells]

    listed = [browser.get(cell.url).context["cl"].result_count for cell in row.cells]
    sheet = browser.get(
        "/admin/numbers/", {"by": "campaign", "weeks": "52", "as": "csv"}
    ).content.decode()
    of_campaign = browser.get(f"/admin/campaigns/campaign/{crowd.pk}/change/")

    assert figures == listed == [8, 4, 2, 1]
    assert f"{crowd.name},8,4,2,1,1" in sheet
    assert [c.number for c in of_campaign.context["together"].cells] == figures


def test_a_sheet_has_real_dates_and_numbers(crowd: Campaign, browser: Client) -> None:
    moved_to_now()
    answer = browser.get("/admin/numbers/", {"weeks": "52", "as": "xlsx"})
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)

    assert rows[0][0] == "Week from Monday"
    assert len(rows) == 53
    assert all(isinstance(row[0], dt.datetime) and row[0].weekday() == 0 for row in rows[1:])
    assert {type(figure) for row in rows[1:] for figure in row[1:]} == {int}
    assert sum(row[1] for row in rows[1:]) == ALL.invited
    assert browser.get("/admin/numbers/", {"as": "pdf"}).status_code == 404
