"""Time the admin's pages over a large queue, beside what people take for "at once": half a second.

Run from the checkout: `python bench/desk.py [ITEMS] [ACCOUNTS]`. It makes a database of its own and
drops it; with `--keep` it stays, and the next run with the same numbers takes it as it is, but for
new migrations. Each page is asked for five times; the median counts, and its ratio to
the yardstick of 500 ms: below 1 is what we want. Beside it stands what the page and PostgreSQL used
of the processor, at first and afterwards: where other programs run, that says what it takes.

`--beside ITEMS` fills another database with so many and as many accounts, and prints for each page
how many times as long it takes with more. `--only PART` asks for the addresses that have it,
`--statements MS` prints what takes longer, with its plan.
"""

import argparse
import functools
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
django.setup()

from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

from campaigns.models import Campaign, LinkedInAccount, SendingHours, Workspace
from queueing.gates import words
from queueing.models import QueueItem

YARDSTICK_MS, TIMES = 500, 5
CONNECTED, DISCONNECTED = LinkedInAccount.Status.CONNECTED, LinkedInAccount.Status.DISCONNECTED
WORKSPACES, CAMPAIGNS, BARRED_IN_EACH = 20, 200, 1_000
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Tokyo", "UTC")

# Of those who were sent a request a quarter have accepted, a fifth of these have answered.
PEOPLE = """
INSERT INTO campaigns_prospect (id, campaign_id, public_identifier, first_name, last_name, headline,
    company, location, profile_url, linkedin_user_id, variables, status, status_reason,
    is_same_person, follow_up_due_at, accepted_at, accepted_source, replied_at, replied_source,
    last_replied_at, tag, created_at)
SELECT gen_random_uuid(), c.id, 'ada-example-' || n, 'Ada', 'Example ' || n, '',
    'Example ' || n %% 5000, '', 'https://www.linkedin.com/in/ada-example-' || n, '', '{}',
    CASE WHEN replied THEN 'replied' WHEN accepted THEN 'connected'
        WHEN sent THEN 'connection_request_sent' WHEN n %% 997 > 0 AND n %% 101 = 0 THEN 'failed'
        ELSE 'queued' END, '', false, CASE WHEN sent THEN at + interval '5 days' END,
    CASE WHEN accepted THEN at + interval '2 days' END,
    CASE WHEN accepted THEN 'relations' ELSE '' END,
    CASE WHEN replied THEN at + interval '3 days' END,
    CASE WHEN replied THEN 'messages' ELSE '' END,
    CASE WHEN replied THEN at + interval '3 days' END,
    CASE WHEN replied AND n %% 100 = 0 THEN 'interested' ELSE '' END, now() - interval '30 days'
FROM generate_series(1, %s) n
CROSS JOIN LATERAL (SELECT now() - (n %% 9000) * interval '15 minutes' AS at,
    n %% 997 > 0 AND n %% 101 > 0 AND n %% 3 > 0 AS sent) s
CROSS JOIN LATERAL (SELECT sent AND n %% 4 = 0 AND at < now() - interval '3 days' AS accepted,
    sent AND n %% 20 = 0 AND at < now() - interval '3 days' AS replied) became
JOIN (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place FROM campaigns_campaign) c
    ON c.place = n %% %s
"""
# One in a hundred failed, one in a thousand is unconfirmed, a third wait, the others were sent.
ITEMS = """
INSERT INTO send_queue (id, kind, workspace_id, campaign_id, prospect_id, linkedin_account_id,
    linkedin_user_id, person_key, message, scheduled_for, pinned, sent_at, status, error_code,
    error_message, attempts, claimed_at, claim_token, invitation_id, created_at, updated_at)
SELECT gen_random_uuid(), 'connection_request', w.id, p.campaign_id, p.id, a.id, '',
    p.public_identifier, 'Hello Ada', now() + (n %% 20000 - 14000) * interval '10 minutes', false,
    CASE WHEN s.status = 'sent' THEN now() - (n %% 9000) * interval '15 minutes' END, s.status,
    CASE WHEN s.status = 'failed' THEN 'invalid_recipient' ELSE '' END,
    CASE WHEN s.status = 'failed' THEN 'Refused for this person' ELSE '' END, 0,
    CASE WHEN s.status IN ('sent', 'unconfirmed') THEN now() - interval '1 day' END, NULL, '',
    now() - interval '30 days', now() - (n %% 9000) * interval '15 minutes'
FROM (SELECT id, campaign_id, public_identifier, split_part(public_identifier, '-', 3)::int AS n
      FROM campaigns_prospect) p
JOIN campaigns_campaign c ON c.id = p.campaign_id
JOIN campaigns_workspace w ON w.id = c.workspace_id
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 997 = 0 THEN 'unconfirmed' WHEN n %% 101 = 0
    THEN 'failed' WHEN n %% 3 = 0 THEN 'pending' ELSE 'sent' END AS status) s
JOIN (SELECT id, workspace_id, row_number() OVER (PARTITION BY workspace_id ORDER BY name) - 1
      AS place FROM campaigns_linkedinaccount) a
    ON a.workspace_id = w.id AND a.place = n / %s %% %s
"""
# A call for whatever failed or is in doubt; a list of people never to be written to, of whom nearly
# nobody is queued.
CALLS = """
INSERT INTO queueing_sendattempt (id, item_id, kind, route, number, started_at, finished_at,
    outcome, http_status, error_code, detail)
SELECT gen_random_uuid(), id, 'send', 'invite', 1, claimed_at, claimed_at, 'rejected', 422,
    'invalid_recipient', '{"status": 422}'
FROM (SELECT id, coalesce(claimed_at, created_at) AS claimed_at FROM send_queue
      WHERE status IN ('failed', 'unconfirmed')) item
"""
BARRED = """
INSERT INTO campaigns_donotcontact (id, workspace_id, kind, value, reason, created_at)
SELECT gen_random_uuid(), id, 'person', 'ada-example-' || (n * 20 + place) * 10, '', now()
FROM generate_series(1, %s) n
CROSS JOIN (SELECT id, row_number() OVER (ORDER BY name) AS place FROM campaigns_workspace) w
"""


