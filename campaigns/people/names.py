"""Names as one greets with them: what people write around their name on LinkedIn taken off."""

import html
import re
import unicodedata
from functools import lru_cache
from itertools import dropwhile, takewhile

from campaigns.people.nothing import is_nothing
from campaigns.people.pretenders import is_job, is_no_last_name, is_no_name
from campaigns.people.titles import (
    are_before_families,
    are_suffixes,
    count_titles,
    is_name_alone,
    is_title,
    without_brackets_of_titles,
    without_capitals_behind,
    without_suffixes,
    without_titles,
    without_titles_before,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTICLES = _words(
    """van der den de la le du von zu zur da dos das do del della di el los las y e bin ibn
    al"""
)
_SHORT_NAMES = _words("AL BO CY ED IB JO LI LU MO OZ TY VI WU XU YI YU ZE")
_AFTER_THE_NAME = re.compile(
    r"\s*(?:[|/•·,;:@(\[{<\"“„«~]|\s[-\u2013\u2014]\s|\s['\u2018][^'\u2018\u2019]+['\u2019](?!\w)"
    r"|\s\S{1,64}@\S"
    r"|\s(?:geb\.|geborene|née|nee|né|z domu|rozená|roz\.|född|født|fødd|szül\.)\s).*",
    re.DOTALL,
)
# What LinkedIn puts around a photo, and people beside their name.
_BANNERS = re.compile(
    r"(?<!\w)(?:\#\w+|(?:is |i['\u2019]?m |we['\u2019]?re |we are |now |actively |currently )?(?:"
    r"open(?: to | for |to)(?:new )?(?:work(?:ing)?|opportunit\w+|roles?|offers|connect\w*)"
    r"|(?<=actively )(?:looking|seeking)(?! for)|hiring(?: now)?"
    r"|(?:looking|seeking|searching)(?: for)?(?: an?)?(?: new)? "
    r"(?:job|work|roles?|opportunit\w+|positions?)|available for (?:work|hire)|auf jobsuche"
    r"|en recherche active|en b\u00fasqueda activa|in cerca di lavoro"
    r"|(?:\u00e0 la|en) recherche d['\u2019]emploi|disponible para trabajar"
    r"|(?:she|he|they|her|him|them|his|ze|elle|il|ella|sie|er)(?:/(?:she|he|they|hers?|him|his|"
    r"themn?|theirs?|zir|lui|la|le|ihr|ihm)){1,2}"
    r"|(?:1st|2nd|3rd\+?) degree connection))(?!\w)[!:.]*",
    re.IGNORECASE,
)
_OF_A_PROFILE = re.compile(
    r"(?:view )?(?P<name>\S.*?)['\u2019]s? (?:full )?(?:linkedin )?(?:profile|photo)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_TITLES_AT_MOST = 6  # glued together
_GLUED_TITLE = re.compile(r"(?<![\w.])([^\W\d_]{2,5}\.)(?!(?:in|a|ra|na|ssa|to)\b)(?=[^\W\d_ªºᵃ])")
_AND = re.compile(r"(?<=[\w.])\s*[&+\uff06]\s*(?=\w)")
_COUPLED = frozenset(["&", "+", "and", "und", "et"])
_ABBREVIATED = re.compile(r"(?:[^\W\d_]{1,3}\.)+|St")
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}[^\W\d_]?")
_INITIAL = re.compile(r"[^\W\d_]\.?")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
_IN_THE_MIDDLE = frozenset(["Van", "Văn", "Thi", "Thị"])
_E_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]+")
_ENDED = re.compile(r"[^\W\d_]*[aeiouyáéíóúäöü][^\W\d_]*(?<=[^\W\d_]{3})\.", re.IGNORECASE)  # Ada.
_PLAIN = re.compile(r"[A-Z][a-z]+")
_WORD = re.compile(r"[^\W\d_]+")
# Han, Hangul and Hiragana: what is in Katakana alone comes from elsewhere, given name first.
_EAST_ASIAN = re.compile(
    "(?![\u30a0-\u30ff]+$)[\u3005-\u3007\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{1,4}"
)
_CONSONANTS = frozenset("BCDFGHJKLMNPQRSTVWXZ")
_OF_A_PAGE = re.compile(r"&#?\w{2,8};|</?\w{1,10}[^<>]{0,50}>")
_QUOTED = re.compile(r"\A\s*'([^']+)'\s*\Z")
_TAG = re.compile(r"</?\w{1,10}[^<>]{0,50}>")
_JOINERS = "\u200c\u200d"
_GARNISH = f'{_JOINERS}*_#!?…\u2013\u2014-+&"”»([{{<)]}}>'


