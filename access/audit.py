"""Writes down what happens at the ways in: Django tells of it by signals."""

import logging
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from access import limits, second_factor
from access.addresses import client_address, client_program
from access.models import Session, SignIn

logger = logging.getLogger(__name__)

TOLD_OF_A_STRANGER = 2  # characters of a name that nobody has: it may be a password, slipped


def note(
    request: HttpRequest,
    kind: SignIn.Kind,
    *,
    user: User | None = None,
    name: str = "",
    detail: str = "",
) -> SignIn:
    """Write one line of the audit, and one of the log."""
    name = user.get_username() if user else name
    line = SignIn.objects.create(
        at=timezone.now(),
        kind=kind,
        user=user,
        name=name,
        address=client_address(request),
        program=client_program(request),
        device=limits.known_device(request, name),
        detail=detail[:500],
    )
    logger.info("%s: user %s from %s", kind.label, user.pk if user else "unknown", line.address)
    return line


def as_audited(typed: str) -> str:
    """Return a name that was typed as it is kept: who has it, or only its beginning."""
    user = User.objects.filter(username=typed[:150].replace("\0", "")).first()
    if user is not None:
        return user.get_username()
    shown = "".join(each for each in typed[:TOLD_OF_A_STRANGER] if each.isprintable())
    # Counted apart from others that begin so: else who is refused would tell which names exist.
    return f"{shown}… {salted_hmac('access.audit', typed).hexdigest()[:6]}"


def connect() -> None:
    """Listen to Django's own signals."""
    user_logged_in.connect(_signed_in, dispatch_uid="access.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="access.signed_out")
    user_login_failed.connect(_failed, dispatch_uid="access.failed")
    post_save.connect(_end_sessions_of_the_inactive, sender=User, dispatch_uid="access.inactive")


def _signed_in(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    if request is None:
        return
    if second_factor.is_set_up(user):  # and has to be proven, however this session came to be
        request.session[second_factor.DUE] = True
    if "REMOTE_ADDR" in request.META:  # else no browser's
        note(request, SignIn.Kind.SIGNED_IN, user=user)


def _signed_out(sender: Any, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if request is not None and user is not None:
        note(request, SignIn.Kind.SIGNED_OUT, user=user)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    if request is None:
        return
    name = as_audited(str(credentials.get("username", "")))
    user = User.objects.filter(username=name).first()
    note(request, SignIn.Kind.WRONG_PASSWORD, user=user, name=name)


def _end_sessions_of_the_inactive(sender: Any, instance: User, **_: Any) -> None:
    """Whoever is made inactive is out for good: made active again, they sign in anew."""
    if not instance.is_active:
        Session.objects.filter(user=instance).delete()
