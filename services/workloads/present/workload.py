"""The page of a workload: what stands above its tabs, its attributes, and the tab Resource Status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from console.kube.visible import visible
from services import words
from services.changes.managers import manager_of
from services.manifests.health import State, workload_health
from services.manifests.mentions import CLAIM, Mention, mentions
from services.shown.facts import Fact, Line, lines, when_created
from services.shown.pages import Pages
from services.shown.pods import Blame, Pods, blame, full_stop, pod_rows, pods_ready
from services.shown.quantities import cores, memory
from services.shown.status import StatusCell, status_cell
from services.shown.usage import MOST_SUMMED, Cells, Look, total_cells, total_words
from services.shown.users import User, how
from services.workloads.present.lists_workloads import STRATEGIES
from services.workloads.present.rollout import Rollout, old_and_new, rollout
from services.workloads.present.workload_autoscaling import Autoscaling, autoscaling
from services.workloads.present.workload_surroundings import Surroundings

MOST_USED = 100
MOST_CLAIMS = 10  # of the pods of a StatefulSet


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every tab. `notice`: the state of the notice, if there is one; `what` it says in bold, and
    `said`: that is the cause of the state, which is said once."""

    kind: str
    name: str
    alias: str
    status: StatusCell
    notice: str
    what: str
    said: bool
    blame: Blame | None
    warnings: int
    deleting: bool
    waits: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in words; what holds says nothing but itself."""

    state: State
    words: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the template. `tag`: Init or Sidecar; `cpu` and `memory`: "0.1 to 0.5 cores", "256 Mi"."""

    name: str
    image: str
    tag: str
    cpu: str
    memory: str


@dataclass(frozen=True, slots=True)
class Status:
    """The tab Resource Status. `counts`: pods by what they are, in a sentence; `scales`: its replicas can be set;
    `old_pods`: "3 old, 1 new" while there are both; `address`: the query that shows the same again; `used`, `used_by`:
    what its pods use together, and which of them."""

    rollout: Rollout | None
    counts: str
    scales: bool
    desired: int
    conditions: tuple[Condition, ...]
    autoscaling: Autoscaling | None
    containers: tuple[Container, ...]
    unread: bool
    pods: Pods
    used: Cells
    used_by: str
    old_pods: str
    no_pods: str
    all_pods: int
    address: str


def head(around: Surroundings) -> Head:
    """Name, status sentence and what is wrong."""
    record = around.workload
    status = status_cell(around.health)
    notice = status.state if status.state in ("warn", "bad") else ""
    meta: Mapping[str, Any] = (around.document or {}).get("metadata") or {}
    what = _what(around, status) if notice else ""
    return Head(
        kind=record.kind,
        name=record.name,
        alias=record.alias,
        status=status,
        notice=notice,
        what=what,
        said=bool(status.why) and what == full_stop(status.why),
        blame=blame(around.pods, around.now) if notice else None,
        warnings=sum(1 for event in around.events if event.type == "Warning"),
        deleting=record.deleting,
        waits=", ".join(map(str, meta.get("finalizers") or ())) if record.deleting else "",
    )


def _what(around: Surroundings, status: StatusCell) -> str:
    """What is so, in a sentence: the head has the words of the state above it."""
    own = around.health.why == workload_health(around.workload).why
    if status.why and (own or not blame(around.pods, around.now)):
        return full_stop(status.why)
    if any(not pod.deleting and pod.phase != "Succeeded" for pod in around.pods):
        return pods_ready(around.pods)
    return full_stop(status.words)


def facts(around: Surroundings, *, cluster: str, project_href: str, pages: Pages) -> tuple[Fact, ...]:
    """The attributes."""
    record = around.workload
    services = tuple(Line(service.name, href=pages.href("Service", service.name)) for service in around.services)
    selector = ", ".join(f"{key}={value}" for key, value in sorted(record.selector.items()))
    more = gettext("and expressions, see the YAML") if record.expressions else ""
    manager = manager_of(around.document or {})
    return (
        Fact("cluster", gettext("Cluster"), lines(cluster)),
        Fact("project", gettext("Project"), lines(record.namespace), href=project_href),
        Fact("kind", gettext("Kind"), lines(record.kind)),
        Fact("services", gettext("Services"), services, none=gettext("No Service selects its pods")),
        Fact("selector", gettext("Selector"), (*lines(selector), *lines(more)), mono=True, none=gettext("None")),
        Fact("strategy", gettext("Update Strategy"), lines(strategy(around))),
        *((Fact("manager", gettext("Managed by"), lines(manager.name)),) if manager else ()),
        Fact("created", gettext("Created"), lines(when_created(record.created))),
        Fact("creator", gettext("Creator"), lines(record.creator), none=gettext("Not recorded")),
    )


