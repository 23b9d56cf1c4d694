"""The cards of the first page: what each one's button does, and what people say of them."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.pages import clock, workspaces_of
from queueing.desk import needs
from queueing.desk.needs import Kind, Need
from queueing.models import Card
from queueing.sending import Meaning

PUT_OFF = dt.timedelta(days=1)
MAY_SAY = "queueing.change_queueitem"  # what is said holds for everybody: no viewer says it


@dataclass(frozen=True)
class Button:
    """What a card offers: a page, or with `post` an action that asks before it acts."""

    label: str
    url: str
    post: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A card, and its button; None where the user may do nothing about it."""

    need: Need
    button: Button | None
    facts: tuple[str, ...]
    is_mine: bool


def shown(need: Need, user: User) -> Shown:
    is_mine = need.taken_by == user
    return Shown(need, _button(need, user), tuple(facts(need, is_mine=is_mine)), is_mine)


def facts(
    need: Need, *, is_mine: bool = False, said: Callable[[dt.datetime], str] = clock.said
) -> list[str]:
    """Return what stands below a card's sentence.

    :param said: says an instant by the reader's clock.
    """
    return list(filter(None, _facts(need, is_mine, said)))


def button(need: Need) -> Button:
    """Return what solves it, for somebody who may do everything about it."""
    make, _ = _BUTTONS[need.kind]
    return make(need)


def _facts(need: Need, is_mine: bool, said: Callable[[dt.datetime], str]) -> Iterator[str]:
    if need.since:
        yield f"since {said(need.since)}"
    if need.kind in {Kind.ACCOUNT, Kind.START} and need.waiting:
        yield "1 person waits" if need.waiting == 1 else f"{need.waiting:,} people wait"
    if need.kind == Kind.FAILED:
        yield need.detail
    yield need.client
    if need.put_off_until:
        yield f"put off until {said(need.put_off_until)}"
    if need.taken_by:
        yield "you have it" if is_mine else f"{need.taken_by} has it"


def _button(need: Need, user: User) -> Button | None:
    make, permission = _BUTTONS[need.kind]
    return make(need) if user.has_perm(permission) else None


def _reconnect(need: Need) -> Button:
    if not need.of:
        url = reverse("admin:campaigns_linkedinaccount_changelist")
        return Button("See them", f"{url}?status__in=disconnected,restricted")
    if not need.detail:
        page = reverse("admin:campaigns_linkedinaccount_change", args=[need.of])
        return Button("Look at it", page)
    url = reverse("admin:campaigns_linkedinaccount_deed", args=[need.of, need.detail])
    return Button("Reconnect", url)


def _start(need: Need) -> Button:
    if not need.of:
        return Button(
            "See them", f"{reverse('admin:campaigns_campaign_changelist')}?status__exact=draft"
        )
    page = reverse("admin:campaigns_campaign_change", args=[need.of])
    if need.detail == "account":
        return Button("Choose accounts", f"{page}#id_accounts")
    if need.detail == "people":
        return _import(need)
    return Button("Start it", reverse("admin:campaigns_campaign_deed", args=[need.of, "start"]))


def _import(need: Need) -> Button:
    if not need.of:
        return Button("See them", reverse("admin:campaigns_campaign_changelist"))
    url = reverse("admin:campaigns_prospect_import")
    return Button("Import people", f"{url}?{urlencode({'campaign': need.of})}")


def _failed(need: Need) -> Button:
    if not need.of:
        return Button("Look at them", reverse("admin:queueing_failedsend_changelist"))
    action, label = {
        Meaning.PERSON: ("skip", f"Skip all {need.waiting:,}"),
        Meaning.ANOTHER: ("", "Look at them"),
        Meaning.MESSAGE: ("edit_and_retry", "Change the text"),
        Meaning.ACCOUNT: ("retry_spread", f"Retry all {need.waiting:,}"),
        Meaning.OURS: ("retry_spread", f"Retry all {need.waiting:,}"),
        Meaning.UNKNOWN: ("look_again", f"Look all {need.waiting:,} up"),
    }[Meaning(need.of)]
    filters = urlencode({"meaning": need.of, "workspace__id__exact": str(need.workspace)})
    url = f"{reverse('admin:queueing_failedsend_changelist')}?{filters}"
    return Button(label if need.waiting > 1 else label.replace(" all 1", ""), url, post=action)


def _held(need: Need) -> Button:
    url = reverse("admin:queueing_queueitem_changelist")
    return Button("Look at them", f"{url}?{urlencode({'waits_for': need.of})}")


def _address(need: Need) -> Button:
    if not need.workspace:
        return Button("See them", reverse("admin:campaigns_workspace_changelist"))
    page = reverse("admin:campaigns_workspace_change", args=[need.workspace])
    return Button("Add an address", f"{page}#id_notify_emails")


_BUTTONS = {
    Kind.ACCOUNT: (_reconnect, "campaigns.change_linkedinaccount"),
    Kind.START: (_start, "campaigns.change_campaign"),
    Kind.FAILED: (_failed, "queueing.change_queueitem"),
    Kind.HELD: (_held, "queueing.view_queueitem"),
    Kind.EMPTY: (_import, "campaigns.add_prospect"),
    Kind.ADDRESS: (_address, "campaigns.change_workspace"),
}


def inbox(request: HttpRequest) -> JsonResponse:
    """Answer with how many things need somebody, for the header and the title of every page."""
    if not request.user.has_perm("queueing.view_queueitem"):
        raise PermissionDenied
    found = needs.of(workspaces_of(request.user), timezone.now())
    return JsonResponse({"count": len(found.now)})


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """Take a card, give it back, put it off until tomorrow, or bring it back."""
    if not request.user.has_perm(MAY_SAY):
        raise PermissionDenied
    key, said = request.POST.get("key", "")[:200], request.POST.get("say", "")
    if not _is_theirs(request, key) or said not in _SAID:
        messages.warning(request, "This card is not there any more.")
        return HttpResponseRedirect(reverse("admin:index"))
    card, _ = Card.objects.get_or_create(key=key)
    values = _SAID[said](cast(User, request.user), timezone.now())
    Card.objects.filter(pk=card.pk).update(**values)
    return HttpResponseRedirect(reverse("admin:index"))


def _is_theirs(request: HttpRequest, key: str) -> bool:
    """Say whether a card is of a workspace that the user sees."""
    parts = key.split(":")
    if len(parts) != 3 or parts[0] not in set(Kind):
        return False
    seen = workspaces_of(request.user)
    return seen is None or parts[2] in set(map(str, seen))


Said = Callable[[User, dt.datetime], dict[str, Any]]
_SAID: dict[str, Said] = {
    "take": lambda user, now: {"taken_by": user},
    "give_back": lambda user, now: {"taken_by": None},
    "put_off": lambda user, now: {"put_off_until": now + PUT_OFF, "put_off_by": user},
    "bring_back": lambda user, now: {"put_off_until": None, "put_off_by": None},
}
