"""What a person can do from where they are, as results of a search: only what they may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from accounts.scope import Scope
from console.web import navigation
from services.manifests import names
from services.search.present.results import Group, Hit, marked

MOST = 6
THEMES = {"auto": _("Theme: automatic"), "light": _("Theme: light"), "dark": _("Theme: dark")}


@dataclass(frozen=True, slots=True)
class Command:
    """`form` and `value`: what is sent to `url`, where it takes a form."""

    words: str
    place: str
    icon: str
    url: str
    form: str = ""
    value: str = ""


def actions(
    shell: Any, scope: Scope | None, words: Sequence[str], first: Sequence[Hit] = (), linked: Collection[str] = ()
) -> Group | None:
    """The commands with all words in their own; without words those of the place; where none has them, what a name may
    be meant for, which is not counted. `first`: what stands above them; `linked`: addresses that other results lead to,
    so that none of these does again.
    """
    fits = (command for command in _commands(shell, scope) if all(word in command.words.lower() for word in words))
    wanted = [command for command in fits if command.url not in linked]
    matched = len(first) + len(wanted[:MOST])
    if not wanted and scope and len(words) == 1:
        wanted = list(_suggested(shell, scope, words[0], linked))
    commands = [
        Hit(
            command.icon,
            command.url,
            marked(command.words, words),
            format_html("{}", command.place),
            form=command.form,
            value=command.value,
        )
        for command in wanted[:MOST]
    ]
    hits = (*first, *commands)
    return Group("actions", gettext("Actions"), hits, matched) if hits else None


def _suggested(shell: Any, scope: Scope, name: str, linked: Collection[str]) -> Iterator[Command]:
    """A new Service of that name, where there is none and it may have it, and the people of the project."""
    place = scope.place
    allowed = names.service_name(name) is None and scope.can(Capability.SERVICES_MANAGE)
    if allowed and reverse("services:details", args=[place, name]) not in linked:
        words = gettext("Create Service “%(name)s”") % {"name": name}
        yield Command(words, gettext("in %(place)s") % {"place": place}, "add", _new(place, name))
    members = reverse("accounts:members", args=[place])
    for group in navigation.groups(shell, ""):
        for link in group.links:
            if link.url == members:
                yield Command(gettext("Go to %(page)s") % {"page": link.words}, place, link.icon, link.url)


def _new(place: str, name: str) -> str:
    return f"{reverse('services:new', args=[place])}?{urlencode({'name': name})}"


def _commands(shell: Any, scope: Scope | None) -> Iterator[Command]:
    place = scope.place if scope else ""
    if scope and scope.project and scope.can(Capability.SERVICES_MANAGE):
        yield Command(gettext("Create Service"), place, "add", reverse("services:new", args=[place]))
    for group in navigation.groups(shell, ""):
        for link in group.links:
            yield Command(gettext("Go to %(page)s") % {"page": link.words}, place, link.icon, link.url)
    if shell.level != "home":
        yield Command(gettext("Go to Home"), "", "home", reverse("accounts:home"))
    if shell.platform_url and shell.level != "platform":
        yield Command(gettext("Go to Platform"), "", "settings", shell.platform_url)
    for value, label in THEMES.items():
        yield Command(str(label), "", "settings", reverse("theme"), "theme", value)
    yield Command(gettext("Sign out"), "", "signout", reverse("accounts:signout"), "signout")
