"""What Unipile reports of an account's features is compared with its type, and told once."""

import pytest

from campaigns.models import LinkedInAccount
from queueing.looking import features, syncing
from queueing.models import Notice
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("account_type", "reported", "lacks"),
    [
        ("free", [], False),
        ("free", ["premium"], False),
        ("premium", ["premium"], False),
        ("premium", ["sales_navigator"], False),
        ("premium", [], True),
        ("sales_navigator", ["sales_navigator"], False),
        ("sales_navigator", ["recruiter"], False),
        ("sales_navigator", ["premium"], True),
        ("sales_navigator", ["something_new"], True),
    ],
)
def test_a_type_needs_its_features(account_type: str, reported: list[str], lacks: bool) -> None:
    assert bool(features.mismatch(account_type, reported)) is lacks


def test_an_account_that_lacks_its_types_features_is_told_of_once_for_each_lapse(
    account: LinkedInAccount, sandbox: Sandbox, client_of_unipile: Client
) -> None:
    told = []
    for tier in ("free", "free", "sales_navigator", "free"):
        sandbox.control.add_account(account.unipile_account_id, tier)
        syncing.sync_accounts(client_of_unipile, NOON)
        told.append(Notice.objects.count())

    assert told == [1, 1, 1, 2]
    assert (
        "is set to Sales Navigator, and Unipile reports"
        in Notice.objects.earliest("created_at").text
    )
