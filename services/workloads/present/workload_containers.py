"""The containers of a workload's pod template: image, and what each asks for and may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from console.kube.visible import visible
from services.shown.quantities import cores, memory


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
    rows = []
    for container, init in of_template((spec.get("template") or {}).get("spec") or {}):
        sidecar = init and container.get("restartPolicy") == "Always"
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        row = Container(
            name=visible(str(container.get("name") or "")),
            image=visible(str(container.get("image") or "")),
            tag=gettext("Sidecar") if sidecar else gettext("Init") if init else "",
            cpu=cores(requests.get("cpu"), limits.get("cpu")),
            memory=memory(requests.get("memory"), limits.get("memory")),
        )
        rows.append(row)
    return tuple(rows)


def of_template(pod: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """The containers of a pod's specification, and whether each is an init container."""
    yield from ((container, False) for container in pod.get("containers") or ())
    yield from ((container, True) for container in pod.get("initContainers") or ())
