"""The face of version 1 of Unipile's API."""

from sandbox.v1 import api, hooks, messages
from sandbox.v1.hooks import notice

# The routes of people come last: /users/{identifier} would swallow others.
ROUTES = (*hooks.ROUTES, *messages.ROUTES, *api.ROUTES)

__all__ = ["ROUTES", "notice"]
