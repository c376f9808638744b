"""Change the settings of a workload that exists: what a draft changes, put on top of what is stored now.

The draft may be days old, and a rollout writes the status of its workload many times a second. So each change is merged
three ways, by the keys of lists, and what a person confirms is the *difference* that they were shown: whatever else was
changed meanwhile (the replicas, by an autoscaler) stays as it is.
"""

import hashlib
import json
import time
from collections.abc import Mapping

from accounts.scope import Scope
from console.kube import kinds
from console.kube.hub import Cluster
from console.kube.kinds import Kind
from services.changes.change import change_workload, rehearse_change
from services.changes.replace import Rehearsed
from services.create.verbs import drafts
from services.manifests.bundle import Document
from services.manifests.diff import changes
from services.manifests.paths import format_path
from services.manifests.tree import MISSING
from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from services.models import Draft
from services.yaml_editor import differences
from services.yaml_editor.stored import editable, read_object, version_of

ACTION = "settings"


class Replaced(Exception):
    """The workload was deleted meanwhile, and another one has its name."""


class Clashing(Exception):
    """Somebody else changed a field that the draft changes, too."""


class Outdated(Exception):
    """What would be sent is not what the person was shown."""


def base_from(stored: Document) -> dict[str, str]:
    """What a draft keeps of the workload that it was opened on."""
    meta = stored["metadata"]
    return {
        "kind": stored["kind"],
        "name": meta["name"],
        "uid": str(meta.get("uid") or ""),
        "version": version_of(stored),
        "opened": str(int(time.time())),
        "text": dump_one(editable(stored)),
    }


def begin(scope: Scope, cluster: Cluster, kind: Kind, name: str) -> Draft:
    """A draft of the workload as it is stored now, or the one that the person works on. Raises KubeError, and
    YamlProblem where it is larger than any text that the steps read."""
    base = base_from(read_object(scope, cluster, kind, name))
    load(base["text"])
    return drafts.begin_edit(scope, base=base)


def merged(
    draft: Draft, base: Document, yours: Document, stored: Document, chosen: Mapping[str, str] | None = None
) -> differences.Merge:
    """Both changes of the workload. Raises Replaced."""
    if str(stored["metadata"].get("uid") or "") != (draft.base or {})["uid"]:
        raise Replaced
    return differences.merged(base, editable(stored), yours, chosen)


def fingerprint(stored: Document, wanted: Document) -> str:
    """What is different, in a few characters: a page carries them, and who confirms it confirms that."""
    changed = [
        [format_path(change.path), *(["-"] if side is MISSING else ["+", side] for side in (change.old, change.new))]
        for change in changes(editable(stored), wanted)
    ]
    return hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()[:32]


def rehearse(scope: Scope, cluster: Cluster, draft: Draft, base: Document, yours: Document) -> Rehearsed | None:
    """What the cluster would store; None where that is so already. Raises as `apply`, but for Outdated."""
    kind = kinds.workload((draft.base or {})["kind"].lower())
    return rehearse_change(scope, cluster, kind, draft.name, lambda stored: wanted(draft, base, yours, stored))


def apply(scope: Scope, cluster: Cluster, draft: Draft, base: Document, yours: Document, shown: str) -> tuple[str, ...]:
    """Store the difference that was shown (its `fingerprint`), and forget the draft; the changed paths are returned.

    Raises KubeError, `Refused`, Replaced, Clashing and Outdated; then the draft stays. So it does where another tab has
    saved more in it meanwhile, which was not sent.
    """
    kind = kinds.workload((draft.base or {})["kind"].lower())

    def edit(stored: Document) -> Document:
        document = wanted(draft, base, yours, stored)
        if document != editable(stored) and fingerprint(stored, document) != shown:
            raise Outdated
        return document

    changed = change_workload(scope, cluster, kind, draft.name, edit, action=ACTION)
    drafts.forget_applied(draft)
    return changed


def wanted(draft: Draft, base: Document, yours: Document, stored: Document) -> Document:
    """What is stored now with what the draft changes. Raises Replaced, Clashing."""
    merge = merged(draft, base, yours, stored)
    if merge.clashes:
        raise Clashing
    return merge.document
