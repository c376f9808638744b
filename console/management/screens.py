"""Every screen of the console as a picture: who looks, where, and what is done there before the picture is taken.

One line a screen. `do` is a small language: "click SELECTOR", "fill SELECTOR = TEXT", "press KEY", "hover SELECTOR",
"see SELECTOR" (wait for it). A path is below the demo project unless it begins with "/".
"""

from dataclasses import dataclass

WIDE, PHONE = 1280, 375


@dataclass(frozen=True, slots=True)
class Screen:
    name: str
    path: str
    do: tuple[str, ...] = ()
    who: str = "project-regular"
    widths: tuple[int, ...] = (WIDE, PHONE)
    docs: bool = False  # one of the few that README and docs show
    whole: bool = True  # the whole page; else what fits on the screen
    scripts: bool = True


_FIRST = "#services tbody tr:has(.status.{}) .name"
_WIZARD = ("click button:has-text('Stateless')",)
_NAMED = (*_WIZARD, "see [name=name]", "fill [name=name] = demo-stateless")

SCREENS = (
    Screen("signin", "/signin/", who=""),
    Screen(
        "signin-wrong",
        "/signin/",
        ("fill [name=username] = nobody", "fill [name=password] = wrong", "press Enter"),
        who="",
    ),
    Screen("home", "/"),
    Screen("home-admin", "/", who="admin"),
    Screen("connect", "/connect/"),
    Screen("workspace", "/workspaces/demo-workspace/", who="ws-admin"),
    Screen("workspace-members", "/workspaces/demo-workspace/members/", who="ws-admin"),
    Screen("workspace-roles", "/workspaces/demo-workspace/roles/", who="ws-admin"),
    Screen("project-new", "/workspaces/demo-workspace/projects/new/", who="ws-admin"),
    Screen("platform-roles", "/platform/roles/", who="admin"),
    Screen("platform-activity", "/platform/activity/", who="admin"),
    Screen("admin", "/admin/", who="admin"),
    Screen("project", ""),
    Screen("members", "members/", who="project-admin"),
    Screen("roles", "roles/", who="project-admin"),
    Screen("activity", "activity/", who="project-admin"),
    Screen("services-list", "services/", ("see #services .status.ok",), widths=(WIDE, PHONE, 1920, 320), docs=True),
    Screen(
        "services-list-menu", "services/", ("see #services .status.ok", "click #services tbody tr:nth-child(2) summary")
    ),
    Screen(
        "services-list-selected",
        "services/",
        ("see #services .status.ok", "click #services tbody tr:nth-child(2) .check"),
    ),
    Screen("services-list-none", "services/?q=billing"),
    Screen("services-list-plain", "services/", widths=(WIDE,), scripts=False),
    Screen("switcher", "services/", ("click .where summary",), whole=False),
    Screen("theme", "services/", ("click .theme summary",), whole=False),
    Screen("service-details", "services/", (f"click {_FIRST.format('ok')}", "see .tabs"), docs=True),
    Screen("service-details-bad", "services/", (f"click {_FIRST.format('bad')}", "see .tabs")),
    Screen(
        "service-details-metadata",
        "services/",
        (f"click {_FIRST.format('ok')}", "click .tabs a:nth-child(2)", "see h1"),
    ),
    Screen(
        "service-details-events", "services/", (f"click {_FIRST.format('bad')}", "click .tabs a:nth-child(3)", "see h1")
    ),
    Screen("yaml", "services/", (f"click {_FIRST.format('ok')}", "go yaml/", "see .ace_editor")),
    Screen("delete", "services/", (f"click {_FIRST.format('ok')}", "go delete/", "see dialog, main form")),
    Screen(
        "delete-many",
        "services/",
        ("click #services tbody tr:nth-child(2) .check", "click .footbar [type=submit]", "see dialog, main form"),
    ),
    Screen("create-chooser", "services/new/"),
    Screen("create-basic", "services/new/", _WIZARD),
    Screen("create-basic-wrong", "services/new/", (*_WIZARD, "fill [name=name] = Demo!", "press Enter", "see .error")),
    Screen("create-pod", "services/new/", (*_NAMED, "press Enter", "see h1"), docs=True),
    Screen("create-external", "services/new/", ("click button:has-text('External')", "see [name=name]")),
    Screen("create-yaml", "services/new/", ("click button:has-text('Edit YAML')", "see .ace_editor")),
    Screen("not-found", "/projects/nothing-here/services/"),
)
