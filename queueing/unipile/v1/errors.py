"""What the errors of V1 mean. The one table of this version.

From Unipile's v1 documentation, the schemas of its official SDK and answers seen live; the list of
types is not closed. V1 has one type for LinkedIn's 429 and its own.
"""

from queueing.unipile.outcomes import Outcome
from queueing.unipile.tables import About, ErrorTable, conservative, proven

ROWS = (
    # The text or the id is at fault, or we are: the same call would fail again.
    proven(400, Outcome.REJECTED, "invalid_parameters", wrong_id=True),
    proven(400, Outcome.REJECTED, "missing_parameters invalid_request malformed_request"),
    proven(400, Outcome.REJECTED, "invalid_url limit_too_high invalid_action invalid_label"),
    proven(400, Outcome.REJECTED, "content_too_large unescaped_characters", About.TEXT),
    # No note is longer than the set type allows: the type is wrong, or Premium has lapsed.
    proven(400, Outcome.NOTE_TOO_LONG, "too_many_characters", About.TEXT),
    # A wrong key may have another type: on any 401 the list of accounts is asked for.
    conservative(401, Outcome.BAD_API_KEY, "missing_credentials"),
    # Somebody must sign in again, or answer LinkedIn's challenge.
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "disconnected_account expired_credentials"),
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "invalid_credentials disconnected_feature"),
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "multiple_sessions wrong_account checkpoint_error"),
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "invalid_checkpoint_solution captcha_not_supported"),
    conservative(401, Outcome.ACCOUNT_DISCONNECTED, "insufficient_privileges expired_link"),
    conservative(401, Outcome.ACCOUNT_DISCONNECTED, "invalid_proxy_credentials"),
    conservative(401, Outcome.ACCOUNT_DISCONNECTED, "invalid_credentials_but_valid_account_imap"),
    conservative(
        401, Outcome.ACCOUNT_DISCONNECTED, "invalid_imap_configuration invalid_smtp_configuration"
    ),
    proven(403, Outcome.ACCOUNT_RESTRICTED, "account_restricted"),
    proven(403, Outcome.ACCOUNT_DISCONNECTED, "action_required unknown_authentication_context"),
    proven(403, Outcome.ACCOUNT_DISCONNECTED, "session_mismatch account_mismatch"),
    # The plan or the seat lacks the feature.
    proven(403, Outcome.ACCOUNT_DISCONNECTED, "feature_not_subscribed subscription_required"),
    proven(403, Outcome.ACCOUNT_DISCONNECTED, "insufficient_permissions"),
    proven(403, Outcome.REJECTED, "resource_access_restricted", About.PERSON),
    # resource_not_found is also what a missing ACCOUNT gives: see answers._names_the_account.
    proven(
        404,
        Outcome.REJECTED,
        "resource_not_found invalid_resource_identifier",
        About.PERSON,
        wrong_id=True,
    ),
    proven(415, Outcome.REJECTED, "unsupported_media_type"),
    # The account is just signing in, which takes seconds.
    proven(425, Outcome.NOT_SENT, "auth_in_progress"),
    proven(422, Outcome.ALREADY_CONNECTED, "already_connected", About.PERSON),
    # Invited, withdrawn or declined: which of them is seen by looking the person up.
    proven(422, Outcome.ALREADY_INVITED, "already_invited_recently", About.PERSON),
    conservative(422, Outcome.ALREADY_INVITED, "action_already_performed", About.PERSON),
    # Integrators read it in three ways: so the person is looked up first.
    conservative(422, Outcome.ACCOUNT_LIMIT, "cannot_resend_yet"),
    proven(422, Outcome.ACCOUNT_LIMIT, "limit_exceeded connection_limit_reached"),
    # "Again in 24 hours" is what a resting account does with its items.
    proven(422, Outcome.ACCOUNT_LIMIT, "cannot_resend_within_24hrs", About.TOMORROW),
    proven(422, Outcome.REJECTED, "invalid_recipient", About.PERSON, wrong_id=True),
    proven(422, Outcome.REJECTED, "cannot_invite_attendee user_unreachable", About.PERSON),
    proven(422, Outcome.REJECTED, "blocked_recipient recipient_rejected", About.PERSON),
    proven(
        422,
        Outcome.REJECTED,
        "no_connection_with_recipient",
        About.PERSON,
        About.CONNECTION,
    ),
    proven(422, Outcome.REJECTED, "invalid_message cant_send_message", About.TEXT),
    proven(422, Outcome.ACCOUNT_DISCONNECTED, "invalid_account insufficient_credits"),
    proven(422, Outcome.ACCOUNT_DISCONNECTED, "not_allowed_inmail payment_error"),
    conservative(422, Outcome.ACCOUNT_DISCONNECTED, "account_configuration_error"),
    # Unipile may have lost LinkedIn before the call or after it.
    conservative(422, Outcome.UNKNOWN, "provider_unreachable"),
    conservative(422, Outcome.NOT_SENT, "realtime_client_not_initialized"),
    # Not for invitations (mail, posts, messages) or of unclear meaning: staff decide.
    conservative(422, Outcome.REJECTED, "unprocessable_entity invalid_post parent_mail_not_found"),
    conservative(422, Outcome.REJECTED, "invalid_reply_subject invalid_headers send_as_denied"),
    conservative(422, Outcome.REJECTED, "invalid_folder invalid_thread limit_too_high"),
    conservative(422, Outcome.REJECTED, "unauthorized sender_rejected ip_rejected_by_server"),
    # Not sent, so it is said; the person is looked up all the same.
    conservative(429, Outcome.THROTTLED, "too_many_requests"),
    # LinkedIn's refusal over a limit comes as provider_error too, and so does a real failure.
    conservative(500, Outcome.UNKNOWN, "unexpected_error provider_error"),
    conservative(500, Outcome.UNKNOWN, "authentication_intent_error"),
    proven(501, Outcome.REJECTED, "feature_not_implemented"),
    conservative(502, Outcome.UNKNOWN, "proxy_error"),
    proven(503, Outcome.NOT_SENT, "no_client_session no_channel no_handler network_down"),
    proven(503, Outcome.NOT_SENT, "service_unavailable"),
    proven(504, Outcome.UNKNOWN, "request_timeout"),
)

ERRORS = ErrorTable(
    rows=ROWS,
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
    prefix="errors/",
)
