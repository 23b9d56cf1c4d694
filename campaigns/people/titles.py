"""What people write before and behind their names: titles, degrees, certificates.

Plain Python. Words that are names, too, count as titles only where their form says so: with a full
stop, in capitals, or beside another title.
"""

import re
from functools import lru_cache
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class _Known(NamedTuple):
    titles: frozenset[str]
    in_other_letters: frozenset[str]
    credentials: frozenset[str]


@lru_cache(maxsize=1)
def _known() -> _Known:
    """Return what nameparser knows, which takes longer to import than a run without work takes.

    Of its titles those that are told by a full stop, or by other letters than ours: most of the
    rest are names, too (King, Prince, Rock); and saints are: St. John.
    """
    from nameparser import Lexicon  # noqa: PLC0415 - see above

    lexicon = Lexicon.default()
    titles = frozenset(title.replace(".", "") for title in lexicon.titles)
    in_other_letters = frozenset(
        word.replace(".", "")
        for word in lexicon.titles | lexicon.suffix_words
        if ord(word[0]) > 0x36F
    )
    return _Known(
        titles - {"st", "ste", "saint"},
        in_other_letters,
        lexicon.suffix_acronyms - lexicon.suffix_acronyms_ambiguous,
    )


_TITLES = _words(
    """dr dra prof profa profr professor doctor mr mrs ms miss mx sir dame herr frau madame monsieur
    mme mlle señor señora señorita dipl-ing dr-ing drs doc rev hon capt lt col gen engr
    dott dottor dottore dottssa dottoressa drssa profssa avv avvocato mgr inż univ-prof priv-doz
    mudr judr phdr rndr mvdr mddr paeddr thdr pharmdr thlic mga bca shri smt datuk datin dato dato'
    pr ddr mmag mtro mtra maître docteur professeur doña capt cmdr cdr wg
    captain colonel brigadier brig lieutenant sergeant major commander ambassador baroness lord
    revd cllr coach chef brother sister father haji hajah hajj encik puan cik ybhg bapak ibu sayin
        dhr mevrouw meneer mevr jhr atty adv dña bsc msc jun-prof hon-prof reverend advocate pastor
    rechtsanwalt rechtsanwältin steuerberater steuerberaterin notar notarin wirtschaftsprüfer
    wirtschaftsprüferin المهندس المهندسة kommr dkfm smmm"""
)
# Before a name only, and written so: they are names, pronouns or words otherwise.
_EXACTLY_SO = _words(
    """CA CMA CPA FCA ACA RA RAin StB StBin vBP DI WP CS HE HH HRH YB YAB TkT KTM VTM OTM Me
    pan pán pani paní Pani Paní"""
)
_OF_TWO_WORDS = frozenset(
    (
        *("tan sri", "puan sri", "toh puan", "tuan haji", "the hon", "the honourable"),
        *(
            f"{title} {of}"
            for title in ("datuk", "dato", "dato'", "datin")
            for of in ("sri", "seri")
        ),
        *("wing commander", "squadron leader", "group captain", "de heer", "radca prawny"),
        *("his excellency", "her excellency", "lt col", "maj gen", "tekn dr", "fil dr"),
    )
)
# Titles that are names, too: only with a full stop, or before another title.
_TITLES_WITH_STOP = _words(
    """ing eng enga engo fr mag pd dipl arch sr sra srta m me mw dhr ir ts ths pgs er ar av uzm op
    doç yrd arş öğr gör ecz dt müh yük mim dyt psk vet hek lic licda lcda lcdo lcda abg arq sig rag
    geom cav on bc bakk univ ao assoc asst kom komm sri kum pt hj hjh maj sgt cpt lek hab ass prim
    doz habil hr fru di apl kfm kffr wirt wirtsch ds bpk mec adw rpr ks ifj id özv civ siv civing
    siving cand candmerc fil tekn frhr eidg he sen gov amb avvto н"""
)
_PARTS_OF_TITLES = _words(
    """med dent rer nat phil jur iur oec pol habil hc h c n vet techn theol sc hum agr mont publ hab
    mult üyesi cam öğr et"""
)
_SCHOOLS = _words("ETH TU FH HSG EPFL UZH Üyesi Görevlisi")  # Dr. sc. ETH
_ANDS = _words("& and und et y e")
_IN_HYPHENS = _PARTS_OF_TITLES | _words(
    """ing univ doz kfm kffr wirt wirtsch inf inform psych phys chem math biol geol geogr betriebsw
    volksw päd soz hdl verw arch des ök ökon kauffrau kaufmann"""
)
_BEHIND_DIPLOMA = re.compile(
    r"\w*(?:wirt|kaufmann|kauffrau|ingenieur|informatiker|psycholog|physiker|chemiker|biolog|"
    r"mathematiker|pädagog|jurist|designer|geograph|volkswirt)(?:e|in)?",
    re.IGNORECASE,
)
# A word that stands alone is no title but a name, if nothing says otherwise.
_NAMES_ALONE = _words(
    """gen hon col doc dame pastor advocate reverend captain colonel brigadier lieutenant sergeant
    major commander lord haji hajah coach brother sister father"""
)
_SUFFIXES = _words(
    """phd mba msc bsc mphil llm llb cpa cfa cfp pmp esq edd dba mph mfa meng beng bba cissp csm
    shrm-cp shrm-scp sphr phr acca aca frcs dphil csc drsc fcca acma cgma fcma cspo pspo mrics
    frics mcipd fcipd assoccipd mcips ccsp cka ckad togaf itil frm caia cima aat cta miet fiet
    ceng leed"""
)
# Suffixes that are names, too: only in capitals, behind a name that is not.
_SUFFIXES_IN_CAPITALS = _words("MA BA MD JD RN PE MS BS DO PT CA CMA MIS II III IV")
_BEFORE_FAMILIES = _words(
    """mr mrs ms herr frau hr fr monsieur madame mme mlle m señor señora sr sra signor signora sig
    dhr mevr mevrouw meneer mw pan pani paní"""
)
_DIPLOMAS = _words("dipl diplom")
# Mag.ª, Profª, Eng.º, and in German and Italian: Dr.in, Mag.a, Dott.ssa, Sig.na, Avv.to
_ORDINAL = re.compile("[ªºᵃ]")
_OF_A_WOMAN = re.compile(r"(?:\.?[ªºᵃ]|(?<=[^\W\d_]{2})\.(?:in|a|ra|na|ssa|to))\.?\Z")
_ARABIC = re.compile(r"(?:[\u0621-\u064a]\.){1,3}")  # in front of names, for doctor and engineer
_IN_BRACKETS = re.compile(r"\(([^()]{1,15})\)\s*(?=\S)")


