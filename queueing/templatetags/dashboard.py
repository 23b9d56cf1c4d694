"""The first page's tags: its figures are read once."""

from typing import Any

from django import template
from django.utils import timezone

from queueing.admin.dashboard import context as context_for

register = template.Library()

_READ = "_dashboard"


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: dict[str, Any]) -> dict[str, Any]:
    """Show the dashboard to the user of the page."""
    return _figures(context)


@register.simple_tag(takes_context=True)
def needs_count(context: dict[str, Any]) -> str:
    """Return how many things need somebody, for the browser's tab: “(4) ”."""
    number = len(_figures(context).get("needs", ()))
    return f"({number}) " if number else ""


def _figures(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    if not hasattr(request, _READ):
        setattr(request, _READ, context_for(context["user"], timezone.now()))
    found: dict[str, Any] = getattr(request, _READ)
    return found


@register.filter
def percent(number: int, of: int) -> int:
    """Return a share as the length of a bar, 100 at most."""
    return min(100 * number // of, 100) if of else 0
