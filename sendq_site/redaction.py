"""What leaves this process for people to read: logs and error reports, without secrets in them.

Two rules. What is known to be secret (the settings' own passwords and keys) is struck out of every
line and every report. What people typed, or rows hold, is not known beforehand: so reports carry no
local variables, no bodies, no cookies and no query, and only harmless headers.
"""

import logging
import re
from collections.abc import ItemsView, Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

STRUCK = "[secret]"
SHORTEST = 6  # characters: to strike out a shorter one would only garble what is told
HARMLESS_HEADERS = frozenset({"accept", "content-length", "content-type", "host", "user-agent"})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# PostgreSQL tells of a refused row what it holds, notes of several lines too.
_ROW_IN_FULL = re.compile(
    r"DETAIL: .*?(?=\n(?:The above|During handling|Traceback|CONTEXT:|HINT:)|\Z)", re.DOTALL
)

_SECRET_NAME = re.compile(r"(^|_)(KEY|SECRET|TOKEN|PASSWORD)S?($|_FALLBACKS$)")

_known: set[str] = set()


def remember(*secrets: str) -> None:
    """Strike these out of everything from now on, also as an address has them."""
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), unquote(secret)):
            if len(form) >= SHORTEST:
                _known.add(form)


def secrets_among(settings: dict[str, Any]) -> Iterable[str]:
    """Return the values of the settings that are secret: their names say so."""
    for name, value in settings.items():
        if name.isupper() and _SECRET_NAME.search(name):
            yield from (
                each for each in (value if isinstance(value, list | tuple) else [value]) if each
            )


def passwords_in(*addresses: str) -> Iterable[str]:
    """Return the passwords in addresses such as those of a database or a mail server."""
    for address in addresses:
        before_host, at, _ = address.partition("://")[2].rpartition("@")
        if at and ":" in before_host:
            yield before_host.partition(":")[2]
        elif at:
            yield before_host  # a key alone, as Sentry has it


def struck(text: str) -> str:
    """Return a text without any secret that is known."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, STRUCK)
    return text


def in_one_line(text: str) -> str:
    """Return a text in which nothing can be taken for another line, or hides what follows."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text).replace(
        "\n", "\\n"
    )


class LineFormatter(logging.Formatter):
    """A line a record: what strangers wrote cannot forge one. Tracebacks follow, indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = in_one_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).replace("\r", "\\r")
        return struck(_ROW_IN_FULL.sub("DETAIL: (a row)", text).replace("\n", "\n    "))


def report_to(dsn: str) -> None:
    """Send reports of errors to this Sentry project."""
    import sentry_sdk  # noqa: PLC0415 - slow to import, and most installations report to nobody

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=report,  # type: ignore[arg-type]
    )


def report(event: dict[str, Any], _hint: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a report for Sentry with what helps to find the fault, and nothing of anybody's."""
    request = event.get("request")
    if request:
        headers = request.get("headers") or {}
        event["request"] = {
            "method": request.get("method"),
            "url": urlsplit(request.get("url") or "")._replace(query="", fragment="").geturl(),
            "headers": {
                name: value for name, value in headers.items() if name.lower() in HARMLESS_HEADERS
            },
        }
    for name in ("extra", "breadcrumbs", "user"):
        event.pop(name, None)
    if told := event.get("logentry"):  # as the code has it: the arguments may be anybody's
        event["logentry"] = {"message": told.get("message")}
    for error in (event.get("exception") or {}).get("values", ()):
        error["value"] = (error.get("value") or "").partition("\n")[0]
    found: dict[str, Any] = _struck_throughout(event)
    return found


def _struck_throughout(value: Any) -> Any:
    if isinstance(value, str):
        return struck(value)
    if isinstance(value, dict):
        return {name: _struck_throughout(each) for name, each in value.items() if name != "vars"}
    if isinstance(value, list | tuple):
        return [_struck_throughout(each) for each in value]
    return value


class ErrorPages(SafeExceptionReporterFilter):
    """Django's own error pages and mails: what they show of values is shown to nobody."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|URL|DSN|DATABASE|CACHES", re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute)

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        post = request.POST if request else {}
        return dict.fromkeys(post, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
