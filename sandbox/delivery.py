"""Telling the webhooks: in time or late, once or twice, in order or not, again where they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import requests

from sandbox.clock import iso
from sandbox.hooks import Fact, Hook, Try
from sandbox.world import World

RETRIES = 5
WAIT_SECONDS = 30  # for an answer


class Notice(NamedTuple):
    """One POST to one webhook. `event` is the name by which the face calls it."""

    url: str
    body: bytes
    headers: dict[str, str]
    event: str


Render = Callable[[World, Hook, Fact], Notice | None]


class Delivery:
    """Posts what is due. `render` has, for each version, how a fact is told."""

    def __init__(self, world: World, render: dict[str, Render]) -> None:
        self._world, self._render = world, render
        self._tasks: set[asyncio.Task[Any]] = set()
        self.held: list[Fact] = []
        self._ticking: asyncio.Task[None] | None = None

    def clear(self) -> None:
        """Forget all; end what is under way."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.held.clear()

    @property
    def tries(self) -> list[Try]:
        """Return every delivery that was tried."""
        return self._world.hooks.tries

    def pump(self) -> None:
        """Begin to tell what is due. Called after everything that happens."""
        due = self._world.hooks.due()
        if self._world.settings.webhook_hold:
            self.held += due
        else:
            self._begin(due)
        if self._world.hooks.hooks and self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        """Notice by itself what becomes due while the clock runs."""
        while True:
            await asyncio.sleep(1)
            self._world.live()
            self.pump()

    def _begin(self, facts: Sequence[Fact]) -> list[asyncio.Task[Any]]:
        begun = []
        for fact in facts:
            for _ in range(self._world.settings.webhook_copies):
                for hook in list(self._world.hooks.hooks.values()):
                    begun.append(self._task(self._tell(hook, fact)))
        return begun

    def _task(self, coroutine: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def release(self, order: str, copies: int, count: int | None) -> list[Try]:
        """Tell what was held, one after the other, and return the tries; the rest stays held."""
        facts = sorted(self.held, key=lambda one: one.due, reverse=order == "reverse")
        if count is not None:
            facts, self.held = facts[:count], facts[count:]
        else:
            self.held = []
        before = len(self.tries)
        for fact in facts:
            for _ in range(copies):
                for hook in list(self._world.hooks.hooks.values()):
                    await self._tell(hook, fact, tries=1)
        return self.tries[before:]

    async def settled(self) -> list[Try]:
        """Wait for all deliveries that are under way, retries among them; return all tries."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        return self.tries

    async def _tell(self, hook: Hook, fact: Fact, tries: int = RETRIES + 1) -> None:
        wait = self._world.settings.webhook_retry_seconds
        for attempt in range(1, tries + 1):
            api = self._world.settings.api
            notice = self._render[hook.api](self._world, hook, fact)
            if notice is None or not hook.enabled or hook.api != api:
                return
            status, said = await post(notice.url, notice.body, notice.headers)
            at = iso(self._world.clock.now())
            told = (fact.id, notice.event, notice.url, attempt, at, status, hook.id, said)
            self.tries.append(Try(*told))
            if status is not None and 200 <= status < 300:
                return
            await asyncio.sleep(wait)
            wait *= 2

    def listed(self) -> dict[str, Any]:
        """Return what was told and what was not yet, as JSON."""
        return {
            "tries": [asdict(one) for one in self.tries],
            "held": len(self.held),
            "waiting": self._world.hooks.listed(),
        }


async def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    """POST, and return the status and what was answered; None and "" where no answer came."""

    def call() -> tuple[int | None, str]:
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(url, data=body, headers=headers, timeout=WAIT_SECONDS)
            except requests.RequestException:
                return None, ""
            return answer.status_code, answer.text[:1000]

    return await asyncio.to_thread(call)
