"""What all pages of the administration share: titles, buttons and answers in the console's words, and one entry of the
record for every change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.adminforms import RecordForm
from accounts.domain import membership, people
from accounts.models import Membership, Project, Role, User, Workspace
from accounts.scope import platform_scope
from console.web import times


class Named(admin.ModelAdmin):  # type: ignore[type-arg]
    """Titles and buttons in the console's words ("Create Role"), answers as its verbs give them. What was done to a
    thing stands in the record, not in a history of its own.
    """

    actions: Any = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @property
    def noun(self) -> str:
        """ "Role", "Sign-in link": in a title and before a name."""
        return str(capfirst(str(self.opts.verbose_name)))

    @property
    def creates(self) -> str:
        return say("Create %s") % self.noun

    def page(self, obj: Any) -> str:
        """The address of the thing's own page in the console, or ""."""
        return ""

    def kept(self, request: HttpRequest, obj: Any) -> str:
        """Why the thing cannot be deleted, beside the button that is grey then, or ""."""
        return ""

    @admin.display(description="")
    def opens(self, obj: Any) -> str:
        return format_html('<a href="{}">{}</a>', self.page(obj), say("Open %s") % self.opts.verbose_name)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        titled = {"title": capfirst(str(self.opts.verbose_name_plural)), "creates": self.creates}
        return super().changelist_view(request, titled | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = context["original"]
        edits = say("Edit %s") % self.noun if self.has_change_permission(request, obj) else self.noun
        context |= {"title": edits if obj else self.creates, "page": self.page(obj) if obj else ""}
        context |= {"kept": self.kept(request, obj) if obj else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def render_delete_form(self, request: HttpRequest, context: Any) -> Any:
        title = say("Delete %(kind)s %(name)s?") % {"kind": self.noun.lower(), "name": context["object"]}
        return super().render_delete_form(request, context | {"title": title})

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self._answer(request, say("%s was created."), obj)
        return self.response_post_save_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self._answer(request, say("%s was changed. The change takes effect immediately."), obj)
        return self.response_post_save_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self._answer(request, say("%s was deleted."), obj_display)
        return self.response_post_save_change(request, None)

    def _answer(self, request: HttpRequest, sentence: str, subject: Any) -> None:
        messages.success(request, sentence % f"{self.noun} {subject}")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return redirect(f"{reverse('accounts:platform-activity')}?{urlencode({'on': str(row)})}")


class _RecordedRequest(HttpRequest):
    recorded: list[str]  # sentences for the record


def _lock_places(request: HttpRequest, row: Any) -> None:
    """The places that a change of the record may touch, before the record itself is written: who manages members locks
    their place first and the user last, and two who did it the other way round would wait for each other for ever.
    """
    touched: dict[str, set[int]] = {"workspace": set(), "project": set()}
    for key, value in request.POST.items():
        name = key.rpartition("-")[2]
        if name in touched and isinstance(value, str) and value.isdecimal() and len(value) < 10:
            touched[name].add(int(value))
    if isinstance(row, User | Membership | Role):
        holder = row.user if isinstance(row, Membership) else row
        for workspace, project in holder.memberships.values_list("workspace", "project"):
            touched["workspace"].add(workspace)
            touched["project"].add(project)
    elif isinstance(row, Workspace):
        touched["workspace"].add(row.pk)
        touched["project"].update(Project.objects.filter(workspace=row).values_list("pk", flat=True))
    elif isinstance(row, Project):
        touched["project"].add(row.pk)
    membership.lock(*(keys - {None} for keys in touched.values()))


class Recorded(Named):
    """Every change is one entry of the record; Django's own history beside it would be a second truth and is off."""

    form = RecordForm

    @admin.display(description=_("created"), ordering="created")
    def since(self, row: Any) -> str:
        return times.element(row.created, "ago")

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """One entry of the record for the whole form, its inlines included."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, *args, **kwargs)
        with self._recorded(request, "admin.change" if object_id else "admin.add", object_id):
            return super().changeform_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().delete_view(request, object_id, *args, **kwargs)
        with self._recorded(request, "admin.delete", object_id):
            return super().delete_view(request, object_id, *args, **kwargs)

    @contextmanager
    def _recorded(self, request: HttpRequest, action: str, object_id: str | None) -> Iterator[None]:
        if not isinstance(request.user, User):
            raise PermissionDenied
        row = self.get_object(request, object_id) if object_id else None
        kind = str(self.model._meta.verbose_name).capitalize()
        target = f"{kind} {row}" if row is not None else kind
        scope = platform_scope(request.user, getattr(request, "request_id", ""))
        scope = replace(scope, address=request.META.get("REMOTE_ADDR", ""))
        with audit.attempt(scope, action, target=target) as entry:
            recorded = cast(_RecordedRequest, request).recorded = list[str]()
            with transaction.atomic():
                people.one_by_one()
                _lock_places(request, row)
                yield
            if recorded:
                entry.done(changes=recorded)
            else:
                entry.refused("the form was not accepted")

    def _note(self, request: HttpRequest, *sentences: str) -> None:
        getattr(request, "recorded", []).extend(sentences)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, f"added: {obj}")

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changed = [
            f"{key}: {', '.join(map(str, details.get('fields', [details.get('object', '')])))}"
            for part in message
            for key, details in part.items()
        ]
        self._note(request, f"saved: {obj}", *changed)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        self._note(request, *(f"deleted: {obj}" for obj in queryset))


class ReadOnly(Named):
    """To be read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
