"""Every answer that Unipile documents, and what it means."""

import json

import pytest

from queueing.unipile import Certainty, Outcome, safe_text
from queueing.unipile.answers import Answer, refusal
from queueing.unipile.v1.errors import ERRORS

# The complete lists of types in Unipile's documentation, each with its meaning for an invitation.
BAD_REQUEST = """invalid_parameters missing_parameters invalid_request malformed_request
    content_too_large invalid_url unescaped_characters limit_too_high
    invalid_action invalid_label"""
SIGN_IN = """multiple_sessions invalid_checkpoint_solution checkpoint_error invalid_credentials
    expired_credentials insufficient_privileges disconnected_account disconnected_feature
    invalid_credentials_but_valid_account_imap expired_link wrong_account captcha_not_supported
    invalid_proxy_credentials invalid_imap_configuration invalid_smtp_configuration"""
ACCOUNT_FORBIDDEN = """account_mismatch insufficient_permissions session_mismatch
    feature_not_subscribed subscription_required unknown_authentication_context action_required"""
PERSON_OR_TEXT = """invalid_recipient no_connection_with_recipient blocked_recipient
    user_unreachable unprocessable_entity invalid_message invalid_post cannot_invite_attendee
    parent_mail_not_found invalid_reply_subject invalid_headers send_as_denied invalid_folder
    invalid_thread limit_too_high unauthorized sender_rejected recipient_rejected
    ip_rejected_by_server cant_send_message"""
EXPECTED: list[tuple[int, str, Outcome]] = [
    (400, BAD_REQUEST, Outcome.REJECTED),
    (400, "too_many_characters", Outcome.NOTE_TOO_LONG),
    (401, "missing_credentials", Outcome.BAD_API_KEY),
    (401, SIGN_IN, Outcome.ACCOUNT_DISCONNECTED),
    (403, "account_restricted", Outcome.ACCOUNT_RESTRICTED),
    (403, ACCOUNT_FORBIDDEN, Outcome.ACCOUNT_DISCONNECTED),
    (403, "resource_access_restricted", Outcome.REJECTED),
    (404, "resource_not_found invalid_resource_identifier", Outcome.REJECTED),
    (415, "unsupported_media_type", Outcome.REJECTED),
    (422, PERSON_OR_TEXT, Outcome.REJECTED),
    (422, "already_connected", Outcome.ALREADY_CONNECTED),
    (422, "already_invited_recently action_already_performed", Outcome.ALREADY_INVITED),
    (422, "cannot_resend_yet cannot_resend_within_24hrs", Outcome.ACCOUNT_LIMIT),
    (422, "limit_exceeded connection_limit_reached", Outcome.ACCOUNT_LIMIT),
    (422, "invalid_account payment_error not_allowed_inmail", Outcome.ACCOUNT_DISCONNECTED),
    (422, "insufficient_credits account_configuration_error", Outcome.ACCOUNT_DISCONNECTED),
    (422, "provider_unreachable", Outcome.UNKNOWN),
    (422, "realtime_client_not_initialized", Outcome.NOT_SENT),
    (425, "auth_in_progress", Outcome.NOT_SENT),
    (429, "too_many_requests", Outcome.THROTTLED),
    (500, "unexpected_error provider_error authentication_intent_error", Outcome.UNKNOWN),
    (501, "feature_not_implemented", Outcome.REJECTED),
    (502, "proxy_error", Outcome.UNKNOWN),
    (503, "no_client_session no_channel no_handler network_down", Outcome.NOT_SENT),
    (503, "service_unavailable", Outcome.NOT_SENT),
    (504, "request_timeout", Outcome.UNKNOWN),
]
EVERY_TYPE = [(status, kind, want) for status, kinds, want in EXPECTED for kind in kinds.split()]


def envelope(status: int, kind: str, title: str = "", detail: str = "") -> Answer:
    body = {"status": status, "type": f"errors/{kind}", "title": title, "detail": detail}
    return Answer(status, json.dumps(body).encode())


@pytest.mark.parametrize(("status", "kind", "want"), EVERY_TYPE)
def test_every_documented_type_has_its_meaning(status: int, kind: str, want: Outcome) -> None:
    error = refusal(envelope(status, kind), ERRORS, reading=False)

    assert error.outcome is want
    assert (error.http_status, error.error_type) == (status, f"errors/{kind}")


