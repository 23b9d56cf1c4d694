"""The queue: its items, and what holds a person or counts against a cap.

The promises rest on the constraints here: nobody twice in a workspace, one call in flight for an
account. Names of models, fields and the table are relied on outside the code: keep them.
"""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Length

from campaigns.messages import EDITION_LENGTH
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step, Workspace
from campaigns.models.steps import STEPS_AT_MOST
from queueing.models.kinds import HOLDS, PERSON_HAS_ENDED, TOUCHES, Kind, TouchSpan


def counts_since(start: dt.datetime) -> Q:
    """Return the condition for what counts against a cap whose window began at `start`.

    Sent items by the instant of the answer, which is never before the effect; items in flight
    always; those of which a try may have arrived by its beginning, plus the longest that a call can
    take, whatever has become of them since. So no effect within the window is ever left out.
    """
    return Q(sent_at__gte=start) | in_doubt_since(start)


def in_doubt_since(start: dt.datetime) -> Q:
    """Return the part of `counts_since` whose outcome is not known: none of it has a `sent_at`."""
    since = start - dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    return (
        Q(status=QueueItem.Status.SENDING)
        | Q(status=QueueItem.Status.UNCONFIRMED, claimed_at__gte=since)
        | Q(tried_at__gte=since, sent_at__isnull=True)
    )


MAYBE_ARRIVED = Q(tried_at__isnull=False, sent_at__isnull=True) & (
    Q(searched_at__isnull=True) | Q(searched_at__lt=F("tried_at"))
)
"""A try may have arrived, and no conclusive look has been made since: nothing ends like this."""


WILL_SEND = Q(campaign__status=Campaign.Status.ACTIVE) | Q(
    campaign__status=Campaign.Status.DRAFT, campaign__starts_at__isnull=False
)
"""Of campaigns that send, or will by themselves."""


class QueueItemQuerySet(models.QuerySet["QueueItem"]):
    """The vocabulary of the queue: each word is defined here once."""

    def pending(self) -> Self:
        return self.filter(status=QueueItem.Status.PENDING)

    def due(self, now: dt.datetime) -> Self:
        """Return what is pending and whose time has come, oldest first."""
        return self.pending().filter(scheduled_for__lte=now).in_turn()

    def in_turn(self) -> Self:
        return self.order_by("scheduled_for", "created_at", "id")

    def sending(self) -> Self:
        return self.filter(status=QueueItem.Status.SENDING)

    def holding_the_person(self) -> Self:
        """Return what keeps its person from being queued again: queued, invited, or maybe invited.

        What was sent, or may have been, holds the person in every state: a skipped item too.
        """
        return self.filter(
            Q(status__in=QueueItem.PERSON_HELD_BY)
            | Q(sent_at__isnull=False)
            | Q(tried_at__isnull=False)
        )

    def maybe_arrived(self) -> Self:
        """Return that of which a try may have arrived, and whose looks have not ended yet."""
        return self.filter(MAYBE_ARRIVED)

    def counting_since(self, start: dt.datetime) -> Self:
        return self.filter(counts_since(start))


