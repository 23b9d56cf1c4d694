"""Start campaigns whose time has come, complete those that are done, replan what can't go."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from campaigns.models import Campaign, Prospect, Step
from queueing.models import QueueItem
from queueing.planning import ends, steps
from queueing.planning.enqueue import CannotEnqueueError, cannot_start, enqueue
from queueing.planning.replan import replan_overdue
from queueing.telling import Fence, notices

STILL_TO_DO = (Prospect.Status.NEW, Prospect.Status.QUEUED)
STILL_UNDER_WAY = (
    QueueItem.Status.PENDING,
    QueueItem.Status.SENDING,
    QueueItem.Status.UNCONFIRMED,
)


@dataclass
class ScheduleReport:
    """Names of campaigns; `not_started` maps a name to the reason.

    `queued` counts people; `moved` items that have a new time, `skipped` those that waited in vain.
    `set_aside` names what could not be dealt with.
    """

    started: list[str] = field(default_factory=list)
    queued: int = 0
    completed: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    follow_ups: int = 0
    moved: int = 0
    skipped: int = 0
    not_started: dict[str, str] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"Started {len(self.started)}, queued {self.queued}"]
        parts.append(f"completed {len(self.completed)}, gave {self.moved} items new times.")
        failures = [f"Not started: “{name}”. {why}" for name, why in self.not_started.items()]
        again = [f"Active again: “{name}”." for name in self.reopened]
        return " ".join([", ".join(parts), *again, *failures])

    def as_json(self) -> dict[str, object]:
        return {
            "started": self.started,
            "queued": self.queued,
            "completed": self.completed,
            **({"reopened": self.reopened} if self.reopened else {}),
            **({"follow_ups": self.follow_ups} if self.follow_ups else {}),
            "moved": self.moved,
            **({"skipped": self.skipped} if self.skipped else {}),
            "not_started": self.not_started,
            **({"set_aside": self.set_aside} if self.set_aside else {}),
        }


def execute_scheduled_campaigns(now: dt.datetime) -> ScheduleReport:
    """Start the drafts that are due and complete the active campaigns that are done.

    Who is due for a follow-up gets it planned: see `steps`.

    What waits in a campaign, or for a person, that has ended is skipped; a completed campaign that
    has something to send is active again: see `ends`.

    Items that should have gone by now, or whose account rests then, get new times: see
    `replan_overdue`.

    Safe to repeat and to race. A draft is queued first and started then, so that one that is
    interrupted is taken up again; one that can queue nobody stays a draft.
    """
    report, fence = ScheduleReport(), Fence(now)
    due = Campaign.objects.filter(status=Campaign.Status.DRAFT, starts_at__lte=now)
    for campaign in due.order_by("starts_at", "pk"):
        with fence.around(f"The start of campaign “{campaign}”", campaign.workspace_id):
            _start(campaign, now, report)
    report.follow_ups = steps.plan_follow_ups(now, fence)
    with fence.around("What waits where all has ended"):
        report.skipped = ends.skip_what_has_ended(now)
        report.reopened = [campaign.name for campaign in ends.reopen()]
    for campaign in done(now).order_by("name", "pk"):
        with fence.around(f"The end of campaign “{campaign}”", campaign.workspace_id):
            if done(now).filter(pk=campaign.pk).update(status=Campaign.Status.COMPLETED):
                report.completed.append(campaign.name)
    report.moved = replan_overdue(now, fence)
    report.set_aside = fence.aside
    return report


def done(now: dt.datetime) -> QuerySet[Campaign]:
    """Return active campaigns that have people, all of them dealt with, and nothing under way.

    One with follow-ups waits for those who may still accept: nearly all who do, do within 30 days.
    """
    people = Prospect.objects.filter(campaign=OuterRef("pk"))
    items = QueueItem.objects.filter(campaign=OuterRef("pk"), status__in=STILL_UNDER_WAY)
    invited = QueueItem.objects.filter(
        campaign=OuterRef("pk"),
        kind=QueueItem.Kind.CONNECTION_REQUEST,
        prospect__status=Prospect.Status.CONNECTION_REQUEST_SENT,
        sent_at__gte=now - steps.ACCEPT_WITHIN,
    )
    has_steps = Step.objects.filter(campaign=OuterRef("pk"))
    return Campaign.objects.exclude(Exists(has_steps) & Exists(invited)).filter(
        Exists(people),
        ~Exists(people.filter(status__in=STILL_TO_DO)),
        ~Exists(items),
        status=Campaign.Status.ACTIVE,
    )


def _start(campaign: Campaign, now: dt.datetime, report: ScheduleReport) -> None:
    try:
        queued = enqueue(campaign, now)
    except CannotEnqueueError as error:
        _cannot_start(campaign, str(error), now, report)
        return
    report.queued += queued.queued
    if problem := cannot_start(campaign, queued):
        _cannot_start(campaign, problem, now, report)
        return
    draft = Campaign.objects.filter(pk=campaign.pk, status=Campaign.Status.DRAFT)
    if draft.update(status=Campaign.Status.ACTIVE):
        report.started.append(campaign.name)


def _cannot_start(campaign: Campaign, why: str, now: dt.datetime, report: ScheduleReport) -> None:
    """Tell whoever called, and the workspace's people: nobody else would see it."""
    report.not_started[campaign.name] = why
    notices.campaign_not_started(campaign, why, now)
