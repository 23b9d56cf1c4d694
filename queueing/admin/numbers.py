"""The numbers: a page of them, a part of other pages, and a sheet. `queueing.numbers` counts."""

import codecs
import csv
import datetime as dt
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from openpyxl import Workbook

from campaigns.models import Campaign, LinkedInAccount, Workspace
from campaigns.pages import as_plain_text, behind_walls, clock
from queueing import gates, numbers
from queueing.admin.stages import people_url
from queueing.models import QueueItem, QueueItemQuerySet
from queueing.numbers import Funnel, Stage, counting, texts
from queueing.numbers.counting import Week

PERMISSION = "queueing.view_queueitem"
WEEKS, WEEKS_AT_MOST = 8, 53
ROWS_AT_MOST = 500
HEIGHT, STEP, WIDTH = 100, 64, 40  # of the chart, in its units
YOUNG = dt.timedelta(days=7)  # 12 of 100 who accept do so later
SHOWN = (Stage.INVITED, Stage.ACCEPTED, Stage.ANSWERED, Stage.INTERESTED)
GROUPS = {"week": "Week", "campaign": "Campaign", "account": "Account", "workspace": "Client"}
HEADINGS = ("Invited", "Accepted", "Answered", "Interested", "Withdrawn")


@dataclass(frozen=True)
class Cell:
    """A figure, its share of the one before it in percent, and the list that it counts."""

    number: int
    share: int | None
    url: str


@dataclass(frozen=True)
class Row:
    """One line of the table: a week, a campaign, an account or a client."""

    name: str
    funnel: Funnel
    cells: tuple[Cell, ...]
    monday: dt.date | None = None
    is_young: bool = False


@dataclass(frozen=True)
class Bar:
    """A week's bar in the chart: heights in its units, each within the one before it."""

    x: int
    monday: dt.date
    funnel: Funnel
    heights: tuple[tuple[str, int, int], ...]  # which figure, its top, its height


def panel(
    items: QueueItemQuerySet,
    now: dt.datetime,
    weeks: int = WEEKS,
    **filters: Any,
) -> dict[str, Any]:
    """Return what `admin/numbers.html` shows of these items, by week and of all time.

    :param filters: of the list of people, so that each figure leads to those whom it counts.
    """
    zone = clock.zone()
    found, counted_at = gates.kept(
        ("weeks", weeks, str(zone), clock.today()),
        items,
        now,
        lambda: numbers.weeks(items, now, zone, weeks),
        lambda found: sum(week.funnel.invited for week in found),
    )
    ever, _ = gates.kept("ever", items, now, lambda: numbers.of(items), attrgetter("invited"))
    return {
        **_shown(found, _row("Ever", ever, filters), now, filters),
        "counted_at": counted_at if counted_at < now else None,
    }


def of_weeks(found: Sequence[Week], now: dt.datetime) -> dict[str, Any]:
    """Return what `admin/numbers.html` shows of weeks that were counted already."""
    since = {"invited_from": found[0].monday.isoformat()}
    funnel = counting.total(week.funnel for week in found)
    return _shown(found, _row(f"These {len(found)} weeks", funnel, since), now, {})


def _shown(
    found: Sequence[Week], together: Row, now: dt.datetime, filters: dict[str, Any]
) -> dict[str, Any]:
    return {
        "weeks": [_of_week(week, now, filters) for week in found],
        "together": together,
        "bars": bars(found),
        "chart_width": STEP * len(found),
        "definitions": [(Stage(stage).label, numbers.DEFINITIONS[stage]) for stage in Stage],
        "here": clock.here(),
    }


def of_texts(
    items: QueueItemQuerySet, now: dt.datetime, *, by_wording: bool = False
) -> dict[str, Any]:
    """Return what each text of these items brought, and how two of a step compare.

    :param by_wording: see `texts.lines`.
    """
    lines, _ = gates.kept(
        ("texts", by_wording),
        items,
        now,
        lambda: texts.lines(items, by_wording=by_wording),
        lambda found: sum(line.sent for line in found),
    )
    examples = texts.examples(items, lines)
    return {
        "texts": [(line, examples.get(line.edition, "")) for line in lines],
        "comparisons": texts.comparisons(lines),
    }


def bars(weeks: Sequence[Week]) -> list[Bar]:
    """Return the chart, scaled to its highest week."""
    highest = max((week.funnel.invited for week in weeks), default=0) or 1
    return [
        Bar(
            x=index * STEP + (STEP - WIDTH) // 2,
            monday=week.monday,
            funnel=week.funnel,
            heights=tuple(
                (name, HEIGHT - height, height)
                for name in ("invited", "accepted", "answered")
                if (height := _height(getattr(week.funnel, name), highest))
            ),
        )
        for index, week in enumerate(weeks)
    ]


