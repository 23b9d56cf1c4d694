"""Items that somebody looks through: what failed, and what is maybe sent. No tables of its own."""

from queueing.models.items import QueueItem


class FailedSend(QueueItem):
    """What failed for good, for the admin's triage."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "request to fix"
        verbose_name_plural = "to fix"


class UnconfirmedSend(QueueItem):
    """What may have been sent, and is not known to be."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "request that is maybe sent"
        verbose_name_plural = "maybe sent"
        permissions = (("confirm_unconfirmed", "Can confirm that nothing was sent"),)
