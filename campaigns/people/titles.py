"""What people write before and behind their names: titles, degrees, certificates.

Plain Python. Words that are names, too, count as titles only where their form says so: with a full
stop, in capitals, or beside another title.
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    """dr dra prof profa profr professor doctor mr mrs ms miss mx sir dame herr frau madame monsieur
    mme mlle señor señora señorita dipl-ing dr-ing drs doc rev hon capt lt col gen engr
    dott dottor dottore dottssa dottoressa drssa profssa avv avvocato mgr inż univ-prof priv-doz
    mudr judr phdr rndr mvdr mddr paeddr thdr pharmdr shri smt datuk dato dato' pr sigra
    ddr mmag maga captain dña bsc msc jun-prof hon-prof reverend advocate pastor"""
)
# Titles that are names, too: only with a full stop, or before another title.
_TITLES_WITH_STOP = _words(
    """ing eng fr mag pd dipl arch adv sr sra srta m me mw mevr dhr ir ts er ar av uzm op doç yrd
    arş öğr gör lic licda lcda abg arq sig rag geom bc univ ao assoc asst kom kommr sri maj sgt
    cpt cdr lek hab ass prim doz habil hr fru di apl
    kfm kffr wirt wirtsch"""
)
_PARTS_OF_TITLES = _words(
    """med dent rer nat phil jur iur oec pol habil hc h c vet techn theol sc hum agr mont publ hab
    mult üyesi cam"""
)
_SCHOOLS = _words("ETH TU FH")  # Dr. sc. ETH
_ANDS = _words("& and und et y e")
_IN_HYPHENS = _PARTS_OF_TITLES | _words(
    """ing univ doz kfm kffr wirt wirtsch inf inform psych phys chem math biol geol geogr betriebsw
    volksw päd soz hdl verw arch des ök ökon kauffrau kaufmann"""
)
_IN_CAPITALS_BEFORE = _words("CA CMA CPA FCA ACA")
# A word that stands alone is no title but a name, if nothing says otherwise.
_NAMES_ALONE = _words("gen hon col doc dame pastor advocate reverend")
_SUFFIXES = _words(
    """phd mba msc bsc mphil llm llb cpa cfa cfp pmp esq edd dba mph mfa meng beng bba cissp csm
    shrm-cp shrm-scp sphr phr acca aca frcs dphil"""
)
# Suffixes that are names, too: only in capitals, behind a name that is not.
_SUFFIXES_IN_CAPITALS = _words("MA BA MD JD RN PE MS BS DO PT CA CMA MIS II III IV")
_IN_BRACKETS = re.compile(r"\(([^()]{1,15})\)\s*(?=\S)")


def count_titles(words: list[str]) -> int:
    """Return how many words at the start are titles: three of `Dr. med. dent. Ada`."""
    count = 0
    while count < len(words):
        word, after = words[count], words[count + 1 : count + 2]
        if not (
            _is_title(word)
            or (count and _is_part(word))
            or (after and _is_before_another(word, after[0]))
            or (count and after and word in _ANDS and _is_title(after[0]))
        ):
            break
        count += 1
    return count


def without_titles(words: list[str], *, is_first: bool) -> list[str]:
    """Return a name's words without the titles in front.

    A first name of which nothing else is there is none: `Mr`. A last one may be a title: Herr.
    """
    count = count_titles(words)
    if count < len(words):
        return words[count:]
    last = words[-1:]
    is_name = not is_first or (len(words) == 1 and words[0].lower() in _NAMES_ALONE)
    return last if is_name else []


def without_suffixes(words: list[str]) -> list[str]:
    """Return a name's words without the degrees behind it."""
    while len(words) > 1 and _is_suffix(words[-1], words[0]):
        words = words[:-1]
    return words


def without_brackets_of_titles(text: str) -> str:
    """Return `Mag. (FH) Ada` without the title and what stands in brackets behind it."""
    before, bracket, _ = text.partition("(")
    found = _IN_BRACKETS.match(text, len(before))
    words = before.split()
    if not bracket or not words or found is None:
        return text
    if not all(_is_title(word) or _is_title(f"{word}.") or _is_part(word) for word in words):
        return text
    return text[found.end() :]


def are_suffixes(text: str) -> bool:
    """Return whether a text is nothing but degrees: `MBA, PhD`."""
    return all(_is_suffix(word, "Ada") for word in text.split())


def _plain(word: str) -> str:
    return word.lower().replace(".", "")


def _is_title(word: str) -> bool:
    plain = _plain(word)
    if plain in _TITLES or (word.endswith(".") and plain in _TITLES_WITH_STOP):
        return True
    first, *others = plain.split("-")
    known = _TITLES | _TITLES_WITH_STOP
    return bool(others) and first in known and all(each in _IN_HYPHENS for each in others)


def _is_part(word: str) -> bool:
    """Return whether a word behind a title is part of it: `med.`, `rer. nat.`, `h.c.`."""
    if word in _SCHOOLS:
        return True
    is_small = word == word.lower()
    return is_small and (_plain(word) in _PARTS_OF_TITLES or (word.endswith(".") and len(word) > 2))


def _is_before_another(word: str, after: str) -> bool:
    if word.replace(".", "") in _IN_CAPITALS_BEFORE or _is_degree_before(word):
        return True
    return _plain(word) in _TITLES_WITH_STOP and _is_title(after)


def _is_degree_before(word: str) -> bool:
    """Return whether a degree stands where names do not: `MBA Ada`, `Ph.D. Ada`, `B.A. Ada`."""
    plain = word.replace(".", "")
    is_written_so = word.isupper() or word.endswith(".") or plain == "PhD"
    return is_written_so and (plain.lower() in _SUFFIXES or ("." in word and plain == "BA"))


def _is_suffix(word: str, first: str) -> bool:
    plain = word.replace(".", "")
    return plain.lower() in _SUFFIXES or (plain in _SUFFIXES_IN_CAPITALS and first != first.upper())
