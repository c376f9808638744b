"""Bad input step by step, beside test_create_refused.py (Basic Information, the containers): each shows its step, field
and sentence, keeps everything typed, and writes nothing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import AuditEntry, Project
from services.create.verbs import drafts
from services.manifests.yamlio import MAX_DOCUMENTS
from services.models import Draft
from tests.clusters import Cluster
from tests.people import People
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db-v1, labels: {app: db, version: v1}}
spec:
  replicas: 1
  serviceName: db
  selector: {matchLabels: {app: db, version: v1}}
  template:
    metadata: {labels: {app: db, version: v1}}
    spec:
      containers:
      - name: db
        image: postgres
        ports: [{name: sql, containerPort: 5432}]
        env: [{name: MODE, value: fast}]
        volumeMounts:
        - {name: data, mountPath: /data}
        - {name: old, mountPath: /old}
        - {name: tmp, mountPath: /tmp}
        - {name: node, mountPath: /node}
        - {name: conf, mountPath: /conf, readOnly: true}
      volumes:
      - {name: old, persistentVolumeClaim: {claimName: old}}
      - {name: tmp, emptyDir: {}}
      - {name: node, hostPath: {path: /srv, type: Directory}}
      - {name: conf, configMap: {name: conf, items: [{key: a, path: a}]}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: db, labels: {app: db, version: v1}}
spec:
  selector: {app: db}
  ports: [{name: sql, port: 5432, targetPort: 5432}]
"""
STATELESS = STATEFUL.split("  volumeClaimTemplates")[0].replace("StatefulSet", "Deployment")
STATELESS = STATELESS.replace("  serviceName: db\n", "").replace("        - {name: data, mountPath: /data}\n", "")
STATELESS += "---" + STATEFUL.split("---")[1]
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: orders, labels: {app: orders}}
spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
"""
EXTERNAL = """
apiVersion: v1
kind: Service
metadata: {name: away, labels: {app: away}}
spec: {type: ExternalName, externalName: api.example.com}
"""
TEXTS = {"stateful": STATEFUL, "stateless": STATELESS, "workload": SERVICE, "external": EXTERNAL}


@pytest.fixture
def at(
    sign_in: Callable[[str], Client], people: People, project: Project, cluster: Cluster
) -> Callable[[str, str], Wizard]:
    """Open a step of a draft that is whole and good, and begin to watch what is written."""

    def opened(type_: str, step: str) -> Wizard:
        draft = drafts.start(people.scope("olive", project), type=type_, text=TEXTS[type_])
        wizard = Wizard(sign_in("olive"), project.name)
        wizard.page = wizard.client.get(f"{wizard.root}{draft.id}/{step}/", follow=True)
        assert wizard.step == step, wizard.path
        cluster.forget()
        return wizard

    return opened


def row(path: str, **values: object) -> dict[str, object]:
    """A row more, as the button adds it."""
    return {f"{path}-there": "1", **{f"{path}-{name}": value for name, value in values.items()}}


ONE = "containers-0-"
POD = [
    ({f"{ONE}readiness-kind": "grpc", f"{ONE}readiness-port": "sql"}, "Port", "needs the number of the port"),
    ({f"{ONE}startup-kind": "exec"}, "Type", "Enter the command"),
    ({f"{ONE}readiness-kind": "tcp", f"{ONE}readiness-port": "80", f"{ONE}readiness-period": 0}, "Interval", "1"),
    ({f"{ONE}post_start-kind": "http", f"{ONE}ports-0-container_port": ""}, "Port", "Enter a port"),
    ({f"{ONE}pre_stop-kind": "sleep"}, "Seconds", "Enter how long"),
    ({f"{ONE}env-0-name": "NO=SIGN"}, "Name of variable 1", "Use printable ASCII"),
    (row(f"{ONE}env-1", name="MODE", source="value", value="slow"), "Name of variable 2", "Duplicate: MODE"),
    (row(f"{ONE}env-1", name="TOKEN", source="secret", key="api"), "Object of variable 2", "Choose the object"),
    (row(f"{ONE}env-1", source="value", value="lost"), "Name of variable 2", "Enter a name"),
    (row(f"{ONE}ports-1", protocol="TCP", name="admin"), "Container port 2", "Enter a port"),
    (
        {f"{ONE}security-privileged": "true", f"{ONE}security-allow_escalation": "false"},
        "Allow Privilege Escalation",
        "always",
    ),
    ({f"{ONE}security-seccomp": "Localhost"}, "Localhost profile", "file of the profile"),
    ({"pod_security-run_as_non_root": "true", "pod_security-run_as_user": 0}, "User", "0 is root"),
    ({"pod_security-fs_group": "staff"}, "Volume Group (fsGroup)", "Enter a whole number"),
    ({"update-max_unavailable": "half"}, "Maximum Unavailable Pods", "percentage, such as 25%"),
    ({"update-deadline": 0}, "Progress deadline", "greater than or equal to 1"),
    ({"scheduling-mode": "custom", **row("scheduling-rules-0", type="away", strategy="required")}, "Labels", "app=web"),
    (
        {"scheduling-mode": "custom", **row("scheduling-rules-0", type="with", strategy="preferred", selector="a=")}
        | {"scheduling-rules-0-weight": 101},
        "Weight of rule 1",
        "less than or equal to 100",
    ),
    (row("scheduling-tolerations-0", operator="Exists", key="gpu", value="yes"), "Value of toleration 1", "leave"),
    ({"grace_period": "soon"}, "Grace period", "Enter a whole number"),
    (row("annotations-0", value="alone"), "Key of annotation 1", "Enter a key for this value"),
]
STORAGE = [
    ({"templates-0-name": "My Data"}, "Name prefix", "Use lowercase letters"),
    ({"templates-0-size": "10 gigs"}, "Capacity per pod", "Invalid quantity"),
    ({"templates-0-size": ""}, "Capacity per pod", "Enter a size"),
    ({"templates-0-access_modes": ["ReadWriteOncePod", "ReadOnlyMany"]}, "Access modes", "cannot be combined"),
    ({"templates-0-access_modes": []}, "Access modes", "at least one"),
    ({"templates-0-mounts-0-path": "data"}, "Path of mount 1", "starts with"),
    ({"volumes-0-object": ""}, "Persistent Volume Claim", "Choose the claim"),
    ({"volumes-1-name": "old"}, "Name", "Duplicate: old"),
    ({"volumes-1-size": "much"}, "Size limit", "Invalid quantity"),
    ({"volumes-1-mounts-0-path": "/old"}, "Path of mount 1", "Another volume is mounted at this path"),
    ({"volumes-2-path": "srv"}, "Path on the node", "starts with"),
    ({"volumes-2-path": "/srv/../etc"}, "Path on the node", ".."),
    ({"volumes-3-items-0-path": "../../etc/passwd"}, "File, below the mount path of key 1", ".."),
    ({"volumes-3-items-0-path": "/etc/passwd"}, "File, below the mount path of key 1", "/"),
    ({"volumes-3-mounts-0-sub_path": "../up"}, "Subpath of mount 1", ".."),
    ({"volumes-0-mounts-0-path": ""}, "Path of mount 1", "Enter a mount path"),
]
ADVANCED = [
    ({"external": "NodePort", "ports-0-node_port": 80}, "Node port 1", "30000 to 32767"),
    ({"external": "NodePort", "access_mode": "headless"}, "Access mode", "no address of its own"),
    ({"sticky": "on", "sticky_timeout": 0}, "Maximum Session Sticky Time", "1 to 86400"),
    ({"sticky": "on", "sticky_timeout": 86401}, "Maximum Session Sticky Time", "1 to 86400"),
    (row("labels-2", key="not a key", value="x"), "Key of label 3", "up to 63 letters"),
    (row("labels-2", key="tier", value="-front"), "Value of label 3", "Start and end with a letter or digit"),
    (row("labels-2", key="app", value="other"), "Key of label 3", "Duplicate key: app"),
    (row("node_selector-0", value="ssd"), "Key of label 1", "Enter a key for this value"),
    (row("service_annotations-0", key="a//b", value="x"), "Key of annotation 1", "prefix of a key is a DNS name"),
    ({"external": "LoadBalancer", "load_balancer_class": "my class"}, "Class", "up to 63 letters"),
]
OTHER = [
    ("workload", "service", {"selector-0-key": "", "selector-0-value": ""}, "Key", "without a selector no pod"),
    ("workload", "service", {"ports-0-port": "", "ports-0-name": ""}, "Service port", "Enter at least one port"),
    ("workload", "service", {"ports-0-port": 0}, "Service port 1", "from 1 to 65535"),
    ("workload", "service", {"ports-0-target_port": "70000"}, "Container port 1", "65535"),
    (
        "workload",
        "service",
        row("ports-1", protocol="TCP", port=80, name="b"),
        "Service port 2",
        "Duplicate: 80",
    ),
    ("workload", "service", row("ports-1", protocol="TCP", port=81), "Name of port 2", "needs a name"),
    ("external", "external", {"external_name": "10.0.0.1"}, "External Service Address", "This is an IP address"),
    ("external", "external", {"external_name": "http://a.example"}, "External Service Address", "This is a URL"),
    ("external", "external", {"external_name": ""}, "External Service Address", "Enter the DNS name"),
]
TABLE = [
    *(("stateless", "pod", *case) for case in POD),
    *(("stateful", "storage", *case) for case in STORAGE),
    *(("stateful", "advanced", *case) for case in ADVANCED),
    *OTHER,
]


@pytest.mark.parametrize(("type_", "step", "typed", "label", "sentence"), TABLE)
def test_the_step_the_field_and_the_sentence(
    at: Callable[[str, str], Wizard],
    cluster: Cluster,
    type_: str,
    step: str,
    typed: dict[str, Any],
    label: str,
    sentence: str,
) -> None:
    wizard = at(type_, step)
    before = Draft.objects.get().text
    wizard.submit(**typed)
    assert wizard.page is not None
    assert (wizard.page.status_code, wizard.step) == (422, step), wizard.path
    problems = wizard.problems()
    assert any(line.startswith(label) and sentence in line for line in problems), problems
    wanted = {name: value if isinstance(value, list) else [str(value)] for name, value in typed.items()}
    kept = wizard.form()
    assert {name: kept.get(name, []) for name in wanted} == wanted
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)


YAML = [
    ("metadata: {name: a, uid: 1-2}", "uid", 3),
    ("metadata: {name: a, resourceVersion: '1'}", "resourceVersion", 3),
    ("metadata: {name: a, finalizers: [x/y]}", "Finalizers", 3),
    ("metadata: {name: a, ownerReferences: [{name: b}]}", "ownerReferences", 3),
    ("metadata: {name: a, namespace: kube-system}", "Objects of other namespaces", 3),
    ("metadata: {name: a}\nmetadata: {name: b}", "Duplicate key", 4),
    ("metadata: {name: a, name: b}", "Duplicate key", 3),
    ("metadata: {name: !!python/name:os.system a}", "tag", 3),
    ("metadata: {name: &a a, labels: {app: *a}}\nspec: {externalIPs: [1.1.1.1]}", "CVE-2020-8554", 4),
    ("metadata: {generateName: a-}", "generateName", 3),
    ("metadata: {name: a}\nstatus: {loadBalancer: {ingress: [{ip: 1.1.1.1}]}}", "status", 4),
    ("metadata: {name: a}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: a}", "Pod cannot be created here", 5),
    ("metadata: {name: a}\n" + "---\n{a: 1}\n" * MAX_DOCUMENTS, "documents", 2 * MAX_DOCUMENTS + 2),
]


@pytest.mark.parametrize(("text", "sentence", "line"), YAML)
def test_the_line_of_the_text(
    at: Callable[[str, str], Wizard], cluster: Cluster, text: str, sentence: str, line: int
) -> None:
    wizard = at("workload", "yaml")
    before, typed = Draft.objects.get().text, f"apiVersion: v1\nkind: Service\n{text}\n"
    wizard.submit("form", text=typed)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    listed = wizard.problem_lines()
    assert any(at == f"Line {line}" and sentence in problem for at, _column, problem in listed), listed
    assert wizard.form()["text"] == [typed]
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)


@pytest.mark.parametrize("do", ["", "look:", "add:containers"])
def test_forged_names_are_no_error_of_the_server(project: Project, sign_in: Callable[[str], Client], do: str) -> None:
    """Numbers of rows that no int takes, and hidden fields that hold nothing they could."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    forged = {
        f"containers-{'9' * 5000}-there": "1",
        f"containers-{chr(0x1D7CF) * 5000}-there": "1",
        "containers-0-keep": "<&",
        "containers-0-ports-0-keep": "{",
        "containers-0-image": "nginx",
    }
    body = urlencode({**wizard.form(), **forged, "do": do}, doseq=True)
    answer = wizard.client.post(wizard.path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 422)
    assert "9" * 5000 not in answer.content.decode()


