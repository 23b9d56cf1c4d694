"""Placeholders of other programs, which nobody fills in here: found, named, offered converted.

In a message between two people nothing is written like that, so whatever looks like one is taken
for one: `{first_name}`, `{{firstName|there}}`, `%FIRSTNAME%`, `[First Name]`, `<<Company>>`,
`*|FNAME|*`, `${company}`, and names of fields that stand bare, as `FIRST_NAME`. In round brackets,
or behind one sign alone, people write much that is none: there only what is called a name is one,
as in `(First Name)` and `@firstname`; nor is `[sic]`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

FIELDS = {
    "first_name": "firstname fname first givenname forename name vorname prenom nombre",
    "last_name": "lastname lname last surname familyname nachname nom apellido",
    "company": "company companyname currentcompany organization organisation organizationname "
    "organisationname org employer accountname firma unternehmen entreprise empresa",
    "headline": "headline tagline occupation",
    "location": "location",
    "sender_first_name": "senderfirstname sendername sender myfirstname myname yourname "
    "yourfirstname userfirstname ownerfirstname",
    "first_name last_name": "fullname firstlast",
}
"""Our fields, each with the names that other programs have for it, as `key_of` makes them."""

_OF_WHOM = re.compile(r"^(?:contact|lead|prospect|recipient|person|profile|to|their)(?=.{3})")
_WORDS = r"[^\W\d_][\w.'\u2019 -]{0,39}"
_INSIDE = (
    r"(?P<{0}>[^\W\d][\w. -]{{0,63}}?)\s*(?:(?:[|,:?]+|\bor\b)\s*(?P<{0}_else>[^{{}}]{{0,80}}?))?"
)
_NAME = r"[A-Za-z]+(?:_[A-Za-z]+)*"
_SIGNS = "~:!^$@-"  # that programs write on both sides of a name
_FORMS = (
    r"\*\|\s*(?P<star>\w{1,40})\s*\|\*",
    r"<%[=-]?\s*(?P<erb>" + _WORDS + r")\s*-?%>",
    r"\(\(\s*(?P<round>" + _WORDS + r")\s*\)\)",
    r"\(\s*(?P<named0>" + _WORDS + r")\s*\)",
    *(
        rf"(?<!\w)\{sign}(?P<bare{number}>{_NAME})\{sign}(?!\w)"
        for number, sign in enumerate(_SIGNS)
    ),
    r"[$#]?\{\{\{?\s*" + _INSIDE.format("double") + r"\s*\}\}\}?",
    r"(?<!\{)[$#]?\{(?!\{)\s*" + _INSIDE.format("single") + r"\s*\}(?!\})",
    r"%%?(?P<percent>[^\W\d]\w{1,40})%%?",
    r"\[\[?\s*(?P<square>" + _WORDS + r")\s*\]?\]",
    r"<<?\s*(?P<angle>" + _WORDS + r")\s*>?>",
    r"«\s*(?P<quoted>" + _WORDS + r")\s*»",
    r"#(?P<hash>\w{2,40})#",
    r"(?<![\w@#&/.])[@#&](?P<named1>" + _NAME + r")(?:;|(?![\w@/-]|\.\w))",
    r"(?<![\w@#/.?&=-])\$?_{0,2}(?P<bare>" + _NAME + r")_{0,2}(?![\w@/=-]|\.\w)",
)
_PLACEHOLDER = re.compile("|".join(_FORMS))
_SUSPECT = re.compile(r"[{}\[\]<>%«#*(@&]|[a-z][A-Z]|[A-Z]{4}|[A-Za-z]_")
_DOUBTFUL = re.compile(r"[{}\[%<*(@#$&]")
_ASIDES = """sic ed edit edited update updated laughs laughter smiles grins winks sighs pause irony
sarcasm emphasisadded emphasismine myemphasis redacted bleep pdf video audio en de fr es"""
_SAID = frozenset(_ASIDES.split())
"""What people write between square brackets, as `key_of` makes it."""
LONGEST_NAME = 80  # characters: what is longer is no name of anything
_ONLY_KNOWN = {"quoted", "hash", "bare", "round"}  # such signs are written by people, too
_DEFAULT = re.compile(r"^(?:default(?:_?value)?|or)\b\s*[:=]?\s*", re.IGNORECASE)
_FILTERS = frozenset(
    ["upper", "lower", "title", "capitalize", "capfirst", "trim", "strip", "escape", "safe"]
)
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e«» "


@dataclass(frozen=True)
class Placeholder:
    """A placeholder at a place of a text; `ours` is what it becomes, "" where nobody knows."""

    start: int
    end: int
    written: str
    ours: str


def key_of(name: str) -> str:
    """Return a name of a field as it is compared: `Contact.First-Name` → `firstname`."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    key = "".join(letter for letter in plain if letter.isalnum())
    return _OF_WHOM.sub("", key)


