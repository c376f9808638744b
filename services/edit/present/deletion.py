"""The delete dialog: what goes, what stands behind it, what will break. Nothing is chosen beforehand."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, View
from console.kube.errors import NotFound
from console.kube.kinds import Kind
from console.kube.records import EndpointSliceRecord, PodRecord, ServiceRecord, WorkloadRecord
from services.edit.present.dependents import (
    Neighbours,
    bare_sets,
    broken_routes,
    configs,
    governed,
    lost_with,
    owned,
    policies,
)
from services.edit.present.picks import (
    Pick,
    Sharing,
    claim_picks,
    losing,
    pod_pick,
    scaler_picks,
    some,
    stops,
    workload_pick,
)
from services.edit.present.reading import Reading
from services.manifests.health import matches, pod_health, reachable
from services.shown.status import StatusCell, pod_cell

Found = TypeVar("Found")

_MOST_PODS = 20  # that no workload makes and that are offered


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to go. `effect`: what is lost with it; `status`: of a pod, how it does."""

    kind: Kind
    name: str
    uid: str
    effect: str
    status: StatusCell | None = None

    @property
    def sort_and_name(self) -> str:
        """How the form names it, followed by its UID."""
        return f"{self.kind.kind}/{self.name}"


def called(sorts: Iterable[Kind]) -> str:
    """What objects of these kinds are called together."""
    if len(several := set(sorts)) == 1 and not several & set(kinds.WORKLOADS):
        return gettext("pods") if kinds.POD in several else f"{several.pop().kind}s"
    return gettext("workloads") if several <= set(kinds.WORKLOADS) else gettext("objects")


@dataclass(frozen=True, slots=True)
class Deletion:
    """The dialog. `typed`: what must be typed to delete claims; `stays`: what is behind them and is not offered;
    `unknown`: what could not be looked up, and why.
    """

    objects: tuple[Doomed, ...]
    breaks: tuple[str, ...]
    picks: tuple[Pick, ...]
    claims: tuple[Pick, ...]
    stays: tuple[str, ...]
    typed: str
    unknown: tuple[str, ...]
    missing: tuple[str, ...] = ()
    without_callers: str = ""
    """That no Ingress, route or workload names the Services, where all could be read."""
    kept: bool = True
    """Whether what is deleted is in the recycle bin then."""
    anew: bool = True
    """Whether something may be created again under the same name meanwhile."""
    together: str = ""
    """What is lost with all of the objects, where that is the same of each."""

    @property
    def subject(self) -> str:
        """What is deleted, for a heading and a button: "Service db", "2 pods"."""
        if len(self.objects) == 1:
            return f"{self.objects[0].kind.kind} {self.objects[0].name}"
        return f"{len(self.objects)} {called(doomed.kind for doomed in self.objects)}"

    def chosen(self, values: Iterable[str]) -> list[Pick]:
        """The offered picks with these form values that may be chosen."""
        wanted = set(values)
        return [pick for pick in (*self.picks, *self.claims) if pick.value in wanted and not pick.blocked]


def deletion(reading: Reading, names: Sequence[str]) -> Deletion:
    """What deleting these Services means. Raises Forbidden, Unavailable."""
    view, may = reading.view, reading.may
    known = {service.name: service for service in view.services()}
    known |= _found(view.service, [name for name in names if name not in known])  # memory may not have them yet
    services = [known[name] for name in names if name in known]
    behind = {service.name: reading.pods_behind(service) for service in services}
    pods = {pod.uid: pod for selected in behind.values() for pod in selected}
    per_service = [reading.workloads_behind(service, behind[service.name]) for service in services]
    workloads = list({workload.uid: workload for workload in chain.from_iterable(per_service)}.values())
    others = [service for service in known.values() if service.name not in names]
    shared, unmade = _shared(reading, workloads, others), reading.unmade(pods.values())
    bare = [pod for pod in unmade if reading.owner(pod) is None]
    picks, claims, secrets, neighbours = _company(reading, workloads, bare)
    labels = [*(pod.labels for pod in pods.values()), *(workload.template_labels for workload in workloads)]
    callers, routes = list(neighbours.callers(services, view.namespace)), list(broken_routes(reading, services))
    stays = (
        *_unmade(reading, [pod for pod in unmade if pod not in bare[:_MOST_PODS]]),
        *bare_sets(reading, view.replicasets(), services),
        *policies(reading.all(kinds.NETWORKPOLICY) if labels else [], labels),
    )
    unasked = (*governed(services, view.workloads()), *owned(reading, {service.uid for service in services}))
    return Deletion(
        objects=tuple(
            Doomed(kinds.SERVICE, service.name, service.uid, _effect(service, view.endpoints(service.name)))
            for service in services
        ),
        breaks=(*routes, *callers, *unasked, *lost_with(services)),
        without_callers=neighbours.without_callers(services, callers, routes),
        picks=(
            *(workload_pick(workload, shared[workload.uid], may) for workload in workloads),
            *(pod_pick(pod, may) for pod in bare[:_MOST_PODS]),
            *picks,
        ),
        claims=tuple(claims),
        stays=(*stays, *secrets),
        typed=services[0].name if len(services) == 1 else view.namespace,
        unknown=(*_not_live(view), *reading.unknown),
        missing=tuple(name for name in names if name not in known),
    )