def test_a_number_too_long_to_be_read_is_an_error(project: Project, sign_in: Callable[[str], Client]) -> None:
    """It was kept, and the step could not be opened any more."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="long")
    for digits in ("9" * 5000, "²"):
        wizard.submit(replicas=digits)
        assert wizard.page.status_code == 422
        assert wizard.client.get(wizard.path).status_code == 200


def test_what_a_page_keeps_of_a_row_may_be_forged(project: Project, sign_in: Callable[[str], Client]) -> None:
    """Halves of characters and numbers that no text holds: they were saved, and the draft could not be opened."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    good = {name.replace("__", "-"): text for name, text in GOOD.items()}
    form, hidden = {**wizard.form(), **good}, [name for name in wizard.form() if name.endswith("-keep")]
    for kept in ('"\\ud800"', "1" + "0" * 30, '{"name": 1e999}'):
        body = {**form, **{name: kept for name in hidden if name != "containers-0-keep"}}
        body["seen"] = str(Draft.objects.get().version)
        assert wizard.client.post(wizard.path, body, follow=True).status_code in (200, 422)
        for step in ("pod", "yaml"):
            assert wizard.client.get(wizard.path.replace("/pod/", f"/{step}/"), follow=True).status_code == 200


def test_a_form_that_makes_more_than_any_text_that_is_read(project: Project, sign_in: Callable[[str], Client]) -> None:
    """It is not saved but kept as typed: saved, the draft could not be opened any more."""
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    text = Draft.objects.get().text
    Draft.objects.update(text=text.replace("containers: []", f"containers: []\n      hostname: {'x' * 999_000}"))
    wizard.page = wizard.client.get(wizard.path)
    port = {"containers__0__ports__0__container_port": "80", "containers__0__ports__0__service_port": "80"}
    wizard.submit(containers__0__image="registry/" + "y" * 200, containers__0__name="app", **port)
    assert (wizard.page.status_code, "longer than 1 MB" in wizard.text) == (422, True)
    assert len(Draft.objects.get().text) < 1_000_000
    assert wizard.client.get(wizard.path).status_code == 200