def test_the_table_holds_the_documented_types_and_no_others() -> None:
    assert set(ERRORS.meaning) == {(status, kind) for status, kind, _ in EVERY_TYPE}


@pytest.mark.parametrize(("status", "kind", "want"), EVERY_TYPE)
def test_a_read_leaves_no_doubt(status: int, kind: str, want: Outcome) -> None:
    error = refusal(envelope(status, kind), ERRORS, reading=True)

    assert error.outcome is (Outcome.NOT_SENT if want is Outcome.UNKNOWN else want)
    assert not error.may_have_been_sent


LIVE_BODIES = [
    (
        '{"status":422,"type":"errors/cannot_resend_yet","title":"Cannot resend yet","detail":"You '
        'have reached a temporary provider limit. Please try again later.","instance":"/x"}',
        Outcome.ACCOUNT_LIMIT,
    ),
    (
        '{"status":422,"type":"errors/already_invited_recently","title":"Should delay new '
        'invitation to this recipient","detail":"An invitation has already been sent recently to '
        'this recipient. Please try again later."}',
        Outcome.ALREADY_INVITED,
    ),
    (
        '{"status":422,"type":"errors/invalid_recipient","title":"Recipient cannot be reached",'
        '"detail":"Make sure that the recipient ID is valid and that the corresponding profile is '
        'not locked."}',
        Outcome.REJECTED,
    ),
    (
        '{"status":422,"type":"errors/invalid_account","title":"Invalid account","detail":'
        '"Provided account is not designed for this feature."}',
        Outcome.ACCOUNT_DISCONNECTED,
    ),
    (
        '{"status":400,"type":"errors/too_many_characters","title":"Too many characters","detail":'
        '"The provided content exceeds the character limit."}',
        Outcome.NOTE_TOO_LONG,
    ),
    (
        '{"status":400,"type":"errors/invalid_parameters","title":"Invalid parameters","detail":'
        '"User ID does not match provider\'s expected format."}',
        Outcome.REJECTED,
    ),
    (
        '{"status":401,"type":"errors/disconnected_account","title":"Disconnected account",'
        '"detail":"The account appears to be disconnected from the provider service."}',
        Outcome.ACCOUNT_DISCONNECTED,
    ),
    (
        '{"status":429,"type":"errors/too_many_requests","title":"Too many requests","detail":"The '
        'provider cannot accept any more requests at the moment. Please try again later."}',
        Outcome.THROTTLED,
    ),
    (
        '{"status":500,"type":"errors/provider_error","title":"Provider error","detail":"The '
        'provider is experiencing operational problems. Please try again later."}',
        Outcome.UNKNOWN,
    ),
    (
        '{"status":504,"type":"errors/request_timeout","title":"Request timed out","detail":'
        '"Request Timeout. Please try again, and if the issue persists, contact support."}',
        Outcome.UNKNOWN,
    ),
]


@pytest.mark.parametrize(("body", "want"), LIVE_BODIES)
def test_live_bodies(body: str, want: Outcome) -> None:
    told = json.loads(body)

    error = refusal(Answer(told["status"], body.encode()), ERRORS, reading=False)

    assert error.outcome is want
    assert (error.title, error.detail) == (told["title"], told["detail"])
    assert error.raw == body
    assert told["title"] in error.summary
    assert told["type"] in error.summary


@pytest.mark.parametrize(
    ("title", "detail", "want"),
    [
        ("Resource not found", "Account not found", Outcome.ACCOUNT_DISCONNECTED),
        ("Account not found", "", Outcome.ACCOUNT_DISCONNECTED),
        ("Resource not found", "User not found", Outcome.REJECTED),
        ("Resource not found", "The account sees no such user", Outcome.REJECTED),
        ("Resource not found", "", Outcome.REJECTED),
    ],
)
@pytest.mark.parametrize("reading", [True, False])
def test_not_found_tells_account_from_person(
    title: str, detail: str, want: Outcome, reading: bool
) -> None:
    answer = envelope(404, "resource_not_found", title, detail)

    assert refusal(answer, ERRORS, reading=reading).outcome is want


