"""The two faces of the one world: which routes there are, and how errors and events are worded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox import v1, v2
from sandbox.asking import Operation
from sandbox.delivery import Render
from sandbox.errors import ApiError
from sandbox.faults import Fault
from sandbox.wire import Answer, error_answer


@dataclass(frozen=True)
class Face:
    """One version of the API. `keys`: what a key of V1's answers is called here, for faults."""

    name: str
    prefix: str
    routes: tuple[Operation, ...]
    error: Callable[[ApiError], Answer]
    notice: Render
    keys: dict[str, str] = field(default_factory=dict)
    caches: bool = False

    def fault(self, fault: Fault) -> Fault:
        """Return a fault with the keys that this face's answers have."""
        return replace(
            fault,
            drop=[self.keys.get(key, key) for key in fault.drop],
            put={self.keys.get(key, key): value for key, value in fault.put.items()},
        )


FACES = {
    "v1": Face("v1", "/api/v1", v1.ROUTES, error_answer, v1.notice),
    "v2": Face("v2", "/v2", v2.ROUTES, v2.error_answer, v2.notice, v2.KEYS, caches=True),
}
ROUTE_NAMES = tuple(dict.fromkeys(one.name for face in FACES.values() for one in face.routes))
