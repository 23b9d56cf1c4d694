"""The sample's second half: invented people in every state that follows an invitation."""

import datetime as dt
from typing import Any

from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing.models import Kind, ProcessRun, QueueItem, Reply, SendAttempt
from queueing.sending import news
from queueing.unipile import Outcome

DAY = dt.timedelta(days=1)
NOTE = "Hi {}, we met at the spring fair and I would like to stay in touch."
TEXTS = {
    "": "Thanks for connecting, {}! May I send you what we do?",
    "A": "Thanks for connecting, {}! May I send you what we do?",
    "B": "{}, thank you. What keeps you busy this quarter?",
}
Status, Tag = Prospect.Status, Prospect.Tag
_Item = QueueItem.Status


class After:
    """Writes rows as the queue would have left them, by the days before `now`."""

    def __init__(
        self, campaign: Campaign, account: LinkedInAccount, run: ProcessRun, now: dt.datetime
    ) -> None:
        self.campaign, self.account, self.run, self.now = campaign, account, run, now

    def invited(self, name: str, ago: float, **known: Any) -> Prospect:
        """Store somebody to whom a request has gone so many days ago."""
        person = self._person(name, **{"status": Status.CONNECTION_REQUEST_SENT, **known})
        self._sent(person, ago, Kind.CONNECTION_REQUEST, message=NOTE.format(name))
        return person

    def accepted(self, name: str, ago: float, after: float, **known: Any) -> Prospect:
        """Store somebody who accepted so many days after the invitation."""
        at = self.now - (ago - after) * DAY
        values = {"status": Status.CONNECTED, "accepted_at": at}
        return self.invited(name, ago, **values, accepted_source=Prospect.Source.RELATIONS, **known)

    def written(self, person: Prospect, ago: float, variant: str = "", step: int = 1) -> None:
        """Store a message that has gone to somebody."""
        text = TEXTS[variant].format(person.first_name)
        self._sent(person, ago, Kind.MESSAGE, message=text, step=step, variant=variant)

    def answered(self, person: Prospect, ago: float, text: str, tag: str = "") -> None:
        """Store that somebody has answered; with a tag that calls for no answer it is done."""
        at = self.now - ago * DAY
        names = [person.public_identifier]
        news.answered(self.campaign.workspace_id, names, at, Prospect.Source.MESSAGES, self.now)
        reply = Reply.objects.get(prospect=person)
        sent = person.queue_items.filter(sent_at__lt=at).order_by("sent_at")
        said = {"at": at.isoformat(), "from_us": False, "text": text, "kind": "message"}
        reply.messages = [*map(_said, sent), said]
        reply.text, reply.read_at, reply.done = text, at, tag == Tag.NOT_NOW
        reply.save()
        Prospect.objects.filter(pk=person.pk).update(tag=tag)

    def out_of_office(self, person: Prospect, ago: float) -> None:
        """Store that somebody is away: the follow-ups go on a week after that was said."""
        self.answered(person, ago, "I am away and read this when I am back.", Tag.OUT_OF_OFFICE)
        Reply.objects.filter(prospect=person).update(done=True)
        goes_on_at = self.now - ago * DAY + Prospect.AWAY_FOR
        Prospect.objects.filter(pk=person.pk).update(status=Status.CONNECTED, goes_on_at=goes_on_at)

    def withdrawn(self, name: str, ago: float) -> None:
        """Store somebody whose invitation was taken back so many days ago, after three weeks."""
        person = self.invited(name, ago + 22)
        self._sent(person, ago, Kind.WITHDRAWAL, invitation_id=f"sample-{name.lower()}")
        news.withdrawn(person.pk, self.now - ago * DAY)

    def maybe_sent(self, name: str) -> None:
        """Store somebody whose invitation may have arrived: the answer to the call was lost."""
        at = self.now - dt.timedelta(hours=2)
        person = self._person(name, status=Status.QUEUED)
        item = self._item(
            person,
            Kind.CONNECTION_REQUEST,
            at,
            message=NOTE.format(name),
            status=_Item.UNCONFIRMED,
            claimed_at=at,
            tried_at=at,
            error_code="request_timeout",
            error_message="No answer came: the invitation may have arrived. It is looked up.",
        )
        self._attempt(item, at, Outcome.UNKNOWN, 504)

    def _person(self, name: str, **values: Any) -> Prospect:
        return Prospect.objects.create(
            campaign=self.campaign,
            first_name=name,
            last_name="Example",
            company="Spring Fair Ltd",
            profile_url=f"https://www.linkedin.com/in/{name.lower()}-example",
            **values,
        )

    def _sent(self, person: Prospect, ago: float, kind: str, **values: Any) -> QueueItem:
        at = self.now - ago * DAY
        sent = {"status": _Item.SENT, "sent_at": at, "claimed_at": at, **values}
        item = self._item(person, kind, at, **sent)
        self._attempt(item, at, Outcome.SENT, 201)
        return item

    def _item(self, person: Prospect, kind: str, at: dt.datetime, **values: Any) -> QueueItem:
        return QueueItem.objects.create(
            kind=kind,
            workspace_id=self.campaign.workspace_id,
            campaign=self.campaign,
            prospect=person,
            linkedin_account=self.account,
            person_key=person.person_key,
            scheduled_for=at,
            **values,
        )

    def _attempt(self, item: QueueItem, at: dt.datetime, outcome: str, status: int) -> None:
        SendAttempt.objects.create(
            item=item,
            run=self.run,
            kind=SendAttempt.Kind.SEND,
            number=1,
            started_at=at,
            finished_at=at + dt.timedelta(seconds=1),
            outcome=outcome,
            http_status=status,
        )


