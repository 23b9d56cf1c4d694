"""Words to choose from, `{Hello|Good morning}`: the same for somebody in preview and queue.

Only where a campaign has it switched on; not inside each other. Variables may stand in them.
"""

import hashlib
import re
from collections.abc import Callable

_CHOICE = re.compile(r"(?<!\{)\{(?!\{)((?:[^{}]|\{\{[^{}]*\}\})*)\}(?!\})")
_BETWEEN = re.compile(r"\|(?![^{}]*\}\})")  # a stroke inside a variable belongs to it


def options(choice: str) -> list[str]:
    """Return what stands between the strokes of a choice."""
    return _BETWEEN.split(choice)


def choose(text: str, seed: str) -> str:
    """Return a text with one of each choice: the same ones for the same seed."""
    number = 0

    def pick(found: list[str]) -> str:
        nonlocal number
        number += 1
        drawn = hashlib.sha256(f"{seed} {number}".encode()).digest()
        return found[int.from_bytes(drawn[:8], "big") % len(found)]

    return _with(text, pick)


def longest(text: str, length: Callable[[str], int] = len) -> str:
    """Return a text with the longest of each choice."""
    return _with(text, lambda found: max(found, key=length))


def without_choices(text: str) -> str:
    """Return a text in which the options of each choice stand after each other, without braces."""
    return _with(text, " ".join)


def opened(text: str, is_one: Callable[[str], bool]) -> str:
    """Return a text with spaces for the braces of its choices, everything else in its place.

    :param is_one: whether what stands in braces, told with them and a sign before, is a choice.
    """

    def instead(match: re.Match[str]) -> str:
        sign = text[match.start() - 1 : match.start()] if match.start() else ""
        return f" {match[1]} " if is_one(sign.strip() + match[0]) else match[0]

    return _CHOICE.sub(instead, text)


def _with(text: str, pick: Callable[[list[str]], str]) -> str:
    def instead(match: re.Match[str]) -> str:
        found = options(match[1])
        return pick(found) if len(found) > 1 else match[0]

    return _CHOICE.sub(instead, text)
