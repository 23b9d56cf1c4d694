"""What monitors ask: is it alive, is it ready, and its figures. Reached by address, too."""

import hmac
from collections.abc import Callable
from typing import Any

from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from queueing import schedules, watching
from queueing.gates import cadence

AWAY = "The database cannot be reached."


def livez(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process answers at all; the database is not asked."""
    return JsonResponse({"status": "ok", "version": settings.VERSION})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 while everything that has to work for requests to go out does, else 503."""
    try:
        found = watching.findings(timezone.now())
    except db.Error:
        return _failed(AWAY, checks={"database": AWAY})
    checks = {"database": "ok", **{one.name: one.told for one in found}}
    wrong = [one.told for one in found if not one.is_well]
    if wrong:
        return _failed(" ".join(wrong), checks=checks)
    return JsonResponse({"status": "ok", "checks": checks})


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 while the site, its database and its ticker work, else 503."""
    now = timezone.now()
    try:
        last_run_at, is_late = cadence.heartbeat(now)
        wrong = schedules.differences()
    except db.Error:
        return _failed(AWAY)
    last_run: dict[str, Any] = {
        "last_run_at": last_run_at and last_run_at.isoformat(),
        "last_run_seconds_ago": last_run_at and int((now - last_run_at).total_seconds()),
    }
    if is_late:
        return _failed("Items are due and no run has begun: is qcluster running?", **last_run)
    if wrong:
        return _failed(wrong[0], **last_run)
    return JsonResponse({"status": "ok", **last_run})


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures for Prometheus, to who has METRICS_TOKEN."""
    token = settings.METRICS_TOKEN.encode()
    given = request.headers.get("Authorization", "").encode("latin-1", "replace")
    if not token or not hmac.compare_digest(given, b"Bearer " + token):
        refused = _failed("Send METRICS_TOKEN as Authorization: Bearer …", status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    try:
        figures = watching.exposition(timezone.now())
    except db.Error:
        return _failed(AWAY)
    return HttpResponse(figures, content_type="text/plain; version=0.0.4; charset=utf-8")


def _failed(told: str, status: int = 503, **more: Any) -> JsonResponse:
    return JsonResponse({"success": False, "error": told, **more}, status=status)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": livez,
    "/readyz": readyz,
    "/healthz": healthz,
    "/metrics": metrics,
}


class Probes:
    """Answers probes before anything looks at the host, the scheme or a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            refused = _failed("Use GET or HEAD.", status=405)
            refused["Allow"] = "GET, HEAD"
            return refused
        answer = probe(request)
        answer["Cache-Control"] = "no-store"
        return answer
