"""V2's errors: few types, each Unipile's (`api/`) or LinkedIn's (`provider/`).

The world raises V1's fine ones; here the many become few, and no word says which it was.
"""

from __future__ import annotations

import itertools

from sandbox.errors import ApiError
from sandbox.wire import Answer, json_answer

_numbers = itertools.count(1)

_TYPES: dict[str, tuple[int, str]] = {
    "missing_credentials": (401, "api/missing_authorization"),
    "insufficient_permissions": (403, "api/insufficient_permissions"),
    "feature_not_subscribed": (403, "provider/insufficient_permissions"),
    "subscription_required": (403, "provider/insufficient_permissions"),
    "resource_access_restricted": (403, "provider/insufficient_permissions"),
    "account_restricted": (403, "api/account_restricted"),
    "unknown_authentication_context": (403, "provider/unknown_authentication_context"),
    "invalid_recipient": (400, "provider/invalid_parameters"),
    "invalid_resource_identifier": (404, "provider/resource_not_found"),
    "auth_in_progress": (409, "api/conflict"),
    "too_many_requests": (429, "provider/too_many_requests"),
    "provider_error": (500, "provider/server_error"),
    "unexpected_error": (500, "api/internal_error"),
    "feature_not_implemented": (501, "api/not_implemented"),
    "proxy_error": (502, "api/proxy_error"),
    "service_unavailable": (502, "api/proxy_error"),
    "request_timeout": (504, "provider/timeout"),
    "expired_link": (400, "api/expired_link"),
}
_BY_STATUS = {
    400: "api/invalid_parameters",
    401: "provider/invalid_authorization",
    403: "provider/unknown_authentication_context",
    404: "provider/resource_not_found",
    405: "provider/method_not_allowed",
    409: "provider/conflict",
    415: "api/invalid_parameters",
    422: "provider/unprocessable_entity",
    429: "provider/too_many_requests",
    500: "provider/server_error",
    501: "api/not_implemented",
    502: "api/proxy_error",
    503: "api/proxy_error",
    504: "provider/timeout",
}
_OF_LINKEDIN = "User ID"
_OURS = ("Account", "Route", "Webhook", "Endpoint")
LIMIT, WAIT_SECONDS = 1000, 30  # where nothing else is set
CONTENT_TYPE = "application/problem+json; charset=utf-8"


class OverLimitError(ApiError):
    """The service's own 429: how many calls a window has, and in how many seconds it ends."""

    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__("api/too_many_requests", status=429)
        self.limit, self.seconds = limit, seconds


def rate_headers(limit: int, remaining: int, seconds: int) -> tuple[tuple[str, str], ...]:
    """Return what tells of the limit: its window ends in so many seconds."""
    return (
        ("x-ratelimit-limit", str(limit)),
        ("x-ratelimit-remaining", str(remaining)),
        ("x-ratelimit-reset", str(seconds)),
    )


def worded(error: ApiError) -> tuple[int, str]:
    """Return status and type in which V2 says what V1 says so."""
    if "/" in error.type:
        return error.status, error.type
    if error.type == "resource_not_found":
        ours = error.detail.startswith(_OURS)
        return 404, f"{'api' if ours else 'provider'}/resource_not_found"
    if error.type == "invalid_parameters" and error.detail.startswith(_OF_LINKEDIN):
        return 400, "provider/invalid_parameters"
    if error.type in _TYPES:
        return _TYPES[error.type]
    return (400 if error.status == 415 else error.status), _BY_STATUS.get(
        error.status, "api/internal_error"
    )


def error_answer(error: ApiError) -> Answer:
    """Return an error as V2 writes it."""
    status, kind = worded(error)
    body = {
        "object": "Error",
        "type": kind,
        "status": status,
        "title": kind.partition("/")[2].replace("_", " ").capitalize(),
        "req_id": f"req_{next(_numbers):08d}",
    }
    if kind == "api/invalid_parameters" and error.detail:
        body["detail"] = error.detail
    answer = json_answer(status, body, kind)
    more: tuple[tuple[str, str], ...] = ()
    if status == 429:
        told = (LIMIT, WAIT_SECONDS)
        limit, seconds = (error.limit, error.seconds) if isinstance(error, OverLimitError) else told
        more = rate_headers(limit, 0, seconds)
        if kind == "api/too_many_requests":  # when LinkedIn lets go is not known
            more = (("retry-after", str(seconds)), *more)
    return Answer(answer.status, answer.body, CONTENT_TYPE, error=kind, more=more)
