"""The list of users in the administration: their states as chips with counts, and the menu of each row."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.domain import record
from accounts.models import Membership, Role, User
from accounts.roles import Capability, Level, may_give
from accounts.userstate import PENDING, note_closed, state_of
from console.web import times
from console.web.templatetags.berth import glyph

_STATES = {
    "active": ("", _("Active"), Q(is_active=True) & ~PENDING),
    "pending": ("busy", _("Pending"), PENDING),
    "disabled": ("idle", _("Disabled"), Q(is_active=False)),
}


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
        users, sees_record = list(self.result_list), Capability.PLATFORM_ADMIN in mine
        note_closed(users)
        addresses = record.sign_in_addresses(users) if sees_record else {}
        for user in users:
            user.is_reader = user == reader
            user.may_be_changed = may_give(mine, held(user))
            user.activity_shown = sees_record
            user.address = addresses.get(user.uuid, "")
        self.result_list = users


def held(user: User) -> frozenset[Capability]:
    """On the platform, from what the list has fetched; User.platform_capabilities would ask again for every row."""
    everywhere = (
        membership.role.capability_set for membership in user.memberships.all() if membership.level == Level.PLATFORM
    )
    return next(everywhere, frozenset())


def state(user: Any) -> SafeString:
    """In grey if it is the usual one, else with its glyph; what it means below."""
    told = state_of(user)
    below = format_html("<small>{}</small>", told.below) if told.below else ""
    if not told.shape:
        return format_html('<span class="plain-state">{}</span>{}', told.words, below)
    return format_html('<span class="status {}">{}{}</span>{}', told.shape, glyph(told.shape), told.words, below)


def last_sign_in(user: Any) -> SafeString:
    """When, and below from which address, where that is known."""
    when = times.element(user.last_login, "ago") or format_html('<span class="quiet">{}</span>', _("Never"))
    address = getattr(user, "address", "")
    return format_html('{}<small class="mono">{}</small>', when, address) if address else when


def menu(user: Any) -> str:
    """What can be done with the user of one row."""
    return render_to_string("admin/user_menu.html", {"person": user})
