"""The frame around every page, over the wire: the banner of the demo cluster, and how one is rid of it."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.clusters import Cluster

pytestmark = pytest.mark.django_db
BANNER, TAG = '<aside class="banner" id="banner"', '<a class="tag demo" id="demo" '


def test_the_banner_is_hidden_for_the_session_and_leaves_a_tag(
    settings: LazySettings, sign_in: Callable[[str], Client], cluster: Cluster
) -> None:
    reader = sign_in("alice")
    assert BANNER not in reader.get("/").content.decode()  # wires the cluster of this run
    settings.BERTH_EMBEDDED = True
    page = reader.get("/").content.decode()
    assert BANNER in page
    assert 'runs nothing" hidden>' in page
    answer = reader.post("/banner/hide/", headers={"referer": "http://testserver/projects/"})
    assert answer["Location"] == "http://testserver/projects/"
    hidden = reader.get("/").content.decode()
    assert BANNER not in hidden
    assert 'runs nothing" hidden>' not in hidden
    assert TAG in hidden
    reader.post("/signout/")
    assert BANNER in sign_in("alice").get("/").content.decode(), "signing in again shows it again"


def test_hiding_the_banner_changes_nothing_else_on_the_page(
    settings: LazySettings, sign_in: Callable[[str], Client]
) -> None:
    """What is typed on a page would be lost if it were loaded again."""
    settings.BERTH_EMBEDDED = True
    answer = sign_in("alice").post("/banner/hide/", headers={"hx-request": "true"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert TAG in text
    assert 'id="banner" hx-swap-oob="delete"' in text
    assert sign_in("alice").post("/banner/hide/", headers={"referer": "https://example.com/"})["Location"] == "/"
