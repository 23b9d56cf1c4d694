from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from campaigns.models import Workspace


@pytest.fixture
def boss(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("boss", password="boss-example-1")


@pytest.fixture
def desk(boss: User) -> Client:
    """A browser in which the superuser is logged in."""
    client = Client()
    client.force_login(boss)
    return client


def a_group(name: str) -> Group:
    """Return a group as its migration makes it: a test that empties the tables takes it along."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        wanted = import_module("queueing.migrations.0004_groups").GROUPS[name]
        of_ours = Permission.objects.filter(content_type__app_label__in=["campaigns", "queueing"])
        for permission in of_ours.select_related("content_type"):
            if f"{permission.content_type.app_label}.{permission.codename}" in wanted:
                group.permissions.add(permission)
        assert group.permissions.count() == len(wanted)
    return group


def a_user(name: str, *workspaces: Workspace, group: str = "", **values: Any) -> User:
    user = User.objects.create_user(name, password=f"{name}-example-1", is_staff=True, **values)
    user.workspaces.set(workspaces)
    if group:
        user.groups.add(a_group(group))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
