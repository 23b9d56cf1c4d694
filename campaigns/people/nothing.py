"""What programs and people write where they have nothing, and which of it may be a name.

Plain Python: a file's cells, the last part of an address and a greeting are judged by it alike.
"""

import re
import unicodedata

from campaigns.messages import foreign


def _each(text: str) -> frozenset[str]:
    return frozenset(" ".join(words.split()) for words in text.split("|"))


# Exactly so: by Python, pandas, R, JavaScript, Go, dumps of databases, pivot tables, and sheets
# that look a value up, in their languages.
_WRITTEN_BY_PROGRAMS = _each(
    r"""None|nan|NaN|NaT|NA|null|NULL|nil|\N|\\N|<NA>|<nil>|<null>|<none>|(null)|(none)|(nil)|
    (blank)|(empty)|(leer)|(vide)|(not set)|[null]|[blank]|[empty]|[NULL]|[object Object]|{}|[]|
    Loading...|#N/A|#N/D|#N/D!|#NV|#N/B|#I/T|#YOK|#Н/Д|#GETTING_DATA"""  # noqa: RUF001
)
# In any capitals. Strokes, hyphens, underscores and full stops count as spaces.
_WORDS = _each(
    """null|nil|nan|none|undefined|n a|not available|not applicable|not found|not provided|
    not specified|not set|not known|not given|not disclosed|no value|no data|no name|no info|
    no information|unknown|unavailable|tbd|tba|
    k a|keine angabe|keine angaben|keine daten|unbekannt|nicht verfügbar|nicht angegeben|
    nicht vorhanden|ohne angabe|inconnu|inconnue|non disponible|non renseigné|non renseignée|
    non spécifié|indisponible|desconocido|desconocida|no disponible|sin datos|sin especificar|
    sin nombre|desconhecido|desconhecida|não disponível|não informado|sem dados|sconosciuto|
    sconosciuta|non specificato|onbekend|niet beschikbaar|niet bekend|brak danych|nieznany|
    nieznana|nie dotyczy|nie podano|okänd|ukjent|ukendt|ei saatavilla|tuntematon|neznámý|
    není k dispozici|bilinmiyor|mevcut değil|неизвестно|нет данных|н д|не указано|невідомо|不明|
    未知|なし|該当なし|无|알 수 없음|없음"""
)
_NO_NAMES = _each(
    """first name|last name|full name|firstname|lastname|fullname|your name|name|vorname|nachname|
    prénom|nombre|apellido|nome|cognome|sobrenome|voornaam|achternaam|anonymous|anonymous user|
    anonymous member|unknown user|unknown member|private member|deleted user|xxx"""
)
_NAMES_TOO = _each("Null|Nil|NIL|Nan|NAN|Na")
# #REF!, #WERT!, #¡VALOR!, #ИМЯ?, #DIV/0!: what sheets show for a formula that came to nothing.
_ERROR_OF_A_SHEET = re.compile(r"#¡?[^\W\d_a-z][\w/ ]*[!?]")
_ONLY_SIGNS = re.compile(r"[-\u2010-\u2015\u2026_.?/\\'\"`\s]+")
_LONGEST = 40  # characters of what is nothing in words
_BETWEEN = re.compile(r"[\s/\\._-]+")
_INITIALS = re.compile(r"(?:[^\W\d_](?:\.\s*|\s+|$)){2,}")


def is_nothing(text: str, *, of_a_name: bool = False) -> bool:
    """Return whether a text says that there is nothing: `NULL`, `nan`, `#N/A`, `n/a`, `-`, "".

    :param of_a_name: a first or last name. People are called Null, Nan, Nil and Na, and some write
        N.A. for theirs: so written they are names. What stands for one, as “Anonymous”, is nothing.
    """
    if not text or _ONLY_SIGNS.fullmatch(text) or text in _WRITTEN_BY_PROGRAMS:
        return True
    if _ERROR_OF_A_SHEET.fullmatch(text):
        return text == text.upper()
    if of_a_name and (text in _NAMES_TOO or (_INITIALS.fullmatch(text) and text.isupper())):
        return False
    if of_a_name and foreign.unfilled(text) == text:
        return True  # `%FIRSTNAME%`: what another program was to fill in
    if len(text) > _LONGEST:
        return False
    parts = text.split()
    if len(parts) > 1 and all(is_nothing(part, of_a_name=of_a_name) for part in parts):
        return True  # `null null`: of two columns
    words = _spaced(text)
    return words in _WORDS or (of_a_name and words in _NO_NAMES)


def _spaced(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).casefold().strip("()[]<>{}\"'*? ")
    return _BETWEEN.sub(" ", composed).strip()
