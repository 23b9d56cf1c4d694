"""What do people read? Texts with variables, words to choose from, and what is none of ours.

Plain Python: neither Django nor the database.
"""

from campaigns.messages.foreign import Placeholder
from campaigns.messages.texts import (
    EDITION_LENGTH,
    MESSAGE_LIMIT,
    NOTE_LIMITS,
    PROSPECT_FIELDS,
    SENDER_FIELDS,
    UnfilledVariableError,
    converted,
    edition_of,
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
    "EDITION_LENGTH",
    "MESSAGE_LIMIT",
    "NOTE_LIMITS",
    "PROSPECT_FIELDS",
    "SENDER_FIELDS",
    "Placeholder",
    "UnfilledVariableError",
    "converted",
    "edition_of",
    "foreign_in",
    "is_variable",
    "message_too_long",
    "problem",
    "render",
    "too_long",
    "variables",
    "with_longest_words",
]
