"""Who set a field, beside the line of the review on which it changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from accounts.audit import Recorded
from services.changes.replace import Rehearsed
from services.changes.setters import noted_lines
from services.yaml_editor.differences import Note

NOON = 1764331200.0
HELM = {
    "manager": "helm",
    "time": "2025-11-28T11:00:00Z",
    "fieldsV1": {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:targetPort": {}}}}},
}
KUBECTL = {
    "manager": "kubectl-edit",
    "time": "2025-11-28T12:00:00Z",
    "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}, "f:tier": {}}}},
}
STORED: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "labels": {"team": "a", "tier": "b", "x": "c"}, "managedFields": [HELM, KUBECTL]},
    "spec": {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 80, "protocol": "TCP", "targetPort": 8080}]},
}


def _notes(proposed: dict[str, Any], *records: Recorded) -> dict[str, Note]:
    lines = noted_lines(Rehearsed(STORED, proposed), records)
    return {f"{line.kind} {line.head}{line.changed}{line.tail}".strip(): line.note for line in lines if line.note}


def test_a_note_stands_on_the_line_of_its_field() -> None:
    proposed = deepcopy(STORED)
    proposed["metadata"]["labels"] = {"team": "z", "x": "d"}
    proposed["spec"]["ports"][1]["targetPort"] = 9090
    proposed["spec"]["sessionAffinity"] = "ClientIP"
    edited = Note("kubectl-edit", NOON)
    assert _notes(proposed) == {
        "new     team: z": edited,
        "gone     tier: b": edited,
        "new     targetPort: 9090": Note(manager="Managed by Helm: overwritten by the next release"),
    }
    alice = Recorded("alice", NOON, ("metadata.labels.x",))
    assert _notes(proposed, alice)["new     x: d"] == Note("alice", NOON)


def test_of_a_text_too_long_no_lines_are_looked_for() -> None:
    proposed = deepcopy(STORED)
    proposed["metadata"]["labels"]["team"] = "z"
    proposed["metadata"]["annotations"] = {"long": "x" * 200_000}
    assert not _notes(proposed)
