"""Sign-in links: an address that signs one person in, once, within a day."""

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignInLink, User, folded

LINK_LIFE = timedelta(hours=24)


class NoSuchPerson(LookupError):
    """Nobody has that name."""


def sign_in_link(name: str, base_url: str, *, made_by: str = "") -> str:
    """An address that signs the person in, once, within a day. Raises NoSuchPerson, also for one who is disabled."""
    user = User.objects.filter(name=folded(name), is_active=True).first()
    if user is None:
        raise NoSuchPerson(name)
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    SignInLink.objects.filter(Q(expires__lt=now) | Q(used__lt=now - LINK_LIFE)).delete()
    SignInLink.objects.create(user=user, digest=digest(token), expires=now + LINK_LIFE, made_by=made_by)
    return base_url.rstrip("/") + reverse("accounts:signin-link", kwargs={"token": token})


def owner_of(token: str) -> User | None:
    """Whom the link would sign in, if it still does."""
    link = SignInLink.objects.select_related("user").filter(digest=digest(token), **_open()).first()
    return link.user if link else None


def use_link(token: str) -> User | None:
    """Use the link up. The person it signs in, or None if it was used, is over, or never was; only one of two at once
    gets it.
    """
    if not SignInLink.objects.filter(digest=digest(token), **_open()).update(used=timezone.now()):
        return None
    return SignInLink.objects.select_related("user").get(digest=digest(token)).user


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _open() -> dict[str, object]:
    return {"used": None, "expires__gt": timezone.now(), "user__is_active": True}
