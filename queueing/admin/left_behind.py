"""An account was taken out of a campaign: what becomes of those who wait for it is asked."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count

from campaigns.models import Campaign, LinkedInAccount
from queueing.admin import undoing
from queueing.admin.anew import plan_anew, with_waiting
from queueing.admin.deeds import Done
from queueing.staff import items, triage
from queueing.staff.moving import MoveToOthers, left_behind

REASON = "their account was taken out of the campaign"
MOVE, SKIP = "move", "skip"


class LeftBehindForm(forms.Form):
    """Asks what becomes of them."""

    what = forms.ChoiceField(
        label="They",
        choices=[(MOVE, "go by the campaign's other accounts"), (SKIP, "are skipped")],
        widget=forms.RadioSelect,
        initial=MOVE,
        help_text="“Back” leaves them as they are: they go by the account that was taken out.",
    )


def is_left(campaign: Campaign, now: dt.datetime) -> bool:
    return left_behind(campaign).exists()


def warns(campaign: Campaign, now: dt.datetime) -> str:
    counted = left_behind(campaign).order_by().values_list("linkedin_account__name")
    rows = counted.annotate(number=Count("pk")).order_by("-number")
    told = ", ".join(f"{number:,} for {name}" for name, number in rows)
    others = ", ".join(campaign.accounts.order_by("name").values_list("name", flat=True)[:5])
    return f"Some still wait for an account that is not in the campaign any more: {told}. " + (
        f"In it now: {others}." if others else "It has no other account now."
    )


def act(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    """Move or skip them.

    :raises ValueError: where no account of the campaign can send.
    """
    waiting = left_behind(campaign)
    before = list(LinkedInAccount.objects.filter(queue_items__in=waiting).distinct())
    if values["what"] == SKIP:
        result = items.act(triage.Skip(), waiting, by, now, reason=REASON)
        told = f"{result.sentence('skipped')} {plan_anew(before, now)}".strip()
        undo = undoing.of_skip(by, REASON, now - dt.timedelta(seconds=1), later(now), barred=False)
        return Done(told, undo=undo)
    action = MoveToOthers(campaign)
    result = items.act(action, waiting, by, now, reason=REASON)
    everybody = {account.pk: account for account in before}
    of_campaign = with_waiting(Campaign.objects.filter(pk=campaign.pk))
    everybody |= {account.pk: account for account in of_campaign}
    moved = plan_anew(list(everybody.values()), now)
    level = messages.WARNING if result.left else messages.SUCCESS
    return Done(f"{result.sentence(action.verb)} {moved}".strip(), level)


def later(now: dt.datetime) -> dt.datetime:
    """Return an instant after all that a deed of now has written."""
    return now + dt.timedelta(minutes=1)
