"""V2's face, route by route, held against the shapes of its contract: keys, types, statuses."""

import json
from typing import Any

import pytest
import requests

from sandbox.testing import Control, Sandbox
from tests.queueing.unipile.test_calls import Hookland, hookland

__all__ = ["hookland"]

ACCOUNT = "acc_nav1"
PERSON = "ada-example"

# What is always there of each object, and what may be. `bool` is no number here.
USER = {"object": "User", "id": str, "type": str, "display_name": str}
USER_MAY = {"public_identifier": str, "profile_url": str, "description": str}
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "User": (USER, USER_MAY),
    "UserProfile": (
        {"id": str, "type": str, "display_name": str, "is_blocked": bool, "provider": str}
        | {"specifics": dict},
        USER_MAY | {"first_name": str, "last_name": str, "location": str},
    ),
    "RelationRequest": (
        {"id": str, "type": str},
        {"created_at": str, "message": str, "user": dict},
    ),
    "UserRelation": ({"id": str, "user": dict}, {"created_at": str}),
    "Account": (
        {"id": str, "application_id": str, "user_id": str, "created_at": str, "status": str}
        | {"provider": str},
        {"name": str, "metadata": dict, "initial_sync": dict, "is_locked": bool},
    ),
    "Inbox": ({"id": str, "disabled": bool}, {"description": str}),
    "Chat": (
        {"id": str, "name": str, "type": str, "is_group": bool, "is_1to1": bool}
        | {"is_channel": bool, "is_pinned": bool, "is_readonly": bool, "is_archived": bool}
        | {"muted_until": (bool, str), "folders": list, "unread_count": int, "provider": str},
        {"user_id": str, "user": dict, "last_message": dict, "last_message_timestamp": str},
    ),
    "MessagePreview": ({"text": str}, {"id": str, "is_sender": bool}),
    "Message": (
        {"id": str, "sender_id": str, "chat_id": str, "timestamp": str, "provider": str}
        | {f"is_{word}": bool for word in ("sender", "hidden", "seen", "delivered", "deleted")}
        | {f"is_{word}": bool for word in ("edited", "pinned", "event", "mentionned")}
        | {"reactions_counter": list, "attachments": list},
        {"text": str},
    ),
    "GroupParticipant": ({"user": dict, "is_self": bool, "is_admin": bool}, {}),
    "ChatStarted": ({}, {"chat_id": str, "message_id": (str, type(None))}),
    "MessageSent": ({}, {"message_id": (str, type(None))}),
    "ChatLookup": ({"data": list}, {}),
    "InmailCredits": ({"credits": dict}, {}),
    "HostedAuthLink": ({"link": str}, {}),
    "RelationRequestCanceled": ({}, {}),
    "RelationRequestConfirmed": ({}, {}),
    "MessageRead": ({}, {}),
    "WebhookEndpoint": (
        {"id": str, "secret": str, "url": str, "enabled": bool, "description": str}
        | {"trigger_events": list, "application_id": str},
        {"account_ids": list, "account_targets": list},
    ),
    "WebhookConversation": (
        {"id": str, "endpoint_id": str, "event_id": str, "event_type": str}
        | {"first_attempt": bool, "http_status": int, "endpoint_url": str}
        | {"response_body": str, "created_at": str},
        {},
    ),
}
CORE = ("Accounts", "WebhookEndpoints", "WebhookConversations")


def check(told: Any) -> None:
    """Hold an answer, and whatever objects are in it, against the contract."""
    if isinstance(told, list):
        for one in told:
            check(one)
    if not isinstance(told, dict):
        return
    for one in told.values():
        check(one)
    name = told.get("object")
    if name in CORE:
        assert set(told) == {"object", "data", "has_more"}
    elif name is not None:
        must, may = SHAPES[name]
        assert must.keys() <= told.keys() | {"object"}, f"{name} lacks {must.keys() - told.keys()}"
        for key, value in told.items():
            if key != "object":
                wanted = (must | may)[key]
                assert isinstance(value, wanted), f"{name}.{key} is {value!r}"
                assert wanted is not int or not isinstance(value, bool), f"{name}.{key}"


