"""Filters of the queue's lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount
from campaigns.pages import Field, RelatedFilter, date_range, workspaces_of
from queueing.gates import Gate, waiting, words
from queueing.models import QueueItem
from queueing.sending import Meaning, meaning

PlannedFilter = date_range("planned for", "scheduled_for", "planned")
SentFilter = date_range("sent", "sent_at", "sent")
FailedFilter = date_range("failed", "updated_at", "failed")
ClaimedFilter = date_range("tried", "claimed_at", "tried")


class AccountFilter(RelatedFilter):
    title = "account"
    related = LinkedInAccount
    lookup = "linkedin_account"
    fields = (Field("account", "Name"),)


class CampaignFilter(RelatedFilter):
    title = "campaign"
    related = Campaign
    lookup = "campaign"
    fields = (Field("campaign", "Name"),)


class WaitsForFilter(admin.SimpleListFilter):
    """Pending items by the gate that binds them."""

    title = "what it waits for"
    parameter_name = "waits_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(kind), told) for kind, told in words.IN_WORDS.items() if kind != Gate.PENDING]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        rows: Any = queryset
        return waiting.waiting_for(
            rows, str(self.value()), timezone.now(), workspaces_of(request.user)
        )


class MeaningFilter(admin.SimpleListFilter):
    """Items by what their error means."""

    title = "what the error means"
    parameter_name = "meaning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, meaning.ADVICE[kind].label) for kind in Meaning]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in set(Meaning):
            return queryset
        return queryset.filter(_means(Meaning(str(self.value()))))


def _means(kind: Meaning) -> Q:
    if kind in meaning.CODES:
        return Q(error_code__in=meaning.CODES[kind])
    known = frozenset().union(*meaning.CODES.values())
    # What has no code has failed by a fault of ours, or not at all.
    return ~Q(error_code__in=known) & (~Q(error_code="") | Q(status=QueueItem.Status.FAILED))
