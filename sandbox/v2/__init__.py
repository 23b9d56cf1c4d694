"""The face of version 2 of Unipile's API."""

from sandbox.v2 import accounts, api, hooks, messages
from sandbox.v2.errors import error_answer
from sandbox.v2.hooks import notice

# The routes with an account in the path come last: it would swallow others.
ROUTES = (*hooks.ROUTES, *accounts.ROUTES, *messages.ROUTES, *api.ROUTES)

# What a key of V1's answers is called here, for faults that drop or put one.
KEYS = {"invitation_id": "id", "items": "data", "cursor": "data", "provider_id": "id"}

__all__ = ["KEYS", "ROUTES", "error_answer", "notice"]
