"""Live pages: one stream a page, fragments out of band. See `stream`."""

from collections.abc import Callable
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponseBase


class Subscription(Protocol):
    """What a stream waits on; `console.kube.store.Subscription` is one."""

    async def wait(self, timeout: float) -> bool:
        """True when something changed since the last call, False after `timeout` seconds."""
        ...

    def close(self) -> None: ...


def stream(
    request: HttpRequest,
    *,
    subscription: Subscription,
    render: Callable[[], dict[str, str]],
    recheck: Callable[[], bool] | None = None,
    key: tuple[Any, ...] = (),
    life: float = 60,
) -> HttpResponseBase:
    """Server-sent events: all fragments first, then what changed. (Being written.)"""
    raise NotImplementedError
