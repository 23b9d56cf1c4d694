"""A new colleague in one form: who they are, what they may do, for which clients."""

import logging
import secrets
import smtplib
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache

from campaigns.models import Workspace
from campaigns.pages import behind_walls
from queueing.staff import log

logger = logging.getLogger(__name__)

PERMISSION = "auth.add_user"
MAY = {
    "Viewer": "looks at everything, changes nothing",
    "Operator": "runs campaigns, and fixes what fails",
    "Manager": "also adds accounts, raises limits, deletes",
}


class GroupField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Groups, each with what it is for."""

    def label_from_instance(self, obj: Group) -> str:
        return f"{obj.name}: {MAY[obj.name]}" if obj.name in MAY else obj.name


class InviteForm(forms.Form):
    """Asks for an address, a name, a group and clients."""

    email = forms.EmailField(
        label="Mail address", max_length=150, help_text="They log in with it, too."
    )
    name = forms.CharField(max_length=150, help_text="First name: the log and others see it.")
    group = GroupField(Group.objects.none(), label="May", empty_label=None)
    clients = forms.ModelMultipleChoiceField(
        Workspace.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They see these clients alone.",
    )

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = cast("forms.ModelChoiceField[Group]", self.fields["group"])
        groups.queryset = Group.objects.filter(pk__in=_may_give(by)).order_by("pk")
        clients = cast("forms.ModelMultipleChoiceField[Workspace]", self.fields["clients"])
        mine = behind_walls(Workspace.objects.order_by("name"), by, "pk", narrowed=False)
        clients.queryset = mine

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"].strip().lower()
        taken = User.objects.filter(username__iexact=address)
        if (taken | User.objects.filter(email__iexact=address)).exists():
            raise ValidationError("Somebody has this address already: see the list of colleagues.")
        return address


def _may_give(by: User) -> list[int]:
    """Return the groups that somebody may put others into: those that may no more than they do."""
    groups = Group.objects.prefetch_related("permissions__content_type")
    return [
        group.pk
        for group in groups
        if by.has_perms(
            [f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()]
        )
    ]


@never_cache
def invite_page(request: HttpRequest) -> HttpResponse:
    """Make a colleague, and mail them the way in; where there is no mail, show it once."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form, link = InviteForm(cast(User, request.user), request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        user = _make(cast(User, request.user), form.cleaned_data)
        if _is_mailed(request, user):
            messages.success(request, f"Invited {user.first_name}: {user.email} has the mail.")
            return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
        link = _link(user)
    context = {
        **admin.site.each_context(request),
        "title": "Invite a colleague",
        "form": form,
        "link": link,
        "back": reverse("admin:auth_user_changelist"),
    }
    return render(request, "admin/invite.html", context)


@transaction.atomic
def _make(by: User, values: dict[str, Any]) -> User:
    # A password that nobody knows: with none at all “Forgotten your password?” would mail nothing.
    user = User.objects.create_user(
        values["email"],
        values["email"],
        secrets.token_urlsafe(32),
        first_name=values["name"],
        is_staff=True,
    )
    user.groups.add(values["group"])
    user.workspaces.set(values["clients"])
    clients = ", ".join(map(str, values["clients"])) or "no client yet"
    log.note(by, [user], f"Invited as {values['group']} for {clients}")
    return user


def _link(user: User) -> str:
    key = urlsafe_base64_encode(force_bytes(user.pk))
    page = reverse("password_reset_confirm", args=[key, default_token_generator.make_token(user)])
    return f"{settings.SITE_URL}{page}"


def _is_mailed(request: HttpRequest, user: User) -> bool:
    """Mail the way in; say why not, where it could not be mailed."""
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return False
    by = cast(User, request.user)
    about = {"user": user, "by": by.get_short_name() or by, "link": _link(user)}
    text = render_to_string("registration/invitation.txt", about)
    mail = EmailMessage("Your way into SendQ", text, settings.DEFAULT_FROM_EMAIL, [user.email])
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        # Its words name whom a server refused.
        logger.warning("An invitation could not be mailed: %s", type(error).__name__)
        return False
    return True
