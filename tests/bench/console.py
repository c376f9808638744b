"""A console inside the measuring process; the environment says where its data and its cluster are."""

import os
import sys
from typing import Any, NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")


class Given(NamedTuple):
    """What the command line of a measuring process says. `admin`: the context that may do everything."""

    project: str
    user: str
    services: int
    admin: str


def begin() -> Given:
    """Set Django up."""
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")  # what Django's test clients call themselves
    project, user, services, admin = sys.argv[1:5]
    return Given(project, user, int(services), admin)


def client_of(user: str) -> Any:
    """A browser in which the person is signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(name=user))
    return client
