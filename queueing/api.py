"""The HTTP endpoints of the queue. They answer in JSON, errors too."""

import hmac
import json
import os
import uuid
from collections.abc import Callable
from typing import Any

from django import db
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import path, re_path
from django.utils import timezone
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from campaigns.models import Campaign
from queueing import planning
from queueing.looking import connecting, events
from queueing.models import ProcessRun, WebhookEvent
from queueing.sending import DatabaseClock, runs
from queueing.staff import log
from queueing.unipile import receiver

WEBHOOK_BYTES_AT_MOST = 256 * 1024

View = Callable[[HttpRequest], JsonResponse]


def error(status: int, message: str, **extra: Any) -> JsonResponse:
    """Return an error in the shape that all errors have."""
    return JsonResponse({"success": False, "error": message, **extra}, status=status)


def _not_allowed(methods: str) -> JsonResponse:
    refused = error(405, f"Use {methods.replace(', ', ' or ')}.")
    refused["Allow"] = methods
    return refused


def guarded(view: View) -> View:
    """Let a view be reached by POST with the right `x-cron-secret` only.

    With no CRON_SECRET set nobody is let in. The secret stands in for the CSRF token: no browser
    sends that header for another site.
    """

    @csrf_exempt
    def wrapped(request: HttpRequest) -> JsonResponse:
        if request.method != "POST":
            return _not_allowed("POST")
        # Bytes as they came and as they were set: WSGI reads them as Latin-1, Python as UTF-8.
        given = request.headers.get("x-cron-secret", "").encode("latin-1", "replace")
        secret = os.fsencode(settings.CRON_SECRET)
        if not secret or not hmac.compare_digest(given, secret):
            return error(401, "The header x-cron-secret is missing or wrong.")
        try:
            return view(request)
        except db.Error:
            return error(503, "The database cannot be reached now. Try again later.")

    return wrapped


@guarded
def process_send_queue(request: HttpRequest) -> JsonResponse:
    """Make one run; it claims nothing more after 20 s, so that the caller's time-out is not met."""
    try:
        result = runs.run(
            ProcessRun.Trigger.HTTP,
            DatabaseClock(),
            deadline_seconds=settings.HTTP_RUN_DEADLINE_SECONDS,
        )
    except runs.NotConnectedError as problem:
        return error(503, str(problem))
    return JsonResponse(result)


@guarded
def send_connection_requests_queued(request: HttpRequest) -> JsonResponse:
    """Queue a campaign's prospects. Body: `{"campaign_id": "<uuid>"}`."""
    try:
        campaign = _campaign(request)
    except ValueError as problem:
        return error(400, str(problem))
    if campaign is None:
        return error(404, "campaign_id: there is no such campaign.")
    try:
        report = planning.enqueue(campaign, timezone.now())
        if report.queued:
            log.note(log.the_api(), [campaign], f"Queued {report.queued:,} people over HTTP")
    except planning.CannotEnqueueError as problem:
        return error(409, str(problem))
    return JsonResponse({"success": True, **report.as_json()})


def _campaign(request: HttpRequest) -> Campaign | None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError, RequestDataTooBig) as problem:
        raise ValueError('The body is no JSON. Send {"campaign_id": "…"}.') from problem
    given = body.get("campaign_id") if isinstance(body, dict) else None
    try:
        campaign_id = uuid.UUID(given)
    except (AttributeError, TypeError, ValueError) as problem:
        raise ValueError("campaign_id: give the campaign's id, a UUID.") from problem
    return Campaign.objects.filter(pk=campaign_id).first()


@csrf_exempt
def unipile_webhook(request: HttpRequest) -> JsonResponse:
    """Keep what Unipile tells, and answer at once; `look_for_answers` works it off.

    Whether it is Unipile that tells is seen before anything is read or kept. The body is taken as
    it came: Unipile sends JSON and calls it a form.
    """
    body = _body_of(request)
    if isinstance(body, JsonResponse):
        return body
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = timezone.now()
    reader = receiver(settings.UNIPILE_API_VERSION)
    if not reader.is_genuine(headers, body, settings.UNIPILE_WEBHOOK_SECRETS, now):
        return error(401, "This is not known to come from Unipile: the secret is missing or wrong.")
    text = body.decode("utf-8", "replace").replace("\x00", "")
    try:
        WebhookEvent.objects.create(received_at=now, try_at=now, body=text)
    except db.Error:
        return error(503, "The database cannot be reached now. Try again later.")
    return JsonResponse({"success": True})


@csrf_exempt
def account_connected(request: HttpRequest) -> JsonResponse:
    """Keep what Unipile says of a connect link. V1 sends no secret: the link's own word stands in.

    It is a hint: `look_for_answers` asks for the account.
    """
    body, now = _body_of(request), timezone.now()
    if isinstance(body, JsonResponse):
        return body
    try:
        told = receiver(settings.UNIPILE_API_VERSION).parse(body, now)
        link = connecting.link_of(told.connect_state)
        if link is None:
            return error(401, "This does not name a link that was made here.")
        connecting.note(link, told.account_id, "", now)
    except ValueError as problem:
        return error(400, f"The body is no notice of Unipile's: {problem}")
    except db.Error:
        return error(503, "The database cannot be reached now. Try again later.")
    return JsonResponse({"success": True})


def _body_of(request: HttpRequest) -> bytes | JsonResponse:
    """Return what was posted, or the refusal of what is none, or too long."""
    if request.method != "POST":
        return _not_allowed("POST")
    try:
        body = request.body if _length(request) <= WEBHOOK_BYTES_AT_MOST else None
    except RequestDataTooBig:
        body = None
    except OSError:  # it broke off
        return error(400, "The body is not whole.")
    if body is None or len(body) > WEBHOOK_BYTES_AT_MOST:
        return error(413, f"A webhook has at most {WEBHOOK_BYTES_AT_MOST} bytes.")
    return body


def _length(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdigit() else 0


@csrf_exempt
def not_found(request: HttpRequest) -> JsonResponse:
    """Answer for every other address under /api/."""
    return error(404, "There is nothing at this address.")


def in_json(
    status: int, message: str, elsewhere: Callable[..., HttpResponseBase]
) -> Callable[..., HttpResponseBase]:
    """Return a handler of errors that answers in JSON under /api/."""

    def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return error(status, message)
        return elsewhere(request, *args, **kwargs)

    return handler


bad_request = in_json(400, "This request cannot be answered.", defaults.bad_request)
server_error = in_json(500, "Something went wrong; the log says what.", defaults.server_error)

urlpatterns = [
    path(events.WEBHOOK_PATH, unipile_webhook),
    path(connecting.NOTICE_PATH, account_connected),
    path("api/cron/process-send-queue", process_send_queue),
    path("api/campaigns/direct/send-connection-requests-queued", send_connection_requests_queued),
    re_path(r"^api/", not_found),
]
