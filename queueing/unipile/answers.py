"""What an answer from Unipile means. The one place where answers are classified.

Unipile has no idempotency key, so the question behind every line here is: may this call have
reached LinkedIn? Where the evidence leaves a doubt about an invitation, the answer is UNKNOWN:
such an item is looked up later and never simply sent again.

Both versions have the error envelope `{"status", "type", "title", "detail"}`. What their types mean
stands in one table each, `v1/errors.py` and `v2/errors.py`; what such a table is, in `tables.py`.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from queueing.unipile.outcomes import Certainty, Outcome
from queueing.unipile.tables import ErrorTable

RAW_LIMIT = 4000
"""Characters of provider text that are kept as evidence."""

ANOTHER_SHAPE = "another_shape"
"""Our word for a whole 2xx answer to an invitation that is not the one that Unipile documents."""

NOT_FRESH = "not_fresh"
"""Our word for an old answer to a question whose answer decides something: nothing was learnt."""

ANOTHER_PERSON = "another_person"
"""Our word for an answer about somebody else than was asked for: nothing was learnt."""

NOT_CONNECTED = "not_connected"
"""Our word for a message that was refused, to somebody who is seen not to be connected."""

RETRY_AFTER_AT_MOST = 86_400
"""Seconds: what asks for more is a mistake of a clock, or wants a person to look at it."""


IN_WORDS = {
    Outcome.SENT: "Sent",
    Outcome.NOT_SENT: "Unipile could not be reached or did not answer; nothing was sent",
    Outcome.REJECTED: "Refused for this person or this text",
    Outcome.ALREADY_CONNECTED: "Already connected with this person",
    Outcome.ALREADY_INVITED: "This person has been invited recently",
    Outcome.ACCOUNT_LIMIT: "LinkedIn's limit for this account has been reached",
    Outcome.NOTE_TOO_LONG: "LinkedIn takes no note as long as this from the account",
    Outcome.THROTTLED: "LinkedIn asks this account to slow down",
    Outcome.WAIT: "Unipile asks to wait before it asks LinkedIn; nothing was sent",
    Outcome.ACCOUNT_DISCONNECTED: "The LinkedIn account must be reconnected in Unipile",
    Outcome.ACCOUNT_RESTRICTED: "LinkedIn has restricted this account",
    Outcome.BAD_API_KEY: "Unipile does not accept the API key",
    Outcome.UNKNOWN: "No clear answer; it may have been sent",
}


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP, as far as it came."""

    status: int
    body: bytes
    trouble: str = ""
    """Why the body is not whole; empty where it is."""
    location: str = ""
    retry_after: int | None = None
    """Seconds that the other side asks to wait, 0 to RETRY_AFTER_AT_MOST; None: it does not."""
    from_cache: bool = False
    """It says itself that it was not read anew."""


class UnipileError(Exception):
    """The one error of this package: what happened, and what the caller may conclude from it.

    `raw` is the provider's text, at most RAW_LIMIT characters, safe to store and to show.
    `http_status` is None and `error_type` is "" where no answer came. `code` is the type as the
    table of its API has it, to be stored. `retry_after`: seconds that the other side asks to wait;
    None where it does not. `asked_again`: a second look was made. `read_before`: entries of a
    list's pages before the one that failed.
    """

    asked_again = False
    read_before: tuple[Any, ...] = ()

    def __init__(
        self,
        outcome: Outcome,
        *,
        title: str,
        detail: str = "",
        http_status: int | None = None,
        error_type: str = "",
        code: str = "",
        raw: str = "",
        retry_after: int | None = None,
    ) -> None:
        self.outcome = outcome
        self.retry_after = retry_after
        self.http_status = http_status
        self.error_type = safe_text(error_type, 100)
        self.code = safe_text(code or error_type, 100)
        self.title = safe_text(title, 300)
        self.detail = safe_text(detail, 1000)
        self.raw = safe_text(raw)
        super().__init__(self.summary)

    @property
    def certainty(self) -> Certainty:
        return self.outcome.certainty

    @property
    def may_have_been_sent(self) -> bool:
        """True where only a look at LinkedIn can tell."""
        return self.certainty is Certainty.UNKNOWN

    @property
    def summary(self) -> str:
        """One plain line for staff."""
        code = " ".join(part for part in (str(self.http_status or ""), self.error_type) if part)
        said = ": ".join(part for part in (self.title.rstrip(".:"), self.detail) if part)
        evidence = ", ".join(part for part in (code, said) if part)
        line = IN_WORDS[self.outcome] + (f" ({evidence})" if evidence else "")
        return " ".join(line.split())


