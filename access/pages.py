"""The pages through which people come in: log-in, passwords, second factor."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout, views
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from access import audit, limits, passkeys, second_factor
from access.addresses import client_address
from access.models import Session, SignIn, hashed_key

RESETS_AT_ONCE = 5  # mails asked for from one address, or for one person, within the window


def refusal(request: HttpRequest, name: str) -> HttpResponse | None:
    """Return the answer to an attempt that is not heard, or None for one that is."""
    address, now = client_address(request), timezone.now()
    if not limits.is_refused(name, address, limits.known_device(request, name), now):
        return None
    refused = SignIn.objects.filter(kind=SignIn.Kind.REFUSED, name=name, address=address)
    if not refused.filter(at__gt=now - settings.SIGN_IN_WINDOW).exists():  # one line tells of all
        user = User.objects.filter(username=name).first()
        audit.note(request, SignIn.Kind.REFUSED, user=user, name=name)
    answer = render(request, "locked_out.html", status=429)
    answer["Retry-After"] = str(settings.SIGN_IN_WINDOW_SECONDS)
    return answer


@never_cache
def log_in(request: HttpRequest) -> HttpResponseBase:
    """The admin's own log-in, with a limit on guessing."""
    if request.method == "POST":
        typed = request.POST.get("username", "")
        if refused := refusal(request, audit.as_audited(typed)):
            return refused
    answer: HttpResponseBase = admin.site.login(request)
    is_in = request.method == "POST" and request.user.is_authenticated
    if is_in and not request.session.get(second_factor.DUE):
        limits.make_known(request, answer, request.user.get_username())
    return answer


def log_out(request: HttpRequest) -> HttpResponseBase:
    """The admin's own, after which Back shows nothing of anybody."""
    answer: HttpResponseBase = admin.site.logout(request)
    answer["Clear-Site-Data"] = '"cache"'
    return answer


class OldPasswordForm(PasswordChangeForm):
    """Remembers that the old password was wrong: that is an attempt like any other."""

    was_wrong = False

    def clean_old_password(self) -> str:
        try:
            old: str = super().clean_old_password()
        except ValidationError:
            self.was_wrong = True
            raise
        return old


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordChange(views.PasswordChangeView):
    """One's own password. Who guesses at the old one is put out of the session."""

    form_class = OldPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **admin.site.each_context(self.request)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refused = refusal(request, cast(User, request.user).get_username())
        if refused:
            logout(request)
            return refused
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        if form.was_wrong:
            user = cast(User, self.request.user)
            audit.note(
                self.request,
                SignIn.Kind.WRONG_PASSWORD,
                user=user,
                detail="The old password, to change it.",
            )
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user = cast(User, self.request.user)
        audit.note(self.request, SignIn.Kind.PASSWORD_CHANGED, user=user)
        _end_other_sessions(self.request)
        return answer


class PasswordReset(views.PasswordResetView):
    """A new password by mail. What is answered does not tell whether anybody has the address."""

    success_url = reverse_lazy("password_reset_done")
    email_template_name = "registration/password_reset_email.txt"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_printed = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
        if is_printed and not settings.ON_TRIAL:  # the link would stand in the log
            return render(request, "access/no_mail.html", status=503)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        email = form.cleaned_data["email"]
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        asked = SignIn.objects.filter(
            kind=SignIn.Kind.RESET_ASKED, at__gt=timezone.now() - settings.SIGN_IN_WINDOW
        )
        from_here = asked.filter(address=client_address(self.request))
        for_them = asked.filter(user=user) if user else asked.none()
        if max(from_here.count(), for_them.count()) >= RESETS_AT_ONCE:
            return HttpResponseRedirect(str(self.success_url))
        audit.note(self.request, SignIn.Kind.RESET_ASKED, user=user)
        scheme, _, host = settings.SITE_URL.partition("://")
        self.extra_email_context = {"protocol": scheme, "domain": host, "site_name": "SendQ"}
        return super().form_valid(form)


