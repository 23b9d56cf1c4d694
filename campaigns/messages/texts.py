"""A text that is sent: `{{ first_name }}`-style variables, and choices where switched on."""

import difflib
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence

from campaigns.messages import foreign, variants
from campaigns.messages.foreign import Placeholder

# LinkedIn's own limits for the note, in characters, by account type.
NOTE_LIMITS = {"free": 200, "premium": 300, "sales_navigator": 300}
MESSAGE_LIMIT = 8000  # characters of a message between people who are connected
SENDER_FIELDS = ("sender_first_name",)  # of the account that writes
PROSPECT_FIELDS = ("first_name", "last_name", "company", "headline", "location")
NAMED_AT_MOST = 5
EDITION_LENGTH = 12

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_VARIABLE = re.compile(
    r"\{\{\s*(?P<name>" + _NAME + r")\s*(?:\|\s*default\s*:\s*\"(?P<fallback>[^\"{}]*)\"\s*)?\}\}"
)
_TRIPLE = re.compile(r"\{\{\{\s*(?P<name>" + _NAME + r")\s*\}\}\}")


class UnfilledVariableError(ValueError):
    """A prospect has no value for a variable that has no fallback either, or one of no use."""


def problem(template: str, known: Collection[str] | None = None, *, varies: bool = False) -> str:
    """Return what is wrong with a template, in words for staff, or an empty text.

    :param known: names that may be used; None where extra columns are not known yet.
    :param varies: whether choices such as `{Hello|Good morning}` are switched on.
    """
    if found := foreign_in(template, known or (), varies=varies):
        return _told(found, varies=varies)
    rest = _VARIABLE.sub("", _read(template, varies=varies))
    if "{" in rest or "}" in rest:
        return _ONLY_VARIABLES
    if known is None:
        return _misspelt(variables(template))
    unknown = [name for name in variables(template) if name not in known]
    if unknown:
        return f"Unknown variable: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}."
    return ""


_ONLY_VARIABLES = (
    'Only variables such as {{ first_name }} or {{ first_name|default:"there" }} may stand '
    "between braces."
)


def _told(found: Sequence[Placeholder], *, varies: bool) -> str:
    """Name placeholders that nobody fills in, and say what to write."""
    told = ", ".join(f"“{one.written}”" for one in found[:NAMED_AT_MOST])
    more = f" and {len(found) - NAMED_AT_MOST} more" if len(found) > NAMED_AT_MOST else ""
    parts = [f"Nobody fills in {told}{more}."]
    if meant := list(dict.fromkeys(one.ours for one in found if one.ours)):
        parts.append(f"Did you mean {', '.join(meant)}?")
    if any("{" in one.written for one in found):
        parts.append(_ONLY_VARIABLES)
    if not varies and any("|" in one.written and not one.ours for one in found):
        parts.append("To vary words, as in {Hello|Hi}, switch that on.")
    return " ".join(parts)


def _read(template: str, *, varies: bool) -> str:
    return variants.without_choices(template) if varies else template


def foreign_in(
    template: str, known: Collection[str] = (), *, varies: bool = False
) -> list[Placeholder]:
    """Return the placeholders of other programs in a template, in order.

    Among them are variables in our own form whose names we do not have, where we know what they
    mean: `{{ firstName }}`.
    """
    ours = {*PROSPECT_FIELDS, *SENDER_FIELDS, *known}
    columns = set(known) - {*PROSPECT_FIELDS, *SENDER_FIELDS}
    triple = [_misnamed(match, columns) for match in _TRIPLE.finditer(template)]
    blank = _TRIPLE.sub(_spaces, template)
    found = [
        _misnamed(match, columns)
        for match in _VARIABLE.finditer(blank)
        if match["name"] not in ours
        and foreign.field_of(match["name"], columns)
        and (known or foreign.is_of_a_program(match["name"]))
    ]
    blank = _VARIABLE.sub(_spaces, blank)
    if varies:  # what stands between the strokes is sent, too
        blank = variants.opened(blank, lambda written: _is_choice(written, columns))
    others = foreign.find(blank, columns)
    return sorted([*triple, *found, *others], key=lambda one: one.start)


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _misnamed(match: re.Match[str], columns: Collection[str]) -> Placeholder:
    """Return what looks like a variable of ours, and is none."""
    fields = foreign.field_of(match["name"], columns).split()
    instead = match.groupdict().get("fallback") or ""
    ours = " ".join(foreign.variable(one, instead) for one in fields)
    return Placeholder(match.start(), match.end(), match[0], ours)