def refusal(answer: Answer, errors: ErrorTable, *, reading: bool) -> UnipileError:
    """The error for an answer whose status is not 2xx.

    `reading`: the call asked for something and could not send, so no doubt is left: what would be
    UNKNOWN is NOT_SENT.
    """
    envelope = _envelope(answer)
    if envelope is None:
        outcome = errors.without_envelope.get(answer.status, Outcome.UNKNOWN)
        title, detail, error_type = answer.trouble or "No answer in Unipile's format", "", ""
        code = ""
    else:
        title, detail = _text(envelope.get("title")), _text(envelope.get("detail"))
        error_type = _text(envelope["type"])
        code = error_type.removeprefix(errors.prefix)
        outcome = errors(answer.status, code)
        if answer.status == 404 and _names_the_account(f"{title} {detail}"):
            outcome = Outcome.ACCOUNT_DISCONNECTED
    return UnipileError(
        _without_doubt_if(reading, outcome),
        http_status=answer.status,
        error_type=error_type,
        code=code,
        title=title,
        detail=detail,
        raw=safe_text(answer.body),
        retry_after=answer.retry_after,
    )


def unreadable(answer: Answer, why: str, *, reading: bool) -> UnipileError:
    """The error for a 2xx answer that does not say what the contract says.

    Where it answers an invitation, and is whole, its type is ANOTHER_SHAPE: most likely a yes.
    """
    return UnipileError(
        _without_doubt_if(reading, Outcome.UNKNOWN),
        http_status=answer.status,
        error_type="" if reading or answer.trouble else ANOTHER_SHAPE,
        title="Unreadable answer",
        detail=why,
        raw=safe_text(answer.body),
    )


def unanswered(*, left: bool, why: str, status: int | None, reading: bool) -> UnipileError:
    """The error for a call without a whole answer. `left`: a byte of it may have gone out."""
    outcome = Outcome.UNKNOWN if left else Outcome.NOT_SENT
    return UnipileError(
        _without_doubt_if(reading, outcome),
        http_status=status,
        title="No whole answer" if left else "No connection",
        detail=why,
    )


def about_another(asked: str, answered: str, status: int, raw: str) -> UnipileError:
    """The error for a profile of somebody else than was asked for."""
    return UnipileError(
        Outcome.NOT_SENT,
        http_status=status,
        error_type=ANOTHER_PERSON,
        title="Unipile answered about another person",
        detail=f"asked for {asked}, told of {answered}; nothing of it was kept",
        raw=raw,
    )


def not_connected(refused: UnipileError) -> UnipileError:
    """The error for a message that was refused for no reason that is told, to a stranger."""
    return UnipileError(
        Outcome.REJECTED,
        http_status=refused.http_status,
        error_type=refused.error_type,
        code=NOT_CONNECTED,
        title=refused.title,
        detail="the person is not connected, as their profile shows",
        raw=refused.raw,
    )


def from_cache(answer: Answer) -> UnipileError:
    """The error for an answer that was to be fresh and is not."""
    return UnipileError(
        Outcome.NOT_SENT,
        http_status=answer.status,
        error_type=NOT_FRESH,
        title="Unipile answered from its cache",
        detail="asked for what is so now, told what was so before; nothing of it was used",
        raw=safe_text(answer.body),
    )


def json_object(answer: Answer, *, reading: bool) -> dict[str, Any]:
    """The body of a 2xx answer as a JSON object; UnipileError where it is anything else."""
    if answer.trouble:
        raise unreadable(answer, answer.trouble, reading=reading)
    try:
        return _parse_object(answer.body)
    except (ValueError, RecursionError) as err:
        raise unreadable(answer, f"not a JSON object: {err}", reading=reading) from err


def safe_text(value: str | bytes, limit: int = RAW_LIMIT) -> str:
    """Text that strangers wrote, made safe to store in PostgreSQL and to show to people.

    Control characters (NUL, ANSI escapes), direction overrides, lone surrogates and other
    invisible ones become visible escapes such as `\\x1b`; line breaks and tabs stay. At most
    `limit` characters, the last one `…` where something was cut off.
    """
    if isinstance(value, bytes):
        # Four bytes are the longest character: no need to decode megabytes for a few lines.
        value = value[: 4 * limit + 4].decode("utf-8", errors="replace")
    text = "".join(map(_visible, value[: limit + 1].replace("\r\n", "\n")))
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Line breaks, tab, and the two joiners that Persian, Indic and emoji names are written with.
_HARMLESS = "\n\t\u200c\u200d"


def _visible(character: str) -> str:
    if character in _HARMLESS:
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _without_doubt_if(reading: bool, outcome: Outcome) -> Outcome:
    return Outcome.NOT_SENT if reading and outcome is Outcome.UNKNOWN else outcome


def _names_the_account(text: str) -> bool:
    """404 is "Account not found" or "User not found": the type is the same, only the text differs.

    A missing account holds its items, a missing person fails one item for good.
    """
    words = set(re.findall(r"[a-z]+", text.casefold()))
    return "account" in words and not words & {"user", "recipient", "profile", "member"}


def _envelope(answer: Answer) -> dict[str, Any] | None:
    if answer.trouble:
        return None
    try:
        body = _parse_object(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body.get("type"), str) and body["type"] else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parse_object(body: bytes) -> dict[str, Any]:
    parsed = json.loads(
        body.decode("utf-8-sig"),
        object_pairs_hook=_without_duplicates,
        parse_constant=_no_such_number,
    )
    if not isinstance(parsed, dict):
        raise ValueError(f"a JSON {type(parsed).__name__}")  # noqa: TRY004 (one error for callers)
    return parsed


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values for one key: which one counts is anybody's guess, so neither does."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _no_such_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
