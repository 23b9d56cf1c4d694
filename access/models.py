"""Who came in or tried to, from where; the sessions that are open; what proves a second time."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from access import sealing


class SignIn(models.Model):
    """Something that happened at a way in. Never written anew, never deleted by hand."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", "Signed in"
        WRONG_PASSWORD = "wrong_password", "Wrong password"
        WRONG_CODE = "wrong_code", "Wrong code"
        REFUSED = "refused", "Refused: too many attempts"
        SIGNED_OUT = "signed_out", "Signed out"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        RESET_ASKED = "reset_asked", "Asked for a new password by mail"
        FACTOR_ADDED = "factor_added", "Second factor set up"
        FACTOR_REMOVED = "factor_removed", "Second factor removed"
        RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
        SESSION_ENDED = "session_ended", "Session ended"
        API_REFUSED = "api_refused", "API: no or a wrong secret"

    FAILURES = (Kind.WRONG_PASSWORD, Kind.WRONG_CODE)

    at = models.DateTimeField("when")
    kind = models.CharField("what", max_length=20, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(
        max_length=150, blank=True, help_text="As typed; of names that nobody has the beginning."
    )
    address = models.GenericIPAddressField()
    program = models.CharField("browser", max_length=200, blank=True)
    device = models.CharField(max_length=32, blank=True, editable=False)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "sign-in"
        indexes = (
            # limits.is_refused: what has failed lately
            models.Index(fields=["address", "at"], name="sign_in_by_address"),
            models.Index(fields=["name", "at"], name="sign_in_by_name"),
            models.Index(
                fields=["device", "at"], condition=~Q(device=""), name="sign_in_by_device"
            ),
            # the list, the newest first
            models.Index(fields=["at"], name="sign_in_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name or 'nobody'} from {self.address}"


class Session(AbstractBaseSession):
    """A browser that is signed in. The key in its cookie is not here, only what it hashes to."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    address = models.GenericIPAddressField(null=True)
    program = models.CharField("browser", max_length=200, blank=True)
    began_at = models.DateTimeField("since", auto_now_add=True)
    seen_at = models.DateTimeField("last seen", null=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "session"
        verbose_name_plural = "sessions"
        ordering = ("-began_at",)

    def __str__(self) -> str:
        return f"{self.user or 'nobody'} from {self.address or 'somewhere'}"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from access.sessions import SessionStore  # noqa: PLC0415 - which needs this model

        return SessionStore


def hashed_key(session_key: str) -> str:
    """Return what is stored of a session's key: 160 of its bits cannot be guessed back."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class Authenticator(TOTPDevice):  # type: ignore[misc]
    """An app that shows a code every 30 seconds. What it shares with us is stored sealed.

    The key is `SECRET_KEY`'s, or one of the fallbacks': who has the database alone has no code.
    """

    class Meta:
        proxy = True
        verbose_name = "second factor"

    def __str__(self) -> str:
        return f"second factor of {self.user}"

    def seal(self, shared: bytes) -> None:
        """Take the 20 bytes that the app is shown."""
        self.key = sealing.seal(shared, "access.Authenticator", str(self.user_id))

    @property
    def bin_key(self) -> bytes:
        """Return what the app shares with us.

        :raises UnreadableError: where `SECRET_KEY` was changed without a fallback.
        """
        return sealing.unseal(self.key, "access.Authenticator", str(self.user_id))

    def verify_token(self, token: str) -> bool:
        try:
            shared = self.bin_key
        except sealing.UnreadableError:
            return False
        verified: bool = super().verify_token(token)
        if verified:
            self.seal(shared)  # by the newest key: a fallback may go once all have come by
            self.save(update_fields=["key"])
        return verified


class Passkey(models.Model):
    """A phone, browser or security key that signs for its owner. Only its public half is here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField(default=0)
    program = models.CharField("set up in", max_length=200, blank=True)
    created_at = models.DateTimeField("since", auto_now_add=True)
    last_used_at = models.DateTimeField("last used", null=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"passkey of {self.user}"


class RecoveryCodes(StaticDevice):  # type: ignore[misc]
    """Codes for who has lost the app, each good once. Only what they hash to is stored."""

    class Meta:
        proxy = True

    @staticmethod
    def hashed(code: str) -> str:
        plain = "".join(each for each in code.lower() if each.isalnum())
        return hashlib.sha256(f"access.RecoveryCodes {plain}".encode()).hexdigest()[:16]

    def verify_token(self, token: str) -> bool:
        found: bool = super().verify_token(self.hashed(token))
        return found
