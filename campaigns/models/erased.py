"""Who asked to be forgotten: a keyed hash of each name, by which they are known again if they come.

The key is ERASURE_KEY, which no dump of the database has: without it nobody can find out by trying
whom a hash stands for.
"""

import hashlib
import hmac
import uuid
from collections.abc import Collection

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

PREFIX = "erased:"
REASON = "asked to be forgotten"


class ErasedPerson(models.Model):
    """One name of somebody, a slug or a LinkedIn user id, hashed. Nobody of it is ever added."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("campaigns.Workspace", on_delete=models.CASCADE, related_name="+")
    name_hash = models.CharField(max_length=64)
    key_mark = models.CharField(max_length=16, help_text="Which ERASURE_KEY made the hash.")
    erased_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "name_hash"], name="erased_once"),
        )

    def __str__(self) -> str:
        return f"{PREFIX}{self.name_hash[:12]}"

    @classmethod
    def among(cls, workspace_id: uuid.UUID, names: Collection[str]) -> set[str]:
        """Return which of these slugs and user ids belong to somebody who was erased.

        :raises ImproperlyConfigured: where some were hashed with another key, so that nobody knows.
        """
        erased = cls.objects.filter(workspace=workspace_id)
        by_hash = {name_hash(name): name for name in set(names) - {""}}
        mark = key_mark()
        found = erased.filter(
            models.Q(name_hash__in=list(by_hash)) | ~models.Q(key_mark=mark)
        ).values_list("name_hash", "key_mark")
        told = list(found[: len(by_hash) + 1])
        if any(of_key != mark for _, of_key in told):
            raise ImproperlyConfigured(
                "ERASURE_KEY is not the one with which people were erased here: they would not be "
                "recognised. Set the former one (it is SECRET_KEY of then, where none was set)."
            )
        return {by_hash[hashed] for hashed, _ in told if hashed in by_hash}


def name_hash(name: str) -> str:
    """Return what a slug or a user id is recognised by once it is forgotten."""
    return _keyed(f"name:{name}")


def key_mark() -> str:
    """Return what tells one key from another, and nothing else of it."""
    return _keyed("mark")[:16]


def _keyed(text: str) -> str:
    key = settings.ERASURE_KEY.encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
