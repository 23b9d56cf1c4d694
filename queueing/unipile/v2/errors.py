"""What the errors of V2 mean. The one table of this version.

`api/…` is said by Unipile, `provider/…` by LinkedIn or on the way to it. V1's fine 422 family has
no counterpart: why an invitation was refused is seen by looking the person up, never by the words.

All types are official. PROVEN rows have an official status as well, and can mean one thing only;
where that is not so, the CONSERVATIVE ones say what costs least if it is wrong.
"""

from queueing.unipile.answers import ErrorTable, Outcome, table_of

PROVEN = table_of(
    (400, Outcome.REJECTED, "api/invalid_parameters provider/invalid_parameters"),
    (401, Outcome.BAD_API_KEY, "api/missing_authorization api/expired_authorization"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_authorization"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_credentials"),
    # The subscription has ended, for every account.
    (403, Outcome.BAD_API_KEY, "api/inactive_subscription"),
    # The key lacks the right, or the account the LinkedIn product.
    (403, Outcome.ACCOUNT_DISCONNECTED, "api/insufficient_permissions"),
    (403, Outcome.ACCOUNT_RESTRICTED, "api/account_restricted"),
    # The service's own limiter: LinkedIn was not asked. LinkedIn's: the account must rest.
    (429, Outcome.WAIT, "api/too_many_requests"),
    (429, Outcome.THROTTLED, "provider/too_many_requests"),
    (500, Outcome.UNKNOWN, "api/internal_error provider/server_error"),
    (501, Outcome.REJECTED, "api/not_implemented"),
)

CONSERVATIVE = table_of(
    (400, Outcome.BAD_API_KEY, "api/invalid_auth_format"),
    (400, Outcome.REJECTED, "api/expired_link provider/invalid_file"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "provider/account_mismatch"),
    (401, Outcome.ACCOUNT_DISCONNECTED, "provider/invalid_checkpoint_code"),
    (403, Outcome.ACCOUNT_DISCONNECTED, "provider/unknown_authentication_context"),
    # This profile may not be accessed, or a subscription of LinkedIn's is missing.
    (403, Outcome.REJECTED, "provider/insufficient_permissions"),
    # No such account or route; no such person, request or chat.
    (404, Outcome.ACCOUNT_DISCONNECTED, "api/resource_not_found"),
    (404, Outcome.REJECTED, "provider/resource_not_found"),
    # LinkedIn has refused, and may have meant the person (invited, connected, not to be reached) or
    # the account (a weekly limit): the person is looked up, and if that shows nothing it rests.
    (405, Outcome.ACCOUNT_LIMIT, "provider/method_not_allowed"),
    (409, Outcome.ACCOUNT_LIMIT, "api/conflict provider/conflict api/already_exists"),
    (422, Outcome.ACCOUNT_LIMIT, "provider/unprocessable_entity"),
    (407, Outcome.UNKNOWN, "api/proxy_auth_error"),
    (502, Outcome.UNKNOWN, "api/proxy_error"),
    (504, Outcome.UNKNOWN, "api/proxy_timeout provider/timeout"),
)

ERRORS = ErrorTable(
    meaning={**PROVEN, **CONSERVATIVE},
    by_status={
        **dict.fromkeys([400, 404, 406, 411, 413, 414, 415, 431, 501], Outcome.REJECTED),
        **dict.fromkeys([401, 402, 403], Outcome.ACCOUNT_DISCONNECTED),
        **dict.fromkeys([405, 409, 422], Outcome.ACCOUNT_LIMIT),
        429: Outcome.THROTTLED,
    },
    # V2 documents no status that says "not sent" by itself but these.
    without_envelope={401: Outcome.ACCOUNT_DISCONNECTED, 429: Outcome.THROTTLED},
    gone=frozenset({"provider/resource_not_found"}),
    wrong_id=frozenset({"provider/invalid_parameters", "provider/resource_not_found"}),
)
