"""Who came in, who is in, who has a second factor: for superusers; sessions for their owners."""

from collections.abc import Collection
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from import_export.fields import Field

from access import audit, second_factor
from access.models import Authenticator, Passkey, Session, SignIn, hashed_key
from campaigns.pages import DeskAdmin, ExportingAdmin, PlainResource, date_range

# Their own pages show what is shared with an app.
admin.site.unregister([TOTPDevice, StaticDevice])

AtFilter = date_range("when", "at", "at")


class SignInResource(PlainResource):
    at = Field("at", "when")
    kind = Field("get_kind_display", "what")
    name = Field("name", "name")
    address = Field("address", "address")
    program = Field("program", "browser")
    detail = Field("detail", "detail")

    class Meta:
        model = SignIn
        fields = ("at", "kind", "name", "address", "program", "detail")


class LookedAt:
    """Evidence: by superusers, and never written."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SignIn)
class SignInAdmin(LookedAt, ExportingAdmin):
    export_resource = SignInResource
    list_display = ("at", "kind", "name", "address", "program", "detail")
    list_display_links = None
    list_filter = ("kind", AtFilter)
    search_fields = ("name", "address", "program", "detail")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignIn]:
        return admin.ModelAdmin.get_queryset(self, request)  # of no workspace


@admin.register(Session)
class SessionAdmin(LookedAt, DeskAdmin):
    """Everybody sees their own, superusers those of all; who sees one may end it."""

    list_display = ("user", "address", "program", "began_at", "seen_at", "is_this_one")
    list_display_links = None
    list_select_related = ("user",)
    search_fields = ("user__username", "address", "program")
    actions = ("end",)
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        rows: QuerySet[Session] = admin.ModelAdmin.get_queryset(self, request)
        rows = rows.filter(user__isnull=False)
        ours = When(pk=hashed_key(request.session.session_key or ""), then=Value("this one"))
        rows = rows.defer("session_data").annotate(ours=Case(ours, default=Value("")))
        return rows if request.user.is_superuser else rows.filter(user=request.user.pk)

    @admin.display(description="")
    def is_this_one(self, session: Session) -> str:
        return str(getattr(session, "ours", ""))

    @admin.action(description="End these sessions", permissions=["view"])
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        """Put whoever uses them out, at once."""
        for session in sessions.select_related("user"):
            whose = cast(User, session.user)
            told = f"That of {whose.get_username()}, from {session.address or 'somewhere'}."
            audit.note(
                request, SignIn.Kind.SESSION_ENDED, user=cast(User, request.user), detail=told
            )
        number, _ = sessions.delete()
        ended = "One session was ended." if number == 1 else f"{number:,} sessions were ended."
        self.message_user(request, ended, messages.SUCCESS)


@admin.register(Authenticator)
class AuthenticatorAdmin(LookedAt, DeskAdmin):
    """Who has one. A superuser takes it away from who has lost app and codes alike."""

    list_display = ("user", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = ("user", "created_at", "last_used_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authenticator]:
        return admin.ModelAdmin.get_queryset(self, request).filter(confirmed=True)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def must_be_explained(self, row: Any) -> Collection[str]:
        return self.fields

    def delete_model(self, request: HttpRequest, row: Authenticator) -> None:
        self._remove(request, cast(User, row.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for row in queryset.select_related("user"):
            self._remove(request, cast(User, row.user))

    def _remove(self, request: HttpRequest, whose: User) -> None:
        second_factor.remove(whose)
        Session.objects.filter(user=whose).delete()
        told = f"That of {whose.get_username()}."
        audit.note(request, SignIn.Kind.FACTOR_REMOVED, user=cast(User, request.user), detail=told)


@admin.register(Passkey)
class PasskeyAdmin(LookedAt, DeskAdmin):
    """Everybody sees their own, superusers those of all; who sees one may remove it."""

    list_display = ("user", "program", "created_at", "last_used_at")
    list_display_links = None
    list_select_related = ("user",)
    search_fields = ("user__username", "program")
    actions = ("remove",)
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Passkey]:
        rows: QuerySet[Passkey] = admin.ModelAdmin.get_queryset(self, request)
        return rows if request.user.is_superuser else rows.filter(user=request.user.pk)

    @admin.action(description="Remove these passkeys", permissions=["view"])
    def remove(self, request: HttpRequest, keys: QuerySet[Passkey]) -> None:
        """Let them prove nothing any more; sessions that others have by them end."""
        for key in keys.select_related("user"):
            told = f"A passkey of {key.user.get_username()}."
            audit.note(
                request, SignIn.Kind.FACTOR_REMOVED, user=cast(User, request.user), detail=told
            )
        ours = hashed_key(request.session.session_key or "")
        Session.objects.filter(user__in=keys.values("user")).exclude(pk=ours).delete()
        number, _ = keys.delete()
        removed = (
            "One passkey was removed." if number == 1 else f"{number:,} passkeys were removed."
        )
        self.message_user(request, removed, messages.SUCCESS)