def strategy(around: Surroundings) -> str:
    """How pods are replaced when the template changes: "Rolling update; 25% unavailable, 25% extra"."""
    record, spec = around.workload, around.spec
    if record.strategy != "RollingUpdate":
        return str(STRATEGIES.get(record.strategy, record.strategy))
    rolling = (spec.get("strategy") or spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    if record.partition:
        return gettext("Rolling update, from ordinal %(partition)s on") % {"partition": record.partition}
    missing, extra = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    if missing is None and extra is None:
        return gettext("Rolling update")
    text = gettext("Rolling update; %(missing)s unavailable, %(extra)s extra")
    return text % {"missing": 1 if missing is None else missing, "extra": extra or 0}


def status(around: Surroundings, opened: Sequence[str] | None, look: Look) -> Status:
    """Rollout, replicas, conditions, autoscaling, containers and pods. `opened`: names of the pods that are open."""
    record = around.workload
    summed = around.pods[:MOST_SUMMED]
    usage, going = look(summed), rollout(around)
    counts = gettext("%(desired)s desired, %(updated)s updated, %(ready)s ready, %(available)s available")
    values = {"desired": record.desired, "updated": record.updated, "ready": record.ready}
    values["available"] = record.available
    return Status(
        rollout=going,
        counts=counts % values,
        scales=record.kind != "DaemonSet",
        desired=record.desired,
        conditions=tuple(
            _condition(condition) for condition in record.conditions if not (going and _is_told(condition, record))
        ),
        autoscaling=autoscaling(around.scaler),
        containers=_containers(around.spec),
        unread=around.document is None,
        pods=pod_rows(around.pods, opened, around.now, look),
        used=total_cells(summed, usage),
        used_by=total_words(summed, usage, len(around.pods)),
        old_pods=old_and_new(around),
        no_pods=_no_pods(around),
        all_pods=len(around.pods),
        address="?" + urlencode([("open", name) for name in opened or ()]),
    )


def _containers(spec: Mapping[str, Any]) -> tuple[Container, ...]:
    """Of the pod template: worker containers first, then init containers, as the documentation lists them."""
    rows = []
    pod = (spec.get("template") or {}).get("spec") or {}
    listed = [(container, False) for container in pod.get("containers") or ()]
    listed += [(container, True) for container in pod.get("initContainers") or ()]
    for container, init in listed:
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


def _no_pods(around: Surroundings) -> str:
    """Why no pod is listed."""
    if around.workload.desired:
        return gettext("No pod has been created yet.")
    return words.in_words(workload_health(around.workload).why) or gettext("No pods.")


def _is_told(condition: Any, record: Any) -> bool:
    """Whether the rollout, above the conditions, or the head says the same."""
    return condition.type == "Progressing" or (
        condition.type == "Available" and condition.status == "False" and not record.available
    )


def _condition(condition: Any) -> Condition:
    if condition.type == "Available":
        if condition.status == "True":
            return Condition("ok", gettext("Available"))
        return Condition(
            "bad", gettext("Not available"), gettext("fewer pods available than the update strategy requires")
        )
    if condition.type == "Progressing" and condition.status == "False":
        return Condition("bad", gettext("Rollout stuck"), condition.message or condition.reason)
    if condition.type == "Progressing":
        known: dict[str, Condition] = {
            "DeploymentPaused": Condition("idle", gettext("Rollout paused")),
            "NewReplicaSetAvailable": Condition("ok", gettext("Rolled out")),
        }
        return known.get(condition.reason, Condition("busy", gettext("Rolling out")))
    if condition.type == "ReplicaFailure" and condition.status == "True":
        return Condition("bad", gettext("Pods cannot be created"), condition.message or condition.reason)
    state: State = "ok" if condition.status == "True" else "idle"
    text = (
        condition.type if condition.status == "True" else gettext("Not %(condition)s") % {"condition": condition.type}
    )
    return Condition(state, text, condition.reason)


def used(document: Mapping[str, Any], pods: Sequence[str], pages: Pages) -> tuple[User, ...]:
    """What its pods take configuration and data from, and what for, in the order of the template; of a StatefulSet then
    the claims of its first pods. `pods`: their names.
    """
    named: dict[tuple[str, str], list[Mention]] = {}
    for mention in mentions(document):
        named.setdefault((mention.kind, mention.name), []).append(mention)
    rows = [User.of(kind, name, how(mentioned), pages) for (kind, name), mentioned in named.items()][:MOST_USED]
    first = sorted(pods, key=lambda pod: (len(pod), pod))[:MOST_CLAIMS]
    for template in (document.get("spec") or {}).get("volumeClaimTemplates") or ():
        name = str((template.get("metadata") or {}).get("name") or "")
        for pod in first:
            use = gettext("volume %(place)s of %(pod)s") % {"place": visible(name), "pod": pod}
            rows.append(User.of(CLAIM, f"{name}-{pod}", (use,), pages))
    return tuple(rows)
