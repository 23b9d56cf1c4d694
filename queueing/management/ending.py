"""How a command ends that went through many rows."""

from collections.abc import Sequence

from django.core.management.base import BaseCommand, CommandError


class SetAsideError(CommandError):
    """The command is done, but for rows that it could not deal with."""


def ended(command: BaseCommand, told: str, aside: Sequence[str]) -> str:
    """Return what a command is to print at its end.

    :param aside: what could not be dealt with while everything else went on.
    :raises SetAsideError: naming that, once the rest is printed: the exit code is not that of
        success.
    """
    if not aside:
        return told
    command.stdout.write(told)
    raise SetAsideError(f"{len(aside)} set aside, see the log: {'; '.join(aside)}")
