"""Instants, days and texts as the clock of whoever reads them shows them."""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from campaigns.hours import clocks
from campaigns.pages import clock

register = template.Library()


@register.filter
def at(instant: dt.datetime | None, client_zone: str = "") -> SafeString | str:
    """Return an instant by the reader's clock; UTC and the client's clock are its title."""
    return clock.shown(instant, client_zone) or ""


@register.filter
def soon(instant: dt.datetime, client_zone: str = "") -> SafeString | str:
    """Return an instant that follows a verb: “at 9:43 pm” for one of today."""
    told = at(instant, client_zone)
    return mark_safe(str(told).replace(">today ", ">at ", 1))  # noqa: S308 - safe before, too


@register.filter(is_safe=True)
def own(text: object) -> str:
    """Return a text with the reader's clock in the place of its instants."""
    return clock.own(text if isinstance(text, str) else str(text))


@register.filter
def day(date: dt.date | None) -> str:
    """Return a day as people say it."""
    return clocks.day_said(date, clock.today()) if date else ""


@register.filter
def typed_day(text: str) -> str:
    """Return a day that a filter's address holds as people say it; what is no day, as it is."""
    try:
        return day(dt.date.fromisoformat(text))
    except ValueError:
        return text


@register.filter
def city(zone: str) -> str:
    """Return what people call a zone."""
    return clocks.city(zone)


@register.simple_tag
def now_here() -> str:
    """Return what the reader's clock shows, and where: “2:08 pm in New York”."""
    local = timezone.localtime()
    return f"{clocks.time_said(local)} in {clocks.city(clock.here())}"
