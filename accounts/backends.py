"""How people are recognised: by a password, if they have one, or by a one-time link."""

from contextlib import suppress
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import User, folded


class PasswordOrLink(BaseBackend):
    """Name or email, and a password. (A link is checked by `domain.signin`, which then signs in with this backend.)

    Every answer costs one run of the password hasher, whether the person exists, has a password, is disabled, or not.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **credentials: Any
    ) -> User | None:
        user = find(username)
        if user is None or not user.has_usable_password():
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None, and so signed out, once disabled."""
        with suppress(User.DoesNotExist):
            return User.objects.get(pk=user_id, is_active=True)
        return None


def find(typed: str) -> User | None:
    """The person with this name, or else with this email."""
    text = folded(typed)
    if not text:
        return None
    return User.objects.filter(name=text).first() or User.objects.filter(email=text).first()
