"""Unipile's error envelope and the bodies it is known to answer with."""

from __future__ import annotations

from typing import Any

# type -> (HTTP status, title, detail); the texts are those seen live where they are known.
KNOWN: dict[str, tuple[int, str, str]] = {
    "missing_credentials": (401, "Missing credentials", "The API key is missing or not valid."),
    "disconnected_account": (
        401,
        "Disconnected account",
        "The account appears to be disconnected from the provider service.",
    ),
    "account_restricted": (403, "Account restricted", "Access to this account is restricted."),
    "missing_parameters": (400, "Missing parameters", "A required parameter is missing."),
    "invalid_parameters": (400, "Invalid parameters", "One or more parameters are not valid."),
    "malformed_request": (400, "Malformed request", "The request body is not valid JSON."),
    "content_too_large": (400, "Content too large", "The request body is too large."),
    "too_many_characters": (
        400,
        "Too many characters",
        "The provided content exceeds the character limit.",
    ),
    "resource_not_found": (404, "Resource not found", "The requested resource was not found."),
    "unsupported_media_type": (415, "Unsupported media type", "Send application/json."),
    "cannot_resend_yet": (
        422,
        "Cannot resend yet",
        "You have reached a temporary provider limit. Please try again later.",
    ),
    "already_invited_recently": (
        422,
        "Should delay new invitation to this recipient",
        "An invitation has already been sent recently to this recipient. Please try again later.",
    ),
    "invalid_recipient": (
        422,
        "Recipient cannot be reached",
        "Make sure that the recipient ID is valid and that the corresponding profile is not"
        " locked.",
    ),
    "limit_exceeded": (422, "Limit exceeded", "The provider limit has been exceeded."),
    "already_connected": (422, "Already connected", "The recipient is already a connection."),
    "cannot_invite_attendee": (
        422,
        "Cannot invite attendee",
        "This recipient cannot be invited.",
    ),
    "too_many_requests": (
        429,
        "Too many requests",
        "The provider cannot accept any more requests at the moment. Please try again later.",
    ),
    "provider_error": (
        500,
        "Provider error",
        "The provider is experiencing operational problems. Please try again later.",
    ),
    "unexpected_error": (500, "Unexpected error", "Something went wrong."),
    "auth_in_progress": (
        425,
        "Authentication in progress",
        "The account is being connected. Please try again in a few seconds.",
    ),
    "service_unavailable": (503, "Service unavailable", "Please try again later."),
    "request_timeout": (
        504,
        "Request timed out",
        "Request Timeout. Please try again, and if the issue persists, contact support.",
    ),
}

_OTHERS = {
    401: "multiple_sessions invalid_checkpoint_solution checkpoint_error invalid_credentials"
    " expired_credentials insufficient_privileges disconnected_feature wrong_account"
    " captcha_not_supported",
    403: "account_mismatch insufficient_permissions session_mismatch feature_not_subscribed"
    " subscription_required unknown_authentication_context action_required"
    " resource_access_restricted",
    404: "invalid_resource_identifier",
    501: "feature_not_implemented",
    502: "proxy_error",
    503: "no_client_session no_channel no_handler network_down",
}
_STATUS = {kind: status for status, kinds in _OTHERS.items() for kind in kinds.split()}


class ApiError(Exception):
    """An answer in Unipile's error envelope: `status`, `type` (no `errors/` prefix), texts."""

    def __init__(
        self,
        kind: str,
        detail: str | None = None,
        *,
        status: int | None = None,
        title: str | None = None,
    ) -> None:
        """Take what the caller leaves out from the known bodies; an unlisted type is a 422."""
        known_status, known_title, known_detail = KNOWN.get(
            kind,
            (_STATUS.get(kind, 422), kind.replace("_", " ").capitalize(), ""),
        )
        self.status = status or known_status
        self.type = kind
        self.title = title or known_title
        self.detail = known_detail if detail is None else detail
        super().__init__(f"{self.status} {kind}")

    def envelope(self) -> dict[str, Any]:
        """Return the JSON body: `status`, `type`, `title` and, where there is one, `detail`."""
        body: dict[str, Any] = {
            "status": self.status,
            "type": f"errors/{self.type}",
            "title": self.title,
        }
        if self.detail:
            body["detail"] = self.detail
        return body
