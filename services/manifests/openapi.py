"""One published OpenAPI v3 document (`/openapi/v3/apis/apps/v1`): its kinds, and what a ``$ref`` in it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from services.manifests.schema import Schema

_PREFIX = "#/components/schemas/"
_OF = "x-kubernetes-group-version-kind"
_NAMES = ("group", "version", "kind")


class Published:
    """The schemas of one group and version. ``document``: as the API server sends it; kept, never changed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        components = document.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        self._schemas: Mapping[str, Any] = schemas if isinstance(schemas, Mapping) else {}

    def kind(self, api_version: str, kind: str) -> Schema | None:
        """The schema of a kind, ``None`` if the document has none."""
        group, _, version = api_version.rpartition("/")
        return self._kinds.get((group, version, kind))

    @cached_property
    def _kinds(self) -> dict[tuple[Any, ...], Schema]:
        """Of each kind the first schema that is of it alone. Looked for once: a text may have 200 documents."""
        kinds: dict[tuple[Any, ...], Schema] = {}
        for schema in self._schemas.values():
            of = schema.get(_OF) if isinstance(schema, dict) else None
            if isinstance(of, list) and len(of) == 1 and isinstance(of[0], dict) and len(of[0]) == len(_NAMES):
                kinds.setdefault(tuple(str(of[0].get(name)) for name in _NAMES), schema)
        return kinds

    def resolve(self, reference: str) -> Schema:
        """What a reference means; the empty schema, which allows everything, for one that leads nowhere."""
        schema = self._schemas.get(reference.removeprefix(_PREFIX))
        return schema if isinstance(schema, dict) else {}


Catalogue = Callable[[str], "Published | None"]
"""The schemas of a group and version such as ``apps/v1``; ``None`` where they cannot be had."""
