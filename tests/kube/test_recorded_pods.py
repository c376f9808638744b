"""The status word of a pod is the one in kubectl's STATUS column, held to the recording of the real control plane."""

import pytest

from console.kube.podstatus import pod_status
from tests.admin import Object
from tests.clusters import Cluster
from tests.recordings.pods import PODS, recorded, said


def ours(body: Object) -> Object:
    shown = pod_status(body)
    return {"status": shown.status, "ready": f"{shown.ready}/{shown.total}", "restarts": shown.restarts}


def test_every_pod_has_the_columns_of_kubectl() -> None:
    wanted = recorded()
    assert list(wanted) == list(PODS), "the pods have changed: record again"
    assert len(wanted) >= 40
    deleted = {"deletionTimestamp": "2026-01-01T00:02:00Z"}
    columns = {case: ours(body | {"metadata": deleted if body["metadata"] else {}}) for case, body in PODS.items()}
    assert columns == wanted


@pytest.mark.real_only("the embedded cluster gives pods their states itself")
def test_the_recording_is_what_the_real_one_says(cluster: Cluster, namespace: str) -> None:
    """And what it stores, with its defaults, gives the same words."""
    answers = said(cluster.admin, namespace)
    assert {case: columns for case, (columns, _body) in answers.items()} == recorded()
    assert {case: ours(body) for case, (_columns, body) in answers.items()} == recorded()
