"""Every screen of the console as a picture: who looks, where, and what is done there before the picture is taken.

One line a screen. `do` is a small language: "click SELECTOR", "fill SELECTOR = TEXT", "choose SELECTOR = VALUE" (in a
list), "press KEY", "hover SELECTOR", "send SELECTOR" (a form, without waiting for its answer), "see SELECTOR" (wait for
it), "go PATH", "replace OLD = NEW" (in the YAML editor), "elsewhere PATH | ... | ..." (in another tab), "cluster stop",
"sql STATEMENT" (in the demo's database) and "render TEMPLATE = SELECTOR" (in place of an element, as while data is
loading, which the embedded cluster never is for long enough). A path is below the demo project unless it begins with
"/".
"""

from console.management.screen import PHONE, WIDE, Screen
from console.management.screen_acts import BINNED, IN_PART, ROLES_CHANGED, STOPPED_DRAFT
from console.management.workload_screens import WORKLOADS

_LONG = "customer-notification-preferences-synchronisation-eu-central-1"
_NEXT = "click .footbar .primary"
_GRAPH = "see .spark:not(.few)"
_FIRST = "#services tbody tr:has(.status.{}) .name"
_WIZARD = ("click button:has-text('Stateless')",)
_NAMED = (*_WIZARD, "see [name=name]", "fill [name=name] = demo-stateless")
_POD = (*_NAMED, "press Enter", "see #id_containers-0-image", "fill #id_containers-0-image = nginx")
_PORTS = (
    *_POD,
    "click button:has-text('Use Default Ports')",
    "see #id_containers-0-ports-0-container_port[value='80']",
)
_STORAGE = (*_PORTS, _NEXT, "see button[value='volume:empty']")
_ADVANCED = (*_STORAGE, _NEXT, "see #id_external")
_REVIEW = (*_ADVANCED, _NEXT, "see #objects")
_PARTIAL = tuple(act.replace("= demo-stateless", "= demo-partial") for act in _REVIEW)
_FIRST_DONE = (
    "elsewhere services/new/ | click button:has-text('Edit YAML') | see .ace_editor | replace  = apiVersion: apps/v1\n"
    "kind: Deployment\nmetadata: {name: demo-partial-v1}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    "  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: a, image: nginx}]}\n"
    " | click .footbar .primary | click .footbar .primary | see text=demo-partial-v1"
)
_RUNNING = tuple(act.replace("= demo-stateless", "= demo-running") for act in _REVIEW)
_ONE_NODE_PORT = "\n---\n".join(  # each is accepted alone; of both the second is refused
    f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
    "spec: {type: NodePort, selector: {app: checkout}, ports: [{port: 80, nodePort: 30999}]}"
    for name in ("demo-first", "demo-second")
)
_STATEFUL = tuple(
    act.replace("Stateless", "Stateful") for act in (*_PORTS, "fill #id_replicas = 3", *_STORAGE[len(_PORTS) :])
)
_YAML = (f"click {_FIRST.format('ok')}", "go yaml/", "see .ace_editor")
_NAMED_ROW = "#services a.name[href*='/{}/']"
_MORE = "click #acts .menu summary"
_WHO = "fill #id_who = "
_PICKED = ("click #result_list tr:nth-child(5) [name=pick]", "click #result_list tr:nth-child(6) [name=pick]")
_FIRST_PICKED = "click #result_list tr:nth-child(3) [name=pick]"
_REMOVE = ("click .footbar .danger", "see dialog")
_BESIDE = (  # what project-regular is in the project beside its admin
    "sql UPDATE accounts_membership"
    " SET role_id = (SELECT id FROM accounts_role WHERE level = 'project' AND name = '{}')"
    " WHERE project_id IS NOT NULL AND user_id = (SELECT id FROM accounts_user WHERE name = 'project-regular')"
)
_EDIT_USER = (_MORE, "click #acts .menu a")
_MANY = "\n---\n".join(
    f"apiVersion: v1\nkind: Service\nmetadata: {{name: partner-{number:03}}}\n"
    f"spec: {{type: ExternalName, externalName: api-{number:03}.example.com}}"
    for number in range(100)
)
_OTHERS_CHANGE = "replace labels: = labels:\n    team: theirs"


