"""The request that views take: of a person who is signed in (the pages for signing in take Django's own)."""

from typing import Any

from accounts.actor import Scope
from accounts.models import User
from console.web.requests import ClusterRequest


class Request(ClusterRequest):
    """As `accounts.scope` hands it on to a view, beside the Scope that says what the person may do there."""

    user: User
    place_scope: Scope | None  # what the frame of the page is drawn for; `scope` is Django's own, of ASGI
    nearby: tuple[tuple[Any, ...], bool]  # from when `accounts.context.nearby` was first asked
