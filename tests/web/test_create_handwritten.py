"""Hand-written documents over the wire: written in the editor, each step opened and saved as it is, the text stays."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from services.manifests.yamlio import dump, load
from services.models import Draft
from services.steps.step import steps_of
from tests.clusters import Cluster
from tests.everything import Everything
from tests.everything.others import EXTERNAL as EVERY_EXTERNAL
from tests.everything.others import WORKLOAD as EVERY_WORKLOAD
from tests.everything.stateful import STATEFUL as EVERY_STATEFUL
from tests.everything.stateless import STATELESS as EVERY_STATELESS
from tests.unit.test_steps_handwritten import editable
from tests.unit.test_steps_lens_testdata import KINDS, KUBERNETES, PLACES, module_files
from tests.web.creating import Wizard
from tests.web.test_create_refused import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

STATELESS = """# a web server somebody wrote long ago
apiVersion: apps/v1
kind: Deployment
metadata: {name: my-nginx, labels: {run: my-nginx}}
spec:
  selector:
    matchLabels: {run: my-nginx}
  template:
    metadata: {labels: {run: my-nginx}}
    spec:
      containers:
      - name: my-nginx
        image: nginx   # any
        args:
        - |
          set -e
          exec nginx
        ports: [{containerPort: 80}, {containerPort: 443}]
        volumeMounts: [{name: conf, mountPath: /etc/nginx}]
      volumes: [{name: conf, configMap: {name: nginx}}]
---
apiVersion: v1
kind: Service
metadata:
  name: my-nginx
  annotations: {example.com/note: "one\\ntwo"}
spec:
  selector: {run: my-nginx}
  ports: [{port: 80}]
