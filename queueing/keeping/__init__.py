"""What is kept of people, and for how long? Erasing, exporting, pruning by age."""

from queueing.keeping import erasing, exporting, pruning
from queueing.keeping.whom import Person, UnknownPersonError, person_named

__all__ = [
    "Person",
    "UnknownPersonError",
    "erasing",
    "exporting",
    "person_named",
    "pruning",
]
