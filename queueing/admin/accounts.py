"""LinkedIn accounts."""

from django.contrib import admin

from campaigns.desk import DeskAdmin
from campaigns.models import LinkedInAccount


@admin.register(LinkedInAccount)
class LinkedInAccountAdmin(DeskAdmin):
    list_display = ("name", "workspace", "account_type", "status", "paused_until", "daily_limit")
    list_filter = ("status", "account_type")
    list_select_related = ("workspace",)
    search_fields = ("name", "unipile_account_id")
    autocomplete_fields = ("workspace",)
