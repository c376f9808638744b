"""The screens of workloads and pods as pictures, in the small language of `screens`."""

from console.management.screen import PHONE, WIDE, Screen

_SETTINGS_POD = ("click button[value=pod]", "fill #id_containers-0-image = nginx:1.29", "press Tab", "see #made del")
_SETTINGS_STORAGE = ("click button[value=storage]", "see #templates")
_SETTINGS_ADVANCED = ("click button[value=advanced_live]", "click #fold_pods summary", "click #fold_meta summary")
_SETTINGS_REVIEW = (*_SETTINGS_POD, "click button[value='go:review'] >> nth=-1", "see .diff")
_SETTINGS_CONFLICT = (
    "click button[value=pod]",
    "fill #id_containers-0-image = nginx:1.29",
    "fill #id_containers-0-memory_limit = 512Mi",
    "elsewhere workload/deployment/checkout-v1/image/ | fill dialog input[name^=image] = nginx:1.30"
    " | click dialog .primary | see #toasts > .ok",
    "click button[value='go:review'] >> nth=-1",
    "see .merge",
)
_POD_PAGE = ("click #services a.name[href*='/orders/']", "click #pods-rows a.name", "see .conds")
_TWO_PICKED = (
    "click tbody tr:nth-child(2) [name=pick]",
    "click tbody tr:nth-child(3) [name=pick]",
    "click .footbar .danger",
)
_GRAPHS = "see #pods tbody tr:nth-child(20) .spark:not(.few) svg"
_SCALER = "workload/deployment/orders-v1/autoscaling/"

WORKLOADS = (
    Screen("workloads-list", "workloads/"),
    Screen("workloads-list-none", "workloads/?q=nothing", widths=(WIDE,)),
    Screen("pods-list", "pods/?sort=status", (_GRAPHS,)),
    Screen("workload", "workload/deployment/orders-v1/", ("see .totals .spark:not(.few)",)),
    Screen("workload-bad", "workload/deployment/payments-webhook-v1/", ("see .tabs",)),
    Screen("workload-revisions", "workload/deployment/metrics-push-v1/revisions/?open=1", ("see .tabs",)),
    Screen("workload-rollback", "workload/deployment/metrics-push-v1/rollback/1/", ("see .diff",), widths=(WIDE,)),
    Screen("workload-stateful", "workload/statefulset/orders-db-v1/", ("see .tabs",), widths=(WIDE,)),
    Screen("workload-scale", "workload/statefulset/orders-db-v1/scale/", ("see dialog",)),
    Screen("workload-autoscaling", _SCALER, ("see dialog",)),
    Screen("workload-autoscaling-review", _SCALER, ("fill #id_least = 1", "click dialog .primary", "see dialog #diff")),
    Screen("workload-image", "workload/deployment/orders-v1/image/", ("see dialog",), widths=(WIDE,)),
    Screen("workload-pause", "workload/deployment/orders-v1/pause/", ("see dialog",), widths=(WIDE,)),
    Screen("workload-settings", "workload/deployment/orders-v1/settings/", ("see .picks",)),
    Screen("workload-settings-pod", "workload/deployment/orders-v1/settings/", _SETTINGS_POD),
    Screen("workload-settings-storage", "workload/statefulset/orders-db-v1/settings/", _SETTINGS_STORAGE),
    Screen("workload-settings-advanced", "workload/deployment/checkout-v1/settings/", _SETTINGS_ADVANCED),
    Screen("workload-settings-review", "workload/deployment/orders-v1/settings/", _SETTINGS_REVIEW),
    Screen("workload-settings-conflict", "workload/deployment/checkout-v1/settings/", _SETTINGS_CONFLICT),
    Screen(
        "workload-yaml-edit",
        "workload/deployment/orders-v1/edit/yaml/",
        ("see .ace_editor", "replace shop/orders:5.2 = shop/orders:5.3", "see [data-foot=state]:has-text('Not saved')"),
        whole=False,
    ),
    Screen(
        "workload-yaml-review",
        "workload/deployment/orders-v1/edit/yaml/",
        ("see .ace_editor", "replace shop/orders:5.2 = shop/orders:5.3", "click .footbar .primary", "see .diff"),
    ),
    Screen("workload-menu", "workload/deployment/orders-v1/", ("click .head .menu summary",), whole=False),
    Screen("workload-restart", "workload/deployment/orders-v1/restart/", ("see dialog",), widths=(WIDE,)),
    Screen("pod", "services/", _POD_PAGE, widths=(WIDE, PHONE, 320)),
    Screen(
        "pod-ready",
        "services/",
        ("click #services tbody tr:has(.status.ok) .name", "click #pods-rows a.name", "see .conds"),
    ),
    Screen("container", "services/", (*_POD_PAGE, "click .opener", "see .inside-open")),
    Screen("pod-environment", "services/", (*_POD_PAGE, "click .tabs a:nth-child(2)", "see #pod-environment")),
    Screen("pod-events", "services/", (*_POD_PAGE, "click .tabs a:nth-child(3)", "see #pod-events")),
    Screen("pod-yaml", "services/", (*_POD_PAGE, "click .tabs a:nth-child(4)", "see #pod-yaml")),
    Screen(
        "workload-delete", "workloads/", ("click #workloads tbody tr:nth-child(2) a.name", "go delete/", "see dialog")
    ),
    Screen("pods-list-selected", "pods/", (_GRAPHS, "click #pods tbody tr:nth-child(2) [name=pick]")),
    Screen(
        "workloads-list-selected",
        "workloads/",
        ("see #workloads .status.ok", "click #workloads tbody tr:nth-child(2) [name=pick]"),
    ),
    Screen("pods-delete-many", "pods/", ("see #pods .status.ok", *_TWO_PICKED, "see dialog")),
    Screen("workloads-delete-many", "workloads/", ("see #workloads .status.ok", *_TWO_PICKED, "see dialog")),
    Screen("pod-delete", "pods/", ("click #pods tbody tr a.name >> nth=0", "go delete/", "see dialog"), widths=(WIDE,)),
)