def count_titles(words: list[str]) -> int:
    """Return how many words at the start are titles: three of `Dr. med. dent. Ada`."""
    count = 0
    while count < len(words):
        found = _titles_at(words, count)
        if not found:
            break
        count += found
    return count


def _titles_at(words: list[str], at: int) -> int:
    """Return how many words from this one on are one title, 0 where it is none."""
    word, after = words[at], words[at + 1 : at + 2]
    if at + 2 < len(words) and f"{_plain(word)} {_plain(words[at + 1])}" in _OF_TWO_WORDS:
        return 2
    if (
        is_title(word)
        or (at and _is_part(word))
        or (at and _plain(words[at - 1]) in _DIPLOMAS and _BEHIND_DIPLOMA.fullmatch(word))
        or (after and _is_before_another(word, after[0]))
        or (at and after and word in _ANDS and is_title(after[0]))
    ):
        return 1
    return 0


def is_name_alone(word: str) -> bool:
    """Return whether a title is a name where nothing but a family name stands behind: Major."""
    return word.lower() in _NAMES_ALONE


def are_before_families(words: list[str]) -> bool:
    """Return whether titles stand before a family's name where no other is there: Herr Example."""
    return all(_plain(word) in _BEFORE_FAMILIES for word in words)


def without_titles(words: list[str], *, is_first: bool) -> list[str]:
    """Return a name's words without the titles in front.

    A first name of which nothing else is there is none: `Mr`. A last one may be a title: Herr.
    """
    count = count_titles(words)
    if count < len(words):
        return words[count:]
    last = words[-1:]
    is_name = not is_first or (len(words) == 1 and is_name_alone(words[0]))
    return last if is_name else []


