"""Which text works better? What each one brought, and whether that can be told already.

Who got which is kept with each person's item: the step, the text of two, and the wording, for
texts are changed while a campaign goes. An answer is an answer to the last thing that went before
it.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist

from django.db.models import Count, Max, Min, Q

from campaigns.models import Step
from queueing.models import Kind, QueueItemQuerySet
from queueing.numbers.counting import share
from queueing.numbers.people import Stage, is_at, was_the_last_before_the_answer

ENOUGH = 100  # people a side: below, chance decides
SURE = 0.05  # how likely chance alone may be, at most, for what is called a difference
TOO_FEW = "too few to tell"


def name_of(step: int, variant: str, *, has_note: bool) -> str:
    """Return what people call a text of a campaign."""
    if step:
        return f"Message {step}" + (f", text {variant}" if variant else "")
    return "Request with a note" if has_note else "Request without a note"


@dataclass(frozen=True)
class Line:
    """What a text brought. `step` 0 is the request; `accepted` is None of messages.

    `answered` counts who answered this text, `interested` who of them are. `wording` numbers the
    wordings of one text in the order in which they were first sent; 0 where there is no other.
    """

    step: int
    variant: str
    has_note: bool
    sent: int
    accepted: int | None
    answered: int
    interested: int
    edition: str = ""
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    wording: int = 0

    @property
    def name(self) -> str:
        name = name_of(self.step, self.variant, has_note=self.has_note)
        return f"{name}, wording {self.wording}" if self.wording else name

    @property
    def accepted_share(self) -> int | None:
        return None if self.accepted is None else share(self.accepted, self.sent)

    @property
    def answered_share(self) -> int | None:
        return share(self.answered, self.sent)


@dataclass(frozen=True)
class Comparison:
    """The two texts of a step beside each other, as they are worded now."""

    step: int
    a: Line
    b: Line

    @property
    def verdict(self) -> str:
        """Say which one brings more answers, where that can be told."""
        fewest = min(self.a.sent, self.b.sent)
        if fewest < ENOUGH:
            return f"{TOO_FEW}: {fewest} of the {ENOUGH} that each side needs"
        if by_chance(self.a, self.b) > SURE:
            return "no difference that could not be chance"
        better = "A" if self.a.answered * self.b.sent > self.b.answered * self.a.sent else "B"
        return f"text {better} brings more answers; chance alone does so in less than 1 of 20 cases"


def by_chance(a: Line, b: Line) -> float:
    """Return how likely chance alone makes the shares differ as much (two proportions, z-test)."""
    pooled = (a.answered + b.answered) / (a.sent + b.sent)
    spread = sqrt(pooled * (1 - pooled) * (1 / a.sent + 1 / b.sent))
    if not spread:
        return 1.0
    z = abs(a.answered / a.sent - b.answered / b.sent) / spread
    return 2 * (1 - NormalDist().cdf(z))


def lines(items: QueueItemQuerySet, *, by_wording: bool = False) -> list[Line]:
    """Count what each text of these items brought, in the order in which they go.

    :param by_wording: each wording of a text by itself; for the items of one campaign.
    """
    names = ["kind", "step", "variant", "has_note", *(["edition"] if by_wording else [])]
    answered = is_at(Stage.ANSWERED, "prospect__") & was_the_last_before_the_answer()
    rows = (
        items.filter(
            kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE], by_hand=False, sent_at__isnull=False
        )
        .order_by()
        .values(*names)
        .annotate(
            first_at=Min("sent_at"),
            last_at=Max("sent_at"),
            sent=Count("pk"),
            accepted=Count("pk", filter=is_at(Stage.ACCEPTED, "prospect__")),
            answered=Count("pk", filter=answered),
            interested=Count("pk", filter=answered & Q(prospect__tag="interested")),
        )
    )
    found = [
        Line(
            step=row["step"],
            variant=row["variant"],
            has_note=row["has_note"],
            sent=row["sent"],
            accepted=row["accepted"] if row["kind"] == Kind.CONNECTION_REQUEST else None,
            answered=row["answered"],
            interested=row["interested"],
            edition=row.get("edition", ""),
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
        for row in rows
    ]
    return _numbered(sorted(found, key=lambda line: (*_which(line), line.first_at, line.edition)))


def _which(line: Line) -> tuple[int, str, bool]:
    return line.step, line.variant, not line.has_note


def _numbered(found: list[Line]) -> list[Line]:
    """Number the wordings of texts that have several."""
    of_text: dict[tuple[int, str, bool], list[Line]] = defaultdict(list)
    for line in found:
        of_text[_which(line)].append(line)
    return [
        replace(line, wording=number if len(wordings) > 1 else 0)
        for wordings in of_text.values()
        for number, line in enumerate(wordings, start=1)
    ]


def examples(items: QueueItemQuerySet, found: list[Line]) -> dict[str, str]:
    """Return what somebody got of each wording, by its edition, where a text has several."""
    editions = [line.edition for line in found if line.wording]
    if not editions:
        return {}
    sent = items.filter(edition__in=editions, sent_at__isnull=False)
    rows = sent.order_by("edition", "sent_at", "pk").distinct("edition")
    return dict(rows.values_list("edition", "message"))


def comparisons(found: list[Line]) -> list[Comparison]:
    """Return the steps that compare two texts."""
    of_step = {(line.step, line.variant): line for line in found}
    return [
        Comparison(step, of_step[step, Step.Variant.A], of_step[step, Step.Variant.B])
        for step in sorted({line.step for line in found if line.variant})
        if {(step, Step.Variant.A), (step, Step.Variant.B)} <= of_step.keys()
    ]
