"""A large queue, stored by the database itself: for measurements, and for plans in tests."""

import datetime as dt

from django.db import connection

from campaigns.models import Campaign, LinkedInAccount, Workspace
from tests.builders import hours_all_day

NOW = dt.datetime(2026, 7, 8, 16, tzinfo=dt.UTC)
CAMPAIGNS = 100

PEOPLE = """
INSERT INTO campaigns_prospect (id, campaign_id, public_identifier, first_name, last_name, headline,
    company, location, profile_url, linkedin_user_id, variables, status, status_reason,
    is_same_person, created_at)
SELECT gen_random_uuid(), c.id, 'ada-example-' || n, 'Ada', 'Example ' || n, '',
    'Example ' || n %% 5000, '', 'https://www.linkedin.com/in/ada-example-' || n, 'ACoAA' || n,
    '{}', 'queued', '', false, %s
FROM generate_series(1, %s) n
JOIN (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place FROM campaigns_campaign) c
    ON c.place = n %% %s
"""
# Of each account: two due, one sent today, two more this week; of what is left a third waits for
# the next months, the others were sent in the last ones.
ITEMS = """
INSERT INTO send_queue (id, kind, workspace_id, campaign_id, prospect_id, linkedin_account_id,
    linkedin_user_id, person_key, message, scheduled_for, pinned, sent_at, status, error_code,
    error_message, attempts, claimed_at, claim_token, invitation_id, created_at, updated_at)
SELECT gen_random_uuid(), 'connection_request', c.workspace_id, p.campaign_id, p.id, a.id,
    p.linkedin_user_id, p.public_identifier, 'Hello Ada', %(now)s + s.due, false,
    CASE WHEN s.status = 'sent' THEN %(now)s + s.due END, s.status, '', '', 0,
    CASE WHEN s.status = 'sent' THEN %(now)s + s.due END, NULL, '', %(now)s - interval '1 year',
    %(now)s
FROM (SELECT *, row_number() OVER () - 1 AS n FROM campaigns_prospect) p
JOIN campaigns_campaign c ON c.id = p.campaign_id
JOIN (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place FROM campaigns_linkedinaccount) a
    ON a.place = p.n %% %(accounts)s
CROSS JOIN LATERAL (SELECT p.n / %(accounts)s AS turn) t
CROSS JOIN LATERAL (SELECT
    CASE WHEN turn < 2 OR turn >= 5 AND turn %% 3 = 0 THEN 'pending' ELSE 'sent' END AS status,
    CASE WHEN turn < 2 THEN interval '-1 hour' * (turn + 1)
        WHEN turn = 2 THEN interval '-3 hours'
        WHEN turn < 5 THEN interval '-1 day' * turn / 2 - interval '1 day'
        WHEN turn %% 3 = 0 THEN interval '1 hour' * turn
        ELSE interval '-8 days' - interval '1 hour' * turn END AS due) s
"""


def fill(rows: int, accounts: int) -> None:
    """Store so many items of so many accounts, in the place of what there was; analyse them."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE campaigns_workspace, campaigns_sendinghours CASCADE")
    workspace = Workspace.objects.create(name="Many")
    kept = hours_all_day(workspace=workspace, skip_weekends=False, skip_holidays=False)
    all_accounts = LinkedInAccount.objects.bulk_create(
        LinkedInAccount(
            workspace=workspace,
            name=f"{n:07}",
            unipile_account_id=f"many-{n}",
            account_type=LinkedInAccount.Type.SALES_NAVIGATOR,
        )
        for n in range(accounts)
    )
    campaigns = Campaign.objects.bulk_create(
        Campaign(
            workspace=workspace,
            name=f"Campaign {n:03}",
            status=Campaign.Status.ACTIVE,
            sending_hours=kept,
            message_template="Hello {{ first_name }}",
        )
        for n in range(CAMPAIGNS)
    )
    campaigns[0].accounts.set(all_accounts)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [NOW - dt.timedelta(days=365), rows, CAMPAIGNS])
        cursor.execute(ITEMS, {"now": NOW, "accounts": accounts})
        cursor.execute("ANALYZE")
