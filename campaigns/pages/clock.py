"""Everybody's own clock: chosen for each request, and used by all that its pages say.

Django turns what people type, and what its own widgets show, by the zone that is active here.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.hours import clocks, zones
from campaigns.models import Desk, default_hours
from campaigns.pages import client

COOKIE = "browser_zone"  # set by clock.js, also on the page to log in

Answer = Callable[[HttpRequest], HttpResponse]


class OwnDesk:
    """Activates the zone of whoever asks, and notes the client that they have chosen.

    The zone is taken from their browser once, then kept.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        desk = Desk.objects.filter(user=request.user.pk).first()
        client.remember(request, desk.client_id if desk else None)
        zone = zone_of(request.user, desk, unquote(_guess(request)))
        with timezone.override(zones.zone(zone)):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> None:
        client.widen_for(request, kwargs)


def _guess(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")[:200]


def zone_of(user: User, desk: Desk | None, guess: str = "") -> str:
    """Return the zone that somebody reads in.

    :param guess: that of their browser; kept where they have none yet. Else it is the zone of the
        default hours, and asked again the next time.
    """
    if desk and desk.timezone in zones.names():
        return desk.timezone
    if guess in zones.choosable():
        Desk.objects.update_or_create(user_id=user.pk, defaults={"timezone": guess})
        return guess
    fallback = default_hours().timezone
    return fallback if fallback in zones.names() else "UTC"


def here() -> str:
    """Return the name of the zone of whoever asks."""
    return timezone.get_current_timezone_name()


def own(text: str) -> str:
    """Return a text with the reader's clock in the place of its instants."""
    # Its own time has neither mark-up nor quotes: what was safe stays so.
    told = clocks.in_text(text, zone(), timezone.now())
    return SafeString(told) if isinstance(text, SafeString) else told


def said(instant: dt.datetime) -> str:
    """Return an instant by the reader's clock."""
    return clocks.said(instant, zone(), timezone.now())


def shown(instant: dt.datetime | None, client_zone: str = "") -> SafeString | None:
    """Return an instant by the reader's clock, with UTC and the client's clock behind it."""
    if instant is None:
        return None
    told = clocks.utc(instant)
    if client_zone in zones.names() and client_zone != here():
        there = clocks.said(instant, zones.zone(client_zone), timezone.now())
        told = f"{there} in {clocks.city(client_zone)} · {told}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        instant.astimezone(dt.UTC).isoformat(timespec="seconds"),
        told,
        said(instant),
    )


def today() -> dt.date:
    return timezone.now().astimezone(zone()).date()


def zone() -> ZoneInfo:
    """Return the zone of whoever asks."""
    return zones.zone(here()) if here() in zones.names() else zones.zone("UTC")
