"""Random worlds of people who accept, decline, ignore and move, while effects are hidden.

Short in `make test`; `make torture` lives through more of them, and longer.
"""

import os
from collections.abc import Iterator

import pytest

from queueing.models import Kind
from sandbox.testing import SandboxProcess
from tests.faults import oracle
from tests.faults.later_stories import LaterStory, sent
from tests.faults.stories import Story

pytestmark = pytest.mark.django_db(transaction=True)
STORIES = int(os.environ.get("STORIES", "100"))
LATER_STORIES = int(os.environ.get("LATER_STORIES", str(STORIES)))
LATER_STEPS = int(os.environ.get("LATER_STEPS", "140"))


@pytest.fixture(scope="module")
def living_sandbox() -> Iterator[SandboxProcess]:
    """A sandbox that refuses a repeat by the same account, as LinkedIn does."""
    with SandboxProcess() as sandbox:
        yield sandbox


def lives_through(sandbox: SandboxProcess, seed: int, steps: int) -> None:
    story = Story(sandbox, seed)

    story.live(steps)
    story.settle()

    judgement = oracle.judge(story.control)
    assert judgement.effects, "nothing was sent: the story shows nothing"
    assert (judgement.misdated, story.left()) == (0, {}), story.told()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_living_people_break_no_promise(living_sandbox: SandboxProcess, seed: int) -> None:
    lives_through(living_sandbox, seed, steps=30)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(100, 100 + STORIES))
def test_many_lives_break_no_promise(living_sandbox: SandboxProcess, seed: int) -> None:
    lives_through(living_sandbox, seed, steps=100)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(500, 500 + LATER_STORIES))
def test_many_lives_after_the_invitation(living_sandbox: SandboxProcess, seed: int) -> None:
    story = LaterStory(living_sandbox, seed)

    story.live(LATER_STEPS, check_every=20)
    story.settle()

    assert story.left() == {}, story.told()
    assert sent(Kind.MESSAGE), story.told()
