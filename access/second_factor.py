"""The second factor: an app's code, a passkey, or a code kept for the day when both are lost.

Whoever can do most harm must have one, outside a trial; everybody may. A session knows whether it
has been proven: nothing of the admin is shown in one that has not.
"""

import base64
import secrets
from collections.abc import Callable

import segno
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django_otp.plugins.otp_static.models import StaticToken

from access.models import Authenticator, Passkey, RecoveryCodes

PROVEN = "second_factor"  # in a session: by which it was proven
DUE = "second_factor_due"
NUMBER_OF_CODES = 10
SHARED_BYTES = 20  # as RFC 4226 recommends
POWERS = ("queueing.stop_all_sending", "campaigns.raise_cap", "queueing.send_now")  # a manager's
WITHOUT = ("login", "logout", "jsi18n", "second_factor", "second_factor_set_up", "passkey_set_up")


def is_required(user: User | AnonymousUser) -> bool:
    """Return whether somebody may not work here by a password alone: superusers and managers."""
    return settings.SECOND_FACTOR_REQUIRED and (
        bool(getattr(user, "is_superuser", False)) or any(map(user.has_perm, POWERS))
    )


def is_set_up(user: User) -> bool:
    """Return whether a user has an app or a passkey."""
    has_app = Authenticator.objects.filter(user=user, confirmed=True).exists()
    return has_app or Passkey.objects.filter(user=user).exists()


def begun(user: User) -> Authenticator:
    """Return the second factor that a user is setting up, made at the first call."""
    draft: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=False).first()
    if draft is None:
        draft = Authenticator(user=user, name="authenticator", confirmed=False)
        draft.seal(secrets.token_bytes(SHARED_BYTES))
        draft.save()
    return draft


def shown(draft: Authenticator) -> tuple[str, str]:
    """Return what the app is to scan, as an image for a page, and the same to type."""
    picture = segno.make(draft.config_url, error="m").svg_data_uri(scale=4, border=2)
    typed = base64.b32encode(draft.bin_key).decode()
    return picture, " ".join(typed[at : at + 4] for at in range(0, len(typed), 4))


@transaction.atomic
def confirm(draft: Authenticator, code: str) -> bool:
    """Take a second factor into use, where the code proves that the app has it."""
    locked = Authenticator.objects.select_for_update().get(pk=draft.pk)
    if not locked.verify_token(_digits(code)):
        return False
    Authenticator.objects.filter(user=locked.user, confirmed=True).delete()
    locked.confirmed = True
    locked.save(update_fields=["confirmed"])
    return True


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Return codes, each good once; those of before are not good any more."""
    RecoveryCodes.objects.filter(user=user).delete()
    device = RecoveryCodes.objects.create(user=user, name="recovery codes", confirmed=True)
    codes = [secrets.token_hex(8) for _ in range(NUMBER_OF_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=RecoveryCodes.hashed(code)) for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


@transaction.atomic
def proves(user: User, code: str) -> str:
    """Return by what a code proves that it is the user: the app, a recovery code, or nothing.

    Under a lock: a code is good once, also for two who send it at the same instant.
    """
    factor = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    digits = _digits(code)
    if factor is not None and len(digits) == factor.digits and digits.isdecimal():
        return "app" if factor.verify_token(digits) else ""
    kept = RecoveryCodes.objects.select_for_update().filter(user=user).first()
    return "recovery code" if kept and kept.verify_token(code) else ""


@transaction.atomic
def remove(user: User) -> bool:
    """Take app, passkeys and recovery codes of a user away; return whether there were any."""
    rows = (RecoveryCodes.objects, Authenticator.objects, Passkey.objects)
    numbers = [each.filter(user=user).delete()[0] for each in rows]
    return any(numbers)


def _digits(code: str) -> str:
    return "".join(code.split())


class SecondFactorMiddleware:
    """Keeps from the admin whoever has, or must have, a second factor and has not proven it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        is_open = match is None or match.url_name in WITHOUT
        if is_open or not request.path.startswith("/admin/") or not request.user.is_authenticated:
            return None
        if request.session.get(PROVEN) or not self._is_due(request):
            return None
        where = urlencode({"next": request.get_full_path() if request.method == "GET" else ""})
        return HttpResponseRedirect(f"{reverse('second_factor')}?{where}")

    def _is_due(self, request: HttpRequest) -> bool:
        return bool(request.session.get(DUE)) or is_required(request.user)