class QueueItem(models.Model):
    """One connection request, message or withdrawal, from being planned to being recorded."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped"
        UNCONFIRMED = "unconfirmed", "Maybe sent"

    Kind = Kind
    MAYBE_ARRIVED = MAYBE_ARRIVED
    PERSON_HAS_ENDED = PERSON_HAS_ENDED
    PERSON_HELD_BY = (Status.PENDING, Status.SENDING, Status.UNCONFIRMED, Status.SENT)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind, default=Kind.CONNECTION_REQUEST)
    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.PROTECT,
        db_index=False,  # item_by_workspace begins with it
        related_name="+",
        verbose_name="client",
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        db_index=False,  # item_by_campaign begins with it
        related_name="queue_items",
    )
    prospect = models.ForeignKey(
        Prospect, on_delete=models.PROTECT, related_name="queue_items", verbose_name="person"
    )
    linkedin_account = models.ForeignKey(
        LinkedInAccount, on_delete=models.PROTECT, related_name="queue_items"
    )
    linkedin_user_id = models.CharField(
        "LinkedIn user id",
        max_length=200,
        blank=True,
        help_text="Unipile's provider id as the item's own account sees it. Empty: looked up.",
    )
    person_key = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    has_note = models.GeneratedField(
        expression=ExpressionWrapper(~Q(message=""), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    note_length = models.GeneratedField(
        expression=Length("message"), output_field=models.IntegerField(), db_persist=True
    )
    step = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Which of the campaign's messages. 0: none of them."
    )
    variant = models.CharField(
        max_length=1,
        choices=Step.Variant,
        blank=True,
        db_default="",
        help_text="Which text of the step.",
    )
    edition = models.CharField(
        max_length=EDITION_LENGTH,
        blank=True,
        db_default="",
        help_text="Which wording of the text, as it was when this was made of it.",
    )
    by_hand = models.BooleanField(
        default=False,
        db_default=False,
        help_text="An answer that somebody wrote: no follow-up, and no wait for one.",
    )
    scheduled_for = models.DateTimeField()
    pinned = models.BooleanField(
        default=False, help_text="Set to this time by hand: planning leaves it there."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    error_code = models.CharField(max_length=100, blank=True)
    error_message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(
        default=0, help_text="Failed tries that count against the retries."
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    tried_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the last call began that may have reached LinkedIn, as far as is known.",
    )
    searched_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When looking for the effect of such a call ended without a trace of one.",
    )
    invitation_id = models.CharField(max_length=100, blank=True)
    chat_id = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text="The conversation of a message, as Unipile names it.",
    )
    message_id = models.CharField(max_length=200, blank=True, db_default="")
    asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it was last looked up whether the person has answered: they had not.",
    )
    ask_again_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="That could not be looked up: nothing goes before it could.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Of a failed item: when it failed, for nothing touches one before it leaves that state.
    updated_at = models.DateTimeField(auto_now=True)

    objects = QueueItemQuerySet.as_manager()

    class Meta:
        db_table = "send_queue"
        verbose_name = "request"
        ordering = ("scheduled_for", "created_at", "id")
        permissions = (("send_now", "Can send before the planned time"),)
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "person_key", "kind"],
                condition=~Q(kind="message") & HOLDS,
                name="nobody_twice_in_a_workspace",
                violation_error_message="This person is already queued or invited here.",
            ),
            # The same person under another slug: ids of one account name people unmistakably.
            models.UniqueConstraint(
                fields=["linkedin_account", "linkedin_user_id", "kind"],
                condition=~Q(linkedin_user_id="") & ~Q(kind="message") & HOLDS,
                name="nobody_twice_by_an_account",
                violation_error_message="This account has this person queued or invited already.",
            ),
            # A step that was skipped or has failed is not made anew either: staff retry it.
            models.UniqueConstraint(
                fields=["campaign", "person_key", "step"],
                condition=Q(kind="message", step__gt=0),
                name="each_step_once_a_person",
                violation_error_message="This person has this message queued already, or had it.",
            ),
            models.UniqueConstraint(
                fields=["campaign", "linkedin_account", "linkedin_user_id", "step"],
                condition=~Q(linkedin_user_id="") & Q(kind="message", step__gt=0),
                name="each_step_once_by_an_account",
                violation_error_message="This person has this message queued already, or had it.",
            ),
            # By its claim, which no later record of the call moves.
            ExclusionConstraint(
                expressions=[(TouchSpan("workspace", "person_key", "claimed_at"), "&&")],
                condition=TOUCHES,
                name="one_touch_in_a_day",
                violation_error_message="Something else reached this person within 24 hours.",
            ),
            models.CheckConstraint(
                condition=Q(kind="message")
                | Q(step=0, variant="", by_hand=False, chat_id="", message_id=""),
                name="message_fields_of_messages",
            ),
            models.CheckConstraint(
                condition=~Q(kind="message")
                | (Q(step__range=(1, STEPS_AT_MOST), by_hand=False) | Q(step=0, by_hand=True)),
                name="message_is_a_step_or_by_hand",
            ),
            models.CheckConstraint(
                condition=~Q(kind="message") | ~Q(message=""), name="message_has_a_text"
            ),
            models.UniqueConstraint(
                fields=["linkedin_account"],
                condition=Q(status="sending"),
                name="one_call_in_flight_per_account",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["pending", "sending", "sent", "failed", "skipped", "unconfirmed"]
                ),
                name="item_status_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["connection_request", "message", "withdrawal"]),
                name="item_kind_known",
            ),
            models.CheckConstraint(condition=~Q(person_key=""), name="item_names_a_person"),
            models.CheckConstraint(
                condition=Q(status="sending", claim_token__isnull=False)
                | (~Q(status="sending") & Q(claim_token__isnull=True)),
                name="claim_token_while_sending",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sending", "unconfirmed"]) | Q(claimed_at__isnull=False),
                name="claimed_at_while_in_doubt",
            ),
            # A skipped item may have been sent: the person withdrew, or was found to be invited.
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | Q(status="skipped")
                | (~Q(status__in=["sent", "skipped"]) & Q(sent_at__isnull=True)),
                name="sent_at_when_sent",
            ),
            # Nobody's end without a conclusive look, where a try may have arrived.
            models.CheckConstraint(
                condition=~Q(status__in=["failed", "skipped"]) | ~MAYBE_ARRIVED,
                name="no_end_in_doubt",
            ),
        )
        indexes = (
            # processing.claim: an account's pending items in turn; planning: its free slots
            models.Index(
                fields=["linkedin_account", "scheduled_for", "created_at", "id"],
                condition=Q(status="pending"),
                name="item_pending_in_turn",
            ),
            # processing.due_accounts and the run's message: all that is due
            models.Index(
                fields=["scheduled_for"], condition=Q(status="pending"), name="item_pending_due"
            ),
            # waiting.waiting_for and count_waiting: what waits, by account and campaign
            models.Index(
                fields=["linkedin_account", "campaign", "scheduled_for"],
                include=["workspace", "kind", "note_length", "by_hand"],
                condition=Q(status="pending"),
                name="item_pending_by_pair",
            ),
            # gates: what reached a person lately; news: their items of every kind
            models.Index(fields=["person_key", "workspace"], name="item_by_person"),
            # barring.barred: people on a do-not-contact list; recording: the same id elsewhere
            models.Index(
                fields=["linkedin_user_id"],
                condition=~Q(linkedin_user_id=""),
                name="item_by_user_id",
            ),
            # barring.barred: those whom a look-up may have found under a newer slug
            models.Index(
                fields=["prospect"],
                condition=Q(status="pending", claimed_at__isnull=False),
                name="item_pending_tried",
            ),
            # gates.usage: caps and spacing of an account
            models.Index(
                fields=["linkedin_account", "sent_at"],
                condition=Q(sent_at__isnull=False),
                name="item_sent_by_account",
            ),
            # gates.usage, recovering and reconciling: what is in flight or in doubt
            models.Index(
                fields=["linkedin_account", "claimed_at"],
                condition=Q(status__in=["sending", "unconfirmed"]),
                name="item_in_doubt",
            ),
            # counting.by_account and reconciling: what may have arrived, in any state
            models.Index(
                fields=["linkedin_account", "tried_at"],
                condition=Q(tried_at__isnull=False, sent_at__isnull=True),
                name="item_maybe_arrived",
            ),
            # The admin's lists, all of them or of one status, in order
            models.Index(fields=["scheduled_for", "created_at", "id"], name="item_in_order"),
            models.Index(
                fields=["status", "scheduled_for", "created_at", "id"], name="item_by_status"
            ),
            models.Index(fields=["workspace", "status", "scheduled_for"], name="item_by_workspace"),
            # A campaign's figures, counted without a look at the rows
            models.Index(
                fields=["campaign", "status", "scheduled_for"],
                include=["sent_at", "prospect", "kind"],
                name="item_by_campaign",
            ),
            # status.by_day and numbers: what was sent when, likewise
            models.Index(
                fields=["workspace", "sent_at"],
                include=["campaign", "linkedin_account", "prospect", "kind"],
                condition=Q(sent_at__isnull=False),
                name="item_sent_by_workspace",
            ),
            # The admin's failed sends, newest first; what they mean, likewise
            models.Index(
                fields=["updated_at"],
                include=["workspace", "error_code"],
                condition=Q(status="failed"),
                name="item_failed_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.prospect} ({self.get_status_display().lower()})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.person_key = self.person_key or self.prospect.person_key
        super().save(*args, **kwargs)
