"""Change a workload: what is stored now, changed in one field, tried, and sent with the version that was read.

A rollout writes the status of its workload many times a second, and each is a new version. So what the person saw is
held against the stored *field*; the version only keeps two writers of one moment apart.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from itertools import count

from accounts import audit
from accounts.scope import Scope
from console.kube.errors import Conflict
from console.kube.hub import Cluster
from console.kube.kinds import Kind, Ref
from services.changes.replace import Rehearsed, rehearse_replace, replace_unrecorded, target_of
from services.manifests.bundle import Document
from services.yaml_editor.stored import editable, version_of

_TRIES, _PATIENCE = 6, 4.0  # how often, and how many seconds, it is tried at least
_PAUSE, _LONGEST_PAUSE = 0.05, 0.5  # seconds between two tries, which grow: each is a few requests, and admission's too
Edit = Callable[[Document], Document]


def rehearse_change(scope: Scope, cluster: Cluster, kind: Kind, name: str, edit: Edit) -> Rehearsed | None:
    """What the cluster would store; nothing is written. None where it is so already. Raises as `change_workload`."""
    client = cluster.as_user(scope.identity)
    for last in _tries():
        stored = client.get(kind, scope.place, name)
        wanted = edit(stored)
        if editable(wanted) == editable(stored):
            return None
        try:
            return rehearse_replace(scope, cluster, kind, name, wanted, version_of(stored))
        except Conflict:
            if last:
                raise
    raise AssertionError("the last try returns or raises")


def change_workload(
    scope: Scope, cluster: Cluster, kind: Kind, name: str, edit: Edit, *, action: str, remark: str = ""
) -> tuple[str, ...]:
    """Store what `edit` makes of the workload; the changed paths are returned and recorded as "workload.ACTION",
    behind a `remark` on what they make together.

    Nothing is returned, and nothing sent, where it is so already. Raises KubeError, and what `edit` raises.
    """
    client, ref = cluster.as_user(scope.identity), Ref(kind, scope.place, name)
    stored = client.get(kind, scope.place, name)
    wanted = edit(stored)
    if editable(wanted) == editable(stored):
        return ()
    with audit.attempt(scope, f"workload.{action}", target=target_of(ref)) as entry:
        rehearsed: Document | None = None
        for last in _tries():
            try:
                if editable(wanted) != rehearsed:  # a new status needs no new rehearsal, in which the next one may come
                    rehearse_replace(scope, cluster, kind, name, wanted, version_of(stored))
                    rehearsed = editable(wanted)
                changed = replace_unrecorded(client, ref, wanted, version_of(stored))
                entry.done(changes=(remark, *changed) if remark else changed)
                return changed
            except Conflict:  # mostly its controller, which wrote the status; `edit` says whether it was somebody else
                if last:
                    raise
            stored = client.get(kind, scope.place, name)
            wanted = edit(stored)
            if editable(wanted) == editable(stored):
                return ()
    raise AssertionError("the last try returns or raises")


def _tries() -> Iterator[bool]:
    """Again and again after a pause; each with whether it is the last: a rollout of many pods is busy for seconds."""
    until = time.monotonic() + _PATIENCE
    for number in count(1):
        late = time.monotonic() > until
        yield late and (number >= _TRIES or time.monotonic() > until + _PATIENCE)
        time.sleep(random.uniform(0.5, 1) * min(_LONGEST_PAUSE, _PAUSE * 1.5 ** (number - 1)))
