"""What every request passes on its way in: who asks, from where, and how much they send."""

from collections.abc import Callable
from typing import Any, cast

from django import db
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from access import audit, limits
from access.addresses import client_address, client_program
from access.models import Session, SignIn
from access.sessions import SessionStore

Next = Callable[[HttpRequest], HttpResponse]

STRANGERS_SEND = 64 * 1024  # bytes: far more than any form that is shown to them


class NoFiles(FileUploadHandler):
    """Takes no file: who is not logged in has none to give."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class StrangersMiddleware:
    """Refuses long bodies of strangers before any of it is read, and drops their files."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_body = request.META.get("CONTENT_LENGTH") not in {None, "", "0"}
        is_page = not request.path.startswith("/api/")
        if has_body and is_page and not request.user.is_authenticated:
            request.upload_handlers = [NoFiles(request)]
            if _length(request) > STRANGERS_SEND:
                answer = render(request, "413.html", status=413)
                answer["Connection"] = "close"
                return answer
        return self.get_response(request)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META["CONTENT_LENGTH"])
    except ValueError:
        return 0  # as Django takes it: there is no body then


class SessionsMiddleware:
    """Notes from where a session was seen last, every few minutes."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        session = cast(SessionStore, request.session)
        if session.is_news() and request.user.is_authenticated:
            Session.objects.filter(pk=session.stored_key()).update(
                address=client_address(request),
                program=client_program(request),
                seen_at=timezone.now(),
            )
        return answer


class ApiLimitMiddleware:
    """Counts wrong secrets under /api/ by address; past the limit they are answered with 429.

    The right secret is let in all the while: whoever shares the address with who guesses is not
    kept out, and the secrets are too long to be found at any rate that this leaves.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code == 401 and request.path.startswith("/api/"):
            return self._counted(request, answer)
        return answer

    def _counted(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        try:
            if not limits.api_is_refused(client_address(request), timezone.now()):
                audit.note(request, SignIn.Kind.API_REFUSED)
                return answer
        except db.Error:
            return answer  # it is a refusal all the same
        told = "Too many wrong secrets from this address. Wait a quarter of an hour."
        late = JsonResponse({"success": False, "error": told}, status=429)
        late["Retry-After"] = str(settings.SIGN_IN_WINDOW_SECONDS)
        return late
