"""Several documents as one deed: rehearsed together, made in order, undone by UID, and never guessed about."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from console.kube import kinds
from console.kube.errors import (
    AlreadyExists,
    AnswerLost,
    BadRequest,
    Conflict,
    KubeError,
    NotFound,
    ServerError,
    TooManyRequests,
    Unavailable,
)
from console.kube.gateway import FIELD_MANAGER, Client
from console.kube.kinds import Kind, Ref

Document = Mapping[str, Any]
T = TypeVar("T")

_AT_ONCE = 4
_UNKNOWN_KIND = Kind("", "", "Unknown", "unknown")
# A write whose answer was lost may still be on its way: look a few times before saying what it did.
LOOKS = (0.0, 0.3, 1.0)
# What the server or its controllers fill in anew each time, so a rehearsal and the real thing differ in it.
_ALLOCATED = frozenset({"clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one document.

    ``outcome``: accepted (the rehearsal passed), refused (it did not), created, exists (somebody else's object has the
    name), failed (not made), unknown (its answer was lost and it could not be read), undone, left (made, and could not
    be undone), not-tried. ``object`` is the object as the server last told it.
    """

    ref: Ref
    outcome: str
    error: KubeError | None = None
    object: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """The UID of the object, or ""."""
        return str(((self.object or {}).get("metadata") or {}).get("uid") or "")


def ref_of(document: Document) -> Ref:
    """Which object a document describes. Raises `BadRequest` where Berth does not know its kind."""
    meta = document.get("metadata")
    meta = meta if isinstance(meta, Mapping) else {}
    name, namespace = str(meta.get("name") or ""), meta.get("namespace")
    kind = kinds.by_name(str(document.get("apiVersion")), str(document.get("kind")))
    if kind is None:
        unknown = replace(_UNKNOWN_KIND, kind=str(document.get("kind") or "Unknown")[:80])
        raise BadRequest("Berth does not know this kind", ref=Ref(unknown, None, name))
    return Ref(kind, str(namespace) if namespace and kind.namespaced else None, name)


def rehearse(client: Client, documents: Sequence[Document]) -> tuple[Verdict, ...]:
    """Each document as a dry run with strict validation; nothing is written. Outcomes: accepted, refused, not-tried."""
    if not documents:
        return ()
    with ThreadPoolExecutor(min(_AT_ONCE, len(documents)), thread_name_prefix="rehearse") as pool:
        futures = [pool.submit(copy_context().run, _rehearse_one, client.fork(), document) for document in documents]
        return tuple(future.result() for future in futures)


def create_all(
    client: Client,
    documents: Sequence[Document],
    *,
    undo: bool = True,
    told: Callable[[Verdict], None] = lambda verdict: None,
) -> tuple[Verdict, ...]:
    """Rehearse all, then create in the order given. One verdict a document, in that order.

    If the rehearsal refuses any, nothing is written and its verdicts are returned. If a creation fails, those made by
    this call are undone (by UID) unless ``undo`` is False; the rest is not-tried. A lost answer is looked up: the
    object is ours when it holds what was rehearsed and is not older than the rehearsal. Where it stays unknown nothing
    is undone, so that the rest can be completed. ``told`` hears of each object as soon as it is made.
    """
    rehearsed = rehearse(client, documents)
    if any(verdict.outcome != "accepted" for verdict in rehearsed):
        return rehearsed
    verdicts = [replace(verdict, outcome="not-tried", object=None) for verdict in rehearsed]
    for index, (document, rehearsal) in enumerate(zip(documents, rehearsed, strict=True)):
        verdicts[index] = _create_one(client, document, rehearsal)
        if verdicts[index].outcome == "created":
            told(verdicts[index])
            continue
        if undo and verdicts[index].outcome != "unknown":
            verdicts[:index] = _undo_made(client, verdicts[:index])
        break
    return tuple(verdicts)


def looked_after(read: Callable[[], T], is_settled: Callable[[T], bool] = lambda _read: True) -> T:
    """What is read after an answer was lost: a few times while it is not settled, for the write may be on its way, and
    while nothing is answered, for what loses one answer often loses the next. Raises what the last look raises.
    """
    for pause in LOOKS[:-1]:
        time.sleep(pause)
        try:
            if is_settled(now := read()):
                return now
        except (Unavailable, ServerError):
            pass
    time.sleep(LOOKS[-1])
    return read()


def undo(client: Client, made: Sequence[tuple[Ref, str]]) -> tuple[Verdict, ...]:
    """Delete these objects, the last one first, each only if it still has that UID. Outcomes: undone, left, unknown."""
    done = [_undo_one(client, ref, uid) for ref, uid in reversed(made)]
    return tuple(reversed(done))


