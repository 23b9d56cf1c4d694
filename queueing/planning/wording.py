"""What somebody is written: variables filled in, words chosen; the same in preview and queue."""

import uuid
from collections.abc import Collection

from campaigns import messages
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from campaigns.people import names
from queueing.models import Kind, QueueItem
from queueing.planning.people import Person

SENDER = "sender_first_name"
NOT_THERE = "is not among the campaign's follow-ups any more"


def note_of(campaign: Campaign, person: Prospect | Person, account: LinkedInAccount) -> str:
    """Return the note that an account sends somebody.

    :raises messages.UnfilledVariableError: naming the variable.
    """
    return filled(campaign, campaign.message_template, person, sender_of(account))


def follow_up_of(step: Step, template: str, person: Prospect, account: LinkedInAccount) -> str:
    """Return one of a follow-up's texts as an account writes it to somebody.

    :raises messages.UnfilledVariableError: saying what of it cannot be sent.
    """
    if problem := step.problem_of(template, None):
        raise messages.UnfilledVariableError(problem.rstrip("."))
    text = filled(step.campaign, template, person, sender_of(account), step.number)
    if len(text) > messages.MESSAGE_LIMIT:
        raise messages.UnfilledVariableError(
            f"it would have {len(text):,} characters, of {messages.MESSAGE_LIMIT:,}"
        )
    return text


class Wordings:
    """The texts of items as their campaigns have them now; each step is read once."""

    def __init__(self) -> None:
        self._steps: dict[tuple[uuid.UUID, int], Step | None] = {}

    def template_of(self, item: QueueItem) -> str:
        """Return what an item's text is made of now.

        :raises messages.UnfilledVariableError: where its step is not there any more.
        """
        if item.kind != Kind.MESSAGE:
            return item.campaign.message_template
        return self._step_of(item).text_of(item.variant)

    def text_of(self, item: QueueItem) -> str:
        """Return a follow-up's text as it is worded now.

        :raises messages.UnfilledVariableError: saying why it cannot be sent.
        """
        step = self._step_of(item)
        template = step.text_of(item.variant)
        return follow_up_of(step, template, item.prospect, item.linkedin_account)

    def _step_of(self, item: QueueItem) -> Step:
        key = (item.campaign_id, item.step)
        if key not in self._steps:
            rows = Step.objects.filter(campaign=item.campaign_id, number=item.step)
            self._steps[key] = rows.select_related("campaign").first()
        step = self._steps[key]
        if step is None:
            raise messages.UnfilledVariableError(f"message {item.step} {NOT_THERE}")
        return step


def filled(
    campaign: Campaign, template: str, person: Prospect | Person, sender: str, step: int = 0
) -> str:
    """Return a text of a campaign as somebody gets it.

    :param sender: the first name of who writes.
    :param step: the number of the follow-up; 0 for the note.
    :raises messages.UnfilledVariableError: naming the variable.
    """
    values = {**values_of(person, messages.variables(template)), SENDER: sender}
    return messages.render(template, values, seed=seed_of(campaign, person.pk, step))


def seed_of(campaign: Campaign, person: uuid.UUID, step: int = 0) -> str | None:
    """Return what words are chosen by: always the same for somebody's text; None: none are."""
    return f"{campaign.pk} {person} {step}" if campaign.varies_words else None


def sender_of(account: LinkedInAccount) -> str:
    """Return the first name of an account's owner: accounts are called by their owners."""
    first, _ = names.split_name(account.name)
    return names.greeting_name(first) or (account.name.split() or [""])[0]


def values_of(prospect: Prospect | Person, used: Collection[str] | None = None) -> dict[str, str]:
    """Return what a message's variables stand for: fields, and extra columns of the import.

    Names are as one greets with them; the prospect keeps them as they were imported.

    :param used: the variables that the message has; None for all.
    """
    extra = prospect.variables if isinstance(prospect.variables, dict) else {}
    values = {}
    for name in (*extra, *messages.PROSPECT_FIELDS) if used is None else used:
        if name in messages.PROSPECT_FIELDS:
            values[name] = _field(prospect, name)
        elif name in extra:
            values[name] = str(extra[name])
    return values


def _field(prospect: Prospect | Person, name: str) -> str:
    if name == "first_name":
        return names.greeting_name(prospect.first_name, prospect.last_name)
    if name == "last_name":
        return names.greeting_last_name(prospect.first_name, prospect.last_name)
    text: str = getattr(prospect, name)
    return text
