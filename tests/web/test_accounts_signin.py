"""Signing in and out: passwords, links, throttle, session, where one goes afterwards (checks A1-A6)."""

import contextlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from accounts.domain import people as verbs
from accounts.domain import sign_in_links, throttle
from accounts.models import AuditEntry, SignInLink, SignInTries, User
from tests.people import People

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SignIn = Callable[[str], Client]


@pytest.fixture
def quick(settings: Any) -> None:
    """A password hasher that costs nothing, where its cost is not what the test is about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def vera(people: People, quick: None) -> User:
    return verbs.create_user(name="vera", password=PASSWORD, email="vera@example.org")


def post(client: Client, name: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/signin/", {"username": name, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_name_or_email_and_password_sign_in(vera: User) -> None:
    for name in ("vera", "VERA", "\uff56\uff45\uff52\uff41", "vera@example.org", " Vera@Example.org "):
        client = Client()
        response = post(client, name)
        assert (response.status_code, response["Location"]) == (303, "/"), name
        assert is_in(client)
    assert AuditEntry.objects.filter(action="person.sign-in", actor="vera", outcome="ok").count() == 5


@pytest.mark.parametrize("name", ["vera", "nobody", "olive", "gone", "vera@example.org", "\x00", "a" * 300])
def test_what_does_not_sign_in_says_nothing_about_who_exists(vera: User, name: str) -> None:
    gone = verbs.create_user(name="gone", password=PASSWORD)
    verbs.set_active(gone, False)
    client = Client()
    response = post(client, name, "wrong" if name.startswith("vera") else PASSWORD)
    assert response.status_code == 422
    assert not is_in(client)
    if len(name) < 255 and name.isprintable():
        assert b"Wrong user name or password." in response.content


def test_all_refusals_look_the_same_and_take_as_long(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A3: wrong password, no such person, a person without a password. What takes long is the hasher: it runs once."""
    verbs.create_user(name="vera", password=PASSWORD)
    encode, runs = PBKDF2PasswordHasher.encode, []

    def counted(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        runs.append(iterations or self.iterations)
        return encode(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    texts, work = set(), {}
    for name in ("vera", "nobody", "olive"):
        runs.clear()
        response = post(Client(), name, "wrong")
        work[name] = list(runs)
        text = re.sub(r'value="[^"]*"|\?v=\w+', "", response.content.decode())
        texts.add(text.replace(name, "NAME"))
    assert len(texts) == 1
    assert all(done == [PBKDF2PasswordHasher.iterations] for done in work.values()), work


def test_the_form_keeps_the_name_and_never_the_password(vera: User) -> None:
    body = post(Client(), "vera", "wrong-password-typed").content.decode()
    assert 'value="vera"' in body
    assert "wrong-password-typed" not in body


def test_empty_fields_are_told_beside_them() -> None:
    response = Client().post("/signin/", {"username": "", "password": ""})
    assert response.status_code == 422
    assert response.content.decode().count("This field is required.") >= 2
    assert SignInTries.objects.count() == 0


def test_too_many_tries_close_the_name_from_there_and_nobody_else(vera: User) -> None:
    """A1: a claimed X-Forwarded-For changes nothing; the right password is refused too; others may still sign in."""
    verbs.create_user(name="ed", password=PASSWORD)
    statuses = [
        Client(headers={"x-forwarded-for": f"203.0.113.{n}"})
        .post("/signin/", {"username": "ed", "password": "wrong"})
        .status_code
        for n in range(12)
    ]
    assert statuses == [422] * throttle.FROM_PEER.tries + [429] * (12 - throttle.FROM_PEER.tries)
    refused = post(Client(), "ed")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= throttle.FROM_PEER.closed.total_seconds()
    assert post(Client(), "vera").status_code == 303


def test_tries_from_many_places_close_the_name_too(vera: User) -> None:
    for n in range(throttle.FROM_ANYWHERE.tries):
        Client(REMOTE_ADDR=f"198.51.100.{n}").post("/signin/", {"username": "vera", "password": "wrong"})
    refused = Client(REMOTE_ADDR="198.51.100.200").post("/signin/", {"username": "vera", "password": PASSWORD})
    assert refused.status_code == 429
    by_email = Client(REMOTE_ADDR="198.51.100.201").post(
        "/signin/", {"username": "vera@example.org", "password": PASSWORD}
    )
    assert by_email.status_code == 422, "a person's email is no second set of tries, and says nothing of the name's"


def test_a_closed_name_opens_again_and_a_link_works_meanwhile(vera: User) -> None:
    for _ in range(throttle.FROM_PEER.tries):
        post(Client(), "vera", "wrong")
    assert post(Client(), "vera").status_code == 429
    client = Client()
    assert client.post(sign_in_links.sign_in_link("vera", "")).status_code == 303
    SignInTries.objects.update(closed_until=timezone.now() - timedelta(seconds=1))
    assert post(Client(), "vera").status_code == 303
    assert SignInTries.objects.count() == 0, "signing in forgets the tries"


def test_the_table_of_tries_is_bounded_and_keeps_what_is_closed(vera: User) -> None:
    """A2: a flood of invented names does not open a closed one."""
    for _ in range(throttle.FROM_PEER.tries):
        post(Client(), "vera", "wrong")
    old = timezone.now() - timedelta(seconds=30)
    SignInTries.objects.bulk_create(
        SignInTries(key=f"flood-{n}", count=1, since=old) for n in range(throttle.MOST_ROWS + 10)
    )
    throttle.admit("somebody", "192.0.2.1")
    assert SignInTries.objects.count() <= throttle.MOST_ROWS
    assert post(Client(), "vera").status_code == 429


def test_the_session_gets_a_new_key_and_the_old_one_is_worth_nothing(vera: User) -> None:
    """A4."""
    client = Client()
    client.get("/signin/")
    client.cookies["berth"] = "a" * 32
    post(client, "vera")
    after = client.cookies["berth"].value
    assert after != "a" * 32
    planted = Client()
    planted.cookies["berth"] = "a" * 32
    assert not is_in(planted)


def test_signing_in_as_another_leaves_nothing_of_the_first(people: People) -> None:
    client = Client()
    client.post(sign_in_links.sign_in_link("olive", ""))
    before = client.cookies["berth"].value
    client.post(sign_in_links.sign_in_link("bob", ""))
    stolen = Client()
    stolen.cookies["berth"] = before
    assert not is_in(stolen)
    assert b"bob" in client.get("/").content


def test_signing_out_ends_the_session_everywhere(sign_in: SignIn) -> None:
    """A5: the copied cookie is worth nothing; the browser is told to forget."""
    client = sign_in("olive")
    copied = Client()
    copied.cookies["berth"] = client.cookies["berth"].value
    assert is_in(copied)
    response = client.post("/signout/")
    assert (response.status_code, response["Location"]) == (303, "/signin/")
    assert "cache" in response["Clear-Site-Data"]
    assert not is_in(copied)
    assert Session.objects.count() == 0


def test_signing_out_takes_a_post(sign_in: SignIn) -> None:
    client = sign_in("olive")
    assert client.get("/signout/").status_code == 405
    assert is_in(client)


def test_a_disabled_person_and_a_changed_password_end_sessions(vera: User) -> None:
    """A5."""
    client = Client()
    post(client, "vera")
    vera.set_password("another horse battery")
    vera.save()
    assert not is_in(client)
    client = Client()
    client.force_login(vera)
    assert is_in(client)
    verbs.set_active(vera, False)
    assert not is_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.com",
        "/\\evil.com",
        "https:evil.com",
        "https://evil.com/",
        "///evil.com",
        "\x08//evil.com",
        "//console@evil.com",
        "javascript:alert(1)",
        "http://testserver@evil.com/",
    ],
)
def test_nobody_is_sent_elsewhere(vera: User, target: str) -> None:
    """A6."""
    for client, extra in ((Client(), {"next": target}), (Client(), {})):
        address = "/signin/" if extra else "/signin/?next=" + target
        response = client.post(address, {"username": "vera", "password": PASSWORD, **extra})
        assert response.status_code == 303
        assert response["Location"] == "/"


