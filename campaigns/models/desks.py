"""How people have set up their own desks."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from campaigns.hours import zones


class Desk(models.Model):
    """Somebody's own desk: by which clock they read it, and which client they see."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="desk"
    )
    timezone = models.CharField(
        "your time zone",
        max_length=64,
        help_text="A city, as Europe/Berlin or America/New_York. All times are shown and typed "
        "by its clock.",
    )

    client = models.ForeignKey(
        "campaigns.Workspace",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The one client that lists are narrowed to. Empty: all.",
    )

    def __str__(self) -> str:
        return f"The desk of {self.user}"

    def clean(self) -> None:
        """Refuse a zone that does not exist.

        :raises ValidationError: naming the field.
        """
        if problem := zones.problem(self.timezone):
            raise ValidationError({"timezone": problem})


class SavedView(models.Model):
    """A list as somebody has filtered it, under a name of theirs: their own, as long as they are.

    What was searched for is not kept: it may be a person's name.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    list = models.CharField(max_length=100, help_text="The model, as “queueing.queueitem”.")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, help_text="The filters, as in an address.")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["user", "list", "name"], name="one_view_of_a_name"),
        )

    def __str__(self) -> str:
        return self.name
