"""What was done: runs, calls and stops. Read only."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from campaigns.desk import DeskAdmin, DeskInline
from queueing.models import ProcessRun, SendAttempt, SendingStop
from queueing.staff import places


class ReadOnly:
    """Evidence is looked at, never written."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptInline(ReadOnly, DeskInline):
    model = SendAttempt
    fields = (
        "number",
        "kind",
        "started_at",
        "finished_at",
        "outcome",
        "http_status",
        "error_code",
        "detail",
    )
    verbose_name_plural = "calls to Unipile"


@admin.register(SendAttempt)
class SendAttemptAdmin(ReadOnly, DeskAdmin):
    workspace_path = "item__workspace"
    list_display = ("item", "number", "kind", "started_at", "outcome", "http_status", "error_code")
    list_filter = ("kind", "outcome")
    list_select_related = ("item__prospect",)
    ordering = ("-started_at",)


@admin.register(ProcessRun)
class ProcessRunAdmin(ReadOnly, DeskAdmin):
    list_display = ("started_at", "finished_at", "trigger", "message")
    list_filter = ("trigger",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)  # a run serves all workspaces


class StopForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks for the reason."""

    def clean(self) -> dict[str, Any] | None:
        if SendingStop.objects.open().exists():
            raise forms.ValidationError("All sending is stopped already.")
        return super().clean()


@admin.register(SendingStop)
class SendingStopAdmin(ReadOnly, DeskAdmin):
    """Adding a stop stops all sending at once; an action lets it go on."""

    actions = ("lift",)
    fields = ("reason",)
    list_display = ("stopped_at", "stopped_by", "reason", "lifted_at", "lifted_by")
    list_select_related = ("stopped_by", "lifted_by")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)  # a stop holds all workspaces

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm("queueing.stop_all_sending")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("queueing.stop_all_sending")

    def save_model(self, request: HttpRequest, obj: SendingStop, form: Any, change: bool) -> None:
        stop = places.stop_all(cast(User, request.user), obj.reason, timezone.now())
        obj.pk, obj.stopped_at = stop.pk, stop.stopped_at

    @admin.action(permissions=["lift"], description="Let all sending go on")
    def lift(self, request: HttpRequest, chosen: models.QuerySet[SendingStop]) -> None:
        try:
            places.lift_stop(cast(User, request.user), "from the list of stops", timezone.now())
        except places.NotNowError as error:
            self.message_user(request, str(error), messages.WARNING)
        else:
            self.message_user(request, "Sending goes on.")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().get_form(request, *args, form=StopForm, **kwargs)
