"""django-q2's own pages, looked at: a schedule or a task can name any function of the server.

So nobody writes one here. What runs comes from code (`queueing/schedules.py`); superusers switch a
job off and on, and have it run now.
"""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q import admin as django_q_admin
from django_q.models import Failure, OrmQ, Schedule, Success

from campaigns.pages import NUL, CheckedLists
from queueing import schedules
from queueing.admin.deeds import Deed, DeedsAdmin, Done
from queueing.admin.evidence import ReadOnly

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):  # not that of waiting tasks, where these are in Redis
        admin.site.unregister(model)


def _switch(row: Schedule, values: dict[str, Any], by: User, *, on: bool) -> Done:
    schedules.switch(row, by, values["reason"], on=on)
    return Done(f"{row.name} is switched {'on' if on else 'off'}.")


def _run_now(row: Schedule, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    schedules.run_now(row, by, values["reason"], now)
    return Done(f"{row.name} runs as soon as the cluster looks, within seconds.")


@admin.register(Schedule)
class ScheduleAdmin(DeedsAdmin):
    list_display = ("name", "cron", "next_run", "is_on", "success")
    search_fields = ("name",)
    fields = readonly_fields = ("name", "func", "args", "cron", "next_run", "is_on", "task")
    actions = None
    deeds = (
        Deed(
            "off",
            "Switch off",
            lambda row, now: "The cluster runs it no more until somebody switches it on.",
            lambda row, now: schedules.is_on(row),
            lambda row, values, by, now: _switch(row, values, by, on=False),
        ),
        Deed(
            "on",
            "Switch on",
            lambda row, now: "The cluster runs it again, at its times.",
            lambda row, now: schedules.is_job(row) and not schedules.is_on(row),
            lambda row, values, by, now: _switch(row, values, by, on=True),
        ),
        Deed(
            "now",
            "Run now",
            lambda row, now: "The cluster runs it at once, and then at its times as before.",
            lambda row, now: schedules.is_job(row) and schedules.is_on(row),
            _run_now,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return admin.ModelAdmin.get_queryset(self, request)  # jobs are of no workspace

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let superusers press the buttons: there is no field to be changed."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(boolean=True, description="on")
    def is_on(self, row: Schedule) -> bool:
        return schedules.is_on(row)

    @admin.display(boolean=True, description="last one succeeded")
    def success(self, row: Schedule) -> bool | None:
        found: bool | None = row.success()
        return found


class TaskPages(ReadOnly, CheckedLists):
    """A task's page. Its id is a text: PostgreSQL takes none with a NUL, so none has one."""

    actions = ()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        if NUL in object_id:
            return None
        return super().get_object(request, object_id, from_field)


@admin.register(Success)
class SuccessAdmin(TaskPages, django_q_admin.TaskAdmin):  # type: ignore[misc]
    pass


@admin.register(Failure)
class FailureAdmin(TaskPages, django_q_admin.FailAdmin):  # type: ignore[misc]
    pass


@admin.register(OrmQ)
class OrmQAdmin(ReadOnly, CheckedLists, django_q_admin.QueueAdmin):  # type: ignore[misc]
    pass
