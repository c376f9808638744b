"""The forms of the steps keep the laws of their lenses: opened and saved unchanged, the documents are unchanged."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.manifests.bundle import Bundle
from services.manifests.starters import starter
from services.manifests.tree import get
from services.manifests.yamlio import load
from services.steps.input_names import indices
from services.steps.row_buttons import act
from services.steps.step import Step, form_context, posted, steps_of, written
from services.steps.stepform import typed_from
from tests.unit.manifests_strategies import DOCUMENTS
from tests.unit.test_steps_lens_testdata import API, KINDS, KUBERNETES, PLACES, _loaded, _of_our_kinds, module_files

EVERY = {step.name: step for type_ in ("stateless", "workload", "external") for step in steps_of(type_)}
LAWS = settings(max_examples=100, suppress_health_check=list(HealthCheck))


def saved_unchanged(step: Step, bundle: Bundle, type_: str = "stateless") -> str:
    """Open the step and save it as it is: "" if the documents are the same, else what became of them, or "refused"."""
    around = form_context(type_, "demo", bundle, step)
    form = posted(step, typed_from(step.form, step.lens.read(bundle)), around)
    if not form.is_valid():
        return "refused: " + "; ".join(f"{problem.id} {problem.sentence}" for problem in form.problems())
    again = written(step, bundle, form)
    if again.documents == bundle.documents:
        return ""
    return "\n".join(differences(step.lens.read(bundle), form.values())) or "the same values, other documents"


def differences(read: Any, given_back: Any, path: str = "") -> Iterator[str]:
    """Where two values differ."""
    if isinstance(read, dict) and isinstance(given_back, dict) and read.keys() == given_back.keys():
        for key in read:
            yield from differences(read[key], given_back[key], f"{path}-{key}")
    elif isinstance(read, list) and isinstance(given_back, list) and len(read) == len(given_back):
        for at, (value, other) in enumerate(zip(read, given_back, strict=True)):
            yield from differences(value, other, f"{path}-{at}")
    elif read != given_back:
        yield f"{path}: {read!r} became {given_back!r}"


@LAWS
@given(documents=DOCUMENTS)
@pytest.mark.parametrize("name", sorted(EVERY))
def test_generated(name: str, documents: tuple[dict[str, object], ...]) -> None:
    outcome = saved_unchanged(EVERY[name], Bundle(tuple(documents)))
    assert not outcome or outcome.startswith("refused"), outcome


WHOLE = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-v1
  namespace: demo
  labels: {app: web, version: v1}
  annotations: {example.com/owner: shop}
spec:
  replicas: 2
  minReadySeconds: 5
  selector: {matchLabels: {app: web, version: v1}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 25%}}
  template:
    metadata:
      labels: {app: web, version: v1}
    spec:
      terminationGracePeriodSeconds: 10
      securityContext: {fsGroup: 2000, runAsNonRoot: true}
      tolerations: [{key: batch, operator: Exists, effect: NoSchedule}]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector: {matchLabels: {app: web}}
            topologyKey: topology.kubernetes.io/zone
      volumes:
      - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
      - {name: settings, configMap: {name: settings, items: [{key: a, path: b/c}]}}
      - {name: odd, nfs: {server: nfs.example.com, path: /}}
      initContainers:
      - {name: prepare, image: busybox, volumeMounts: [{name: scratch, mountPath: /work}]}
      containers:
      - name: web
        image: nginx:1.27
        imagePullPolicy: IfNotPresent
        command: ["/bin/sh", "-c"]
        args: ["echo a, b; exec nginx", "", " two "]
        stdin: true
        env:
        - {name: MODE, value: fast}
        - {name: EMPTY}
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: t, key: k, optional: false}}}
        envFrom: [{configMapRef: {name: settings}}]
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi, example.com/gpu: 1}}
        ports:
        - {name: http, containerPort: 8080, protocol: TCP}
        - {name: metrics, containerPort: 9090, hostPort: 9090}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
        livenessProbe: {tcpSocket: {port: 8080, host: localhost}}
        lifecycle: {preStop: {sleep: {seconds: 3}}}
        securityContext: {runAsUser: 1000, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
        volumeMounts:
        - {name: scratch, mountPath: /tmp}
        - {name: scratch, mountPath: /var/tmp, subPath: var}
        - {name: settings, mountPath: /etc/web, readOnly: true}
        - {name: odd, mountPath: /odd}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  labels: {app: web, version: v1}
  annotations: {kubesphere.io/serviceType: statelessservice, kubesphere.io/alias-name: Web}
spec:
  type: NodePort
  selector: {app: web}
  sessionAffinity: ClientIP
  ports:
  - {name: http, port: 80, targetPort: 8080, nodePort: 30080}
  - {name: odd, port: 81, targetPort: other}
"""


