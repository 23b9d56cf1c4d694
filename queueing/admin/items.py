"""The queue, and an item's page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.pages import clock
from queueing import gates, planning
from queueing.admin import timeline
from queueing.admin.actions import Retrying, SendingNext, Settling
from queueing.admin.filters import (
    AccountFilter,
    CampaignFilter,
    MeaningFilter,
    PlannedFilter,
    SentFilter,
    WaitsForFilter,
)
from queueing.admin.listing import ExplainedList, ItemList
from queueing.gates import GateState, words
from queueing.looking import next_steps
from queueing.models import QueueItem
from queueing.sending import meaning
from queueing.staff import triage

Status = QueueItem.Status

# The buttons of an item's page: the list that has the action, the action, its words.
_LOOK_AGAIN = (("failedsend", "look_again", "Look them up again…", "change"),)
_SET_ASIDE = (
    ("queueitem", "skip", "Skip…", "change"),
    ("queueitem", "never_contact", "Never contact…", "change"),
)
_SETTLED = (
    ("unconfirmedsend", "mark_sent", "Mark as sent…", "confirm"),
    ("unconfirmedsend", "confirm_not_sent", "Confirm as not sent…", "confirm"),
)
_SAME_PERSON = (("failedsend", "same_person", "It is the same person: retry…", "change"),)
BUTTONS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    Status.PENDING: (
        ("queueitem", "send_now", "Send with the next run…", "send_now"),
        ("queueitem", "edit_text", "Edit the text…", "change"),
        *_SET_ASIDE,
    ),
    Status.FAILED: (
        ("queueitem", "retry_now", "Retry now…", "change"),
        ("queueitem", "retry_spread", "Retry, spread…", "change"),
        ("queueitem", "edit_and_retry", "Edit the message and retry…", "change"),
        *_SET_ASIDE,
    ),
    Status.SKIPPED: (("queueitem", "put_back", "Put back in the queue…", "change"),),
    Status.UNCONFIRMED: (
        ("unconfirmedsend", "check_now", "Check with LinkedIn now", "change"),
        *_SETTLED,
    ),
}
_PERMISSIONS = {
    "change": "queueing.change_queueitem",
    "send_now": "queueing.send_now",
    "confirm": "queueing.confirm_unconfirmed",
}


@admin.register(QueueItem)
class QueueItemAdmin(Retrying, SendingNext, Settling, ItemList):
    changelist = ExplainedList
    change_form_template = "admin/queueing/item.html"
    actions = (
        "retry_now",
        "same_person",
        "retry_spread",
        "edit_and_retry",
        "skip",
        "never_contact",
        "put_back",
        "edit_text",
        "send_now",
        "mark_sent",
        "confirm_not_sent",
    )
    list_display = (
        "recipient",
        "place",
        "status",
        "waits_for",
        "times",
        "error",
    )
    list_filter = (
        "status",
        "kind",
        WaitsForFilter,
        AccountFilter,
        CampaignFilter,
        PlannedFilter,
        SentFilter,
        MeaningFilter,
    )
    sortable_by = ("times",)
    fieldsets = (
        (
            "All that is stored",
            {
                "classes": ("collapse",),
                "fields": (
                    "kind",
                    "step",
                    "variant",
                    "workspace",
                    "person_key",
                    "linkedin_user_id",
                    "planned_for",
                    "sent",
                    "invitation_id",
                    "chat_id",
                    "asked_at",
                    "attempts",
                    "error_code",
                    "error_message",
                ),
            },
        ),
    )
    readonly_fields = ("planned_for", "sent")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        item = self.get_object(request, object_id)
        if item is not None and self.has_view_permission(request):
            extra_context = {**(extra_context or {}), **_panels(request, item)}
        return self.changeform_view(request, object_id, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("queueing.delete_queueitem") and (
            obj is None or _may_be_forgotten(obj)
        )

    @admin.display(description="waits for")
    def waits_for(self, item: QueueItem) -> str | None:
        report = getattr(item, "report", None)
        return words.IN_WORDS[words.waits_for(report)] if report else None

    @admin.display(description="planned, sent", ordering="scheduled_for")
    def times(self, item: QueueItem) -> SafeString:
        sent = self.sent(item)
        planned = self.planned_for(item)
        return format_html("{}<br>sent {}", planned, sent) if sent else planned

    @admin.display(description="planned for", ordering="scheduled_for")
    def planned_for(self, item: QueueItem) -> SafeString:
        report = getattr(item, "report", None)
        there = report.facts.hours.timezone if report else ""
        by_hand = " (by hand)" if item.pinned else ""
        return format_html("{}{}", clock.shown(item.scheduled_for, there), by_hand)

    @admin.display(description="sent", ordering="sent_at")
    def sent(self, item: QueueItem) -> SafeString | None:
        return clock.shown(item.sent_at)


def _may_be_forgotten(item: QueueItem) -> bool:
    """Say whether nothing is lost with an item: neither its person's place nor evidence of calls.

    What the former queue sent has no calls here, and holds its person all the same.
    """
    holds = QueueItem.objects.filter(pk=item.pk).holding_the_person().exists()
    return not holds and not item.send_attempts.exists()


def _panels(request: HttpRequest, item: QueueItem) -> dict[str, Any]:
    """Return what the page shows above the plain fields."""
    now = timezone.now()
    report = gates.report(item.pk, now) if item.status == Status.PENDING else None
    advice = meaning.ADVICE[meaning.of(item.error_code)] if item.status == Status.FAILED else None
    return {
        "item": item,
        "client_zone": report.facts.hours.timezone if report else "",
        "advice": advice,
        "report": report,
        "happens_next": next_steps.of(item, now),
        "foreseen": planning.foreseen_at(item, now) if report and report.earliest else None,
        "gates": [(number, state, _opens(state)) for number, state in _numbered(report)],
        "waits_for": words.IN_WORDS[words.waits_for(report)] if report else "",
        "must_act": report is not None and any(s.somebody_must_act for s in report.states),
        "timeline": timeline.of(item),
        "buttons": [
            (reverse(f"admin:queueing_{model}_changelist"), action, words)
            for model, action, words, needs in _buttons_of(item)
            if request.user.has_perm(_PERMISSIONS[needs])
        ],
    }


def _buttons_of(item: QueueItem) -> tuple[tuple[str, str, str, str], ...]:
    """Return an item's buttons; where a try of it may have arrived, whatever its state, these too.

    Until somebody says what became of that, it holds the person.
    """
    of_status = BUTTONS.get(item.status, ())
    if item.status == Status.FAILED and item.error_code == meaning.SOMEBODY_ELSE:
        of_status = (*_SAME_PERSON, *of_status)
    may_be_settled = item.status in triage.TRIED_IN and item.tried_at and item.sent_at is None
    if may_be_settled and meaning.of(item.error_code) == meaning.Meaning.UNKNOWN:
        of_status = (*_LOOK_AGAIN, *of_status) if item.status == Status.FAILED else of_status
    return (*of_status, *_SETTLED) if may_be_settled else of_status


def _numbered(report: gates.Report | None) -> list[tuple[int, GateState]]:
    return list(enumerate(report.states, start=1)) if report else []


def _opens(state: GateState) -> str:
    """Return when a closed gate opens, or who opens it."""
    if state.is_open:
        return ""
    if state.somebody_must_act:
        return "when somebody acts"
    if state.opens_at is None:
        return "by itself, soon"
    return f"by itself, {clock.said(state.opens_at)}"
