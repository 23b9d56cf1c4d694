"""Answers to what PostgreSQL cannot take, and to a database that does not answer: in one place."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django import db
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from queueing import api

logger = logging.getLogger(__name__)

NOT_TAKEN = "It holds something that nothing here can be: a sign or a number out of all bounds."
NOT_ANSWERED = "The database does not answer now. Try again later."


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer for an address of Django's admin that SendQ does not have."""
    raise Http404("There is nothing at this address.")


class AnswersMiddleware:
    """Ends every kind of bad input that forms and filters have not named.

    Text with NUL or half a surrogate pair, numbers beyond 64 bits, JSON that PostgreSQL does not
    take: the database refuses them with one class of errors, which is an answer (400) and no
    fault of ours. A database that is away or does not answer in time is a 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answered(request, error)


def server_error(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Answer for a fault; what went wrong before any view was reached is told apart here, too."""
    error = sys.exc_info()[1]
    answer = answered(request, error) if isinstance(error, Exception) else None
    return answer or api.server_error(request, *args, **kwargs)


def answered(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return the answer to an error that is no fault of ours, or None."""
    if isinstance(error, db.DataError | OverflowError | UnicodeError) or _is_nul(error):
        logger.warning("Not taken: %s at %s", type(error).__name__, request.path)
        return _answer(request, 400, NOT_TAKEN, "400.html")
    if isinstance(error, db.OperationalError | db.InterfaceError):
        logger.error("The database does not answer: %s", error)
        return _answer(request, 503, NOT_ANSWERED, "503.html")
    return None


def _is_nul(error: Exception) -> bool:
    return isinstance(error, ValueError) and "NUL" in str(error)


def _answer(request: HttpRequest, status: int, told: str, template: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        more: dict[str, Any] = {"success": False, "error": told}
        return JsonResponse(more, status=status)
    return render(request, template, status=status)
