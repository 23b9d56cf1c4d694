"""A way back beside what was done: a button in the message, for a quarter of an hour."""

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.pages import back_to, behind_walls
from queueing.admin.anew import plan_anew, with_waiting
from queueing.staff import back, items, places
from queueing.staff.log import UNDONE as REASON

SALT = "undo"
LASTS = dt.timedelta(minutes=15)
TAG = "undo:"  # before the token, in a message's tags
UNARCHIVE = "unarchive"
TOO_LATE = (
    "That cannot be undone any more with one button. What was skipped can: “Put back in "
    "the queue”, on the list."
)


def of_skip(by: User, reason: str, since: dt.datetime, now: dt.datetime, *, barred: bool) -> str:
    """Return the tag that offers to undo what was skipped since then."""
    kind = "unbar" if barred else "put_back"
    return _tag(by, kind, [reason, since.isoformat(), now.isoformat()])


def of_retry(by: User, reason: str, since: dt.datetime, now: dt.datetime) -> str:
    """Return the tag that offers to undo what was retried since then."""
    return _tag(by, "to_fix", [reason, since.isoformat(), now.isoformat()])


def of_move(by: User, campaigns: list[Campaign], undo: str) -> str:
    """Return the tag that offers to pause or resume campaigns again."""
    return _tag(by, undo, [str(campaign.pk) for campaign in campaigns])


def together(by: User, tags: list[str]) -> str:
    """Return the tag that undoes at once what was done to several campaigns; "" where none does."""
    offered = [signing.loads(tag.removeprefix(TAG), salt=SALT) for tag in tags if tag]
    kinds = {kind for _, kind, _ in offered}
    if len(offered) < 2 or len(kinds) > 1 or not kinds <= _MOVES.keys():
        return ""
    return _tag(by, kinds.pop(), [key for _, _, keys in offered for key in keys])


def of_archive(by: User, campaign: Campaign, was: str, reason: str, since: dt.datetime) -> str:
    """Return the tag that offers to take a campaign out of the archive again.

    :param was: its state before.
    """
    until = timezone.now() + dt.timedelta(seconds=1)
    told = f"{places.FOR_ARCHIVE}: {reason}"
    begun = since - dt.timedelta(seconds=1)
    what = [str(campaign.pk), was, told, begun.isoformat(), until.isoformat()]
    return _tag(by, UNARCHIVE, what)


def _tag(by: User, kind: str, what: list[str]) -> str:
    return TAG + signing.dumps([by.pk, kind, what], salt=SALT, compress=True)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Undo what a message offered to, where it is still as it was left."""
    user = cast(User, request.user)
    answer = HttpResponseRedirect(back_to(request, reverse("admin:index")))
    try:
        who, kind, what = signing.loads(request.POST.get("undo", ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        messages.warning(request, TOO_LATE)
        return answer
    if who != user.pk:
        raise PermissionDenied
    act = _unarchived if kind == UNARCHIVE else _moved if kind in _MOVES else _put_back
    told, level = act(user, kind, what)
    messages.add_message(request, level, told)
    return answer


_BACK: dict[str, type[items.ItemAction]] = {"unbar": back.Unbar, "to_fix": back.BackToFix}


def _put_back(user: User, kind: str, what: list[str]) -> tuple[str, int]:
    if not user.has_perm("queueing.change_queueitem"):
        raise PermissionDenied
    reason, since, until = what
    now = timezone.now()
    find = back.retried_between if kind == "to_fix" else back.skipped_between
    found = find(user, reason, *map(dt.datetime.fromisoformat, (since, until)))
    rows: Any = behind_walls(found, user, "workspace", narrowed=False)
    action = _BACK.get(kind, back.PutBack)()
    result = items.act(action, rows, user, now, reason=REASON)
    return result.sentence(action.verb), messages.WARNING if result.left else messages.SUCCESS


def _unarchived(user: User, kind: str, what: list[str]) -> tuple[str, int]:
    if not user.has_perm("campaigns.change_campaign"):
        raise PermissionDenied
    key, was, *skipped = what
    mine = behind_walls(Campaign.objects.all(), user, "workspace", narrowed=False)
    campaign = mine.filter(pk=key).first()
    if campaign is None:
        raise PermissionDenied
    try:
        places.unarchive(campaign, was, user, REASON)
    except places.NotNowError as error:
        return str(error), messages.WARNING
    told, level = _put_back(user, kind, skipped)
    return f"“{campaign}” is {Campaign.Status(was).label.lower()} again. {told}", level


_MOVES = {"resume": places.RESUME, "pause": places.PAUSE}


def _moved(user: User, kind: str, what: list[str]) -> tuple[str, int]:
    if not user.has_perm("campaigns.change_campaign"):
        raise PermissionDenied
    rows = behind_walls(Campaign.objects.filter(pk__in=what), user, "workspace", narrowed=False)
    done, left = [], []
    for campaign in rows:
        try:
            places.move(campaign, _MOVES[kind], user, REASON)
            done.append(campaign)
        except places.NotNowError as error:
            left.append(str(error))
    told = [f"{_MOVES[kind].verb.capitalize()}: {', '.join(map(str, done))}."] if done else []
    if done and kind == "resume":
        ids = [campaign.pk for campaign in done]
        moved = plan_anew(with_waiting(Campaign.objects.filter(pk__in=ids)), timezone.now())
        told += [moved] if moved else []
    return " ".join([*told, *left]), messages.WARNING if left else messages.SUCCESS
