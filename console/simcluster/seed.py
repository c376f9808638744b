"""The demo."""

from __future__ import annotations

from .controllers import Controllers
from .verbs import Api


class Seeder:
    """Stub."""

    def __init__(self, api: Api, controllers: Controllers, namespace: str) -> None:
        self.api = api
