"""What the page says that brings two changes of one object together (services/yaml_editor/conflict.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from accounts.scope import Scope
from console.kube.kinds import Kind
from console.web import times
from services import page_state
from services.changes.authors import author_of, last_change, recorded
from services.manifests.yamlout import dump_one
from services.yaml_editor.differences import Merge
from services.yaml_editor.stored import digest_of, version_of


def conflict_context(scope: Scope, kind: Kind, stored: Mapping[str, Any], merge: Merge) -> dict[str, Any]:
    """Who was faster, each field with its values, and what both changes are together so far."""
    name = str(stored["metadata"]["name"])
    records = recorded(scope, kind, name)
    changed = last_change(stored, next(iter(records), None), merge.theirs)
    authors = (author_of(stored, records, field.place) if field.by != "you" else None for field in merge.fields)
    result = dump_one(merge.document)
    if not changed.who:
        what = gettext("%(name)s was changed while you were editing, by someone else or in another tab.")
    elif changed.who == scope.actor.name:
        what = gettext("You changed %(name)s %(time)s, in another tab.")
    else:
        what = gettext("%(who)s changed %(name)s %(time)s, while you were editing.")
    what = times.sentence(what, {"name": name, "who": changed.who, "time": times.element(changed.at, "ago")})
    means = gettext("Your change is not saved. %(merge)s") % {"merge": _what_to_do(merge)}
    return {
        "changed": changed,
        "own": scope.actor.name,
        "fields": list(zip(merge.fields, authors, strict=True)),
        "name": name,
        "kind": kind.kind,
        "merge": merge,
        "notice": page_state.Notice("warn", what, means),
        "stored_version": version_of(stored),
        "stored_digest": digest_of(stored),
        "result": result,
        "lines": result.count("\n"),
    }


def moment_in(seconds: str) -> int | None:
    """When something was opened, as a page or a draft carries it; None where it does not say so."""
    return int(seconds) if re.fullmatch("[0-9]{1,10}", seconds) else None


def _what_to_do(merge: Merge) -> str:
    """How many fields merge by themselves, and how many need a choice."""
    counts = {"count": merge.clashes, "fitting": merge.fitting, "total": merge.fitting + merge.clashes}
    if not merge.clashes:
        return gettext("No field conflicts. Review the result.")
    if merge.fitting:
        text = ngettext(
            "%(fitting)s of %(total)s fields merge automatically. Choose a value for the other one.",
            "%(fitting)s of %(total)s fields merge automatically. Choose a value for each of the others.",
            merge.clashes,
        )
    else:
        text = ngettext(
            "1 field conflicts. Choose a value.",
            "%(count)s fields conflict. Choose a value for each.",
            merge.clashes,
        )
    return text % counts
