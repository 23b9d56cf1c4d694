"""How much a property is tried: a third in `make test`, all of it in `make torture`."""

import os


def of(examples: int) -> int:
    """Return how many of so many examples to try."""
    return examples if "THOROUGH" in os.environ else examples // 3
