"""Create what a draft says, complete it, undo it: the draft is claimed, the attempt is made and recorded, and the draft
is given back with what became of each object, whatever happens.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.audit import NotRecorded
from accounts.scope import Scope
from console.kube import batch, errors, kinds
from console.kube.batch import Verdict
from console.kube.errors import AlreadyExists, Cause, KubeError, NotFound, Unavailable, Unclear
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind, Ref
from services.create.verbs import drafts
from services.manifests.bundle import Document, creation_order, kind_of, name_of
from services.manifests.starters import CREATOR
from services.models import Draft

_THERE = ("created", "left")
_OPEN = (*_THERE, "unknown")
STOPPED = (Draft.State.PARTIAL, Draft.State.CLAIMED)  # claimed: by a process that died, or the claim is refused
_SKEW = timedelta(seconds=5)  # by which the cluster's clock may be behind ours
Row = Mapping[str, Any]
"""A verdict as a draft keeps it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. state: done (all of it exists), none (nothing does), partial (some, or unknown)."""

    state: str
    verdicts: tuple[Verdict, ...]

    @property
    def worst(self) -> KubeError | None:
        """The error that stopped it, or None."""
        return next((verdict.error for verdict in self.verdicts if verdict.error is not None), None)


class Claimed(Exception):
    """Another attempt has the draft, or it was saved meanwhile: nothing was tried."""


def prepared(scope: Scope, documents: Iterable[Document]) -> tuple[Document, ...]:
    """The documents as they are sent: in the order they are made, in this project, with the name of who makes them."""
    return tuple(_stamped(document, scope.place, scope.actor.name) for document in creation_order(documents))


def rehearse(scope: Scope, cluster: Cluster, documents: Sequence[Document]) -> tuple[Verdict, ...]:
    """What the cluster would say, as this person. Nothing is written."""
    return batch.rehearse(cluster.as_user(scope.identity), documents)


def create(scope: Scope, cluster: Cluster, draft: Draft, documents: Sequence[Document], *, version: int) -> Outcome:
    """Create all of it, or nothing; where that cannot be had, say what is left. `version`: of the draft, as it was
    shown. Raises Claimed; NotRecorded before anything was sent.
    """
    if not drafts.claim(draft, version=version, trying=tried(documents, (), timezone.now())):
        raise Claimed
    return _attempt(draft, (), lambda: _create(scope, cluster, draft, documents))


def retry(scope: Scope, cluster: Cluster, draft: Draft, documents: Sequence[Document]) -> Outcome:
    """Make what is missing of an attempt that stopped half-way. Raises as `create` does."""
    before = draft.result
    if draft.state not in STOPPED or not drafts.claim(draft, trying=tried(documents, before, timezone.now())):
        raise Claimed
    return _attempt(draft, before, lambda: _retry(scope, cluster, draft, documents, before))


def undo(scope: Scope, cluster: Cluster, draft: Draft) -> Outcome:
    """Delete what an attempt that stopped half-way has made, and nothing else. Raises as `create` does."""
    before = draft.result
    if draft.state not in STOPPED or not drafts.claim(draft):
        raise Claimed
    return _attempt(draft, before, lambda: _undo(scope, cluster, draft, before))


def looked(scope: Scope, cluster: Cluster, draft: Draft) -> tuple[Verdict, ...]:
    """What an attempt that stopped has left, as the cluster has it now: what may have been created is read as the
    person, and what is not there is "missing". Nothing is written. A cluster that does not answer is asked no more.
    """
    client, others = cluster.as_user(scope.identity), drafts.others(draft)
    verdicts: list[Verdict] = []
    silent: KubeError | None = None
    for row in draft.result:
        verdict = _verdict(row)
        if silent is not None and verdict.outcome == "unknown":
            verdict = replace(verdict, error=silent)
        elif silent is None and verdict.outcome in _OPEN:
            verdict = _looked(client, row, scope.actor.name, others)
            silent = verdict.error if isinstance(verdict.error, Unavailable) else None
            verdict = replace(verdict, outcome="missing") if verdict.outcome == "not-tried" else verdict
        verdicts.append(verdict)
    return tuple(verdicts)


def to_json(verdicts: Iterable[Verdict], before: Iterable[Row] = ()) -> list[dict[str, Any]]:
    """Verdicts as a draft keeps them, each with when its object was first tried to be made (as `before` has it)."""
    since = {(row["kind"], row["name"]): row.get("since", "") for row in before}
    return [_row(verdict) | {"since": since.get(_place(verdict.ref), "")} for verdict in verdicts]


def from_json(rows: Iterable[Row]) -> tuple[Verdict, ...]:
    """What `to_json` kept."""
    return tuple(_verdict(row) for row in rows)


def tried(documents: Iterable[Document], before: Iterable[Row], now: datetime) -> list[dict[str, Any]]:
    """What a draft keeps before the first call: should the process die, these are the objects to look for."""
    known = {(row["kind"], row["name"]): dict(row) for row in before if row["outcome"] in _OPEN}
    new = {"since": now.astimezone(UTC).isoformat(timespec="seconds")}
    return [
        known.get(_place_of(document)) or _row(Verdict(batch.ref_of(document), "unknown")) | new
        for document in documents
    ]


def _attempt(draft: Draft, before: Sequence[Row], verb: Callable[[], Outcome]) -> Outcome:
    """Run a verb on a claimed draft and give it back, whatever happens. `before`: what an earlier attempt left."""
    outcome, left = None, list(draft.result)
    try:
        with drafts.held(draft):
            outcome = verb()
    except NotRecorded:
        left = list(before)  # it never began
        raise
    finally:
        _settle(draft, outcome, left)
    return outcome


def _note(draft: Draft, verdict: Verdict) -> None:
    """Keep what was just made, for the page that follows the attempt and for who finds it abandoned."""
    (known,) = to_json([verdict], draft.result)
    rows = [known if (row["kind"], row["name"]) == _place(verdict.ref) else row for row in draft.result]
    drafts.note(draft, result=rows)


def _settle(draft: Draft, outcome: Outcome | None, left: list[Any]) -> None:
    """Give a claimed draft back. `left`: what is to be looked for where an attempt ended without a word."""
    result = left
    if outcome is not None:
        result = to_json(outcome.verdicts, draft.result) if outcome.state != "none" else []
    done = outcome is not None and outcome.state == "done"
    state = Draft.State.DONE if done else Draft.State.PARTIAL if result else Draft.State.OPEN
    drafts.settle(draft, state, result)


def _create(scope: Scope, cluster: Cluster, draft: Draft, documents: Sequence[Document]) -> Outcome:
    """Create all of it, or nothing; where that cannot be had, say what is left."""
    with audit.attempt(scope, "service.create", target=_target(documents)) as entry:
        client = cluster.as_user(scope.identity)
        outcome = _outcome(batch.create_all(client, documents, told=partial(_note, draft)))
        _record(entry, outcome)
    return outcome


def _retry(
    scope: Scope, cluster: Cluster, draft: Draft, documents: Sequence[Document], before: Sequence[Row]
) -> Outcome:
    """Complete what an earlier attempt left undone. What exists from it stays, whatever happens now. What the person's
    other drafts keep of theirs is not ours. While it is not known of an object whether it was made, nothing is.
    """
    client, others = cluster.as_user(scope.identity), drafts.others(draft)
    with audit.attempt(scope, "service.create", target=_target(documents)) as entry:
        looked = [_looked(client, row, scope.actor.name, others) for row in before]
        existing = {_place(verdict.ref): verdict for verdict in looked if verdict.outcome in _THERE}
        if any(verdict.outcome == "unknown" for verdict in looked):
            outcome = _outcome(looked)
        else:
            rest = [document for document in documents if _place_of(document) not in existing]
            verdicts = batch.create_all(client, rest, told=partial(_note, draft))
            known = existing | {_place(verdict.ref): verdict for verdict in verdicts}
            outcome = _outcome([known[_place_of(document)] for document in documents])
        _record(entry, outcome)
    return outcome


def _undo(scope: Scope, cluster: Cluster, draft: Draft, before: Sequence[Row]) -> Outcome:
    """Delete what an earlier attempt made, and only the very objects it made (by UID)."""
    client, others = cluster.as_user(scope.identity), drafts.others(draft)
    target = ", ".join(str(verdict.ref) for verdict in from_json(before))
    with audit.attempt(scope, "service.undo", target=target) as entry:
        known = [_looked(client, row, scope.actor.name, others) for row in before]
        existing = [verdict for verdict in known if verdict.outcome in _THERE]
        after = batch.undo(client, [(verdict.ref, verdict.uid) for verdict in existing])
        # What could not be undone keeps its UID: another object may have its name by the next attempt.
        pairs = zip(existing, after, strict=True)
        undone = {_place(verdict.ref): replace(now, object=verdict.object) for verdict, now in pairs}
        verdicts = tuple(undone.get(_place(verdict.ref), verdict) for verdict in known)
        state = "partial" if any(verdict.outcome in _OPEN for verdict in verdicts) else "none"
        outcome = Outcome(state, verdicts)
        changes = [f"{verdict.ref}: {verdict.outcome}" for verdict in verdicts]
        entry.done(changes) if state == "none" else entry.failed("", changes)
    return outcome


def _stamped(document: Document, namespace: str, creator: str) -> Document:
    stamped = {**document, "metadata": {**_signed(document.get("metadata"), creator), "namespace": namespace}}
    spec = document.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if isinstance(template, dict):
        stamped["spec"] = {
            **document["spec"],
            "template": {**template, "metadata": _signed(template.get("metadata"), creator)},
        }
    return stamped


def _signed(metadata: Any, creator: str) -> dict[str, Any]:
    metadata = metadata if isinstance(metadata, dict) else {}
    annotations = metadata.get("annotations")
    return {**metadata, "annotations": {**(annotations if isinstance(annotations, dict) else {}), CREATOR: creator}}


def _outcome(verdicts: Sequence[Verdict]) -> Outcome:
    outcomes = [verdict.outcome for verdict in verdicts]
    if outcomes and all(outcome == "created" for outcome in outcomes):
        return Outcome("done", tuple(verdicts))
    return Outcome("partial" if any(outcome in _OPEN for outcome in outcomes) else "none", tuple(verdicts))


def _record(entry: audit.Entry, outcome: Outcome) -> None:
    changes = [f"{verdict.ref}: {verdict.outcome}" for verdict in outcome.verdicts]
    message = audit.describe(outcome.worst) if outcome.worst else ""
    if outcome.state == "done":
        entry.done(changes)
    elif outcome.worst is not None and 400 <= outcome.worst.code < 500 and outcome.state == "none":
        entry.refused(message, changes)
    else:
        entry.failed(message, changes)


def _looked(client: Client, row: Row, creator: str, others: Sequence[Row]) -> Verdict:
    """Read again what an earlier attempt made or may have made; what turns out to be another's is left alone."""
    verdict = _verdict(row)
    if verdict.outcome not in _OPEN:
        return verdict
    try:
        stored = client.get(verdict.ref.kind, verdict.ref.namespace, verdict.ref.name)
    except NotFound:
        return Verdict(verdict.ref, "not-tried")
    except KubeError as error:
        return verdict if verdict.uid else Verdict(verdict.ref, "unknown", error)
    meta = stored.get("metadata") or {}
    if verdict.uid:
        ours = meta.get("uid") == verdict.uid
    else:
        known = [other.get("uid") for other in others]
        ours = _may_be_ours(meta, str(row.get("since", "")), creator) and str(meta.get("uid")) not in known
    if not ours:
        return Verdict(verdict.ref, "exists", AlreadyExists("somebody else's object has this name", code=409), stored)
    # Another attempt, too, may have been told nothing of an object of this name.
    alike = [other for other in others if (other["kind"], other["name"]) == (row["kind"], row["name"])]
    untold = [other for other in alike if other["outcome"] == "unknown"]
    if not verdict.uid and any(_may_be_ours(meta, other.get("since", ""), creator) for other in untold):
        return Verdict(verdict.ref, "unknown", Unclear("it may also be what another draft of yours made"))
    return Verdict(verdict.ref, "created", None, stored, verdict.warnings)


