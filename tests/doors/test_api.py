"""The API with keys: whom it lets in, what it does once, that it keeps to its description."""

import datetime as dt
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from campaigns.models import Campaign, DoNotContact, Prospect
from doors import keys
from doors.models import ApiKey, IdempotentAnswer, Scope
from queueing.models import Reply
from tests.builders import NOON, a_queueable, an_item

pytestmark = pytest.mark.django_db(transaction=True)
ALL = list(Scope.values)
CONTRACT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
QUICK = how(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)


@pytest.fixture
def campaign() -> Campaign:
    return a_queueable(people=3)


@pytest.fixture
def owner(campaign: Campaign) -> User:
    user = User.objects.create_user("maker")
    campaign.workspace.members.add(user)
    return user


def made(campaign: Campaign, owner: User, scopes: list[str] = ALL, **more: Any) -> Client:
    _, text = keys.make(campaign.workspace, "CRM", scopes, owner, timezone.now(), **more)
    return Client(headers={"authorization": f"Bearer {text}"}, raise_request_exception=False)


def test_every_get_answers_of_its_workspace_alone(campaign: Campaign, owner: User) -> None:
    foreign = a_queueable(people=1)
    account = campaign.accounts.get()
    ours, theirs = an_item(campaign, account), an_item(foreign, foreign.accounts.get())
    for item, text in ((ours, "Gladly!"), (theirs, "foreign-words")):
        Reply.objects.create(
            workspace=item.workspace,
            prospect=item.prospect,
            item=item,
            linkedin_account=item.linkedin_account,
            at=NOON,
            text=text,
            taken_by=owner if item == ours else None,
        )
    DoNotContact.objects.create(workspace=foreign.workspace, value="foreign-person")
    client = made(campaign, owner)

    paths = {
        "status": 200,
        "runs": 200,
        "accounts": 200,
        "campaigns": 200,
        f"campaigns/{campaign.pk}": 200,
        f"campaigns/{campaign.pk}/forecast": 200,
        f"campaigns/{campaign.pk}/prospects?limit=2": 200,
        f"prospects/{ours.prospect_id}": 200,
        f"items?campaign_id={campaign.pk}&status=pending": 200,
        f"items/{ours.pk}": 200,
        "answers": 200,
        "answers?needs_answer=true": 200,
        "answers?needs_answer=false": 200,
        "do-not-contact": 200,
        "numbers?days=3&timezone=Europe/Berlin": 200,
        "numbers/people?by=campaign&weeks=4": 200,
        "numbers/people?by=week&timezone=Nowhere": 422,
        f"campaigns/{foreign.pk}": 404,
        f"campaigns/{foreign.pk}/forecast": 404,
        f"campaigns/{foreign.pk}/prospects": 404,
        f"prospects/{theirs.prospect_id}": 404,
        f"items/{theirs.pk}": 404,
        "numbers?timezone=Nowhere": 422,
        "numbers?days=1000000": 422,
    }
    answers = {path: client.get(f"/api/v1/{path}") for path in paths}

    assert {path: answer.status_code for path, answer in answers.items()} == paths
    told = " ".join(answer.content.decode() for answer in answers.values())
    for secret in (
        str(foreign.pk),
        foreign.name,
        "foreign-person",
        "foreign-words",
        str(theirs.pk),
    ):
        assert secret not in told
    needs, needs_not = (
        answers[f"answers?needs_answer={each}"].json()["items"] for each in ("true", "false")
    )
    assert [(one["text"], one["taken_by"]) for one in needs] == [("Gladly!", "maker")]
    assert needs_not == []
    people = answers[f"campaigns/{campaign.pk}/prospects?limit=2"].json()
    assert (len(people["items"]), people["cursor"]) == (2, people["items"][-1]["id"])
    assert answers[f"items/{ours.pk}"].json()["waits_for"] is None


