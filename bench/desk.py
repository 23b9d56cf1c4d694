"""Time the admin's pages over a large queue, beside what people take for "at once": half a second.

Run from the checkout: `python bench/desk.py [ITEMS] [ACCOUNTS]`. It makes a database of its own and
drops it. Each page is asked for three times; the median counts. The last column is the ratio to the
yardstick of 500 ms: below 1 is what we want.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
django.setup()

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import (
    setup_databases,
    setup_test_environment,
    teardown_databases,
)

from campaigns.models import Campaign, LinkedInAccount, SendingHours, Workspace
from queueing.gates import words
from queueing.models import QueueItem

YARDSTICK_MS = 500
CONNECTED, DISCONNECTED = LinkedInAccount.Status.CONNECTED, LinkedInAccount.Status.DISCONNECTED
WORKSPACES, CAMPAIGNS, BARRED_IN_EACH = 20, 200, 1_000
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Tokyo", "UTC")

PEOPLE = """
INSERT INTO campaigns_prospect (id, campaign_id, public_identifier, first_name, last_name, headline,
    company, location, profile_url, linkedin_user_id, variables, status, status_reason,
    is_same_person, created_at)
SELECT gen_random_uuid(), c.id, 'ada-example-' || n, 'Ada', 'Example ' || n, '',
    'Example ' || n %% 5000, '', 'https://www.linkedin.com/in/ada-example-' || n, '', '{}',
    'queued', '', false, now() - interval '30 days'
FROM generate_series(1, %s) n
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
FROM (SELECT id, campaign_id, public_identifier, row_number() OVER () AS n
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
        cursor.execute(PEOPLE, [items, CAMPAIGNS])
        cursor.execute(ITEMS, [CAMPAIGNS, each])
        cursor.execute(CALLS)
        cursor.execute(BARRED, [BARRED_IN_EACH])
        cursor.execute("VACUUM ANALYZE")


def addresses() -> list[str]:
    """Return the pages that people open, searches and filters among them."""
    workspace = Workspace.objects.order_by("name").first()  # one of the clerk's
    item = QueueItem.objects.filter(workspace=workspace, status="pending").first()
    failed = QueueItem.objects.filter(workspace=workspace, status="failed").first()
    account = LinkedInAccount.objects.filter(workspace=workspace)[0]
    campaign = Campaign.objects.filter(workspace=workspace)[0]
    if item is None or failed is None:
        raise SystemExit("too few items to look at")
    queue = "/admin/queueing/queueitem/"
    return [
        "/admin/",
        "/admin/dashboard/",
        queue,
        f"{queue}?p=20",
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


def milliseconds(browser: Client, address: str) -> float:
    """Return the median of three requests."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        answer = browser.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
    return statistics.median(taken)


def main(items: int, accounts: int) -> None:
    began = time.perf_counter()
    fill(items, accounts)
    print(
        f"{QueueItem.objects.count():,} items, {LinkedInAccount.objects.count():,} accounts,"
        f" stored in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    boss = User.objects.create_superuser("boss")
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.workspaces.set(Workspace.objects.order_by("name")[:2])
    clerk.user_permissions.set(Permission.objects.all())
    for user in (boss, clerk):
        browser = Client()
        browser.force_login(user)
        for address in addresses():
            took = milliseconds(browser, address)
            ratio = took / YARDSTICK_MS
            print(f"{user}: {address[:70]:<70} {took:7.0f} ms {ratio:6.2f}", flush=True)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers + [1_000_000, 1_000][len(numbers) :]))
    finally:
        teardown_databases(made, verbosity=0)
