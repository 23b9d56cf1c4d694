import base64
import json
from typing import Any

import pytest

from sandbox.people import invent
from sandbox.testing import Control
from tests.sandbox.conftest import FREE, NAV, Api, assert_error

NOON = "2026-03-02T12:00:00Z"
DAY = 86_400


def test_an_invitation_is_answered_and_recorded(api: Api, control: Control) -> None:
    control.freeze(NOON)

    answer = api.invite("ada-example", message="Hello Ada")

    body = answer.json()
    assert body == {"object": "UserInvitationSent", "invitation_id": body["invitation_id"]}
    assert body["invitation_id"].isdigit()
    (effect,) = control.effects()
    assert effect["invitation_id"] == body["invitation_id"]
    assert (effect["account_id"], effect["person"]) == (FREE, "ada-example")
    assert (effect["message"], effect["at"]) == ("Hello Ada", "2026-03-02T12:00:00.000Z")


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"provider_id": None}, 400, "missing_parameters"),
        ({"account_id": None}, 400, "missing_parameters"),
        ({"provider_id": 7}, 400, "invalid_parameters"),
        ({"message": ""}, 400, "invalid_parameters"),
        ({"message": ["hi"]}, 400, "invalid_parameters"),
        ({"account_id": "none"}, 404, "resource_not_found"),
        ({"provider_id": "ada-example"}, 400, "invalid_parameters"),
        ({"provider_id": "ACwAAB12345678"}, 400, "invalid_parameters"),
        ({"provider_id": "urn:li:member:1"}, 400, "invalid_parameters"),
        ({"provider_id": "ACoAABogus"}, 422, "invalid_recipient"),
        ({"message": "x" * 201}, 400, "too_many_characters"),
    ],
)
def test_a_wrong_invitation_is_refused(
    api: Api, control: Control, change: dict[str, Any], status: int, kind: str
) -> None:
    body = {"account_id": FREE, "provider_id": api.provider_id("ada")} | change
    given = {key: value for key, value in body.items() if value is not None}

    answer = api.call("POST", "/users/invite", json=given)

    assert_error(answer, status, kind)
    assert control.effects() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b"{", "application/json", 400, "malformed_request"),
        (b"[]", "application/json", 400, "malformed_request"),
        (b"\xff\xfe", "application/json", 400, "malformed_request"),
        (b'{"account_id": "\\ud800"}', "application/json", 400, "malformed_request"),
        (b"[" * 100_000, "application/json", 400, "malformed_request"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'"' + b"x" * 1_100_000 + b'"', "application/json", 400, "content_too_large"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    api: Api, body: bytes, content_type: str, status: int, kind: str
) -> None:
    headers = {"Content-Type": content_type}

    assert_error(api.call("POST", "/users/invite", data=body, headers=headers), status, kind)


@pytest.mark.parametrize(("account_id", "limit"), [(FREE, 200), (NAV, 300)])
def test_note_limits_by_tier(api: Api, account_id: str, limit: int) -> None:
    assert api.invite("ada", account_id, message="x" * limit).status_code == 200
    body = assert_error(
        api.invite("bea", account_id, message="x" * (limit + 1)), 400, "too_many_characters"
    )

    assert body["detail"] == "The provided content exceeds the character limit."


def test_another_accounts_id_is_refused(api: Api, control: Control) -> None:
    body = {"account_id": FREE, "provider_id": api.provider_id("ada", NAV)}

    assert_error(api.call("POST", "/users/invite", json=body), 422, "invalid_recipient")
    assert control.effects() == []


def test_a_second_invitation_is_refused(api: Api, control: Control) -> None:
    api.invite("ada")

    body = assert_error(api.invite("ada"), 422, "already_invited_recently")

    assert body["title"] == "Should delay new invitation to this recipient"
    assert len(control.effects()) == 1


def test_repeats_can_be_let_through_for_an_oracle(api: Api, control: Control) -> None:
    control.settings(refuse_repeats=False)

    api.invite("ada")
    api.invite("ada")

    assert [one["person"] for one in control.effects()] == ["ada", "ada"]


def test_a_connection_is_not_invited(api: Api, control: Control) -> None:
    control.set_degree(FREE, "ada", "FIRST_DEGREE")

    assert_error(api.invite("ada"), 422, "already_connected")


def test_a_disconnected_account_does_not_invite(api: Api, control: Control) -> None:
    known = api.provider_id("ada")
    control.set_account(FREE, status="ERROR")

    answer = api.call("POST", "/users/invite", json={"account_id": FREE, "provider_id": known})

    assert_error(answer, 401, "disconnected_account")


def test_the_profile_shows_a_pending_invitation_to_its_account_only(api: Api) -> None:
    api.invite("ada")

    assert api.invitation("ada") == {"type": "SENT", "status": "PENDING"}
    assert api.invitation("ada", NAV) is None


