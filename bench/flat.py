"""What choosing, claiming and counting cost as the queue grows: 10,000 accounts, ever more rows.

Run from the checkout: `python bench/flat.py [--rows 100000 5000000] [--accounts 10000]`. It makes a
database of its own and drops it. Each account has due and planned items, items sent today, in the
last 7 days and long ago; more rows are more of the planned and of the long ago. Prints medians and
the ratio of the last to the first; `--explain` prints the plans, too.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts import a_database, table

# Models need Django set up, which `parts` does.
# isort: split
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.sending import claiming
from queueing.sending.choosing import next_open_items
from tests.many_rows import NOW, fill

REQUEST = "connection_request"
AT_ONCE = 50
ROUNDS = 15


class Measured:
    """What is done of each size, again and again: each time of other accounts."""

    def __init__(self) -> None:
        self.accounts = list(LinkedInAccount.objects.select_related("workspace").order_by("name"))
        self._begins = 0

    def some(self) -> list[LinkedInAccount]:
        self._begins = (self._begins + AT_ONCE) % (len(self.accounts) - AT_ONCE)
        return self.accounts[self._begins : self._begins + AT_ONCE]

    def choose(self) -> None:
        some = self.some()
        found = next_open_items(some, NOW)
        if len(found) != len(some):
            raise SystemExit(f"{len(found)} of {len(some)} accounts have somebody to write to")

    def claim(self) -> None:
        turns = [claiming.Turn(account.pk, REQUEST) for account in self.some()]
        with transaction.atomic():
            if len(claiming.claim_all(turns, None, NOW)) != len(turns):
                raise SystemExit("Not every account could be claimed for")
            transaction.set_rollback(True)

    def whose_turn(self) -> None:
        if len(claiming.in_turn(NOW)) != len(self.accounts):
            raise SystemExit("Not every account has a turn")

    def use(self) -> None:
        used = gates.usages(self.accounts, NOW)
        if {(one.sent_today, one.sent_this_week) for one in used.values()} != {(1, 3)}:
            raise SystemExit("The use is not what was stored")


def milliseconds(work: Callable[[], None], rounds: int) -> float:
    work()  # what is prepared once
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def explain(work: Callable[[], None]) -> None:
    """Print the plans of what some work asks."""
    with CaptureQueriesContext(connection) as captured:
        work()
    for query in captured.captured_queries:
        if (query["sql"] or "").lstrip("(").startswith("SELECT"):
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query['sql']}")
                print(*(line for (line,) in cursor.fetchall()), sep="\n", end="\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--explain", action="store_true")
    asked = parser.parse_args()
    figures: dict[str, list[float]] = {}
    with a_database():
        for rows in asked.rows:
            began = time.perf_counter()
            fill(rows, asked.accounts)
            print(f"{rows:,} rows stored in {time.perf_counter() - began:.0f} s", flush=True)
            measured = Measured()
            for what, work, rounds in (
                (f"choose for {AT_ONCE} accounts", measured.choose, ROUNDS),
                (f"claim for {AT_ONCE} accounts", measured.claim, ROUNDS),
                ("whose turn it is, of all accounts", measured.whose_turn, 5),
                ("use today and over 7 days, of all accounts", measured.use, 5),
            ):
                took = milliseconds(work, rounds)
                print(f"{what}: {took:.1f} ms", flush=True)
                figures.setdefault(what, []).append(took)
                if asked.explain:
                    explain(work)
    head = ["milliseconds", *(f"{rows:,} rows" for rows in asked.rows), "last by first"]
    table(
        head,
        [
            [what, *(f"{one:.1f}" for one in found), f"{found[-1] / found[0]:.2f}"]
            for what, found in figures.items()
        ],
    )


if __name__ == "__main__":
    main()