@pytest.mark.parametrize(
    ("status", "want"),
    [
        (100, Outcome.UNKNOWN),
        (302, Outcome.UNKNOWN),
        (400, Outcome.REJECTED),
        (401, Outcome.ACCOUNT_DISCONNECTED),
        (402, Outcome.ACCOUNT_DISCONNECTED),
        (403, Outcome.ACCOUNT_DISCONNECTED),
        (404, Outcome.REJECTED),
        (408, Outcome.UNKNOWN),
        (409, Outcome.UNKNOWN),
        (422, Outcome.REJECTED),
        (425, Outcome.NOT_SENT),
        (429, Outcome.THROTTLED),
        (499, Outcome.UNKNOWN),
        (500, Outcome.UNKNOWN),
        (501, Outcome.REJECTED),
        (502, Outcome.UNKNOWN),
        (503, Outcome.NOT_SENT),
        (507, Outcome.UNKNOWN),
        (599, Outcome.UNKNOWN),
        (999, Outcome.UNKNOWN),
    ],
)
def test_an_unknown_type_goes_by_its_status(status: int, want: Outcome) -> None:
    assert refusal(envelope(status, "never_heard_of"), ERRORS, reading=False).outcome is want


@pytest.mark.parametrize(
    ("status", "kind", "want"),
    [
        (400, "already_connected", Outcome.ALREADY_CONNECTED),
        (403, "limit_exceeded", Outcome.ACCOUNT_LIMIT),
        (408, "invalid_recipient", Outcome.UNKNOWN),
        (422, "provider_error", Outcome.UNKNOWN),
        (500, "invalid_recipient", Outcome.UNKNOWN),
        (503, "provider_error", Outcome.UNKNOWN),
        (503, "already_connected", Outcome.NOT_SENT),
    ],
)
def test_a_known_type_under_another_status_never_hides_a_doubt(
    status: int, kind: str, want: Outcome
) -> None:
    assert refusal(envelope(status, kind), ERRORS, reading=False).outcome is want


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Nothing here</h1></html>",
        b'{"message": "Cannot POST /users/invite", "statusCode": 404}',
        b'{"type": 7, "title": "x"}',
        b'["errors/invalid_recipient"]',
        b'{"type": "errors/invalid_recipient", "type": "errors/already_connected"}',
        b'{"type": "errors/invalid_recipient"',
        b"\xff\xfe\x00",
    ],
)
@pytest.mark.parametrize(
    ("status", "want"),
    [
        (302, Outcome.UNKNOWN),
        (400, Outcome.UNKNOWN),
        (401, Outcome.ACCOUNT_DISCONNECTED),
        (403, Outcome.UNKNOWN),
        (404, Outcome.UNKNOWN),
        (422, Outcome.UNKNOWN),
        (429, Outcome.THROTTLED),
        (502, Outcome.UNKNOWN),
        (503, Outcome.NOT_SENT),
    ],
)
def test_a_page_that_is_not_unipiles_fails_nobody(status: int, want: Outcome, body: bytes) -> None:
    assert refusal(Answer(status, body), ERRORS, reading=False).outcome is want


def test_certainty_has_three_values() -> None:
    assert Outcome.SENT.certainty is Certainty.SENT
    assert Outcome.UNKNOWN.certainty is Certainty.UNKNOWN
    others = set(Outcome) - {Outcome.SENT, Outcome.UNKNOWN}
    assert {outcome.certainty for outcome in others} == {Certainty.NOT_SENT}


def test_the_summary_is_one_line_for_staff() -> None:
    error = refusal(
        envelope(422, "limit_exceeded", "Limit\nexceeded", "Try\tlater"), ERRORS, reading=False
    )

    assert error.summary == (
        "LinkedIn's limit for this account has been reached "
        "(422 errors/limit_exceeded, Limit exceeded: Try later)"
    )
    assert str(error) == error.summary


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ("plain\nand\ttab", "plain\nand\ttab"),
        ("line\r\nend\rx", "line\nend\\rx"),
        ("nul\x00", "nul\\x00"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("lone \ud800", "lone \\ud800"),
        ("a\u2028b", "a\\u2028b"),
        (b"bytes \xff", "bytes \ufffd"),
        ("Zoë 👩\u200d💻 李", "Zoë 👩\u200d💻 李"),
    ],
)
def test_text_of_strangers_is_made_harmless(given: str | bytes, want: str) -> None:
    assert safe_text(given) == want


@pytest.mark.parametrize("given", ["x" * 5000, b"x" * 5_000_000, "\x00" * 5000, "€" * 5000])
def test_text_of_strangers_is_capped(given: str | bytes) -> None:
    text = safe_text(given)

    assert len(text) == 4000
    assert text.endswith("…")
