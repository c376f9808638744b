"""The containers of a workload's pod template: image, and what each asks for and may use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from services.manifests.quantities import parse_quantity

_CORES = "cores"
_UNIT = re.compile(r"(?<=\d)(?=[A-Za-z]+$)")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the template. `tag`: Init or Sidecar; `cpu` and `memory`: "0.1 to 0.5 cores", "256 Mi"."""

    name: str
    image: str
    tag: str
    cpu: str
    memory: str


def containers(spec: Mapping[str, Any]) -> tuple[Container, ...]:
    """Worker containers first, then init containers, as the documentation lists them."""
    return tuple(_container(one, init) for one, init in of_template((spec.get("template") or {}).get("spec") or {}))


def of_template(pod: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """The containers of a pod's specification, and whether each is an init container."""
    yield from ((one, False) for one in pod.get("containers") or ())
    yield from ((one, True) for one in pod.get("initContainers") or ())


def _container(one: Mapping[str, Any], init: bool) -> Container:
    sidecar = init and one.get("restartPolicy") == "Always"
    resources = one.get("resources") or {}
    asked, most = resources.get("requests") or {}, resources.get("limits") or {}
    return Container(
        name=visible(str(one.get("name") or "")),
        image=visible(str(one.get("image") or "")),
        tag=gettext("Sidecar") if sidecar else gettext("Init") if init else "",
        cpu=cores(asked.get("cpu"), most.get("cpu")),
        memory=memory(asked.get("memory"), most.get("memory")),
    )


def cores(asked: Any, most: Any) -> str:
    """ "0.1 to 0.5 cores": request and limit."""
    return _range(_cores(asked), _cores(most))


def memory(asked: Any, most: Any) -> str:
    """ "256 to 512 Mi": request and limit."""
    return _range(_size(asked), _size(most))


def size_of(name: str, quantity: Any) -> str:
    """ "0.1 cores", "256 Mi": a quantity of the resource of this name; anything else as it is written."""
    if name == "cpu":
        return _with_unit(*_cores(quantity))
    return _with_unit(*_size(quantity))


def _range(asked: tuple[str, str], most: tuple[str, str]) -> str:
    """ "0.1 to 0.5 cores": the request and the limit, the unit once where it is the same."""
    if asked[0] and most[0] and asked != most:
        low = asked[0] if asked[1] == most[1] else _with_unit(*asked)
        return gettext("%(low)s to %(high)s") % {"low": low, "high": _with_unit(*most)}
    if most[0]:
        return _with_unit(*most) if asked[0] else gettext("up to %(high)s") % {"high": _with_unit(*most)}
    return gettext("%(low)s or more") % {"low": _with_unit(*asked)} if asked[0] else ""


def _with_unit(number: str, unit: str) -> str:
    if unit == _CORES and number == "1":
        return gettext("1 core")
    return f"{number} {gettext('cores') if unit == _CORES else unit}".strip()


def _cores(quantity: Any) -> tuple[str, str]:
    if quantity is None:
        return "", ""
    value = parse_quantity(str(quantity))
    return (str(quantity), "") if value is None else (_number(value), _CORES)


def _number(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".") or "0"


def _size(quantity: Any) -> tuple[str, str]:
    if quantity is None:
        return "", ""
    number, _, unit = _UNIT.sub(" ", str(quantity)).partition(" ")
    return number, unit
