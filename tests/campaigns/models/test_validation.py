"""Whatever staff type wrongly is refused with words at the field that is wrong."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Model

from campaigns import messages
from campaigns.models import (
    Campaign,
    DoNotContact,
    LinkedInAccount,
    Prospect,
    SendingHours,
    Workspace,
)
from campaigns.pages import CampaignForm
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, hours_all_day

pytestmark = pytest.mark.django_db
USER_ID = "ACoAAexample0000000000"


def problems(row: Model) -> dict[str, str]:
    """Field -> its messages, as a form would show them; empty for a good row."""
    try:
        row.full_clean()
    except ValidationError as error:
        return {field: " ".join(texts) for field, texts in error.message_dict.items()}
    return {}


def a_row(model: type[Model], **values: Any) -> Model:
    """A row, not yet saved, that is good but for the values given."""
    workspace = a_workspace()
    good: dict[type[Model], dict[str, Any]] = {
        Workspace: {"name": "Example & Co"},
        LinkedInAccount: {"workspace": workspace, "name": "Ada", "unipile_account_id": "ada-1"},
        Campaign: {"workspace": workspace, "name": "Spring"},
        SendingHours: {"name": "Office"},
        DoNotContact: {"workspace": workspace, "value": "ada-example"},
        Prospect: {"public_identifier": "ada-example"},
    }
    if model is Prospect:
        good[Prospect]["campaign"] = a_campaign(workspace)
    return model(**{**good[model], **values})


@pytest.mark.parametrize(
    "model", [Workspace, LinkedInAccount, Campaign, SendingHours, DoNotContact, Prospect]
)
def test_good_rows_have_no_problems(model: type[Model]) -> None:
    assert problems(a_row(model)) == {}


NOT_NEGATIVE = "greater than or equal to 0"


@pytest.mark.parametrize(
    ("model", "field", "value", "words"),
    [
        (Workspace, "name", "", "cannot be blank"),
        (Workspace, "tier", "gold", "not a valid choice"),
        (Workspace, "daily_cr_limit", -1, NOT_NEGATIVE),
        (Workspace, "notify_emails", "ada@example.com, ada", "“ada” is no e-mail address"),
        (Workspace, "notify_emails", ", ;", "Name an address such as ada@example.com"),
        (LinkedInAccount, "unipile_account_id", "", "cannot be blank"),
        (LinkedInAccount, "account_type", "gold", "not a valid choice"),
        (LinkedInAccount, "status", "asleep", "not a valid choice"),
        (LinkedInAccount, "daily_limit", -1, NOT_NEGATIVE),
        (LinkedInAccount, "weekly_limit", -1, NOT_NEGATIVE),
        (LinkedInAccount, "weekly_limit", "many", "must be an integer"),
        (LinkedInAccount, "min_gap_seconds", -1, NOT_NEGATIVE),
        (LinkedInAccount, "min_gap_seconds", 604_801, "less than or equal to 604800"),
        (LinkedInAccount, "paused_until", "tomorrow", "invalid format"),
        (LinkedInAccount, "warm_up_started_on", "2026-13-01", "invalid date"),
        (Campaign, "name", "", "cannot be blank"),
        (Campaign, "status", "running", "not a valid choice"),
        (Campaign, "follow_up_after_days", -1, NOT_NEGATIVE),
        (Campaign, "follow_up_after_days", 366, "less than or equal to 365"),
        (Campaign, "starts_at", "soon", "invalid format"),
        (Campaign, "message_template", "Hi {{ frist_name }}", "Did you mean first_name?"),
        (Campaign, "message_template", "Hi {{ FirstName }}", "Did you mean {{ first_name }}?"),
        (Campaign, "message_template", "Hi {{ first_name", "between braces"),
        (Campaign, "message_template", "{% for a in b %}", "between braces"),
        (Campaign, "message_template", "{{ first_name|upper }}", "between braces"),
        (SendingHours, "timezone", "Europe/Berlni", "Did you mean Europe/Berlin?"),
        (SendingHours, "working_hours_start", "7 o'clock", "is no time of day"),
        (SendingHours, "working_hours_end", dt.time(7, 0, 30), "only 30 seconds long"),
        (SendingHours, "holiday_country", "ZZ", "no holiday calendar"),
        (SendingHours, "holiday_subdivision", "ZZ", "no holiday subdivision"),
        (DoNotContact, "kind", "dog", "not a valid choice"),
        (DoNotContact, "value", "", "cannot be blank"),
        (DoNotContact, "value", "https://example.com/in/ada", "is no LinkedIn profile"),
        (Prospect, "profile_url", "https://example.com/ada", "is no LinkedIn profile"),
        (Prospect, "profile_url", f"https://www.linkedin.com/in/{USER_ID}", "LinkedIn user id"),
        (Prospect, "profile_url", "https://www.linkedin.com/in/bob-example", ""),
        (Prospect, "public_identifier", "ada example?", "names no person"),
        (Prospect, "public_identifier", USER_ID, "“LinkedIn user id”"),
        (Prospect, "linkedin_user_id", "ACwAAexample0000000000", "is no LinkedIn user id"),
        (Prospect, "variables", ["industry"], "Write an object"),
        (Prospect, "variables", "industry", "Write an object"),
        (Prospect, "variables", {"industry": ["Shipping"]}, "“industry” must be a text"),
        (Prospect, "variables", {"my industry": "Shipping"}, "“my industry” is no name"),
        (Prospect, "status", "asleep", "not a valid choice"),
    ],
)
def test_bad_values_are_refused_at_their_field(
    model: type[Model], field: str, value: object, words: str
) -> None:
    found = problems(a_row(model, **{field: value}))

    if (field, words) == ("profile_url", ""):  # of two that do not fit, the slug is the one to see
        field, words = "public_identifier", "The profile address says “bob-example”"
    assert set(found) == {field}
    assert words in found[field]


@pytest.mark.parametrize(
    "template",
    [
        "Hi {first_name}",
        "Hi {{ first_name }",
        "{# note #}",
        "{% for x in y %}",
        "{{ first_name.__class__ }}",
        "{{ first_name() }}",
        "{{ first_name|upper }}",
    ],
)
def test_nothing_but_variables_stands_between_braces(template: str) -> None:
    assert "Only variables such as {{ first_name }}" in messages.problem(template)


def test_a_message_longer_than_any_account_may_send_is_refused() -> None:
    assert problems(a_row(Campaign, message_template="x" * 300)) == {}

    found = problems(a_row(Campaign, message_template="x" * 301))

    assert found == {
        "message_template": "The note has at least 301 characters. LinkedIn takes 300 at most."
    }


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{{ industry }} and {{ first_name }}", ""),
        ("{{ branch }}", "Unknown variable: branch. Known are: company, first_name, headline, "),
    ],
)
def test_once_people_are_imported_every_variable_must_be_known(message: str, words: str) -> None:
    campaign = a_campaign(a_workspace())
    a_prospect(campaign, variables={"industry": "Shipping"})
    campaign.message_template = message

    found = problems(campaign)

    assert found.keys() == ({"message_template"} if words else set())
    assert words in found.get("message_template", "")


def test_hours_of_another_workspace_are_refused() -> None:
    own, other = a_workspace(), a_workspace()
    foreign = hours_all_day(workspace=other)

    own.sending_hours = foreign
    campaign = Campaign(workspace=own, name="Spring", sending_hours=foreign)

    assert "another client" in problems(own)["sending_hours"]
    assert "another client" in problems(campaign)["sending_hours"]


def test_shared_hours_and_own_hours_are_taken() -> None:
    own = a_workspace()
    own.sending_hours = hours_all_day(workspace=own)

    assert problems(own) == {}
    assert problems(Campaign(workspace=own, name="Spring", sending_hours=hours_all_day())) == {}


def test_hours_that_others_use_stay_shared() -> None:
    own, shared = a_workspace(), hours_all_day()
    campaign = a_campaign(a_workspace(), sending_hours=shared)

    shared.workspace = own
    assert "Other clients use these hours" in problems(shared)["workspace"]

    campaign.delete()
    assert problems(shared) == {}


def test_a_campaign_with_people_stays_in_its_workspace() -> None:
    campaign = a_campaign(a_workspace(), sending_hours=None)
    campaign.workspace = a_workspace()
    assert problems(campaign) == {}

    a_prospect(campaign)

    assert "it stays with its client" in problems(campaign)["workspace"]


def test_an_account_in_use_stays_in_its_workspace() -> None:
    account = an_account(a_workspace())
    a_campaign(account.workspace, account)

    account.workspace = a_workspace()

    assert "Campaigns of its client use this account" in problems(account)["workspace"]


@pytest.mark.parametrize(
    "typed",
    ["Ada-Example", " ada-example ", "https://linkedin.com/in/Ada-Example/", "%41da-example"],
)
def test_a_slug_is_normalised_before_it_is_compared(typed: str) -> None:
    known = a_prospect(a_campaign(a_workspace()), public_identifier="ada-example")

    again = Prospect(campaign=known.campaign, public_identifier=typed)

    assert problems(again) == {"__all__": "This person is in the campaign already."}
    assert again.public_identifier == "ada-example"


def test_the_same_address_is_found_in_the_campaign() -> None:
    known = a_prospect(a_campaign(a_workspace()), public_identifier="ada-example")

    again = Prospect(campaign=known.campaign, profile_url="linkedin.com/in/ADA-example?x=1")

    assert problems(again) == {"__all__": "This person is in the campaign already."}


def test_names_in_use_are_refused_by_name() -> None:
    campaign = a_campaign(a_workspace(name="Example & Co"), name="Spring")

    again = Campaign(workspace=campaign.workspace, name="Spring")

    assert "Name already exists" in problems(Workspace(name="Example & Co"))["name"]
    assert problems(again) == {"__all__": "Campaign with this Client and Name already exists."}


def form(**values: Any) -> dict[str, list[str]]:
    good = {"name": "Spring", "status": "draft", "follow_up_after_days": 3}
    errors = CampaignForm({**good, **values}).errors
    return {field: [str(text) for text in texts] for field, texts in errors.items()}


def test_accounts_of_another_workspace_are_refused() -> None:
    own, foreign = an_account(a_workspace()), an_account(a_workspace(), name="Bob")

    assert form(workspace=own.workspace_id, accounts=[own.pk]) == {}
    found = form(workspace=own.workspace_id, accounts=[own.pk, foreign.pk])

    assert found == {"accounts": [f"Of another client than {own.workspace}: “Bob”."]}


def test_a_note_must_fit_one_of_the_chosen_accounts() -> None:
    free = an_account(a_workspace(), account_type=LinkedInAccount.Type.FREE)
    paid = an_account(free.workspace)
    values = {"workspace": free.workspace_id, "message_template": "x" * 201}

    assert form(**values, accounts=[free.pk, paid.pk]) == {}
    assert form(**values, accounts=[free.pk]) == {
        "message_template": ["The note has at least 201 characters. LinkedIn takes 200 at most."]
    }
