"""Keys of the API: made, known again, counted, changed for new ones."""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from campaigns.models import Workspace
from doors.models import ApiKey

BEGINS = "sendq_"
OVERLAP = dt.timedelta(days=7)


def make(
    workspace: Workspace,
    name: str,
    scopes: Collection[str],
    by: User,
    now: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; return it with its text, which nobody can get again."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        workspace=workspace,
        name=name,
        scopes=sorted(scopes),
        prefix=prefix,
        secret_hash=_hash(secret),
        created_by=by,
        created_at=now,
        expires_at=expires_at,
    )
    return key, f"{BEGINS}{prefix}_{secret}"


def rotate(key: ApiKey, by: User, now: dt.datetime) -> tuple[ApiKey, str]:
    """Make a key in place of another, which is good for another week."""
    lasts = key.expires_at - key.created_at if key.expires_at else None
    made = make(key.workspace, key.name, key.scopes, by, now, now + lasts if lasts else None)
    ends = min(now + OVERLAP, key.expires_at or now + OVERLAP)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
    return made


def known(text: str, now: dt.datetime) -> ApiKey | None:
    """Return the key of this text, unless it is over, or whoever made it may see no more."""
    begins, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if f"{begins}_" != BEGINS or not secret or not text.isascii() or not prefix.isalnum():
        return None
    row = (
        ApiKey.objects.select_related("workspace", "created_by")
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), prefix=prefix[:20])
        .filter(revoked_at__isnull=True, created_by__is_active=True)
        .first()
    )
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    by = row.created_by
    if not by.is_superuser and not row.workspace.members.filter(pk=by.pk).exists():
        return None
    return row


def count(key_id: uuid.UUID, now: dt.datetime) -> int:
    """Count a request; return the seconds to wait where the minute is full, else 0.

    One statement, so that requests at once are all counted.
    """
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE doors_apikey SET last_used_at = %s, minute = %s, requests_in_minute ="
            " CASE WHEN minute = %s THEN least(requests_in_minute + 1, 1000000) ELSE 1 END"
            " WHERE id = %s RETURNING requests_in_minute",
            [now, minute, minute, key_id],
        )
        (number,) = cursor.fetchone()
    if number <= settings.API_REQUESTS_PER_MINUTE:
        return 0
    return 60 - now.second


def _hash(secret: str) -> str:
    # 256 bits by chance need no slow hash: nobody guesses them.
    return hashlib.sha256(secret.encode()).hexdigest()