def deletion_of_workloads(reading: Reading, names: Sequence[str]) -> Deletion:
    """What deleting these workloads means (``deployment/web``). Raises `Forbidden`, `Unavailable`."""
    view = reading.view

    def look(name: str) -> WorkloadRecord:
        word, _slash, name = name.partition("/")
        return view.workload(kinds.workload(word).kind, name)

    known = _found(look, names)
    workloads = list(known.values())
    picks, claims, secrets, _neighbours = _company(reading, workloads, [])
    shared = _shared(reading, workloads, view.services())
    labels = [workload.template_labels for workload in workloads]
    return Deletion(
        objects=tuple(
            Doomed(kinds.workload(workload.kind.lower()), workload.name, workload.uid, stops(workload))
            for workload in workloads
        ),
        breaks=(*losing(_together(shared)), *owned(reading, set(shared))),
        picks=tuple(picks),
        claims=tuple(claims),
        stays=(*secrets, *policies(reading.all(kinds.NETWORKPOLICY), labels)),
        typed=workloads[0].name if len(workloads) == 1 else view.namespace,
        unknown=(*_not_live(view), *reading.unknown),
        missing=tuple(name for name in names if name not in known),
    )


def deletion_of_pods(reading: Reading, names: Sequence[str]) -> Deletion:
    """What deleting these pods means: whether something replaces them, and what Services have until then."""
    view = reading.view
    known = _found(view.pod, names)
    pods = list(known.values())
    bare = [pod for pod in pods if reading.owner(pod) is None]
    picks, claims, secrets, _neighbours = _company(reading, [], bare)
    unserved, kept, now = [], [], time.time()
    services = {service.name: service for pod in pods for service in view.services_selecting(pod.labels)}
    for name, service in sorted(services.items()):
        ready = {pod.uid for pod in reading.pods_behind(service) if pod.ready}
        if left := len(ready - {pod.uid for pod in pods}):
            text = ngettext("Service %(name)s keeps 1 ready pod.", "Service %(name)s keeps %(count)s ready pods.", left)
            kept.append(text % {"name": name, "count": left})
        elif ready:
            unserved.append(gettext("Service %(name)s has no other ready pod.") % {"name": name})
        else:
            kept.append(gettext("Service %(name)s has no ready pod now; that does not change.") % {"name": name})
    effects = [_replacement(reading, pod) for pod in pods]
    alike = len(pods) > 1 and len(set(effects)) == 1
    return Deletion(
        objects=tuple(
            Doomed(kinds.POD, pod.name, pod.uid, "" if alike else effect, pod_cell(pod, pod_health(pod, now)))
            for pod, effect in zip(pods, effects, strict=True)
        ),
        breaks=tuple(unserved),
        picks=tuple(picks),
        claims=tuple(claims),
        stays=(*kept, *secrets),
        typed=pods[0].name if len(pods) == 1 else view.namespace,
        unknown=(*_not_live(view), *reading.unknown),
        missing=tuple(name for name in names if name not in known),
        kept=bool(bare),
        anew=bool(bare) or any(owner.kind == "StatefulSet" for pod in pods if (owner := reading.owner(pod))),
        together=_replacement(reading, pods[0], len(pods)) if alike else "",
    )


def _company(
    reading: Reading, workloads: Sequence[WorkloadRecord], pods: Sequence[PodRecord]
) -> tuple[list[Pick], list[Pick], list[str], Neighbours]:
    """What goes with workloads and pods if it is chosen, claims apart; what is said of Secrets; who else is there."""
    users = [reading.get(kinds.workload(workload.kind.lower()), workload.name) for workload in workloads]
    users += [reading.get(kinds.POD, pod.name) for pod in pods[:_MOST_PODS]]
    leaving = {record.uid for record in (*workloads, *pods)}
    alone = [pod.name for pod in reading.unmade(reading.view.pods()) if pod.uid not in leaving]
    neighbours = Neighbours(reading, leaving, alone)
    picks = [*scaler_picks(reading.all(kinds.HPA), workloads, reading.may)] if workloads else []
    claims = [*claim_picks(users, reading.all(kinds.PVC), reading.may)] if users else []
    config, secrets = configs(reading, neighbours.only_theirs(users))
    return [*picks, *config], claims, secrets, neighbours


