"""django-q2's own pages: anybody who may write a schedule can make the server run any function.

Its tasks are looked at only: to run one again calls whatever it names, and the next tick comes.
"""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q import admin as django_q_admin
from django_q.models import Failure, OrmQ, Schedule, Success

from campaigns.pages import NUL, DeskAdmin, ReasonedAdmin
from queueing.admin.evidence import ReadOnly


class ForSuperusers:
    """Looked at with the usual permission, touched by superusers only."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return _is_superuser(request) and super().has_add_permission(request, *args)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and super().has_delete_permission(request, obj)  # type: ignore[misc]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if _is_superuser(request) else {}  # type: ignore[misc]


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


for model in (Schedule, Success, Failure, OrmQ):
    admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ForSuperusers, ReasonedAdmin, django_q_admin.ScheduleAdmin):  # type: ignore[misc]
    formfield_overrides = DeskAdmin.formfield_overrides

    def must_be_explained(self, row: Any) -> Collection[str]:
        return [field.name for field in self.opts.fields]


class TaskPages(ReadOnly):
    """A task's page. Its id is a text: PostgreSQL takes none with a NUL, so none has one."""

    actions = ()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        if NUL in object_id:
            return None
        return super().get_object(request, object_id, from_field)  # type: ignore[misc]


@admin.register(Success)
class SuccessAdmin(TaskPages, django_q_admin.TaskAdmin):  # type: ignore[misc]
    pass


@admin.register(Failure)
class FailureAdmin(TaskPages, django_q_admin.FailAdmin):  # type: ignore[misc]
    pass


@admin.register(OrmQ)
class OrmQAdmin(ReadOnly, django_q_admin.QueueAdmin):  # type: ignore[misc]
    pass
