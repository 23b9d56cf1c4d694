"""The API as a whole: who is let in, and how every error looks."""

from typing import Any

from django import db
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as Unreadable
from ninja.security import HttpBearer

from doors import keys
from doors.models import ApiKey, Scope

DESCRIPTION = (
    "Everything of one workspace, for whoever has a key of it. Times are UTC. Errors are "
    '`{"success": false, "error": "…"}`. A POST with the header `Idempotency-Key` is done once, '
    "and answered alike for a day."
)


class KeyRequired(HttpBearer):
    """Lets in who sends a key that has the scope."""

    openapi_name = "key"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """Return the key.

        :raises HttpError: 403 without the scope, 429 beyond the key's requests a minute.
        """
        now = timezone.now()
        key = keys.known(token, now)
        if key is None:
            return None
        if wait := keys.count(key.pk, now):
            raise TooManyError(wait)
        if self.scope not in key.scopes:
            raise HttpError(403, f"This key lacks the scope {self.scope}.")
        return key


class TooManyError(Exception):
    """The key has no requests left in this minute; the value says for how many seconds."""


READ, PEOPLE, QUEUE, BAR = (KeyRequired(scope) for scope in Scope)
api = NinjaAPI(
    title="SendQ",
    version="1",
    description=DESCRIPTION,
    docs_url=None,  # its page would need scripts of others
    urls_namespace="api-v1",
)


def key_of(request: HttpRequest) -> ApiKey:
    """Return the key that a request was let in with."""
    key: ApiKey = getattr(request, "auth")  # noqa: B009 - set by ninja
    return key


def _error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    return api.create_response(request, {"success": False, "error": message}, status=status)


@api.exception_handler(HttpError)
def _told(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    return _error(request, getattr(error, "status_code", 500), str(error))


@api.exception_handler(TooManyError)
def _too_many(request: HttpRequest, error: Any) -> HttpResponse:
    (seconds,) = error.args
    answer = _error(request, 429, f"Too many requests. Try again in {seconds} s.")
    answer["Retry-After"] = str(seconds)
    return answer


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Any) -> HttpResponse:
    return _error(request, 404, "There is nothing of this id in the key's workspace.")


@api.exception_handler(Unreadable)
def _unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    told = "; ".join(
        f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors[:5]
    )
    return _error(request, 422, told)


@api.exception_handler(ValidationError)
def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    fields = getattr(error, "error_dict", None)
    if fields:
        told = [f"{field}: {' '.join(found.messages)}" for field, found in _each(error).items()]
        return _error(request, 422, "; ".join(told))
    return _error(request, 422, " ".join(error.messages))


def _each(error: ValidationError) -> dict[str, ValidationError]:
    return {field: ValidationError(found) for field, found in error.error_dict.items()}


@api.exception_handler(db.OperationalError)
@api.exception_handler(db.InterfaceError)
def _away(request: HttpRequest, error: Any) -> HttpResponse:
    return _error(request, 503, "The database cannot be reached now. Try again later.")


@api.exception_handler(ImproperlyConfigured)
def _misconfigured(request: HttpRequest, error: Any) -> HttpResponse:
    return _error(request, 503, "This installation is not configured for it; its log says why.")
