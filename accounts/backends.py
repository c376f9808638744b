"""How people are recognised: by a password, if they have one, or by a one-time link."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password, verify_password
from django.http import HttpRequest

from accounts.models import User, folded


def _step_back() -> None:
    """Let everything else have the processor first (of this thread alone, where the system can)."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


# A hasher computes for a tenth of a second and more, and holds no lock of Python's meanwhile.
_quietly = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hasher", initializer=_step_back)


class PasswordOrLink(BaseBackend):
    """Name or email, and a password. (A link is checked by `domain.signin`, which then signs in with this backend.)

    Every answer costs one run of the password hasher, whether the person exists, has a password, is disabled, or not.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **credentials: Any
    ) -> User | None:
        user = find(username)
        if user is None or not user.has_usable_password():
            _quietly.submit(make_password, password).result()
            return None
        right, outdated = _quietly.submit(verify_password, password, user.password).result()
        if right and outdated:
            user.set_password(password)
            user.save(update_fields=["password"])
        return user if right and user.is_active else None

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
