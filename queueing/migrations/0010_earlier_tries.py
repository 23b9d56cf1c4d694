"""Note on items which of their tries may have arrived, and on attempts whose account made them."""

from django.db import migrations

_ACCOUNTS = """
UPDATE queueing_sendattempt AS attempt SET linkedin_account_id = item.linkedin_account_id
FROM send_queue AS item WHERE item.id = attempt.item_id AND attempt.linkedin_account_id IS NULL
"""
# Ends of former times stay ends: whoever is held by them was so before.
_TRIES = """
UPDATE send_queue AS item SET tried_at = coalesce(tried.at, item.claimed_at)
FROM (
    SELECT waiting.id, max(attempt.started_at) AS at FROM send_queue AS waiting
    LEFT JOIN queueing_sendattempt AS attempt ON attempt.item_id = waiting.id
        AND attempt.kind = 'send' AND attempt.finished_at IS NOT NULL AND (
            attempt.outcome IN ('unknown', 'throttled', 'account_limit')
            OR (attempt.outcome = 'not_sent' AND attempt.http_status IS NOT NULL)
        )
    WHERE waiting.status IN ('pending', 'sending', 'unconfirmed')
    GROUP BY waiting.id
) AS tried
WHERE tried.id = item.id AND (tried.at IS NOT NULL OR item.status = 'unconfirmed')
"""


class Migration(migrations.Migration):
    dependencies = [("queueing", "0009_tries_that_may_have_arrived")]

    operations = [
        migrations.RunSQL(_ACCOUNTS, migrations.RunSQL.noop),
        migrations.RunSQL(_TRIES, migrations.RunSQL.noop),
    ]
