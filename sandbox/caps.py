"""LinkedIn's limits on invitations, per login."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.errors import ApiError
from sandbox.model import USAGE_MARKS, Account, Book, Settings, Tier


def refuse_over_cap(
    settings: Settings, account: Account, book: Book, message: str | None, now: datetime
) -> None:
    """Raise what LinkedIn answers at a limit."""
    day_cap = settings.day_cap if account.day_cap is None else account.day_cap
    note_cap = account.month_note_cap
    if note_cap is None:
        note_cap = settings.month_note_cap
    cap_error = account.cap_error or settings.cap_error
    week_cap = _week_cap(settings, account)
    if book.sent_since(now - timedelta(days=1)) >= day_cap or (
        book.sent_since(now - timedelta(days=7)) >= week_cap
    ):
        raise ApiError(cap_error)
    if account.tier is not Tier.FREE or message is None or note_cap is None:
        return
    if book.notes_since(now - timedelta(days=30)) >= note_cap:
        raise ApiError(settings.note_error or cap_error)


def usage(settings: Settings, account: Account, book: Book, now: datetime) -> int | None:
    """Return the share of the weekly cap in use, in per cent, where a mark was just crossed."""
    cap = _week_cap(settings, account)
    used = book.sent_since(now - timedelta(days=7))
    crossed = (mark for mark in USAGE_MARKS if (used - 1) * 100 < mark * cap <= used * 100)
    return next(crossed, None)


def _week_cap(settings: Settings, account: Account) -> int:
    return settings.week_cap if account.week_cap is None else account.week_cap
