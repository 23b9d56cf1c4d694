"""What failed for good, by what it means."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.pages import CappedPaginator, clock
from queueing.admin.actions import Retrying, Settling
from queueing.admin.filters import AccountFilter, CampaignFilter, FailedFilter, MeaningFilter
from queueing.admin.listing import AnsweredList, ItemList
from queueing.models import FailedSend, QueueItem
from queueing.sending import Advice, Meaning, meaning

BUTTONS = {
    Meaning.PERSON: (("skip", "Skip all"), ("never_contact", "Never contact")),
    Meaning.ANOTHER: (("same_person", "It is the same person"), ("skip", "Skip all")),
    Meaning.MESSAGE: (("edit_and_retry", "Change the text"), ("skip", "Skip all")),
    Meaning.ACCOUNT: (("retry_spread", "Retry all"), ("skip", "Skip all")),
    Meaning.UNKNOWN: (
        ("look_again", "Look them up again"),
        ("mark_sent", "Mark as sent"),
        ("confirm_not_sent", "Confirm as not sent"),
        ("skip", "Skip all"),
    ),
    Meaning.OURS: (("retry_spread", "Retry all"), ("skip", "Skip all")),
}


@dataclass
class Group:
    """The failures of one meaning."""

    meaning: Meaning
    advice: Advice
    number: int
    last_seen: dt.datetime

    buttons: tuple[tuple[str, str], ...] = ()
    """What is done to all of them at once: an action of the list, and its words."""


def groups(failed: QuerySet[Any], actions: Collection[str]) -> list[Group]:
    """Count failures by meaning, the most frequent first.

    :param actions: of the list, that its reader may take.
    """
    codes = (
        failed.order_by()
        .values_list("error_code")
        .annotate(number=Count("*"), last=Max("updated_at"))
    )
    found: dict[Meaning, Group] = {}
    for code, number, last in codes:
        kind = meaning.of(code)
        offered = tuple(button for button in BUTTONS[kind] if button[0] in actions)
        group = found.setdefault(kind, Group(kind, meaning.ADVICE[kind], 0, last, offered))
        group.number += number
        group.last_seen = max(group.last_seen, last)
    return sorted(found.values(), key=lambda group: -group.number)


@admin.register(FailedSend)
class FailedSendAdmin(Retrying, Settling, ItemList):
    changelist = AnsweredList
    change_list_template = "admin/queueing/failedsend/change_list.html"
    actions = (
        "retry_now",
        "same_person",
        "retry_spread",
        "edit_and_retry",
        "look_again",
        "mark_sent",
        "confirm_not_sent",
        "skip",
        "never_contact",
    )
    list_display = (
        "recipient",
        "error",
        "meaning",
        "place",
        "failed_at",
    )
    list_filter = (MeaningFilter, AccountFilter, CampaignFilter, FailedFilter)
    ordering = ("-updated_at", "-pk")
    sortable_by = ("failed_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(status=QueueItem.Status.FAILED)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and self.has_view_permission(request):
            rows = super().get_queryset(request)
            doubtful = rows.filter(status=QueueItem.Status.UNCONFIRMED).order_by()
            extra_context = {
                **(extra_context or {}),
                "groups": groups(self.get_queryset(request), self.get_actions(request)),
                "doubtful": doubtful[: CappedPaginator.COUNT_AT_MOST].count(),
                "may_act": self.has_change_permission(request),
            }
        return super().changelist_view(request, extra_context)

    @admin.display(description="failed at, tries", ordering="updated_at")
    def failed_at(self, item: QueueItem) -> SafeString:
        tries = "1 try" if item.attempts == 1 else f"{item.attempts:,} tries"
        return format_html("{}<br>{}, no retry planned", clock.shown(item.updated_at), tries)
