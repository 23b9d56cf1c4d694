"""Another text for who waits already: it is theirs from the moment it is stored."""

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Q, Value, When

from campaigns import messages
from queueing.models import Kind, QueueItem
from queueing.staff import log
from queueing.staff.items import ItemAction, Result, Status
from queueing.staff.triage import rendered

OF_A_STEP = "a follow-up, whose text is its step's"


class EditText(ItemAction):
    """Requests that wait get another text, which may hold variables; their turn stays theirs."""

    verb = "given the new text"
    starts_from = (Status.PENDING,)
    takes_time = True

    def __init__(self, template: str, *, varies: bool = False) -> None:
        """Take the new text.

        :param varies: whether it may have words to choose from.
        :raises ValueError: where it cannot be used for anybody.
        """
        if problem := messages.problem(template, varies=varies):
            raise ValueError(problem)
        self.template = template

    def others_left(self) -> list[When]:
        return [When(~Q(kind=Kind.CONNECTION_REQUEST), then=Value(OF_A_STEP))]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        result, done = Result(), []
        for item in items:
            try:
                item.message = rendered(self.template, item)
            except ValueError as why:
                result.left[str(why)] += 1
                continue
            item.edition, item.updated_at = messages.edition_of(self.template), now
            done.append(item)
        QueueItem.objects.bulk_update(done, ["message", "edition", "updated_at"], batch_size=100)
        log.note(by, done, self.verb.capitalize(), reason)
        result.done = len(done)
        return result
