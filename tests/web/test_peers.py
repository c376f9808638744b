"""Behind proxies: the address that tries of signing in are counted for is the client's, and cannot be claimed."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.domain import people as verbs
from accounts.domain import throttle
from console import env
from console.middleware import Peer, client_of
from tests.people import People

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the first is the client's own claim
        ("10.0.0.1", "203.0.113.7, 10.9.9.9", "203.0.113.7"),  # two proxies
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "[2001:470::9]:4711", "2001:470::9"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours
        ("", "198.51.100.1", ""),
    ],
)
def test_c15_the_client_is_the_nearest_that_is_no_proxy(peer: str, forwarded: str, client: str) -> None:
    """C15."""
    assert client_of(peer, forwarded, PROXIES) == client


@pytest.mark.django_db
def test_c15_s20_wrong_tries_close_a_name_for_their_own_address(people: People, settings: Any) -> None:
    """C15, S20: the person comes in from elsewhere through the same proxy; a claimed address changes nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.BERTH_TRUSTED_PROXIES = PROXIES
    verbs.create_user(name="vera", password="correct horse battery")
    for n in range(throttle.FROM_PEER.tries):
        bad = Client(REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.66"})
        assert bad.post("/signin/", {"username": "vera", "password": "wrong"}).status_code == 422
    right = {"username": "vera", "password": "correct horse battery"}
    assert bad.post("/signin/", right).status_code == 429
    good = Client(REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": "203.0.113.7"})
    assert good.post("/signin/", right).status_code == 303


@pytest.mark.parametrize(("peer", "secure"), [("10.0.0.1", True), ("203.0.113.9", False)])
def test_c15_only_a_trusted_proxy_says_that_it_came_over_tls(peer: str, secure: bool, settings: Any) -> None:
    """Suspected: SECURE_PROXY_SSL_HEADER took the word of any peer."""
    settings.BERTH_TRUSTED_PROXIES = PROXIES
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-proto": "https"})
    Peer(lambda request: None).before(request)
    assert request.is_secure() == secure


def test_c15_proxies_are_named_by_address_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """C15: and a wrong one is said at the start."""
    monkeypatch.setenv("BERTH_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7")
    assert [str(network) for network in env.networks("BERTH_TRUSTED_PROXIES")] == ["10.0.0.0/8", "192.0.2.7/32"]
    monkeypatch.setenv("BERTH_TRUSTED_PROXIES", "ingress.example.org")
    with pytest.raises(env.WrongSetting):
        env.networks("BERTH_TRUSTED_PROXIES")
