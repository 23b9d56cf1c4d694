"""How many items a second go over the wire: SendQ and its yardsticks in turn, in the same run.

Run from the checkout: `python bench/throughput.py [--short] [--rounds 3] [--before CHECKOUT]`. It
makes databases of its own and drops them. Each account has one due item, whose person's id is
known: one call an item. A rate is items by the seconds of the whole process, less those that the
same command takes with nothing to do. The server counts requests and people: a round in which one
is doubled or missing prints no figure. Every request has a connection of its own, a yardstick's,
too.

`--before` names another checkout of SendQ, and `--base` a commit, whose build runs beside this one.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from django.db import connection
from parts import (
    ROOT,
    Peers,
    Ran,
    Server,
    a_database,
    checked_out,
    environment,
    median,
    run,
    table,
)

# isort: split - models need Django set up, which `parts` does
from campaigns.models import (
    Campaign,
    LinkedInAccount,
    Prospect,
    SendingHours,
    Workspace,
)
from queueing.models import QueueItem


@dataclass(frozen=True)
class Work:
    """So many accounts with an item each, a server that takes so long, so many calls at once."""

    name: str
    accounts: int
    delay: float
    senders: int
    yardsticks: tuple[str, ...]

    @property
    def ideal_seconds(self) -> float:
        return self.accounts * self.delay / self.senders


WORKS = (
    Work("answers at once", 2_000, 0, 16, ("procrastinate", "post_office")),
    Work("answers in 100 ms", 2_000, 0.1, 50, ("requests",)),
    Work("answers in 1 s", 10_000, 1, 200, ()),
)


@dataclass
class Figures:
    """What the rounds of one runner brought."""

    nothing: list[float] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)

    def rate(self, accounts: int) -> float:
        return accounts / (median([one.seconds for one in self.ran]) - median(self.nothing))


def fill(accounts: int) -> None:
    """Store the accounts, each with one item that may go now."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_workspace, campaigns_sendinghours CASCADE")
        cursor.execute("TRUNCATE queueing_processrun CASCADE")
    if accounts:
        _store(accounts, dt.datetime.now(dt.UTC))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _store(accounts: int, now: dt.datetime) -> None:
    workspace = Workspace.objects.create(name="Bench")
    kept = SendingHours.objects.create(
        name="Always",
        timezone="UTC",
        working_hours_start=dt.time(0),
        working_hours_end=dt.time(0),
        skip_weekends=False,
        skip_holidays=False,
    )
    active = Campaign.Status.ACTIVE
    campaign = Campaign.objects.create(
        workspace=workspace, name="Bench", status=active, sending_hours=kept
    )
    rows = LinkedInAccount.objects.bulk_create(
        LinkedInAccount(workspace=workspace, name=f"{n:05}", unipile_account_id=f"bench-{n}")
        for n in range(accounts)
    )
    campaign.accounts.set(rows)
    people = Prospect.objects.bulk_create(
        Prospect(
            campaign=campaign,
            first_name="Ada",
            last_name=f"Example {n}",
            public_identifier=f"ada-example-{n}",
            linkedin_user_id=f"ACoAAperson-{n}",
            resolved_with=row,
            resolved_at=now,
            status=Prospect.Status.QUEUED,
        )
        for n, row in enumerate(rows)
    )
    QueueItem.objects.bulk_create(
        QueueItem(
            workspace=workspace,
            campaign=campaign,
            prospect=person,
            linkedin_account=row,
            linkedin_user_id=person.linkedin_user_id,
            person_key=person.public_identifier,
            message="Hello Ada",
            scheduled_for=now - dt.timedelta(hours=1),
        )
        for row, person in zip(rows, people, strict=True)
    )


