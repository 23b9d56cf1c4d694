"""Who is written to, and what? Workspaces, accounts, hours, campaigns and prospects.

Names of models and fields are relied on by data and scripts outside the code: keep them.
"""

from campaigns.models.desks import Desk, SavedView
from campaigns.models.do_not_contact import DoNotContact
from campaigns.models.erased import ErasedPerson
from campaigns.models.prospects import Prospect
from campaigns.models.search import matching
from campaigns.models.sending_hours import ClosedDay, SendingHours, default_hours
from campaigns.models.steps import Step
from campaigns.models.workspaces import Campaign, LinkedInAccount, Workspace

__all__ = [
    "Campaign",
    "ClosedDay",
    "Desk",
    "DoNotContact",
    "ErasedPerson",
    "LinkedInAccount",
    "Prospect",
    "SavedView",
    "SendingHours",
    "Step",
    "Workspace",
    "default_hours",
    "matching",
]
