"""One published OpenAPI v3 document (`/openapi/v3/apis/apps/v1`): its kinds, and what a ``$ref`` in it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.manifests.schema import Schema

_PREFIX = "#/components/schemas/"


class Published:
    """The schemas of one group and version. ``document``: as the API server sends it; kept, never changed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        components = document.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        self._schemas: Mapping[str, Any] = schemas if isinstance(schemas, Mapping) else {}

    def kind(self, api_version: str, kind: str) -> Schema | None:
        """The schema of a kind, ``None`` if the document has none."""
        group, _, version = api_version.rpartition("/")
        wanted = {"group": group, "version": version, "kind": kind}
        for schema in self._schemas.values():
            if isinstance(schema, dict) and schema.get("x-kubernetes-group-version-kind") == [wanted]:
                return schema
        return None

    def resolve(self, reference: str) -> Schema:
        """What a reference means; the empty schema, which allows everything, for one that leads nowhere."""
        found = self._schemas.get(reference.removeprefix(_PREFIX))
        return found if isinstance(found, dict) else {}


Catalogue = Callable[[str], "Published | None"]
"""The schemas of a group and version such as ``apps/v1``; ``None`` where they cannot be had."""
