"""A first workspace to look at: invented people, as many items as the replaced system had."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, Workspace
from queueing.management import sample_after
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import follow_up_due_at
from queueing.unipile import Outcome

# Accounts that the sandbox holds when it is started bare: name, Unipile's id, type.
ACCOUNTS = (
    ("Nora Example", "sandbox-account-free", LinkedInAccount.Type.FREE),
    ("Sam Example", "sandbox-account-nav", LinkedInAccount.Type.SALES_NAVIGATOR),
)
PEOPLE = (
    ("Ada", "Example Engines"),
    ("Ben", "Sample & Sons"),
    ("Chloé", "Muster GmbH"),
    ("Dev", "Example Engines"),
    ("Esra", "Placeholder Ltd"),
    ("Femi", "Sample & Sons"),
    ("Greta", "Muster GmbH"),
    ("Hugo", "Example Engines"),
    ("Ines", "Placeholder Ltd"),
    ("Jun", "Sample & Sons"),
    ("Kofi", "Example Engines"),
    ("Lena", "Muster GmbH"),
    ("Milo", "Placeholder Ltd"),
    ("Nadia", "Sample & Sons"),
    ("Otto", "Muster GmbH"),
    ("Priya", "Example Engines"),
    ("Quentin", "Placeholder Ltd"),
    ("Rosa", "Sample & Sons"),
    ("Sven", "Muster GmbH"),
    ("Tala", "Example Engines"),
    ("Uma", "Placeholder Ltd"),
    ("Vito", "Sample & Sons"),
    ("Wanda", "Muster GmbH"),
)
SENT, PENDING = 5, 17  # and one failed
QUEUED_AGO = dt.timedelta(days=SENT + 1)
MESSAGE = (
    "Hi {{ first_name }}, I follow what {{ company }} does and would like to stay in touch. "
    "All the best"
)
REFUSAL = (
    '{"status":422,"type":"errors/invalid_recipient","title":"Invalid recipient",'
    '"detail":"This member does not take invitations."}'
)


def load(now: dt.datetime) -> bool:
    """Load the sample, all or nothing. Returns False, with nothing done, where data is already."""
    with transaction.atomic():
        if Workspace.objects.exists():
            return False
        workspace = Workspace.objects.create(name="Sample workspace")
        accounts = [
            LinkedInAccount.objects.create(
                workspace=workspace, name=name, unipile_account_id=unipile_id, account_type=kind
            )
            for name, unipile_id, kind in ACCOUNTS
        ]
        campaigns = _campaigns(workspace, accounts)
        earlier = ProcessRun.objects.create(
            trigger=ProcessRun.Trigger.COMMAND,
            started_at=now - dt.timedelta(days=1),
            finished_at=now - dt.timedelta(days=1),
            message="CR sent. 17 messages remaining in queue",
            counts={"sent": SENT, "failed": 1, "held": {}},
        )
        for number, (first_name, company) in enumerate(PEOPLE):
            # Two in turn to each account, so that both accounts serve both campaigns.
            campaign, account = campaigns[number % 2], accounts[number // 2 % 2]
            prospect = Prospect.objects.create(
                campaign=campaign,
                first_name=first_name,
                last_name="Example",
                company=company,
                profile_url=f"https://www.linkedin.com/in/{_slug(first_name)}",
                status=Prospect.Status.QUEUED,
            )
            _queue(prospect, account, number, earlier, now)
        partners = _campaign(workspace, "Partners, with follow-ups", campaigns[0].sending_hours)
        partners.accounts.set(accounts)
        sample_after.load(partners, accounts[1], earlier, now)
        sample_after.follow_up_due(campaigns[0], accounts[1], earlier, now)
        # Saving dates rows of itself; these were queued, sent and refused earlier.
        queued = Least(now - QUEUED_AGO, F("scheduled_for") - dt.timedelta(days=1))
        QueueItem.objects.update(created_at=queued, updated_at=F("scheduled_for"))
    return True


def _slug(first_name: str) -> str:
    return f"{first_name.lower()}-example".replace("é", "e")


def _campaigns(workspace: Workspace, accounts: list[LinkedInAccount]) -> list[Campaign]:
    around_the_clock = SendingHours.objects.create(
        workspace=workspace,
        name="Around the clock",
        timezone="UTC",
        working_hours_start=dt.time(0),
        working_hours_end=dt.time(0),
        skip_weekends=False,
        skip_holidays=False,
    )
    campaigns = [
        _campaign(workspace, name, hours)
        for name, hours in (
            ("Founders, around the clock", around_the_clock),
            ("Engineers, office hours", None),
        )
    ]
    for campaign in campaigns:
        campaign.accounts.set(accounts)
    return campaigns


def _campaign(workspace: Workspace, name: str, hours: SendingHours | None) -> Campaign:
    return Campaign.objects.create(
        workspace=workspace,
        name=name,
        status=Campaign.Status.ACTIVE,
        message_template=MESSAGE,
        sending_hours=hours,
    )


def _queue(
    prospect: Prospect,
    account: LinkedInAccount,
    number: int,
    run: ProcessRun,
    now: dt.datetime,
) -> None:
    """Queue one person: the first were sent, one to each of the last days, the last has failed."""
    item = QueueItem.objects.create(
        workspace=account.workspace,
        campaign=prospect.campaign,
        prospect=prospect,
        linkedin_account=account,
        person_key=prospect.person_key,
        message=MESSAGE.replace("{{ first_name }}", prospect.first_name).replace(
            "{{ company }}", prospect.company
        ),
        scheduled_for=now - dt.timedelta(minutes=len(PEOPLE) - number),
    )
    if number < SENT:
        _was_sent(item, now - dt.timedelta(days=SENT - number), run, f"sample-{number + 1}")
    elif number >= SENT + PENDING:
        _has_failed(item, now - dt.timedelta(days=1), run)


def _was_sent(item: QueueItem, at: dt.datetime, run: ProcessRun, invitation_id: str) -> None:
    _attempt(item, at, run, Outcome.SENT, 201, detail=f'{{"invitation_id":"{invitation_id}"}}')
    item.status, item.sent_at, item.scheduled_for = QueueItem.Status.SENT, at, at
    item.invitation_id = invitation_id
    item.save()
    item.prospect.status = Prospect.Status.CONNECTION_REQUEST_SENT
    item.prospect.follow_up_due_at = follow_up_due_at(item.campaign, at)
    item.prospect.save()


def _has_failed(item: QueueItem, at: dt.datetime, run: ProcessRun) -> None:
    _attempt(item, at, run, Outcome.REJECTED, 422, "invalid_recipient", REFUSAL)
    item.status, item.attempts, item.scheduled_for = QueueItem.Status.FAILED, 1, at
    item.error_code = "invalid_recipient"
    item.error_message = (
        "Refused for this person or this text (422 errors/invalid_recipient, Invalid recipient: "
        "This member does not take invitations.)"
    )
    item.save()
    item.prospect.status = Prospect.Status.FAILED
    item.prospect.status_reason = item.error_message
    item.prospect.save()


def _attempt(
    item: QueueItem,
    at: dt.datetime,
    run: ProcessRun,
    outcome: str,
    http_status: int,
    error_code: str = "",
    detail: str = "",
) -> None:
    SendAttempt.objects.create(
        item=item,
        run=run,
        kind=SendAttempt.Kind.SEND,
        number=1,
        started_at=at,
        finished_at=at + dt.timedelta(seconds=1),
        outcome=outcome,
        http_status=http_status,
        error_code=error_code,
        detail=detail,
    )