_FIELD_OF = {key: field for field, keys in FIELDS.items() for key in keys.split()}


def field_of(name: str, columns: Collection[str] = ()) -> str:
    """Return what we call a field, or two of them after each other; "" where nobody knows.

    :param columns: the names of the extra columns that people have.
    """
    key = key_of(name)
    by_key = {key_of(column): column for column in columns}
    return by_key.get(key) or _FIELD_OF.get(key, "")


def find(text: str, columns: Collection[str] = ()) -> list[Placeholder]:
    """Return the placeholders of other programs in a text without variables of ours, in order."""
    if not _SUSPECT.search(text):
        return []
    found = list(_matches(text, columns))
    written = "".join(match[0] for match, _ in found)
    # Beside braces that belong to none of them a word may be part of what stands in those.
    is_clear = all(text.count(brace) == written.count(brace) for brace in "{}")
    return [one for match, one in found if is_clear or not _is_bare(match)]


def _matches(text: str, columns: Collection[str]) -> Iterator[tuple[re.Match[str], Placeholder]]:
    """Yield what are placeholders; in what looks like one and is none, one may stand."""
    at = 0
    while match := _PLACEHOLDER.search(text, at):
        one = _placeholder(match, columns)
        at = match.end() if one is not None else match.start() + 1
        if one is not None:
            yield match, one


def _is_bare(match: re.Match[str]) -> bool:
    named = match.groupdict().items()
    return any(value is not None for name, value in named if name.startswith("bare"))


def _placeholder(match: re.Match[str], columns: Collection[str]) -> Placeholder | None:
    form = next(
        name
        for name, value in match.groupdict().items()
        if value is not None and not name.endswith("_else")
    )
    name = match[form]
    form = form.rstrip("0123456789")
    if form == "bare" and not is_of_a_program(name):
        return None
    field = field_of(name, columns)
    if form in _ONLY_KNOWN and not field:
        return None
    if form == "named" and not (field and _is_a_name(name)):
        return None
    if form == "square" and not field and key_of(name) in _SAID:
        return None
    instead = (match.groupdict().get(f"{form}_else") or "").strip()
    instead = _DEFAULT.sub("", instead).strip(_QUOTES)
    instead = "" if instead in _FILTERS else instead
    ours = " ".join(variable(one, instead) for one in field.split())
    return Placeholder(match.start(), match.end(), match[0], ours)


def _is_a_name(name: str) -> bool:
    """Return whether a field is called the name of something, or as only programs call one."""
    key = key_of(name)
    return is_of_a_program(name) or (key.endswith("name") and key not in {"name", "surname"})


def is_of_a_program(name: str) -> bool:
    """Return whether no person writes a word like that: `firstName`, `FIRST_NAME`, `FIRSTNAME`."""
    is_joined = "_" in name or re.search(r"[a-z][A-Z]", name) is not None
    return is_joined or (name.isupper() and name.endswith("NAME") and name != "NAME")


def unfilled(value: str) -> str:
    """Return what a value that people imported has of placeholders: nobody knows what it should be.

    Brackets are part of many a name; in a text that was written to be sent they are none.
    """
    if is_of_a_program(value) and re.fullmatch(_NAME, value) and field_of(value):
        return value  # the name of the column itself
    if not _DOUBTFUL.search(value):
        return ""
    is_text = len(value) > LONGEST_NAME or "\n" in value
    found = (one.written for one in find(value) if is_text or one.ours or "{" in one.written)
    return next(found, "")


def variable(name: str, instead: str = "") -> str:
    """Return a variable of ours, with what is written where it is empty."""
    fallback = instead.replace('"', "").strip()
    return f'{{{{ {name}|default:"{fallback}" }}}}' if fallback else f"{{{{ {name} }}}}"
