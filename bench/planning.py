"""Time planning and storing many people, and foreseeing when each will go.

Run from the checkout: `python bench/planning.py [PEOPLE] [ACCOUNTS]`. It makes a database of its
own and drops it. The last line compares with a bare bulk_create of the same rows: a ratio that does
not depend on the machine.
"""

import datetime as dt
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from campaigns.models import (
    Campaign,
    LinkedInAccount,
    Prospect,
    SendingHours,
    Workspace,
)
from queueing import planning
from queueing.models import QueueItem

NOW = dt.datetime(2026, 7, 8, 16, tzinfo=dt.UTC)


def a_campaign(people: int, accounts: int) -> Campaign:
    """Store a campaign with its people and its accounts."""
    workspace = Workspace.objects.create(name="Bench")
    campaign = Campaign.objects.create(
        workspace=workspace,
        name="Bench",
        status=Campaign.Status.ACTIVE,
        sending_hours=SendingHours.objects.create(name="Bench"),
        message_template="Hello {{ first_name }}, how is {{ company }}?",
    )
    campaign.accounts.set(
        LinkedInAccount.objects.bulk_create(
            LinkedInAccount(workspace=workspace, name=f"{n:03}", unipile_account_id=f"bench-{n}")
            for n in range(accounts)
        )
    )
    Prospect.objects.bulk_create(
        (
            Prospect(
                campaign=campaign,
                first_name="Ada",
                last_name=f"Example {n}",
                company="Example Ltd",
                public_identifier=f"ada-example-{n}",
            )
            for n in range(people)
        ),
        batch_size=5000,
    )
    return campaign


def timed(what: str, work: Callable[[], object]) -> float:
    """Do some work and print how long it took; returns seconds."""
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    print(f"{what}: {took:.2f} s", flush=True)
    return took


def main(people: int, accounts: int) -> None:
    campaign = a_campaign(people, accounts)
    timed("vacuum", lambda: connection.cursor().execute("VACUUM ANALYZE"))
    planned = timed(
        f"enqueue {people} people over {accounts} accounts",
        lambda: planning.enqueue(campaign, NOW),
    )
    later = NOW + dt.timedelta(minutes=1)
    timed(
        "forecast of the workspace",
        lambda: planning.forecast_workspace(campaign.workspace, later),
    )
    timed("forecast of the campaign", lambda: planning.forecast_campaign(campaign, later))
    rows = list(QueueItem.objects.all())
    if len(rows) != people:
        raise SystemExit(f"{len(rows)} of {people} people are queued")
    QueueItem.objects.all().delete()
    stored = timed("bulk_create of the same rows", lambda: bare_bulk_create(rows))
    print(f"ratio: {planned / stored:.2f}")


def bare_bulk_create(rows: list[QueueItem]) -> None:
    for row in rows:
        row._state.adding = True
    QueueItem.objects.bulk_create(rows, batch_size=2000)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers + [100_000, 100][len(numbers) :]))
    finally:
        teardown_databases(made, verbosity=0)