SCREENS = (
    Screen("signin", "/signin/", who=""),
    Screen("search", "/search/?q=web&in=demo-project", ("see main .results a",)),
    Screen("search-without-scripts", "/search/?q=web&in=demo-project", scripts=False),
    Screen(
        "search-palette",
        "services/",
        (
            f"click {_NAMED_ROW.format('orders')}",
            "see .tabs",
            "go ../../services/",
            "see #services tbody tr",
            "press Control+k",
            "fill #palette-q = ord",
            "see #palette-results[data-q='ord']",
        ),
        whole=False,
    ),
    Screen(
        "search-palette-empty", "services/", ("see #services tbody tr", "press Control+k", "see #option-3"), whole=False
    ),
    Screen(
        "signin-wrong",
        "/signin/",
        ("fill [name=username] = nobody", "fill [name=password] = wrong", "press Enter"),
        who="",
    ),
    Screen("signin-link-over", "/signin/link/used/", who=""),
    Screen("user-menu", "", ("click .tools .menu:last-child summary",), whole=False),
    Screen("admin-users", "/admin/accounts/user/", ("see #result_list",), who="admin"),
    Screen("admin-users-menu", "/admin/accounts/user/", ("click #result_list tr:nth-child(2) summary",), "admin"),
    Screen("user-disable", "/platform/users/project-admin/disable/", ("see dialog",), who="admin"),
    Screen("user", "/platform/users/admin/", who="admin"),
    Screen("user-sign-out", "/platform/users/admin/sign-out/", ("see dialog",), who="admin"),
    Screen("admin-user", "/platform/users/project-admin/", _EDIT_USER, "admin"),
    Screen("admin-user-new-row", "/platform/users/project-admin/", (*_EDIT_USER, "click .records .addlink"), "admin"),
    Screen("admin-user-add", "/admin/accounts/user/add/", who="admin"),
    Screen("admin-memberships", "/admin/accounts/membership/", who="admin"),
    Screen("admin-memberships-picked", "/admin/accounts/membership/", _PICKED, "admin"),
    Screen("admin-memberships-remove", "/admin/accounts/membership/", (*_PICKED, *_REMOVE), "admin"),
    Screen(
        "admin-memberships-kept",  # an admin who became the only one since they were selected
        "/admin/accounts/membership/",
        (_BESIDE.format("admin"), "go ?q=", _FIRST_PICKED, _PICKED[1], _BESIDE.format("operator"), *_REMOVE),
        "admin",
    ),
    Screen("admin-roles", "/admin/accounts/role/", who="admin"),
    Screen("admin-sign-in-links", "/admin/accounts/signinlink/", who="admin"),
    Screen("admin-membership", "/admin/accounts/membership/5/change/", who="admin"),
    Screen("admin-role", "/admin/accounts/role/add/", who="admin"),
    Screen("admin-role-plain", "/admin/accounts/role/add/", who="admin", scripts=False),
    Screen(
        "admin-role-platform",
        "/admin/accounts/role/add/",
        (
            "fill [name=name] = auditor",
            "choose [name=level] = platform",
            "see [value='users.manage']:visible",
            "click [value='workspaces.manage']",
            "see #effect :text('Manage all workspaces')",
        ),
        "admin",
    ),
    Screen(
        "admin-role-edit",
        "/admin/accounts/role/add/",
        (
            "fill [name=name] = log-reader",
            "fill [name=description] = Views workloads and their logs, changes nothing",
            "click [value='logs']",
            "see #effect li",
            "click .footbar .primary",
            "click #result_list a:text('log-reader')",
            "click [value='secrets.list']",
            "see #effect :text('View names and keys')",
        ),
        "admin",
    ),
    Screen(
        "admin-role-wrong",
        "/admin/accounts/role/add/",
        ("fill [name=name] = operator", "click .footbar .primary", "see .error"),
        "admin",
    ),
    Screen("admin-role-built-in", "/admin/accounts/role/", ("click #result_list a:text('operator')",), who="admin"),
    Screen("admin-workspace-delete", "/admin/accounts/workspace/1/delete/", who="admin"),
    Screen("admin-workspaces", "/admin/accounts/workspace/", who="admin"),
    Screen("admin-workspace", "/admin/accounts/workspace/", ("click #result_list tbody th a",), who="admin"),
    Screen("home", "/", ("see #attention .wrongs",)),
    Screen("home-admin", "/", ("see #attention .wrongs",), who="admin"),
    Screen("home-phone-nav", "/", ("see #attention .wrongs", "click .nav-open button"), widths=(PHONE,), whole=False),
    Screen("home-plain", "/", widths=(WIDE,), scripts=False),
    Screen("connect", "/connect/"),
    Screen("workspace", "/workspaces/demo-workspace/", ("see #attention .wrongs",), who="ws-admin"),
    Screen("workspace-members", "/workspaces/demo-workspace/members/", who="ws-admin"),
    Screen("workspace-roles", "/workspaces/demo-workspace/roles/", who="ws-admin"),
    Screen("workspace-members-remove", "/workspaces/demo-workspace/members/project-regular/remove/", who="ws-admin"),
    Screen("workspace-new", "/new-workspace/", who="ws-manager"),
    Screen("project-new", "/workspaces/demo-workspace/projects/new/", who="ws-admin"),
    Screen("platform-roles", "/platform/roles/", who="admin"),
    Screen("platform-activity", "/platform/activity/", who="admin"),
    Screen("admin", "/admin/", who="admin"),
    Screen("project", "", ("see #attention .wrongs",)),
    Screen(
        "project-changes",
        "services/",
        (
            *_YAML,
            "replace labels: = labels:\n    shop: web",
            _NEXT,
            "see .diff",
            _NEXT,
            "see #toasts > .ok",
            "go ../../",
            "see .moments",
            "see #attention .wrongs",
        ),
    ),
    Screen("members", "members/", who="project-admin"),
    Screen("members-menu", "members/", ("click #members tbody tr:nth-child(2) summary",), who="project-admin"),
    Screen("members-invite", "members/invite/", (f"{_WHO}ws-admin,", "see #invite-words:text('ws')"), "project-admin"),
    Screen("members-invite-list", "members/invite/", (f"{_WHO}ws", "see [role=option]"), "project-admin"),
    Screen("members-invite-plain", "members/invite/", (), "project-admin", scripts=False, widths=(WIDE,)),
    Screen("members-invite-wrong", "members/invite/", (f"{_WHO}x", "press Enter", "see .error"), "project-admin"),
    Screen("members-role", "members/project-regular/role/", who="project-admin"),
    Screen("members-remove", "members/project-regular/remove/", who="project-admin"),
    Screen("members-remove-own", "members/project-admin/remove/", who="project-admin", widths=(WIDE,)),
    Screen("roles", "roles/", who="project-admin"),
    Screen("role-built-in", "roles/operator/"),
    Screen(
        "role-new",
        "roles/new/?from=operator",
        ("fill [name=name] = release-keeper", "see #effect :text('release-keeper')"),
        who="project-admin",
    ),
    Screen(
        "role",
        "roles/new/",
        (
            "fill [name=name] = release-keeper",
            "fill [name=description] = Ships releases, reads logs, leaves data alone",
            "click [value='services.manage']",
            "click [value=logs]",
            "click .footbar .primary",
            "see .toast",
            "click [value='workloads.manage']",
            "click [value=logs]",
            "see #effect article:nth-of-type(3) .differs",
        ),
        who="project-admin",
    ),
    Screen("recreate", "services/", (f"click {_FIRST.format('ok')}", "go edit/recreate/", "see .diff")),
    Screen("activity-empty", "activity/?on=nothing", who="project-admin"),
    Screen("activity", "activity/", (*ROLES_CHANGED, "go /projects/demo-project/activity/"), who="project-admin"),
    Screen(
        "activity-open",
        "activity/",
        (*ROLES_CHANGED, "go /projects/demo-project/activity/", "click tbody .opener", "see tr.inner"),
        who="project-admin",
    ),
    Screen(
        "services-list",
        "services/",
        ("see #services .status.ok",),
        widths=(WIDE, PHONE, 1920, 1600, 1024, 800, 320),
        docs=True,
    ),
    Screen(
        "services-list-menu", "services/", ("see #services .status.ok", "click #services tbody tr:nth-child(2) summary")
    ),
    Screen(
        "services-list-selected",
        "services/",
        ("see #services .status.ok", "click #services tbody tr:nth-child(2) [name=pick]"),
    ),
    Screen("services-list-none", "services/?q=billing"),
    Screen("services-list-plain", "services/", widths=(WIDE,), scripts=False),
    Screen("switcher", "services/", ("click .where summary", "see .switcher .count"), whole=False),
    Screen("theme", "services/", ("click .theme summary",), whole=False),
    Screen("service-details", "services/", (f"click {_FIRST.format('ok')}", _GRAPH), docs=True),
    Screen("service-details-bad", "services/", (f"click {_FIRST.format('bad')}", "see .tabs")),
    Screen("service-details-external", "services/", (f"click {_NAMED_ROW.format('maps-geocoder')}", "see .tabs")),
    Screen("service-details-stateful", "services/", (f"click {_NAMED_ROW.format('orders-db')}", "see .tabs")),
    Screen("service-details-restarting", "services/", (f"click {_NAMED_ROW.format('orders')}", _GRAPH)),
    Screen(
        "service-details-long",
        "services/",
        ("click #services a.name[href*='customer-']", "see .tabs"),
        widths=(WIDE, PHONE, 320),
    ),
    Screen(
        "service-details-metadata",
        "services/",
        (f"click {_NAMED_ROW.format('orders')}", "click .tabs a:nth-child(2)", "see h1"),
    ),
    Screen(
        "service-details-events", "services/", (f"click {_FIRST.format('bad')}", "click .tabs a:nth-child(3)", "see h1")
    ),
    Screen(
        "service-details-events-some",
        "services/",
        (f"click {_NAMED_ROW.format('orders')}", "click .tabs a:nth-child(3)", "see h1"),
    ),
    Screen("service-details-endpointslices", "service/orders/endpointslices/", ("see #service-endpointslices table",)),
    *WORKLOADS,
    Screen("configmap", "configmap/orders-settings/", ("see #users",)),
    Screen("configmap-menu", "configmap/orders-settings/", ("click .head .menu summary",), widths=(WIDE,), whole=False),
    Screen("secret", "secret/orders-db-login/", ("see #users",)),
    Screen("claim", "claim/data-orders-db-v1-0/", ("see #users",)),
    Screen("logs", "service/orders/logs/", ("see #log",), widths=(WIDE, PHONE, 320), whole=False),
    Screen(
        "logs-options", "service/orders/logs/?find=api%28&expression=1", ("click #log-options summary",), whole=False
    ),
    Screen("logs-plain", "service/orders/logs/?previous=1", widths=(WIDE,), whole=False, scripts=False),
    Screen("edit-information", "service/orders/edit/information/", ("see dialog",), widths=(WIDE, PHONE, 320)),
    Screen("edit-service", "service/orders/edit/service/", ("see #match-h",), widths=(WIDE, PHONE, 320)),
    Screen(
        "edit-service-nothing",
        "service/orders/edit/service/",
        ("see #match-h", "fill #id_selector-0-value = orders-api", "see text=No longer selected"),
    ),
    Screen(
        "edit-service-wrong", "service/orders/edit/service/", ("fill #id_ports-0-port = 70000", _NEXT, "see #problems")
    ),
    Screen(
        "edit-diff",
        "service/orders/edit/service/",
        ("fill #id_selector-0-value = orders-api", "click .switch", _NEXT, "see .diff"),
        widths=(WIDE, PHONE, 320),
    ),
    Screen("edit-external-access-inside", "service/orders-db/edit/external-access/", widths=(WIDE,)),
    Screen("edit-external-access", "service/orders/edit/external-access/", ("see h1",), widths=(WIDE, PHONE, 320)),
    Screen(
        "edit-external-access-balancer",
        "service/orders/edit/external-access/",
        ("click [name=external][value=LoadBalancer]", "choose #provider = openelb", "see [data-provider=openelb]"),
    ),
    Screen(
        "edit-conflict",
        "service/orders/edit/service/",
        (
            "fill #id_ports-0-target_port = 8081",
            "fill #id_ports-0-name = web",
            "elsewhere service/orders/edit/service/ | fill #id_ports-0-target_port = 8082 | "
            f"click [aria-labelledby=sticky-h] .switch | {_NEXT} | see .diff | {_NEXT} | see #toasts > .ok",
            _NEXT,
            "see .merge",
        ),
    ),
    Screen("yaml", "services/", _YAML),
    Screen("yaml-problem", "services/", (*_YAML, "replace spec: = spec:\n  prots: []", "see .ace_gutter .ace_error")),
    Screen(
        "yaml-told",
        "services/",
        (*_YAML, "replace spec: = spec:\n  prots: []\n---\nkind: Service\nspec:", _NEXT, "see #problems"),
    ),
    Screen(
        "yaml-errors",
        "services/new/",
        (
            *_PORTS,
            "click .switch",
            "see .ace_editor",
            "replace replicas: 1 = replicas: 3\n  strategi: {}",
            "replace containerPort: 80 = containerPort: '80'",
            "click .toolbar .tabs button:has(.bad)",
            "see .ace_gutter .ace_error",
        ),
    ),
    Screen(
        "yaml-diff",
        "services/",
        (
            *_YAML,
            "replace labels: = labels:\n    team: web",
            _NEXT,
            "see .diff",
            _NEXT,
            "see #toasts > .ok",
            "go yaml/",
            "see .ace_editor",
            "replace team: web = team: checkout",
            _NEXT,
            "see .diff",
        ),
    ),
    Screen(
        "yaml-diff-empties",
        "services/",
        (*_YAML, "replace selector:\n    app: checkout = selector:\n    app: nobody", _NEXT, "see .diff"),
    ),
    Screen(
        "yaml-conflict",
        "services/",
        (
            *_YAML,
            "replace labels: = labels:\n    team: mine",
            f"elsewhere . | see .ace_editor | {_OTHERS_CHANGE} | {_NEXT} | see .diff | {_NEXT} | see #toasts > .ok",
            _NEXT,
            "see .merge",
        ),
    ),
    Screen("delete", "services/", (f"click {_FIRST.format('ok')}", "go delete/", "see dialog, main form")),
    Screen(
        "delete-many",
        "services/",
        (
            "click #services tbody tr:nth-child(2) [name=pick]",
            "click #services tbody tr:nth-child(4) [name=pick]",
            "click .footbar .danger",
            "see dialog, main form",
        ),
    ),
    Screen(
        "delete-stateful",
        "services/",
        (f"click {_NAMED_ROW.format('orders-db')}", "go delete/", "see dialog, main form"),
    ),
    Screen("create-chooser", "services/new/"),
    Screen("create-basic", "services/new/", (*_NAMED, "press Tab", "see #free .status")),
    Screen("create-basic-wrong", "services/new/", (*_WIZARD, "fill [name=name] = Demo!", "press Enter", "see .error")),
    Screen("create-pod", "services/new/", (*_NAMED, "press Enter", "see h1")),
    Screen(
        "create-pod-wrong", "services/new/", (*_NAMED, "press Enter", "see #id_containers-0-image", _NEXT, "see .error")
    ),
    Screen(
        "create-pod-open",
        "services/new/",
        (
            *_PORTS,
            "click #fold_containers-0-health summary",
            "choose #id_containers-0-readiness-kind = http",
            "fill #id_containers-0-readiness-path = /ready",
            "click #fold_containers-0-security > summary",
            "choose #id_containers-0-security-allow_escalation = false",
            "see #fold_containers-0-security .now:has-text('No escalation')",
        ),
    ),
    Screen(
        "create-storage",
        "services/new/",
        (
            *_STORAGE,
            "click button[value='volume:empty']",
            "fill #id_volumes-0-mounts-0-path = /var/tmp",
            "press Tab",
            "see #kept:has-text('Draft saved')",
        ),
    ),
    Screen(
        "create-storage-stateful",
        "services/new/",
        (
            *_STATEFUL,
            "click button[value='add:templates']",
            "fill #id_templates-0-mounts-0-path = /var/lib/cache",
            "hover h1",
            "see #made:has-text('3 claims')",
        ),
    ),
    Screen(
        "create-advanced",
        "services/new/",
        (
            *_ADVANCED,
            "click #id_external [value=LoadBalancer]",
            "choose #provider = openelb",
            "click button[value='suggest:lb.kubesphere.io/v1alpha1=openelb']",
            "see .btn.on",
            "click #fold_sticky summary",
            "click #fold_sticky .switch",
            "see #made:has-text('h per client IP')",
        ),
    ),
    Screen("create-review", "services/new/", _REVIEW),
    Screen("create-taken", "services/new/", (*_PARTIAL, _FIRST_DONE, _NEXT, "see #problems")),
    Screen(
        "create-undone",
        "services/new/",
        (
            "click button:has-text('Edit YAML')",
            "see .ace_editor",
            f"replace  = {_ONE_NODE_PORT}",
            _NEXT,
            "see #objects",
            _NEXT,
            "see #problems",
        ),
    ),
    Screen(
        "create-progress",
        "services/new/",
        (*_RUNNING, "cluster stop", "send form[action$='/create/']", "go ../progress/", "see #running"),
    ),
    Screen(
        "create-stopped",
        "services/new/",
        (
            *(act.replace("= demo-running", "= demo-stopped") for act in _RUNNING),
            *(act.replace("demo-partial", "demo-stopped") for act in (_FIRST_DONE,)),
            "sql DELETE FROM services_draft WHERE state = 'done'",
            f"sql {STOPPED_DRAFT}",
            "go ../progress/",
            "see #problems",
        ),
    ),
    Screen("create-unreachable", "services/new/", (*_REVIEW, "cluster stop", _NEXT, "see #problems, #undo")),
    Screen(
        "create-external",
        "services/new/",
        (
            "click button:has-text('External')",
            "see [name=name]",
            "fill [name=name] = payments",
            _NEXT,
            "see #id_external_name",
            "fill #id_external_name = 203.0.113.40",
            _NEXT,
            "see .error",
        ),
    ),
    Screen(
        "create-workload",
        "services/new/",
        (
            "click button:has-text('Specify Workload')",
            "see [name=name]",
            "fill [name=name] = reports",
            _NEXT,
            "see #found .workloads",
            "fill #find = orders",
            "see #found:not(:has-text('more'))",
            "click input[value='use:Deployment/orders-v1']",
            "see #match:has-text('Matches')",
        ),
    ),
    Screen(
        "create-discard",
        "services/new/",
        (*_PORTS, "click .head .menu summary", "click button[value=discard]", "see dialog"),
        whole=False,
    ),
    Screen("create-drafts", "services/new/drafts/", ("see #drafts",)),
    Screen("create-yaml", "services/new/", ("click button:has-text('Edit YAML')", "see .ace_editor")),
    Screen(
        "create-yaml-diff",
        "services/new/",
        (
            *_PORTS,
            "click .switch",
            "see .ace_editor",
            "replace replicas: 1 = replicas: 3",
            "click [value=diff]",
            "see .diff",
        ),
    ),
    Screen("not-found", "/projects/nothing-here/services/"),
    Screen("not-found-service", "service/checkuot/"),
    Screen("not-found-place", "nonsense/"),
    Screen("forbidden", "/workspaces/demo-workspace/projects/new/"),
    Screen("forbidden-project", "members/invite/"),
    Screen("forbidden-platform", "/platform/roles/"),
    Screen(
        "services-list-empty",
        "/workspaces/demo-workspace/projects/new/",
        ("fill [name=name] = empty-project", "press Enter", "see h1", "go services/", "see .nothing"),
        who="ws-admin",
    ),
    Screen(
        "services-list-loading",
        "services/?q=nothing",
        ("see #services-nothing h2", "render services/browse/parts/list_nothing.html = #services-nothing"),
    ),
    Screen(
        "home-projects",
        "/workspaces/demo-workspace/projects/new/",
        (
            *(
                act
                for name in ("payments", "storefront-staging", _LONG)
                for act in (
                    "go /workspaces/demo-workspace/projects/new/",
                    f"fill [name=name] = {name}",
                    "press Enter",
                    "see #attention",
                )
            ),
            "go /",
            "see #attention .wrongs",
        ),
        who="ws-admin",
        widths=(WIDE, PHONE, 320),
    ),
    Screen("home-as-of", "/", ("see #attention .wrongs", "cluster stop", "see #live.warn")),
    Screen(
        "services-list-many",
        "/workspaces/demo-workspace/projects/new/",
        (
            "fill [name=name] = many-services",
            "press Enter",
            "see h1",
            "go services/new/",
            "click button:has-text('Edit YAML')",
            "see .ace_editor",
            f"replace  = {_MANY}",
            _NEXT,
            "see #objects",
            _NEXT,
            "see #services",
            "go /projects/many-services/services/?size=100",
            "see #services tbody tr:nth-child(100)",
        ),
        who="ws-admin",
        whole=False,
    ),
    Screen("recycle-bin", "services/", BINNED, who="project-admin"),
    Screen("restore", "services/", (*BINNED, "click main a:has-text('Restore…')", "see #restore"), who="project-admin"),
    Screen("services-list-as-of", "services/", ("see #services .status.ok", "cluster stop", "see #live.warn")),
    Screen("delete-in-part", "services/", IN_PART),
    # Last: it stays hidden for whoever hid it; the drafts stay broken.
    Screen("banner-hidden", "/", ("see #attention .wrongs", "click #banner button", "see #demo:not([hidden])")),
    Screen(
        "error",
        "services/new/",
        (
            *_NAMED,
            _NEXT,
            "see h1",
            "sql UPDATE services_draft SET typed = '5', name = ''",
            "go /projects/demo-project/services/new/drafts/",
            "see h1",
        ),
    ),
)
