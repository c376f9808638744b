"""Replace an object that exists: that version of it, tried first, and read again after a lost answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext

from accounts import audit
from accounts.scope import Scope
from console.kube import batch, kinds
from console.kube.errors import AnswerLost, Conflict, KubeError, ServerError
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind, Ref
from services.manifests.allowed import Problem, dangers
from services.manifests.bundle import Document
from services.manifests.diff import changes
from services.manifests.paths import Path, format_path
from services.manifests.tree import get, replace
from services.manifests.yamlout import dump_one
from services.yaml_editor.differences import Line, diff_lines
from services.yaml_editor.stored import HIDDEN_PATHS, editable, version_of

WORKLOAD_STEPS = ("scale", "restart", "image", "pause", "resume", "rollback", "settings")
_TRIES = 4
_ADDRESS, _ADDRESSES, _HEALTH, _NODE = "clusterIP", "clusterIPs", "healthCheckNodePort", "nodePort"


class Refused(PermissionDenied):
    """A change would bring in what no document may: `problems` are the places and sentences."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0][1])
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A replacement that the cluster would accept: the object as it is, and as it would be. `sent`: what was asked for,
    where it is not all of what would be."""

    stored: Document
    proposed: Document
    sent: Document | None = None

    @property
    def announced(self) -> Document:
        """What can be promised: without the numbers and addresses that the cluster chooses anew on Apply."""
        return _announced(self.stored, self.proposed if self.sent is None else self.sent, self.proposed)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What differs, as an editor shows it."""
        before, after = (dump_one(editable(document)) for document in (self.stored, self.announced))
        return diff_lines(before, after)

    @property
    def paths(self) -> list[Path]:
        """The fields that change, of those that an editor shows."""
        return [changed.path for changed in changes(editable(self.stored), editable(self.proposed))]


