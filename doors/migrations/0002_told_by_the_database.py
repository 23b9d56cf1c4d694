"""Let the database itself store what is to be told, in the transaction of the change.

Whatever changes a state, by whichever way, is told: nothing has to remember it. Where a workspace
has no webhook this costs one look at an empty table.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION sendq_tell(workspace uuid, event text, told jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO doors_delivery
        (id, endpoint_id, event, data, happened_at, due_at, tries, trouble)
    SELECT gen_random_uuid(), endpoint.id, event, told, now(), now(), 0, ''
    FROM doors_endpoint AS endpoint
    WHERE endpoint.workspace_id = workspace AND endpoint.is_active
        AND (endpoint.events = '{}' OR event = ANY (endpoint.events))
$$;

CREATE FUNCTION sendq_tell_of_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sendq_tell(NEW.workspace_id, NEW.kind || '.' || NEW.status, jsonb_build_object(
        'id', NEW.id, 'campaign_id', NEW.campaign_id, 'prospect_id', NEW.prospect_id,
        'account_id', NEW.linkedin_account_id, 'step', NEW.step, 'error_code', NEW.error_code,
        'sent_at', NEW.sent_at));
    RETURN NULL;
END $$;
CREATE TRIGGER told_to_webhooks AFTER UPDATE OF status ON send_queue FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('sent', 'failed'))
EXECUTE FUNCTION sendq_tell_of_item();

CREATE FUNCTION sendq_tell_of_prospect() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION sendq_tell_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sendq_tell(NEW.workspace_id,
        CASE NEW.status WHEN 'connected' THEN 'account.back' ELSE 'account.lost' END,
        jsonb_build_object('id', NEW.id, 'status', NEW.status));
    RETURN NULL;
END $$;
CREATE TRIGGER told_to_webhooks AFTER UPDATE OF status ON campaigns_linkedinaccount FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status
    AND (OLD.status = 'connected' OR NEW.status = 'connected'))
EXECUTE FUNCTION sendq_tell_of_account();

CREATE FUNCTION sendq_tell_of_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sendq_tell(NEW.workspace_id, 'campaign.completed', jsonb_build_object('id', NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER told_to_webhooks AFTER UPDATE OF status ON campaigns_campaign FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'completed')
EXECUTE FUNCTION sendq_tell_of_campaign();
"""

BACK = """
DROP TRIGGER told_to_webhooks ON send_queue;
DROP TRIGGER told_to_webhooks ON campaigns_prospect;
DROP TRIGGER told_to_webhooks ON campaigns_linkedinaccount;
DROP TRIGGER told_to_webhooks ON campaigns_campaign;
DROP FUNCTION sendq_tell_of_item();
DROP FUNCTION sendq_tell_of_prospect();
DROP FUNCTION sendq_tell_of_account();
DROP FUNCTION sendq_tell_of_campaign();
DROP FUNCTION sendq_tell(uuid, text, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0001_initial"),
        ("queueing", "0004_groups"),
        ("campaigns", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FUNCTIONS, BACK)]
