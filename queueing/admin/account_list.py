"""The list of accounts: what each has sent, what waits for it, and when its next one goes."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.models import LinkedInAccount
from campaigns.pages import clock
from queueing import gates
from queueing.admin import beginning
from queueing.admin.deeds import DeedsAdmin
from queueing.gates import AccountFacts
from queueing.models import QueueItem


@dataclass(frozen=True)
class Use:
    """What an account of the list has sent, and what waits for it."""

    facts: AccountFacts
    waiting: int
    first_at: dt.datetime | None


def _use_of(account: LinkedInAccount) -> Use:
    use: Use = account.use  # type: ignore[attr-defined]
    return use


class AccountList(ChangeList):
    """Knows what the accounts of the page have sent, and what waits for them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        facts = gates.usages(page, timezone.now())
        pending = QueueItem.objects.pending().filter(linkedin_account__in=page).order_by()
        counted = pending.values("linkedin_account").annotate(
            number=Count("pk"), first=Min("scheduled_for")
        )
        found = {row["linkedin_account"]: (row["number"], row["first"]) for row in counted}
        for account in page:
            account.use = Use(facts[account.pk], *found.get(account.pk, (0, None)))
        self.result_list = page


class AccountColumns(DeedsAdmin):
    """The columns of that list, and what is done to several at once."""

    actions = ("rest_all",)

    @admin.action(permissions=["change"], description="Rest…")
    def rest_all(
        self, request: HttpRequest, rows: QuerySet[LinkedInAccount]
    ) -> HttpResponse | None:
        return self.do_to_all(request, rows, "rest")

    def response_add(self, request: HttpRequest, obj: LinkedInAccount, *args: Any) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, *args)
        is_plain = not {"_popup", "_addanother", "_continue"} & request.POST.keys()
        following = beginning.next_after(request.user, obj) if is_plain else ""
        return HttpResponseRedirect(following) if following else answer

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AccountList

    @admin.display(description="state", ordering="status")
    def state(self, account: LinkedInAccount) -> SafeString:
        pill = {"state": account.status, "label": account.get_status_display()}
        if account.status == LinkedInAccount.Status.CONNECTED and _rests(account, timezone.now()):
            pill = {"state": "resting", "label": "Resting"}
        until = clock.shown(account.paused_until) if _rests(account, timezone.now()) else None
        shown = render_to_string("admin/pill.html", pill)
        return format_html("{}<br><small>until {}</small>", shown, until) if until else shown

    @admin.display(description="today")
    def today(self, account: LinkedInAccount) -> str:
        facts = _use_of(account).facts
        return f"{facts.sent_today:,} / {facts.daily.value:,}"

    @admin.display(description="7 days")
    def week(self, account: LinkedInAccount) -> str:
        facts = _use_of(account).facts
        return f"{facts.sent_this_week:,} / {facts.weekly.value:,}"

    @admin.display(description="waiting")
    def waiting(self, account: LinkedInAccount) -> str | None:
        number = _use_of(account).waiting
        return f"{number:,}" if number else None

    @admin.display(description="next, as planned")
    def next_planned(self, account: LinkedInAccount) -> SafeString | None:
        return clock.shown(_use_of(account).first_at)


def _rests(account: LinkedInAccount, now: dt.datetime) -> bool:
    return account.paused_until is not None and account.paused_until > now