def _said(item: QueueItem) -> dict[str, Any]:
    at = item.sent_at.isoformat() if item.sent_at else ""
    kind = "note" if item.kind == Kind.CONNECTION_REQUEST else "message"
    return {"at": at, "from_us": True, "text": item.message, "kind": kind}


def load(campaign: Campaign, account: LinkedInAccount, run: ProcessRun, now: dt.datetime) -> None:
    """Load a campaign with two follow-ups and somebody in every state."""
    step = {"campaign": campaign, "delay_days": 1}
    Step.objects.create(
        number=1,
        text=TEXTS["A"].format("{{ first_name }}"),
        text_b=TEXTS["B"].format("{{ first_name }}"),
        **step,
    )
    Step.objects.create(number=2, text="A last word, {{ first_name }}: shall we talk?", **step)
    after = After(campaign, account, run, now)
    after.invited("Bea", 9)
    after.invited("Cleo", 16)
    after.invited("Lev", 24)  # old enough to be withdrawn
    after.accepted("Cem", 9, 8.5)
    after.written(after.accepted("Dana", 16, 2), 4, "A")
    elif_ = after.accepted("Elif", 16, 1)
    after.written(elif_, 5, "B")
    after.answered(elif_, 1.5, "Sounds good. Could you call me on Thursday?", Tag.INTERESTED)
    finn = after.accepted("Finn", 10, 1)
    after.answered(finn, 0.5, "Thanks! What is it that you do?")
    gus = after.accepted("Gus", 23, 4)
    after.written(gus, 17, "A")
    after.answered(gus, 15, "Not this year, thank you.", Tag.NOT_NOW)
    hana = after.accepted("Hana", 12, 5)
    after.written(hana, 3, "B")
    after.out_of_office(hana, 2.9)
    after.withdrawn("Ivo", 2)
    after.maybe_sent("Joy")


def follow_up_due(
    campaign: Campaign, account: LinkedInAccount, run: ProcessRun, now: dt.datetime
) -> None:
    """Load somebody who accepted in a campaign without messages, and is to be written to by now."""
    After(campaign, account, run, now).accepted("Kai", 10, 2, follow_up_due_at=now - DAY)
