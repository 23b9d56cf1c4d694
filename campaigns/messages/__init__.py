"""What do people read? Texts with variables, words to choose from, and what is none of ours.

Plain Python: neither Django nor the database.
"""

from campaigns.messages.foreign import Placeholder
from campaigns.messages.texts import (
    MESSAGE_LIMIT,
    NOTE_LIMITS,
    PROSPECT_FIELDS,
    SENDER_FIELDS,
    UnfilledVariableError,
    converted,
    foreign_in,
    is_variable,
    message_too_long,
    problem,
    render,
    too_long,
    variables,
    with_longest_words,
)

__all__ = [
    "MESSAGE_LIMIT",
    "NOTE_LIMITS",
    "PROSPECT_FIELDS",
    "SENDER_FIELDS",
    "Placeholder",
    "UnfilledVariableError",
    "converted",
    "foreign_in",
    "is_variable",
    "message_too_long",
    "problem",
    "render",
    "too_long",
    "variables",
    "with_longest_words",
]