def _found(look: Callable[[str], Found], names: Iterable[str]) -> dict[str, Found]:
    """Those that exist, by the names that they were asked for by."""
    by_name = {}
    for name in names:
        with suppress(NotFound):
            by_name[name] = look(name)
    return by_name


def _not_live(view: View) -> Iterator[str]:
    if view.freshness(*BEHIND_SERVICES, kinds.REPLICASET).state != "live":
        yield gettext("The cluster is not responding: more may depend on it than is listed.")


def _effect(service: ServiceRecord, slices: Sequence[EndpointSliceRecord]) -> str:
    if service.type == "ExternalName":
        text = gettext("Its DNS name stops resolving immediately. %(name)s itself is not affected.")
        return text % {"name": service.external_name}
    ready = reachable(service, slices).ready
    if not ready:
        return gettext("Its DNS name stops resolving. It has no endpoints.")
    text = ngettext(
        "Its DNS name stops resolving immediately (1 endpoint).",
        "Its DNS name stops resolving immediately (%(count)s endpoints).",
        ready,
    )
    return text % {"count": ready}


def _replacement(reading: Reading, pod: PodRecord, count: int = 1) -> str:
    """What becomes of a pod's place when it is deleted, and of the others' that are alike: `count` of them all."""
    owner, workload = reading.owner(pod), reading.maker(pod)
    if owner is None:
        text = ngettext(
            "It belongs to no workload: nothing replaces it.",
            "They belong to no workload: nothing replaces them.",
            count,
        )
    elif owner.kind == "StatefulSet":
        text = ngettext(
            "StatefulSet %(name)s creates it again under the same name, with the same claims.",
            "StatefulSet %(name)s creates them again under the same names, with the same claims.",
            count,
        )
    elif owner.kind == "DaemonSet":
        text = ngettext(
            "DaemonSet %(name)s creates another pod on its node.",
            "DaemonSet %(name)s creates other pods on their nodes.",
            count,
        )
    elif owner.kind == "Job":
        text = ngettext(
            "Job %(name)s may start another pod for its work.", "Job %(name)s may start other pods for its work.", count
        )
    elif workload is not None and pod.ready and workload.current > workload.desired:
        text = ngettext(
            "%(kind)s %(name)s has more pods than it wants and may not replace it.",
            "%(kind)s %(name)s has more pods than it wants and may not replace them.",
            count,
        )
    else:
        text = ngettext(
            "%(kind)s %(name)s creates another pod under a new name.",
            "%(kind)s %(name)s creates %(count)s pods under new names.",
            count,
        )
    return text % {"kind": owner.kind if owner else "", "name": owner.name if owner else "", "count": count}


def _shared(
    reading: Reading, workloads: Sequence[WorkloadRecord], others: Iterable[ServiceRecord]
) -> dict[str, list[Sharing]]:
    """By the UID of each workload: the other Services that it is behind, by name."""
    sharing: dict[str, list[Sharing]] = {workload.uid: [] for workload in workloads}
    for service in sorted(others, key=lambda other: other.name):
        selected = [workload for workload in workloads if matches(service.selector, workload.template_labels)]
        pods = reading.pods_behind(service) if selected else []
        made = Counter(workload.uid for pod in pods if (workload := reading.maker(pod)))
        for workload in selected:
            sharing[workload.uid].append(Sharing(service.name, len(pods), len(pods) - made[workload.uid]))
    return sharing


def _together(shared: Mapping[str, Sequence[Sharing]]) -> Iterator[Sharing]:
    """What each Service keeps when all of these workloads are deleted at once."""
    lost: Counter[tuple[str, int]] = Counter()
    for sharing in chain.from_iterable(shared.values()):
        lost[sharing.name, sharing.pods] += sharing.pods - sharing.left
    return (Sharing(name, pods, pods - less) for (name, pods), less in sorted(lost.items()))


def _unmade(reading: Reading, pods: Sequence[PodRecord]) -> Iterator[str]:
    if not pods:
        return
    text = ngettext(
        "1 pod belongs to no workload here and is not deleted.",
        "%(count)s pods belong to no workload here and are not deleted.",
        len(pods),
    )
    belong = ngettext("It belongs to %(owners)s.", "They belong to %(owners)s.", len(pods))
    named = sorted({f"{owner.kind} {owner.name}" for pod in pods if (owner := reading.owner(pod))})
    sentences = (text % {"count": len(pods)}, belong % {"owners": some(named)} if named else "")
    yield " ".join(filter(None, sentences))
