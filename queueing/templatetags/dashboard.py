"""The dashboard as a tag, and instants as its readers' clocks show them."""

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone

from campaigns.hours import zones
from queueing.admin.dashboard import context as context_for

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: dict[str, Any]) -> dict[str, Any]:
    """Show the dashboard to the user of the page."""
    return context_for(context["user"], timezone.now())


@register.filter
def utc(instant: dt.datetime) -> str:
    """Return an instant in UTC."""
    return f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


@register.filter
def in_zone(instant: dt.datetime, zone: str) -> str:
    """Return an instant as the clocks of a zone show it; in UTC where the zone is unknown."""
    if zone not in zones.names():
        return utc(instant)
    return f"{instant.astimezone(zones.zone(zone)):%a %H:%M} {zone.replace('_', ' ')}"


@register.filter
def percent(number: int, of: int) -> int:
    """Return a share as the length of a bar, 100 at most."""
    return min(100 * number // of, 100) if of else 100
