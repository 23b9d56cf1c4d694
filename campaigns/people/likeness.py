"""May two names be one person's? Slugs are given up and taken by others; names tell.

Plain Python. Only what can be compared speaks against somebody: accents, the order of names,
titles, and the script in which a name is written do not.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

from campaigns.people.names import is_nobody, name_words
from campaigns.people.pretenders import is_no_last_name

_LETTERS = re.compile(r"[^\W\d_]+")
_OF_A_GENERATION = frozenset(["jr", "sr", "ii", "iii", "iv", "junior", "senior", "filho", "neto"])
_FOR_ANYBODY = frozenset(  # programs write “Person 17”, “First Last” and “Test User”
    (
        *("first", "last", "name", "firstname", "lastname", "full", "test", "tester", "user"),
        *("person", "people", "prospect", "contact", "lead", "member", "profile"),
        *("demo", "dummy", "fake", "unknown", "anonymous", "nobody", "somebody"),
    )
)
_PLAIN = "ø:o ł:l đ:d ð:d þ:th ı:i æ:ae œ:oe"  # noqa: RUF001
_SPELT_OUT = "ä:ae ö:oe ü:ue å:aa ø:oe"
_IN_LATIN = """
    а:a б:b в:v г:g д:d е:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh
    ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь: э:e ю:yu я:ya ё:e і:i ї:yi є:ye ґ:g ђ:dj ћ:c љ:lj њ:nj џ:dz
    ј:j
    α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch
    ψ:ps ω:o
"""  # noqa: RUF001
# With these many family names begin: alone they say nothing about a family.
_BEFORE_A_NAME = frozenset(
    ["mc", "mac", "st", "saint", "san", "santa", "abu", "ben", "bint", "abd", "abdul"]
)
_IN_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)")
_NEAR_ENOUGH = 0.7  # names are brought into other letters in many ways: Sergey, Sergei, Serguei


def tells_somebody(name: str) -> bool:
    """Return whether a first or last name is one: no initial, no number, nor good for anybody."""
    words = [letters.casefold() for letters in _telling(name)]
    return bool(words) and not any(map(str.isdigit, name)) and not _FOR_ANYBODY.issuperset(words)


def name_conflict(listed: tuple[str, str], told: tuple[str, str]) -> str:
    """Say that LinkedIn shows somebody else than the list names; "" where it may be the same.

    The first and the last name must both be different: people marry, and have second names. Where
    one of the two is empty, or is no name (“LinkedIn Member”; in the list also “Head of Engines”),
    or they are written in scripts that cannot be compared, it may be the same.

    :param listed: first and last name as they were imported.
    :param told: first and last name of the profile.
    """
    unsaid = _in_brackets(listed) & _in_brackets(told)  # “(she/her)”, “(CEO)”
    ours, theirs = _by_script(listed, unsaid), _by_script(told, unsaid)
    comparable = ours.keys() & theirs.keys()
    if not comparable or is_nobody(*listed) or is_no_last_name(" ".join(told)):
        return ""
    if any(_agree(ours[script], theirs[script]) for script in comparable):
        return ""
    return (
        f"The list names {_shown(listed)}, and LinkedIn shows {_shown(told)} at this address: it "
        "may be somebody else's by now."
    )


def _shown(name: tuple[str, str]) -> str:
    return f"“{' '.join(filter(None, name))}”"


def _table(pairs: str) -> dict[int, str]:
    return str.maketrans(dict(pair.split(":") for pair in pairs.split()))


_TO_PLAIN, _TO_SPELT_OUT, _TO_LATIN = map(_table, (_PLAIN, _SPELT_OUT, _IN_LATIN))


def _in_brackets(name: tuple[str, str]) -> set[str]:
    inside = " ".join(_IN_BRACKETS.findall(" ".join(name)))
    return {letters.casefold() for letters in _LETTERS.findall(inside)}


def _by_script(name: tuple[str, str], unsaid: set[str]) -> dict[str, dict[str, bool]]:
    """Return a name's words by script, folded: word by word, and run together in either order.

    With each, whether it was transliterated. The words `unsaid` are left out.
    """
    fields = [
        [
            letters
            for word in name_words(field)
            for letters in _telling(word)
            if letters.casefold() not in unsaid
        ]
        for field in name
    ]
    first, last = ("".join(words) for words in fields)
    families = [word for word in fields[1][:-1] if word.casefold() not in _BEFORE_A_NAME]
    families += fields[1][-1:]
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for word in {*fields[0], *families, first, last, first + last, last + first} - {""}:
        for folded in _folded(word):
            script = _script(folded)
            found[script][folded] = script != _script(word)
    return found


def _telling(word: str) -> list[str]:
    """Return the parts of a word that say something: no initial, nor what half a family has."""
    return [
        letters
        for letters in _LETTERS.findall(unicodedata.normalize("NFKC", word))
        if letters.casefold() not in _OF_A_GENERATION
        and (len(letters) > 1 or _script(letters) != "LATIN")
    ]


def _folded(word: str) -> set[str]:
    """Return a word in small letters without accents, in the ways in which it may be spelt."""
    small = unicodedata.normalize("NFC", word.casefold())
    ways = (small, small.translate(_TO_SPELT_OUT))
    return {_without_marks(way).translate(_TO_PLAIN).translate(_TO_LATIN) for way in ways} - {""}


def _without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _script(word: str) -> str:
    """Return the script of a word by its first letter, as Unicode names it."""
    return unicodedata.name(word[0], "?").split()[0]


def _agree(ours: dict[str, bool], theirs: dict[str, bool]) -> bool:
    """Return whether a word is in both; nearly is enough where one was transliterated."""
    if ours.keys() & theirs.keys():
        return True
    return any(
        SequenceMatcher(None, one, other).ratio() >= _NEAR_ENOUGH
        for one, other in _pairs(ours, theirs)
    )


def _pairs(ours: dict[str, bool], theirs: dict[str, bool]) -> Iterable[tuple[str, str]]:
    for one, by_us in ours.items():
        for other, by_them in theirs.items():
            if by_us != by_them:
                yield one, other
