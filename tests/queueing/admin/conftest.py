from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from campaigns.models import Desk, Workspace


@pytest.fixture
def boss(db: None) -> User:
    """A superuser, whose clock goes by UTC: what tests type is what is stored."""
    boss = User.objects.create_superuser("boss", password="boss-example-1")
    Desk.objects.create(user=boss, timezone="UTC")
    return boss


@pytest.fixture
def desk(boss: User) -> Client:
    """A browser in which the superuser is logged in."""
    client = Client()
    client.force_login(boss)
    return client


def a_user(name: str, *workspaces: Workspace, group: str = "", **values: Any) -> User:
    user = User.objects.create_user(name, password=f"{name}-example-1", is_staff=True, **values)
    Desk.objects.create(user=user, timezone="UTC")
    user.workspaces.set(workspaces)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
