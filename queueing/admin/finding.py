"""One search on every page: people with their state and next time, campaigns, accounts."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount, Prospect, matching
from campaigns.pages import NUL, behind_walls
from queueing.models import QueueItem

AT_MOST = 20  # of each kind
LONGEST = 300


@dataclass(frozen=True)
class Person:
    """Somebody who was found, and their last item in the queue, if any."""

    prospect: Prospect
    item: QueueItem | None


def find_page(request: HttpRequest) -> HttpResponse:
    """Show what was found; where it is one row alone, lead to it."""
    user, text = cast(User, request.user), request.GET.get("q", "").replace(NUL, "")[:LONGEST]
    text = text.strip()
    people, campaigns, accounts = _people(user, text), [], []
    if text:
        campaigns = _named(Campaign, user, text)
        accounts = _named(LinkedInAccount, user, text)
    found: list[Any] = [*(each.prospect for each in people), *campaigns, *accounts]
    if len(found) == 1:
        options = found[0]._meta
        name = f"admin:{options.app_label}_{options.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[found[0].pk]))
    context = {
        **admin.site.each_context(request),
        "title": f"Found for “{text}”" if text else "Find",
        "q": text,
        "people": people,
        "campaigns": campaigns,
        "accounts": accounts,
        "at_most": AT_MOST,
    }
    return render(request, "admin/find.html", context)


def _people(user: User, text: str) -> list[Person]:
    if not text or not user.has_perm("campaigns.view_prospect"):
        return []
    mine = behind_walls(Prospect.objects.all(), user, "campaign__workspace", narrowed=False)
    rows = list(matching(mine, text).select_related("campaign__workspace")[:AT_MOST])
    items = QueueItem.objects.filter(prospect__in=rows).order_by("created_at")
    last = {item.prospect_id: item for item in items.select_related("linkedin_account")}
    return [Person(each, last.get(each.pk)) for each in rows]


def _named(model: type[Campaign | LinkedInAccount], user: User, text: str) -> list[Any]:
    if not user.has_perm(f"campaigns.view_{model._meta.model_name}"):
        return []
    rows: QuerySet[Any] = model._default_manager.filter(name__icontains=text)
    mine = behind_walls(rows, user, "workspace", narrowed=False)
    return list(mine.select_related("workspace").order_by("name")[:AT_MOST])
