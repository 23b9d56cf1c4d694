"""A page that checks the numbers: against lists and calls, and against what LinkedIn shows."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from campaigns.models import LinkedInAccount
from campaigns.pages import behind_walls, workspaces_of
from queueing.admin.confirming import is_uuid
from queueing.admin.numbers import PERMISSION, items_of
from queueing.looking import comparing
from queueing.numbers import checking
from queueing.sending import runs

SECONDS = 20  # that a call may take: two lists are read
ACCOUNTS_AT_MOST = 500


def check_page(request: HttpRequest) -> HttpResponse:
    """Offer the check (GET); make it, and name what differs (POST). Changes nothing."""
    user = cast(User, request.user)
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    accounts = behind_walls(LinkedInAccount.objects.order_by("name", "pk"), user, "workspace")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Do the numbers agree?",
        "accounts": list(accounts[:ACCOUNTS_AT_MOST]),
        "is_made": request.method == "POST",
    }
    if request.method == "POST":
        key = request.POST.get("account", "")
        account = accounts.filter(pk=key).first() if is_uuid(key) else None
        context |= _made(request, account)
    return render(request, "admin/number_check.html", context)


def _made(request: HttpRequest, account: LinkedInAccount | None) -> dict[str, Any]:
    differences = checking.check(items_of(request), workspaces_of(request.user), timezone.now())
    if account is None:
        return {"differences": differences}
    try:
        client = runs.unipile_client(SECONDS)
    except runs.NotConnectedError as error:
        compared = comparing.Compared(account, trouble=str(error))
    else:
        compared = comparing.compare(client, account, timezone.now())
    return {"differences": [*differences, *compared.differences], "compared": compared}
