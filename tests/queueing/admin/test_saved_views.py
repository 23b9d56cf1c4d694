"""Views of lists that people have saved: their own, one click, and nobody else's."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.models import SavedView
from queueing.admin import saved_views
from tests.builders import a_workspace
from tests.queueing.admin.conftest import a_user, logged_in

QUEUE = "/admin/queueing/queueitem/"
FILTERED = f"{QUEUE}?q=ada&status__exact=failed&p=1"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("status__exact=failed&q=Ada&p=2", "status__exact=failed"),
        ("o=-5&campaign=", "o=-5"),
        ("b=2&a=1&a=%C3%A9", "a=1&a=%C3%A9&b=2"),
        ("q=Ada", ""),
    ],
)
def test_filters_and_order_are_kept_but_no_search(query: str, kept: str) -> None:
    assert saved_views.kept(query) == kept


def test_a_filter_is_saved_under_a_name_opened_and_forgotten(desk: Client, boss: User) -> None:
    assert "Save view" not in desk.get(QUEUE).content.decode()
    assert "Save view" in desk.get(f"{QUEUE}?status__exact=failed").content.decode()

    form = {"list": "queueing.queueitem", "query": "status__exact=failed&q=ada", "name": "Mine"}
    page = desk.post("/admin/view/", {**form, "back": FILTERED}, follow=True)

    (view,) = SavedView.objects.all()
    assert (view.user, view.query) == (boss, "status__exact=failed")
    assert "Saved: “Mine”" in page.content.decode()
    chip = f'<a href="{QUEUE}?status__exact=failed">Mine</a>'
    assert chip in desk.get(QUEUE).content.decode()
    assert chip not in desk.get("/admin/queueing/failedsend/").content.decode()
    opened = desk.get(f"{QUEUE}?status__exact=failed").content.decode()
    assert 'aria-current="page">Mine</a>' in opened
    assert "Save view" not in opened

    desk.post("/admin/view/", {**form, "query": "status__exact=sent"})
    assert SavedView.objects.get().query == "status__exact=sent"
    desk.post("/admin/view/forget/", {"view": view.pk})
    assert not SavedView.objects.exists()


def test_a_view_is_nobody_elses(desk: Client, boss: User) -> None:
    view = SavedView.objects.create(
        user=boss, list="queueing.queueitem", name="Of the boss", query="status__exact=sent"
    )
    other = logged_in(a_user("mona", a_workspace(), group="Operator"))

    assert "Of the boss" not in other.get(QUEUE).content.decode()
    told = other.post("/admin/view/forget/", {"view": view.pk}, follow=True).content.decode()
    assert "There is no such view" in told
    assert SavedView.objects.get() == view


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": " "}, "Name: this field is required."),
        ({"list": "auth.nothing"}, "no such list"),
        ({"query": "q=ada"}, "Choose a filter first"),
        ({"name": "a\0"}, "Null characters"),
    ],
)
def test_what_is_no_view_is_said_and_not_saved(
    desk: Client, change: dict[str, str], told: str
) -> None:
    form = {"list": "queueing.queueitem", "query": "status__exact=sent", "name": "Mine"}

    page = desk.post("/admin/view/", form | change, follow=True).content.decode()

    assert told.lower() in page.lower()
    assert not SavedView.objects.exists()
