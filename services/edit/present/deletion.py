"""The delete dialog: what goes, what stands behind it, what will break. Nothing is chosen beforehand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.access import BEHIND_SERVICES, View
from console.kube.errors import KubeError, NotFound, Unavailable
from console.kube.gateway import Client
from console.kube.kinds import Kind
from console.kube.records import EndpointSliceRecord, PodRecord, ServiceRecord, WorkloadRecord
from services.edit.present.owners import Makers, owners, pods_behind, unmade, workloads_behind
from services.manifests.health import matches, reachable
from services.manifests.selection import selects

_PAGE = 500
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Pick:
    """Something that may be deleted with a Service. `blocked`: why this reader may not choose it."""

    kind: Kind
    name: str
    uid: str
    what: str
    effect: str
    blocked: str = ""
    goes_with: str = ""
    """The form value of what takes it along, unasked."""

    @property
    def value(self) -> str:
        """How the form names it."""
        return f"{self.kind.kind}/{self.name}/{self.uid}"


@dataclass(frozen=True, slots=True)
class Doomed:
    """A Service that is to go. `effect`: what is lost with its name."""

    name: str
    uid: str
    effect: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """The dialog. `typed`: what must be typed to delete claims; `stays`: what is behind them and is not offered;
    `unknown`: what could not be looked up, and why.
    """

    services: tuple[Doomed, ...]
    breaks: tuple[str, ...]
    picks: tuple[Pick, ...]
    claims: tuple[Pick, ...]
    stays: tuple[str, ...]
    typed: str
    unknown: tuple[str, ...]
    missing: tuple[str, ...]

    def chosen(self, values: Iterable[str]) -> list[Pick]:
        """The offered picks with these form values that may be chosen."""
        wanted = set(values)
        return [pick for pick in (*self.picks, *self.claims) if pick.value in wanted and not pick.blocked]


@dataclass(frozen=True, slots=True)
class May:
    """What the reader may delete besides Services; the reason when not."""

    workloads: bool
    claims: bool
    reason: str


def deletion(view: View, client: Client, names: Sequence[str], may: May) -> Deletion:
    """What deleting these Services means. Raises Forbidden, Unavailable."""
    known = {service.name: service for service in view.services()}
    known |= {service.name: service for name in names if name not in known and (service := _unseen(view, name))}
    services = [known[name] for name in names if name in known]
    looked = _Looked(client, view.namespace)
    makers = Makers(view)
    behind = {service.name: pods_behind(view, service) for service in services}
    pods = {pod.uid: pod for found in behind.values() for pod in found}
    found = (one for service in services for one in workloads_behind(view, service, behind[service.name], makers))
    workloads = list({one.uid: one for one in found}.values())
    templates = [looked.workload(one) for one in workloads]
    others = [service for service in known.values() if service.name not in names]
    shared = _shared(view, workloads, others, makers)
    picks = [_workload_pick(one, shared[one.uid], may) for one in workloads]
    picks += [_scaler_pick(one, may) for one in looked.all(kinds.HPA) if _scales(one, workloads)]
    if view.freshness(*BEHIND_SERVICES, kinds.REPLICASET).state != "live":
        looked.unknown.append(gettext("The cluster is not responding: there may be more behind it than is listed."))
    claims = _claims(templates, looked.all(kinds.PVC) if templates else [], may)
    labels = [*(pod.labels for pod in pods.values()), *(one.template_labels for one in workloads)]
    emptied = _emptied(workloads, shared) if may.workloads else ()
    return Deletion(
        services=tuple(Doomed(one.name, one.uid, _effect(one, view.endpoints(one.name))) for one in services),
        breaks=(*_breaks(services, looked.all(kinds.INGRESS)), *emptied),
        picks=tuple(picks),
        claims=tuple(claims),
        stays=(*_unmade(pods.values(), makers), *_policies(looked.all(kinds.NETWORKPOLICY) if labels else [], labels)),
        typed=services[0].name if len(services) == 1 else view.namespace,
        unknown=tuple(looked.unknown),
        missing=tuple(name for name in names if name not in known),
    )


def _unseen(view: View, name: str) -> ServiceRecord | None:
    """A Service that memory does not have yet, if the cluster has it."""
    try:
        return view.service(name)
    except NotFound:
        return None


class _Looked:
    """Reads what memory does not hold; what cannot be read is said, not guessed. Once silent, the cluster is let be."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client, self._namespace = client, namespace
        self.unknown: list[str] = []
        self._silent: Unavailable | None = None

    def all(self, kind: Kind) -> list[Mapping[str, Any]]:
        """All of a kind; where there are more than 10,000 this is said."""
        found: list[Mapping[str, Any]] = []
        token = ""
        for _number in range(_PAGES):
            page = self._ask(kind.plural, partial(self._page, kind, token)) or {}
            found += page.get("items") or ()
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                return found
        values = {"count": len(found), "what": kind.plural}
        self.unknown.append(gettext("There are more than %(count)s %(what)s; the others were not checked.") % values)
        return found

    def _page(self, kind: Kind, token: str) -> dict[str, Any]:
        return self._client.list(kind, self._namespace, limit=_PAGE, continue_=token)

    def workload(self, record: WorkloadRecord) -> Mapping[str, Any]:
        kind = next(one for one in kinds.WORKLOADS if one.kind == record.kind)
        what = f"{record.kind} {record.name}"
        found = self._ask(what, lambda: self._client.get(kind, self._namespace, record.name))
        return found | {"kind": record.kind} if found else {}

    def _ask(self, what: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            if self._silent:
                raise self._silent
            return read()
        except KubeError as error:
            self._silent = error if isinstance(error, Unavailable) else None
            self._say(what, error)
            return None

    def _say(self, what: str, error: KubeError) -> None:
        self.unknown.append(gettext("%(what)s could not be read: %(why)s") % {"what": what, "why": error.reason})


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


def _breaks(services: Sequence[ServiceRecord], ingresses: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    names = {service.name for service in services}
    for ingress in ingresses:
        used = sorted(names & set(_backends(ingress.get("spec") or {})))
        if used:
            values = {"ingress": ingress["metadata"]["name"], "services": ", ".join(used)}
            yield gettext("Ingress %(ingress)s sends requests to %(services)s.") % values
    for service in services:
        if service.ingress:
            values = {"name": service.name, "address": ", ".join(service.ingress)}
            yield (
                gettext("The load-balancer address %(address)s of %(name)s is released and may not come back.") % values
            )
        if service.owner:
            values = {"name": service.name, "owner": f"{service.owner.kind} {service.owner.name}"}
            yield gettext("%(name)s belongs to %(owner)s, which may create it again.") % values


def _backends(value: Any) -> Iterable[str]:
    """Names of Services anywhere in an Ingress."""
    if isinstance(value, Mapping):
        service = value.get("service")
        if isinstance(service, Mapping) and isinstance(service.get("name"), str):
            yield service["name"]
        for one in value.values():
            yield from _backends(one)
    elif isinstance(value, list):
        for one in value:
            yield from _backends(one)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Another Service that a workload is behind, too: how many pods it has, and how many without that workload."""

    name: str
    pods: int
    left: int


def _shared(
    view: View, workloads: Sequence[WorkloadRecord], others: Iterable[ServiceRecord], makers: Makers
) -> dict[str, list[Sharing]]:
    """By the UID of each workload: the other Services that it is behind, by name."""
    found: dict[str, list[Sharing]] = {one.uid: [] for one in workloads}
    for service in sorted(others, key=lambda one: one.name):
        sharing = [one for one in workloads if matches(service.selector, one.template_labels)]
        pods = pods_behind(view, service) if sharing else []
        made = Counter(workload.uid for pod in pods if (workload := makers.workload(pod)))
        for workload in sharing:
            found[workload.uid].append(Sharing(service.name, len(pods), len(pods) - made[workload.uid]))
    return found


def _emptied(workloads: Iterable[WorkloadRecord], shared: Mapping[str, Sequence[Sharing]]) -> Iterable[str]:
    """What other Services lose with each workload that may be deleted, too."""
    for workload in workloads:
        for other in shared[workload.uid]:
            values = {"kind": workload.kind, "name": workload.name, "service": other.name, "left": other.left}
            if other.left < other.pods and not other.left:
                yield gettext("Deleting %(kind)s %(name)s as well leaves %(service)s without a pod.") % values
            elif other.left < other.pods:
                text = gettext("Deleting %(kind)s %(name)s as well leaves %(service)s %(left)s of %(pods)s pods.")
                yield text % (values | {"pods": other.pods})


def _unmade(pods: Iterable[PodRecord], makers: Makers) -> Iterable[str]:
    left = unmade(pods, makers)
    if left:
        text = ngettext(
            "1 pod belongs to no workload here and is not deleted.",
            "%(count)s pods belong to no workload here and are not deleted.",
            len(left),
        )
        belong = ngettext("It belongs to %(owners)s.", "They belong to %(owners)s.", len(left))
        named = owners(left, makers)
        sentences = (text % {"count": len(left)}, belong % {"owners": _some(named)} if named else "")
        yield " ".join(filter(None, sentences))


def _policies(policies: Iterable[Mapping[str, Any]], pods: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """The network policies for these pods; one for all pods of the project is not theirs."""
    selectors = {one["metadata"]["name"]: (one.get("spec") or {}).get("podSelector") or {} for one in policies}
    named = [
        name
        for name, selector in sorted(selectors.items())
        if any(selector.values()) and any(selects(selector, dict(labels)) for labels in pods)
    ]
    if named:
        text = ngettext(
            "NetworkPolicy %(names)s applies to its pods; it stays.",
            "NetworkPolicies %(names)s apply to its pods; they stay.",
            len(named),
        )
        yield text % {"names": _some(named)}


def _some(names: Sequence[str]) -> str:
    """The first five, and how many more there are."""
    if len(names) <= 5:
        return ", ".join(names)
    return gettext("%(names)s and %(count)s more") % {"names": ", ".join(names[:5]), "count": len(names) - 5}


def _workload_pick(workload: WorkloadRecord, shared: Sequence[Sharing], may: May) -> Pick:
    kind = next(one for one in kinds.WORKLOADS if one.kind == workload.kind)
    names = _some([one.name for one in shared])
    stop = ngettext("Stops 1 pod.", "Stops %(count)s pods.", workload.current)
    if shared:
        one = ngettext(
            "Stops 1 pod that %(services)s uses as well.", "Stops 1 pod that %(services)s use as well.", len(shared)
        )
        many = ngettext(
            "Stops %(count)s pods that %(services)s uses as well.",
            "Stops %(count)s pods that %(services)s use as well.",
            len(shared),
        )
        stop = one if workload.current == 1 else many
    stop %= {"count": workload.current, "services": names}
    if not workload.current:
        stop = gettext("Has no pods at the moment.")
    if workload.owner:
        stop += " " + gettext("%(owner)s may create it again.") % {
            "owner": f"{workload.owner.kind} {workload.owner.name}"
        }
    return Pick(kind, workload.name, workload.uid, workload.kind, stop, "" if may.workloads else may.reason)


def _scaler_pick(scaler: Mapping[str, Any], may: May) -> Pick:
    meta, target = scaler["metadata"], (scaler.get("spec") or {}).get("scaleTargetRef") or {}
    effect = gettext("Scales %(kind)s %(name)s; has no purpose without it.") % {
        "kind": target.get("kind"),
        "name": target.get("name"),
    }
    blocked = "" if may.workloads else may.reason
    return Pick(kinds.HPA, meta["name"], meta["uid"], "HorizontalPodAutoscaler", effect, blocked)


def _scales(scaler: Mapping[str, Any], workloads: Iterable[WorkloadRecord]) -> bool:
    target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
    return any((target.get("kind"), target.get("name")) == (one.kind, one.name) for one in workloads)


def _claims(templates: Iterable[Mapping[str, Any]], claims: Iterable[Mapping[str, Any]], may: May) -> Iterable[Pick]:
    for claim in claims:
        owner = next((one for one in templates if one and _uses(one, claim["metadata"]["name"])), None)
        if owner is not None:
            yield _claim_pick(claim, owner, may)


def _uses(workload: Mapping[str, Any], claim: str) -> bool:
    """Whether a workload mounts this claim, by name in its pod template or through its claim templates."""
    if _from_template(workload, claim):
        return True
    spec = workload.get("spec") or {}
    volumes = ((spec.get("template") or {}).get("spec") or {}).get("volumes") or ()
    return any((one.get("persistentVolumeClaim") or {}).get("claimName") == claim for one in volumes)


def _from_template(workload: Mapping[str, Any], claim: str) -> bool:
    """Whether a claim is one that a StatefulSet made from a claim template."""
    templates, name = (workload.get("spec") or {}).get("volumeClaimTemplates") or (), workload["metadata"]["name"]
    return any(re.fullmatch(rf"{re.escape(one['metadata']['name'])}-{re.escape(name)}-\d+", claim) for one in templates)


def _claim_pick(claim: Mapping[str, Any], owner: Mapping[str, Any], may: May) -> Pick:
    meta, spec = claim["metadata"], claim.get("spec") or {}
    asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "")
    size = ((claim.get("status") or {}).get("capacity") or {}).get("storage") or asked
    what = gettext("Claim, %(size)s") % {"size": size} if size else gettext("Claim")
    values = {"kind": owner["kind"], "name": owner["metadata"]["name"]}
    effect = gettext("Used by %(kind)s %(name)s. Deleted once no pod mounts it.") % values
    policy = (owner.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
    goes_with = ""
    if policy.get("whenDeleted") == "Delete" and _from_template(owner, meta["name"]):
        goes_with = f"{owner['kind']}/{owner['metadata']['name']}/{owner['metadata']['uid']}"
        effect = gettext("Deleted with %(kind)s %(name)s in any case: its retention policy says so.") % values
    if spec.get("storageClassName"):
        effect += " " + gettext("Storage class %(name)s.") % {"name": spec["storageClassName"]}
    blocked = "" if may.claims else may.reason
    return Pick(kinds.PVC, meta["name"], meta["uid"], what, effect, blocked, goes_with)
