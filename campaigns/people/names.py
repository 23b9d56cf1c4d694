"""Names as one greets with them: what people write around their name on LinkedIn taken off."""

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    """dr prof professor doctor mr mrs ms miss mx sir dame herr frau madame monsieur mme mlle
    señor señora dipl-ing dr-ing drs doc rev hon capt lt col gen"""
)
# Titles that are names, too: only with a full stop.
_TITLES_WITH_STOP = _words("ing eng fr mag pd dipl arch adv st sr sra m")
_SUFFIXES = _words(
    """phd mba msc bsc mphil llm llb cpa cfa cfp pmp esq edd dba mph mfa meng beng bba cissp csm
    shrm-cp shrm-scp sphr phr acca aca frcs dphil"""
)
# Suffixes that are names, too: only in capitals, behind a name that is not.
_SUFFIXES_IN_CAPITALS = _words("MA BA MD JD RN PE MS BS DO PT CA CMA MIS II III IV")
_PARTICLES = _words(
    """van der den de la le du von zu zur da dos das do del della di el los las y e bin ibn
    al"""
)
_SHORT_NAMES = _words("AL BO CY ED IB JO LI LU MO OZ TY VI WU XU YI YU ZE")
_AFTER_THE_NAME = re.compile(r"\s*(?:[|/•·,;:@(\[{<\"“„«~]|\s[-\u2013\u2014]\s).*", re.DOTALL)
_INITIAL = re.compile(r"[^\W\d_]\.?")
_PLAIN = re.compile(r"[A-Z][a-z]+")
_WORD = re.compile(r"[^\W\d_]+")
_JOINERS = "\u200c\u200d"
_GARNISH = f'{_JOINERS}*_#!?…\u2013\u2014-+&"”»([{{<)]}}>'


def greeting_name(name: str, last_name: str = "", *, is_first: bool = True) -> str:
    """Return a name as a greeting uses it: `DR. ADA  🚀` becomes `Ada`.

    Emoji, titles, degrees, what stands behind a stroke, a comma or in brackets, a final initial,
    and the last name, where it was put behind the first, are taken off. A word all in capitals, or
    a name all in small letters, gets one capital. Mixed case (McDonald, van der Berg) and names in
    other scripts stay as they are. Nothing is left of a name that is none: an empty text.

    :param is_first: a first name; a last one may begin with a particle: `de la Cruz`.
    """
    if _PLAIN.fullmatch(name):
        return name  # as most are, and campaigns are long
    text = _readable(name)
    text = _AFTER_THE_NAME.sub("", text) or text
    words = [word for word in (_bare(word) for word in text.split()) if word]
    words = _without_titles(words)
    words = _without_last_name(_without_suffixes(words), last_name)
    while len(words) > 1 and _INITIAL.fullmatch(words[-1]) and words[-1].isascii():
        words.pop()
    in_small_letters = all(word == word.lower() for word in words)
    return " ".join(
        _with_capital(word, first=is_first and index == 0, small=in_small_letters)
        for index, word in enumerate(words)
    )


def split_name(full_name: str) -> tuple[str, str]:
    """Return first and last name of a full name: `Dr. Ada van der Berg` → `Dr. Ada`, `van der …`.

    The first word is the first name, titles in front of it belong to it. `Example, Ada` is turned
    round, unless what stands behind the comma is a degree.
    """
    before, comma, after = (part.strip() for part in full_name.partition(","))
    if comma and 0 < len(after.split()) <= 2 and "," not in after and not _are_suffixes(after):
        return after, before
    words = full_name.split()
    count = 1
    while count < len(words) and _is_title(words[count - 1]):
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def name_words(name: str) -> list[str]:
    """Return the words of a name as they are written, without titles, degrees, particles and signs.

    For comparing; `greeting_name` is for showing.
    """
    words = [word for word in map(_bare, _readable(name).split()) if word]
    words = _without_suffixes(_without_titles(words))
    return [word for word in words if word.lower() not in _PARTICLES]


def _readable(name: str) -> str:
    """Return a name without emoji and symbols, letters of mathematics made plain."""
    if any(0x1D400 <= ord(c) <= 0x1D7FF or 0xFF01 <= ord(c) <= 0xFF5E for c in name):
        name = unicodedata.normalize("NFKC", name)
    kept = [c if _belongs_to_a_name(c) else " " for c in unicodedata.normalize("NFC", name)]
    return "".join(kept)


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
    return word.strip(_GARNISH) if _WORD.search(word) else ""


def _is_title(word: str) -> bool:
    plain = word.lower().rstrip(".").replace(".", "")
    return plain in _TITLES or (word.endswith(".") and plain in _TITLES_WITH_STOP)


def _without_titles(words: list[str]) -> list[str]:
    while len(words) > 1 and _is_title(words[0]):
        words = words[1:]
    return words


def _without_suffixes(words: list[str]) -> list[str]:
    while len(words) > 1 and _is_suffix(words[-1], words[0]):
        words = words[:-1]
    return words


def _is_suffix(word: str, first: str) -> bool:
    plain = word.replace(".", "")
    return plain.lower() in _SUFFIXES or (plain in _SUFFIXES_IN_CAPITALS and first != first.upper())


def _are_suffixes(text: str) -> bool:
    return all(_is_suffix(word, "Ada") for word in text.split())


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
    if word != word.upper() or "." in word or (len(letters) == 1):
        return word
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
