"""Keys and webhooks in the admin: a key is shown once, deliveries are looked at and repeated."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from access.sealing import UnreadableError
from campaigns.pages import DeskAdmin, ReasonedForm, behind_walls
from doors import keys, webhooks
from doors.models import ApiKey, Delivery, Endpoint, Scope


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


class KeyForm(ReasonedForm):
    """What is chosen of a key."""

    scopes = forms.MultipleChoiceField(choices=Scope, widget=forms.CheckboxSelectMultiple)


class EndpointForm(ReasonedForm):
    """What is chosen of a webhook."""

    events = forms.MultipleChoiceField(
        choices=Endpoint.Event,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None chosen: all.",
    )


@admin.register(ApiKey)
class ApiKeyAdmin(DeskAdmin):
    workspace_path = "workspace"
    form = KeyForm
    fields = ("workspace", "name", "scopes", "expires_at")
    list_display = ("name", "prefix", "workspace", "state", "expires_at", "last_used_at")
    list_select_related = ("workspace",)
    autocomplete_fields = ("workspace",)
    actions = ("rotate", "revoke")

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "revoked"
        over = key.expires_at is not None and key.expires_at <= timezone.now()
        return "expired" if over else "good"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A key stays what it was made as; only actions end it. The list needs the right for them.
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what it did stands in the log under its name

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            raise PermissionDenied
        made, text = keys.make(
            obj.workspace, obj.name, obj.scopes, _user(request), timezone.now(), obj.expires_at
        )
        obj.pk, obj.prefix, self_text = made.pk, made.prefix, text
        setattr(request, "_new_keys", [(made, self_text)])  # noqa: B010 - for the answer alone

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, in this one answer: neither a session nor a cookie ever has it."""
        return self._shown(request, getattr(request, "_new_keys"))  # noqa: B009

    @admin.action(description="Make new keys in their place (these stay good for a week)")
    def rotate(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> HttpResponse:
        now = timezone.now()
        return self._shown(
            request,
            [keys.rotate(key, _user(request), now) for key in chosen.filter(revoked_at=None)],
        )

    @admin.action(description="Revoke at once")
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        for key in chosen.filter(revoked_at=None):
            self.log_change(request, key, "Revoked.")
        number = chosen.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, f"{number} revoked.")

    def _shown(self, request: HttpRequest, made: list[tuple[ApiKey, str]]) -> HttpResponse:
        context = {**admin.site.each_context(request), "made": made, "title": "New keys"}
        answer = render(request, "doors/new_keys.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


@admin.register(Endpoint)
class EndpointAdmin(DeskAdmin):
    workspace_path = "workspace"
    form = EndpointForm
    fields = ("workspace", "url", "events", "is_active", "signed_with")
    list_display = ("url", "workspace", "is_active", "created_at")
    list_select_related = ("workspace",)
    autocomplete_fields = ("workspace",)
    actions = ("change_secret",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("signed_with",) if obj is None else ("signed_with", "workspace")

    @admin.display(description="secret", empty_value="made when it is saved")
    def signed_with(self, endpoint: Endpoint) -> str | None:
        """Return what deliveries are signed with (Standard Webhooks)."""
        if not endpoint.secret:
            return None
        try:
            return endpoint.signing_secret
        except UnreadableError:
            return "It can't be read since SECRET_KEY was changed: make a new one in the list."

    @admin.action(
        description="Make new secrets (these sign, too, for a day)", permissions=["change"]
    )
    def change_secret(self, request: HttpRequest, chosen: QuerySet[Endpoint]) -> None:
        for endpoint in chosen:
            endpoint.change_secret(timezone.now())
            self.log_change(request, endpoint, "A new secret.")
        messages.success(request, "Made anew. Each stands on its webhook's page.")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj)  # its page has the secret


@admin.register(Delivery)
class DeliveryAdmin(DeskAdmin):
    workspace_path = "endpoint__workspace"
    list_display = (
        "event",
        "endpoint",
        "happened_at",
        "delivered_at",
        "tries",
        "due_at",
        "trouble",
    )
    list_filter = ("event",)
    list_select_related = ("endpoint",)
    actions = ("deliver_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Deliver again", permissions=["view"])
    def deliver_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        mine = behind_walls(Endpoint.objects.all(), request.user, "workspace")
        if not request.user.has_perm("doors.change_endpoint"):
            raise PermissionDenied
        some = list(chosen.filter(endpoint__in=mine)[:1_000])
        for delivery in some:
            webhooks.again(delivery, timezone.now())
        messages.success(request, f"{len(some)} will be delivered again within a minute.")
