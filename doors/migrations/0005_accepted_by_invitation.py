"""Tell of an acceptance once there is one: who was connected before has accepted nothing."""

from django.db import migrations

FORWARD = """
DROP TRIGGER told_to_webhooks ON campaigns_prospect;
CREATE OR REPLACE FUNCTION sendq_tell_of_prospect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sendq_tell(campaign.workspace_id, told.event,
        jsonb_build_object('id', NEW.id, 'campaign_id', NEW.campaign_id))
    FROM campaigns_campaign AS campaign, (VALUES
        ('prospect.accepted', OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL),
        ('prospect.answered', OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'replied')
    ) AS told (event, is_news)
    WHERE campaign.id = NEW.campaign_id AND told.is_news;
    RETURN NULL;
END $$;
CREATE TRIGGER told_to_webhooks AFTER UPDATE OF status, accepted_at ON campaigns_prospect
FOR EACH ROW
WHEN ((OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL)
    OR (OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'replied'))
EXECUTE FUNCTION sendq_tell_of_prospect();
"""

BACK = """
DROP TRIGGER told_to_webhooks ON campaigns_prospect;
CREATE OR REPLACE FUNCTION sendq_tell_of_prospect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sendq_tell(campaign.workspace_id,
        CASE NEW.status WHEN 'connected' THEN 'prospect.accepted' ELSE 'prospect.answered' END,
        jsonb_build_object('id', NEW.id, 'campaign_id', NEW.campaign_id))
    FROM campaigns_campaign AS campaign WHERE campaign.id = NEW.campaign_id;
    RETURN NULL;
END $$;
CREATE TRIGGER told_to_webhooks AFTER UPDATE OF status ON campaigns_prospect FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('connected', 'replied'))
EXECUTE FUNCTION sendq_tell_of_prospect();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0004_sealed"),
        ("campaigns", "0015_after_the_invitation"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACK)]
