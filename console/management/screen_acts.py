"""What is done before some pictures are taken, in the small language of `screens`, where it is long."""

import json
from datetime import UTC, datetime

# What a draft keeps while its objects are created: of neither it is known yet whether it was.
_KEPT = json.dumps(
    [
        {"api_version": version, "kind": kind, "namespace": "demo-project", "name": name, "outcome": "unknown"}
        | {"uid": "", "since": datetime.now(UTC).isoformat()}
        for version, kind, name in (("apps/v1", "Deployment", "demo-stopped-v1"), ("v1", "Service", "demo-stopped"))
    ]
)
_GAVE_UP = "state = 'claimed', claimed = '2020-01-01 00:00:00'"
STOPPED_DRAFT = f"UPDATE services_draft SET {_GAVE_UP}, result = '{_KEPT}' WHERE name = 'demo-stopped'"  # noqa: S608

OLD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: old-reports-v1}\nspec:\n"
    "  selector: {matchLabels: {app: old-reports}}\n  template:\n    metadata: {labels: {app: old-reports}}\n"
    "    spec: {containers: [{name: app, image: 'nginx:1.27', envFrom: [{secretRef: {name: reports-auth}}]}]}\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: old-reports}\n"
    "spec: {type: NodePort, selector: {app: old-reports}, ports: [{port: 80}]}"
)
# Created, and deleted with its workload.
BINNED = (
    f"elsewhere services/new/ | click button:has-text('Edit YAML') | see .ace_editor | replace  = {OLD}"
    " | click .footbar .primary | see #objects | click .footbar .primary | see .facts"
    " | go /projects/demo-project/service/old-reports/delete/ | click [name=also]"
    " | click dialog .danger.primary | see .toast",
    "go /projects/demo-project/recycle-bin/",
    "see .rows",
)

# Of two that are to be deleted one is another object by then: created again under its name.
PARTNER = (
    "services/new/ | click button:has-text('Edit YAML') | see .ace_editor | replace  = apiVersion: v1\nkind: Service\n"
    "metadata: {{name: demo-partner-{0}}}\nspec: {{type: ExternalName, externalName: {0}.example.com}}"
    " | click .footbar .primary | see #objects | click .footbar .primary | see .facts"
)
IN_PART = (
    *(f"elsewhere {PARTNER.format(name)}" for name in ("one", "two")),
    "go /projects/demo-project/services/?q=demo-partner",
    *(f"click #services tbody tr:nth-child({row}) [name=pick]" for row in (2, 1)),
    "click .footbar .danger",
    "see dialog",
    "elsewhere service/demo-partner-two/delete/ | click dialog .danger.primary | see .toast",
    f"elsewhere {PARTNER.format('two')}",
    "click dialog .danger.primary",
    "see dialog table",
)

ROLES_CHANGED = tuple(
    act
    for role in (3, 2)
    for act in (
        "go /projects/demo-project/members/project-regular/role/",
        f"click dialog label:nth-of-type({role}) input",
        "click dialog .primary",
        "see .toast",
    )
)