class Bench:
    """Runs one piece of work with each runner in turn."""

    def __init__(self, server: Server, peers: Peers, before: Path | None, extra: list[str]) -> None:
        self._server, self._peers = server, peers
        self._sendq = {"SendQ": ROOT} | ({"SendQ before": before} if before else {})
        self._extra = extra

    def measure(self, work: Work, rounds: int) -> None:
        runners: dict[str, Callable[[int], Ran]] = {
            name: self._by_sendq(work, checkout, self._extra if checkout == ROOT else [])
            for name, checkout in self._sendq.items()
        }
        runners |= {name: self._by_peer(work, name) for name in work.yardsticks}
        figures = {name: Figures() for name in runners}
        for _ in range(rounds):
            for name, runner in runners.items():
                self._server.reset(work.delay)
                figures[name].nothing.append(runner(0).seconds)
                self._server.reset(work.delay)
                ran = runner(work.accounts)
                if self._is_whole(name, work):
                    figures[name].ran.append(ran)
        self._print(work, {name: one for name, one in figures.items() if one.ran})

    def _is_whole(self, name: str, work: Work) -> bool:
        counted = self._server.counted()
        if counted["requests"] == counted["people"] == work.accounts:
            return counted["at_once"] <= work.senders
        print(f"{name}: {counted} for {work.accounts} items: no figure", file=sys.stderr)
        return False

    def _by_sendq(self, work: Work, checkout: Path, extra: list[str]) -> Callable[[int], Ran]:
        def runner(accounts: int) -> Ran:
            fill(accounts)
            command = ["process_send_queue", "--concurrency", str(work.senders), *extra]
            env = environment(self._server.port)
            own = checkout / ".venv" / "bin" / "python"
            python = own if checkout != ROOT and own.exists() else sys.executable
            return run([str(python), str(checkout / "manage.py"), *command], env, checkout)

        return runner

    def _by_peer(self, work: Work, peer: str) -> Callable[[int], Ran]:
        def runner(number: int) -> Ran:
            port = self._server.port
            self._peers.fill(peer, port, number)
            env = self._peers.environment(peer, port, work.senders)
            return run(self._peers.argv(peer, "run", number), env)

        return runner

    @staticmethod
    def _print(work: Work, figures: dict[str, Figures]) -> None:
        print(f"\n{work.accounts:,} items, server {work.name}, {work.senders} at once:\n")
        ours = figures["SendQ"].rate(work.accounts) if "SendQ" in figures else 0
        rows = []
        for name, one in figures.items():
            rate = one.rate(work.accounts)
            seconds = median([each.seconds for each in one.ran])
            rows.append(
                [
                    name,
                    f"{rate:,.0f}",
                    f"{ours / rate:.2f}",
                    f"{seconds:.2f}",
                    f"{median([each.cpu_seconds for each in one.ran]):.2f}",
                    f"{median([each.megabytes for each in one.ran]):.0f}",
                    f"{median(one.nothing):.2f}",
                ]
            )
        table(["", "items/s", "SendQ by it", "s", "CPU s", "MB", "s with nothing to do"], rows)
        if work.delay:
            print(f"\nIdeal: {work.ideal_seconds:.1f} s.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="fewer accounts where calls are slow")
    parser.add_argument("--before", type=Path, help="another checkout of SendQ")
    parser.add_argument("--base", help="a commit, checked out for as long as this runs")
    parser.add_argument("--only", type=int, help="one of the works, from 0 on")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("extra", nargs="*", help="further options of process_send_queue, after --")
    given = parser.parse_args()
    works = WORKS if given.only is None else [WORKS[given.only]]
    with a_database(), Server() as server, checked_out(given.base) as base:
        peers = Peers()
        try:
            for work in works:
                most = given.accounts or (2_000 if given.short else work.accounts)
                sized = Work(work.name, most, work.delay, work.senders, work.yardsticks)
                before = base or (given.before and given.before.resolve())
                Bench(server, peers, before, given.extra).measure(sized, given.rounds)
        finally:
            peers.drop()


if __name__ == "__main__":
    main()
