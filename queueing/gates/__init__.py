"""May it go now, and if not, why not and when? One definition for all who ask.

A new rule about when something may go is a gate here, or a limit that a gate asks for.
"""

from queueing.gates import cadence, counting, explaining, hours, limits, waiting, words
from queueing.gates.barring import barred
from queueing.gates.days import counting_from_now_on, day_of, days_of, zone_of
from queueing.gates.evaluating import (
    AccountFacts,
    Facts,
    Gate,
    GateState,
    Report,
    evaluate,
    notes_are_used_up,
)
from queueing.gates.explaining import Explainer
from queueing.gates.facts import (
    Shared,
    daily_limit_of,
    daily_limits_of,
    facts_of,
    hours_of,
    notes_limit,
    on_do_not_contact_list,
    policy,
    report,
    stop_reason,
    stops,
    touched_at,
    usage,
    usages,
    weekly_limit_of,
    with_facts,
)
from queueing.gates.large import kept
from queueing.gates.limits import Limit
from queueing.gates.notes import KIND_OF_NOTE, TOO_LONG, Note
from queueing.gates.waiting import Waits

__all__ = [
    "KIND_OF_NOTE",
    "TOO_LONG",
    "AccountFacts",
    "Explainer",
    "Facts",
    "Gate",
    "GateState",
    "Limit",
    "Note",
    "Report",
    "Shared",
    "Waits",
    "barred",
    "cadence",
    "counting",
    "counting_from_now_on",
    "daily_limit_of",
    "daily_limits_of",
    "day_of",
    "days_of",
    "evaluate",
    "explaining",
    "facts_of",
    "hours",
    "hours_of",
    "kept",
    "limits",
    "notes_are_used_up",
    "notes_limit",
    "on_do_not_contact_list",
    "policy",
    "report",
    "stop_reason",
    "stops",
    "touched_at",
    "usage",
    "usages",
    "waiting",
    "weekly_limit_of",
    "with_facts",
    "words",
    "zone_of",
]
