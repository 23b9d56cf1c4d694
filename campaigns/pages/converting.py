"""Texts that were written for other programs: their placeholders are shown as ours, and asked for.

Nothing is converted before somebody has seen what becomes of it.
"""

import hashlib
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns import messages


def convert(form: Any, name: str, known: Collection[str] | None, *, varies: bool) -> None:
    """Convert a text of a form whose other fields are clean, where that was asked for; else offer.

    :param known: the names of variables that it may use; None where nobody knows yet.
    """
    text = form.cleaned_data.get(name)
    found = messages.foreign_in(text, known or (), varies=varies) if text else []
    if not any(one.ours for one in found):
        return  # what nobody knows the meaning of is refused by the model
    asked = form.data.get(form.add_prefix(f"convert_{name}"))
    if asked == _mark(text):
        form.cleaned_data[name] = messages.converted(text, known or (), varies=varies)
    else:
        problem = messages.problem(text, known, varies=varies)
        form.add_error(name, ValidationError(_offer(form, name, text, problem, known, varies)))


def _offer(
    form: Any, name: str, text: str, problem: str, known: Collection[str] | None, varies: bool
) -> SafeString:
    found = messages.foreign_in(text, known or (), varies=varies)
    pairs = dict.fromkeys((one.written, one.ours) for one in found if one.ours)
    return format_html(
        '{} <label><input type="checkbox" name="{}" value="{}"> Convert when I save: {}</label>'
        '<pre class="message">{}</pre>',
        problem,
        form.add_prefix(f"convert_{name}"),
        _mark(text),
        format_html_join(", ", "{} → {}", pairs),
        messages.converted(text, known or (), varies=varies),
    )


def _mark(text: str) -> str:
    """Return what an offer is known by: it holds for the text that was shown."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
