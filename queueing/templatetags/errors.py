"""Errors as staff read them."""

from django import template

from queueing.sending import meaning

register = template.Library()


@register.filter
def without_http(told: str) -> str:
    """Return what went wrong without the HTTP line, which stands behind “Details”."""
    return meaning.plain(told)
