"""django-q2's own pages: anybody who may write a schedule can make the server run any function."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q import admin as django_q_admin
from django_q.models import Failure, OrmQ, Schedule, Success


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
class ScheduleAdmin(ForSuperusers, django_q_admin.ScheduleAdmin):  # type: ignore[misc]
    pass


@admin.register(Success)
class SuccessAdmin(ForSuperusers, django_q_admin.TaskAdmin):  # type: ignore[misc]
    pass


@admin.register(Failure)
class FailureAdmin(ForSuperusers, django_q_admin.FailAdmin):  # type: ignore[misc]
    pass


@admin.register(OrmQ)
class OrmQAdmin(ForSuperusers, django_q_admin.QueueAdmin):  # type: ignore[misc]
    pass
