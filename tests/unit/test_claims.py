"""Claims that exist before the StatefulSet whose pods use them, and what is known of access modes."""

from typing import Any

import pytest

from services.manifests import claims
from services.steps.stepform import typed_from
from services.steps.storage import TemplateForm


@pytest.mark.parametrize(
    ("existing", "spec", "again"),
    [
        (("data-db-1", "data-db-10", "data-db-01", "data-db-x", "data-other-0"), {"replicas": 3}, ["data-db-1"]),
        (("data-db-0", "data-db-2"), {}, ["data-db-0"]),
        (("data-db-5", "data-db-0"), {"replicas": 2, "ordinals": {"start": 4}}, ["data-db-5"]),
        (("data-db-0",), {"replicas": 0}, []),
    ],
)
def test_only_claims_of_its_pods_are_used_again(existing: tuple[str, ...], spec: dict[str, Any], again: list[str]):
    stateful_set = {"kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    assert claims.used_again(stateful_set, "data", existing) == again


@pytest.mark.parametrize(
    ("provisioner", "modes", "state", "words"),
    [
        ("example.org/none", ["ReadWriteMany"], "", "If fast does not, its claims stay pending."),
        ("ebs.csi.aws.com", ["ReadWriteOnce"], "", "usually supports only ReadWriteOnce, ReadWriteOncePod."),
        ("ebs.csi.aws.com", ["ReadWriteMany"], "warn", "with ReadWriteMany claims stay pending."),
    ],
)
def test_access_modes_of_a_class_are_those_of_its_provisioner(
    provisioner: str, modes: list[str], state: str, words: str
):
    form = TemplateForm(typed_from(TemplateForm, {"name": "data", "access_modes": modes}))
    form.offer_classes({"fast": ""}, "fast", {"fast": provisioner})
    assert form.modes_hint is not None
    assert (form.modes_hint[0], form.modes_hint[1].endswith(words)) == (state, True)
