"""The loop."""

from __future__ import annotations

import asyncio

from ..verbs import Api


class Controllers:
    """Stub."""

    def __init__(self, api: Api, *, fast: bool) -> None:
        self.api, self.fast = api, fast

    def after_request(self) -> None:
        """Run."""
        self.api.store.flush()

    async def run(self) -> None:
        """Run."""
        await asyncio.Event().wait()