def _rehearse_one(client: Client, document: Document) -> Verdict:
    try:
        ref = ref_of(document)
    except KubeError as error:
        return Verdict(error.ref or Ref(_UNKNOWN_KIND, None, ""), "refused", error)
    try:
        made = client.create(ref.kind, ref.namespace, document, dry_run=True)
    except (Unavailable, ServerError, TooManyRequests) as error:
        return Verdict(ref, "not-tried", error)  # that says nothing about the document
    except KubeError as error:
        return Verdict(ref, "refused", error)
    return Verdict(ref, "accepted", None, made, tuple(client.warnings))


def _create_one(client: Client, document: Document, rehearsal: Verdict) -> Verdict:
    ref = rehearsal.ref
    try:
        made = client.create(ref.kind, ref.namespace, document)
        return Verdict(ref, "created", None, made, tuple(client.warnings))
    except AlreadyExists as error:
        return Verdict(ref, "exists", error)
    except (AnswerLost, ServerError) as error:
        return _look(client, rehearsal, error)
    except KubeError as error:
        return Verdict(ref, "failed", error)


def _look(client: Client, rehearsal: Verdict, error: KubeError) -> Verdict:
    """What a creation whose answer was lost has done, as far as reading can tell."""
    ref = rehearsal.ref
    absent = False
    for pause in LOOKS:
        time.sleep(pause)
        try:
            live = client.get(ref.kind, ref.namespace, ref.name)
        except NotFound:
            absent = True
        except KubeError:
            absent = False
        else:
            outcome = "created" if _is_ours(live, rehearsal.object or {}) else "exists"
            return Verdict(ref, outcome, None if outcome == "created" else error, live, rehearsal.warnings)
    # A server that answered has done with it; a request whose connection broke may still be on its way.
    return Verdict(ref, "failed" if absent and not isinstance(error, AnswerLost) else "unknown", error)


def _is_ours(live: Mapping[str, Any], rehearsed: Mapping[str, Any]) -> bool:
    """Whether an object is the one that was rehearsed: same writer, not older, and everything in it that we sent."""
    meta, before = live.get("metadata") or {}, rehearsed.get("metadata") or {}
    if str(meta.get("creationTimestamp") or "") < str(before.get("creationTimestamp") or ""):
        return False
    managers = {entry.get("manager") for entry in meta.get("managedFields") or ()}
    if managers and FIELD_MANAGER not in managers:
        return False
    same_meta = all(_holds(meta.get(key), before.get(key)) for key in ("labels", "annotations") if before.get(key))
    content = {key: value for key, value in rehearsed.items() if key not in ("metadata", "status")}
    return same_meta and _holds(live, content)


def _holds(actual: Any, wanted: Any) -> bool:
    """Whether everything in ``wanted`` is in ``actual``, apart from what is allocated anew each time."""
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(
            key in _ALLOCATED or (key in actual and _holds(actual[key], value)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(actual, list) and len(actual) == len(wanted) and all(map(_holds, actual, wanted))
    return bool(actual == wanted)


def _undo_made(client: Client, verdicts: Sequence[Verdict]) -> list[Verdict]:
    undone = undo(client, [(verdict.ref, verdict.uid) for verdict in verdicts])
    return [replace(after, object=before.object) for before, after in zip(verdicts, undone, strict=True)]


def _undo_one(client: Client, ref: Ref, uid: str) -> Verdict:
    if not uid:
        return Verdict(ref, "left", BadRequest("without its UID an object is not deleted", ref=ref))
    try:
        client.delete(ref.kind, ref.namespace, ref.name, uid=uid)
    except (NotFound, Conflict):
        return Verdict(ref, "undone")  # ours is gone; a later one of the same name is not ours to touch
    except (AnswerLost, ServerError) as error:
        return _look_gone(client, ref, uid, error)
    except KubeError as error:
        return Verdict(ref, "left", error)
    return Verdict(ref, "undone")


def _look_gone(client: Client, ref: Ref, uid: str, error: KubeError) -> Verdict:
    for pause in LOOKS:
        time.sleep(pause)
        try:
            meta = client.get(ref.kind, ref.namespace, ref.name).get("metadata") or {}
        except NotFound:
            return Verdict(ref, "undone")
        except KubeError:
            continue
        if meta.get("uid") != uid or meta.get("deletionTimestamp"):
            return Verdict(ref, "undone")
        return Verdict(ref, "left", error)
    return Verdict(ref, "unknown", error)
