"""What the errors of V1 mean. The one table of this version.

From Unipile's v1 documentation and the schemas of its official SDK; the list of types is not
closed. V1 has one type for LinkedIn's 429 and its own.
"""

from queueing.unipile.answers import ErrorTable, Outcome, table_of

_MEANING = table_of(
    # The text or the id is at fault, or we are: the same call would fail again.
    (400, Outcome.REJECTED, "invalid_parameters missing_parameters invalid_request"),
    (400, Outcome.REJECTED, "malformed_request content_too_large invalid_url"),
    # No note is longer than the set type allows: the type is wrong, or Premium has lapsed.
    (400, Outcome.NOTE_TOO_LONG, "too_many_characters"),
    (400, Outcome.REJECTED, "unescaped_characters limit_too_high invalid_action invalid_label"),
    (401, Outcome.BAD_API_KEY, "missing_credentials"),
    # Somebody must sign in again, or answer LinkedIn's challenge.
    (401, Outcome.ACCOUNT_DISCONNECTED, "disconnected_account expired_credentials wrong_account"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "invalid_credentials disconnected_feature"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "multiple_sessions checkpoint_error expired_link"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "invalid_checkpoint_solution captcha_not_supported"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "insufficient_privileges invalid_proxy_credentials"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "invalid_credentials_but_valid_account_imap"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "invalid_imap_configuration invalid_smtp_configuration"),
    (403, Outcome.ACCOUNT_RESTRICTED, "account_restricted"),
    (403, Outcome.ACCOUNT_DISCONNECTED, "action_required unknown_authentication_context"),
    (403, Outcome.ACCOUNT_DISCONNECTED, "session_mismatch account_mismatch"),
    # The plan or the seat lacks the feature.
    (403, Outcome.ACCOUNT_DISCONNECTED, "feature_not_subscribed subscription_required"),
    (403, Outcome.ACCOUNT_DISCONNECTED, "insufficient_permissions"),
    (403, Outcome.REJECTED, "resource_access_restricted"),
    # resource_not_found is also what a missing ACCOUNT gives: see _names_the_account.
    (404, Outcome.REJECTED, "resource_not_found invalid_resource_identifier"),
    (415, Outcome.REJECTED, "unsupported_media_type"),
    # The account is just signing in, which takes seconds.
    (425, Outcome.NOT_SENT, "auth_in_progress"),
    (422, Outcome.ALREADY_CONNECTED, "already_connected"),
    (422, Outcome.ALREADY_INVITED, "already_invited_recently action_already_performed"),
    (422, Outcome.ACCOUNT_LIMIT, "cannot_resend_yet limit_exceeded connection_limit_reached"),
    # "Again in 24 hours" is what a resting account does with its items.
    (422, Outcome.ACCOUNT_LIMIT, "cannot_resend_within_24hrs"),
    (422, Outcome.REJECTED, "invalid_recipient cannot_invite_attendee user_unreachable"),
    (422, Outcome.REJECTED, "blocked_recipient no_connection_with_recipient invalid_message"),
    (422, Outcome.ACCOUNT_DISCONNECTED, "invalid_account insufficient_credits payment_error"),
    (422, Outcome.ACCOUNT_DISCONNECTED, "not_allowed_inmail account_configuration_error"),
    # Unipile may have lost LinkedIn before the call or after it.
    (422, Outcome.UNKNOWN, "provider_unreachable"),
    (422, Outcome.NOT_SENT, "realtime_client_not_initialized"),
    # Not for invitations (mail, posts, messages) or of unclear meaning: staff decide.
    (422, Outcome.REJECTED, "unprocessable_entity invalid_post parent_mail_not_found"),
    (422, Outcome.REJECTED, "invalid_reply_subject invalid_headers send_as_denied invalid_folder"),
    (422, Outcome.REJECTED, "invalid_thread limit_too_high unauthorized sender_rejected"),
    (422, Outcome.REJECTED, "recipient_rejected ip_rejected_by_server cant_send_message"),
    (429, Outcome.THROTTLED, "too_many_requests"),
    # LinkedIn's refusal over a limit comes as provider_error too, and so does a real failure.
    (500, Outcome.UNKNOWN, "unexpected_error provider_error authentication_intent_error"),
    (501, Outcome.REJECTED, "feature_not_implemented"),
    (502, Outcome.UNKNOWN, "proxy_error"),
    (503, Outcome.NOT_SENT, "no_client_session no_channel no_handler network_down"),
    (503, Outcome.NOT_SENT, "service_unavailable"),
    (504, Outcome.UNKNOWN, "request_timeout"),
)

ERRORS = ErrorTable(
    meaning=_MEANING,
    by_status={
        **dict.fromkeys([400, 404, 405, 406, 411, 413, 414, 415, 422, 431, 501], Outcome.REJECTED),
        **dict.fromkeys([401, 402, 403], Outcome.ACCOUNT_DISCONNECTED),
        **dict.fromkeys([425, 503], Outcome.NOT_SENT),
        429: Outcome.THROTTLED,
    },
    # These say by themselves that nothing was done.
    without_envelope={
        401: Outcome.ACCOUNT_DISCONNECTED,
        425: Outcome.NOT_SENT,
        429: Outcome.THROTTLED,
        503: Outcome.NOT_SENT,
    },
    gone=frozenset({"resource_not_found", "invalid_resource_identifier"}),
    wrong_id=frozenset(
        {
            "invalid_parameters",
            "invalid_recipient",
            "invalid_resource_identifier",
            "resource_not_found",
        }
    ),
    prefix="errors/",
)
