"""The probe answers from what it reads, and names nobody."""

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from campaigns.models import LinkedInAccount
from queueing.unipile import CALLS_AT_MOST
from sandbox.testing import Sandbox
from tests.conftest import BOTH

pytestmark = [pytest.mark.django_db, BOTH]


def test_the_open_questions(
    account: LinkedInAccount,
    sandbox: Sandbox,
    spoken: str,
    settings: LazySettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.UNIPILE_DSN, settings.UNIPILE_API_KEY = sandbox.url, sandbox.api_key
    settings.UNIPILE_API_VERSION = spoken
    unipile_id = account.unipile_account_id
    sandbox.control.settings(page_cap=1)
    sandbox.control.invite_by_hand(unipile_id, "ada-example", "milo-example")
    sandbox.control.set_degree(unipile_id, "zoe-example", "FIRST_DEGREE")
    sandbox.control.write(unipile_id, "zoe-example", "A secret word")
    before = len(sandbox.control.calls())

    call_command("probe_unipile", "--account", unipile_id)

    told = capsys.readouterr().out
    made = sandbox.control.calls()[before:]
    assert {call["method"] for call in made} == {"GET"}
    assert len(made) == {"v1": CALLS_AT_MOST - 1, "v2": CALLS_AT_MOST}[spoken]
    assert "In which order are relations?" in told
    assert "401" in told.split("What answers a wrong key?")[1].splitlines()[1]
    for name in ("ada-example", "milo", "zoe", "secret word", "ACoAA", unipile_id, sandbox.api_key):
        assert name.casefold() not in told.casefold()


def test_an_account_that_is_not_ours_is_not_asked(sandbox: Sandbox) -> None:
    with pytest.raises(CommandError, match="no account with the Unipile id"):
        call_command("probe_unipile", "--account", "acc_unknown")