def test_no_nul_of_a_manifest_reaches_the_database(project: Project, sign_in: Callable[[str], Client]) -> None:
    """PostgreSQL takes none: names that were, what is tried and what is recorded were an error of the server."""
    olive = sign_in("olive")
    wizard = Wizard(olive, project.name).start("stateless").submit(name="shop").submit(**GOOD)
    text = Draft.objects.get().text.replace(
        "    metadata:\n      labels:\n", '    metadata:\n      labels:\n        x: "\\0"\n'
    )
    olive.post(wizard.path.replace("/storage/", "/yaml/"), {"text": text, "do": "save", "seen": "3"})
    wizard.page = olive.get(wizard.path.replace("/storage/", "/basic/"))
    wizard.submit(name="other", version="v2")
    draft = Draft.objects.get()
    assert "x" in str(draft.former)
    draft.text = draft.text.replace("name: other-v2", 'name: "other\\0"')
    draft.save()
    answer = olive.post(wizard.path.replace("/pod/", "/create/"), {"seen": str(draft.version)})
    assert answer.status_code == 422
    entry = AuditEntry.objects.get(action="service.create")
    assert (entry.outcome, "\ufffd" in str(entry.changes)) == ("refused", True)
    draft.refresh_from_db()
    kept = (draft.former, draft.result, entry.target, entry.changes, entry.message)
    assert "\0" not in str(kept).encode().decode("unicode_escape")
