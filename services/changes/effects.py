"""What a change of a workload or a pod does besides changing fields: to its pods, and to the Services before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.access import View
from console.kube.errors import KubeError
from console.kube.gateway import Client
from services.manifests.autoscalers import targeting
from services.manifests.bundle import name_of
from services.manifests.health import State
from services.manifests.tree import get
from services.shown.pages import Pages
from services.shown.replacing import emptied, replaced
from services.shown.users import users

Document = Mapping[str, Any]
_TEMPLATE = ("spec", "template")
_MOST_NAMED = 10
_MOST_SCALERS = 500
_WORKLOADS = tuple(kind.kind for kind in kinds.WORKLOADS)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a change does besides changing fields. What is "bad" has to be confirmed: `sure` are the words of the box.
    `button`: those of the button that applies it; `keeps`: of one that takes back the change of `field`, a field of the
    spec, alone.
    """

    state: State
    what: str
    means: str = ""
    button: str = ""
    sure: str = ""
    field: str = ""
    keeps: str = ""


def consequences_of(view: View, client: Client, before: Document, after: Document) -> tuple[Consequence, ...]:
    """What changing an object from `before` to `after` (as stored) does. The worst first."""
    kind = before.get("kind")
    effects = [*_left(view, before, after)]
    if kind in _WORKLOADS:
        effects += [*_scaled(client, before, after), *_on_pods(before, after)]
    elif kind == "Pod":
        effects += _on_pod(before, after)
    elif kind == "ConfigMap":
        effects += _on_users(client, before, after)
    return tuple(sorted(effects, key=lambda effect: effect.state != "bad"))


def _on_pods(before: Document, after: Document) -> Iterator[Consequence]:
    old, new = dict(before), dict(after)
    if get(old, _TEMPLATE) == get(new, _TEMPLATE):
        yield Consequence("ok", gettext("No pod is restarted."))
        return
    spec = after.get("spec") or {}
    if spec.get("paused"):
        means = gettext("Its rollout is paused: pods are replaced once it is resumed.")
        yield Consequence("warn", gettext("The pod template changes."), means)
        return
    update = spec.get("strategy") or spec.get("updateStrategy") or {}
    status = before.get("status") or {}
    count = int(status.get("replicas") or status.get("currentNumberScheduled") or spec.get("replicas") or 0)
    if count:
        means = replaced(str(after["kind"]), update, count)
        button = ngettext("Apply, replace 1 pod", "Apply, replace %(count)s pods", count) % {"count": count}
        waits = update.get("type") == "OnDelete"
        yield Consequence("warn", gettext("The pod template changes."), means, "" if waits else button)


def _scaled(client: Client, before: Document, after: Document) -> Iterator[Consequence]:
    """Pods that are started or stopped, and the autoscaler that may set their number again."""
    was, wanted = (get(dict(document), ("spec", "replicas")) for document in (before, after))
    if was == wanted or not isinstance(was, int) or not isinstance(wanted, int):
        return
    count, means = abs(wanted - was), _autoscaler(client, after)
    if not wanted:
        yield Consequence("warn", gettext("All its pods are stopped."), means)
        return
    if wanted > was:
        text = ngettext("1 pod is started.", "%(count)s pods are started.", count)
    else:
        text = ngettext("1 pod is stopped.", "%(count)s pods are stopped.", count)
    yield Consequence("warn" if means else "idle", text % {"count": count}, means)


def _autoscaler(client: Client, workload: Document) -> str:
    """What an autoscaler of this workload does to its replicas; empty without one, and where it cannot be known."""
    meta = workload.get("metadata") or {}
    with suppress(KubeError):
        scalers = client.list(kinds.HPA, meta.get("namespace"), limit=_MOST_SCALERS).get("items") or ()
        for scaler in targeting(scalers, str(workload.get("kind")), str(meta.get("name"))):
            return gettext("The autoscaler %(name)s may change the number again.") % {"name": name_of(scaler)}
    return ""


def _on_pod(before: Document, after: Document) -> Iterator[Consequence]:
    old, new = _images(before), _images(after)
    for name in (name for name in new if name in old and new[name] != old[name]):
        yield Consequence("warn", gettext("Container %(name)s is restarted with the other image.") % {"name": name})
    if (before.get("metadata") or {}).get("ownerReferences"):
        text = gettext("Only this pod changes.")
        yield Consequence("warn", text, gettext("A pod that replaces it is created from its workload’s template."))


def _on_users(client: Client, before: Document, after: Document) -> Iterator[Consequence]:
    """Whose pods see other values of a ConfigMap, and when."""
    if all(before.get(part) == after.get(part) for part in ("data", "binaryData")):
        return
    meta = before["metadata"]
    using = users(client, Pages(meta["namespace"], secrets=False), kinds.CONFIGMAP, meta["name"])
    makers = [user.name for user in using.rows if user.kind in _WORKLOADS]
    named = makers or [user.name for user in using.rows]
    if named:
        text = gettext("Used by %(names)s.") % {"names": ", ".join(named[:_MOST_NAMED])}
        means = gettext(
            "Mounted files change in running pods within about a minute, except those mounted with subPath. "
            "Environment variables keep their old values until the pods are restarted."
        )
        yield Consequence("warn", text, means)
    elif not using.unknown:
        yield Consequence("ok", gettext("No workload or pod here refers to it."))
    for sentence in using.unknown:
        yield Consequence("warn", sentence)


def _images(pod: Document) -> dict[str, str]:
    spec = pod.get("spec") or {}
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return {str(container.get("name")): str(container.get("image")) for container in containers}


def _left(view: View, before: Document, after: Document) -> Iterator[Consequence]:
    """The Services that select its pods now and will not, or will select none of it."""
    now, then = _labels(before), _labels(after)
    if now == then:
        return
    with suppress(KubeError):
        view.check(kinds.SERVICE)
        view.begin(kinds.SERVICE)
        kept = {service.name for service in view.services_selecting(then)} if then else set()
        lost = [service.name for service in view.services_selecting(now) if service.name not in kept] if now else []
        if lost:
            of_pod = gettext("After this change it is no longer selected by %(names)s.")
            of_others = gettext("After this change none of its pods is selected by %(names)s.")
            text = (of_pod if before.get("kind") == "Pod" else of_others) % {"names": ", ".join(lost)}
            sure = gettext("Apply, although callers may fail")
            yield Consequence("bad", text, emptied(lost), gettext("Apply, callers may fail"), sure)


def _labels(document: Document) -> dict[str, str]:
    """The labels of the pods that there are of it; none where it has no pods."""
    spec = document.get("spec") or {}
    if document.get("kind") == "Pod":
        return dict((document.get("metadata") or {}).get("labels") or {})
    if document.get("kind") not in _WORKLOADS or spec.get("replicas") == 0:
        return {}
    return dict(((spec.get("template") or {}).get("metadata") or {}).get("labels") or {})
