"""JSON that people type, read without surprises."""

import json
from typing import Any, NoReturn


class PlainJSON(json.JSONDecoder):
    """Raises one error for all that is no JSON, or that no database keeps.

    Python's own takes NaN and Infinity, and raises others where a number has thousands of digits
    or lists lie in each other a thousand deep.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"parse_constant": _refuse, "parse_float": _finite})

    def decode(self, text: str, *args: Any) -> Any:
        try:
            found = super().decode(text, *args)
            json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError("It cannot be kept", text[:100], 0) from error
        return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("The number is too large")
    return number
