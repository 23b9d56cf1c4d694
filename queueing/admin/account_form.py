"""The form of a LinkedIn account: whose caps may be raised, and which ids of Unipile's it takes."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models.functions import Length

from campaigns.messages import NOTE_LIMITS
from campaigns.models import LinkedInAccount, Workspace, default_hours
from campaigns.pages import ReasonedForm, behind_walls
from queueing import gates
from queueing.gates import hours
from queueing.looking import features, logins, syncing
from queueing.sending import runs
from queueing.unipile import Account, UnipileError

RAISE_CAP = "campaigns.raise_cap"
NEEDS_RAISE_CAP = "Raising this needs the permission “Can raise a cap”. Ask a manager."
NOT_TO_BE_USED = "This id cannot be used. If it is right, ask a superuser."
PROPOSED_AT_MOST = 3
DAYS_AHEAD = 14


@dataclass(frozen=True)
class Reported:
    """What Unipile said of an id: the account, or why that could not be asked.

    `is_unknown`: it was asked, and knows no such account.
    """

    account: Account | None = None
    trouble: str = ""
    is_unknown: bool = False

    def problem(self, ours: LinkedInAccount, place: Workspace | None) -> str:
        """Say why an account of ours cannot have this id; "" where it can, or nobody knows."""
        if self.is_unknown:
            return "Unipile knows no account of this id. Copy it anew, or use “Connect an account”."
        if self.account is None:
            return ""
        if self.account.type != syncing.LINKEDIN:
            return f"This is no LinkedIn account ({self.account.type.capitalize()}) at Unipile."
        if logins.another(ours, self.account):
            who = self.account.owner_slug or self.account.name
            return f"Unipile has {who} there: that is not this account's owner."
        twin = logins.twin_of(ours, self.account)
        if twin is None:
            return ""
        is_here = place is not None and twin.workspace_id == place.pk
        return logins.told_of_twin(twin.workspace_id, twin) if is_here else NOT_TO_BE_USED

    def warning(self, account_type: str) -> str:
        """Say what staff should know of an account that was saved; "" where nothing."""
        if self.trouble:
            return (
                f"Unipile could not be asked about it: {self.trouble}. It is looked at within a "
                "quarter of an hour, and held if it cannot send."
            )
        kind = features.type_of(self.account) if self.account else None
        if kind is None or kind == account_type:
            return ""
        was, told = LinkedInAccount.Type(account_type).label, LinkedInAccount.Type(kind).label
        return f"It is set to {was}, and Unipile reports {told}: correct the type if that is wrong."


def ask(unipile_account_id: str) -> Reported:
    """Ask Unipile about an account; outside of any transaction."""
    try:
        return Reported(runs.unipile_client().account(unipile_account_id))
    except runs.NotConnectedError as error:
        return Reported(trouble=str(error).rstrip("."))
    except UnipileError as error:
        return Reported(trouble=str(error).rstrip("."), is_unknown=error.http_status in {400, 404})


class AccountForm(ReasonedForm):
    """Refuses to raise a cap to those who may not, and says what a lower type would hold."""

    class Meta:
        # Whether it is taken, behind another wall perhaps, is nobody's business.
        error_messages: ClassVar = {"unipile_account_id": {"unique": NOT_TO_BE_USED}}

    reported: "Reported | None" = None  # what Unipile says of an id that is new; set by the admin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = NOTE_LIMITS[LinkedInAccount.Type.FREE]
        if "account_type" in self.fields and self.instance.note_limit > free:
            waiting = self.instance.queue_items.pending().annotate(length=Length("message"))
            if number := waiting.filter(length__gt=free).count():
                self.fields["account_type"].help_text = (
                    f"LinkedIn takes {free} characters from free accounts. Notes that wait and are "
                    f"longer: {number}. As a free account's they are held until they are shortened."
                )

        if "day_zone" in self.fields:
            self._propose_zone(self.fields["day_zone"])

    def _propose_zone(self, field: forms.Field) -> None:
        """Propose the zone of the workspace's hours, of a new account where there is one only."""
        field.widget = AdminTextInputWidget(attrs={"list": "zone-names"})
        if not self.instance._state.adding:
            proposed = {_zone_of_hours(self.instance.workspace)}
        else:
            mine = behind_walls(Workspace.objects.all(), self.user, "pk")
            rows = mine.select_related("sending_hours")[: PROPOSED_AT_MOST + 1]
            proposed = {_zone_of_hours(workspace) for workspace in rows}
            if len(proposed) == 1:
                field.initial = field.initial or next(iter(proposed))
        field.help_text += f" Proposed: {' or '.join(sorted(proposed)[:PROPOSED_AT_MOST])}."

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.reported is not None and "unipile_account_id" in values:
            place = values.get("workspace", getattr(self.instance, "workspace", None))
            if problem := self.reported.problem(self.instance, place):
                self.add_error("unipile_account_id", problem)
        if not self.user.has_perm(RAISE_CAP):
            for field in raised(self.instance, values):
                self.add_error(field, NEEDS_RAISE_CAP)
        return values


def _zone_of_hours(workspace: Workspace) -> str:
    return (workspace.sending_hours or default_hours()).timezone


def day_apart(account: LinkedInAccount, now: dt.datetime) -> str:
    """Say so where an account's day ends within its workspace's hours; "" where it does not."""
    zone, of_hours = gates.zone_of(account).key, _zone_of_hours(account.workspace)
    if zone == of_hours or account.day_zone:
        return ""
    value = gates.hours_of(account.workspace.sending_hours or default_hours())
    spans = hours.windows(value, now, now + dt.timedelta(days=DAYS_AHEAD))
    if all(span.closes <= gates.day_of(account, span.opens).ends for span in spans):
        return ""
    return (
        f"Its day begins at midnight in {zone}, and its client's sending hours are in "
        f"{of_hours}: the limits of two days can go within one day there. Choose {of_hours} under "
        "“Day begins at midnight in”."
    )


def raised(account: LinkedInAccount, values: dict[str, Any]) -> list[str]:
    """Name the fields that would raise a cap of an account, as it is stored.

    A new account is measured by its type.
    """
    policy, is_new = gates.policy(), account._state.adding
    kind = values.get("account_type", account.account_type)
    old_kind = kind if is_new else account.account_type
    found = []
    for field, by_type in (
        ("daily_limit", policy.type_daily),
        ("weekly_limit", policy.type_weekly),
    ):
        old, new = None if is_new else getattr(account, field), values.get(field)
        before = by_type[old_kind] if old is None else old
        after = by_type[kind] if new is None else new
        if after > before:
            found.append(field if new != old else "account_type")
    place = values.get("workspace")
    if place and not is_new and _ceiling(place) > _ceiling(account.workspace):
        found.append("workspace")
    started, starts = account.warm_up_started_on, values.get("warm_up_started_on")
    if started and (starts is None or starts < started):
        found.append("warm_up_started_on")
    return [field for field in dict.fromkeys(found) if field in values]


def _ceiling(workspace: Workspace) -> float:
    """Return what a workspace lets each of its accounts send a day at most."""
    caps = (workspace.daily_cr_limit, settings.TIER_DAILY_LIMITS.get(workspace.tier))
    return min((cap for cap in caps if cap is not None), default=math.inf)
