"""The frame of a page as data: where the reader is, and what the left nav offers there.

An entry that needs a capability the reader lacks is not there.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol
from urllib.parse import urljoin

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Named(Protocol):
    @property
    def name(self) -> str: ...


class OwnProject(Protocol):
    @property
    def place(self) -> Named: ...
    @property
    def url(self) -> str: ...


class OwnWorkspace(Protocol):
    @property
    def place(self) -> Named: ...
    @property
    def projects(self) -> Sequence[OwnProject]: ...


class Shell(Protocol):
    """What `accounts.context.shell` puts into every page; the part of it that the nav needs."""

    @property
    def level(self) -> str: ...
    @property
    def workspace(self) -> Named | None: ...
    @property
    def project(self) -> Named | None: ...
    @property
    def can(self) -> Container[str]: ...
    @property
    def workspaces(self) -> Sequence[OwnWorkspace]: ...


MOST_PROJECTS = 8  # in the nav of home


@dataclass(frozen=True, slots=True)
class Entry:
    words: str | Promise
    icon: str
    name: str  # of the url
    needs: str = ""  # a capability, as in Shell.can
    below: str = ""  # where its pages are, if not below its own address
    beside: tuple[str, ...] = ()  # pages of other kinds that lead back to it, by what their addresses begin with


@dataclass(frozen=True, slots=True)
class Link:
    words: str | Promise
    icon: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    links: tuple[Link, ...]


_PLATFORM = (
    (
        _("Access Control"),
        (
            Entry(_("Workspaces"), "workspace", "admin:accounts_workspace_changelist", "platform_admin"),
            Entry(_("Users"), "users", "admin:accounts_user_changelist", "users_manage", "/platform/users/"),
            Entry(_("Platform Roles"), "role", "accounts:platform-roles", "platform_admin"),
        ),
    ),
    (
        _("Platform Settings"),
        (
            Entry(_("Activity"), "activity", "accounts:platform-activity", "platform_admin"),
            Entry(_("Records"), "config", "admin:index", "platform_admin"),
        ),
    ),
)
_NAV: dict[str, tuple[tuple[str | Promise, tuple[Entry, ...]], ...]] = {
    "home": (("", (Entry(_("Home"), "home", "accounts:home", below="/new-workspace/"),)), *_PLATFORM),
    "platform": _PLATFORM,
    "workspace": (
        ("", (Entry(_("Overview"), "overview", "accounts:workspace"),)),
        (
            _("Workspace Settings"),
            (
                Entry(_("Members"), "users", "accounts:workspace-members"),
                Entry(_("Roles"), "role", "accounts:workspace-roles"),
                Entry(_("Activity"), "activity", "accounts:workspace-activity"),
            ),
        ),
    ),
    "project": (
        ("", (Entry(_("Overview"), "overview", "accounts:project"),)),
        (
            _("Application Workloads"),
            (
                Entry(_("Services"), "services", "services:list"),
                Entry(_("Workloads"), "workloads", "services:workloads", beside=("configmap", "secret", "claim")),
                Entry(_("Pods"), "pods", "services:pods"),
            ),
        ),
        (
            _("Project Settings"),
            (
                Entry(_("Members"), "users", "accounts:members"),
                Entry(_("Roles"), "role", "accounts:roles"),
                Entry(_("Activity"), "activity", "accounts:activity"),
                Entry(_("Recycle Bin"), "remove", "services:recycle-bin"),
            ),
        ),
    ),
}


@lru_cache(maxsize=4096)
def _address(name: str, level: str, place: str) -> str:
    return reverse(name, kwargs={level: place} if place else {})


def _link(entry: Entry, at: tuple[str, str], path: str) -> Link:
    url = _address(entry.name, *at)
    beside = tuple(urljoin(url, f"../{kind}/") for kind in entry.beside)
    # An entry .../services/ is current on the pages below it and on those of one object, .../service/NAME/, too.
    below = (url, url.removesuffix("s/") + "/") if url.count("/") > 3 else ()
    is_current = path == url or path.startswith((*below, *beside, *filter(None, (entry.below,))))
    return Link(entry.words, entry.icon, url, is_current)


def groups(shell: Shell | None, path: str) -> tuple[Group, ...]:
    """The nav for where the reader is. No empty groups.

    No numbers stand in it: they would cost every page a look at the cluster, and would not follow what is live.
    """
    if not shell or shell.level not in _NAV:
        return ()
    place = {"project": shell.project, "workspace": shell.workspace}.get(shell.level)
    at = (str(shell.level), place.name if place else "")
    shown = []
    for title, entries in _NAV[shell.level]:
        allowed = [entry for entry in entries if not entry.needs or entry.needs in shell.can]
        links = tuple(_link(entry, at, path) for entry in allowed)
        if links:
            shown.append(Group(title, links))
    shown += _own_projects(shell) if shell.level == "home" else []
    if not any(link.is_current for group in shown for link in group.links):
        # A page of a place that is below none of its entries (a refusal, a missing page) is below its overview. The
        # administration's other lists are below Records, though they have no entry of their own.
        above = shown[0].links[0].url if place else _address("admin:index", "", "")
        if path.startswith(above):
            shown = [
                replace(group, links=tuple(replace(link, is_current=link.url == above) for link in group.links))
                for group in shown
            ]
    return tuple(shown)


def _own_projects(shell: Shell) -> list[Group]:
    """At home: the reader's projects by workspace, as many as a glance takes; the switcher has all."""
    room, own = MOST_PROJECTS, []
    for workspace in shell.workspaces:
        links = [Link(project.place.name, "project", project.url, False) for project in workspace.projects[:room]]
        room -= len(links)
        if links:
            own.append(Group(workspace.place.name, tuple(links)))
    return own
