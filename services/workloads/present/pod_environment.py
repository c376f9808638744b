"""The environment of a container: each variable, its value where it may be shown, and where it comes from.

Values of Secrets are never read: whether a key is there is all that is known of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

from django.utils.translation import gettext

from console.kube.fields import NOTHING
from console.kube.visible import visible
from services.shown.pages import Pages
from services.workloads.present.pod_container import specs

MOST = 500
_LONGEST = 2000
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


class Sources(Protocol):
    """What can be looked up. None: not known (not allowed, or not looked up); otherwise what is there, or nothing."""

    @property
    def pages(self) -> Pages: ...

    def config(self, name: str) -> Mapping[str, str] | None: ...

    def secret_keys(self, name: str) -> tuple[str, ...] | None: ...


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable. `kind`: value, hidden, missing (`optional` or not), none (not known here); `source` and `key`: which
    ConfigMap, Secret or field it comes from; `href`: the page of that, for who may open it.
    """

    name: str
    kind: str
    value: str = ""
    origin: str = ""
    source: str = ""
    key: str = ""
    optional: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A container as a chip."""

    name: str
    href: str
    count: int
    current: bool


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
    spec = next(
        (container for container in containers if container.get("name") == chosen),
        containers[0] if containers else NOTHING,
    )
    variables = tuple(_variables(spec, body, sources))
    choices = tuple(
        Choice(
            name=visible(str(container.get("name"))),
            href=f"?{urlencode({'container': container.get('name')})}",
            count=len(container.get("env") or ()) + len(container.get("envFrom") or ()),
            current=container is spec,
        )
        for container in containers
    )
    hidden, looked_up = (
        max(0, len(variables) - MOST),
        any(variable.origin in ("ConfigMap", "Secret") for variable in variables),
    )
    return Environment(str(spec.get("name") or ""), choices, variables[:MOST], hidden, looked_up)


def _variables(spec: Mapping[str, Any], body: Mapping[str, Any], sources: Sources) -> Iterator[Variable]:
    for source in spec.get("envFrom") or ():
        yield from _all_of(source, sources)
    for variable in spec.get("env") or ():
        yield _variable(variable, spec, body, sources)


def _all_of(source: Mapping[str, Any], sources: Sources) -> Iterator[Variable]:
    """All keys of a ConfigMap or Secret."""
    prefix = _text(source.get("prefix"))
    config, secret = source.get("configMapRef"), source.get("secretRef")
    name = str((config or secret or NOTHING).get("name") or "")
    optional = bool((config or secret or NOTHING).get("optional"))
    origin = "ConfigMap" if config else "Secret"
    values = sources.config(name) if config else None
    keys = list(values) if values is not None else None
    if secret:
        known = sources.secret_keys(name)
        keys = None if known is None else list(known)
    base = Variable("", "hidden" if secret else "none", origin=origin, source=_text(name), optional=optional)
    base = replace(base, href=sources.pages.href(origin, name))
    if keys is None:
        yield replace(base, name=f"{prefix}*", kind="none", value=gettext("all its keys"))
    elif not keys:
        yield replace(base, name=f"{prefix}*", kind="missing")
    for key in keys or ():
        value = _text((values or NOTHING).get(key))
        yield replace(base, name=prefix + _text(key), kind="hidden" if secret else "value", value=value, key=_text(key))


def _variable(
    variable: Mapping[str, Any], spec: Mapping[str, Any], body: Mapping[str, Any], sources: Sources
) -> Variable:
    name, source = _text(variable.get("name")), variable.get("valueFrom") or NOTHING
    if reference := source.get("configMapKeyRef"):
        return _of_config(name, reference, sources)
    if reference := source.get("secretKeyRef"):
        return _of_secret(name, reference, sources)
    if reference := source.get("fieldRef"):
        path = str(reference.get("fieldPath") or "")
        value = _field(body, path)
        return Variable(name, "none" if value is None else "value", value or "", "field", key=_text(path))
    if reference := source.get("resourceFieldRef"):
        place = reference.get("containerName") or spec.get("name")
        return Variable(name, "none", "", "field", key=_text(f"{reference.get('resource')}, {place}"))
    return Variable(name, "value", _text(variable.get("value")))


def _of_config(name: str, reference: Mapping[str, Any], sources: Sources) -> Variable:
    source, key, optional = _reference(reference)
    values = sources.config(source)
    href = sources.pages.href("ConfigMap", source)
    variable = Variable(name, "none", "", "ConfigMap", _text(source), _text(key), optional, href)
    if values is None:
        return variable
    if key not in values:
        return replace(variable, kind="missing")
    return replace(variable, kind="value", value=_text(values[key]))


def _of_secret(name: str, reference: Mapping[str, Any], sources: Sources) -> Variable:
    source, key, optional = _reference(reference)
    keys = sources.secret_keys(source)
    kind = "missing" if keys is not None and key not in keys else "hidden"
    href = sources.pages.href("Secret", source)
    return Variable(name, kind, "", "Secret", _text(source), _text(key), optional, href)


def _reference(reference: Mapping[str, Any]) -> tuple[str, str, bool]:
    return str(reference.get("name") or ""), str(reference.get("key") or ""), bool(reference.get("optional"))


def _field(body: Mapping[str, Any], path: str) -> str | None:
    """The value of a field of the pod; None for those that are not simple words of it."""
    if path not in _FIELDS:
        return None
    first, second = path.split(".")
    value = (body.get(first) or NOTHING).get(second)
    return None if value is None else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else visible(str(value))[:_LONGEST]
