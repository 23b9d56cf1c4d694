"""What a sheet has of queue items."""

from import_export.fields import Field

from campaigns.pages import ExportingAdmin, PlainResource
from queueing.models import QueueItem


class ItemResource(PlainResource):
    """A row of the queue in a sheet."""

    recipient = Field("prospect", "recipient")
    profile = Field("prospect__profile_url", "profile")
    company = Field("prospect__company", "company")
    campaign = Field("campaign__name", "campaign")
    account = Field("linkedin_account__name", "account")
    status = Field("get_status_display", "status")
    planned_for = Field("scheduled_for", "planned for")
    sent_at = Field("sent_at", "sent at")
    attempts = Field("attempts", "failed tries")
    error_code = Field("error_code", "error code")
    error_message = Field("error_message", "error")
    message = Field("message", "message")

    class Meta:
        model = QueueItem
        fields = (
            "recipient",
            "profile",
            "company",
            "campaign",
            "account",
            "status",
            "planned_for",
            "sent_at",
            "attempts",
            "error_code",
            "error_message",
            "message",
        )


class Exporting(ExportingAdmin):
    export_resource = ItemResource
