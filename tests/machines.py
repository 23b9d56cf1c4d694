"""Random orders of events on the real database, each undone when it has ended."""

import os
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

SEQUENCES = int(os.environ.get("SEQUENCES", "1000"))
STEPS = int(os.environ.get("STEPS", "150"))


class Undone(RuleBasedStateMachine):
    """A machine whose every example is a transaction that is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self._written = 0
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self._counting = connection.execute_wrapper(self._count)
        self._counting.__enter__()

    def teardown(self) -> None:
        self._counting.__exit__(None, None, None)
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    def writes(self) -> int:
        """Return how many statements so far may have written something."""
        return self._written

    def _count(self, execute: Any, sql: str, *rest: Any) -> Any:
        self._written += not sql.startswith("SELECT")
        return execute(sql, *rest)


def any_order_of_events(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