def test_an_accepted_invitation_becomes_a_relation(api: Api, control: Control) -> None:
    api.invite("ada")
    control.accept(FREE, "ada")

    found = api.get("/users/ada", account_id=FREE).json()
    assert "invitation" not in found
    assert (found["is_relationship"], found["network_distance"]) == (True, "FIRST_DEGREE")
    assert api.sent() == []
    relations = api.get("/users/relations", account_id=FREE).json()["items"]
    assert [one["public_identifier"] for one in relations] == ["ada"]


def test_a_declined_invitation_leaves_in_silence(api: Api, control: Control) -> None:
    api.invite("ada")
    control.decline(FREE, "ada")

    assert api.sent() == []
    assert api.invitation("ada") is None
    assert_error(api.invite("ada"), 422, "already_invited_recently")


def test_a_withdrawn_invitation_shows_and_cools_down_for_three_weeks(
    api: Api, control: Control
) -> None:
    control.freeze(NOON)
    invitation_id = api.invite("ada").json()["invitation_id"]

    answer = api.call("DELETE", f"/users/invite/sent/{invitation_id}", params={"account_id": FREE})

    assert answer.json() == {"object": "InvitationCanceled"}
    assert api.invitation("ada") == {"type": "SENT", "status": "WITHDRAWN"}
    assert api.sent() == []
    control.advance(21 * DAY - 1)
    assert_error(api.invite("ada"), 422, "already_invited_recently")
    control.advance(1)
    assert api.invite("ada").status_code == 200


def test_a_gone_invitation_cannot_be_withdrawn_again(api: Api) -> None:
    invitation_id = api.invite("ada").json()["invitation_id"]
    path = f"/users/invite/sent/{invitation_id}?account_id={FREE}"
    api.call("DELETE", path)

    assert_error(api.call("DELETE", path), 404, "resource_not_found")


def test_another_account_cannot_withdraw_it(api: Api) -> None:
    invitation_id = api.invite("ada").json()["invitation_id"]

    answer = api.call("DELETE", f"/users/invite/sent/{invitation_id}", params={"account_id": NAV})

    assert_error(answer, 404, "resource_not_found")
    assert len(api.sent()) == 1


def test_the_sent_list_comes_newest_first_in_exact_pages(api: Api, control: Control) -> None:
    control.freeze(NOON)
    for number in range(5):
        api.invite(f"person-{number}x", message="hi")
        control.advance(1)

    first = api.get("/users/invite/sent", account_id=FREE, limit=2).json()
    second = api.get("/users/invite/sent", account_id=FREE, cursor=first["cursor"]).json()
    third = api.get("/users/invite/sent", account_id=FREE, cursor=second["cursor"]).json()

    assert json.loads(base64.b64decode(first["cursor"])) == {"limit": 2, "cursor": 2}
    ids = [one["id"] for page in (first, second, third) for one in page["items"]]
    assert ids == sorted(ids, reverse=True)
    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["cursor"] is None


def test_a_full_last_page_has_no_cursor(api: Api) -> None:
    api.invite("ada")
    api.invite("bea")

    page = api.get("/users/invite/sent", account_id=FREE, limit=2).json()

    assert (len(page["items"]), page["cursor"]) == (2, None)


def test_pages_may_be_shorter_than_asked_for(api: Api, control: Control) -> None:
    control.settings(page_cap=1)
    api.invite("ada")
    api.invite("bea")

    page = api.get("/users/invite/sent", account_id=FREE, limit=250).json()

    assert len(page["items"]) == 1
    assert page["cursor"] is not None


@pytest.mark.parametrize("limit", ["0", "251", "-1", "ten", "1.5", "", "9" * 5000])
def test_a_limit_out_of_range_is_refused(api: Api, limit: str) -> None:
    answer = api.get("/users/invite/sent", account_id=FREE, limit=limit)

    assert_error(answer, 400, "invalid_parameters")


@pytest.mark.parametrize("cursor", ["!", "bm9uZQ==", "W10=", "eyJsaW1pdCI6MX0="])
def test_a_false_cursor_is_refused(api: Api, cursor: str) -> None:
    answer = api.get("/users/invite/sent", account_id=FREE, cursor=cursor)

    assert_error(answer, 400, "invalid_parameters")


@pytest.mark.parametrize(
    ("days", "text", "resolved"),
    [
        (0, "Sent today", 0),
        (1, "Sent yesterday", 1),
        (3, "Sent 3 days ago", 3),
        (9, "Sent 1 week ago", 7),
        (40, "Sent 1 month ago", 30),
    ],
)
def test_dates_are_relative_and_coarse(
    api: Api, control: Control, days: int, text: str, resolved: int
) -> None:
    control.freeze(NOON)
    api.invite("ada")
    control.advance(days * DAY + 3600)

    (item,) = api.sent()

    control.advance(-resolved * DAY)
    assert item["date"] == text
    assert item["parsed_datetime"] == control.call("GET", "/clock")["now"]


