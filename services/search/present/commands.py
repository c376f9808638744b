"""What a person can do from where they are, as results of a search: only what they may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from accounts.scope import Scope
from console.web import navigation
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
    """The commands with all words in their own; without words those of the place. `first`: what stands above them;
    `linked`: addresses that other results lead to, so that none of these does again.
    """
    fits = (command for command in _commands(shell, scope) if all(word in command.words.lower() for word in words))
    wanted = [command for command in fits if command.url not in linked]
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
    return Group("actions", gettext("Actions"), hits, len(hits)) if hits else None


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
