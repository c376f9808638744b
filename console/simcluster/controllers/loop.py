"""Runs the controllers: a queue of what has to be looked at again, timers, and the carrying out of their answers."""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator

from ..api_errors import ApiError
from ..bootstrap import ADMIN
from ..catalog import (
    BY_NAME,
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    EVENT,
    HPA,
    KINDS,
    NAMESPACE,
    NODE,
    POD,
    PVC,
    REPLICA_SET,
    RESOURCE_QUOTA,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    WORKLOADS,
    Kind,
)
from ..objects import Change, Entry, Obj, copied, stamp
from ..quantities import quantity
from ..quota import usage
from ..requests import Options, Target
from ..verbs import Api
from . import deployments, keeping, network, sets
from .actions import Action, Again, Create, Delete, Note, Update, digest
from .garbage import collect
from .pods import FAST, Delays, life, requested

Key = tuple[Kind, str, str]
SLICE = 0.01
MANY_EVENTS = 2_000
BIG = 16 * 2**30
EVENT_LIFE = 3600.0


class Controllers:
    """All of them. `fast` means no delays at all."""

    def __init__(self, api: Api, *, fast: bool) -> None:
        self.api, self.store, self.delays = api, api.store, FAST if fast else Delays()
        self.jobs: list[Callable[[], None]] = []
        self._queue: dict[Key, None] = {}
        self._orphans: dict[str, None] = {}
        self._timers: list[tuple[float, int, Key]] = []
        self._due: dict[Key, float] = {}
        self._count = 0
        self._wake = asyncio.Event()
        self._nodes: list[Obj] | None = None
        self._look: dict[Kind, Callable[[Obj], list[Action]]] = {
            DEPLOYMENT: lambda body: deployments.reconcile(body, self._owned(body, REPLICA_SET), self.api.clock()),
            REPLICA_SET: lambda body: deployments.replicate(body, self._owned(body, POD), self.api.clock()),
            STATEFUL_SET: self._stateful,
            DAEMON_SET: self._daemon,
            POD: lambda body: life(body, self._room(body), self.api.clock(), self.delays),
            SERVICE: self._service,
            NAMESPACE: lambda body: keeping.namespace(body, list(self._content(body["metadata"]["name"]))),
            PVC: self._claim,
            HPA: self._autoscaler,
            RESOURCE_QUOTA: lambda body: keeping.quota(body, usage(self.store, body["metadata"]["namespace"])),
        }
        for kind in self._look:
            for entry in self.store.scan(kind):
                self._queue[kind, entry.namespace, entry.name] = None
        self.store.listeners.append(self._changed)

    def nodes(self) -> list[Obj]:
        """All nodes, read once until one of them changes."""
        if self._nodes is None:
            self._nodes = [entry.body() for entry in self.store.scan(NODE)]
        return self._nodes

    def _room(self, pod: Obj) -> list[Obj]:
        """The nodes; for a Pod that asks for a lot, with only what other such Pods leave of their memory."""
        if pod["spec"].get("nodeName") or requested(pod["spec"], "memory") < BIG:
            return self.nodes()
        used: dict[str, float] = defaultdict(float)
        for entry in self.store.scan(POD):
            if b'Gi"' in entry.raw:
                spec = entry.body()["spec"]
                used[spec.get("nodeName", "")] += requested(spec, "memory")
        nodes = [copied(node) for node in self.nodes()]
        for node in nodes:
            size = node["status"]["allocatable"]
            size["memory"] = quantity(size["memory"]) - used[node["metadata"]["name"]]
        return nodes

    def _owned(self, body: Obj, kind: Kind) -> list[Obj]:
        return [entry.body() for entry in self.store.owned(body["metadata"]["uid"], kind)]

    def _content(self, namespace: str) -> Iterator[Entry]:
        for kind in KINDS:
            if kind.namespaced:
                yield from self.store.scan(kind, namespace)

    def _stateful(self, body: Obj) -> list[Action]:
        claims = {entry.name for entry in self.store.scan(PVC, body["metadata"]["namespace"])}
        revisions = self._owned(body, CONTROLLER_REVISION)
        return sets.stateful(body, self._owned(body, POD), revisions, claims, self.api.clock())

    def _daemon(self, body: Obj) -> list[Action]:
        revisions = self._owned(body, CONTROLLER_REVISION)
        return sets.daemon(body, self._owned(body, POD), revisions, self.nodes(), self.api.clock())

    def _service(self, body: Obj) -> list[Action]:
        selector = body["spec"].get("selector")
        pods = self.store.selected(body["metadata"]["namespace"], selector) if selector else []
        slices = self._owned(body, ENDPOINT_SLICE)
        actions = network.endpoints(body, [entry.body() for entry in pods], slices)
        return actions + network.balancer(body, self.api.clock(), self.delays)

    def _claim(self, body: Obj) -> list[Action]:
        used = False
        if "deletionTimestamp" in body["metadata"]:
            pods = self.store.scan(POD, body["metadata"]["namespace"])
            used = any(_mounts(pod, body["metadata"]["name"]) for pod in pods)
        return keeping.claim(body, {entry.name: entry.body() for entry in self.store.scan(STORAGE_CLASS)}, used=used)

    def _autoscaler(self, body: Obj) -> list[Action]:
        ref = body["spec"]["scaleTargetRef"]
        kind = BY_NAME.get((ref.get("apiVersion", "apps/v1"), ref["kind"]))
        entry = self.store.get(kind, body["metadata"]["namespace"], ref["name"]) if kind in WORKLOADS and kind else None
        return keeping.autoscaler(body, entry.body() if entry else None, self.api.clock())

    def _changed(self, change: Change) -> None:
        entry = change.entry
        if entry.kind is NODE:
            self._nodes = None
        if change.type == "DELETED" or entry.deleting:
            self._orphans |= dict.fromkeys((entry.uid, *entry.owners))
        if entry.kind is not EVENT:
            for key in self._concerned(change):
                self._queue[key] = None
        self._wake.set()

    def _concerned(self, change: Change) -> Iterator[Key]:
        """What has to be looked at after a change: itself, its owners, and what depends on it by name or label."""
        entry = change.entry
        key = (entry.kind, entry.namespace, entry.name)
        waits = change.type == "MODIFIED" and entry.kind is POD and key in self._due and not entry.deleting
        if entry.kind in self._look and change.type != "DELETED" and not waits:
            yield key
        for uid in {*entry.owners, *(change.old.owners if change.old else ())}:
            parent = self.store.by_uid(uid)
            if parent is not None and parent.kind in self._look:
                yield parent.kind, parent.namespace, parent.name
        if entry.kind is POD:
            yield from self._selecting(change)
        elif entry.kind in WORKLOADS:
            yield from ((HPA, entry.namespace, other.name) for other in self.store.scan(HPA, entry.namespace))
        if change.type != "MODIFIED" and entry.namespace:
            yield from self._tallies(entry.namespace)

    def _selecting(self, change: Change) -> Iterator[Key]:
        entry, names = change.entry, self.store.selecting(change.entry.namespace, change.entry.labels)
        if change.old is not None and change.old.labels != entry.labels:
            names |= self.store.selecting(entry.namespace, change.old.labels)
        yield from ((SERVICE, entry.namespace, name) for name in names)

    def _tallies(self, space: str) -> Iterator[Key]:
        for quota in self.store.scan(RESOURCE_QUOTA, space):
            yield RESOURCE_QUOTA, space, quota.name
        for claim in self.store.scan(PVC, space):
            if claim.deleting:
                yield PVC, space, claim.name
        parent = self.store.get(NAMESPACE, "", space)
        if parent is not None and parent.deleting:
            yield NAMESPACE, "", space

    def after_request(self) -> None:
        """Commit what the request wrote; what follows from it is done right behind the answer."""
        self.store.flush()

    async def run(self) -> None:
        """Work until cancelled, in slices, so that requests are served in between."""
        swept = time.monotonic()
        while True:
            self._wake.clear()
            while self.jobs:
                self._guarded("a job", self.jobs.pop(0))
            self.work(SLICE)
            if time.monotonic() - swept > 60:
                swept = time.monotonic()
                self._sweep()
            if self._queue or self._orphans:
                await asyncio.sleep(0)
                continue
            wait = max(0.001, self._timers[0][0] - self.api.clock()) if self._timers else 60.0
            try:
                await asyncio.wait_for(self._wake.wait(), min(wait, 60.0))
            except TimeoutError:
                continue

    def work(self, seconds: float = 3600.0) -> None:
        """Do what is to be done now, for so long at most."""
        end = time.monotonic() + seconds
        self._ripe()
        while (self._queue or self._orphans) and time.monotonic() < end:
            while self._orphans:
                uid = next(iter(self._orphans))
                del self._orphans[uid]
                collect(self.api, uid)
            if self._queue:
                key = next(iter(self._queue))
                del self._queue[key]
                self._reconcile(key)
        self.store.flush()

    def _ripe(self) -> None:
        now = self.api.clock()
        while self._timers and self._timers[0][0] <= now:
            due, _, key = heapq.heappop(self._timers)
            if self._due.get(key) == due:
                del self._due[key]
                self._queue[key] = None

    def _reconcile(self, key: Key) -> None:
        entry = self.store.get(*key)
        if entry is None:
            self._due.pop(key, None)
            return
        self._guarded(key, lambda: self._look_at(key, entry))

    def _look_at(self, key: Key, entry: Entry) -> None:
        for action in self._look[entry.kind](entry.body()):
            self._do(key, action)

    @staticmethod
    def _guarded(task: object, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            # What a controller cannot digest must not stop all the others.
            logging.getLogger(__name__).exception("%s", task)

    def _do(self, key: Key, action: Action) -> None:
        try:
            if isinstance(action, Again):
                self._again(key, action.seconds)
            elif isinstance(action, Create):
                self._create(action)
            elif isinstance(action, Update):
                self._update(action)
                if key[0] is POD:
                    self._queue.pop(key, None)
            elif isinstance(action, Delete):
                self._delete(action)
            else:
                self.note(action)
        except ApiError as error:
            self._failed(key, action, error)

    def _again(self, key: Key, seconds: float) -> None:
        now = self.api.clock()
        due = now + seconds
        if due < self._due.get(key, due + 1) or self._due[key] <= now:
            self._due[key] = due
            self._count += 1
            heapq.heappush(self._timers, (due, self._count, key))

    def _failed(self, key: Key, action: Action, error: ApiError) -> None:
        entry = self.store.get(*key)
        if isinstance(action, Create) and entry is not None:
            text = f"Error creating: {error.message}"
            self.note(Note(entry.body(), "FailedCreate", text, f"{entry.kind.kind.lower()}-controller", "Warning"))

    def _create(self, action: Create) -> None:
        meta = action.body["metadata"]
        target = Target(action.kind, meta.get("namespace", ""), meta["name"], "", "create")
        self.api.create(target, copied(action.body), Options(), ADMIN)

    def _update(self, action: Update) -> None:
        meta = action.body["metadata"]
        entry = self.store.get(action.kind, meta.get("namespace", ""), meta["name"])
        if entry is None or entry.uid != meta["uid"]:
            return
        old = entry.body()
        if action.body | {"metadata": old["metadata"]} == old and _same_notes(meta, old["metadata"]):
            return
        if action.body.get("spec") != old.get("spec") and "generation" in meta and action.kind is not POD:
            meta = action.body["metadata"] = meta | {"generation": old["metadata"].get("generation", 0) + 1}
        stored = self.store.put(action.kind, action.body)
        if stored.deleting and action.kind is PVC and not meta.get("finalizers"):
            self.store.remove(stored)

    def _delete(self, action: Delete) -> None:
        entry = self.store.get(action.kind, action.namespace, action.name)
        if entry is None:
            return
        if action.now:
            self.store.remove(entry)
        else:
            self.api.delete(Target(entry.kind, entry.namespace, entry.name, "", "delete"), {}, Options())

    def note(self, note: Note) -> None:
        """Record an Event; one that happened before is counted up."""
        if note.type == "Normal" and self.store.count(EVENT) > MANY_EVENTS:
            return
        meta, now = note.about["metadata"], stamp(self.api.clock())
        name = f"{meta['name'][:230]}.{digest([meta['uid'], note.reason, note.message])}"
        space = meta.get("namespace", "default")
        entry = self.store.get(EVENT, space, name)
        if entry is not None:
            body = entry.body()
            self.store.put(EVENT, body | {"count": body["count"] + 1, "lastTimestamp": now})
            return
        about = {"kind": note.about["kind"], "apiVersion": note.about["apiVersion"], "name": meta["name"]}
        about |= {"uid": meta["uid"], "namespace": space, "resourceVersion": meta["resourceVersion"]}
        where = {"name": name, "namespace": space, "uid": str(uuid.uuid4()), "creationTimestamp": now}
        body = {"apiVersion": "v1", "kind": "Event", "metadata": where}
        body |= {"involvedObject": about, "reason": note.reason, "message": note.message, "type": note.type, "count": 1}
        body |= {"firstTimestamp": now, "lastTimestamp": now, "source": {"component": note.source}}
        body |= {"reportingComponent": note.source, "reportingInstance": "", "eventTime": None}
        parent = self.store.get(NAMESPACE, "", space)
        if parent is not None and not parent.deleting:
            self.store.put(EVENT, body)

    def _sweep(self) -> None:
        limit = stamp(self.api.clock() - EVENT_LIFE)
        for entry in list(self.store.scan(EVENT)):
            if entry.body().get("lastTimestamp", limit) < limit:
                self.store.remove(entry)
        self.store.flush()


def _mounts(pod: Entry, claim: str) -> bool:
    volumes = pod.body()["spec"].get("volumes") or ()
    return any(volume.get("persistentVolumeClaim", {}).get("claimName") == claim for volume in volumes)


def _same_notes(new: Obj, old: Obj) -> bool:
    return all(new.get(key) == old.get(key) for key in ("labels", "annotations", "ownerReferences", "finalizers"))
