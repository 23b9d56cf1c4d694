"""Which database is this? A copy, or one that was set back, must not send by what it remembers."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.expressions import RawSQL

# What no copy and no restore has in common with its original: the server's cluster, its timeline
# (recovery to a point in time begins another), the database, and this very table.
_FINGERPRINT = """
SELECT concat_ws('/',
    (SELECT system_identifier FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    'queueing_installation'::regclass::oid)
"""

SET_BACK = (
    "This database was restored, copied or moved since SendQ last sent from it, so it may not know "
    "all that was sent. Nothing goes before `manage.py after_restore` has looked on LinkedIn."
)
ANOTHER_SITE = (
    "This database belongs to the site {was}, and this one is {site}: a copy must not send. If the "
    "site has moved for good, and the old one is off, say so with `manage.py after_restore`."
)


class Installation(models.Model):
    """The one row that says where SendQ sends from, as of the first run here."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    database = models.CharField(max_length=200)
    site = models.CharField(max_length=500, blank=True)
    known_since = models.DateTimeField()
    restored_at = models.DateTimeField(
        null=True, blank=True, help_text="When `after_restore` last let it send again."
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_installation"),)

    def __str__(self) -> str:
        return self.site or "this installation"

    @classmethod
    def meet(cls, now: dt.datetime) -> str:
        """Note that SendQ sends from here, where it never has; say why nothing may be sent, or "".

        At the beginning of every run.
        """
        known = cls.told().first()
        if known is None:
            cls.objects.get_or_create(pk=1, defaults={**cls._here(), "known_since": now})
        return cls.trouble(*known) if known else ""

    @classmethod
    def last_restored(cls) -> dt.datetime | None:
        """Return when `after_restore` last let it send again; None where it never did."""
        return cls.objects.values_list("restored_at", flat=True).first()

    @classmethod
    def make_known(cls, now: dt.datetime, **more: Any) -> None:
        """Say that SendQ sends from here from now on."""
        defaults = {**cls._here(), "known_since": now, **more}
        cls.objects.update_or_create(pk=1, defaults=defaults)

    @classmethod
    def _here(cls) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute(_FINGERPRINT)
            return {"database": str(cursor.fetchone()[0]), "site": settings.SITE_KNOWN_AS}

    @classmethod
    def why_held(cls) -> str:
        """Say why nothing may be sent from here; "" where SendQ has always sent from here."""
        known = cls.told().first()
        return cls.trouble(*known) if known else ""

    @classmethod
    def told(cls) -> models.QuerySet[Any, Any]:
        """Return what `trouble` judges; nothing where SendQ has never sent."""
        here = RawSQL(f"({_FINGERPRINT})", (), output_field=models.TextField())  # noqa: S611
        return cls.objects.order_by().values_list("database", "site", here)

    @staticmethod
    def trouble(database: str, site: str, here: str) -> str:
        """Say why nothing may be sent, where the database is not the one that is known."""
        if database != here:
            return SET_BACK
        if site and settings.SITE_KNOWN_AS and site != settings.SITE_KNOWN_AS:
            return ANOTHER_SITE.format(was=site, site=settings.SITE_KNOWN_AS)
        return ""