def fill(items: int, accounts: int) -> None:
    """Store workspaces, campaigns, accounts and items: every account sends for every campaign."""
    each = accounts // WORKSPACES
    for number in range(WORKSPACES):
        hours = SendingHours.objects.create(name=f"Hours {number:02}", timezone=ZONES[number % 4])
        workspace = Workspace.objects.create(name=f"Workspace {number:02}", sending_hours=hours)
        accounts_here = LinkedInAccount.objects.bulk_create(
            LinkedInAccount(
                workspace=workspace,
                name=f"Account {number:02}-{n:03}",
                unipile_account_id=f"bench-{number}-{n}",
                account_type=LinkedInAccount.Type.SALES_NAVIGATOR,
                status=DISCONNECTED if n % 20 == 1 else CONNECTED,
            )
            for n in range(each)
        )
        campaigns = Campaign.objects.bulk_create(
            Campaign(
                workspace=workspace,
                name=f"Campaign {number:02}-{n}",
                status=Campaign.Status.ACTIVE,
                message_template="Hello {{ first_name }}",
            )
            for n in range(CAMPAIGNS // WORKSPACES)
        )
        for campaign in campaigns:
            campaign.accounts.set(accounts_here)
    with connection.cursor() as cursor:
        with written_at_once(cursor, "campaigns_prospect"):
            cursor.execute(PEOPLE, [items, CAMPAIGNS])
        with written_at_once(cursor, "send_queue"):
            cursor.execute(ITEMS, [CAMPAIGNS, each])
        cursor.execute(CALLS)
        cursor.execute(BARRED, [BARRED_IN_EACH])
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def written_at_once(cursor: Any, table: str) -> Iterator[None]:
    """Make a table's indexes anew afterwards, and check no foreign keys: five times as quick."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'x'",
        [table],
    )
    constraints = cursor.fetchall()
    for name, _ in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT indisprimary",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET session_replication_role = replica")
    yield
    cursor.execute("SET session_replication_role = DEFAULT")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        cursor.execute(definition)
    for name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def addresses() -> dict[str, str]:
    """Return the pages that people open, searches and filters among them, by a name for each."""
    workspace = Workspace.objects.order_by("name").first()  # one of the clerk's
    item = QueueItem.objects.filter(workspace=workspace, status="pending").first()
    failed = QueueItem.objects.filter(workspace=workspace, status="failed").first()
    account = LinkedInAccount.objects.filter(workspace=workspace)[0]
    campaign = Campaign.objects.filter(workspace=workspace)[0]
    if item is None or failed is None:
        raise SystemExit("too few items to look at")
    queue = "/admin/queueing/queueitem/"
    found = [
        "/admin/",
        "/admin/dashboard/",
        queue,
        f"{queue}?p=5",
        f"{queue}?status__exact=pending",
        f"{queue}?q=example+77777",
        f"{queue}?q=nobody",
        f"{queue}?account={account.pk}",
        f"{queue}?campaign={campaign.pk}",
        *(f"{queue}?waits_for={reason}" for reason in words.IN_WORDS if reason != "pending"),
        f"{queue}{item.pk}/change/",
        f"{queue}{failed.pk}/change/",
        "/admin/queueing/failedsend/",
        f"{queue}?q=ada+example+100",
        "/admin/queueing/failedsend/?q=ada",
        "/admin/queueing/failedsend/?q=ada+example+100",
        "/admin/queueing/unconfirmedsend/",
        "/admin/queueing/sendattempt/",
        "/admin/campaigns/prospect/",
        "/admin/campaigns/prospect/?q=ada",
        "/admin/campaigns/prospect/?q=example+4242",
        "/admin/campaigns/campaign/",
        f"/admin/campaigns/campaign/{campaign.pk}/change/",
        f"/admin/campaigns/campaign/{campaign.pk}/forecast/",
        "/admin/campaigns/linkedinaccount/",
        f"/admin/campaigns/linkedinaccount/{account.pk}/change/",
        "/admin/campaigns/workspace/",
        f"/admin/campaigns/workspace/{account.workspace_id}/change/",
        f"/admin/campaigns/workspace/{account.workspace_id}/report/",
        f"/admin/campaigns/prospect/{item.prospect_id}/change/",
        "/admin/numbers/",
        "/admin/queueing/reply/",
    ]
    rows = {
        "WORKSPACE": account.workspace,
        "ITEM": item,
        "FAILED": failed,
        "PERSON": item.prospect,
        "ACCOUNT": account,
        "CAMPAIGN": campaign,
    }
    return {
        functools.reduce(lambda url, what: url.replace(str(rows[what].pk), what), rows, url): url
        for url in found
    }


class Took(NamedTuple):
    """Milliseconds of a page: the median of five, and processor time of it and of PostgreSQL.

    Processor time is what a page takes where nothing else runs: `first` when nothing is kept.
    """

    median: float
    first: float
    cpu: float


def took(browser: Client, address: str) -> Took:
    """Ask for a page five times."""
    wall, cpu = [], []
    for _ in range(TIMES):
        began, used = time.perf_counter(), processor_ms()
        answer = browser.get(address)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append(processor_ms() - used)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
    return Took(statistics.median(wall), cpu[0], statistics.mean(cpu[1:]))


def processor_ms() -> float:
    """Return what this process and its backend, on this machine, have used by now."""
    assert connection.connection is not None
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    user, system = backend.rpartition(")")[2].split()[11:13]
    ticks = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return (time.process_time() + ticks) * 1000


def megabytes() -> float:
    """Return the memory of this process, which serves the pages."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


class Watch:
    """Prints the statements that take longer than so many milliseconds, and their plans."""

    def __init__(self, longest: float) -> None:
        self.longest = longest

    def __call__(self, execute: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        found = execute(sql, values, many, context)
        took = (time.perf_counter() - began) * 1000
        if took > self.longest and str(sql).lstrip("( ").upper().startswith(("SELECT", "WITH")):
            print(f"--- {took:.0f} ms: {str(sql)[:4000]}")
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", values)
                print("\n".join(row[0][:240] for row in cursor.fetchall()), flush=True)
        return found


@contextmanager
def a_database(items: int, accounts: int, *, keep: bool) -> Iterator[None]:
    """Make a database with so many items, or take the one that was kept."""
    name = f"bench_desk_{items}_{accounts}"
    connection.close()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0)
    try:
        if not User.objects.exists():  # made last
            if Workspace.objects.exists():
                raise SystemExit(f"{name} was not filled to its end: drop it first")
            began = time.perf_counter()
            fill(items, accounts)
            make_users()
            print(f"stored in {time.perf_counter() - began:.0f} s", flush=True)
        yield
    finally:
        connection.close()
        if not keep:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def make_users() -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.workspaces.set(Workspace.objects.order_by("name")[:2])
    clerk.user_permissions.set(Permission.objects.all())
    User.objects.create_superuser("boss")


def timed(asked: argparse.Namespace, items: int) -> dict[tuple[str, str], Took]:
    """Ask for all pages, and return what each took for each user."""
    found = {}
    with a_database(items, asked.accounts, keep=asked.keep):
        print(f"{QueueItem.objects.count():,} items, {LinkedInAccount.objects.count():,} accounts")
        pages = addresses()
        with connection.cursor() as cursor:  # all its work is one backend's, and can be told
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        print(f"{'':<64} median  ratio  first    cpu", flush=True)
        for user in User.objects.order_by("username"):
            browser = Client()
            browser.force_login(user)
            for what, address in pages.items():
                if asked.only in address:
                    if asked.statements is not None:
                        print(f"=== {user}: {what}", flush=True)
                        with connection.execute_wrapper(Watch(asked.statements)):
                            browser.get(address)
                    found[user.username, what] = page = took(browser, address)
                    ratio = page.median / YARDSTICK_MS
                    times = f"{page.median:6.0f} {ratio:6.2f} {page.first:6.0f} {page.cpu:6.0f}"
                    print(f"{user}: {what:<56} {times}", flush=True)
            print(f"{user}: {megabytes():.0f} MB in this process by now", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the admin's pages over a large queue.")
    parser.add_argument("items", type=int, nargs="?", default=1_000_000)
    parser.add_argument("accounts", type=int, nargs="?", default=1_000)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--beside", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--statements", type=float)
    asked = parser.parse_args()
    setup_test_environment()
    found = timed(asked, asked.items)
    if asked.beside:
        fewer = timed(asked, asked.beside)
        for (user, what), page in found.items():
            before = fewer[user, what]
            wall, cpu = page.median / before.median, page.cpu / max(before.cpu, 1)
            print(f"{user}: {what:<56} {wall:6.2f} times, by processor time {cpu:6.2f}")


if __name__ == "__main__":
    main()
