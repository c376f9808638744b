"""What projects should have in the cluster, compared with what is there; and mending it as far as the console may.

The console creates what is missing and mends its own bindings. It never labels a namespace or deletes a foreign
binding: with that right a stolen token would own the cluster. For these the finding says what an administrator does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from accounts.domain import places, provisioning
from accounts.domain.provisioning import PROJECT_LABEL, Document, Plan
from accounts.models import Project
from console.kube import errors
from console.kube.kinds import NAMESPACE, ROLEBINDING
from console.kube.provisioner import Provisioner

_OURS = "berth:"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `repair` does what the console may do about it; else `by_hand` is what an administrator runs."""

    project: str
    what: str
    repair: Callable[[], object] | None = None
    by_hand: str = ""


def findings(console: Provisioner, project: Project) -> list[Finding]:
    """The differences of one project. Raises KubeError where the cluster does not say."""
    plan = places.plan_of(project, console)
    try:
        labels = console.get(NAMESPACE, None, plan.name)["metadata"].get("labels") or {}
    except errors.NotFound:
        return [Finding(plan.name, "the namespace is missing", partial(_make, console, project))]
    if labels.get(PROJECT_LABEL) != str(plan.uuid):
        label = f"kubectl label --overwrite namespace {plan.name} {PROJECT_LABEL}={plan.uuid}"
        what = f"the namespace is not labelled {PROJECT_LABEL}={plan.uuid}: it may be somebody else's"
        return [Finding(plan.name, what, by_hand=label)]
    try:
        there = {str(each["metadata"]["name"]): each for each in _bindings(console, plan.name)}
    except errors.Forbidden:
        what = f"{plan.console} cannot look there: RoleBinding {provisioning.ACT} is missing or names another account"
        hand = f"kubectl -n {plan.name} delete rolebinding {provisioning.ACT}"
        return [Finding(plan.name, what, partial(_make, console, project, acting=False), by_hand=hand)]
    return [*_missing_or_different(console, plan, there), *_extra(console, plan, there)]


def repair(finding: Finding) -> str:
    """Do what the console may do about it. What is left to do ("" for nothing). Raises KubeError."""
    if finding.repair is None:
        return finding.by_hand
    finding.repair()
    return ""


def _bindings(console: Provisioner, namespace: str) -> Iterator[Document]:
    token = ""
    while True:
        page = console.list(ROLEBINDING, namespace, limit=500, continue_=token)
        yield from page.get("items") or ()
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            return


def _missing_or_different(console: Provisioner, plan: Plan, there: dict[str, Document]) -> Iterator[Finding]:
    for wanted in provisioning.bindings(plan):
        name = wanted["metadata"]["name"]
        found = there.get(name)
        if found is None:
            create = partial(console.create_binding, plan.name, wanted)
            yield Finding(plan.name, f"RoleBinding {name} is missing", create)
        elif found["roleRef"]["kind"] != "ClusterRole" or found["roleRef"]["name"] != wanted["roleRef"]["name"]:
            role = f"{found['roleRef']['kind']} {found['roleRef']['name']}"
            anew = partial(_anew, console, plan.name, found, wanted)
            yield Finding(plan.name, f"RoleBinding {name} binds {role} instead of ClusterRole {name}", anew)
        elif _subjects(found) != _subjects(wanted):
            mended = {**wanted, "metadata": found["metadata"]}
            what = f"RoleBinding {name} names {_words(found)} instead of {_words(wanted)}"
            yield Finding(plan.name, what, partial(console.replace_binding, plan.name, mended))


def _extra(console: Provisioner, plan: Plan, there: dict[str, Document]) -> Iterator[Finding]:
    """Bindings of earlier versions; and others that give the console's account or groups of this project anything."""
    wanted = {each["metadata"]["name"] for each in provisioning.bindings(plan)}
    ours = (*_subjects(provisioning.bindings(plan)[0]), ("Group", "", f"{_OURS}{plan.uuid}:"))
    for name, found in sorted(there.items()):
        if name in wanted:
            continue
        role = f"{found['roleRef']['kind']} {found['roleRef']['name']}"
        if name.startswith(_OURS):
            remove = partial(console.delete_binding, plan.name, name, uid=found["metadata"]["uid"])
            yield Finding(plan.name, f"RoleBinding {name} is no longer used", remove)
        elif any(subject == own or _in(subject, own) for subject in _subjects(found) for own in ours):
            hand = f"kubectl -n {plan.name} delete rolebinding {name}"
            what = f"RoleBinding {name} gives {role} to {_words(found)}, and is not of Berth's making"
            yield Finding(plan.name, what, by_hand=hand)


def _in(subject: tuple[str, str, str], own: tuple[str, str, str]) -> bool:
    return own[0] == subject[0] == "Group" and subject[2].startswith(own[2])


def _anew(console: Provisioner, namespace: str, found: Document, wanted: Document) -> None:
    """The role of a binding cannot be changed, so it is made again."""
    console.delete_binding(namespace, found["metadata"]["name"], uid=found["metadata"]["uid"])
    console.create_binding(namespace, wanted)


def _make(console: Provisioner, project: Project, *, acting: bool = True) -> None:
    """Create what is missing. `acting`: False where the console cannot act there, though its binding may exist."""
    outcomes = places.set_up(console, project)
    if not acting and any(each.name == provisioning.ACT and each.state == "there" for each in outcomes):
        raise errors.Unclear(f"RoleBinding {provisioning.ACT} names another account")
    failed = [f"{each.kind} {each.name}: {each.message}" for each in outcomes if each.state not in {"made", "there"}]
    if failed:
        raise errors.Unclear("; ".join(failed))


def _subjects(binding: Document) -> list[tuple[str, str, str]]:
    found = binding.get("subjects") or ()
    return sorted((str(one["kind"]), str(one.get("namespace") or ""), str(one["name"])) for one in found)


def _words(binding: Document) -> str:
    return ", ".join("/".join(filter(None, subject)) for subject in _subjects(binding)) or "nobody"
