"""A text box that helps: while one types, what real people would get, and how long it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from campaigns import messages
from campaigns.models import Campaign
from queueing.admin.forecast import ForecastAdmin
from queueing.admin.previews import typed, variables_of

AT_MOST = 20_000  # characters of a text


class TextBoxAdmin(ForecastAdmin):
    """Pages of campaigns, whose texts are looked at while they are typed. Saves nothing."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.text_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_text"
        return [path("<path:object_id>/text/", view, name=name), *super().get_urls()]

    def text_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer with what becomes of a text; nothing of it is kept."""
        campaign = self.row(request, object_id)
        text = request.POST.get("text", "")[:AT_MOST].replace("\r\n", "\n")
        is_note = request.POST.get("of") != "message"
        number = request.POST.get("step", "")
        step = int(number) if number.isdecimal() and len(number) == 1 else 1
        if "varies" in request.POST:
            campaign.varies_words = request.POST["varies"] == "yes"
        accounts = list(campaign.accounts.order_by("name"))
        found = typed(campaign, accounts, text, step=0 if is_note else step)
        context = {"typed": found, "text": text.strip(), "is_note": is_note}
        return TemplateResponse(request, "admin/text_box.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        campaign: Campaign | None = context.get("original")
        known = (
            variables_of(campaign)
            if campaign
            else [*messages.PROSPECT_FIELDS, *messages.SENDER_FIELDS]
        )
        context["text_variables"] = known
        page = "admin:campaigns_campaign_text"
        context["text_url"] = reverse(page, args=[campaign.pk]) if campaign else ""
        return super().render_change_form(request, context, *args, **kwargs)
