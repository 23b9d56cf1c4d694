"""A client's report of a period: a page to print, and the same by mail."""

import datetime as dt
import logging
import smtplib
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns import people
from campaigns.hours import zones
from campaigns.models import Workspace
from queueing.admin.deeds import DeedsAdmin
from queueing.desk import clients
from queueing.staff import log
from queueing.telling import notices

logger = logging.getLogger(__name__)

MAY_MAIL = "campaigns.change_campaign"
NO_MAIL = "SendQ has no mail server here: print the report instead, or ask an operator to set one."
_DAY = dt.timedelta(days=1)


class PeriodForm(forms.Form):
    """Asks for the first and the last day of a report."""

    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and not first <= last < first + clients.DAYS_AT_MOST * _DAY:
            raise ValidationError(
                f"A report is of 1 to {clients.DAYS_AT_MOST} days: choose another last day."
            )
        if any(day and not 2000 <= day.year <= 2100 for day in (first, last)):
            raise ValidationError("Choose days of this century.")
        return values


class MailForm(forms.Form):
    """Asks to whom a report goes."""

    to = forms.CharField(
        label="To",
        max_length=2000,
        validators=[people.validate_email_list],
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="One address, or several separated by commas.",
    )


def periods(today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """Return the periods that people ask for: words, first day, last day."""
    monday, first = today - today.weekday() * _DAY, today.replace(day=1)
    last_month = first - _DAY
    return [
        ("This week", monday, today),
        ("Last week", monday - 7 * _DAY, monday - _DAY),
        ("This month", first, today),
        ("Last month", last_month.replace(day=1), last_month),
        ("30 days", today - 29 * _DAY, today),
    ]


class ReportingAdmin(DeedsAdmin):
    """Clients with a report. Days are those of the client's hours, whoever reads."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.report_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_report"
        return [path("<path:object_id>/report/", view, name=name), *super().get_urls()]

    def report_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a report (GET), or mail the one that is shown (POST)."""
        workspace: Workspace = self.row(request, object_id)
        zone = zones.zone(notices.zone_of(workspace))
        today = timezone.now().astimezone(zone).date()
        usual = periods(today)
        asked = request.GET if {"first", "last"} & request.GET.keys() else None
        form = PeriodForm(asked, initial={"first": usual[-1][1], "last": usual[-1][2]})
        first, last = usual[-1][1:]
        if form.is_bound and form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        report = clients.report(workspace, first, last, zone)
        mail = MailForm(request.POST or None, initial={"to": workspace.notify_emails})
        if request.method == "POST":
            if not request.user.has_perm(MAY_MAIL):
                raise PermissionDenied
            if mail.is_valid():
                self._mail(request, report, people.email_list(mail.cleaned_data["to"]))
                return HttpResponseRedirect(request.get_full_path())
        here = reverse("admin:campaigns_workspace_report", args=[workspace.pk])
        context = {
            **self.admin_site.each_context(request),
            "title": f"{workspace}: report",
            "opts": self.opts,
            "original": workspace,
            "back": self.page_of(workspace),
            "report": report,
            "zone": zone.key,
            "period": form,
            "mail": mail if request.user.has_perm(MAY_MAIL) else None,
            "usual": [
                (words, f"{here}?{urlencode({'first': begins, 'last': ends})}")
                for words, begins, ends in usual
            ],
        }
        return TemplateResponse(request, "admin/campaigns/report.html", context)

    def _mail(self, request: HttpRequest, report: clients.Report, to: list[str]) -> None:
        """Mail a report, and log it; say where it could not be mailed."""
        is_printed = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
        if is_printed and not settings.ON_TRIAL:
            messages.error(request, NO_MAIL)
            return
        period = f"{report.first:%d %b %Y} to {report.last:%d %b %Y}"
        mail = EmailMultiAlternatives(
            " ".join(f"{report.workspace}: {period}".split()),
            render_to_string("admin/campaigns/report_mail.txt", {"report": report}),
            settings.DEFAULT_FROM_EMAIL,
            to,
        )
        whole = render_to_string("admin/campaigns/report_mail.html", {"report": report})
        mail.attach_alternative(whole, "text/html")
        try:
            mail.send()
        except (OSError, smtplib.SMTPException) as error:
            # Its words name whom a server refused.
            logger.warning("A report could not be mailed: %s", type(error).__name__)
            told = "The mail server did not take the report: nothing was sent. Try again later."
            messages.error(request, told)
            return
        told = f"Mailed the report of {period} to {', '.join(to)}"
        log.note(cast(User, request.user), [report.workspace], told)
        messages.success(request, f"{told}.")
