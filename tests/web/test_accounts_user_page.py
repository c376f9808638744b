"""The page of a user: what they are where, where they are signed in, what they did; and how that is ended."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.domain import people as verbs
from accounts.domain import signed_in
from accounts.models import AuditEntry, Project, Session, User
from accounts.sessions import SEEN_EVERY, row_key
from tests.people import People

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"


def signed(agent: str, name: str = "olive") -> Client:
    client = Client(headers={"User-Agent": agent})
    assert client.post("/signin/", {"username": name, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture
def root(people: People) -> Client:
    client = Client()
    client.force_login(verbs.create_admin("root"))
    people.olive.set_password(PASSWORD)
    people.olive.save()
    return client


def test_a_user_is_shown_with_places_and_sessions_and_signed_out_of_one(root: Client, project: Project) -> None:
    first, second = signed(FIREFOX), signed(IPHONE)
    page = root.get("/platform/users/olive/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert f'href="/projects/{project.name}/members/"' in page
    alone = root.get("/platform/users/alice/disable/").content.decode().partition("is the only admin of")[2]
    assert f'href="/projects/{project.name}/members/">{project.name}</a>' in alone
    assert 'aria-current="page"' in page.partition('<nav class="nav"')[2].partition("Platform Roles")[0], "under Users"
    mine = first.session.session_key
    assert mine is not None
    assert mine not in page, "no page has what a browser could sign in with"
    assert "by role." not in page
    own = root.get("/platform/users/root/").content.decode()
    assert "All workspaces and projects, by role." in own, "as the list of users says"
    assert "Not a member of any" not in own
    key = next(
        session.key for session in signed_in.sessions(User.objects.get(name="olive")) if "Fire" in session.device
    )
    assert "Sign out Firefox on Linux?" in root.get(f"/platform/users/olive/sign-out/?session={key}").content.decode()
    answer = root.post("/platform/users/olive/sign-out/", {"session": key}, follow=True).content.decode()
    assert "olive is signed out of 1 session." in answer
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200
    assert AuditEntry.objects.filter(action="admin.sign-out", target="User olive", outcome="ok").count() == 1


def test_signing_out_everywhere_asks_first_and_leaves_others_alone(
    root: Client, sign_in: Callable[..., Client]
) -> None:
    olive, other = signed(FIREFOX), sign_in("alice")
    dialog = root.get("/platform/users/olive/sign-out/").content.decode()
    assert "Sign olive out everywhere?" in dialog
    assert olive.get("/").status_code == 200
    root.post("/platform/users/olive/sign-out/")
    assert olive.get("/").status_code == 302
    assert other.get("/").status_code == 200


def test_ones_own_session_is_marked_and_named_before_it_ends(root: Client) -> None:
    signed(FIREFOX)
    assert "this session" not in root.get("/platform/users/olive/").content.decode()
    assert root.get("/platform/users/root/").content.decode().count('<span class="tag">this session</span>') == 1
    own = next(session.key for session in signed_in.sessions(User.objects.get(name="root")))
    own_page = "/platform/users/root/sign-out/"
    assert "This is your only session." in root.get(own_page).content.decode()
    assert "in this browser immediately" in root.get(f"{own_page}?session={own}").content.decode()
    assert "your only" not in root.get("/platform/users/olive/sign-out/").content.decode()


def test_who_has_no_password_is_told_what_signing_in_again_needs(root: Client, people: People) -> None:
    def asked(name: str) -> str:
        return " ".join(root.get(f"/platform/users/{name}/sign-out/").content.decode().split())

    assert "has no password" not in asked("olive") + signed(FIREFOX).get("/").content.decode()
    people.bob.set_unusable_password()
    people.bob.save()
    Client().force_login(people.bob)
    assert "bob has no password. To sign in again, a new sign-in link is needed. You can create it" in asked("bob")
    own = asked("root")
    assert "root has no password. To sign in again, a new sign-in link is needed:" in own
    assert 'formaction="/platform/users/root/link/"' in own
    assert "manage.py signinlink root" in own
    assert "another administrator" not in own, "there is none"
    verbs.create_user(name="warden", platform_role="users-manager")
    assert "another administrator" not in asked("root"), "who may do less makes no link for an administrator"
    verbs.create_admin("second")
    own = asked("root")
    assert "ask another administrator" in own
    assert "manage.py" not in own
    root.post("/platform/users/root/link/")
    assert "To sign in again, the open sign-in link is needed." in asked("root")
    assert "The open sign-in link" not in asked("bob")


def test_ones_other_sessions_are_signed_out_and_this_one_is_kept(root: Client) -> None:
    assert "Sign out 1 other" not in root.get("/platform/users/root/sign-out/").content.decode()
    root.post("/platform/users/root/sign-out/", {"others": "yes"})
    assert root.get("/").status_code == 200, "without others nothing ends"
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(name="root"))
    assert "Sign out 1 other" in root.get("/platform/users/root/sign-out/").content.decode()
    root.post("/platform/users/root/sign-out/", {"others": "yes"})
    assert root.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def head(client: Client, name: str) -> str:
    """What the page of a user says at its head, as text."""
    lead = client.get(f"/platform/users/{name}/").content.decode().partition('<p class="state">')[2]
    return " ".join(re.sub(r"<[^>]+>", " ", lead.partition("</p>")[0]).split())


def test_the_page_says_of_a_user_what_the_list_says_and_where_they_last_signed_in_from(root: Client) -> None:
    def row(name: str) -> str:
        listed = root.get("/admin/accounts/user/").content.decode()
        return listed.partition(f"/platform/users/{name}/")[2].partition("</tr>")[0]

    assert head(root, "bob") == "Active cannot sign in yet: no password, no link"
    assert "cannot sign in yet: no password, no link" in row("bob")
    made = root.post("/platform/users/bob/link/").content.decode()
    assert "link not opened, 2" in made, "the page with the link says so at once"
    assert re.search(r"<dt>Sign-in link</dt>\s*<dd><span>Expires in 2[34] h</span>", made)
    pending = re.fullmatch(r"Pending (link not opened, 2[34] h left)", head(root, "bob"))
    assert pending
    assert pending[1] in row("bob")
    dialog = root.get("/platform/users/bob/disable/").content.decode()
    assert "0 sessions" not in dialog
    assert "and the open sign-in link stops working." in dialog
    assert "the user can be enabled again at any time." in dialog
    assert "is the only admin of" not in dialog
    assert "/platform/users/bob/sign-out/" not in row("bob") + dialog, "nobody has signed in as bob"
    assert head(root, "olive") == "Active Never signed in"
    signed(FIREFOX)
    assert re.fullmatch("Active Last sign-in .*, 127.0.0.1", head(root, "olive"))
    assert '<small class="mono">127.0.0.1</small>' in row("olive")
    assert "/platform/users/olive/sign-out/" in row("olive")


def seen(client: Client) -> datetime | None:
    return Session.objects.get(pk=row_key(client.session.session_key or "")).seen


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, after: timedelta) -> Iterator[datetime]:
    then = timezone.now() + after
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: then)
        yield then


def test_when_a_session_was_last_used_is_written_once_in_some_minutes(
    root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    olive = signed(FIREFOX)
    begun = seen(olive)
    assert begun, "signing in is a use"
    with later(monkeypatch, SEEN_EVERY - timedelta(seconds=5)):
        assert olive.get("/").status_code == 200
        assert seen(olive) == begun, "nothing is written before"
    with later(monkeypatch, SEEN_EVERY + timedelta(seconds=5)) as then:
        assert olive.get("/").status_code == 200
        assert seen(olive) == then
    with later(monkeypatch, 2 * SEEN_EVERY):
        assert olive.get("/").status_code == 200
        assert seen(olive) == then
        page = root.get("/platform/users/olive/").content.decode()
    assert "Last seen" in page
    assert f'datetime="{then:%Y-%m-%dT%H:%M:%SZ}"' in page
    assert "signed in <time" in page


def test_a_request_of_a_session_that_ends_meanwhile_does_not_revive_it(
    people: People, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed out elsewhere after the request was let in and before it is written that it was."""
    olive = signed(FIREFOX)
    ended: list[int] = []

    def end_before(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "django_session" in sql and not ended:
            ended.append(signed_in.end(people.olive))
        return execute(sql, *rest)

    with later(monkeypatch, 2 * SEEN_EVERY), connection.execute_wrapper(end_before):
        assert olive.get("/").status_code == 200
    assert ended == [1]
    assert signed_in.sessions(people.olive) == []
    assert olive.get("/").status_code == 302


def test_a_database_that_does_not_take_it_breaks_no_page(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    def locked(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "django_session" in sql:
            refused.append(sql)
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    before = seen(root)
    with later(monkeypatch, 2 * SEEN_EVERY) as then:
        with connection.execute_wrapper(locked):
            assert root.get("/").status_code == 200
        assert len(refused) == 1
        assert seen(root) == before
        assert root.get("/").status_code == 200
        assert seen(root) == then, "the next request tries again"


def test_a_key_of_somebody_else_ends_nothing(root: Client, sign_in: Callable[..., Client]) -> None:
    alice = sign_in("alice")
    keys = list(Session.objects.values_list("pk", flat=True))
    root.post("/platform/users/olive/sign-out/", {"session": keys})
    assert alice.get("/").status_code == 200
    assert root.get("/").status_code == 200


def test_who_manages_users_alone_sees_no_places_and_touches_nobody_who_may_do_more(
    root: Client, project: Project
) -> None:
    warden = Client()
    warden.force_login(verbs.create_user(name="warden", platform_role="users-manager"))
    page = warden.get("/platform/users/olive/").content.decode()
    assert project.name not in page
    assert "Recent activity" not in page
    assert "/signin/link/" in warden.post("/platform/users/olive/link/").content.decode()
    assert "Create Sign-in Link" not in warden.get("/platform/users/root/").content.decode()
    signed(FIREFOX)
    assert "127.0.0.1" not in head(warden, "olive"), "that is in the record, which they do not read"
    for act in ("link", "sign-out"):
        assert warden.post(f"/platform/users/root/{act}/").status_code == 403
    assert root.get("/").status_code == 200


def test_only_who_manages_users_gets_here(sign_in: Callable[..., Client]) -> None:
    for act in ("", "sign-out/"):
        assert sign_in("alice").get(f"/platform/users/olive/{act}").status_code == 403


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_a_few_words(agent: str, device: str) -> None:
    assert signed_in.device(agent) == device
