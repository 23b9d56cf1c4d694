"""A campaign's changed texts, and who waits with the ones before: a page that asks."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from campaigns.models import Campaign
from queueing import gates
from queueing.admin.anew import plan_anew, with_waiting
from queueing.admin.deeds import Done
from queueing.models import QueueItem
from queueing.staff import items
from queueing.staff.texts import TextsOfNow, waiting_with_others

COMPARED = 3
LOOKED_AT = 200  # for what no longer fits
SHOWN = ("prospect", "linkedin_account", "campaign")


@dataclass(frozen=True)
class Compared:
    """What somebody who waits would get, before and after; `problem` where the new does not fit."""

    item: QueueItem
    old: str
    new: str
    problem: str


def differs(campaign: Campaign, now: dt.datetime) -> bool:
    """Say whether somebody waits with another text than the campaign's would give them."""
    return bool(compared(campaign))


def compared(campaign: Campaign) -> list[Compared]:
    """Return those of the first who wait whose text would be another: what does not fit first."""
    action = TextsOfNow()
    rows = waiting_with_others(campaign).in_turn().select_related(*SHOWN)[:LOOKED_AT]
    found = [_compare(action, item) for item in rows]
    changed = [each for each in found if each.problem or each.old != each.new]
    return sorted(changed, key=lambda each: not each.problem)


def _compare(action: TextsOfNow, item: QueueItem) -> Compared:
    try:
        return Compared(item, item.message, action.worded(item)[0], "")
    except ValueError as problem:
        return Compared(item, item.message, "", str(problem))


def panel(campaign: Campaign) -> dict[str, Any]:
    """Return what the page shows: the two texts side by side, and what no longer fits."""
    found = compared(campaign)
    problems = [each for each in found if each.problem]
    return {
        "number": waiting_with_others(campaign).count(),
        "problems": problems[:COMPARED],
        "problems_in_all": len(problems),
        "looked_at": LOOKED_AT,
        "compared": [each for each in found if not each.problem][:COMPARED],
        "goes_meanwhile": campaign.status == Campaign.Status.ACTIVE
        and not gates.stop_reason(campaign.workspace_id),
    }


def warns(campaign: Campaign, now: dt.datetime) -> str:
    number = waiting_with_others(campaign).count()
    people = "1 person waits" if number == 1 else f"{number:,} people wait"
    return f"{people} with the text that was the campaign's when it was planned."


def give(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    """Give all who wait the campaign's text; whoever it does not fit keeps theirs."""
    action, rows = TextsOfNow(), waiting_with_others(campaign)
    result = items.act(action, rows, by, now, reason=values["reason"])
    moved = plan_anew(with_waiting(Campaign.objects.filter(pk=campaign.pk)), now)
    return Done(f"{result.sentence(action.verb)} {moved}".strip())
