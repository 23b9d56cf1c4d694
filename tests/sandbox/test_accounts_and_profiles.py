import pytest
import requests

from sandbox.people import invent, provider_id, slug_of
from sandbox.testing import Control
from tests.sandbox.conftest import FREE, NAV, Api, assert_error


@pytest.mark.parametrize("key", [None, "wrong", "schlüssel"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/accounts"), ("POST", "/users/invite"), ("GET", "/no/such/route")],
)
def test_every_route_asks_for_the_key_first(
    api: Api, method: str, path: str, key: str | None
) -> None:
    headers = {} if key is None else {"X-API-KEY": key.encode()}

    answer = requests.request(method, api.url + path, headers=headers, timeout=60)

    assert_error(answer, 401, "missing_credentials")


def test_an_unknown_route_is_a_404(api: Api) -> None:
    assert_error(api.get("/posts"), 404, "resource_not_found")


def test_a_wrong_method_is_a_404(api: Api) -> None:
    assert_error(api.call("PUT", "/users/invite", json={}), 404, "resource_not_found")


def test_a_bare_sandbox_has_a_free_and_a_sales_navigator_account(api: Api) -> None:
    listed = api.get("/accounts").json()

    assert listed["object"] == "AccountList"
    assert listed["cursor"] is None
    features = {
        one["id"]: one["connection_params"]["im"]["premiumFeatures"] for one in listed["items"]
    }
    assert features == {FREE: [], NAV: ["sales_navigator"]}


def test_accounts_come_in_pages(api: Api) -> None:
    first = api.get("/accounts", limit=1).json()
    second = api.get("/accounts", limit=1, cursor=first["cursor"]).json()

    assert [one["id"] for one in first["items"] + second["items"]] == [FREE, NAV]
    assert second["cursor"] is None


def test_one_account(api: Api) -> None:
    account = api.get(f"/accounts/{NAV}").json()

    assert account["object"] == "Account"
    assert account["sources"] == [{"id": f"{NAV}_MESSAGING", "status": "OK"}]


@pytest.mark.parametrize("path", ["/accounts/none", "/users/ada?account_id=none"])
def test_an_unknown_account_is_a_404(api: Api, path: str) -> None:
    body = assert_error(api.call("GET", path), 404, "resource_not_found")

    assert body["detail"] == "Account not found"


@pytest.mark.parametrize(
    "path", ["/users/ada", "/users/me", "/users/relations", "/users/invite/sent"]
)
def test_a_disconnected_account_can_do_nothing(api: Api, control: Control, path: str) -> None:
    control.set_account(FREE, status="CREDENTIALS")

    assert_error(api.get(path, account_id=FREE), 401, "disconnected_account")
    assert api.get(f"/accounts/{FREE}").json()["sources"][0]["status"] == "CREDENTIALS"


def test_a_restart_revives_a_stopped_account(api: Api, control: Control) -> None:
    control.set_account(FREE, status="STOPPED")

    answer = api.call("POST", f"/accounts/{FREE}/restart")

    assert answer.json() == {"object": "AccountRestarted"}
    assert api.get("/users/me", account_id=FREE).status_code == 200


def test_a_restart_does_not_log_in(api: Api, control: Control) -> None:
    control.set_account(FREE, status="CREDENTIALS")

    answer = api.call("POST", f"/accounts/{FREE}/restart")

    assert answer.json() == {"object": "AccountFailedToRestart"}


@pytest.mark.parametrize(("account_id", "premium"), [(FREE, False), (NAV, True)])
def test_me_tells_premium(api: Api, account_id: str, premium: bool) -> None:
    me = api.get("/users/me", account_id=account_id).json()

    assert (me["object"], me["premium"]) == ("AccountOwnerProfile", premium)


def test_the_owner_is_self(api: Api) -> None:
    slug = api.get("/users/me", account_id=FREE).json()["public_identifier"]

    assert api.get(f"/users/{slug}", account_id=FREE).json()["is_self"] is True


def test_any_slug_is_somebody_and_always_the_same(api: Api) -> None:
    first = api.get("/users/ada-quarrington", account_id=FREE).json()
    again = api.get("/users/ada-quarrington", account_id=FREE).json()

    assert first == again
    assert (first["object"], first["first_name"]) == ("UserProfile", "Ada")
    assert first["public_identifier"] == "ada-quarrington"
    assert "invitation" not in first
    assert first["is_relationship"] is False


@pytest.mark.parametrize("spelling", ["Ren%C3%A9e-Example", "REN%C3%89E-EXAMPLE", "renée-example"])
def test_slugs_are_decoded_and_compared_without_case(api: Api, spelling: str) -> None:
    found = api.get(f"/users/{spelling}", account_id=FREE).json()

    assert found["provider_id"] == api.provider_id("renée-example")


def test_nobody_is_not_found(api: Api) -> None:
    body = assert_error(
        api.get("/users/nobody-special", account_id=FREE), 404, "resource_not_found"
    )

    assert body["detail"] == "User not found"


def test_a_profile_needs_the_account(api: Api) -> None:
    assert_error(api.get("/users/ada"), 400, "missing_parameters")


def test_ids_differ_by_viewer_and_lead_back(api: Api) -> None:
    own, other = api.provider_id("ada"), api.provider_id("ada", NAV)

    assert own != other
    assert own.startswith("ACoAA")
    assert api.get(f"/users/{own}", account_id=FREE).json()["public_identifier"] == "ada"


def test_another_accounts_id_is_no_recipient(api: Api) -> None:
    other = api.provider_id("ada", NAV)

    assert_error(api.get(f"/users/{other}", account_id=FREE), 422, "invalid_recipient")


@pytest.mark.parametrize("slug", ["a", "ada-example", "renée-example", "x" * 100])
def test_an_id_carries_its_slug_for_its_own_account_only(slug: str) -> None:
    found = provider_id("one", slug)

    assert slug_of("one", found) == slug
    assert slug_of("two", found) is None
    assert slug_of("one", found[:-1]) is None
    assert slug_of("one", found + "A") is None


def test_nullable_fields_are_null_now_and_then() -> None:
    people = [invent(f"person-{number}") for number in range(1000)]

    assert any(person.first_name is None for person in people)
    assert any(person.location is None for person in people)
    assert sum(person.first_name is None for person in people) < 50


def test_a_seeded_person_is_as_given(api: Api, control: Control) -> None:
    control.add_person("Ada-Example", first_name="Ada", last_name=None, headline="Analyst")

    found = api.get("/users/ada-example", account_id=NAV).json()

    assert (found["first_name"], found["last_name"], found["headline"]) == ("Ada", None, "Analyst")


def test_a_person_can_vanish(api: Api, control: Control) -> None:
    known = api.provider_id("ada")
    control.add_person("ada", exists=False)

    assert_error(api.get("/users/ada", account_id=FREE), 404, "resource_not_found")
    assert_error(api.get(f"/users/{known}", account_id=FREE), 422, "invalid_recipient")


def test_relations_come_newest_first_and_in_pages(api: Api, control: Control) -> None:
    control.freeze("2026-03-02T10:00:00Z")
    for slug in ("ada", "bea", "cy"):
        control.set_degree(FREE, slug, "FIRST_DEGREE")
        control.advance(60)

    first = api.get("/users/relations", account_id=FREE, limit=2).json()
    rest = api.get("/users/relations", account_id=FREE, cursor=first["cursor"]).json()

    slugs = [one["public_identifier"] for one in first["items"] + rest["items"]]
    assert slugs == ["cy", "bea", "ada"]
    assert rest["items"][0]["created_at"] == 1772445600000
    assert rest["items"][0]["member_id"] == api.provider_id("ada")
    assert rest["cursor"] is None


def test_relations_are_filtered_by_name(api: Api, control: Control) -> None:
    for slug in ("ada-example", "bea-example"):
        control.set_degree(FREE, slug, "FIRST_DEGREE")

    found = api.get("/users/relations", account_id=FREE, filter="bea").json()["items"]

    assert [one["public_identifier"] for one in found] == ["bea-example"]


def test_an_account_can_be_added(api: Api, control: Control) -> None:
    control.add_account("third-account", "premium", name="Ada Example")

    account = api.get("/accounts/third-account").json()

    assert account["name"] == "Ada Example"
    assert account["connection_params"]["im"]["premiumFeatures"] == ["premium"]


def test_a_resync_is_begun_and_told_to_be_done(api: Api) -> None:
    path = f"/accounts/{NAV}/sync"

    told = [api.get(path, linkedin_product="classic").json() for _ in range(2)]

    assert [one["status"] for one in told] == ["SYNC_STARTED", "SYNC_DONE"]
    assert {one["object"] for one in told} == {"AccountResync"}
    assert_error(api.get(path, linkedin_product="other"), 400, "invalid_parameters")
    assert_error(api.get("/accounts/nobody/sync"), 404, "resource_not_found")


def test_the_inmails_that_may_go(api: Api) -> None:
    told = api.get("/linkedin/inmail_balance", account_id=NAV).json()

    assert told == {
        "object": "LinkedinInmailBalance",
        "premium": 5,
        "recruiter": None,
        "sales_navigator": 50,
    }
    assert_error(api.get("/linkedin/inmail_balance"), 400, "missing_parameters")


def test_an_account_is_connected_anew_without_a_page(api: Api, control: Control) -> None:
    control.set_account(NAV, status="CREDENTIALS")
    body = {"provider": "LINKEDIN", "access_token": "a-cookie"}

    told = api.call("POST", f"/accounts/{NAV}", json=body)

    assert (told.status_code, told.json()["object"]) == (201, "AccountReconnected")
    assert api.get(f"/accounts/{NAV}").json()["sources"][0]["status"] == "OK"
    code = {"provider": "LINKEDIN", "account_id": NAV, "code": "123456"}
    answer = api.call("POST", "/accounts/checkpoint", json=code)
    assert_error(answer, 401, "invalid_checkpoint_solution")