class PasswordResetConfirm(views.PasswordResetConfirmView):
    """Where the mail leads. The second factor stays: it is asked for at the next log-in."""

    success_url = reverse_lazy("password_reset_complete")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.note(self.request, SignIn.Kind.PASSWORD_CHANGED, user=self.user, detail="By mail.")
        Session.objects.filter(user=self.user).delete()
        return answer


class CodeForm(forms.Form):
    """Asks for a code of the app, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
        help_text="The six digits that your app shows now, or one of your recovery codes.",
    )


class OwnerForm(forms.Form):
    """Asks for the password: a session that was left open sets nothing up."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SetUpForm(CodeForm, OwnerForm):
    """Asks for a code of the app that is being set up, too."""

    field_order = ("password", "code")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours and wanted else reverse("admin:index")


def _page(request: HttpRequest, template: str, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "next": _next(request), **more}
    # Nothing of the admin is shown before the second factor.
    context |= {"is_nav_sidebar_enabled": False, "available_apps": []}
    return render(request, template, context)


@sensitive_post_parameters()
@never_cache
def code_page(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of who has given the password."""
    user = cast(User, request.user)
    if request.session.get(second_factor.PROVEN):
        return HttpResponseRedirect(_next(request))
    if not second_factor.is_set_up(user):
        return HttpResponseRedirect(reverse("second_factor_set_up"))
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if refused := refusal(request, user.get_username()):
            logout(request)
            return refused
        if by := _proof(request, form):
            return _proven(request, by)
        audit.note(request, SignIn.Kind.WRONG_CODE, user=user)
    can_sign = bool(passkeys.site_name(request)) and bool(passkeys.of(user))
    asked = passkeys.to_prove(request, user) if can_sign else None
    return _page(request, "access/code.html", form=form, asked=asked, title="Second factor")


def _proof(request: HttpRequest, form: CodeForm) -> str:
    """Return by what the user has proven who they are; else the form says why not."""
    user = cast(User, request.user)
    if answer := request.POST.get("passkey"):
        if passkeys.proves(request, user, answer):
            return "passkey"
        form.add_error(None, "This passkey was not accepted. Try again, or type a code.")
        return ""
    if not form.is_valid():
        return ""
    by = second_factor.proves(user, form.cleaned_data["code"])
    if not by:
        form.add_error("code", "This code is wrong, used already, or over. Try the next one.")
    return by


def _proven(request: HttpRequest, by: str) -> HttpResponse:
    user = cast(User, request.user)
    if by == "recovery code":
        audit.note(request, SignIn.Kind.RECOVERY_CODE_USED, user=user)
    _prove(request, by)
    answer = HttpResponseRedirect(_next(request))
    limits.make_known(request, answer, user.get_username())
    return answer


def _prove(request: HttpRequest, by: str) -> None:
    request.session.cycle_key()
    request.session[second_factor.PROVEN] = by
    request.session.pop(second_factor.DUE, None)


@sensitive_post_parameters()
@never_cache
def set_up_page(request: HttpRequest) -> HttpResponse:
    """Show what the app is to scan; take it into use once the app shows the right code."""
    user = cast(User, request.user)
    has_one = second_factor.is_set_up(user)
    if has_one and not request.session.get(second_factor.PROVEN):
        return HttpResponseRedirect(reverse("second_factor"))
    form, draft = SetUpForm(request.POST or None), second_factor.begun(user)
    if request.method == "POST":
        if refused := refusal(request, user.get_username()):
            logout(request)
            return refused
        if form.is_valid() and _is_set_up(request, form, draft):
            codes = second_factor.new_recovery_codes(user)
            title = "Keep these recovery codes"
            return _page(request, "access/recovery_codes.html", codes=codes, title=title)
    picture, typed = second_factor.shown(draft)
    more = {
        "form": form,
        "picture": picture,
        "typed": typed,
        "has_one": has_one,
        "keys": passkeys.of(user),
        "passkeys_work_here": bool(passkeys.site_name(request)),
    }
    return _page(request, "access/set_up.html", title="Set up your second factor", **more)


@sensitive_post_parameters()
@never_cache
def passkey_page(request: HttpRequest) -> HttpResponse:
    """Let the browser make a passkey, and keep its public half."""
    user = cast(User, request.user)
    has_one = second_factor.is_set_up(user)
    if has_one and not request.session.get(second_factor.PROVEN):
        return HttpResponseRedirect(reverse("second_factor"))
    if not passkeys.site_name(request):
        return HttpResponseRedirect(reverse("second_factor_set_up"))
    form = OwnerForm(request.POST or None)
    if request.method == "POST":
        if refused := refusal(request, user.get_username()):
            logout(request)
            return refused
        if form.is_valid() and _is_kept(request, form):
            if has_one:
                return HttpResponseRedirect(reverse("second_factor_set_up"))
            codes = second_factor.new_recovery_codes(user)
            title = "Keep these recovery codes"
            return _page(request, "access/recovery_codes.html", codes=codes, title=title)
    asked = passkeys.to_set_up(request, user)
    return _page(request, "access/passkey.html", form=form, asked=asked, title="Set up a passkey")


def _is_owner(request: HttpRequest, form: OwnerForm, detail: str) -> bool:
    """Return whether the password is the user's; what is wrong counts as an attempt."""
    user = cast(User, request.user)
    if user.check_password(form.cleaned_data["password"]):
        return True
    audit.note(request, SignIn.Kind.WRONG_PASSWORD, user=user, detail=detail)
    form.add_error("password", "This is not your password.")
    return False


def _is_kept(request: HttpRequest, form: OwnerForm) -> bool:
    user = cast(User, request.user)
    if not _is_owner(request, form, "For a passkey."):
        return False
    if not passkeys.set_up(request, user, request.POST.get("passkey", "")):
        audit.note(request, SignIn.Kind.WRONG_CODE, user=user, detail="To set up a passkey.")
        told = "The browser made no passkey that can be taken. Try again, or use an app instead."
        form.add_error(None, told)
        return False
    audit.note(request, SignIn.Kind.FACTOR_ADDED, user=user, detail="A passkey.")
    _prove(request, "passkey")
    _end_other_sessions(request)
    return True


def _end_other_sessions(request: HttpRequest) -> None:
    ours = hashed_key(request.session.session_key or "")
    Session.objects.filter(user=cast(User, request.user)).exclude(pk=ours).delete()


def _is_set_up(request: HttpRequest, form: SetUpForm, draft: Any) -> bool:
    user = cast(User, request.user)
    if not _is_owner(request, form, "For the second factor."):
        return False
    if not second_factor.confirm(draft, form.cleaned_data["code"]):
        audit.note(request, SignIn.Kind.WRONG_CODE, user=user, detail="To set it up.")
        form.add_error("code", "This is not the code of the app. Is the clock of your phone right?")
        return False
    audit.note(request, SignIn.Kind.FACTOR_ADDED, user=user)
    _prove(request, "app")
    _end_other_sessions(request)
    return True


@sensitive_post_parameters()
@never_cache
def recovery_codes_page(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, and show them once: they are a second factor like any other."""
    user = cast(User, request.user)
    if not request.session.get(second_factor.PROVEN):
        return HttpResponseRedirect(reverse("second_factor"))
    form, codes = OwnerForm(request.POST or None), None
    if request.method == "POST":
        if refused := refusal(request, user.get_username()):
            logout(request)
            return refused
        if form.is_valid() and _is_owner(request, form, "For recovery codes."):
            codes = second_factor.new_recovery_codes(user)
            audit.note(request, SignIn.Kind.FACTOR_ADDED, user=user, detail="Recovery codes.")
    more = {"form": form, "codes": codes}
    return _page(request, "access/recovery_codes.html", title="Recovery codes", **more)
