"""The list of users in the administration: their states as chips with counts, and the menu of each row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.domain import throttle
from accounts.models import Membership, Role, SignInLink, User
from accounts.roles import Capability, Level, may_give
from console.web import times
from console.web.templatetags.berth import glyph

_PENDING = Q(is_active=True, last_login=None, link_until__isnull=False)
_STATES = {
    "active": ("", _("Active"), Q(is_active=True) & ~_PENDING),
    "pending": ("busy", _("Pending"), _PENDING),
    "disabled": ("idle", _("Disabled"), Q(is_active=False)),
}


def with_links(users: QuerySet[User]) -> QuerySet[User]:
    """Each with `link_until`: when the last sign-in link ends that they can still use."""
    usable = SignInLink.objects.filter(user=OuterRef("pk"), used=None, expires__gt=timezone.now()).order_by("-expires")
    return users.annotate(link_until=Subquery(usable.values("expires")[:1]))


class ByState(admin.SimpleListFilter):
    """The states as chips, each with how many there are among those that the search leaves."""

    title = _("state")
    parameter_name = "state"
    template = "admin/filter_chips.html"

    def lookups(self, *args: Any, **kwargs: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (_glyph, words, _where) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        chosen = _STATES.get(self.value() or "")
        return queryset.filter(chosen[2]) if chosen else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        among = changelist.get_queryset(changelist.request, exclude_parameters=self.expected_parameters())
        shares = {key: Count("pk", filter=where) for key, (_glyph, _words, where) in _STATES.items()}
        counts = among.order_by().aggregate(**shares)
        named = [("", _("All"), sum(counts.values()))]
        named += [(shape, words, counts[key]) for key, (shape, words, _where) in _STATES.items()]
        for choice, (shape, words, count) in zip(super().choices(changelist), named, strict=True):
            yield choice | {"state": shape, "display": words, "count": count}


class ByPlatformRole(admin.SimpleListFilter):
    title = _("platform role")
    parameter_name = "role"

    def lookups(self, *args: Any, **kwargs: Any) -> list[tuple[str, Any]]:
        return [(role.name, role.name) for role in Role.objects.filter(level=Level.PLATFORM)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        chosen = Membership.objects.filter(level=Level.PLATFORM, role__name=self.value())
        return queryset.filter(pk__in=chosen.values("user")) if self.value() else queryset


class Users(ChangeList):
    """A name leads to the page of the user; what is stored of them is changed from there."""

    request: HttpRequest

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(request, *args, **kwargs)

    def url_for_result(self, result: Any) -> str:
        return reverse("accounts:user", args=[result.name])

    def get_results(self, request: HttpRequest) -> None:
        """Each row learns whether its user may not try to sign in now, and what the reader may do with them."""
        super().get_results(request)
        reader = request.user
        mine = reader.platform_capabilities if isinstance(reader, User) else frozenset()
        closed = throttle.closed([str(user.uuid) for user in self.result_list])
        for user in self.result_list:
            user.closed_until = closed.get(str(user.uuid))
            user.is_reader = user == reader
            user.may_be_changed = may_give(mine, held(user))
            user.activity_shown = Capability.PLATFORM_ADMIN in mine


def held(user: User) -> frozenset[Capability]:
    """On the platform, from what the list has fetched; User.platform_capabilities would ask again for every row."""
    everywhere = (
        membership.role.capability_set for membership in user.memberships.all() if membership.level == Level.PLATFORM
    )
    return next(everywhere, frozenset())


def state(user: Any) -> SafeString:
    """In grey if it is the usual one, else with its glyph and what it means below."""
    if not user.is_active:
        return format_html('<span class="status idle">{}{}</span>', glyph("idle"), _("Disabled"))
    pending = user.last_login is None and user.link_until
    until: datetime | None = getattr(user, "closed_until", None)
    if until:
        words = _("Pending") if pending else _("Active")  # as the chips count them: the lock passes by itself
        below = _("locked out: too many wrong passwords, until {}")
        return _claim("bad", words, below, times.element(until, "clock"))
    if pending:
        left = times.duration((user.link_until - timezone.now()).total_seconds())
        return _claim("busy", _("Pending"), _("link not opened, {} left"), left)
    return format_html('<span class="plain-state">{}</span>', _("Active"))


def _claim(shape: str, words: Any, below: Any, value: str) -> SafeString:
    second = format_html(str(below), value)
    return format_html('<span class="status {}">{}{}</span><small>{}</small>', shape, glyph(shape), words, second)


def menu(user: Any) -> str:
    """What can be done with the user of one row."""
    return render_to_string("admin/user_menu.html", {"person": user})