@pytest.mark.parametrize("target", ["/x%0aSet-Cookie:a", "/%09/evil.com", "/projects/shop/?a=1&b=2#c"])
def test_an_address_of_ours_is_gone_to(vera: User, target: str) -> None:
    response = post(Client(), "vera", next=target)
    assert response["Location"] == target
    assert "Set-Cookie:a" not in str(response.cookies)


def test_who_is_sent_to_sign_in_comes_back(vera: User) -> None:
    client = Client()
    sent = client.get("/new-workspace/?x=1")
    assert sent["Location"] == "/signin/?next=/new-workspace/%3Fx%3D1"
    form = client.get(sent["Location"]).content.decode()
    assert 'name="next" value="/new-workspace/?x=1"' in form


def test_who_was_signed_in_is_told_why_they_are_not(vera: User) -> None:
    """Also without scripts: what a form sent is not kept, and the page does not say that it is."""
    client = Client()
    post(client, "vera")
    Session.objects.all().delete()
    looked = client.get("/new-workspace/")
    assert looked["Location"] == "/signin/?next=/new-workspace/&ended=page"
    assert "Your session ended." in client.get(looked["Location"]).content.decode()
    sent = client.post("/new-workspace/", {"name": "shop"}, headers={"Referer": "http://testserver/new-workspace/?x=1"})
    assert sent["Location"] == "/signin/?next=/new-workspace/&ended=form"
    assert "What you typed was not sent." in client.get(sent["Location"]).content.decode()
    assert "Your session ended." not in client.get("/signin/?next=/new-workspace/").content.decode()


