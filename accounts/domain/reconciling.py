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
    """One difference. `repair` does what the console may do about it (it raises KubeError); else `by_hand` is what an
    administrator runs.
    """

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
        existing = {str(binding["metadata"]["name"]): binding for binding in _bindings(console, plan.name)}
    except errors.Forbidden:
        what = f"{plan.console} cannot look there: RoleBinding {provisioning.ACT} is missing or names another account"
        hand = f"kubectl -n {plan.name} delete rolebinding {provisioning.ACT}"
        return [Finding(plan.name, what, partial(_make, console, project, acting=False), by_hand=hand)]
    return [*_missing_or_different(console, plan, existing), *_extra(console, plan, existing)]


def _bindings(console: Provisioner, namespace: str) -> Iterator[Document]:
    token = ""
    while True:
        page = console.list(ROLEBINDING, namespace, limit=500, continue_=token)
        yield from page.get("items") or ()
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            return


def _missing_or_different(console: Provisioner, plan: Plan, existing: dict[str, Document]) -> Iterator[Finding]:
    for wanted in provisioning.bindings(plan):
        name = wanted["metadata"]["name"]
        binding = existing.get(name)
        if binding is None:
            create = partial(console.create_binding, plan.name, wanted)
            yield Finding(plan.name, f"RoleBinding {name} is missing", create)
        elif binding["roleRef"]["kind"] != "ClusterRole" or binding["roleRef"]["name"] != wanted["roleRef"]["name"]:
            role = f"{binding['roleRef']['kind']} {binding['roleRef']['name']}"
            anew = partial(_anew, console, plan.name, binding, wanted)
            yield Finding(plan.name, f"RoleBinding {name} binds {role} instead of ClusterRole {name}", anew)
        elif _subjects(binding) != _subjects(wanted):
            mended = {**wanted, "metadata": binding["metadata"]}
            what = f"RoleBinding {name} names {_words(binding)} instead of {_words(wanted)}"
            yield Finding(plan.name, what, partial(console.replace_binding, plan.name, mended))


def _extra(console: Provisioner, plan: Plan, existing: dict[str, Document]) -> Iterator[Finding]:
    """Bindings of earlier versions; and others that give the console's account or groups of this project anything."""
    wanted = {binding["metadata"]["name"] for binding in provisioning.bindings(plan)}
    ours = (*_subjects(provisioning.bindings(plan)[0]), ("Group", "", f"{_OURS}{plan.uuid}:"))
    for name, binding in sorted(existing.items()):
        if name in wanted:
            continue
        role = f"{binding['roleRef']['kind']} {binding['roleRef']['name']}"
        if name.startswith(_OURS):
            remove = partial(console.delete_binding, plan.name, name, uid=binding["metadata"]["uid"])
            yield Finding(plan.name, f"RoleBinding {name} is no longer used", remove)
        elif any(subject == own or _in(subject, own) for subject in _subjects(binding) for own in ours):
            hand = f"kubectl -n {plan.name} delete rolebinding {name}"
            what = f"RoleBinding {name} gives {role} to {_words(binding)}, and is not of Berth's making"
            yield Finding(plan.name, what, by_hand=hand)


def _in(subject: tuple[str, str, str], own: tuple[str, str, str]) -> bool:
    return own[0] == subject[0] == "Group" and subject[2].startswith(own[2])


def _anew(console: Provisioner, namespace: str, binding: Document, wanted: Document) -> None:
    """The role of a binding cannot be changed, so it is made again."""
    console.delete_binding(namespace, binding["metadata"]["name"], uid=binding["metadata"]["uid"])
    console.create_binding(namespace, wanted)


def _make(console: Provisioner, project: Project, *, acting: bool = True) -> None:
    """Create what is missing. `acting`: False where the console cannot act there, though its binding may exist."""
    outcomes = places.set_up(console, project)
    if not acting and any(outcome.name == provisioning.ACT and outcome.state == "there" for outcome in outcomes):
        raise errors.Unclear(f"RoleBinding {provisioning.ACT} names another account")
    failed = [f"{outcome.kind} {outcome.name}: {outcome.message}" for outcome in outcomes if outcome.missing]
    if failed:
        raise errors.Unclear("; ".join(failed))


def _subjects(binding: Document) -> list[tuple[str, str, str]]:
    subjects = binding.get("subjects") or ()
    return sorted(
        (str(subject["kind"]), str(subject.get("namespace") or ""), str(subject["name"])) for subject in subjects
    )


def _words(binding: Document) -> str:
    return ", ".join("/".join(filter(None, subject)) for subject in _subjects(binding)) or "nobody"
