"""Another text for who waits already: it is theirs from the moment it is stored."""

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Q, Value, When

from campaigns import messages
from campaigns.models import Campaign, Step
from queueing.models import Kind, QueueItem, QueueItemQuerySet
from queueing.planning import wording
from queueing.staff import log
from queueing.staff.items import ItemAction, Result, Status
from queueing.staff.triage import rendered

MAYBE_SENT = "a message of which a try may have arrived"
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

    def worded(self, item: QueueItem) -> tuple[str, str]:
        """Return the new text, and which wording it is.

        :raises ValueError: saying why it cannot be theirs.
        """
        return rendered(self.template, item), messages.edition_of(self.template)

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        result, done = Result(), []
        for item in items:
            try:
                item.message, item.edition = self.worded(item)
            except ValueError as why:
                result.left[str(why)] += 1
                continue
            item.updated_at = now
            done.append(item)
        QueueItem.objects.bulk_update(done, ["message", "edition", "updated_at"], batch_size=100)
        log.note(by, done, self.verb.capitalize(), reason)
        result.done = len(done)
        return result


class TextsOfNow(EditText):
    """Requests and follow-ups that wait get the texts that their campaign has now."""

    def __init__(self) -> None:
        self.wordings = wording.Wordings()

    def others_left(self) -> list[When]:
        """Leave what may have been sent: by its text it is found in the conversation."""
        is_message = Q(kind=Kind.MESSAGE)
        return [
            When(Q(by_hand=True), then=Value("an answer that somebody wrote")),
            When(is_message & Q(tried_at__isnull=False), then=Value(MAYBE_SENT)),
        ]

    def worded(self, item: QueueItem) -> tuple[str, str]:
        template = self.wordings.template_of(item)
        is_message = item.kind == Kind.MESSAGE
        text = self.wordings.text_of(item) if is_message else rendered(template, item)
        return text, messages.edition_of(template)


def waiting_with_others(campaign: Campaign) -> QueueItemQuerySet:
    """Return what waits of a campaign with another wording than its texts have now."""
    now = messages.edition_of(campaign.message_template)
    other = Q(kind=Kind.CONNECTION_REQUEST) & ~Q(edition=now)
    for step in campaign.steps.all():
        for variant in ("", *Step.Variant.values):
            edition = messages.edition_of(step.text_of(variant))
            of_text = Q(kind=Kind.MESSAGE, step=step.number, variant=variant, by_hand=False)
            other |= of_text & ~Q(edition=edition)
    return QueueItem.objects.pending().filter(other, campaign=campaign)
