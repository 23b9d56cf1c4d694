"""People who do something with an invitation, and what the API shows of it."""

from collections import Counter
from pathlib import Path

import pytest

from sandbox.testing import Control, ControlCallError, Sandbox, SandboxProcess
from tests.sandbox.conftest import FREE, NAV, Api, assert_error

NOON = "2026-03-02T12:00:00Z"
DAY = 86_400
PENDING = {"type": "SENT", "status": "PENDING"}


@pytest.mark.parametrize(
    ("does", "shown"),
    [
        ("wait", PENDING),
        ("accept", None),
        ("decline", None),
        ("ignore", {"type": "SENT", "status": "IGNORED"}),
        ("withdraw", {"type": "SENT", "status": "WITHDRAWN"}),
    ],
)
def test_what_a_person_does_is_shown_when_it_is_done(
    api: Api, control: Control, does: str, shown: dict[str, str] | None
) -> None:
    control.freeze(NOON)
    control.add_person("ada-example", does=does, after_seconds=3600)
    api.invite("ada-example")

    assert api.invitation("ada-example") == PENDING
    control.advance(3600)

    assert api.invitation("ada-example") == shown
    assert len(api.sent()) == (does == "wait")
    is_connected = api.get("/users/ada-example", account_id=FREE).json()["is_relationship"]
    assert is_connected == (does == "accept")


@pytest.mark.parametrize("does", ["decline", "ignore", "withdraw"])
def test_who_said_no_is_not_invited_again_by_this_account(
    api: Api, control: Control, does: str
) -> None:
    control.add_person("ada-example", does=does)
    api.invite("ada-example")

    assert_error(api.invite("ada-example"), 422, "already_invited_recently")
    control.settings(repeat_error="cannot_resend_yet")
    assert_error(api.invite("ada-example"), 422, "cannot_resend_yet")
    assert api.invite("ada-example", NAV).status_code == 200


def test_an_end_is_dated_by_when_it_came(api: Api, control: Control) -> None:
    control.freeze(NOON)
    api.invite("ada-example")
    control.accept(FREE, "ada-example", after_seconds=DAY)

    control.advance(5 * DAY)

    (effect,) = control.effects()
    assert (effect["state"], effect["ended_at"]) == ("ACCEPTED", "2026-03-03T12:00:00.000Z")


def test_shares_of_the_people_do_this_or_that_and_always_the_same(
    api: Api, control: Control
) -> None:
    def lives() -> dict[str, str]:
        control.reset()
        control.freeze(NOON)
        control.settings(accept_rate=0.4, decline_rate=0.2, ignore_rate=0.2, answer_seconds=DAY)
        for number in range(40):
            api.invite(f"person-{number}", NAV)
        control.advance(DAY)
        return {effect["person"]: effect["state"] for effect in control.effects()}

    first = lives()

    assert first == lives()
    assert set(first.values()) == {"ACCEPTED", "DECLINED", "IGNORED", "PENDING"}
    assert Counter(first.values()).most_common(1)[0][0] == "ACCEPTED"


def test_list_and_profile_lag_behind_an_end_too(api: Api, control: Control) -> None:
    control.freeze(NOON)
    control.settings(lag_seconds=60)
    api.invite("ada-example")
    control.advance(300)
    control.accept(FREE, "ada-example")

    assert (len(api.sent()), api.invitation("ada-example")) == (1, PENDING)
    assert api.get("/users/relations", account_id=FREE).json()["items"] == []
    control.advance(60)

    assert (len(api.sent()), api.invitation("ada-example")) == (0, None)
    assert len(api.get("/users/relations", account_id=FREE).json()["items"]) == 1


def test_what_people_will_do_survives_a_restart(tmp_path: Path) -> None:
    arguments = ["--state", str(tmp_path / "state"), "--clock", NOON, "--accept-rate", "1"]
    arguments += ["--answer-seconds", "864000"]
    people = [f"person-{number}" for number in range(3)]
    with SandboxProcess(*arguments) as sandbox:
        api = Api(sandbox.url, sandbox.api_key)
        for person in people:
            api.invite(person)
    with SandboxProcess(*arguments) as sandbox:
        sandbox.control.advance(10 * DAY)
        states = [effect["state"] for effect in sandbox.control.effects()]

    api.session.close()
    assert states == ["ACCEPTED"] * 3


def test_one_person_is_refused_and_others_are_not(api: Api, control: Control) -> None:
    control.add_person("ada-example", refusal="limit_exceeded")

    assert_error(api.invite("ada-example"), 422, "limit_exceeded")
    assert api.invite("bea-example").status_code == 200


def test_used_up_notes_refuse_requests_with_a_note_only(api: Api, control: Control) -> None:
    control.settings(month_note_cap=0, note_error="too_many_requests")

    assert_error(api.invite("ada-example", message="Hi"), 429, "too_many_requests")
    assert api.invite("ada-example").status_code == 200


