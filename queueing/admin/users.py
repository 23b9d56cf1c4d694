"""Who works at the desk, and what they may do: not changed without a reason.

Users are made inactive, not deleted: their lines in the log would go with them.
"""

from collections.abc import Collection
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from access import audit
from access.models import Session, SignIn
from campaigns.pages import (
    MISSING,
    CheckedLists,
    DeskAdmin,
    ReasonedAdmin,
    ReasonedForm,
    reason_field,
)

admin.site.unregister([User, Group])


class UserForm(ReasonedForm, UserChangeForm):  # type: ignore[type-arg]
    """A user's form, which asks why."""


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A new password for somebody else, which asks why."""

    change_reason = reason_field(error_messages={"required": MISSING})


@admin.register(User)
class KeptUserAdmin(CheckedLists, ReasonedAdmin, UserAdmin):  # type: ignore[type-arg]
    form = UserForm
    change_password_form = PasswordForm
    formfield_overrides = DeskAdmin.formfield_overrides

    def must_be_explained(self, row: Any) -> Collection[str]:
        return (
            "username",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if isinstance(form, PasswordForm):
            whose, by = form.user, cast(User, request.user)
            told = f"That of {whose.get_username()}, by a superuser."
            audit.note(request, SignIn.Kind.PASSWORD_CHANGED, user=by, detail=told)
            Session.objects.filter(user=whose).exclude(user=by).delete()
            return f"Changed the password: {form.cleaned_data['change_reason']}"
        return super().construct_change_message(request, form, formsets, add)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Group)
class ExplainedGroupAdmin(CheckedLists, ReasonedAdmin, GroupAdmin):
    def must_be_explained(self, row: Any) -> Collection[str]:
        return ("name", "permissions")