def greeting_name(name: str, last_name: str = "", *, is_first: bool = True) -> str:
    """Return a name as a greeting uses it: `DR. ADA  🚀` becomes `Ada`.

    Emoji, titles, degrees, banners, what stands behind a stroke, a comma or in brackets, a final
    initial, and the last name, where it was put behind the first, are taken off. A word all in
    capitals, or a name all in small letters, gets one capital. Mixed case (McDonald, van der Berg)
    and names in other scripts stay as they are. Nothing is left of a name that is none, such as
    “LinkedIn Member” or “Recruiter at Example Bank”: an empty text.

    :param is_first: a first name; a last one may begin with a particle: `de la Cruz`.
    """
    words = list(_bare_words(name, is_first=is_first))
    core = " ".join(words)
    if is_first and is_no_name(core, " ".join(_bare_words(last_name, is_first=False))):
        return ""
    if not is_first and is_no_last_name(core):
        return ""
    if len(words) == 1 and _PLAIN.fullmatch(core):
        return core  # as most are, and campaigns are long
    words = _without_last_name(words, last_name)
    if is_first:
        words = without_capitals_behind(words)
    while len(words) > 1 and _INITIAL.fullmatch(words[-1]) and words[-1].isascii():
        words.pop()
    if words and _ENDED.fullmatch(words[-1]):
        words[-1] = words[-1].rstrip(".")
    in_small_letters = all(word == word.lower() for word in words)
    return " ".join(
        _with_capital(word, first=is_first and index == 0, small=in_small_letters)
        for index, word in enumerate(words)
    )


def greeting_last_name(first_name: str, last_name: str) -> str:
    """Return a last name as a greeting uses it: nothing where the whole is none."""
    if is_nobody(first_name, last_name):
        return ""  # “Member” behind “LinkedIn”
    return greeting_name(last_name, is_first=False)


def is_nobody(first_name: str, last_name: str) -> bool:
    """Return whether a name is none, and so says nothing about who somebody is."""
    first, last = _bare_words(first_name, is_first=True), _bare_words(last_name, is_first=False)
    return is_no_name(" ".join(first), " ".join(last))


def job_in(first_name: str, last_name: str) -> str:
    """Return the job that stands where a name should: “Recruiter at Example Bank”; else ""."""
    first, last = _bare_words(first_name, is_first=True), _bare_words(last_name, is_first=False)
    is_one = is_job(" ".join(first), " ".join(last))
    return " ".join(f"{first_name} {last_name}".split()) if is_one else ""


