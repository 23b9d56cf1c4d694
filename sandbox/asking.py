"""A request as a route reads it, and a route: the same for both versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from sandbox.cursors import read_cursor
from sandbox.errors import ApiError
from sandbox.people import PROVIDER_ID, normalise, slug_of
from sandbox.world import World

JSON = dict[str, Any]

MAX_BODY_BYTES = 1_000_000


def _parse(body: bytes) -> Any:
    """Read JSON that can be written again as UTF-8; ValueError if it is none."""
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is a ValueError
    return value


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, read whole."""

    path: dict[str, str]
    query: QueryParams
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)

    def loose_body(self) -> JSON:
        """Return the JSON object sent, or an empty one whatever was sent instead."""
        try:
            body = _parse(self.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def loose_fields(self) -> JSON:
        """Return the fields sent, as JSON or as a form; none whatever was sent instead."""
        if not self.content_type.lower().startswith("multipart/form-data"):
            return self.loose_body()
        try:
            return self.form_body()
        except (ApiError, ValueError):
            return {}

    def json_body(self) -> JSON:
        """Return the JSON object sent; 415 or 400 if there is none."""
        if self.content_type.split(";")[0].strip().lower() != "application/json":
            raise ApiError("unsupported_media_type")
        if len(self.body) > MAX_BODY_BYTES:
            raise ApiError("content_too_large")
        try:
            body = _parse(self.body)
        except ValueError:
            raise ApiError("malformed_request") from None
        if not isinstance(body, dict):
            raise ApiError("malformed_request", "The request body is not a JSON object.")
        return body

    def form_body(self) -> JSON:
        """Return the fields of a multipart form, or of JSON, which is tolerated.

        A field that is there several times, or ends in `[]`, is a list.
        """
        kind = self.content_type.split(";")[0].strip().lower()
        if kind != "multipart/form-data":
            return self.json_body()
        head = b"Content-Type: " + self.content_type.encode() + b"\r\n\r\n"
        parts = BytesParser(policy=policy.HTTP).parsebytes(head + self.body)
        found: JSON = {}
        for part in parts.iter_parts() if parts.is_multipart() else ():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            value = content.decode() if isinstance(content, bytes) else ""
            key = str(name).removesuffix("[]")
            found[key] = [*_as_list(found[key]), value] if key in found else value
        return found

    def account_id(self) -> str:
        """Return the `account_id` of the query; 400 without one."""
        account_id = self.query.get("account_id")
        if not account_id:
            raise ApiError("missing_parameters", "account_id is required.")
        return account_id

    def limit(self, *, default: int, most: int) -> int:
        """Return the `limit` of the query, 1 to `most`; 400 outside of that."""
        text = self.query.get("limit")
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
            raise ApiError("invalid_parameters", f"limit must be between 1 and {most}.")
        return int(text)

    def offset(self, key: str) -> tuple[int, int | None]:
        """Return the offset and the limit that the cursor carries; (0, None) without one."""
        cursor = self.query.get("cursor")
        if cursor is None:
            return 0, None
        values = read_cursor(cursor)
        start, limit = values.get(key), values.get("limit")
        if type(start) is not int or type(limit) is not int or start < 0 or limit < 1:
            raise ApiError("invalid_parameters", "The cursor is not valid.")
        return start, limit


class Subject(NamedTuple):
    """Whom a request is about, as far as it can be told without judging it.

    `slug` is who the person is, whatever address was asked for.
    """

    account_id: str | None
    slug: str | None
    provider_id: str | None


def subject_of(world: World, ask: Ask) -> Subject:
    """Read the account and the person from wherever the route carries them."""
    body = ask.loose_fields() if ask.body else {}
    account_id = (
        ask.path.get("account_id") or ask.query.get("account_id") or _text(body, "account_id")
    )
    identifier = ask.path.get("identifier") or next(
        filter(None, (_text(body, key) for key in _PEOPLE)), None
    )
    if identifier is None:
        return Subject(account_id, None, None)
    if not PROVIDER_ID.fullmatch(identifier):
        person = world.names.at(identifier)
        return Subject(account_id, person.slug if person else normalise(identifier), None)
    return Subject(account_id, slug_of(world.viewer(account_id or ""), identifier), identifier)


# Where a body names a person: V1's invitation and first message, then V2's.
_PEOPLE = ("provider_id", "attendees_ids", "user_id", "users_ids")


def _text(body: JSON, key: str) -> str | None:
    value = body.get(key)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def required(body: JSON, key: str) -> str:
    value = body.get(key)
    if value is None:
        raise ApiError("missing_parameters", f"{key} is required.")
    if not isinstance(value, str) or not value:
        raise ApiError("invalid_parameters", f"{key} must be a string that is not empty.")
    return value


def optional(body: JSON, key: str) -> str | None:
    return required(body, key) if key in body else None


Handler = Callable[[World, Ask], JSON]


class Operation(NamedTuple):
    """A route: its name in the call log and in scripted faults, and the status of a success."""

    name: str
    method: str
    path: str
    handler: Handler
    status: int = 200


def unknown(_world: World, _ask: Ask) -> JSON:
    """Answer what is no route."""
    raise ApiError("resource_not_found", "Route not found")
