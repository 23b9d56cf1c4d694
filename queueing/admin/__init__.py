"""The operations desk: the admin's pages about when and how requests are sent."""

from django.contrib import admin

from queueing.admin import (
    accounts,
    campaigns,
    evidence,
    failed,
    history,
    hours,
    items,
    prospects,
    replies,
    stopping,
    ticker,
    unconfirmed,
    users,
    workspaces,
)

__all__ = [
    "accounts",
    "campaigns",
    "evidence",
    "failed",
    "history",
    "hours",
    "items",
    "prospects",
    "replies",
    "stopping",
    "ticker",
    "unconfirmed",
    "users",
    "workspaces",
]

admin.site.site_header = "SendQ"
admin.site.site_title = "SendQ"
admin.site.index_title = "Desk"
admin.site.enable_nav_sidebar = False  # the menu is by the day's work
admin.site.site_url = None  # “View site” would lead back here