def _height(number: int, highest: int) -> int:
    return max(round(HEIGHT * number / highest), 1) if number else 0


def _of_week(week: Week, now: dt.datetime, filters: dict[str, Any]) -> Row:
    days = {
        "invited_from": week.monday.isoformat(),
        "invited_until": (week.monday + dt.timedelta(days=6)).isoformat(),
    }
    row = _row("", week.funnel, {**filters, **days})
    return Row("", row.funnel, row.cells, week.monday, now < week.ends + YOUNG)


def _row(name: str, funnel: Funnel, filters: dict[str, Any]) -> Row:
    shares = (None, funnel.accepted_share, funnel.answered_share, funnel.interested_share)
    cells = tuple(
        Cell(getattr(funnel, str(stage)), share, people_url(stage=stage, **filters))
        for stage, share in zip(SHOWN, shares, strict=True)
    )
    return Row(name, funnel, cells)


@dataclass(frozen=True)
class Asked:
    """What the page is asked for: by what, and over how many weeks."""

    by: str
    weeks: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        by, weeks = request.GET.get("by", ""), request.GET.get("weeks", "")
        number = int(weeks) if weeks.isascii() and weeks.isdigit() and len(weeks) < 4 else WEEKS
        return cls(by if by in GROUPS else "week", min(max(number, 1), WEEKS_AT_MOST))


def numbers_page(request: HttpRequest) -> HttpResponse:
    """Show the numbers of what the user sees, by week, campaign, account or client."""
    items, asked, now = items_of(request), Asked.of(request), timezone.now()
    if "as" in request.GET:
        return export(request, items, asked, request.GET["as"])
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Numbers",
        "asked": asked,
        "groups": GROUPS.items(),
        "choices_of_weeks": (4, 8, 13, 26, 52),
        **panel(items, now, asked.weeks),
        **of_texts(items, now),
    }
    if asked.by != "week":
        context["rows"] = grouped(request, items, asked, now)
    return render(request, "admin/numbers_page.html", context)


def grouped(
    request: HttpRequest, items: QueueItemQuerySet, asked: Asked, now: dt.datetime
) -> list[Row]:
    """Return the numbers of those invited in these weeks, by campaign, account or client."""
    since = numbers.weeks(items.none(), now, clock.zone(), asked.weeks)[0].begins
    found = numbers.by(items.filter(sent_at__gte=since), asked.by)
    models = {"campaign": Campaign, "account": LinkedInAccount, "workspace": Workspace}
    keys: list[uuid.UUID] = [key for (key,) in found]
    names = dict(models[asked.by]._default_manager.filter(pk__in=keys).values_list("pk", "name"))
    first = since.astimezone(clock.zone()).date().isoformat()
    filters = {"campaign": "campaign", "account": "invited_by", "workspace": "client"}
    rows = [
        _row(
            names.get(key, ""), found[(key,)], {filters[asked.by]: str(key), "invited_from": first}
        )
        for key in keys
    ]
    return sorted(rows, key=lambda row: (-row.funnel.invited, row.name))[:ROWS_AT_MOST]


def export(request: HttpRequest, items: QueueItemQuerySet, asked: Asked, kind: str) -> HttpResponse:
    """Answer with the numbers as a sheet: weeks are dates, figures are numbers."""
    if kind not in {"csv", "xlsx"}:
        raise Http404(f"There is no export as {kind}.")
    now = timezone.now()
    if asked.by == "week":
        weeks = numbers.weeks(items, now, clock.zone(), asked.weeks)
        rows = [(week.monday, *_figures(week.funnel)) for week in weeks]
        heading = "Week from Monday"
    else:
        found = grouped(request, items, asked, now)
        rows = [(as_plain_text(row.name), *_figures(row.funnel)) for row in found]
        heading = GROUPS[asked.by]
    sheet = _csv if kind == "csv" else _xlsx
    answer = sheet([(heading, *HEADINGS), *rows])
    name = f"numbers by {asked.by} {clock.today()}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _figures(funnel: Funnel) -> list[int]:
    return [getattr(funnel, name) for name in counting.FIGURES]


def _csv(rows: Sequence[Sequence[Any]]) -> HttpResponse:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    body = codecs.BOM_UTF8 + text.getvalue().encode()  # Excel takes it for UTF-8 only with this
    return HttpResponse(body, content_type="text/csv; charset=utf-8")


def _xlsx(rows: Sequence[Sequence[Any]]) -> HttpResponse:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    body = io.BytesIO()
    book.save(body)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(body.getvalue(), content_type=kind)


def items_of(request: HttpRequest) -> QueueItemQuerySet:
    """Return the items that the user sees.

    :raises PermissionDenied: where they see none at all.
    """
    user = cast(User, request.user)
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    rows: Any = behind_walls(QueueItem.objects.all(), user, "workspace")
    return cast(QueueItemQuerySet, rows)
