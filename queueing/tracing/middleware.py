"""Give every request an id, which its lines in the log and its answer carry."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from queueing.tracing.context import about

HEADER = "X-Request-ID"
_TAKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestId:
    """Takes the id that a proxy has given, where it is one, or makes it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _TAKEN.fullmatch(given) else uuid.uuid4().hex
        with about(request=request_id):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response
