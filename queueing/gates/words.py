"""What an item waits for, in words."""

from queueing.gates.evaluating import Gate, Report

NEXT_RUN = "next_run"
"""What an item waits for whose gates are all open."""

BY_ITSELF = {
    Gate.CAMPAIGN_ACTIVE: "campaign_starts",
    Gate.ACCOUNT_CONNECTED: "account_returns",
    Gate.NOTES: "next_note",
}
"""What an item waits for whose gate is mostly opened by people, and this time opens by itself."""

IN_WORDS = {
    Gate.SENDING_ON: "the global stop to be lifted",
    Gate.PENDING: "nothing: it does not wait",
    Gate.DUE: "its planned time",
    Gate.CAMPAIGN_ACTIVE: "its campaign to be active",
    "campaign_starts": "its campaign to start by itself",
    Gate.CONTACT_ALLOWED: "a decision: on the do-not-contact list",
    Gate.PERSON_RESTED: "24 hours to pass since the person was last written to",
    Gate.ANSWER_KNOWN: "word whether the person has answered",
    Gate.CAUGHT_UP: "what happened while its account was away to be read",
    Gate.ACCOUNT_CONNECTED: "its account to be reconnected",
    "account_returns": "its account to come back after its rest",
    Gate.ACCOUNT_RESTED: "its account to end its rest",
    Gate.HOURS_OPEN: "its sending hours",
    Gate.SPACING: "the gap after the last one",
    Gate.DAILY_CAP: "tomorrow: today's limit is reached",
    Gate.WEEKLY_CAP: "room in the 7-day limit",
    Gate.NOTES: "a note that its account may send: shorten it, or correct the account",
    "next_note": "a free account's next note",
    Gate.NOTHING_IN_FLIGHT: "what is being sent by its account",
    NEXT_RUN: "the next run",
}
"""What an item waits for, as it follows the words “waits for”."""

FOR_SOMEBODY = {
    Gate.SENDING_ON,
    Gate.CAMPAIGN_ACTIVE,
    Gate.CONTACT_ALLOWED,
    Gate.ACCOUNT_CONNECTED,
    Gate.NOTES,
}
"""What is waited for until somebody acts."""


def waits_for(report: Report) -> str:
    """Return what an item waits for: a gate, one that opens by itself, or the next run."""
    state = report.binding
    if state is None:
        return NEXT_RUN
    return state.gate if state.somebody_must_act else BY_ITSELF.get(state.gate, state.gate)
