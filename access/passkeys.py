"""Passkeys as the second factor: the browser signs what we ask, and the site's name with it.

What is asked is kept in the session and good for one answer. A passkey knows the site by its name,
so it can't be used, or made, where SendQ is opened by an address of numbers.
"""

import hashlib
import ipaddress
import json
import secrets
from typing import Any

import webauthn
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from access.addresses import client_program
from access.models import Passkey

ASKED = "passkey_asked"  # in a session: what the browser is to sign
AT_MOST = 20  # of one user
LONGEST_ID = 1023  # bytes: WebAuthn Level 2, 4.4.2
# What comes of an answer that no browser gives: JSON of another shape, or nested without end.
NOT_RIGHT = (WebAuthnException, ValueError, TypeError, KeyError, RecursionError)


def site_name(request: HttpRequest) -> str:
    """Return the name that passkeys know the site by, or nothing where it has none."""
    host = request.get_host().rpartition("@")[2]
    name = host if host.endswith("]") else host.partition(":")[0]
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name
    return ""


def of(user: User) -> list[Passkey]:
    """Return the passkeys of a user, the newest first."""
    return list(Passkey.objects.filter(user=user))


def to_set_up(request: HttpRequest, user: User) -> Any:
    """Return what a browser needs to make a passkey (the options of WebAuthn, as JSON has them)."""
    options = webauthn.generate_registration_options(
        rp_id=site_name(request),
        rp_name="SendQ",
        user_name=user.get_username(),
        user_id=hashlib.sha256(f"access.Passkey {user.pk}".encode()).digest(),
        exclude_credentials=_known(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        challenge=_to_ask(request),
    )
    return json.loads(webauthn.options_to_json(options))


def set_up(request: HttpRequest, user: User, answer: str) -> bool:
    """Keep the passkey that a browser has made; return whether its answer was right."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_asked(request),
            expected_rp_id=site_name(request),
            expected_origin=_origin(request),
        )
    except NOT_RIGHT:
        return False
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        mine = Passkey.objects.filter(user=user)
        taken = Passkey.objects.filter(credential_id=made.credential_id).exists()
        if taken or len(made.credential_id) > LONGEST_ID or mine.count() >= AT_MOST:
            return False
        Passkey.objects.create(
            user=user,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            program=client_program(request),
        )
    return True


def to_prove(request: HttpRequest, user: User) -> Any:
    """Return what a browser needs to sign with one of the user's passkeys."""
    options = webauthn.generate_authentication_options(
        rp_id=site_name(request),
        allow_credentials=_known(user),
        user_verification=UserVerificationRequirement.PREFERRED,
        challenge=_to_ask(request),
    )
    return json.loads(webauthn.options_to_json(options))


@transaction.atomic
def proves(request: HttpRequest, user: User, answer: str) -> bool:
    """Return whether the answer is signed by a passkey of the user, for what was asked just now."""
    asked = _asked(request)
    try:
        named = webauthn.base64url_to_bytes(str(json.loads(answer)["rawId"]))
        key = Passkey.objects.select_for_update().get(user=user, credential_id=named)
        signed = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=asked,
            expected_rp_id=site_name(request),
            expected_origin=_origin(request),
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except (Passkey.DoesNotExist, *NOT_RIGHT):
        return False
    key.sign_count, key.last_used_at = signed.new_sign_count, timezone.now()
    key.save(update_fields=["sign_count", "last_used_at"])
    return True


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(key.credential_id)) for key in of(user)]


def _to_ask(request: HttpRequest) -> bytes:
    """Return what the browser is to sign: in all its tabs the same, until it has answered.

    Another tab, or a script that is sent to log in, would take from a page what it has asked.
    """
    if ASKED not in request.session:
        request.session[ASKED] = secrets.token_hex(32)
    return bytes.fromhex(request.session[ASKED])


def _asked(request: HttpRequest) -> bytes:
    """Return what was asked in this session, once.

    :raises ValueError: never for what we wrote; where nothing was asked, nothing answers it.
    """
    return bytes.fromhex(request.session.pop(ASKED, "")) or b"nothing was asked"


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
