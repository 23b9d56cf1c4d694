"""The dashboard as a tag."""

from typing import Any

from django import template
from django.utils import timezone

from queueing.admin.dashboard import context as context_for

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: dict[str, Any]) -> dict[str, Any]:
    """Show the dashboard to the user of the page."""
    return context_for(context["user"], timezone.now())


@register.filter
def percent(number: int, of: int) -> int:
    """Return a share as the length of a bar, 100 at most."""
    return min(100 * number // of, 100) if of else 100
