"""How often may somebody guess? Here alone it is decided whether an attempt is heard at all.

An attempt is counted by name and address, by address (many names tried once each), and by name
(many addresses that try one). The right owner still gets in: a browser in which they have signed in
before holds a cookie that says so, and is counted by itself, whatever strangers do meanwhile.
"""

import datetime as dt
import secrets

from django.conf import settings
from django.core import signing
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from access.models import SignIn

COOKIE = "sendq_known"
KNOWN_SECONDS = 90 * 24 * 3600
_SALT = "access.limits.known"


def known_device(request: HttpRequest, name: str) -> str:
    """Return the number of a browser in which this name has signed in before, else nothing."""
    try:
        told = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KNOWN_SECONDS)
        owner, device = told
    except (signing.BadSignature, TypeError, ValueError):
        return ""
    return str(device) if owner == name else ""


def make_known(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Let a browser be known from now on as one in which this name has signed in."""
    device = known_device(request, name) or secrets.token_hex(16)
    response.set_cookie(
        COOKIE,
        signing.dumps([name, device], salt=_SALT),
        max_age=KNOWN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def is_refused(name: str, address: str, device: str, now: dt.datetime) -> bool:
    """Return whether an attempt is not heard, because of those that failed before it.

    :param name: as the audit has it.
    :param device: of `known_device`.
    """
    since = now - settings.SIGN_IN_WINDOW
    failed = SignIn.objects.filter(kind__in=SignIn.FAILURES, at__gt=since)
    if device:
        return failed.filter(device=device).count() >= settings.SIGN_IN_FAILURES
    strangers = failed.filter(device="")
    of_both = strangers.filter(name=name, address=address)
    if last := _last_success(name, address, since):
        of_both = of_both.filter(at__gt=last)
    return (
        of_both.count() >= settings.SIGN_IN_FAILURES
        or strangers.filter(address=address).count() >= settings.SIGN_IN_FAILURES_OF_AN_ADDRESS
        or strangers.filter(name=name).count() >= settings.SIGN_IN_FAILURES_OF_A_NAME
    )


def _last_success(name: str, address: str, since: dt.datetime) -> dt.datetime | None:
    done = SignIn.objects.filter(kind=SignIn.Kind.SIGNED_IN, name=name, address=address)
    last: dt.datetime | None = done.filter(at__gt=since).aggregate(last=models.Max("at"))["last"]
    return last


def api_is_refused(address: str, now: dt.datetime) -> bool:
    """Return whether an address has sent so many wrong secrets that no more are looked at."""
    since = now - settings.SIGN_IN_WINDOW
    wrong = SignIn.objects.filter(kind=SignIn.Kind.API_REFUSED, address=address, at__gt=since)
    return wrong.count() >= settings.API_FAILURES_OF_AN_ADDRESS