class V2:
    """Calls the face as a client does; every answer is held against the contract."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = f"{sandbox.url}/v2"
        self.session = requests.Session()
        self.session.headers["X-API-KEY"] = sandbox.api_key
        self.service = {"X-API-KEY": sandbox.service_key}

    def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self.session.request(method, self.url + path, timeout=5, **more)
        told: Any = answer.json() if answer.content else None
        assert answer.status_code == status, told
        if status < 400:
            check(told)
        else:
            assert told["object"] == "Error"
            assert told["status"] == status
            assert answer.headers["content-type"].startswith("application/problem+json")
        return told

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        fresh = {"Cache-Control": "no-cache"}
        return self.call("GET", f"/{ACCOUNT}{path}", status, params=query, headers=fresh)

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return self.call("POST", f"/{ACCOUNT}{path}", status, json=body)

    def serve(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        return self.call(method, path, status, headers=self.service, **more)


@pytest.fixture
def v2(sandbox: Sandbox) -> V2:
    sandbox.control.settings(api="v2")
    sandbox.control.add_account(ACCOUNT, "sales_navigator", name="Zoe Nav")
    return V2(sandbox)


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return sandbox.control


@pytest.fixture
def ada(v2: V2, control: Control) -> str:
    return control.provider_id(ACCOUNT, PERSON)


def test_relation_requests_and_relations(v2: V2, control: Control, ada: str) -> None:
    made = v2.post("/users/me/relation-requests", 201, user_id=ada, message="Hello")
    (listed,) = v2.get("/users/me/relation-requests", type="sent")["data"]
    control.receive(ACCOUNT, "milo-example")
    (received,) = v2.get("/users/me/relation-requests", type="received")["data"]
    shown = v2.get(f"/users/{PERSON}", variant="linkedin_classic")["specifics"]
    v2.post(f"/users/me/relation-requests/{received['id']}/accept")
    v2.post(f"/users/me/relation-requests/{made['id']}/cancel")

    assert (made, listed["type"], received["type"]) == (listed, "sent", "received")
    assert shown["relation_request"]["id"] == made["id"]
    gone = v2.post(f"/users/me/relation-requests/{made['id']}/cancel", 404)
    assert gone["type"] == "provider/resource_not_found"
    (relation,) = v2.get("/users/me/relations")["data"]
    assert relation["user"]["public_identifier"] == "milo-example"
    path = f"/{ACCOUNT}/users/me/relations/{relation['user']['id']}"
    assert v2.call("DELETE", path, 204) is None
    assert v2.get("/users/me/relations")["data"] == []
    assert v2.call("DELETE", path, 404)["type"] == "provider/resource_not_found"
    v2.get("/users/me/relation-requests", 400)
    v2.get(f"/users/{PERSON}", 400, variant="recruiter")


def test_relations_by_offset_and_by_cursor(v2: V2, control: Control) -> None:
    for person in (PERSON, "milo-example", "zoe-example"):
        control.set_degree(ACCOUNT, person, "FIRST_DEGREE")
    first = v2.get("/users/me/relations", limit=2)
    by_cursor = v2.get("/users/me/relations", cursor=first["next_cursor"])
    by_offset = v2.get("/users/me/relations", limit=2, offset=2)

    assert by_cursor == by_offset
    assert (by_cursor["next_cursor"], len(by_cursor["data"])) == (None, 1)
    for cursor in ("nonsense", "e30=", ""):
        assert v2.get("/users/me/relations", 400, cursor=cursor)["type"] == "api/invalid_parameters"
    v2.get("/users/me/relations", 400, cursor=first["next_cursor"], offset=2)
    v2.get("/users/me/relation-requests", 400, type="sent", cursor=first["next_cursor"])
    v2.get("/chats", 400, cursor=first["next_cursor"])


def test_chats_and_messages(v2: V2, control: Control, ada: str) -> None:
    control.set_degree(ACCOUNT, PERSON, "FIRST_DEGREE")
    assert v2.get(f"/users/{ada}/chat")["data"] == []
    opened = v2.post("/chats/send", users_ids=[ada], text="")
    assert v2.get(f"/users/{ada}/chat")["data"] == [
        {"chat_id": opened["chat_id"], "inbox_id": "CLASSIC_PRIMARY", "has_history": False}
    ]
    assert control.messages() == []
    started = v2.post("/inboxes/CLASSIC_PRIMARY/chats/send", users_ids=ada, text="Hello")
    chat = f"/chats/{started['chat_id']}"
    v2.post(f"{chat}/messages/send", text="Again")
    control.write(ACCOUNT, PERSON, "Gladly")
    told = v2.get(f"{chat}/messages")["data"]

    assert opened == {"object": "ChatStarted", "chat_id": started["chat_id"], "message_id": None}
    assert v2.get(f"/users/{ada}/chat")["data"][0]["has_history"] is True
    assert [one["text"] for one in told] == ["Gladly", "Again", "Hello"]
    theirs = v2.get(f"{chat}/messages", user_id=ada)["data"]
    assert theirs == [one for one in told if not one["is_sender"]]
    assert v2.get(f"{chat}/messages/{told[0]['id']}") == told[0]
    v2.post(f"{chat}/messages/{told[0]['id']}/read")
    (listed,) = v2.get("/chats")["data"]
    assert v2.get("/inboxes/CLASSIC_PRIMARY/chats")["data"] == [v2.get(chat)] == [listed]
    people = v2.get(f"{chat}/participants")["data"]
    assert sorted(one["is_self"] for one in people) == [False, True]
    assert v2.get("/inboxes")["data"][0]["id"] == "CLASSIC_PRIMARY"
    for word in ("is_unread", "is_archived", "type"):
        v2.get("/chats", 400, **{word: "true"})
    v2.post("/chats/send", 400, users_ids=[], text="Hello")
    v2.post("/chats/send", 400, users_ids=ada)
    v2.post(f"{chat}/messages/send", 400, text="")
    assert v2.post("/chats/send", 501, users_ids=[ada, ada], text="x")["type"] == (
        "api/not_implemented"
    )
    assert v2.post("/inboxes/RECRUITER/chats/send", 405, users_ids=ada, text="x")
    stranger = control.provider_id(ACCOUNT, "milo-example")
    v2.post("/chats/send", 422, users_ids=stranger, text="")


def test_a_chat_is_opened_once(v2: V2, control: Control) -> None:
    control.set_degree(ACCOUNT, PERSON, "FIRST_DEGREE")
    ada = control.provider_id(ACCOUNT, PERSON)

    ids = {v2.post("/chats/send", users_ids=ada, text="")["chat_id"] for _ in range(2)}

    assert len(ids) == 1


def test_accounts(v2: V2, control: Control) -> None:
    def names(**query: Any) -> list[str]:
        found = v2.call("GET", "/accounts/", params=query)["data"]
        return [one["name"] for one in found]

    assert names() == sorted(names(), key=str.casefold)
    assert names(search="zoe n") == names(search=ACCOUNT) == ["Zoe Nav"]
    assert names(provider="whatsapp") == []
    assert names(provider="linkedin") == names(status="running") == names()
    assert names(status="disconnected") == []
    body = {"metadata": {"owner": "us"}}
    changed = v2.call("PATCH", f"/accounts/{ACCOUNT}", json=body)
    assert changed["metadata"]["custom_data"] == {"owner": "us"}
    assert v2.call("GET", f"/accounts/{ACCOUNT}") == changed
    v2.call("PATCH", f"/accounts/{ACCOUNT}", 400, json={})
    assert v2.get("/linkedin/inmail-credits")["credits"] == {"premium": 5, "sales_navigator": 50}
    assert v2.call("DELETE", f"/accounts/{ACCOUNT}") == {"success": True}
    assert v2.call("GET", f"/accounts/{ACCOUNT}", 404)["type"] == "api/resource_not_found"
    assert v2.call("GET", "/accounts/nav1", 400)["detail"].startswith("params/account_id")
    link = {"expires_on": "2100-01-01T00:00:00.000Z", "redirect_uri": "http://127.0.0.1:9/"}
    v2.call("POST", "/auth/link", json=link | {"providers": ["linkedin"]})


@pytest.mark.parametrize(
    ("change", "event", "payload"),
    [
        ({"v2_status": "degraded"}, "status.degraded", {"product": "sales_navigator"}),
        ({"v2_status": "partial"}, "status.partial", {"product": "sales_navigator"}),
        ({"status": "ERROR"}, "status.errored", {"reason": "provider"}),
        ({"status": "CREDENTIALS"}, "status.disconnected", {}),
        ({"status": "OK"}, "status.running", {}),
        ({"locked": True}, "locked", {}),
        ({"locked": False}, "unlocked", {}),
        ({}, "remove", {}),
        # Unipile has no event for it, so nobody can ask for one.
        ({"v2_status": "paused"}, "", {}),
    ],
)
def test_what_is_told_of_an_account(
    v2: V2,
    control: Control,
    hookland: Hookland,
    change: dict[str, Any],
    event: str,
    payload: dict[str, Any],
) -> None:
    words = ("degraded", "partial", "running", "errored", "disconnected")
    events = [f"account.status.{word}" for word in words]
    events += [f"account.{word}" for word in ("locked", "unlocked", "remove")]
    others = ["email.new", "tracking.open", "calendar.event.new"]
    body = {"url": hookland.url, "trigger_events": events + others, "description": "Ear"}
    made = v2.serve("POST", "/webhooks/endpoints/", json=body)
    control.settings(webhook_retry_seconds=0)
    hookland.answers = [500]
    if change:
        control.set_account(ACCOUNT, **change)
    else:
        v2.call("DELETE", f"/accounts/{ACCOUNT}")
    control.deliveries()

    told = [json.loads(body) for _, body in hookland.told]
    where = {"endpoint_id": made["id"]}
    log = v2.serve("GET", "/webhooks/conversations/", params=where)["data"]

    if not event:
        assert told == log == []
        return
    assert [one["type"] for one in told] == [f"account.{event}"] * 2
    assert told[0] == told[1]
    assert {key: told[0]["payload"].get(key) for key in payload} == payload
    assert ("timestamp" in told[0]["payload"]) is event.startswith("status.")
    assert told[0]["application_production"] is True
    assert [(one["http_status"], one["first_attempt"]) for one in log] == [
        (200, False),
        (500, True),
    ]
    assert {one["event_id"] for one in log} == {told[0]["id"]}
    of_it = where | {"event_id": told[0]["id"], "limit": 1}
    page = v2.serve("GET", "/webhooks/conversations/", params=of_it)
    assert (page["data"], page["has_more"]) == (log[:1], True)
    assert (
        v2.serve("GET", "/webhooks/conversations/", params=where | {"event_id": "x"})["data"] == []
    )
    v2.serve("GET", "/webhooks/conversations/", 400)


def test_endpoints(v2: V2) -> None:
    body = {"url": "http://127.0.0.1:9/", "trigger_events": ["relation.new"]}
    made = v2.serve("POST", "/webhooks/endpoints/", json=body)
    path = f"/webhooks/endpoints/{made['id']}"
    more = {"trigger_events": ["message.new"], "enabled": False, "description": "Ours"}
    changed = v2.serve("PATCH", path, json=more)

    assert changed == made | more
    assert v2.serve("GET", path) == changed
    assert v2.serve("GET", "/webhooks/endpoints/")["data"] == [changed]
    wrongs: list[dict[str, Any]] = [
        {"trigger_events": ["account.status.paused"]},
        {"trigger_events": []},
        {"url": "https://x.example.com/" + "x" * 255},
        {"description": "x" * 256},
    ]
    for wrong in wrongs:
        v2.serve("POST", "/webhooks/endpoints/", 400, json=body | wrong)
    assert v2.call("GET", path, 403)["type"] == "api/insufficient_permissions"
    assert v2.serve("DELETE", path) == {"success": True}
    v2.serve("GET", path, 404)


def test_a_429_says_how_long_the_window_lasts(v2: V2, control: Control) -> None:
    control.freeze("2026-07-08T16:00:00Z")
    control.settings(rate_limit=1)
    v2.get("/users/me")
    control.advance(20)
    ours = v2.session.get(f"{v2.url}/{ACCOUNT}/chats", timeout=5)
    control.settings(rate_limit=None)
    control.fault("answer", route="chats", type="provider/too_many_requests", status=429)
    theirs = v2.session.get(f"{v2.url}/{ACCOUNT}/chats", timeout=5)

    assert (ours.status_code, ours.json()["type"]) == (429, "api/too_many_requests")
    told = {key: ours.headers.get(f"x-ratelimit-{key}") for key in ("limit", "remaining", "reset")}
    assert told == {"limit": "1", "remaining": "0", "reset": "40"}
    assert ours.headers["retry-after"] == "40"
    assert theirs.json()["type"] == "provider/too_many_requests"
    assert "retry-after" not in theirs.headers
    assert theirs.headers["x-ratelimit-remaining"] == "0"
