"""Answers that could not be recorded because the database was away: kept in files, replayed later.

A known result must not become an unknown one. One file an answer, named after its attempt: written
beside, synced, then renamed, so that a file is whole or not there.
"""

import dataclasses
import datetime as dt
import json
import logging
import os
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError

from queueing.models import SendAttempt
from queueing.sending import deciding, history, recording
from queueing.sending.claiming import Call, Claim
from queueing.sending.verdicts import Answer
from queueing.telling import Fence

logger = logging.getLogger(__name__)


def keep(call: Call, answer: Answer, now: dt.datetime) -> None:
    """Keep the answer to a send. Where even that fails, the log has it: nothing else is left."""
    claim = call.claim
    entry = {
        "attempt": str(call.attempt_id),
        "item": str(claim.item_id),
        "token": str(claim.token),
        "account": str(claim.account_id),
        "claimed_at": claim.claimed_at.isoformat(),
        "answered_at": now.isoformat(),
        "answer": {
            field.name: getattr(answer, field.name)
            for field in dataclasses.fields(answer)
            if field.name not in {"profile", "conversation"}
        },
    }
    try:
        _write(Path(settings.JOURNAL_DIR), f"{call.attempt_id}.json", json.dumps(entry))
    except OSError:
        logger.critical("The journal cannot be written. Lost otherwise: %s", entry, exc_info=True)


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{name}.{uuid.uuid4().hex}.draft"
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / name)


def replay(fence: Fence | None = None) -> int:
    """Record what the journal has; return how many answers that were.

    Fenced as any recording is: an answer whose item was settled meanwhile changes nothing. A file
    that cannot be dealt with is set aside and named in the log: its item is looked up, as any other
    in doubt.
    """
    replayed, fence = 0, fence or Fence(None)
    for path in sorted(Path(settings.JOURNAL_DIR).glob("*.json")):
        with fence.around(f"The journal's {path.name}", then=partial(_set_aside, path)):
            try:
                _record(path)
            except FileNotFoundError:  # another run replayed it in this instant
                continue
            replayed += 1
    return replayed


def _record(path: Path) -> None:
    call, answer, answered_at = _read(json.loads(path.read_text()))
    before = history.history_of(call.claim, answered_at)
    verdict = deciding.after_send(answer, None, before, answered_at)
    recording.record(call, answer, verdict, answered_at, answer.invitation_id)
    path.unlink(missing_ok=True)


def _set_aside(path: Path, error: Exception) -> None:
    """Rename what will be as wrong the next time; what can't be read or written now stays."""
    if isinstance(error, OSError | OperationalError):
        return
    try:
        path.rename(path.with_suffix(".unreadable"))
    except FileNotFoundError:
        logger.info("Another run has set %s aside", path.name)


def _read(entry: dict[str, Any]) -> tuple[Call, Answer, dt.datetime]:
    claim = Claim(
        item_id=uuid.UUID(entry["item"]),
        token=uuid.UUID(entry["token"]),
        account_id=uuid.UUID(entry["account"]),
        claimed_at=dt.datetime.fromisoformat(entry["claimed_at"]),
    )
    call = Call(claim, uuid.UUID(entry["attempt"]), SendAttempt.Kind.SEND)
    return call, Answer(**entry["answer"]), dt.datetime.fromisoformat(entry["answered_at"])
