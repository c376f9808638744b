"""The end of Edit Settings: what will be different, applied, or brought together with somebody else's change."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from accounts.requests import Request
from accounts.scope import Scope
from console.kube import kinds
from console.kube.errors import KubeError, NotFound
from console.web import error_pages, htmx
from services import page_state
from services.changes import managers
from services.changes.authors import recorded
from services.changes.conflicts import conflict_context, moment_in
from services.changes.effects import consequences_of
from services.changes.replace import Refused, Rehearsed
from services.changes.setters import noted_lines
from services.create.present import dialog, settings
from services.create.present.verdicts import Cures
from services.create.verbs import drafts
from services.create.verbs import settings as verbs
from services.create.views.draft_request import of_draft, seen
from services.manifests.bundle import Document
from services.manifests.yamlio import YamlProblem, load
from services.manifests.yamlout import dump_one
from services.models import Draft
from services.shown.saved import with_next_steps
from services.words import of_manifest, said
from services.yaml_editor import differences
from services.yaml_editor.stored import digest_of, read_object, version_of

Notice = page_state.Notice


def answer(
    request: Request, scope: Scope, draft: Draft, *, notice: Notice | None = None, status: int = 200
) -> HttpResponseBase:
    """What the draft changes of what is stored now. `notice`: why nothing was sent."""
    if dialog.YAML in draft.typed:
        return htmx.redirect(request, dialog.address(scope, draft, "draft-yaml"))
    base, yours = settings.base_of(draft), dialog.bundle_of(draft).documents[0]
    try:
        rehearsed = verbs.rehearse(scope, request.cluster, draft, base, yours)
    except verbs.Clashing:
        return _conflict(request, scope, draft, status=status if status != 200 else 409)
    except (verbs.Replaced, Refused, KubeError) as error:
        return _refused(request, scope, draft, error)
    if rehearsed is None:
        return _page(request, scope, draft, status=status, notice=notice)
    context = _difference(request, scope, rehearsed, verbs.wanted(draft, base, yours, rehearsed.stored))
    return _page(request, scope, draft, status=status, notice=notice, **context)


@require_POST
@of_draft
def apply(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """Send exactly what was shown; what callers lose has to be confirmed."""
    if draft.typed:  # kept by another tab since: the review says which step waits
        return htmx.redirect(request, dialog.address(scope, draft, dialog.REVIEW))
    if "confirm" in request.POST and "sure" not in request.POST:
        return answer(request, scope, draft, status=422)
    base, yours = settings.base_of(draft), dialog.bundle_of(draft).documents[0]
    try:
        changed = verbs.apply(scope, request.cluster, draft, base, yours, request.POST.get("shown", ""))
    except verbs.Outdated:
        what = gettext("%(name)s was replaced by another object since you reviewed this.") % {"name": draft.name}
        notice = Notice("warn", what, gettext("Nothing was sent. Below is what would be sent now."))
        return answer(request, scope, draft, notice=notice, status=409)
    except verbs.Clashing:
        return _conflict(request, scope, draft, status=409)
    except (verbs.Replaced, Refused, KubeError) as error:
        return _refused(request, scope, draft, error)
    text = ngettext("Saved %(name)s: 1 field changed.", "Saved %(name)s: %(count)s fields changed.", len(changed))
    already = gettext("%(name)s has these settings already. Nothing was changed.")
    sentence = (text if changed else already) % {"name": draft.name, "count": len(changed)}
    kind = kinds.workload((draft.base or {})["kind"].lower())
    messages.success(request, with_next_steps(sentence, scope.place, kind, draft.name, changed))
    return htmx.redirect(request, dialog.way_out(scope, draft))


@require_POST
@of_draft
def merge(request: Request, scope: Scope, draft: Draft) -> HttpResponseBase:
    """Put both changes into the draft: it goes on from what is stored now."""
    base, yours = settings.base_of(draft), dialog.bundle_of(draft).documents[0]
    try:
        stored = _stored(request, scope, draft)
        if "anew" in request.POST:  # the person said that the other object of this name is meant
            draft.base = {**(draft.base or {}), "uid": verbs.base_from(stored)["uid"]}
        together = verbs.merged(draft, base, yours, stored, chosen := differences.choices(request.POST))
    except (verbs.Replaced, KubeError) as error:
        return _refused(request, scope, draft, error)
    open_ = [field.path for field in together.fields if field.by == "clash" and field.path not in chosen]
    if open_ or (together.clashes and digest_of(stored) != request.POST.get("stored")):
        return _conflict(request, scope, draft, status=422 if open_ else 409)
    text, base_now = dump_one(together.document), verbs.base_from(stored)
    try:
        for version in (text, base_now["text"]):
            load(version)
    except YamlProblem as problem:  # larger than any text that is read: the draft could never be opened again
        what = gettext("Both changes together cannot be kept: %(why)s") % {"why": said(problem.message)}
        notice = Notice("bad", what, gettext("Nothing was sent, and what you entered is kept."))
        return _page(request, scope, draft, status=422, notice=notice)
    with suppress(drafts.Stale):  # the review shows what is there
        drafts.rebase(draft, version=seen(request), base=base_now, text=text)
    return htmx.redirect(request, dialog.address(scope, draft, dialog.REVIEW))


def _stored(request: Request, scope: Scope, draft: Draft) -> Document:
    kind = kinds.workload((draft.base or {})["kind"].lower())
    return read_object(scope, request.cluster, kind, draft.name)


def _difference(request: Request, scope: Scope, rehearsed: Rehearsed, wanted: Document) -> dict[str, Any]:
    """What is different, and what follows from it. `wanted`: what is sent, before the cluster completes it."""
    view, client = request.cluster.look(scope.subject, scope.place), request.cluster.as_user(scope.identity)
    effects = consequences_of(view, client, rehearsed.stored, rehearsed.proposed)
    kind, name = kinds.workload(rehearsed.stored["kind"].lower()), rehearsed.stored["metadata"]["name"]
    lines = noted_lines(rehearsed, recorded(scope, kind, name))
    return {
        "lines": lines,
        "noted": any(line.note for line in lines),
        "managers_noted": any(line.note and line.note.manager for line in lines),
        "field_count": len(rehearsed.paths),
        "stored_version": version_of(rehearsed.stored),
        "effects": effects,
        "worst": next((effect for effect in effects if effect.state == "bad"), None),
        "button": next((effect.button for effect in effects if effect.button), ""),
        "managers": managers.sentences(rehearsed.stored, rehearsed.paths),
        "shown": verbs.fingerprint(rehearsed.stored, wanted),
        "request_text": dump_one(wanted),
    }


def _refused(request: Request, scope: Scope, draft: Draft, error: Exception) -> HttpResponseBase:
    """Nothing was sent, and what was entered is kept; why, and what can be done."""
    base = draft.base or {}
    named, kept = {"kind": base.get("kind", ""), "name": draft.name}, gettext("What you entered is kept.")
    if isinstance(error, verbs.Replaced):
        what = gettext("%(kind)s %(name)s was deleted, and another one with this name exists now.") % named
        return _page(request, scope, draft, status=409, notice=Notice("warn", what, kept), anew=True)
    if isinstance(error, NotFound):
        what = gettext("%(kind)s %(name)s does not exist any more.") % named
        return _page(request, scope, draft, status=404, notice=Notice("warn", what, kept), missing=True)
    if isinstance(error, Refused):
        notice = Notice("bad", of_manifest(error.problems[0][1]), gettext("Nothing was changed."))
        return _page(request, scope, draft, status=422, notice=notice)
    assert isinstance(error, KubeError)  # noqa: S101 - the only other one that is caught
    cures = [Cures(scope, draft).of(str(named["kind"]), cause) for cause in error.causes]
    notice, status = page_state.refusal(error, "" if cures else None), error_pages.said(error).status
    return _page(request, scope, draft, status=status, notice=notice, cures=cures)


def _page(
    request: Request, scope: Scope, draft: Draft, *, status: int, notice: Notice | None, **more: Any
) -> HttpResponseBase:
    wrong = {cure.step: 1 for cure in more.get("cures", ()) if cure.step}
    context = dialog.context(
        scope,
        draft,
        dialog.REVIEW,
        kind=(draft.base or {})["kind"],
        notice=notice,
        waiting=list(draft.typed),
        wrong=wrong,
        apply_url=dialog.address(scope, draft, "apply"),
        merge_url=dialog.address(scope, draft, "merge"),
        **more,
    )
    return render(request, "services/create/settings_review.html", context, status=status)


def _conflict(request: Request, scope: Scope, draft: Draft, *, status: int) -> HttpResponseBase:
    """Somebody else changed the same field: both changes side by side."""
    base, yours = settings.base_of(draft), dialog.bundle_of(draft).documents[0]
    try:
        stored = _stored(request, scope, draft)
        together = verbs.merged(draft, base, yours, stored, differences.choices(request.POST))
    except (verbs.Replaced, KubeError) as error:
        return _refused(request, scope, draft, error)
    discard, out = dialog.address(scope, draft, "discard"), dialog.way_out(scope, draft)
    context = conflict_context(scope, kinds.workload(stored["kind"].lower()), stored, together) | {
        "scope": scope,
        "project": scope.place,
        "dialog_title": dialog.TITLES[draft.type],
        "draft_version": draft.version,
        "out": out,
        "form_url": dialog.last_form(scope, draft),
        "discard_url": f"{discard}?from={dialog.REVIEW}",
        "merge_form": "step",
        "merge_url": dialog.address(scope, draft, "merge"),
        "base_version": (draft.base or {})["version"],
        "opened_at": moment_in((draft.base or {}).get("opened", "")),
    }
    return render(request, "services/create/settings_conflict.html", context, status=status)
