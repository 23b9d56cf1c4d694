"""Lists of people by how far they have come: the lists behind the figures of `queueing.numbers`."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import LinkedInAccount, Workspace
from campaigns.pages import Field, RelatedFilter
from campaigns.pages.filters import DateRangeFilter
from queueing.models import QueueItem
from queueing.numbers import Stage
from queueing.numbers.people import REQUESTS, follow_up_is_due, nothing_heard_since, people_at

DUE = "follow_up_due"
SILENT_FOR = (3, 7, 14, 21, 30)  # days


def people_url(**filters: Any) -> str:
    """Return the address of the list of people, filtered; what is None is left out."""
    given = {name: value for name, value in filters.items() if value is not None}
    url = reverse("admin:campaigns_prospect_changelist")
    return f"{url}?{urlencode(given)}" if given else url


class StageFilter(admin.SimpleListFilter):
    """People who were invited, by where they stand."""

    title = "how far"
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((str(value), str(label)) for value, label in Stage.choices),
            (DUE, "Follow-up due"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stage = self.value()
        if stage == DUE:
            return queryset.filter(follow_up_is_due(timezone.now()))
        return queryset.filter(people_at(stage)) if stage in Stage.values else queryset


class SilenceFilter(admin.SimpleListFilter):
    """People of whom nothing was heard for some days since the last thing that went."""

    title = "no answer for"
    parameter_name = "silent_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(days), f"{days} days and more") for days in SILENT_FOR]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        since = timezone.now() - dt.timedelta(days=int(str(self.value())))
        return queryset.filter(nothing_heard_since(since))


class InvitedFilter(DateRangeFilter):
    """People who were invited on these days of the reader's, both included."""

    title = "invited"
    lookup = "sent_at"
    fields = (Field("invited_from", "From", "date"), Field("invited_until", "Until", "date"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not any(self._day(field) for field in self.fields):
            return queryset
        sent = QueueItem.objects.filter(REQUESTS, prospect=OuterRef("pk"))
        return queryset.filter(Q(Exists(super().queryset(request, sent))))


class ClientFilter(RelatedFilter):
    """People of one client: a link's filter, beside the picker in the header."""

    title = "client"
    related = Workspace
    fields = (Field("client", "Client"),)
    lookup = "campaign__workspace"
    workspace_path = "pk"

    def has_output(self) -> bool:
        return bool(self.used_parameters)


class InvitedByFilter(RelatedFilter):
    """People whom an account has invited."""

    title = "invited by"
    related = LinkedInAccount
    fields = (Field("invited_by", "Account"),)
    lookup = "linkedin_account"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.used_parameters.get("invited_by"):
            return queryset
        sent = QueueItem.objects.filter(REQUESTS, prospect=OuterRef("pk"))
        return queryset.filter(Q(Exists(super().queryset(request, sent))))
