"""What all pages of the create dialog show: the track of steps, the draft, what will be made."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.scope import Scope
from services.create.present import outcome
from services.manifests import yamlio
from services.manifests.bundle import Bundle, kind_of, name_of
from services.manifests.references import loose
from services.models import SETTINGS, Draft
from services.steps.step import Step, steps_of
from services.words import said

TITLES = {
    "stateless": gettext_lazy("Create Stateless Service"),
    "stateful": gettext_lazy("Create Stateful Service"),
    "external": gettext_lazy("Create External Service"),
    "workload": gettext_lazy("Specify Workload"),
    "yaml": gettext_lazy("Create from YAML"),
    SETTINGS: gettext_lazy("Edit Settings"),
}
YAML = "yaml"
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop on the track. state: done, bad, warn, todo; `url` is "" where one cannot go yet."""

    name: str
    title: str
    number: int
    url: str
    state: str
    problems: int
    is_current: bool


def bundle_of(draft: Draft) -> Bundle:
    """The documents of a draft; its text always parses, for what does not is kept apart."""
    return Bundle(yamlio.load(draft.text))


def loose_of(bundle: Bundle, former: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What the documents name and nothing answers to: the object it stands in, and the sentence."""
    objects = [f"{kind_of(document)} {name_of(document)}" for document in bundle.documents]
    return [(objects[mention.document], said(mention.sentence)) for mention in loose(bundle, former)]


def name_for(bundle: Bundle) -> str:
    """What the draft is called: its Service, else its first document."""
    first = bundle.service or (bundle.documents[0] if bundle.documents else {})
    return name_of(first).replace("\0", "\ufffd")[:253]


def file_name(draft: Draft) -> str:
    """What the draft is called as a file. Its name may be anything yet; what no name can have becomes a hyphen."""
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', draft.name).strip('.-') or 'draft'}.yaml"


def address(scope: Scope, draft: Draft, view: str, step: str = "") -> str:
    """The address of a page of the dialog; a draft that changes a workload has its pages below that."""
    parts: dict[str, Any] = {"project": scope.place, "draft": draft.id} | ({"step": step} if step else {})
    if draft.base is not None:
        view, parts = f"workload-settings-{view.removeprefix('draft-')}", parts | _workload(draft)
    return reverse(f"services:{view}", kwargs=parts)


def way_out(scope: Scope, draft: Draft) -> str:
    """Where one is who closes the dialog: the list of drafts; the workload that a draft changes."""
    if draft.base is not None:
        return reverse("services:workload", kwargs={"project": scope.place, **_workload(draft)})
    return reverse("services:drafts", kwargs={"project": scope.place})


def _workload(draft: Draft) -> dict[str, str]:
    base = draft.base or {}
    return {"kind": base["kind"].lower(), "name": base["name"]}


def step_address(scope: Scope, draft: Draft, step: Step | None) -> str:
    """A step, or where the steps end: the review."""
    return address(scope, draft, "step", step.name) if step else address(scope, draft, REVIEW)


def last_form(scope: Scope, draft: Draft) -> str:
    """The step that was filled in last."""
    filled = [name for name in draft.saved if name in {step.name for step in steps_of(draft.type)}]
    return page_address(scope, draft, filled[-1]) if filled else _before(scope, draft, REVIEW)


def problems_of(draft: Draft, name: str) -> int:
    """How many problems a step's kept input has."""
    kept = draft.typed.get(name)
    return int(kept["problems"]) if kept else 0


def resume_address(scope: Scope, draft: Draft) -> str:
    """Where the person was: the first step that is not done; the review when all are."""
    if draft.state != Draft.State.OPEN:
        return address(scope, draft, "progress")
    if YAML in draft.typed or (draft.type == YAML and YAML not in draft.saved):
        return address(scope, draft, "draft-yaml")
    waiting = (step for step in steps_of(draft.type) if step.name not in draft.saved or step.name in draft.typed)
    return step_address(scope, draft, next(waiting, None))


LEAVING = ("back", "close", "discard")
"""What leaves a page without going on: what is typed is kept as it is. So do the buttons of the track, `go:<step>`."""


def leaves(do: str) -> bool:
    """Whether a button leaves the page, whatever is wrong with what is typed."""
    return do in LEAVING or do.startswith("go:")


def destination(scope: Scope, draft: Draft, current: str, do: str) -> str:
    """Where a button leads that leaves the page `current`; "" if it is none."""
    if do == "close":
        return way_out(scope, draft)
    if do == "discard":
        return f"{address(scope, draft, 'discard')}?from={current}"
    if do == "back":
        return _before(scope, draft, current)
    name = do.removeprefix("go:")
    names = (*(step.name for step in steps_of(draft.type)), REVIEW)
    return "" if name == do or name not in names else page_address(scope, draft, name)


def track(scope: Scope, draft: Draft, current: str, wrong: dict[str, int], *, warned: bool = False) -> list[Stop]:
    """The stops in order. `wrong`: problems found just now, by step; `warned`: the review has something to decide."""
    steps = [(step.name, str(step.title)) for step in steps_of(draft.type)] or [(YAML, _("Edit YAML"))]
    stops, open_, edits = [], True, draft.base is not None
    for number, (name, title) in enumerate(steps, 1):
        problems = wrong.get(name) or problems_of(draft, name)
        done = name in draft.saved
        url = page_address(scope, draft, name) if open_ else ""
        state = "bad" if problems else "done" if done else "todo"
        stops.append(Stop(name, title, number, url, state, problems, name == current))
        open_ = open_ and (done or edits)  # a workload that exists has all its steps
    url = address(scope, draft, REVIEW) if open_ else ""
    state = "bad" if wrong.get(REVIEW) else "warn" if warned else "todo"
    return [*stops, Stop(REVIEW, _("Review"), len(stops) + 1, url, state, wrong.get(REVIEW, 0), current == REVIEW)]


def context(scope: Scope, draft: Draft, current: str, /, **more: Any) -> dict[str, Any]:
    """The context of every page of the dialog."""
    bundle: Bundle = more.pop("bundle", None) or bundle_of(draft)
    name = name_for(bundle)
    return {
        "scope": scope,
        "project": scope.place,
        "draft": draft,
        "title": TITLES.get(draft.type, TITLES[YAML]),
        "name": name,
        "track": track(scope, draft, current, more.pop("wrong", {}), warned=more.pop("warned", False)),
        "outcome": outcome.outcome(bundle, scope.place),
        "back": _before(scope, draft, current),
        "edits": draft.base,
        "urls": {name: address(scope, draft, view) for name, view in _PAGES.items()} | {"out": way_out(scope, draft)},
        "sequences": json.dumps(draft.sequences),
        "here_name": current,
        "here_first": current in [step.name for step in steps_of(draft.type)][:1],
        "page_url": more.pop("page_url", "") or page_address(scope, draft, current),
        "request_id": scope.request_id,
        **more,
    }


_PAGES = {YAML: "draft-yaml", REVIEW: REVIEW, "discard": "discard", "download": "download"}
"""The pages that every page of the dialog links to, by name."""


def page_address(scope: Scope, draft: Draft, current: str) -> str:
    """The address of a page of the dialog by the name of its stop; of the draft, where there is none."""
    if current in (REVIEW, "progress", ""):
        return address(scope, draft, current or "draft")
    return address(scope, draft, "draft-yaml") if current == YAML else address(scope, draft, "step", current)


def _before(scope: Scope, draft: Draft, current: str) -> str:
    """The address of the page before this one; before the first that on which the dialog is begun."""
    names = [step.name for step in steps_of(draft.type)] or [YAML]
    at = names.index(current) if current in names else len(names)
    if at > 0:
        return page_address(scope, draft, names[at - 1])
    if draft.base is not None:
        return reverse("services:workload-settings", kwargs={"project": scope.place, **_workload(draft)})
    return reverse("services:new", kwargs={"project": scope.place})
