"""What the errors of V2 mean. The one table of this version.

`api/…` is said by Unipile, `provider/…` by LinkedIn or on the way to it. V1's fine 422 family has
no counterpart: why an invitation was refused is seen by looking the person up, never by the words.
All types are official; proven rows have an official status as well.
"""

from queueing.unipile.outcomes import Outcome
from queueing.unipile.tables import About, ErrorTable, conservative, proven

ROWS = (
    proven(400, Outcome.REJECTED, "api/invalid_parameters"),
    proven(400, Outcome.REJECTED, "provider/invalid_parameters", About.PERSON, wrong_id=True),
    conservative(400, Outcome.BAD_API_KEY, "api/invalid_auth_format"),
    conservative(400, Outcome.REJECTED, "api/expired_link provider/invalid_file"),
    proven(401, Outcome.BAD_API_KEY, "api/missing_authorization api/expired_authorization"),
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_authorization"),
    proven(401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_credentials"),
    conservative(401, Outcome.ACCOUNT_DISCONNECTED, "provider/account_mismatch"),
    conservative(401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_checkpoint_code"),
    # The subscription has ended, for every account.
    proven(403, Outcome.BAD_API_KEY, "api/inactive_subscription"),
    # The key lacks the right, or the account the LinkedIn product.
    proven(403, Outcome.ACCOUNT_DISCONNECTED, "api/insufficient_permissions"),
    proven(403, Outcome.ACCOUNT_RESTRICTED, "api/account_restricted"),
    conservative(403, Outcome.ACCOUNT_DISCONNECTED, "provider/unknown_authentication_context"),
    # This profile may not be accessed, or a subscription of LinkedIn's is missing.
    conservative(403, Outcome.REJECTED, "provider/insufficient_permissions", About.PERSON),
    # No such account or route; no such person, request or chat.
    conservative(404, Outcome.ACCOUNT_DISCONNECTED, "api/resource_not_found"),
    conservative(404, Outcome.REJECTED, "provider/resource_not_found", About.PERSON, wrong_id=True),
    # LinkedIn has refused, and may have meant the person (invited, connected, not to be reached) or
    # the account (a weekly limit): the person is looked up, and if that shows nothing it rests.
    conservative(405, Outcome.ACCOUNT_LIMIT, "provider/method_not_allowed"),
    conservative(409, Outcome.ACCOUNT_LIMIT, "api/conflict provider/conflict api/already_exists"),
    conservative(422, Outcome.ACCOUNT_LIMIT, "provider/unprocessable_entity"),
    # The service's own limiter: LinkedIn was not asked. LinkedIn's: the account must rest.
    proven(429, Outcome.WAIT, "api/too_many_requests"),
    proven(429, Outcome.THROTTLED, "provider/too_many_requests"),
    proven(500, Outcome.UNKNOWN, "api/internal_error provider/server_error"),
    proven(501, Outcome.REJECTED, "api/not_implemented"),
    conservative(407, Outcome.UNKNOWN, "api/proxy_auth_error"),
    conservative(502, Outcome.UNKNOWN, "api/proxy_error"),
    conservative(504, Outcome.UNKNOWN, "api/proxy_timeout provider/timeout"),
)

ERRORS = ErrorTable(
    rows=ROWS,
    by_status={
        **dict.fromkeys([400, 404, 406, 411, 413, 414, 415, 431, 501], Outcome.REJECTED),
        **dict.fromkeys([401, 402, 403], Outcome.ACCOUNT_DISCONNECTED),
        **dict.fromkeys([405, 409, 422], Outcome.ACCOUNT_LIMIT),
        429: Outcome.THROTTLED,
    },
    # V2 documents no status that says "not sent" by itself but these.
    without_envelope={401: Outcome.ACCOUNT_DISCONNECTED, 429: Outcome.THROTTLED},
    gone=frozenset({"provider/resource_not_found"}),
)
