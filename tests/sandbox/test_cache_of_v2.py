"""V2's cache as a client meets it that asks for nothing fresh."""

import pytest
import requests

from sandbox.testing import Sandbox

ACCOUNT = "acc_nav1"


@pytest.fixture
def v2(sandbox: Sandbox) -> requests.Session:
    sandbox.control.settings(api="v2")
    sandbox.control.add_account(ACCOUNT, "premium")
    session = requests.Session()
    session.headers["X-API-KEY"] = sandbox.api_key
    return session


def test_each_route_has_answers_of_its_own(v2: requests.Session, sandbox: Sandbox) -> None:
    routes = ("users/me", "chats", "inboxes", "users/me/relations")

    def told(route: str, **headers: str) -> tuple[bytes, str]:
        answer = v2.get(f"{sandbox.url}/v2/{ACCOUNT}/{route}", headers=headers)
        assert answer.status_code == 200
        return answer.content, answer.headers["X-Cache"]

    fresh = {route: told(route, **{"Cache-Control": "no-cache"}) for route in routes}
    kept = {route: told(route) for route in routes}

    assert {cache for _, cache in fresh.values()} == {"MISS"}
    assert kept == {route: (body, "HIT") for route, (body, _) in fresh.items()}
    assert fresh["users/me"] != fresh["chats"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [("no-cache", "MISS"), ("no-store", "MISS"), ("max-age=0", "MISS"), ("max-age=60", "HIT")],
)
def test_who_asks_for_fresh_data_gets_it(
    v2: requests.Session, sandbox: Sandbox, asked: str, told: str
) -> None:
    address = f"{sandbox.url}/v2/{ACCOUNT}/users/me"
    v2.get(address)

    assert v2.get(address, headers={"Cache-Control": asked}).headers["X-Cache"] == told


def test_the_list_of_accounts_is_neither_kept_nor_limited(
    v2: requests.Session, sandbox: Sandbox
) -> None:
    sandbox.control.settings(rate_limit=1)
    answers = [v2.get(f"{sandbox.url}/v2/accounts/{ACCOUNT}") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert all("X-Cache" not in answer.headers for answer in answers)


def test_what_is_kept_counts_against_no_limit(v2: requests.Session, sandbox: Sandbox) -> None:
    sandbox.control.settings(rate_limit=1)
    address = f"{sandbox.url}/v2/{ACCOUNT}/users/me"

    assert [v2.get(address).status_code for _ in range(3)] == [200] * 3
    assert v2.get(f"{sandbox.url}/v2/{ACCOUNT}/chats").status_code == 429