def test_who_is_out_of_network_is_told_as_unknown(api: Api, control: Control) -> None:
    control.settings(unknown_strangers=True)
    control.set_degree(FREE, "ada-example", "OUT_OF_NETWORK")
    control.set_degree(FREE, "bea-example", "SECOND_DEGREE")

    told = [
        api.get(f"/users/{person}", account_id=FREE).json()["public_identifier"]
        for person in ("ada-example", "bea-example")
    ]

    assert told == ["UNKNOWN", "bea-example"]


@pytest.mark.parametrize(
    ("error", "status"),
    [("invalid_recipient", 422), ("invalid_parameters", 400), ("resource_not_found", 404)],
)
def test_the_id_of_another_account_is_refused_in_one_of_three_ways(
    api: Api, control: Control, error: str, status: int
) -> None:
    control.settings(foreign_id_error=error)
    foreign = api.provider_id("ada-example", NAV)

    assert_error(api.get(f"/users/{foreign}", account_id=FREE), status, error)


def test_who_moves_keeps_the_id_and_answers_to_both_addresses(api: Api, control: Control) -> None:
    before = api.provider_id("ada-maiden")
    control.add_person("ada-maiden", moved_to="ada-married")

    found = [
        api.get(f"/users/{name}", account_id=FREE).json()
        for name in ("ada-maiden", "ada-married", before)
    ]

    assert {each["public_identifier"] for each in found} == {"ada-married"}
    assert {each["provider_id"] for each in found} == {before}


def test_an_address_can_be_somebody_elses_now(api: Api, control: Control) -> None:
    before = api.provider_id("ada-example")
    control.add_person("bea-example", moved_to="ada-example")

    now = api.get("/users/ada-example", account_id=FREE).json()

    assert (now["first_name"], now["public_identifier"]) == ("Bea", "ada-example")
    assert now["provider_id"] == api.provider_id("bea-example") != before
    former = api.get(f"/users/{before}", account_id=FREE).json()
    assert (former["first_name"], former["public_identifier"]) == ("Ada", None)


def test_an_account_connected_anew_is_the_same_login(api: Api, control: Control) -> None:
    api.invite("ada-example")
    control.add_account("connected-anew", login=control.login(FREE))

    (item,) = api.sent("connected-anew")
    assert item["invited_user_id"] == api.provider_id("ada-example")
    assert_error(api.invite("ada-example", "connected-anew"), 422, "already_invited_recently")


def test_another_login_behind_an_account_knows_nothing_of_the_first(
    api: Api, control: Control
) -> None:
    own_id = api.get(f"/accounts/{FREE}").json()["connection_params"]["im"]["id"]
    api.invite("ada-example")
    control.set_account(FREE, login="somebody-else")

    assert api.sent() == []
    assert api.invitation("ada-example") is None
    assert api.get(f"/accounts/{FREE}").json()["connection_params"]["im"]["id"] != own_id


def test_an_account_can_be_described_in_any_way(api: Api, control: Control) -> None:
    control.add_account("strange", raw={"object": "Account", "id": 7, "sources": "OK"})
    control.set_account(NAV, type="free", features=["sales_navigator"])

    items = api.get("/accounts").json()["items"]

    assert items[2] == {"object": "Account", "id": 7, "sources": "OK"}
    assert items[1]["connection_params"]["im"]["premiumFeatures"] == ["sales_navigator"]
    assert_error(api.invite("ada-example", NAV, message="x" * 201), 400, "too_many_characters")


def test_invitations_made_by_hand_are_listed_and_in_no_ledger(api: Api, control: Control) -> None:
    control.settings(page_cap=10)
    control.invite_by_hand(NAV, *(f"person-{number}" for number in range(25)))

    page = api.get("/users/invite/sent", account_id=NAV).json()

    assert (len(page["items"]), bool(page["cursor"])) == (10, True)
    assert control.effects() == []
    assert_error(api.invite("person-3", NAV), 422, "already_invited_recently")


@pytest.mark.parametrize(
    ("call", "body", "names"),
    [
        ("/people", {"slug": "ada", "does": "shout"}, "does"),
        ("/settings", {"repeat_error": "none"}, "repeat_error"),
        ("/settings", {"decline_rate": 1.5}, "decline_rate"),
        ("/ignore", {"account_id": FREE}, "person"),
        ("/by_hand", {"account_id": FREE, "people": ["nobody-1"]}, "nobody-1"),
    ],
)
def test_nonsense_about_people_is_named(
    sandbox: Sandbox, call: str, body: dict[str, object], names: str
) -> None:
    with pytest.raises(ControlCallError, match=names):
        sandbox.control.call("POST", call, body)
