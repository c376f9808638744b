"""What depends on a Service or on pods and will not work, or not be needed, without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, ngettext

from console.kube import kinds
from console.kube.records import ReplicaSetRecord, ServiceRecord, WorkloadRecord
from services.edit.present.picks import Document, Pick, config_pick, some
from services.edit.present.reading import Reading
from services.manifests.health import matches
from services.manifests.mentions import CONFIGMAP, SECRET, Use, uses
from services.manifests.selection import selects

_FEW = 4  # pages of workloads: 2,000 of a kind
_MOST_PODS = 20
_MOST_CONFIGS = 20
_OF_CLUSTER = {(CONFIGMAP, "kube-root-ca.crt")}  # in each namespace, and in each pod with a token


def broken_routes(reading: Reading, services: Sequence[ServiceRecord]) -> Iterator[str]:
    """The Ingresses and HTTPRoutes that send requests to these Services."""
    names = {service.name for service in services}
    for ingress in reading.all(kinds.INGRESS):
        if used := sorted(names & {str(backend.get("name")) for backend in backends(ingress.get("spec") or {})}):
            values = {"ingress": ingress["metadata"]["name"], "services": ", ".join(used)}
            yield gettext("Ingress %(ingress)s sends requests to %(services)s.") % values
    for route in reading.all(kinds.HTTPROUTE):
        place = route["metadata"].get("namespace")
        if used := sorted(names & set(_route_backends(route.get("spec") or {}, place))):
            values = {"route": route["metadata"]["name"], "services": ", ".join(used)}
            yield gettext("HTTPRoute %(route)s sends requests to %(services)s.") % values


def lost_with(services: Sequence[ServiceRecord]) -> Iterator[str]:
    """What goes with a Service and does not come back, and who may create it again."""
    for service in services:
        if ports := [str(port.node_port) for port in service.ports if port.node_port]:
            text = ngettext(
                "Node port %(ports)s of %(name)s closes on every node.",
                "Node ports %(ports)s of %(name)s close on every node.",
                len(ports),
            )
            yield text % {"ports": ", ".join(ports), "name": service.name}
        if service.ingress:
            values = {"name": service.name, "address": ", ".join(service.ingress)}
            yield (
                gettext("The load-balancer address %(address)s of %(name)s is released and may not come back.") % values
            )
        if service.owner:
            values = {"name": service.name, "owner": f"{service.owner.kind} {service.owner.name}"}
            yield gettext("%(name)s belongs to %(owner)s, which may create it again.") % values


def owned(reading: Reading, uids: set[str]) -> Iterator[str]:
    """What belongs to these objects by its owner references, so that the cluster deletes it with them, unasked."""
    whole = (kinds.PVC, kinds.HPA, kinds.INGRESS, kinds.NETWORKPOLICY)
    listed = [(kind, [item["metadata"] for item in reading.all(kind)]) for kind in whole]
    named = (kinds.CONFIGMAP, kinds.SECRET) if reading.may.secrets else (kinds.CONFIGMAP,)
    listed += [(kind, list(reading.metadata(kind))) for kind in named]
    names = [
        f"{kind.kind} {meta['name']}"
        for kind, metas in listed
        for meta in metas
        if any(owner.get("uid") in uids for owner in meta.get("ownerReferences") or ())
    ]
    if names:
        text = ngettext(
            "%(names)s belongs to it and is deleted with it.",
            "%(names)s belong to it and are deleted with it.",
            len(names),
        )
        yield text % {"names": some(names)}


def governed(services: Sequence[ServiceRecord], workloads: Iterable[WorkloadRecord]) -> Iterator[str]:
    """The StatefulSets whose pods have their DNS names through one of these Services."""
    names = {service.name for service in services}
    for workload in workloads:
        if workload.kind == "StatefulSet" and workload.service_name in names:
            text = gettext("The pods of StatefulSet %(name)s lose their own DNS names, which %(service)s gives them.")
            yield text % {"name": workload.name, "service": workload.service_name}


def bare_sets(reading: Reading, sets: Iterable[ReplicaSetRecord], services: Sequence[ServiceRecord]) -> Iterator[str]:
    """ReplicaSets of no Deployment, and without a pod at the moment, whose template these Services select."""
    bare = [replica_set for replica_set in sets if replica_set.owner is None and not replica_set.desired]
    for replica_set in bare[:_MOST_PODS]:
        template = (reading.get(kinds.REPLICASET, replica_set.name).get("spec") or {}).get("template") or {}
        labels = (template.get("metadata") or {}).get("labels") or {}
        if any(matches(service.selector, labels) for service in services):
            yield gettext("ReplicaSet %(name)s, which has no pods, is selected and stays.") % {"name": replica_set.name}


def policies(items: Iterable[Document], pods: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The network policies for these pods; one for all pods of the project is not theirs."""
    selectors = {item["metadata"]["name"]: (item.get("spec") or {}).get("podSelector") or {} for item in items}
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
        yield text % {"names": some(named)}