def test_nullable_fields_of_the_list_are_exercised_but_never_both_keys(
    api: Api, control: Control
) -> None:
    control.settings(day_cap=1000, week_cap=1000)
    quirks = {invent(f"p-{number}").quirk: f"p-{number}" for number in range(2000)}
    for quirk in range(1, 7):
        api.invite(quirks[quirk])

    items = api.sent()

    nullable = (
        "invited_user",
        "invited_user_id",
        "invited_user_public_id",
        "invited_user_description",
        "parsed_datetime",
    )
    for field in nullable:
        assert any(item[field] is None for item in items)
    assert all(item["invited_user_id"] or item["invited_user_public_id"] for item in items)


def test_a_new_invitation_shows_after_the_lag(api: Api, control: Control) -> None:
    control.freeze(NOON)
    control.settings(lag_seconds=30)
    api.invite("ada")

    control.advance(29)
    assert (api.sent(), api.invitation("ada")) == ([], None)
    assert_error(api.invite("ada"), 422, "already_invited_recently")

    control.advance(1)
    assert len(api.sent()) == 1
    assert api.invitation("ada") == {"type": "SENT", "status": "PENDING"}


def test_the_profile_can_have_a_lag_of_its_own(api: Api, control: Control) -> None:
    control.freeze(NOON)
    control.settings(lag_seconds=30, profile_lag_seconds=0)
    api.invite("ada")

    assert api.sent() == []
    assert api.invitation("ada") == {"type": "SENT", "status": "PENDING"}


def test_the_day_cap_is_rolling(api: Api, control: Control) -> None:
    control.freeze(NOON)
    control.set_account(FREE, day_cap=2)
    api.invite("ada")
    api.invite("bea")

    body = assert_error(api.invite("cy"), 422, "cannot_resend_yet")
    assert body["detail"].startswith("You have reached a temporary provider limit.")
    assert api.invite("cy", NAV).status_code == 200
    control.advance(DAY)
    assert api.invite("cy").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [("limit_exceeded", 422), ("too_many_requests", 429), ("provider_error", 500)],
)
def test_the_week_cap_answers_as_set(api: Api, control: Control, kind: str, status: int) -> None:
    control.set_account(FREE, week_cap=0, cap_error=kind)

    assert_error(api.invite("ada"), status, kind)


def test_notes_of_free_accounts_can_be_capped(api: Api, control: Control) -> None:
    control.settings(month_note_cap=1)
    api.invite("ada", message="hi")

    assert_error(api.invite("bea", message="hi"), 422, "cannot_resend_yet")
    assert api.invite("bea").status_code == 200
    for person in ("cy", "dora"):
        assert api.invite(person, NAV, message="hi").status_code == 200


def test_usage_is_told_only_when_a_mark_is_crossed(api: Api, control: Control) -> None:
    control.set_account(FREE, week_cap=8)

    told = [api.invite(f"person-{number}").json().get("usage") for number in range(8)]

    assert told == [None, None, None, 50, None, 75, None, 95]


def test_a_received_invitation_is_shown_and_accepted(api: Api, control: Control) -> None:
    control.receive(FREE, "ada")
    (item,) = api.get("/users/invite/received", account_id=FREE).json()["items"]
    assert api.invitation("ada") == {"type": "RECEIVED", "status": "PENDING"}

    answer = api.call(
        "POST",
        f"/users/invite/received/{item['id']}",
        json={
            "provider": "LINKEDIN",
            "account_id": FREE,
            "shared_secret": item["specifics"]["shared_secret"],
            "action": "accept",
        },
    )

    assert answer.status_code == 200
    assert api.get("/users/ada", account_id=FREE).json()["is_relationship"] is True


def test_no_idempotency_key_is_honoured(api: Api) -> None:
    headers = {"Idempotency-Key": "one"}
    body = {"account_id": FREE, "provider_id": api.provider_id("ada")}
    api.call("POST", "/users/invite", json=body, headers=headers)

    repeat = api.call("POST", "/users/invite", json=body, headers=headers)
    assert_error(repeat, 422, "already_invited_recently")


def test_no_profile_says_accepted(api: Api, control: Control) -> None:
    api.invite("ada")
    control.accept(FREE, "ada")

    assert "ACCEPTED" not in api.get("/users/ada", account_id=FREE).text


def test_limits_come_without_hints_in_headers(api: Api, control: Control) -> None:
    control.set_account(FREE, day_cap=0, cap_error="too_many_requests")

    names = {name.lower() for name in api.invite("ada").headers}

    assert names == {"date", "content-type", "content-length"}


def test_the_sent_list_ignores_date_filters(api: Api) -> None:
    api.invite("ada")

    assert len(api.sent(after="2030-01-01T00:00:00.000Z", date="2030-01-01")) == 1