@pytest.mark.parametrize("name", ["basic", "pod", "storage", "advanced", "service"])
def test_a_whole_one_is_accepted_and_unchanged(name: str) -> None:
    assert saved_unchanged(EVERY[name], Bundle(load(WHOLE))) == ""


def test_other_peoples_manifests() -> None:
    """Of what the forms accept nothing changes; what they refuse stays as it is, and is said."""
    accepted = 0
    named = [path for path in module_files(API, "testdata") if any(f".{kind}." in path.name for kind in KINDS)]
    for path in [*named, *module_files(KUBERNETES, *PLACES)]:
        bundle = _loaded(path.read_text())
        if bundle is None or not _of_our_kinds(bundle):
            continue  # no step has anything of it: nobody gets there
        for step in EVERY.values():
            outcome = saved_unchanged(step, bundle)
            assert not outcome or outcome.startswith("refused"), f"{path} {step.name}\n{outcome}"
            accepted += not outcome
    assert accepted > 100


@pytest.mark.parametrize("type_", ["stateless", "stateful", "external", "workload"])
def test_a_new_draft_changes_by_nothing_but_typing(type_: str) -> None:
    bundle = starter(type_, "demo")
    for step in steps_of(type_):
        outcome = saved_unchanged(step, bundle, type_)
        assert not outcome or outcome.startswith("refused"), outcome


def test_rows_are_renumbered_when_one_goes() -> None:
    pod = EVERY["pod"]
    typed = typed_from(pod.form, pod.lens.read(Bundle(load(WHOLE))))
    names = [typed[f"containers-0-env-{at}-name"] for at in indices(typed, "containers-0-env")]
    act(pod.form, typed, "drop:containers-0-env-1")
    left = [typed[f"containers-0-env-{at}-name"] for at in indices(typed, "containers-0-env")]
    assert left == [names[0], *names[2:]]
    assert indices(typed, "containers-0-env") == [str(at) for at in range(len(left))]


@pytest.mark.parametrize(
    "do", ["add:nowhere", "drop:containers-x", "drop:replicas", "on:containers", "add:", "::", "pin:"]
)
def test_a_button_that_does_not_exist_does_nothing(do: str) -> None:
    pod = EVERY["pod"]
    typed = typed_from(pod.form, pod.lens.read(starter("stateless", "demo")))
    before = dict(typed.lists())
    act(pod.form, typed, do)
    assert dict(typed.lists()) == before


def test_adding_and_dropping_at_random_never_breaks_the_form() -> None:
    pod, random = EVERY["pod"], Random(7)
    bundle = Bundle(load(WHOLE))
    typed = typed_from(pod.form, pod.lens.read(bundle))
    around = form_context("stateless", "demo", bundle, pod)
    paths = [
        "containers",
        "containers-0-ports",
        "containers-1-env",
        "scheduling-rules",
        "containers-0-liveness-command",
    ]
    added = dropped = 0
    for _turn in range(60):
        path = random.choice(paths)
        before = indices(typed, path)
        at = random.choice(before or ["0"])
        verb = random.choice([f"add:{path}", f"drop:{path}-{at}"])
        others = {other: indices(typed, other) for other in paths if not other.startswith(path)}
        focus = act(pod.form, typed, verb)
        after = indices(typed, path)
        assert after == [str(number) for number in range(len(after))], "rows are numbered without a gap"
        assert len(after) - len(before) == (bool(focus) if verb.startswith("add") else -(at in before)), verb
        assert {other: indices(typed, other) for other in others} == others
        added, dropped = added + (len(after) > len(before)), dropped + (len(after) < len(before))
        form = posted(pod, typed, around)
        form.is_valid()
        values = form.values()
        assert len(values["containers"]) == len(indices(typed, "containers"))
    assert min(added, dropped) > 10, "it did add, and drop"


def test_a_declared_field_is_in_the_lens_the_form_and_the_page() -> None:
    """Each follows from the one declaration of `priority_class`; what is wrong is said at it, in its open fold."""
    pod, bundle = EVERY["pod"], Bundle(load(WHOLE))
    around = form_context("stateless", "demo", bundle, pod)
    typed = typed_from(pod.form, {**pod.lens.read(bundle), "priority_class": "high"})
    form = posted(pod, typed, around)
    assert form.is_valid()
    workload = written(pod, bundle, form).workload
    assert get(workload, ("spec", "template", "spec", "priorityClassName")) == "high"
    folds = {field.name: (fold, field) for fold, field in form.alone()}
    fold, field = folds["priority_class"]
    assert (str(fold.title), fold.now, fold.open) == ("Pod Priority", "high", False)
    assert 'id="id_priority_class_helptext"' in field.as_field_group()
    typed["priority_class"] = "Not a name"
    wrong = posted(pod, typed, around)
    assert [(problem.id, problem.label) for problem in wrong.problems()] == [("id_priority_class", "Priority class")]
    assert next(fold.open for fold, field in wrong.alone() if field.name == "priority_class")
