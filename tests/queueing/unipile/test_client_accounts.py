"""How the client reads accounts, and what a list of them tells of the key."""

import json
from typing import Any

import pytest

from queueing.unipile import Account, AccountState, Outcome, UnipileError

from .raw_server import RawServer, as_json, http, in_turn, page, sent_to

ACCOUNT: dict[str, Any] = {
    "object": "Account",
    "type": "LINKEDIN",
    "id": "e54m8LR22bA7G5qsAc8w",
    "name": "Jane Founder",
    "connection_params": {
        "im": {
            "id": "ACoAA",
            "publicIdentifier": "jane-founder",
            "premiumFeatures": ["sales_navigator"],
        }
    },
    "sources": [{"id": "e54m8LR22bA7G5qsAc8w_MESSAGING", "status": "OK"}],
}


def test_an_account(server: RawServer) -> None:
    server.reply = as_json(ACCOUNT)

    account = server.client().account("e54m8LR22bA7G5qsAc8w")

    assert sent_to(server) == "GET /api/v1/accounts/e54m8LR22bA7G5qsAc8w"
    assert account == Account(
        id="e54m8LR22bA7G5qsAc8w",
        name="Jane Founder",
        type="LINKEDIN",
        status="OK",
        premium_features=("sales_navigator",),
        owner_id="ACoAA",
        owner_slug="jane-founder",
        state=AccountState.CONNECTED,
    )


@pytest.mark.parametrize(
    ("statuses", "want"),
    [
        (["OK", "OK"], "OK"),
        (["OK", "CONNECTING"], "CONNECTING"),
        (["ERROR", "CREDENTIALS", "OK"], "CREDENTIALS"),
        (["STOPPED", "CONNECTING"], "STOPPED"),
        (["OK", "NEW_STATUS"], "NEW_STATUS"),
        (["OK", None], "UNKNOWN"),
        (["ok"], "ok"),
        ([], "UNKNOWN"),
    ],
)
def test_an_account_is_ok_only_if_all_of_it_is(
    server: RawServer, statuses: list[object], want: str
) -> None:
    server.reply = as_json({**ACCOUNT, "sources": [{"status": status} for status in statuses]})

    assert server.client().account("acc").status == want


@pytest.mark.parametrize("sources", [None, "OK", {"status": "OK"}, [7], [[]]])
def test_an_account_without_readable_sources_is_not_ok(server: RawServer, sources: object) -> None:
    server.reply = as_json({**ACCOUNT, "sources": sources})

    assert server.client().account("acc").status == "UNKNOWN"


@pytest.mark.parametrize("params", [None, 7, {}, {"im": None}, {"im": {"premiumFeatures": "all"}}])
def test_a_free_account_has_no_premium_features(server: RawServer, params: object) -> None:
    server.reply = as_json({**ACCOUNT, "connection_params": params})

    assert server.client().account("acc").premium_features == ()


def test_a_missing_account_is_told_from_a_bad_key(server: RawServer) -> None:
    outcomes = []
    for status, kind, title in [
        (404, "resource_not_found", "Account not found"),
        (401, "missing_credentials", "Missing credentials"),
    ]:
        body = {"status": status, "type": f"errors/{kind}", "title": title}
        server.reply = http(status, json.dumps(body))
        with pytest.raises(UnipileError) as caught:
            server.client().account("acc")
        outcomes.append(caught.value.outcome)

    assert outcomes == [Outcome.ACCOUNT_DISCONNECTED, Outcome.BAD_API_KEY]


def test_all_accounts(server: RawServer) -> None:
    in_turn(
        server,
        page(ACCOUNT, cursor="next", name="AccountList"),
        page({**ACCOUNT, "id": "second"}, name="AccountList"),
    )

    accounts = server.client().accounts()

    assert [account.id for account in accounts] == ["e54m8LR22bA7G5qsAc8w", "second"]
    assert sent_to(server, 1) == "GET /api/v1/accounts?cursor=next"


def test_some_accounts_are_never_taken_for_all(server: RawServer) -> None:
    server.reply = page(ACCOUNT, cursor="same", name="AccountList")

    with pytest.raises(UnipileError) as caught:
        server.client().accounts()

    assert caught.value.outcome is Outcome.NOT_SENT
    assert len(server.requests) == 2


@pytest.mark.parametrize("strange", [{"object": "Workspace"}, {"sources": None, "id": None}])
def test_a_strange_account_does_not_hide_the_others(
    server: RawServer, strange: dict[str, Any]
) -> None:
    second = {**ACCOUNT, "id": "second", **strange}
    server.reply = page(ACCOUNT, second, {**ACCOUNT, "id": "third"}, name="AccountList")

    accounts = server.client().accounts()

    assert [bool(account.trouble) for account in accounts] == [False, True, False]
    assert accounts[1].id == (second["id"] or "")


@pytest.mark.parametrize(("status", "refused"), [(401, True), (200, False)])
def test_the_list_of_accounts_tells_whether_the_key_is_refused(
    server: RawServer, status: int, refused: bool
) -> None:
    server.reply = http(status, '{"type":"errors/expired_credentials","title":"Expired"}')

    assert server.client().is_key_refused() is refused
    assert sent_to(server) == "GET /api/v1/accounts?limit=1"


def test_whether_the_key_is_refused_stays_open_where_nothing_answers(server: RawServer) -> None:
    server.reply = http(503)

    with pytest.raises(UnipileError):
        server.client().is_key_refused()
