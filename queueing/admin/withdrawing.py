"""Taking back what nobody answers: off until somebody has seen whom that concerns."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.walls import WITHDRAWAL_DAYS
from campaigns.pages import ReasonForm
from queueing.admin.deeds import Deed, Done
from queueing.models import QueueItem
from queueing.planning import ends, withdrawals
from queueing.staff import log


class DaysForm(ReasonForm):
    """Asks after how many days, and why."""

    days = forms.TypedChoiceField(
        label="Withdraw after",
        coerce=int,
        choices=[(days, f"{days} days") for days in WITHDRAWAL_DAYS],
        help_text="Of those who accept, 88 % do within a week and 99 % within 30 days.",
    )
    field_order = ("days", "reason")


def proposed(campaign: Campaign) -> int:
    """Return the days that a campaign has by now, or that its workspace proposes."""
    of_workspace = campaign.workspace.withdraw_after_days
    return campaign.withdraw_after_days or of_workspace or withdrawals.AFTER_DAYS


def _before(campaign: Campaign, now: dt.datetime) -> str:
    days = proposed(campaign)
    told = withdrawals.preview(campaign, now, days).in_words(days)
    return f"It is on. {told}" if campaign.withdraw_after_days else told


def _panel(campaign: Campaign) -> dict[str, Any]:
    return {"previews": withdrawals.previews(campaign, timezone.now())}


def _withdraw(campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    days = values["days"]
    Campaign.objects.filter(pk=campaign.pk).update(withdraw_after_days=days)
    log.note(by, [campaign], f"Withdraws what nobody answers for {days} days", values["reason"])
    return Done(f"What nobody answers for {days} days is withdrawn from now on, a few each day.")


def _keep_unanswered(
    campaign: Campaign, values: dict[str, Any], by: User, now: dt.datetime
) -> Done:
    Campaign.objects.filter(pk=campaign.pk).update(withdraw_after_days=None)
    waiting = campaign.queue_items.pending().filter(kind=QueueItem.Kind.WITHDRAWAL)
    told = f"Not withdrawn after all, says {by}: {values['reason']}"
    number = ends.set_aside(waiting, withdrawals.ENDED, told, now)
    log.note(by, [campaign], "Withdraws nothing any more", values["reason"])
    return Done(f"Nothing more is withdrawn; {number:,} that waited for it stay.")


WITHDRAW = Deed(
    "withdraw",
    "Withdraw what nobody answers",
    _before,
    lambda campaign, now: campaign.status in {Campaign.Status.ACTIVE, Campaign.Status.COMPLETED},
    _withdraw,
    DaysForm,
    template="admin/withdraw.html",
    shows=_panel,
    starts_with=lambda campaign: {"days": proposed(campaign)},
)
KEEP = Deed(
    "keep-unanswered",
    "Withdraw nothing any more",
    lambda campaign, now: "Invitations that nobody has answered stay pending from now on.",
    lambda campaign, now: campaign.withdraw_after_days is not None,
    _keep_unanswered,
)
