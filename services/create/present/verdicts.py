"""What the cluster said about each object, in the words of the form: which step, which field, what to do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.scope import Scope
from console.kube import kinds
from console.kube.batch import Verdict
from console.kube.errors import BadRequest, Cause, KubeError
from console.kube.fields import epoch
from console.kube.records import WorkloadRecord
from console.kube.trim import trim
from console.web import error_pages
from services.create.present import dialog
from services.create.present.outcome import Short, in_short
from services.manifests import decoding
from services.manifests.bundle import Bundle, Document, kind_of, name_of
from services.manifests.paths import format_path
from services.manifests.references import find, loose
from services.manifests.risks import advice, risks, unit_slips
from services.models import Draft
from services.shown.pages import Pages
from services.steps.lenses import locate
from services.steps.step import Step, form_context, opened, steps_of
from services.steps.stepform import StepForm
from services.words import of_manifest, said

_WORDS = {
    "accepted": ("ok", gettext_noop("Accepted")),
    "refused": ("bad", gettext_noop("Refused")),
    "created": ("ok", gettext_noop("Created")),
    "exists": ("bad", gettext_noop("Refused: the name is taken")),
    "failed": ("bad", gettext_noop("Refused")),
    "unknown": ("unknown", gettext_noop("Unknown")),
    "undone": ("idle", gettext_noop("Undone")),
    "left": ("warn", gettext_noop("Created, still exists")),
    "not-tried": ("waiting", gettext_noop("Not attempted")),
    "missing": ("waiting", gettext_noop("Not created")),
    "": ("waiting", gettext_noop("Not checked yet")),
}
_LONGEST = 1000
_TAKEN = re.compile(r"nodePort: Invalid value: (\d+): provided port is already allocated")


@dataclass(frozen=True, slots=True)
class Cure:
    """Where a problem can be mended: the words of the link, its address, and what the API said."""

    step: str
    words: str
    url: str
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """One object: what it is, what became of it, and what to do about it. `url`: its page, once it exists; `created`:
    when that was, epoch s, 0 where it was not read."""

    kind: str
    version: str
    name: str
    short: Short
    outcome: str
    state: str
    glyph: str
    words: str
    error: KubeError | None
    sentence: str
    cures: tuple[Cure, ...]
    warnings: tuple[str, ...]
    url: str = ""
    created: float = 0

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that have something to mend."""
        return tuple(cure.step for cure in self.cures if cure.step)

    @property
    def exists(self) -> bool:
        """Whether the object is in the cluster by our doing."""
        return self.outcome in ("created", "left")


@dataclass(frozen=True, slots=True)
class Told:
    """The notice above the table. `ready`: Create is open; else `first` says what has to be before that."""

    state: str
    what: str
    means: str
    ready: bool
    first: str = ""


class Cures:
    """Where the problems of a draft can be mended. Its text is parsed once and each step opened once, however many
    causes the cluster names.
    """

    def __init__(self, scope: Scope, draft: Draft) -> None:
        self._scope, self._draft = scope, draft
        self._forms: dict[str, StepForm] = {}

    @cached_property
    def _bundle(self) -> Bundle:
        return dialog.bundle_of(self._draft)

    def _form(self, step: Step) -> StepForm:
        if step.name not in self._forms:
            around = form_context(self._draft.type, self._scope.place, self._bundle, step)
            self._forms[step.name] = opened(step, around, fresh=False)
        return self._forms[step.name]

    def of(self, kind: str, cause: Cause) -> Cure:
        """The step and field for a path of the API; the editor where no step has it."""
        told = f"{cause.field}: {cause.message}" if cause.field else cause.message
        place = locate(self._draft.type, kind, cause.field, self._bundle) if cause.field else None
        if place is None:
            return Cure("", _("Edit YAML"), dialog.address(self._scope, self._draft, "draft-yaml"), told[:_LONGEST])
        step = next(step for step in steps_of(self._draft.type) if step.name == place[0])
        form, url = self._form(step), dialog.address(self._scope, self._draft, "step", step.name)
        field_id, label = form.locate(place[1])
        words = f"{step.title}, {label}" if label else str(step.title)
        return Cure(step.name, words, f"{url}#{field_id}", told[:_LONGEST])