def split_name(full_name: str) -> tuple[str, str]:
    """Return first and last name of a full name: `Dr. Ada van der Berg` → `Dr. Ada`, `van der …`.

    The first word is the first name; titles in front of it belong to it, as do an abbreviation
    (`Ma. Theresa`) and a second person (`Ada & Bob`). `Example, Ada` is turned round, unless what
    stands behind the comma is a degree or a job.
    """
    full_name = _EMPTY_BRACKETS.sub(" ", _without_banners(full_name)).strip()
    before, comma, after = (part.strip() for part in full_name.partition(","))
    is_name = 0 < len(after.split()) <= 2 and "," not in after
    is_name = is_name and not is_no_name(after) and not is_job(before)
    if comma and is_name and not are_suffixes(after):
        return after, before
    words = list(dropwhile(lambda word: not _WORD.search(word), full_name.split()))
    if turned := _family_first(words):
        return turned
    count = titles = count_titles(words)
    if 0 < titles == len(words) - 1 and are_before_families(words[:titles]):
        return " ".join(words[:titles]), words[titles]  # Herr Example
    if titles == 1 and len(words) == 2 and is_name_alone(words[0]):
        return words[0], words[1]  # Major Singh
    while 0 < count < len(words) and words[count][0] + words[count][-1] == "()":  # Mag. (FH)
        count += 1
        count += count_titles(words[count:])
    count = count + 1 if count < len(words) else max(titles, 1)
    while count < len(words) - 1 and _ABBREVIATED.fullmatch(words[count - 1]):
        count += 1
    if count < len(words) - 1 and words[count].lower() in _COUPLED:
        count += 2
    return " ".join(words[:count]), " ".join(words[count:])


def _family_first(words: list[str]) -> tuple[str, str] | None:
    """Return first and last name where the family stands in front, as can be seen; else None.

    By the script: `山田 太郎`, `김 철수`. By capitals: `DUPONT Jean`. And in Vietnamese by what
    stands in the middle: `Nguyễn Văn An`, of which the last word is the name.
    """
    if len(words) == 2 and all(map(_EAST_ASIAN.fullmatch, words)):
        return words[1], words[0]
    if len(words) > 2 and words[1] in _IN_THE_MIDDLE and words[0][0].isupper():
        return words[-1], " ".join(words[:-1])
    count = count_titles(words)
    family = list(takewhile(str.isupper, words[count:]))
    given = words[count + len(family) :]
    is_clear = any(sum(map(str.isalpha, word)) > 2 for word in family) and not is_job(family[0])
    is_clear = is_clear and not any(map(_INITIALS.fullmatch, family))  # J.R.R. Example
    if is_clear and 0 < len(given) < 3 and all(map(str.istitle, given)):
        return " ".join([*words[:count], *given]), " ".join(family)
    return None


def completed(first_name: str, last_name: str, whole: str) -> tuple[str, str]:
    """Return first and last name, taking from the whole name what is missing.

    Beside a first name, what is called “Name” may be the last one alone, as in German.
    """
    if not first_name and not last_name:
        return split_name(whole)
    if not whole or (first_name and last_name):
        return first_name, last_name
    given, rest = (first_name or last_name).casefold(), whole.casefold()
    if rest.startswith(f"{given} "):
        other = whole[len(given) :].strip()
    elif rest.endswith(f" {given}"):
        other = whole[: -len(given)].strip()
    else:
        other = "" if given in rest or last_name else whole
    return first_name or other, last_name or other


def without_empty_words(full_name: str) -> str:
    """Return a whole name without what programs wrote for a missing half: `Ada undefined`."""
    words = full_name.split()
    kept = [word for word in words if not is_nothing(word, of_a_name=True)]
    return " ".join(kept) if len(kept) < len(words) else full_name


def name_words(name: str) -> list[str]:
    """Return the words of a name as they are written, without titles, degrees, particles and signs.

    For comparing; `greeting_name` is for showing.
    """
    words = [word for word in map(_bare, _readable(_without_banners(name)).split()) if word]
    words = without_suffixes(without_titles(words, is_first=False))
    return [word for word in words if word.lower() not in _PARTICLES]


@lru_cache(maxsize=1_024)  # of one person it is asked several times
def _bare_words(name: str, *, is_first: bool) -> tuple[str, ...]:
    return tuple(_words_of(name, is_first=is_first))


