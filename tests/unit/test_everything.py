"""The walks through the create dialog set every field there is, so a new field cannot be forgotten in them."""

import re
from collections.abc import Iterator

import pytest

from services.steps.step import steps_of
from services.steps.stepform import StepForm
from tests.everything import Everything
from tests.everything.others import EXTERNAL, WORKLOAD
from tests.everything.stateful import STATEFUL
from tests.everything.stateless import STATELESS

NOT_SHOWN = {
    "stateless": {
        "pod/update-partition": "a StatefulSet's",
        "storage/templates": "a StatefulSet's",
        "advanced/load_balancer_class": "a LoadBalancer's; here it is NodePort",
        "advanced/access_mode": "asked of the stateful only",
    },
    "stateful": {"pod/update-max_surge": "a Deployment's", "pod/update-deadline": "a Deployment's"},
    "external": {"basic/version": "a workload's"},
    "workload": {
        "basic/version": "a workload's",
        "advanced/node_selector": "a workload's",
        "advanced/annotations": "a workload's",
        "advanced/access_mode": "asked in Service Settings",
    },
}
KINDS_OF_CHECKS = ("pod/containers-check-", "pod/containers-hook-")
"""Three checks have four kinds, two hooks have three: no workload can have all of them, the two together have."""
SAME_FORM = (
    (re.compile(r"-(liveness|readiness|startup)-"), "-check-"),
    (re.compile(r"-(post_start|pre_stop)-"), "-hook-"),
)


def plain(path: str) -> str:
    """The path without row numbers; the three checks have one form, and the two hooks."""
    path = re.sub(r"-\d+(?=-)", "", path)
    for pattern, name in SAME_FORM:
        path = pattern.sub(name, path)
    return path


def fields(node: type[StepForm], around: str = "") -> Iterator[str]:
    """What a person can fill in, below one form; hidden controls are not for persons."""
    for name, own in node.base_fields.items():
        if name != "keep" and not own.widget.is_hidden:
            yield around + name
    for name, below in {**node.groups, **{name: rows.form for name, rows in node.lists.items()}}.items():
        yield from fields(below, f"{around}{name}-")


def wanted_of(every: Everything) -> set[str]:
    """`step/path` of each field that a person can fill in."""
    paths = {f"{step.name}/{plain(path)}" for step in steps_of(every.type) for path in fields(step.form)}
    prepared = {f"advanced/ports-{name}" for name in ("name", "protocol", "port")} | {"storage/volumes-kind"}
    return {path for path in paths - prepared if not path.startswith(tuple(NOT_SHOWN[every.type]))}


def typed_of(every: Everything) -> set[str]:
    return {f"{visit.step}/{plain(name)}" for visit in every.visits(30000) for name in visit.typed}


@pytest.mark.parametrize("every", [STATELESS, STATEFUL, EXTERNAL, WORKLOAD], ids=lambda every: every.type)
def test_every_field_is_set(every: Everything) -> None:
    assert [visit.step for visit in every.visits(30000)] == [step.name for step in steps_of(every.type)]
    missing = wanted_of(every) - typed_of(every)
    assert not {path for path in missing if not path.startswith(KINDS_OF_CHECKS)}
    assert typed_of(every) <= wanted_of(every)


def test_every_field_of_every_kind_of_check_is_set() -> None:
    wanted, typed = wanted_of(STATELESS) | wanted_of(STATEFUL), typed_of(STATELESS) | typed_of(STATEFUL)
    assert {path for path in wanted if path.startswith(KINDS_OF_CHECKS)} <= typed
    assert "pod/containers-check-command-value" in wanted