def _may_be_ours(meta: Mapping[str, Any], since: str, creator: str) -> bool:
    """Whether an object may have come of an attempt that was told nothing: it has the creator's name and is no older
    than the attempt (the same person may have had one of that name before).
    """
    if (meta.get("annotations") or {}).get(CREATOR) != creator or not since:
        return False
    try:
        return datetime.fromisoformat(str(meta.get("creationTimestamp"))) >= datetime.fromisoformat(since) - _SKEW
    except ValueError:
        return False


def _target(documents: Sequence[Document]) -> str:
    named = next(
        (document for document in documents if kind_of(document) == "Service"), documents[0] if documents else {}
    )
    return f"{kind_of(named)} {(named.get('metadata') or {}).get('namespace', '')}/{name_of(named)}"


def _place(ref: Ref) -> tuple[str, str]:
    return ref.kind.kind, ref.name


def _place_of(document: Document) -> tuple[str, str]:
    return kind_of(document), name_of(document)


def _row(verdict: Verdict) -> dict[str, Any]:
    error = verdict.error
    return {
        "api_version": verdict.ref.kind.api_version,
        "kind": verdict.ref.kind.kind,
        "namespace": verdict.ref.namespace,
        "name": verdict.ref.name,
        "uid": verdict.uid,
        "outcome": verdict.outcome,
        "warnings": list(verdict.warnings),
        "error": None
        if error is None
        else {
            "type": type(error).__name__,
            "reason": error.reason,
            "message": error.message,
            "code": error.code,
            "causes": [[cause.field, cause.reason, cause.message] for cause in error.causes],
        },
    }


def _verdict(row: Row) -> Verdict:
    kind = kinds.by_name(row["api_version"], row["kind"]) or Kind("", "", row["kind"], "unknown")
    error = row.get("error")
    problem = None
    if error:
        causes = tuple(Cause(*cause) for cause in error["causes"])
        made_as = getattr(errors, error.get("type", ""), KubeError)
        problem = made_as(error["message"], reason=error["reason"], code=error["code"], causes=causes)
    made = {"metadata": {"uid": row["uid"]}} if row.get("uid") else None
    return Verdict(
        Ref(kind, row["namespace"], row["name"]), row["outcome"], problem, made, tuple(row.get("warnings", ()))
    )
