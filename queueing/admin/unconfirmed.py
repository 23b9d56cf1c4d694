"""What may have been sent: kept apart from failures, and out of reach of their retry."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from campaigns.pages import clock
from queueing.admin.actions import Settling
from queueing.admin.filters import AccountFilter, CampaignFilter, ClaimedFilter
from queueing.admin.listing import AnsweredList, ItemList
from queueing.models import QueueItem, UnconfirmedSend


@admin.register(UnconfirmedSend)
class UnconfirmedSendAdmin(Settling, ItemList):
    changelist = AnsweredList
    change_list_template = "admin/queueing/unconfirmedsend/change_list.html"
    actions = ("check_now", "mark_sent", "confirm_not_sent")
    list_display = (
        "recipient",
        "error",
        "place",
        "tried_at",
    )
    list_filter = (AccountFilter, CampaignFilter, ClaimedFilter)
    ordering = ("claimed_at", "pk")
    sortable_by = ("tried_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(status=QueueItem.Status.UNCONFIRMED)

    @admin.display(description="tried at", ordering="claimed_at")
    def tried_at(self, item: QueueItem) -> SafeString | None:
        return clock.shown(item.claimed_at)
