"""The environment of a container: each variable, its value where it may be shown, and where it comes from.

Values of Secrets are never read: whether a key is there is all that is known of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.kube.fields import NOTHING
from console.kube.gateway import Client
from console.kube.visible import visible
from services.shown.facts import value_text
from services.shown.lists import Choice
from services.shown.pages import Pages
from services.workloads.present.pod_container import specs

MOST, _MOST_LOOKED_UP = 500, 10
_text = partial(value_text, most=2000)
# The fields of a pod that are simple words of it.
_FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.podIP",
        "status.hostIP",
    }
)


class Sources:
    """ConfigMaps, and keys of Secrets, that variables name: each read once as the person, the first ten of a page.

    They are not watched: the console may not read them by itself. The page says `when` they were read (epoch seconds).
    """

    def __init__(self, client: Client, pages: Pages) -> None:
        self.when = time.time()
        self._client, self.pages, self._place = client, pages, pages.place
        self._known: dict[tuple[str, str], Any] = {}

    def config(self, name: str) -> Mapping[str, str] | None:
        """Its data; empty where there is no such ConfigMap, None where it cannot be read."""

        def read() -> Mapping[str, str]:
            data = self._client.get(kinds.CONFIGMAP, self._place, name).get("data")
            return data if isinstance(data, Mapping) else {}

        data: Mapping[str, str] | None = self._look("config", name, read, {})
        return data

    def secret_keys(self, name: str) -> tuple[str, ...] | None:
        """Its keys; none where there is no such Secret, None where that cannot be read."""
        if not self.pages.secrets:
            return None
        keys: tuple[str, ...] | None = self._look(
            "secret", name, lambda: self._client.secret_keys(self._place, name), ()
        )
        return keys

    def _look(self, kind: str, name: str, read: Any, nothing: Any) -> Any:
        key = (kind, name)
        if key not in self._known:
            if len(self._known) >= _MOST_LOOKED_UP:
                return None
            try:
                self._known[key] = read()
            except NotFound:
                self._known[key] = nothing
            except KubeError:
                self._known[key] = None
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable. `kind`: value, hidden, missing (`optional` or not), none (not known here); `source` and `key`: which
    ConfigMap, Secret or field it comes from, `whole`: of which all keys are taken; `href`: the page of that, for who
    may open it.
    """

    name: str
    kind: str
    value: str = ""
    origin: str = ""
    source: str = ""
    key: str = ""
    optional: bool = False
    href: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """The tab. `hidden`: how many variables are not shown; `looked_up`: some are of ConfigMaps or Secrets."""

    container: str
    choices: tuple[Choice, ...]
    variables: tuple[Variable, ...]
    hidden: int
    looked_up: bool


def count(body: Mapping[str, Any]) -> int:
    """How many variables its containers name."""
    return sum(len(container.get("env") or ()) + len(container.get("envFrom") or ()) for container in specs(body))


def environment(body: Mapping[str, Any], chosen: str, sources: Sources) -> Environment:
    """The variables of one container; of the first where none is chosen."""
    containers = specs(body)
    first = containers[0] if containers else NOTHING
    spec = next((container for container in containers if container.get("name") == chosen), first)
    variables = [variable for source in spec.get("envFrom") or () for variable in _all_of(source, sources)]
    variables += [_variable(variable, spec, body, sources) for variable in spec.get("env") or ()]
    choices = tuple(
        Choice(
            key=str(container.get("name")),
            label=visible(str(container.get("name"))),
            href=f"?{urlencode({'container': container.get('name')})}",
            current=container is spec,
            count=len(container.get("env") or ()) + len(container.get("envFrom") or ()),
        )
        for container in containers
    )
    return Environment(
        container=str(spec.get("name") or ""),
        choices=choices,
        variables=tuple(variables[:MOST]),
        hidden=max(0, len(variables) - MOST),
        looked_up=any(variable.origin in ("ConfigMap", "Secret") for variable in variables),
    )


def _all_of(source: Mapping[str, Any], sources: Sources) -> Iterator[Variable]:
    """All keys of a ConfigMap or Secret."""
    prefix = _text(source.get("prefix"))
    config, secret = source.get("configMapRef"), source.get("secretRef")
    reference = config or secret or NOTHING
    origin, name = "ConfigMap" if config else "Secret", str(reference.get("name") or "")
    values = sources.config(name) if config else None
    keys = sources.secret_keys(name) if secret else values
    every = Variable(
        name=f"{prefix}*",
        kind="none",
        value=gettext("all its keys"),
        origin=origin,
        source=_text(name),
        optional=bool(reference.get("optional")),
        href=sources.pages.href(origin, name),
    )
    if not keys:
        yield every if keys is None else replace(every, kind="missing", value="")
    kind = "hidden" if secret else "value"
    for key in keys or ():
        value = _text((values or NOTHING).get(key))
        yield replace(every, name=prefix + _text(key), kind=kind, value=value, key=_text(key), whole=True)


def _variable(
    variable: Mapping[str, Any], spec: Mapping[str, Any], body: Mapping[str, Any], sources: Sources
) -> Variable:
    name, source = _text(variable.get("name")), variable.get("valueFrom") or NOTHING
    if reference := source.get("configMapKeyRef"):
        return _of_key(name, "ConfigMap", reference, sources)
    if reference := source.get("secretKeyRef"):
        return _of_key(name, "Secret", reference, sources)
    if reference := source.get("fieldRef"):
        path = str(reference.get("fieldPath") or "")
        first, _point, second = path.partition(".")
        value = (body.get(first) or NOTHING).get(second) if path in _FIELDS else None
        return Variable(name, "none" if value is None else "value", _text(value), "field", key=_text(path))
    if reference := source.get("resourceFieldRef"):
        place = reference.get("containerName") or spec.get("name")
        return Variable(name, "none", "", "field", key=_text(f"{reference.get('resource')}, {place}"))
    return Variable(name, "value", _text(variable.get("value")))


def _of_key(name: str, origin: str, reference: Mapping[str, Any], sources: Sources) -> Variable:
    """A variable from one key of a ConfigMap or of a Secret, whose values stay hidden."""
    source, key = str(reference.get("name") or ""), str(reference.get("key") or "")
    values = sources.config(source) if origin == "ConfigMap" else None
    keys = values if origin == "ConfigMap" else sources.secret_keys(source)
    kind = "hidden" if origin == "Secret" else "none" if values is None else "value"
    return Variable(
        name=name,
        kind="missing" if keys is not None and key not in keys else kind,
        value=_text(values.get(key)) if values is not None else "",
        origin=origin,
        source=_text(source),
        key=_text(key),
        optional=bool(reference.get("optional")),
        href=sources.pages.href(origin, source),
    )
