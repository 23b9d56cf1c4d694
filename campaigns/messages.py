"""The note of a connection request: `{{ first_name }}`-style variables and nothing else."""

import difflib
import re
from collections.abc import Collection, Mapping

# LinkedIn's own limits for the note, in characters, by account type.
NOTE_LIMITS = {"free": 200, "premium": 300, "sales_navigator": 300}
MESSAGE_LIMIT = 8000  # characters of a message between people who are connected
SENDER_FIELDS = ("sender_first_name",)  # of the account that writes; known in follow-ups
PROSPECT_FIELDS = ("first_name", "last_name", "company", "headline", "location")

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_VARIABLE = re.compile(
    r"\{\{\s*(?P<name>" + _NAME + r")\s*(?:\|\s*default\s*:\s*\"(?P<fallback>[^\"{}]*)\"\s*)?\}\}"
)


class UnfilledVariableError(ValueError):
    """A prospect has no value for a variable that has no fallback either."""


def problem(template: str, known: Collection[str] | None = None) -> str:
    """Return what is wrong with a template, in words for staff, or an empty text.

    :param known: names that may be used; None where extra columns are not known yet.
    """
    rest = _VARIABLE.sub("", template)
    if "{" in rest or "}" in rest:  # also {first_name}, as other programs have it
        return (
            'Only variables such as {{ first_name }} or {{ first_name|default:"there" }} may stand '
            "between braces."
        )
    if known is None:
        return _misspelt(variables(template))
    unknown = [name for name in variables(template) if name not in known]
    if unknown:
        return f"Unknown variable: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}."
    return ""


def _misspelt(names: Collection[str]) -> str:
    """Say which name is so near to a field's that no import can have meant another column."""
    for name in names:
        near = difflib.get_close_matches(name.lower(), PROSPECT_FIELDS, n=1, cutoff=0.85)
        if near and name not in PROSPECT_FIELDS:
            return f"Unknown variable: {name}. Did you mean {near[0]}?"
    return ""


def too_long(template: str, limits: Collection[int] = ()) -> str:
    """Say that every note made of a template is too long for all accounts, or nothing.

    :param limits: of the accounts; where there is none, the longest that anybody has holds.
    """
    limit = max(limits, default=max(NOTE_LIMITS.values()))
    shortest = len(_VARIABLE.sub("x", template).strip())
    if shortest <= limit:
        return ""
    return f"The note has at least {shortest} characters. LinkedIn takes {limit} at most."


def message_too_long(template: str) -> str:
    """Say that every message made of a template is too long, or nothing."""
    shortest = len(_VARIABLE.sub("x", template).strip())
    if shortest <= MESSAGE_LIMIT:
        return ""
    return (
        f"The message has at least {shortest} characters. LinkedIn takes {MESSAGE_LIMIT} at most."
    )


def is_variable(name: str) -> bool:
    """Return whether a text may stand between braces."""
    return re.fullmatch(_NAME, name) is not None


def variables(template: str) -> list[str]:
    """Return the names used in a template, each once, in order."""
    return list(dict.fromkeys(match["name"] for match in _VARIABLE.finditer(template)))


def render(template: str, values: Mapping[str, str]) -> str:
    """Return the text as it will be sent.

    :raises UnfilledVariableError: naming the variable that is empty and has no fallback.
    """

    def fill(match: re.Match[str]) -> str:
        value = str(values.get(match["name"], "") or "").strip() or (match["fallback"] or "")
        if not value:
            raise UnfilledVariableError(f"“{match['name']}” is empty")
        return value

    return _VARIABLE.sub(fill, template).strip()