def without_titles_before(text: str) -> str:
    """Return a text without the titles in front, be there a stroke or a comma in or behind them.

    `WP/StB Ada`, `Dr., Ada`. As it is, where there is nothing else.
    """
    words = text.split()
    count = count_titles(words)
    return " ".join(words[count:]) if 0 < count < len(words) else text


def without_suffixes(words: list[str]) -> list[str]:
    """Return a name's words without the degrees and titles behind it."""
    while len(words) > 1 and (_is_suffix(words[-1], words[0]) or _is_title_behind(words[-1])):
        words = words[:-1]
    return words


def without_capitals_behind(words: list[str]) -> list[str]:
    """Return a first name's words without those in capitals behind it: `Ada XYZ`, `Ada EXAMPLE`.

    In capitals stand credentials, of which nobody knows all, and family names; not where all is.
    """
    while len(words) > 1 and words[-1].isupper() and len(words[-1]) > 2 and not words[0].isupper():
        words = words[:-1]
    return words


def _is_title_behind(word: str) -> bool:
    return word in _known().in_other_letters or (
        "." in word and len(_plain(word)) > 1 and is_title(word)
    )


def without_brackets_of_titles(text: str) -> str:
    """Return `Mag. (FH) Ada` without the title and what stands in brackets behind it."""
    before, bracket, _ = text.partition("(")
    found = _IN_BRACKETS.match(text, len(before))
    words = before.split()
    if not bracket or not words or found is None:
        return text
    if not all(is_title(word) or is_title(f"{word}.") or _is_part(word) for word in words):
        return text
    return text[found.end() :]


def are_suffixes(text: str) -> bool:
    """Return whether a text is nothing but degrees: `MBA, PhD`."""
    return all(_is_suffix(word, "Ada") for word in text.split())


def _plain(word: str) -> str:
    """Return a title in small letters without full stops, and without what marks a woman's."""
    word = _OF_A_WOMAN.sub(".", word.rstrip(",;"))
    return word.lower().replace(".", "").replace("\u0131", "i")  # a Turkish i without dot


def is_title(word: str) -> bool:
    if "/" in word:
        return all(is_title(part) or part in _EXACTLY_SO for part in word.split("/"))
    plain = _plain(word)
    if plain in _TITLES or plain in _known().in_other_letters or _ARABIC.fullmatch(word):
        return True
    has_stop = "." in word or _ORDINAL.search(word)
    if has_stop and (plain in _TITLES_WITH_STOP or plain in _known().titles):
        return True
    first, *others = plain.split("-")
    if first in _DIPLOMAS and others:
        return True
    is_known = first in _TITLES or first in _TITLES_WITH_STOP
    return is_known and bool(others) and all(each in _IN_HYPHENS for each in others)


def _is_part(word: str) -> bool:
    """Return whether a word behind a title is part of it: `med.`, `rer. nat.`, `h.c.`."""
    if word in _SCHOOLS:
        return True
    is_small = word == word.lower()
    return is_small and (_plain(word) in _PARTS_OF_TITLES or (word.endswith(".") and len(word) > 2))


def _is_before_another(word: str, after: str) -> bool:
    if word.replace(".", "") in _EXACTLY_SO or _is_degree_before(word):
        return True
    return _plain(word) in _TITLES_WITH_STOP and is_title(after)


def _is_degree_before(word: str) -> bool:
    """Return whether a degree stands where names do not: `MBA Ada`, `Ph.D. Ada`, `B.A. Ada`."""
    plain = word.replace(".", "")
    is_written_so = word.isupper() or word.endswith(".") or plain == "PhD"
    return is_written_so and (plain.lower() in _SUFFIXES or ("." in word and plain == "BA"))


def _is_suffix(word: str, first: str) -> bool:
    plain = word.replace(".", "")
    if plain.lower() in _SUFFIXES:
        return True
    is_known = plain in _SUFFIXES_IN_CAPITALS or (
        len(plain) > 2 and plain.lower() in _known().credentials
    )
    return is_known and plain == plain.upper() and first != first.upper()