def test_a_key_is_shown_once_kept_as_a_hash_and_ends(campaign: Campaign, owner: User) -> None:
    now = timezone.now()
    key, text = keys.make(campaign.workspace, "CRM", ["read"], owner, now)
    assert text not in json.dumps(list(ApiKey.objects.values()), default=str)
    assert keys.known(text, now) == key

    new, new_text = keys.rotate(key, owner, now)
    assert keys.known(text, now + dt.timedelta(days=6)) == key  # both, for a week
    assert keys.known(text, now + dt.timedelta(days=8)) is None
    assert keys.known(new_text, now) == new
    assert keys.known(new_text[:-1] + "-", now) is None
    for wrong in (
        "",
        "sendq_",
        f"sendq_{new.prefix}",
        f"sendq_{new.prefix}_",
        "x" * 10_000,
        "é_ü_ö",
    ):
        assert keys.known(wrong, now) is None
    campaign.workspace.members.remove(owner)
    assert keys.known(new_text, now) is None  # whoever made it sees the workspace no more
    campaign.workspace.members.add(owner)
    ApiKey.objects.filter(pk=new.pk).update(revoked_at=now)
    assert keys.known(new_text, now) is None


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["read"], "campaigns", 200),
        (["queue"], "campaigns", 403),
        (["read"], "queue", 403),
        (["queue"], "queue", 200),
        (["read"], "prospects", 403),
        (["people"], "prospects", 201),
    ],
)
def test_a_key_does_what_its_scopes_say(
    campaign: Campaign, owner: User, scopes: list[str], path: str, status: int
) -> None:
    client = made(campaign, owner, scopes)
    if path == "campaigns":
        answer = client.get("/api/v1/campaigns")
    else:
        answer = client.post(
            f"/api/v1/campaigns/{campaign.pk}/{path}",
            {"profile_url": "https://www.linkedin.com/in/new-example"},
            content_type="application/json",
        )

    assert answer.status_code == status, answer.content
    assert Client().get("/api/v1/campaigns").status_code == 401


def test_what_is_asked_twice_is_done_once(campaign: Campaign, owner: User) -> None:
    client = made(campaign, owner)
    path = f"/api/v1/campaigns/{campaign.pk}/prospects"

    def add(slug: str, name: str) -> tuple[int, Any]:
        try:
            answer = client.post(
                path,
                {"profile_url": f"https://www.linkedin.com/in/{slug}"},
                content_type="application/json",
                headers={"idempotency-key": name},
            )
            return answer.status_code, answer.json()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: add("once-example", "one"), range(4)))

    assert {status for status, _ in answers} == {201}
    assert len({body["id"] for _, body in answers}) == 1
    assert Prospect.objects.filter(public_identifier="once-example").count() == 1
    assert add("another-example", "one")[0] == 422  # the name is taken
    assert add("once-example", "two")[0] == 409
    assert add("once-example", "two")[0] == 409  # a refusal is kept, too
    IdempotentAnswer.objects.update(created_at=timezone.now() - dt.timedelta(days=2))
    assert add("another-example", "one")[0] == 201
    assert LogEntry.objects.filter(change_message__contains="by the API").count() == 2


def test_a_key_has_so_many_requests_a_minute(
    campaign: Campaign, owner: User, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    key, _ = keys.make(campaign.workspace, "CRM", ["read"], owner, timezone.now())
    at = dt.datetime(2026, 7, 8, 12, 0, 30, tzinfo=dt.UTC)

    assert [keys.count(key.pk, at) for _ in range(3)] == [0, 0, 30]
    assert keys.count(key.pk, at + dt.timedelta(seconds=31)) == 0


def test_queueing_by_the_api_is_in_the_log(campaign: Campaign, owner: User) -> None:
    answer = made(campaign, owner).post(f"/api/v1/campaigns/{campaign.pk}/queue")

    assert (answer.status_code, answer.json()["queued"]) == (200, 3)
    entry = LogEntry.objects.get()
    assert (entry.user_id, "Queued 3 by the API, with CRM" in entry.change_message) == (
        owner.pk,
        True,
    )


def test_the_api_keeps_to_its_description(
    campaign: Campaign, owner: User, settings: Any, sandbox: object
) -> None:
    """Schemathesis asks what nobody thought of: no 5xx, no answer that is not described."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    an_item(campaign, campaign.accounts.get())
    _, text = keys.make(campaign.workspace, "fuzz", ALL, owner, timezone.now())
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    asked: Counter[str] = Counter()
    for operation in schema.get_all_operations():

        @QUICK
        @given(operation.ok().as_strategy())  # type: ignore[union-attr]
        def ask(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {text}"})
            case.validate_response(answer, checks=CONTRACT)
            asked[f"{case.method} {case.path}"] += 1

        ask()

    assert len(asked) == 17
    assert min(asked.values()) > 1