def test_a_link_signs_in_once(people: People) -> None:
    url = sign_in_links.sign_in_link("olive", "http://console.example")
    assert url.startswith("http://console.example/signin/link/")
    path = url.removeprefix("http://console.example")
    client = Client()
    shown = client.get(path)
    assert shown.status_code == 200
    assert shown["Referrer-Policy"] == "same-origin"
    assert b"olive" in shown.content
    assert not is_in(client), "looking at a link signs nobody in"
    assert client.post(path).status_code == 303
    assert is_in(client)
    late = Client()
    assert late.post(path).status_code == 410
    assert late.get(path).status_code == 410
    assert not is_in(late)


def test_only_the_hash_of_a_link_is_kept(people: People) -> None:
    token = sign_in_links.sign_in_link("olive", "").rstrip("/").rpartition("/")[2]
    kept = SignInLink.objects.values().get()
    assert token not in str(kept)


def test_a_link_that_is_over_or_of_somebody_disabled_is_worth_nothing(people: People) -> None:
    over, disabled = sign_in_links.sign_in_link("olive", ""), sign_in_links.sign_in_link("bob", "")
    SignInLink.objects.filter(user=people.olive).update(expires=timezone.now())
    verbs.set_active(people.bob, False)
    for path in (over, disabled, "/signin/link/never-made/"):
        client = Client()
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410
        assert not is_in(client)
    with pytest.raises(sign_in_links.NoSuchPerson):
        sign_in_links.sign_in_link("bob", "")


def test_a_link_wants_a_token_against_forgery(people: People) -> None:
    path = sign_in_links.sign_in_link("olive", "")
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert SignInLink.objects.get().used is None


def test_the_first_administrator_is_made_once_and_let_in_again(people: People) -> None:
    root = verbs.create_admin("Root")
    assert (root.name, root.is_platform_admin, root.has_usable_password()) == ("root", True, False)
    verbs.set_active(root, False)
    again = User.objects.get(pk=verbs.create_admin("root").pk)
    assert again.pk == root.pk
    assert again.is_platform_admin


def test_only_so_many_passwords_are_looked_at_at_the_same_time(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """S6: where no hasher comes free the answer is 503 with a time to wait, and no try is counted."""
    monkeypatch.setattr(throttle, "HASHER_PATIENCE", 0.01)
    with contextlib.ExitStack() as stack:
        for _ in range(throttle.HASHERS):
            assert stack.enter_context(throttle.hasher())
        refused = post(Client(), "vera")
        assert (refused.status_code, int(refused["Retry-After"]) > 0) == (503, True)
        assert 'value="vera"' in refused.content.decode()
        assert SignInTries.objects.count() == 0
    assert post(Client(), "vera").status_code == 303


def test_one_peer_does_not_keep_the_hashers_busy(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """S6: invented names are no way around the limit of a name; other peers are not concerned."""
    monkeypatch.setattr(throttle, "of_peers", throttle.Pace(tries=3, a_second=0.1, most=10))
    statuses = [post(Client(), f"nobody-{number}", "x").status_code for number in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    refused = post(Client(), "vera")
    assert (refused.status_code, 0 < int(refused["Retry-After"]) <= 10) == (429, True)
    assert post(Client(REMOTE_ADDR="198.51.100.7"), "vera").status_code == 303
    assert not SignInTries.objects.filter(count__gt=1).exists()


def test_the_pace_of_peers_is_bounded_and_gives_back() -> None:
    pace = throttle.Pace(tries=2, a_second=1000.0, most=5)
    for number in range(20):
        assert pace.wait(f"peer {number}") == 0
    assert len(pace._left) == 5
    assert all(pace.wait("peer 19") == 0 for _ in range(1)), "two at once, and soon more"


@pytest.mark.django_db
def test_a_full_table_of_tries_is_no_error_for_who_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is made before a row is begun anew, not after."""
    monkeypatch.setattr(throttle, "MOST_ROWS", 1)
    long_ago = timezone.now() - timedelta(hours=1)
    (peer_key, _), (name_key, _) = throttle._keys("alice", "192.0.2.1")
    for key in (peer_key, "another"):
        SignInTries.objects.create(key=key, count=3, since=long_ago)
    assert throttle.admit("alice", "192.0.2.1") == 0
    assert set(SignInTries.objects.values_list("key", "count")) == {(peer_key, 1), (name_key, 1)}


def test_after_a_wrong_password_one_begins_in_the_password(vera: User) -> None:
    first = LexborHTMLParser(Client().get("/signin/").content)
    again = LexborHTMLParser(post(Client(), "vera", "wrong").content)
    assert [field.attributes["name"] for field in first.css("[autofocus]")] == ["username"]
    assert [field.attributes["name"] for field in again.css("[autofocus]")] == ["password"]
