"""Answers that are true and come in another shape, about somebody else, or too late in a list."""

from typing import Any

import pytest

from sandbox.testing import Control, ControlCallError
from tests.sandbox.conftest import FREE, Api, assert_error


@pytest.mark.parametrize(
    "change", [{"drop": ["invitation_id"]}, {"put": {"object": "InvitationSent"}}, {"status": 201}]
)
def test_a_true_answer_in_another_shape(api: Api, control: Control, change: dict[str, Any]) -> None:
    control.fault("edit", route="invite", **change)

    answer = api.invite("ada")

    (effect,) = control.effects()
    true = {"object": "UserInvitationSent", "invitation_id": effect["invitation_id"]}
    kept = {key: value for key, value in true.items() if key not in change.get("drop", [])}
    assert answer.json() == kept | change.get("put", {})
    assert answer.status_code == change.get("status", 200)


def test_an_effect_that_is_answered_with_no_content(api: Api, control: Control) -> None:
    control.fault("edit", route="invite", status=204)

    answer = api.invite("ada")

    assert (answer.status_code, answer.content) == (204, b"")
    assert len(control.effects()) == 1


def test_an_error_keeps_its_shape(api: Api, control: Control) -> None:
    control.add_person("ada", refusal="limit_exceeded")
    control.fault("edit", route="invite", status=201, drop=["type"])

    assert_error(api.invite("ada"), 422, "limit_exceeded")


def test_a_look_up_is_answered_with_somebody_else(api: Api, control: Control) -> None:
    control.fault("stranger", route="profile", other="bea")

    told = [api.get("/users/ada", account_id=FREE).json()["public_identifier"] for _ in range(2)]

    assert told == ["bea", "ada"]


def test_a_page_after_the_first_fails(api: Api, control: Control) -> None:
    control.fault("answer", route="accounts", status=401, type="disconnected_account", skip=1)

    assert api.get("/accounts").status_code == 200
    assert_error(api.get("/accounts"), 401, "disconnected_account")


def test_an_answer_asks_to_be_retried_after(api: Api, control: Control) -> None:
    control.fault("answer", route="invite", status=425, headers={"Retry-After": "7"})

    answer = api.invite("ada")

    assert_error(answer, 425, "auth_in_progress")
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"kind": "stranger"}, "other"),
        ({"kind": "edit", "drop": [1]}, "drop"),
        ({"kind": "answer", "headers": {"Retry-After": 7}}, "headers"),
    ],
)
def test_a_wrong_shape_is_named(control: Control, values: dict[str, Any], names: str) -> None:
    with pytest.raises(ControlCallError, match=names):
        control.call("POST", "/faults", values)
