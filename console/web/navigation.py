"""The frame of a page as data: where the reader is, and what the left nav offers there.

An entry whose page does not exist (its name does not reverse) or that needs a capability the reader lacks is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace or project as the frame names it."""

    name: str
    alias: str
    url: str


@dataclass(frozen=True, slots=True)
class Shell:
    """What `accounts.context.shell` puts into every page of a signed-in person, under the name `shell`."""

    person: str
    level: str = "home"  # home, platform, workspace, project
    role: str = ""  # "operator in demo-project", or ""
    workspace: Place | None = None
    project: Place | None = None
    switch: tuple[Place, ...] = ()  # the other places of this level, for the switcher
    capabilities: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Entry:
    words: str | Promise
    icon: str
    names: tuple[str, ...]  # url names: the first is the link, all of them mean "you are here"
    needs: str = ""  # a capability


@dataclass(frozen=True, slots=True)
class Link:
    words: str | Promise
    icon: str
    url: str
    here: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    links: tuple[Link, ...]


_NAV: dict[str, tuple[tuple[str | Promise, tuple[Entry, ...]], ...]] = {
    "project": (
        ("", (Entry(_("Overview"), "overview", ("accounts:project",)),)),
        (
            _("Application Workloads"),
            (
                Entry(_("Services"), "services", ("services:list",)),
                Entry(_("Workloads"), "workloads", ("services:workloads",)),
                Entry(_("Pods"), "pods", ("services:pods",)),
            ),
        ),
        (
            _("Configuration"),
            (
                Entry(_("ConfigMaps"), "config", ("services:configmaps",)),
                Entry(_("Secrets"), "secret", ("services:secrets",), "secrets.list"),
            ),
        ),
        (_("Storage"), (Entry(_("Volume Claims"), "storage", ("services:claims",)),)),
        (
            _("Project Settings"),
            (
                Entry(_("Basic Information"), "info", ("accounts:project-settings",), "project.manage"),
                Entry(_("Members"), "users", ("accounts:members",)),
                Entry(_("Roles"), "role", ("accounts:roles",)),
                Entry(_("Quotas"), "quota", ("accounts:quotas",)),
            ),
        ),
        (_("Record"), (Entry(_("Activity"), "activity", ("accounts:activity",)),)),
    ),
    "workspace": (
        ("", (Entry(_("Overview"), "overview", ("accounts:workspace",)),)),
        (
            _("Workspace"),
            (
                Entry(_("Projects"), "project", ("accounts:workspace-projects",)),
                Entry(_("Members"), "users", ("accounts:workspace-members",)),
                Entry(_("Roles"), "role", ("accounts:workspace-roles",)),
                Entry(_("Basic Information"), "info", ("accounts:workspace-settings",), "workspace.manage"),
            ),
        ),
        (_("Record"), (Entry(_("Activity"), "activity", ("accounts:workspace-activity",)),)),
    ),
    "platform": (
        (
            _("Platform"),
            (
                Entry(_("Users"), "users", ("accounts:users",), "users.manage"),
                Entry(_("Workspaces"), "workspace", ("accounts:workspaces",), "workspaces.manage"),
                Entry(_("Roles"), "role", ("accounts:platform-roles",)),
                Entry(_("Clusters"), "cluster", ("accounts:clusters",)),
            ),
        ),
        (_("Record"), (Entry(_("Activity"), "activity", ("accounts:platform-activity",)),)),
    ),
}
_KEYWORDS = {"project": "project", "workspace": "workspace"}


def _address(name: str, keywords: dict[str, str]) -> str:
    try:
        return reverse(name, kwargs=keywords)
    except NoReverseMatch:
        return ""


def _link(entry: Entry, keywords: dict[str, str], path: str, counts: Mapping[str, int]) -> Link | None:
    url = _address(entry.names[0], keywords)
    if not url:
        return None
    return Link(entry.words, entry.icon, url, _is_here(url, path), counts.get(entry.names[0].partition(":")[2]))


def _is_here(url: str, path: str) -> bool:
    """.../services/ is also here on the pages below it and on the page of one: .../service/NAME/."""
    one = url.removesuffix("s/") + "/"
    return path == url or (url.count("/") > 3 and path.startswith((url, one)))


def groups(shell: Shell | None, path: str, counts: Mapping[str, int]) -> list[Group]:
    """The nav for where the reader is; counts by url name without its namespace ("list": 12). Empty groups are left out."""
    if shell is None or shell.level not in _NAV:
        return []
    place = shell.project if shell.level == "project" else shell.workspace
    keywords = {shell.level: place.name} if place and shell.level in _KEYWORDS else {}
    found = []
    for title, entries in _NAV[shell.level]:
        allowed = [entry for entry in entries if not entry.needs or entry.needs in shell.capabilities]
        links = tuple(filter(None, (_link(entry, keywords, path, counts) for entry in allowed)))
        if links:
            found.append(Group(title, links))
    return found
