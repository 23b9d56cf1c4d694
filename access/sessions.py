"""Sessions whose rows are of no use to who reads them: the key in the cookie is stored hashed."""

import datetime as dt
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from access.models import Session, hashed_key

SEEN_EVERY = dt.timedelta(minutes=5)


class SessionStore(db.SessionStore):
    """Django's, behind the hash of the key."""

    _row: Session | None = None  # as it was loaded

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def _get_session_from_db(self) -> Any:
        found = None
        if self.session_key:
            found = Session.objects.filter(
                session_key=hashed_key(self.session_key), expire_date__gt=timezone.now()
            ).first()
        if found is None:
            self._session_key = None
        self._row = found
        return found

    def stored_key(self) -> str:
        return hashed_key(self.session_key or "")

    def is_news(self) -> bool:
        """Return whether the row, read or made just now, does not tell that it is in use."""
        if self._row is None or self._row.pk != self.stored_key():
            return False
        seen_at = self._row.seen_at
        return seen_at is None or timezone.now() - seen_at > SEEN_EVERY

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=hashed_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        key = hashed_key(self._get_or_create_session_key())  # type: ignore[attr-defined]
        # What else the row holds is written by SessionsMiddleware, and kept here.
        row = Session.objects.filter(pk=key).first() or Session(session_key=key)
        row.session_data = self.encode(data)
        row.expire_date = self.get_expiry_date()
        user_id = data.get(SESSION_KEY)
        row.user_id = int(user_id) if user_id else None
        self._row = row
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=hashed_key(key)).delete()