def lines(
    scope: Scope,
    draft: Draft,
    documents: Sequence[Document],
    verdicts: Sequence[Verdict],
    beside: Mapping[int, Sequence[str]] | None = None,
) -> list[Line]:
    """One line a document, in order, each with its verdict if there is one. `beside`: what the cluster beside the
    documents says to some of them, by their number."""
    by_place = {(verdict.ref.kind.kind, verdict.ref.name): verdict for verdict in verdicts}
    unanswered = loose(Bundle(tuple(documents)), draft.former)
    cures = Cures(scope, draft)
    return [
        _line(
            scope,
            cures,
            document,
            documents,
            by_place.get((kind_of(document), name_of(document))),
            [*(problem.sentence for problem in unanswered if problem.document == at), *(beside or {}).get(at, ())],
        )
        for at, document in enumerate(documents)
    ]


def summary(lines: Sequence[Line], *, attempted: bool, said: str) -> Told:
    """What the dry run, or an attempt that made nothing, comes to."""
    nothing = _("Nothing has been created. The draft is kept.")
    if any(line.outcome == "undone" for line in lines):
        nothing = _("What had been created was deleted again. The draft is kept.")
    if said:
        return Told("bad", said, nothing, True)
    bad = [line.error for line in lines if line.error is not None]
    if bad:
        told = error_pages.said(bad[0], writing=False)
        if told.retry or told.status >= 500:
            return Told("warn", told.what, nothing, False, _("Dry run not done"))
        counts = {"n": len(bad), "all": len(lines)}
        refused = (
            ngettext("%(n)d object was refused", "%(n)d objects were refused", len(bad))
            if attempted
            else ngettext("%(n)d object would be refused", "%(n)d objects would be refused", len(bad))
        )
        what = (
            _("The cluster refused %(n)d of %(all)d objects.")
            if attempted
            else _("The cluster would refuse %(n)d of %(all)d objects.")
        )
        return Told("bad", what % counts, nothing, False, refused % counts)
    if any(line.warnings for line in lines):
        return Told("warn", _("The cluster accepts it, with a warning."), _("Nothing has been created yet."), True)
    return Told("", "", "", bool(lines), _("There is nothing to create yet"))


def of_attempt(lines: Sequence[Line]) -> list[Line]:
    """The lines of an attempt that ended before anything was sent: what only a dry run accepted was not attempted."""
    return [
        replace(line, state="idle", words=_("Not attempted"), glyph="waiting") if line.outcome == "accepted" else line
        for line in lines
    ]


def not_twice(lines: Sequence[Line], told: Told) -> list[Line]:
    """The lines without what the notice above them says already: a sentence, or that there was no response."""
    if told.state == "warn" and not told.ready:
        return [replace(line, sentence="", error=None) if line.error else line for line in lines]
    return [replace(line, sentence="") if told.what and line.sentence.startswith(told.what) else line for line in lines]


def under_way(lines: Sequence[Line]) -> list[Line]:
    """The lines of an attempt that goes on: objects are created one by one, so the first that is not known is what is
    being created, and the rest waits for it."""
    shown = list(lines)
    unknown = [at for at, line in enumerate(lines) if line.outcome == "unknown"]
    for at in unknown[:1]:
        shown[at] = replace(lines[at], state="busy", words=_("In progress"))
    for at in unknown[1:]:
        shown[at] = replace(lines[at], state="idle", words=_("Waiting"), glyph="waiting")
    return shown


def retry_words(lines: Sequence[Line], stopped: Line | None) -> str:
    """What the button does that goes on with an attempt that stopped."""
    rest = [line for line in lines if not line.exists]
    kind = {"kind": (stopped or rest[0]).kind} if rest else {}
    if stopped and rest:
        return (_("Retry the %(kind)s") if len(rest) == 1 else _("Retry from the %(kind)s")) % kind
    if not rest or any(line.outcome == "unknown" for line in rest):
        return _("Create what is missing") if rest else _("Finish creation")
    return _("Create the %(kind)s") % kind if len(rest) == 1 else _("Create %(n)d objects") % {"n": len(rest)}


