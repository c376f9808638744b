"""Roles as sets of capabilities, the identity derived from them, and a project as manifests. All pure."""

import re
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from accounts import identity, roles
from accounts.domain import provisioning
from accounts.domain.provisioning import Plan
from accounts.roles import BUILT_IN, IN_PROJECT, KUBERNETES, Capability, Level
from tests.clusters import RBAC

PERSON = UUID("11111111-1111-4111-8111-111111111111")
PROJECT = UUID("22222222-2222-4222-8222-222222222222")
CONSOLE = "system:serviceaccount:berth:berth"
PLAN = Plan(name="shop", uuid=PROJECT, workspace="team", creator="alice", console=CONSOLE, alias="Web shop")
ADMISSION = RBAC.with_name("admission.yaml")


def role(level: Level, name: str) -> roles.BuiltIn:
    return next(built_in for built_in in BUILT_IN if (built_in.level, built_in.name) == (level, name))


def test_built_in_roles_are_those_of_the_documentation() -> None:
    assert {(built_in.level.value, built_in.name) for built_in in BUILT_IN} == {
        *(("platform", f"platform-{name}") for name in ("admin", "regular", "self-provisioner")),
        ("platform", "users-manager"),
        ("platform", "workspaces-manager"),
        *(("workspace", name) for name in ("admin", "self-provisioner", "regular", "viewer")),
        *(("project", name) for name in ("admin", "operator", "viewer")),
    }


@pytest.mark.parametrize("built_in", BUILT_IN, ids=lambda built_in: f"{built_in.level}-{built_in.name}")
def test_built_in_roles_hold_only_what_their_level_can_and_what_they_need(built_in: roles.BuiltIn) -> None:
    assert not roles.problems(built_in.level, built_in.capabilities)
    assert roles.completed(built_in.capabilities) == built_in.capabilities


def test_viewers_see_neither_logs_nor_secrets() -> None:
    for level in (Level.WORKSPACE, Level.PROJECT):
        assert role(level, "viewer").capabilities & IN_PROJECT == {Capability.VIEW}


def test_an_operator_does_everything_but_members() -> None:
    assert role(Level.PROJECT, "operator").capabilities == IN_PROJECT - {Capability.PROJECT_MANAGE}


def test_who_manages_workspaces_does_not_reach_into_projects() -> None:
    assert not role(Level.PLATFORM, "workspaces-manager").capabilities & IN_PROJECT


@given(st.frozensets(st.sampled_from(list(Capability))), st.frozensets(st.sampled_from(list(Capability))))
def test_nobody_gives_more_than_they_hold(holder: frozenset[Capability], given_: frozenset[Capability]) -> None:
    assert roles.may_give(holder, given_) == (not given_ - holder)


def test_a_stored_capability_of_another_version_gives_nothing() -> None:
    assert roles.parse(["view", "fly"]) == {Capability.VIEW}


def test_what_needs_something_brings_it() -> None:
    assert roles.completed({Capability.LOGS}) == {Capability.LOGS, Capability.VIEW}


def test_identity_is_ascii_and_holds_only_groups_of_this_project() -> None:
    person = identity.user_identity(PERSON, project=PROJECT, capabilities=[Capability.VIEW, Capability.PROJECT_MANAGE])
    assert person.user == f"berth:{PERSON}"
    assert person.groups == (f"berth:{PROJECT}:view", "berth:platform:cluster.view")


def test_identity_outside_of_projects_carries_no_group_of_a_project() -> None:
    """Who sees all workspaces sees the nodes; nobody else anything."""
    assert identity.user_identity(PERSON, capabilities=list(Capability)).groups == (identity.CLUSTER_VIEW,)
    no_workspaces = set(Capability) - {Capability.WORKSPACE_VIEW}
    assert identity.user_identity(PERSON, capabilities=no_workspaces).groups == ()


@given(st.frozensets(st.sampled_from(list(Capability))))
def test_groups_are_sorted_so_that_equal_people_are_equal(held: frozenset[Capability]) -> None:
    person = identity.user_identity(PERSON, project=PROJECT, capabilities=held)
    assert list(person.groups) == sorted(person.groups)
    assert person == identity.user_identity(PERSON, project=PROJECT, capabilities=sorted(held, reverse=True))


def test_namespace_of_a_project() -> None:
    assert provisioning.namespace(PLAN) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "shop",
            "labels": {"kubesphere.io/workspace": "team", "berth/project": str(PROJECT)},
            "annotations": {"kubesphere.io/creator": "alice", "kubesphere.io/alias-name": "Web shop"},
        },
    }


def test_each_capability_is_bound_once_to_its_group() -> None:
    bound = {binding["roleRef"]["name"]: binding["subjects"] for binding in provisioning.bindings(PLAN)}
    assert bound.pop("berth:act") == [{"kind": "ServiceAccount", "name": "berth", "namespace": "berth"}]
    assert {name: subject["name"] for name, (subject,) in bound.items()} == {
        f"berth:{capability}": f"berth:{PROJECT}:{capability}" for capability in KUBERNETES
    }


def test_the_console_is_whoever_the_cluster_says_it_is() -> None:
    """C16: another namespace, another account, or no service account at all."""
    assert provisioning.console_subject("system:serviceaccount:tools:console") == {
        "kind": "ServiceAccount",
        "name": "console",
        "namespace": "tools",
    }
    assert provisioning.console_subject("kubernetes-admin")["kind"] == "User"


def test_the_console_is_bound_first() -> None:
    assert [manifest["kind"] for manifest in provisioning.manifests(PLAN)][:2] == ["Namespace", "RoleBinding"]
    assert provisioning.manifests(PLAN)[1]["metadata"]["name"] == "berth:act"


def test_every_role_that_is_bound_is_shipped_and_may_be_bound() -> None:
    documents = list(yaml.safe_load_all(RBAC.read_text()))
    shipped = {document["metadata"]["name"]: document for document in documents if document["kind"] == "ClusterRole"}
    wanted = {binding["roleRef"]["name"] for binding in provisioning.bindings(PLAN)}
    assert wanted <= set(shipped)
    (bindable,) = [rule for rule in shipped["berth:projects.provision"]["rules"] if rule["verbs"] == ["bind"]]
    assert set(bindable["resourceNames"]) == wanted
    policies = ADMISSION.read_text()
    assert set(re.findall(r"'(berth:[a-z.]+)'", policies)) == wanted
