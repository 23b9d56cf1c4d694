from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.testing import Control, Sandbox

FREE, NAV = "sandbox-account-free", "sandbox-account-nav"


class Api:
    """Calls the API of a sandbox as one of its users would."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = f"{url}/api/v1", key
        self.session = requests.Session()
        self.session.headers["X-API-KEY"] = key

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        more = {"timeout": 60, "allow_redirects": False} | more
        return self.session.request(method, self.url + path, **more)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def provider_id(self, person: str, account_id: str = FREE) -> str:
        return str(self.get(f"/users/{person}", account_id=account_id).json()["provider_id"])

    def invite(
        self, person: str, account_id: str = FREE, *, timeout: float = 60, **more: Any
    ) -> requests.Response:
        """Look a person up and invite them."""
        body = {"account_id": account_id, "provider_id": self.provider_id(person, account_id)}
        return self.call("POST", "/users/invite", json=body | more, timeout=timeout)

    def sent(self, account_id: str = FREE, **query: Any) -> list[dict[str, Any]]:
        page = self.get("/users/invite/sent", account_id=account_id, **query).json()
        return list(page["items"])

    def invitation(self, person: str, account_id: str = FREE) -> dict[str, str] | None:
        """Return the invitation that the person's profile shows."""
        found: dict[str, str] | None = (
            self.get(f"/users/{person}", account_id=account_id).json().get("invitation")
        )
        return found


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    api = Api(sandbox.url, sandbox.api_key)
    yield api
    api.session.close()


@pytest.fixture
def control(sandbox: Sandbox) -> Control:
    return sandbox.control


def assert_error(answer: requests.Response, status: int, kind: str) -> dict[str, Any]:
    """Check status, type and envelope; return the body."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"errors/{kind}")
    assert body["status"] == status
    assert body["title"]
    assert set(body) <= {"status", "type", "title", "detail", "instance"}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return body
