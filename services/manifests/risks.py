"""What is valid in a Service and still dangerous (traffic that others can be made to send astray) or idle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from services.manifests.bundle import Document
from services.manifests.paths import Path
from services.manifests.quantities import cpu_slip, memory_slip
from services.manifests.references import containers_of
from services.manifests.sentences import Sentence, gettext_noop
from services.manifests.tree import get

_TARGET = ("spec", "externalName")
_INSIDE = re.compile(r"(?:[^.]+\.)*?[^.]+\.(?P<namespace>[^.]+)\.svc(?:\.cluster\.local)?")
_OWN = re.compile(r"kubesphere\.io/|kubectl\.kubernetes\.io/")
_LOCAL = re.compile(r"localhost|(?:.+\.)?(?:localhost|localdomain)")
_METADATA = re.compile(
    r"(?:.+[.-])?169[.-]254[.-]169[.-]254(?:[.-].+)?|metadata(?:\.google\.internal)?|instance-data.*"
)

_SLIPS = {"cpu": cpu_slip, "memory": memory_slip}


def risks(document: Document, namespace: str = "") -> Iterator[tuple[Path, Sentence]]:
    """Places and sentences of what somebody should look at before creating it. ``namespace``: where it will be, if the
    document does not say."""
    if document.get("kind") != "Service" or get(document, ("spec", "type")) != "ExternalName":
        return
    target, own = get(document, _TARGET), get(document, ("metadata", "namespace"))
    target = target.lower().removesuffix(".") if isinstance(target, str) else ""
    inside = _INSIDE.fullmatch(target)
    if inside and inside["namespace"] != (own if isinstance(own, str) and own else namespace):
        template = gettext_noop(
            "This points into namespace %(namespace)s and bypasses network rules that rely on names: anyone who can "
            "reach this Service through a gateway reaches that one."
        )
        yield _TARGET, Sentence(template, namespace=inside["namespace"])
    elif _LOCAL.fullmatch(target):
        yield _TARGET, Sentence(gettext_noop("This points every caller, including a gateway, to itself."))
    elif _METADATA.fullmatch(target):
        template = gettext_noop("This points to the metadata service of the cloud, which has the credentials of nodes.")
        yield _TARGET, Sentence(template)


NO_PROVIDER = gettext_noop(
    "There are no annotations for the load balancer provider. Some providers assign no address without them. Under "
    "Load Balancer in External Access, choose the provider to see the usual ones."
)
STICKY_HEADLESS = gettext_noop("Session affinity has no effect on a headless Service: it has no virtual IP.")


def advice(service: Document) -> Iterator[Sentence]:
    """What somebody who creates this Service may have forgotten."""
    spec, annotations = get(service, ("spec",)), get(service, ("metadata", "annotations"))
    if service.get("kind") != "Service" or not isinstance(spec, dict):
        return
    if spec.get("sessionAffinity") == "ClientIP" and spec.get("clusterIP") == "None":
        yield Sentence(STICKY_HEADLESS)
    balanced = spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")
    if balanced and says_nothing(annotations if isinstance(annotations, dict) else {}):
        yield Sentence(NO_PROVIDER)


def unit_slips(document: Document) -> Iterator[tuple[Path, Sentence]]:
    """CPU and memory of containers that were nearly always meant in another unit."""
    for path, container in containers_of(document):
        for side, (resource, slip) in product(("requests", "limits"), _SLIPS.items()):
            value = get(container, ("resources", side, resource))
            known = isinstance(value, str | int) and not isinstance(value, bool)
            if known and (wrong := slip(str(value))):
                yield (*path, "resources", side, resource), wrong


def says_nothing(annotations: Mapping[str, Any]) -> bool:
    """Whether there is none but the console's own: nothing that a provider could read. (OpenELB reads some below
    ``kubesphere.io``.)"""
    return all(_OWN.match(key) for key in annotations if key)