def _is_choice(written: str, columns: Collection[str]) -> bool:
    """Return whether braces hold words to choose from, none of them the name of a field."""
    if written.startswith(("${", "#{")) or "|" not in written:
        return False
    words = variants.options(written[written.index("{") + 1 : -1])
    return not any(foreign.field_of(word, columns) for word in words[:1])


def converted(template: str, known: Collection[str] = (), *, varies: bool = False) -> str:
    """Return a template with the placeholders of other programs as variables of ours.

    What nobody knows the meaning of stays as it is, and stays a problem.
    """
    text, end = "", 0
    for one in foreign_in(template, known, varies=varies):
        text += template[end : one.start] + (one.ours or one.written)
        end = one.end
    return text + template[end:]


def _misspelt(names: Collection[str]) -> str:
    """Say which name is so near to a field's that no import can have meant another column."""
    fields = (*PROSPECT_FIELDS, *SENDER_FIELDS)
    for name in names:
        near = difflib.get_close_matches(name.lower(), fields, n=1, cutoff=0.85)
        if near and name not in fields:
            return f"Unknown variable: {name}. Did you mean {near[0]}?"
    return ""


def edition_of(template: str) -> str:
    """Return what tells a text as it is from the same text as it was before it was changed."""
    return hashlib.sha256(template.encode()).hexdigest()[:EDITION_LENGTH] if template else ""


def too_long(template: str, limits: Collection[int] = (), *, varies: bool = False) -> str:
    """Say that every note made of a template is too long for all accounts, or nothing.

    Of choices the longest words count.

    :param limits: of the accounts; where there is none, the longest that anybody has holds.
    """
    limit = max(limits, default=max(NOTE_LIMITS.values()))
    shortest = _shortest(template, varies=varies)
    if shortest <= limit:
        return ""
    return f"The note has at least {shortest} characters. LinkedIn takes {limit} at most."


def message_too_long(template: str, *, varies: bool = False) -> str:
    """Say that every message made of a template is too long, or nothing."""
    shortest = _shortest(template, varies=varies)
    if shortest <= MESSAGE_LIMIT:
        return ""
    return (
        f"The message has at least {shortest} characters. LinkedIn takes {MESSAGE_LIMIT} at most."
    )


def _shortest(template: str, *, varies: bool) -> int:
    """Return how many characters a text has with the longest words and the shortest values."""
    if varies:
        template = with_longest_words(template)
    return len(_VARIABLE.sub("x", template).strip())


def with_longest_words(template: str) -> str:
    """Return a template with the longest of each choice, whatever its variables stand for."""
    return variants.longest(template, lambda words: len(_VARIABLE.sub("x", words)))


def is_variable(name: str) -> bool:
    """Return whether a text may stand between braces."""
    return re.fullmatch(_NAME, name) is not None


def variables(template: str) -> list[str]:
    """Return the names used in a template, each once, in order."""
    return list(dict.fromkeys(match["name"] for match in _VARIABLE.finditer(template)))


def render(template: str, values: Mapping[str, str], *, seed: str | None = None) -> str:
    """Return the text as it will be sent.

    :param seed: whose text it is, where words are chosen: the same seed, the same words.
    :raises UnfilledVariableError: naming the variable that is empty and has no fallback, or has a
        placeholder for a value.
    """

    def fill(match: re.Match[str]) -> str:
        value = str(values.get(match["name"], "") or "").strip() or (match["fallback"] or "")
        if not value:
            raise UnfilledVariableError(f"“{match['name']}” is empty")
        if unfilled := foreign.unfilled(value):
            raise UnfilledVariableError(
                f"“{match['name']}” has “{unfilled}”, which nobody fills in"
            )
        return value

    if seed is not None:
        template = variants.choose(template, seed)
    return _VARIABLE.sub(fill, template).strip()