def _announced(stored: Mapping[str, Any], sent: Mapping[str, Any], proposed: Document) -> Document:
    """The outcome of a dry run as it can be promised: what was neither sent nor stored is only said to be chosen, since
    the cluster picks it anew at each request.

    `sent`: what the dry run was asked to store.
    """
    known = {*_values(stored), *_values(sent)}
    if proposed.get("kind") != "Service" or not {*_values(proposed)} - known:
        return proposed
    promised, words = deepcopy(proposed), gettext("chosen by the cluster on Apply")
    spec = promised["spec"]
    for holder, key in ((spec, _ADDRESS), (spec, _HEALTH), *((port, _NODE) for port in spec.get("ports") or ())):
        if holder.get(key) and (key, holder[key]) not in known:
            holder[key] = words
    if _ADDRESSES in spec:
        spec[_ADDRESSES] = [address if (_ADDRESS, address) in known else words for address in spec[_ADDRESSES]]
    return promised


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The numbers and addresses of a Service, each with its field."""
    spec = document.get("spec") or {}
    yield from ((key, spec[key]) for key in (_ADDRESS, _HEALTH) if spec.get(key))
    yield from ((_ADDRESS, address) for address in spec.get(_ADDRESSES) or ())
    yield from ((_NODE, port[_NODE]) for port in spec.get("ports") or () if port.get(_NODE))


def rehearse_replace(
    scope: Scope, cluster: Cluster, kind: Kind, name: str, document: Mapping[str, Any], version: str
) -> Rehearsed:
    """What the cluster would store in place of that version. Nothing is written. Raises KubeError, and `Refused` for
    what no edit may bring in."""
    client, ref = cluster.as_user(scope.identity), Ref(kind, scope.place, name)
    stored = _stored(client, ref, version)
    body = _whole(stored, document)
    return Rehearsed(stored, client.replace(kind, scope.place, name, body, dry_run=True), body)


def replace_object(
    scope: Scope, cluster: Cluster, kind: Kind, name: str, document: Mapping[str, Any], version: str
) -> tuple[str, ...]:
    """Store the document in place of that version of the object; the changed paths are returned and recorded, as
    "service.replace" for a Service.

    Raises `Conflict` when the stored version is another one, `Refused` for what no edit may bring in. After a lost
    answer the object is read again, and AnswerLost is raised only if it is still not known what became of it.
    """
    client, ref = cluster.as_user(scope.identity), Ref(kind, scope.place, name)
    with audit.attempt(scope, action_of(kind), target=target_of(ref)) as entry:
        changed = replace_unrecorded(client, ref, document, version)
        entry.done(changes=changed)
    return changed


def replace_unrecorded(client: Client, ref: Ref, document: Mapping[str, Any], version: str) -> tuple[str, ...]:
    """As `replace_object`, by a verb that records for itself what it attempts."""
    before = _stored(client, ref, version)
    body = _whole(before, document)
    try:
        after = client.replace(ref.kind, ref.namespace, ref.name, body)
    except (AnswerLost, ServerError) as lost:  # a server that fails may have stored it all the same
        after = _read_again(client, ref, before, body, lost)
    return tuple(format_path(change.path) for change in changes(editable(before), editable(after)))


def action_of(kind: Kind) -> str:
    """What the record calls it that an object of this kind is replaced."""
    return f"{kind.kind.lower()}.replace"


def actions_on(kind: Kind) -> tuple[str, ...]:
    """What the record calls all that is done to an object of this kind."""
    steps = tuple(f"workload.{step}" for step in WORKLOAD_STEPS) if kind in kinds.WORKLOADS else ()
    if kind is kinds.HPA:
        steps = ("workload.autoscale",)
    return (action_of(kind), *steps)


def target_of(ref: Ref) -> str:
    """What the record calls an object."""
    return f"{ref.kind.kind} {ref.namespace}/{ref.name}"


def _stored(client: Client, ref: Ref, version: str) -> Document:
    """The object, if it still is that version."""
    stored = client.get(ref.kind, ref.namespace, ref.name)
    if version_of(stored) != version:
        raise Conflict("the object has been modified", ref=ref)
    return stored


def _whole(stored: Document, document: Mapping[str, Any]) -> Document:
    """The edited document with what the editor did not show. Raises `Refused`."""
    problems = tuple(dangers(dict(document), stored))
    if problems:
        raise Refused(problems)
    body, meta = editable(document), stored["metadata"]
    kept = {
        key: deepcopy(meta[key]) for key in ("resourceVersion", "uid", "namespace", "ownerReferences") if key in meta
    }
    body["metadata"] |= kept
    for path in HIDDEN_PATHS:
        body = replace(body, path, get(stored, path))
    return body


def _read_again(client: Client, ref: Ref, before: Document, sent: Document, lost: KubeError) -> Document:
    """What became of a replacement whose answer was lost: the stored object, or an error that says so.

    Where the version is another one, the server says whose it is: what was changed must be so already when the same is
    tried once more. What others have put in besides (a controller its finalizer) is theirs.
    """
    for left in reversed(range(_TRIES)):
        try:
            stored = batch.looked_after(
                lambda: client.get(ref.kind, ref.namespace, ref.name), lambda now: version_of(now) != version_of(sent)
            )
            if version_of(stored) == version_of(sent):
                raise lost  # a write without an answer may still be on its way
            again = {**sent, "metadata": {**sent["metadata"], "resourceVersion": version_of(stored)}}
            would = client.replace(ref.kind, ref.namespace, ref.name, again, dry_run=True)
            break
        except Conflict:
            if get(stored, ("metadata", "uid")) != get(sent, ("metadata", "uid")):
                raise  # another object of that name
            if not left:  # its controller writes its status all the time
                raise lost from None
        except KubeError:
            raise lost from None
    ours = [change.path for change in changes(editable(before), editable(sent))]
    differ = [change.path for change in changes(editable(stored), editable(would))]
    if not any(_overlap(path, other) for path in ours for other in differ):
        return stored
    raise Conflict("the object has been modified", ref=ref) from lost


def _overlap(path: Sequence[object], other: Sequence[object]) -> bool:
    """Whether one path is the other, or leads to it."""
    return all(left == right for left, right in zip(path, other, strict=False))