class Neighbours:
    """The other workloads and pods of the project, whole: who else uses a ConfigMap or a Secret, or calls a Service.

    `leaving`: the UIDs of what is behind the dialog's objects; `pods`: names of pods that no workload here makes.
    """

    def __init__(self, reading: Reading, leaving: set[str], pods: Sequence[str]) -> None:
        self._reading, self._leaving, self._pods = reading, leaving, pods

    @cached_property
    def _others(self) -> list[Document]:
        if len(self._pods) > _MOST_PODS:
            text = gettext("Pods without a workload were not checked: there are too many.")
            self._reading.unknown.append(text)
        lists = [(kind, self._reading.all(kind, pages=_FEW)) for kind in kinds.WORKLOADS]
        whole: list[Document] = [{**item, "kind": kind.kind} for kind, items in lists for item in items]
        whole += [pod for name in self._pods[:_MOST_PODS] if (pod := self._reading.get(kinds.POD, name))]
        return [item for item in whole if item["metadata"].get("uid") not in self._leaving]

    def only_theirs(self, theirs: Sequence[Document]) -> list[Use]:
        """The ConfigMaps and Secrets that these use and nobody else here."""
        used = {use for item in theirs if item for use in uses(item) if use[0] in (CONFIGMAP, SECRET)} - _OF_CLUSTER
        if used:
            used -= {use for item in self._others for use in uses(item)}
        if any(kind == SECRET for kind, _name in used):
            used -= {use for item in self._reading.all(kinds.INGRESS) for use in uses({**item, "kind": "Ingress"})}
        return sorted(used)

    def callers(self, services: Sequence[ServiceRecord], place: str) -> Iterator[str]:
        """Who has the name of one of these Services in its environment."""
        if not services:
            return
        choice = "|".join(re.escape(service.name) for service in services)
        pattern = re.compile(rf"(?<![\w.-])({choice})(?:\.{re.escape(place)}(?:\.svc(?:\.[\w.-]*)?)?)?(?![\w-]|\.\w)")
        for item in self._others:
            for variable, value in _environment(item):
                if match := pattern.search(value):
                    values = {"kind": item["kind"], "name": item["metadata"]["name"], "service": match[1]}
                    text = gettext("%(kind)s %(name)s has %(service)s in its environment (%(variable)s).")
                    yield text % {**values, "variable": variable}
                    break

    def without_callers(
        self, services: Sequence[ServiceRecord], callers: Sequence[str], routes: Sequence[str] = ()
    ) -> str:
        """That nothing sends requests to them and nobody else has their names in its environment; empty where somebody
        has, or not all could be read."""
        if callers or not services or self._reading.unknown:
            return ""
        names = {"names": some([service.name for service in services])}
        unrouted = "" if routes else gettext("No Ingress or HTTPRoute sends requests to %(names)s.") % names
        if self._leaving:
            text = gettext("No other workload uses %(names)s in its environment.")
        else:
            text = gettext("No workload uses %(names)s in its environment.")
        unchecked = gettext("ConfigMaps and Secrets were not searched.")
        return " ".join(filter(None, (unrouted, text % names, unchecked)))


def configs(reading: Reading, used: Sequence[Use]) -> tuple[list[Pick], list[str]]:
    """What of these may be deleted along, and what is said of the rest: Berth deletes no Secrets."""
    maps = [name for kind, name in used if kind == CONFIGMAP][:_MOST_CONFIGS]
    picks = [config_pick(item, reading.may) for name in maps if (item := reading.get(kinds.CONFIGMAP, name))]
    secrets = [name for kind, name in used if kind == SECRET]
    text = ngettext(
        "Secret %(names)s is used by no other workload or pod here; Berth deletes no Secrets.",
        "Secrets %(names)s are used by no other workload or pod here; Berth deletes no Secrets.",
        len(secrets),
    )
    return picks, [text % {"names": some(secrets)}] if secrets else []


def _environment(item: Document) -> Iterator[tuple[str, str]]:
    spec = item.get("spec") or {}
    pod = spec if item.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
    for container in (*(pod.get("containers") or ()), *(pod.get("initContainers") or ())):
        for variable in container.get("env") or ():
            if isinstance(value := variable.get("value"), str):
                yield str(variable.get("name")), value


def backends(value: Any) -> Iterator[Mapping[str, Any]]:
    """The Services anywhere in an Ingress, each with its `name` and `port`."""
    if isinstance(value, Mapping):
        if isinstance(service := value.get("service"), Mapping):
            yield service
        for part in value.values():
            yield from backends(part)
    elif isinstance(value, list):
        for part in value:
            yield from backends(part)


def _route_backends(value: Any, place: Any, key: str = "") -> Iterator[str]:
    """Names of Services of this namespace anywhere in an HTTPRoute."""
    if isinstance(value, list):
        for part in value:
            yield from _route_backends(part, place, key)
    elif isinstance(value, Mapping):
        local = value.get("namespace") in (None, "", place) and value.get("kind") in (None, "Service")
        if key in ("backendRefs", "backendRef") and local and isinstance(value.get("name"), str):
            yield value["name"]
        for name, part in value.items():
            yield from _route_backends(part, place, name)