"""

STATEFUL = """apiVersion: v1
kind: Service
metadata: {name: cassandra, labels: {app: cassandra}}
spec: {clusterIP: None, ports: [{port: 9042}], selector: {app: cassandra}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cassandra, labels: {app: cassandra}}
spec:
  serviceName: cassandra
  replicas: 3
  updateStrategy: {rollingUpdate: {partition: 1}}
  selector: {matchLabels: {app: cassandra}}
  template:
    metadata: {labels: {app: cassandra}}
    spec:
      terminationGracePeriodSeconds: 1800
      initContainers:
      - {name: proxy, image: envoy, restartPolicy: Always, readinessProbe: {tcpSocket: {port: 9901}}}
      containers:
      - name: cassandra
        image: gcr.io/google-samples/cassandra:v13
        ports: [{containerPort: 7000, name: intra-node}, {containerPort: 9042, name: cql}]
        env: [{name: MAX_HEAP_SIZE, value: 512M}, {name: NOTE, value: " spaces "}]
        lifecycle: {preStop: {exec: {command: [/bin/sh, -c, nodetool drain]}}}
        volumeMounts: [{name: data, mountPath: /cassandra_data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""

WORKLOAD = """apiVersion: v1
kind: Service
metadata: {name: kubernetes-out}
spec:
  ports:
  - {port: 443, targetPort: 6443}
  internalTrafficPolicy: Cluster
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: out}
spec: {defaultBackend: {service: {name: kubernetes-out, port: {number: 443}}}}
"""


@pytest.mark.parametrize(("type_", "text"), [("stateless", STATELESS), ("stateful", STATEFUL), ("workload", WORKLOAD)])
def test_every_step_saved_as_it_is_opened(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster, type_: str, text: str
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start(type_)
    cluster.forget()
    wizard.open("yaml").submit("form", text=text)
    steps = []
    while wizard.step != "review":
        steps.append(wizard.step)
        wizard.submit()
        assert wizard.step not in steps, wizard.problems()
        assert Draft.objects.get().text == text, steps
    assert len(steps) == (3 if type_ == "workload" else 4)
    assert "Refused" not in wizard.text, wizard.problems()
    assert nothing_written(cluster)


def test_f8_comments_stay_when_the_form_changes_a_document(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster
) -> None:
    """F8: and it is said where one could not."""
    client = sign_in("olive")
    cluster.forget()
    wizard = Wizard(client, project.name).start("stateless").open("yaml").submit("form", text=STATELESS)
    wizard.open("pod").submit(grace_period=77)
    text = Draft.objects.get().text
    assert load(text)[0]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 77
    assert text.startswith("# a web server somebody wrote long ago\n")
    assert "image: nginx   # any\n" in text
    assert "was lost" not in wizard.text
    padded = STATELESS + "".join(f"# {number} {'x' * 70}\n" for number in range(500))
    wizard.open("yaml").submit("form", text=padded)
    wizard.open("advanced").submit(service_annotations__0__value="other")
    assert "comments of the YAML were lost" in wizard.text
    assert nothing_written(cluster)


MADE_UP = {"kept": [1, "two", {"three": None}]}
# What is a map of names to texts: a field more in it would be a label more, not an unknown field.
MAPS = {"labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "data"}


def sprinkled(value: Any, key: str = "") -> Any:
    """The value with a field that no API has in each of its objects."""
    if isinstance(value, list):
        return [sprinkled(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if key in MAPS or (key == "selector" and all(isinstance(entry, str) for entry in value.values())):
        return value
    return {name: sprinkled(entry, name) for name, entry in value.items()} | {"madeUp": MADE_UP}


def count(value: Any) -> int:
    """How often the made-up field is in it, whole."""
    if isinstance(value, list):
        return sum(map(count, value))
    if not isinstance(value, dict):
        return 0
    return (value.get("madeUp") == MADE_UP) + sum(count(entry) for name, entry in value.items() if name != "madeUp")


WAYS = [EVERY_STATELESS, EVERY_STATEFUL, EVERY_EXTERNAL, EVERY_WORKLOAD]
CHANGES: dict[str, dict[str, object]] = {
    "basic": {"alias": "Another alias"},
    "pod": {"grace_period": 77},
    "storage": {"volumes__6__mounts__0__path": "/somewhere/else"},
    "advanced": {"service_annotations__0__value": "another value"},
    "service": {"ports__0__port": 8765},
    "external": {"external_name": "elsewhere.example.com"},
}


@pytest.mark.parametrize("every", WAYS, ids=lambda every: every.type)
def test_a_field_that_no_api_has_survives_every_step_of_every_way(
    every: Everything, sign_in: Callable[[str], Client], project: Project, cluster: Cluster
) -> None:
    """In each object of documents in which every field of the way is set; saved as it is opened, and changed."""
    documents = sprinkled(every.expected(project.name, "olive", 30333))
    text, number = dump(documents), count(documents)
    assert number >= 3
    wizard = Wizard(sign_in("olive"), project.name).start(every.type)
    cluster.forget()
    wizard.open("yaml").submit("form", text=text)
    assert wizard.step != "yaml", wizard.problem_lines()
    assert Draft.objects.get().text == text
    steps = [step.name for step in steps_of(every.type)]
    for step in steps:
        wizard.open(step).submit()
        assert wizard.step not in (step, "yaml"), wizard.problems()
        assert Draft.objects.get().text == text, step
    for step in steps:
        wizard.open(step)
        if step == "storage":
            wizard.submit("volume:empty")
        shown = wizard.form()
        assert all(name.replace("__", "-") in shown for name in CHANGES[step]), shown
        wizard.submit(**CHANGES[step])
        assert wizard.step not in (step, "yaml"), wizard.problems()
        after = Draft.objects.get().text
        assert after != text, step
        assert count(list(load(after))) == number, step
        text = after
    assert wizard.open("yaml").form()["text"] == [text]
    assert nothing_written(cluster)


def test_a_field_that_no_api_has_survives_the_yaml(sign_in: Callable[[str], Client], project: Project) -> None:
    text = dump(sprinkled(list(load(STATELESS))))
    wizard = Wizard(sign_in("olive"), project.name).start("yaml").submit("review", text=text)
    assert any("Unknown field madeUp" in problem for _at, _column, problem in wizard.problem_lines())
    assert Draft.objects.get().text == text, "it is said, and saved"
    wizard.submit("anyway").submit()
    assert Draft.objects.get().text == text
    assert wizard.open("yaml").form()["text"] == [text]


def test_a_file_of_the_kubernetes_sources_that_is_refused_stays_in_the_editor_as_it_is(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    before = Draft.objects.get().text
    cluster.forget()
    refused = 0
    for path in module_files(KUBERNETES, *PLACES):
        text = path.read_bytes().decode("utf-8", "replace")
        if list(editable(path)) or not any(f"kind: {kind}\n" in text for kind in KINDS):
            continue
        wizard.submit("review", text=text)
        assert wizard.page is not None
        assert (wizard.page.status_code, wizard.step) == (422, "yaml"), path
        for at, _column, problem in wizard.problem_lines():
            assert re.fullmatch(r"Line [1-9]\d*", at), (path, at, problem)
        assert wizard.problem_lines(), path
        assert wizard.form()["text"] == [text], path
        assert wizard.open("yaml").form()["text"] == [text], path
        refused += 1
    assert refused >= 5
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)


def test_what_the_cluster_would_refuse_is_said_and_not_mended_behind_ones_back(
    sign_in: Callable[[str], Client], project: Project
) -> None:
    text = STATELESS.replace(
        "image: nginx ", "image: nginx\n        resources: {requests: {cpu: 2}, limits: {cpu: 1}} "
    )
    wizard = Wizard(sign_in("olive"), project.name).start("stateless")
    wizard.open("yaml").submit("form", text=text)
    wizard.open("pod")
    assert "The request is more than the limit." in wizard.text, "remarked"
    assert wizard.problems() == []
    for _step in range(3):
        wizard.submit()
    wizard.open("basic").submit()
    wizard.open("review")
    assert Draft.objects.get().text == text
    assert "Refused" in wizard.text


def test_a_risky_address_is_warned_of_at_the_review(sign_in: Callable[[str], Client], project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("external").submit(name="away")
    wizard.submit(external_name="db.kube-system.svc.cluster.local")
    assert wizard.step == "review", wizard.problems()
    assert "This points into namespace kube-system" in wizard.text


def test_the_difference_from_the_draft_is_shown_before_it_is_saved(
    sign_in: Callable[[str], Client], project: Project
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml").submit("save", text=STATELESS)
    typed = STATELESS.replace("port: 80}]\n", "port: 8080}]\n").replace("image: nginx ", "image: <b>nginx</b> ")
    wizard.submit("diff", text=typed)
    assert "Compare</h2>" in wizard.text
    assert wizard.form()["text"] == [typed]
    assert "&lt;b&gt;nginx&lt;/b&gt;" in wizard.text
    assert wizard.text.count('<tr class="gone">') == wizard.text.count('<tr class="new">') == 2
    assert Draft.objects.get(id=wizard.draft).text == STATELESS, "nothing is saved by looking"
    assert wizard.open("yaml").form()["text"] == [typed], "nor lost by leaving"
    wizard.submit("diff", text=typed + "  broken: [\n")
    assert "Compare</h2>" in wizard.text
    assert "problem" in wizard.text
    wizard.submit("diff", text=STATELESS)
    assert "No changes since you last pressed Save." in wizard.text


def test_whoever_saves_over_another_tab_sees_the_difference(sign_in: Callable[[str], Client], project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    data = wizard.form()
    wizard.submit("save", text=STATELESS)
    wizard.page = wizard.client.post(wizard.path, {**data, "text": STATELESS + "# mine\n", "do": "save"})
    assert wizard.page.status_code == 409
    assert "Compare</h2>" in wizard.text
    assert "# mine" in wizard.text


def many_containers(number: int) -> str:
    containers = "".join(
        f"      - {{name: c{at}, image: nginx, ports: [{{containerPort: {at + 1}}}]}}\n" for at in range(number)
    )
    first, rest = STATELESS.split("      - name: my-nginx\n", 1)
    return f"{first}{containers}      - name: my-nginx\n{rest}"


def test_a_step_that_is_too_large_for_a_form_is_kept_as_it_is(
    sign_in: Callable[[str], Client], project: Project, cluster: Cluster
) -> None:
    text = many_containers(500)
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    wizard.open("yaml").submit("form", text=text)
    for step in ("pod", "storage", "advanced"):
        wizard.open(step)
        assert len(wizard.text) < 150_000
        if step != "advanced":
            assert "more fields than the form can show" in wizard.text
            wizard.submit()
    assert Draft.objects.get(id=wizard.draft).text == text
    wizard.open("pod").submit("yaml")
    assert wizard.step == "yaml"
    assert wizard.form()["text"] == [text]


def test_rows_are_added_only_as_far_as_a_post_can_bring_them(
    sign_in: Callable[[str], Client], project: Project
) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")
    data = wizard.form()
    rows = {
        f"containers-0-args-{at}-{name}": [value]
        for at in range(1490)
        for name, value in (("there", "1"), ("value", "x"))
    }
    wizard.page = wizard.client.post(wizard.path, {**data, **rows, "do": "add:containers-0-args"})
    assert "The form has no room for more rows" in wizard.text
    assert "containers-0-args-1489-value" in wizard.form()
    assert "containers-0-args-1490-value" not in wizard.form()