def undo_words(lines: Sequence[Line]) -> str:
    """What the button does that takes an attempt back."""
    if any(line.outcome == "unknown" for line in lines):
        return _("Undo: delete what exists")
    made = sum(line.exists for line in lines)
    return ngettext("Undo: delete %(n)d object", "Undo: delete %(n)d objects", made) % {"n": made}


def status_of(error: KubeError | None) -> int:
    """The status of the page that tells of an error of the cluster."""
    return error_pages.said(error).status if error else 200


def _line(
    scope: Scope,
    cures: Cures,
    document: Document,
    documents: Sequence[Document],
    verdict: Verdict | None,
    remarks: Sequence[str],
) -> Line:
    outcome = verdict.outcome if verdict else ""
    state, words = _state(verdict)
    state, glyph = ("idle", "waiting") if state == "waiting" else (state, "")
    exists = outcome in ("created", "left")
    error = verdict.error if verdict else None
    slips = decoding.slips(error.message, document) if isinstance(error, BadRequest) else ()
    causes = tuple(Cause(format_path(slip.path), "", slip.raw) for slip in slips) or _causes(error)
    return Line(
        kind=kind_of(document),
        version=str(document.get("apiVersion") or ""),
        name=name_of(document),
        short=in_short(document),
        outcome=outcome,
        state=state,
        glyph=glyph,
        words=words,
        error=error,
        sentence=" ".join(of_manifest(slip.sentence) for slip in slips)
        or (_sentence(error, document, documents) if error else ""),
        cures=tuple(cures.of(kind_of(document), cause) for cause in causes),
        warnings=(
            *(said(remark) for remark in remarks),
            *(said(remark) for _path, remark in (*risks(document, scope.place), *unit_slips(document))),
            *(said(remark) for remark in advice(document)),
            *(verdict.warnings if verdict else ()),
        ),
        url=Pages(scope.place, secrets=False).href(kind_of(document), name_of(document)) if exists else "",
        created=epoch(((verdict.object or {}).get("metadata") or {}).get("creationTimestamp"))
        if verdict and exists
        else 0,
    )


def _state(verdict: Verdict | None) -> tuple[str, str]:
    """The state of an object and its words; of a workload that was read, how many of its pods are ready."""
    state, words = _WORDS[verdict.outcome if verdict else ""]
    stored = (verdict.object if verdict else None) or {}
    if verdict is None or verdict.outcome != "created" or "spec" not in stored:
        return state, _(words)
    workload = trim(verdict.ref.kind, stored) if verdict.ref.kind in kinds.WORKLOADS else None
    if not isinstance(workload, WorkloadRecord) or workload.problem:
        return state, _(words)
    counts = {"ready": workload.ready, "n": workload.desired}
    told = ngettext("Created, %(ready)d of %(n)d pod ready", "Created, %(ready)d of %(n)d pods ready", workload.desired)
    return "ok" if workload.ready >= workload.desired else "busy", told % counts


def _causes(error: KubeError | None) -> tuple[Cause, ...]:
    if error is None:
        return ()
    if error.causes:
        return error.causes
    if error.reason == "AlreadyExists":
        return (Cause("metadata.name", "AlreadyExists", error.message),)
    return ()


def _sentence(error: KubeError, document: Document, documents: Sequence[Document]) -> str:
    """What happened, in words; the causes say the rest."""
    if taken := _TAKEN.search(error.message):
        return _node_port_taken(int(taken[1]), document, documents)
    told = error_pages.said(error)
    if error.reason == "AlreadyExists":
        return told.what  # where to change the name is said below it
    return "" if error.causes else " ".join(part for part in (told.what, told.means) if part)


def _node_port_taken(port: int, document: Document, documents: Sequence[Document]) -> str:
    """Who has the node port: a document before it, or a Service that exists."""
    for earlier in takewhile(lambda earlier: earlier is not document, documents):
        if any(taken == port for _path, taken in find(earlier, "spec.ports[].nodePort")):
            what = {"port": port, "name": name_of(earlier)}
            return _("Node port %(port)d is taken by %(name)s, created before it.") % what
    return _("Node port %(port)d is taken by another Service.") % {"port": port}
