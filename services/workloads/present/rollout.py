"""How far the pods of a workload have come from one revision to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext, ngettext

from console.web import times
from services import words
from services.manifests.health import State, held_back, pod_health, rolling_out, stuck
from services.shown.pods import blame, full_stop
from services.workloads.present.workload_surroundings import Surroundings

MOST_SQUARES = 30
DEADLINE = 600  # seconds, where a Deployment sets none
Square = Literal["new", "coming", ""]


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rollout that is under way, paused or stuck. `remark`: from which revision to which; `says`: what is happening
    to the pods; `squares`: one a replica, new (of the new revision and ready), coming, or still to come; `stuck`: they
    come no more; `moves`: it can be paused, `back`: there is a revision to go back to; `waits_for`: a pod that has to
    be deleted by hand before it goes on; `mended_above`: the notice of the page has the step that mends it. `state` is
    empty where the notice has the cause and nothing is left to be replaced.
    """

    state: State | Literal[""]
    words: str
    says: str
    remark: str
    squares: tuple[Square, ...]
    paused: bool
    stuck: bool = False
    moves: bool = True
    back: bool = True
    waits_for: str = ""
    mended_above: bool = False


def rollout(around: Surroundings) -> Rollout | None:
    """None where every pod is of the newest revision and nothing is on its way."""
    record = around.workload
    cause, kept = stuck(record), held_back(record)
    if not (rolling_out(record) or cause or kept or record.paused):
        return None
    new = _new_pods(around)
    ready = sum(pod.ready and not pod.deleting for pod in new)
    mixed = len(new) < len(around.pods)
    text = _progress(min(ready, record.desired), record.desired, mixed=mixed)
    why = words.in_words(kept) or (gettext("Rollout paused") if record.paused else "")
    late = _late(around)
    state, blamed = around.health.state, blame(around.pods, around.now)
    replaced = bool(late and blamed) and not (why or mixed) and record.updated >= record.desired
    if replaced:
        text = _replaced(record.desired, record.desired - min(ready, record.desired))
        late = gettext("%(late)s. It is complete once every pod is ready.") % {"late": late}
    elif late and not why:
        why = gettext("Rollout stuck") if mixed else late
        late = late if mixed else gettext("It continues once every pod is ready.")
    return Rollout(
        state="" if replaced else "busy" if state == "ok" and not why else "idle" if state == "ok" else state,
        words=": ".join(filter(None, (why, text))),
        says=" ".join(filter(None, (full_stop(late), _says(around, new)))),
        remark=_remark(around),
        squares=_squares(record.desired, ready, len(new) - ready),
        paused=record.paused,
        stuck=bool(cause) or state == "bad",
        moves=rolling_out(record),
        back=record.kind != "Deployment" or len(around.replicasets) > 1,
        waits_for=blocking(around, new),
        mended_above=bool(blamed and blamed.limit),
    )


def _late(around: Surroundings) -> str:
    """That its deadline is over, for which the cluster's own words are "ReplicaSet ... has timed out progressing"."""
    if not any(
        condition.type == "Progressing" and condition.status == "False" for condition in around.workload.conditions
    ):
        return ""
    deadline = times.exactly(around.spec.get("progressDeadlineSeconds") or DEADLINE)
    return gettext("Past its deadline of %(time)s") % {"time": deadline}


def _progress(ready: int, desired: int, *, mixed: bool) -> str:
    """How far it is. `mixed`: there are pods of an old revision, too."""
    values = {"ready": ready, "count": desired}
    if not mixed:
        return ngettext("%(ready)s of 1 pod ready", "%(ready)s of %(count)s pods ready", desired) % values
    text = ngettext("%(ready)s of 1 pod updated and ready", "%(ready)s of %(count)s pods updated and ready", desired)
    return text % values


def _replaced(desired: int, unready: int) -> str:
    """How far it is where every pod is of the newest revision."""
    text = ngettext("%(count)s pod updated", "All %(count)s pods updated", desired) % {"count": desired}
    return gettext("%(text)s, %(unready)s not ready") % {"text": text, "unready": unready}


def blocking(around: Surroundings, new: Sequence[Any] = ()) -> str:
    """The pod for which the rollout of a StatefulSet waits in vain: in order, pods are replaced only once all are
    ready, and a broken one stays so (Kubernetes' documentation: Forced rollback). `new`: those of the newest revision.
    """
    record, spec = around.workload, around.spec
    ordered = spec.get("podManagementPolicy") == "OrderedReady" and record.strategy == "RollingUpdate"
    if record.kind != "StatefulSet" or not ordered:
        return ""
    kept = {pod.uid for pod in new}
    broken = [
        pod.name
        for pod in around.pods
        if pod.uid not in kept and not pod.ready and not pod.deleting and pod_health(pod, around.now).state == "bad"
    ]
    return min(broken, key=lambda name: (len(name), name), default="")


def _squares(desired: int, ready: int, coming: int) -> tuple[Square, ...]:
    count = min(desired, MOST_SQUARES)
    drawn: list[Square] = ["new"] * min(ready, count)
    drawn += ["coming"] * min(coming, count - len(drawn))
    drawn += [""] * (count - len(drawn))
    return tuple(drawn)


def newest_set(sets: Sequence[Any]) -> Any | None:
    """The ReplicaSet with the highest revision."""
    return max(
        sets, key=lambda replicaset: int(replicaset.revision) if replicaset.revision.isdigit() else 0, default=None
    )


def _new_pods(around: Surroundings) -> list[Any]:
    """The pods of the newest revision, as far as that can be told."""
    record = around.workload
    if record.kind == "Deployment":
        newest = newest_set(around.replicasets)
        return [pod for pod in around.pods if newest and pod.owner and pod.owner.uid == newest.uid]
    label, value = "controller-revision-hash", record.revision
    if record.kind == "DaemonSet":
        label = "pod-template-generation"
    return [pod for pod in around.pods if pod.labels.get(label) == value]


def old_and_new(around: Surroundings) -> str:
    """ "3 old, 1 new" while there are pods of two revisions; empty where there are not."""
    new = len(_new_pods(around))
    old = len(around.pods) - new
    return gettext("%(old)s old, %(new)s new") % {"old": old, "new": new} if old and new else ""


def _says(around: Surroundings, new: Sequence[Any]) -> str:
    """ "1 new pod is not ready yet; 2 of 3 old pods ready."; nothing where all pods are of one revision."""
    mine = {pod.uid for pod in new}
    old = [pod for pod in around.pods if pod.uid not in mine and not pod.deleting]
    if not old:
        return ""
    starting = sum(not pod.ready and not pod.deleting for pod in new)
    parts = []
    if starting:
        text = ngettext("1 new pod is not ready yet", "%(count)s new pods are not ready yet", starting)
        parts.append(text % {"count": starting})
    text = ngettext("%(ready)s of 1 old pod ready", "%(ready)s of %(count)s old pods ready", len(old))
    parts.append(text % {"ready": sum(pod.ready for pod in old), "count": len(old)})
    return "; ".join(parts) + "."


def _remark(around: Surroundings) -> str:
    """ "Revision 7 to 8": from the newest revision that still has pods."""
    sets = sorted(
        (replicaset for replicaset in around.replicasets if replicaset.revision.isdigit()),
        key=lambda replicaset: int(replicaset.revision),
        reverse=True,
    )
    if not sets:
        return ""
    before = next((replicaset for replicaset in sets[1:] if replicaset.desired), None)
    if before is None:
        return gettext("Revision %(new)s") % {"new": sets[0].revision}
    return gettext("Revision %(old)s to %(new)s") % {"old": before.revision, "new": sets[0].revision}