def _words_of(name: str, *, is_first: bool) -> list[str]:
    """Return the words of a name without what people write around it."""
    if is_nothing(name.strip(), of_a_name=True) or _E_MAIL.fullmatch(name.strip()):
        return []
    if _PLAIN.fullmatch(name):
        return without_titles([name], is_first=is_first)
    name = _TAG.sub(" ", html.unescape(name)) if _OF_A_PAGE.search(name) else name
    text = _AND.sub(" & ", _unglued(_without_banners(_QUOTED.sub(r"\1", name))))
    text = without_titles_before(without_brackets_of_titles(_readable(text).strip()))
    text = _AFTER_THE_NAME.sub("", text) or text
    words = [word for word in (_bare(word) for word in text.split()) if word]
    while words and words[-1] == "&":
        words.pop()
    return without_suffixes(without_titles(words, is_first=is_first))


def _unglued(name: str) -> str:
    """Return `Prof.Dr.Ada` as `Prof. Dr. Ada`."""
    for _ in range(_TITLES_AT_MOST):
        found = _GLUED_TITLE.search(name)
        if not found or not is_title(found[1]):
            break
        name = f"{name[: found.end()]} {name[found.end() :]}"
    return name


def _without_banners(name: str) -> str:
    found = _OF_A_PROFILE.fullmatch(name.strip()[:500])
    return _BANNERS.sub(" ", found["name"] if found else name)


def _readable(name: str) -> str:
    """Return a name without emoji and symbols, letters of mathematics made plain."""
    if any(_is_letter_in_disguise(ord(c)) for c in name):
        name = unicodedata.normalize("NFKC", name)
    kept = [c if _belongs_to_a_name(c) else " " for c in unicodedata.normalize("NFC", name)]
    return "".join(kept)


def _is_letter_in_disguise(code: int) -> bool:
    """Return whether a sign is a letter of mathematics, in a circle, or of full width."""
    return 0x1D400 <= code <= 0x1D7FF or 0x24B6 <= code <= 0x24E9 or 0xFF01 <= code <= 0xFF5E


def _belongs_to_a_name(character: str) -> bool:
    category = unicodedata.category(character)
    if (
        category[0] in "LPZ"
        or category in {"Nd", "Nl"}
        or character in _JOINERS
        or character in "|~<"
    ):
        return True
    return category[0] == "M" and not 0xFE00 <= ord(character) <= 0xFE0F and character != "\u20e3"


def _bare(word: str) -> str:
    """Return a word without signs around it, or nothing if it is no word."""
    if word == "&":
        return word
    return word.strip(_GARNISH).lstrip(".") if _WORD.search(word) else ""


def _without_last_name(words: list[str], last_name: str) -> list[str]:
    last = last_name.casefold().split()
    if last and len(words) > len(last) and [w.casefold() for w in words[-len(last) :]] == last:
        return words[: -len(last)]
    return words


def _with_capital(word: str, *, first: bool, small: bool) -> str:
    letters = "".join(_WORD.findall(word))
    if not letters or not _is_latin(letters):
        return word
    if word == word.lower():
        wanted = (first or small) and (first or word not in _PARTICLES)
        return _capitalised(word) if wanted else word
    if word != word.upper() or "." in word or not (set(letters) - _CONSONANTS or len(letters) > 3):
        return word  # JRR
    if not first and word.lower() in _PARTICLES:
        return word.lower()
    if len(letters) == 2 and word not in _SHORT_NAMES:
        return word  # initials, such as JP
    return _capitalised(word)


def _is_latin(letters: str) -> bool:
    return all("LATIN" in unicodedata.name(letter, "") for letter in letters)


def _capitalised(word: str) -> str:
    """Return `jean-luc` or `JEAN-LUC` as Jean-Luc, O'BRIEN as O'Brien, MCDONALD as McDonald."""

    def capital(match: re.Match[str]) -> str:
        part = match[0]
        lower = part[1:].replace("İ", "i").lower()
        if part[:1] in "Mm" and lower.startswith("c") and len(lower) > 3:
            return f"Mc{lower[1].upper()}{lower[2:]}"
        return part[0].upper() + lower

    return _WORD.sub(capital, word)
