"""Campaigns."""

from django.contrib import admin

from campaigns.desk import DeskAdmin
from campaigns.forms import CampaignForm
from campaigns.models import Campaign


@admin.register(Campaign)
class CampaignAdmin(DeskAdmin):
    form = CampaignForm
    list_display = ("name", "workspace", "status", "starts_at", "sending_hours")
    list_filter = ("status",)
    list_select_related = ("workspace", "sending_hours")
    search_fields = ("name",)
    autocomplete_fields = ("workspace", "accounts", "sending_hours")
