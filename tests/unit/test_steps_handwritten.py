"""Hand-written documents through the pages as a browser has them: each step saved as it is opened changes no byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context
from django.template.loader import get_template
from django.template.loader_tags import BlockNode
from django.utils.datastructures import MultiValueDict
from hypothesis import HealthCheck, given, settings

from services.manifests.allowed import ALLOWED_KINDS, bundle_problems
from services.manifests.bundle import Bundle, kind_of, name_of
from services.manifests.rewrite import rewrite
from services.manifests.risks import risks
from services.manifests.starters import starter
from services.manifests.tree import get
from services.manifests.yamlio import dump, load
from services.steps.input_names import with_units
from services.steps.lenses.basic import BasicLens
from services.steps.providers import offered
from services.steps.renames import follow
from services.steps.step import Step, form_context, opened, posted, steps_of, written
from services.steps.stepform import StepForm
from services.yaml_editor.text import check
from tests.unit.manifests_strategies import DOCUMENTS
from tests.unit.test_steps_lens_testdata import API, KUBERNETES, PLACES, _loaded, module_files
from tests.web.creating import controls, line_ends

SOME = settings(max_examples=50, suppress_health_check=list(HealthCheck))


def type_of(bundle: Bundle) -> str:
    """The way through the dialog that shows most of the documents."""
    if bundle.workload is not None:
        return "stateful" if kind_of(bundle.workload) == "StatefulSet" else "stateless"
    return "external" if get(bundle.service, ("spec", "type")) == "ExternalName" else "workload"


def page(step: Step, form: StepForm, type_: str, bundle: Bundle) -> str:
    """The fields of the step as its page has them."""
    template = get_template(f"services/steps/{step.name}.html").template  # type: ignore[attr-defined]
    block = next(node for node in template.nodelist.get_nodes_by_type(BlockNode) if node.name == "fields")
    known = {"form": form, "project": "demo", "draft": SimpleNamespace(type=type_), "providers": offered({})}
    known["request"] = SimpleNamespace(path="/")
    context = Context({**known, "has_workload": bundle.workload is not None})
    with context.bind_template(template):
        return f'<form id="step">{block.render(context)}</form>'


def saved_unchanged(step: Step, bundle: Bundle, text: str, type_: str) -> tuple[str, list[str]]:
    """The text after the step was opened and saved as it is; or what it was refused for."""
    around = form_context(type_, "demo", bundle, step)
    html = page(step, opened(step, around, fresh=False), type_, bundle)
    form = posted(step, MultiValueDict(with_units(line_ends(controls(html)))), around)
    if not form.is_valid():
        return text, [f"{problem.id} {problem.sentence}" for problem in form.problems()]
    return rewrite(text, bundle, written(step, bundle, form)), []


def walked(text: str, bundle: Bundle, type_: str = "") -> list[str]:
    """All steps of a type over a text that each must leave alone; returns what was refused."""
    refused = []
    for step in steps_of(type_ or type_of(bundle)):
        after, problems = saved_unchanged(step, bundle, text, type_ or type_of(bundle))
        assert after == text, step.name
        refused += [f"{step.name}: {problem}" for problem in problems]
    return refused


def editable(path: Path) -> Iterator[tuple[str, Bundle]]:
    """A file, and each of its documents alone, as far as they may be created and have something to edit."""
    text = path.read_bytes().decode("utf-8", "replace")
    whole = _loaded(text)
    if whole is None:
        return
    for part, bundle in ((text, whole), *((dump([document]), Bundle((document,))) for document in whole.documents)):
        if bundle.service is None and bundle.workload is None:
            continue
        own = get(bundle.service or bundle.workload, ("metadata", "namespace"))
        if not list(bundle_problems(bundle.documents, own if isinstance(own, str) else "demo")):
            yield part, bundle


def refusal(path: Path) -> list[str]:
    """What the editor says is wrong with a file; each problem has a place in its text."""
    text = path.read_bytes().decode("utf-8", "replace")
    whole = _loaded(text)
    own = get(whole.documents[0], ("metadata", "namespace")) if whole and whole.documents else None
    documents, wrong = check(text, own if isinstance(own, str) else "demo")
    lines = text.split("\n")
    for problem in wrong:
        assert 1 <= problem.line <= len(lines), (path, problem)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, (path, problem)
    assert wrong or documents, path
    return [problem.sentence for problem in wrong]


def test_every_manifest_of_the_kubernetes_sources_goes_through_the_form_or_is_refused() -> None:
    """What may be created goes through, whole or each document alone; whatever else there is is refused."""
    seen = refused = unread = 0
    for path in module_files(KUBERNETES, *PLACES):
        parts = list(editable(path))
        for text, bundle in parts:
            assert walked(text, bundle) == [], path
            seen += 1
        whole = _loaded(path.read_bytes().decode("utf-8", "replace"))
        if whole is None or ((whole.service is not None or whole.workload is not None) and not parts):
            assert refusal(path), path
            unread += whole is None
            refused += 1
        elif not parts:  # of kinds that no form has: refused, but for those that may stand beside a Service
            kinds = {kind_of(document) for document in whole.documents}
            assert refusal(path) or kinds <= set(ALLOWED_KINDS), path
            refused += 1
    assert seen >= 100
    assert refused >= 33
    assert unread >= 3


def test_fully_populated_objects_are_left_alone_by_the_form() -> None:
    """Their values are names of fields, so a cluster would refuse them; a required one that is missing is said."""
    seen = 0
    for path in module_files(API, "testdata/HEAD"):
        if path.suffix == ".yaml" and path.stem.endswith(("Service", "Deployment", "StatefulSet", "DaemonSet")):
            text = path.read_text()
            refused = walked(text, Bundle(load(text)))
            assert [problem for problem in refused if "Enter a size" not in problem] == [], path
            seen += 1
    assert seen >= 4


@SOME
@given(documents=DOCUMENTS)
def test_generated_documents(documents: tuple[dict[str, Any], ...]) -> None:
    text = dump(documents)
    bundle = Bundle(load(text))
    for type_ in ("stateless", "workload"):
        walked(text, bundle, type_)


SCRIPT = """# ours
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node-cache
  annotations: {example.com/note: "two\\nlines"}
spec:
  selector: {matchLabels: {k8s-app: node-cache}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}
  template:
    metadata: {labels: {k8s-app: node-cache, version: v0.3.4}}
    spec:
      initContainers:
      - name: proxy
        image: envoy
        restartPolicy: Always
        readinessProbe: {httpGet: {port: 9901}}
        ports: [{containerPort: 9901}]
      containers:
      - name: cache
        image: cache
        args:
        - |
          set -e
          exec cache
        env: [{name: NOTE, value: " spaces "}]
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]
        resources: {requests: {cpu: 2}, limits: {cpu: 1}}
        securityContext: {seccompProfile: {type: Exotic}}
        volumeMounts: [{name: config, mountPath: etc, readOnly: false}]
      volumes: [{name: config, configMap: {name: Odd_Name}}]
---
apiVersion: v1
kind: Service
metadata: {name: node-cache}
spec: {ports: [{port: 53}]}
"""


def test_what_the_rules_of_the_form_dislike_stays_and_is_remarked() -> None:
    bundle = Bundle(load(SCRIPT))
    assert walked(SCRIPT, bundle) == []
    assert walked(SCRIPT, bundle, "workload") == []
    pod = next(step for step in steps_of("stateless") if step.name == "pod")
    around = form_context("stateless", "demo", bundle, pod)
    html = page(pod, opened(pod, around, fresh=False), "stateless", bundle)
    data = MultiValueDict(line_ends(controls(html)))
    remarks = [remark.sentence for remark in posted(pod, data, around).remarked()]
    assert any("more than the limit" in remark for remark in remarks), remarks
    data["containers-0-cpu_request"] = "3"
    changed = posted(pod, data, around)
    assert any("more than the limit" in problem.sentence for problem in changed.problems()), "what is typed is judged"


def test_a_new_port_gets_a_name_and_an_old_one_keeps_none() -> None:
    bundle = Bundle(load(SCRIPT))
    pod = next(step for step in steps_of("stateless") if step.name == "pod")
    around = form_context("stateless", "demo", bundle, pod)
    data = MultiValueDict(controls(page(pod, opened(pod, around, fresh=False), "stateless", bundle)))
    data.update({"containers-0-ports-2-there": "1", "containers-0-ports-2-protocol": "TCP"})
    data["containers-0-ports-2-container_port"] = "9153"
    form = posted(pod, data, around)
    assert form.is_valid(), form.problems()
    workload = written(pod, bundle, form).workload
    assert workload is not None
    ports = workload["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [port.get("name") for port in ports] == [None, None, "tcp-9153"]


BESIDE = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web-v1}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
  - http: {paths: [{path: /o, pathType: Prefix, backend: {service: {name: other, port: {number: 80}}}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-v1, labels: {app: web, version: v1}}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
"""


def test_a_new_name_reaches_autoscaler_and_ingress() -> None:
    lens, bundle = BasicLens(), Bundle(load(BESIDE))
    renamed = follow(bundle, lens.write(bundle, {**lens.read(bundle), "name": "shop", "version": "v2"}))
    scaler, ingress, workload, service = renamed.documents
    assert (name_of(workload), name_of(service)) == ("shop-v2", "shop")
    assert scaler["spec"]["scaleTargetRef"]["name"] == "shop-v2"
    assert ingress["spec"]["defaultBackend"]["service"] == {"name": "shop", "port": {"number": 80}}
    backends = [rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in ingress["spec"]["rules"]]
    assert backends == ["shop", "other"]
    assert (name_of(scaler), name_of(ingress)) == ("web", "web"), "their own names are theirs"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("db.other.svc.cluster.local", "namespace other"),
        ("db.other.svc", "namespace other"),
        ("pod-0.db.kube-system.svc.cluster.local.", "namespace kube-system"),
        ("localhost", "to itself"),
        ("metadata.google.internal", "metadata service of the cloud"),
        ("169.254.169.254.nip.io", "metadata service of the cloud"),
        ("db.demo.svc.cluster.local", ""),
        ("api.example.com", ""),
        ("svc.example.com", ""),
    ],
)
def test_names_that_lead_astray(target: str, words: str) -> None:
    service = {"kind": "Service", "spec": {"type": "ExternalName", "externalName": target}}
    sentences = [sentence for _path, sentence in risks(service, "demo")]
    assert len(sentences) == bool(words)
    assert all(words in sentence for sentence in sentences)


def test_external_addresses_are_refused() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"externalIPs": ["1.1.1.1"]}}
    assert [path for _at, path, _said in bundle_problems((service,), "demo")] == [("spec", "externalIPs")]


def as_made(node: type[StepForm]) -> Iterator[object]:
    """What forms are made from: what one of them changes must be its own."""
    for own in node.base_fields.values():
        shared = {key: list(value) if isinstance(value, list) else value for key, value in vars(own).items()}
        yield shared | {"attrs": dict(own.widget.attrs), "choices": list(getattr(own.widget, "choices", ()))}
    for below in (*node.groups.values(), *(rows.form for rows in node.lists.values())):
        yield from as_made(below)


def test_no_form_leaves_anything_behind_for_the_next() -> None:
    """Blank, filled and wrong ones, one after the other and the other way round."""

    def shown(type_: str, text: str, name: str, wrong: bool) -> str:
        bundle = Bundle(load(text))
        step = next(candidate for candidate in steps_of(type_) if candidate.name == name)
        around = form_context(type_, "demo", bundle, step)
        form = opened(step, around, fresh=True)
        if wrong:
            typed = {name: [f"<{values[0]}&" if values else "&"] for name, values in form.typed.lists()}
            form = posted(step, MultiValueDict(typed), around)
            form.is_valid()
        return page(step, form, type_, bundle)

    starters = [(type_, dump(starter(type_, "demo").documents)) for type_ in ("stateless", "stateful", "workload")]
    ways = [
        (type_, text, step.name, wrong)
        for type_, text in [*starters, ("stateless", SCRIPT), ("workload", SCRIPT), ("external", dump([]))]
        for step in steps_of(type_)
        for wrong in (False, True)
    ]
    before = [made for step in steps_of("stateless") + steps_of("workload") for made in as_made(step.form)]
    first = [shown(*way) for way in ways]
    assert [shown(*way) for way in ways] == first
    assert [shown(*way) for way in reversed(ways)] == first[::-1]
    assert before == [made for step in steps_of("stateless") + steps_of("workload") for made in as_made(step.form)]


def test_a_field_with_a_fold_is_on_the_page_of_its_step_without_a_template_naming_it() -> None:
    bundle = starter("stateless", "demo")
    pod = next(step for step in steps_of("stateless") if step.name == "pod")
    html = page(pod, opened(pod, form_context("stateless", "demo", bundle, pod), fresh=False), "stateless", bundle)
    assert '<details class="fold" id="fold_priority_class">' in html
    assert 'name="priority_class"' in html
    assert not any("priority_class" in path.read_text() for path in Path("templates").rglob("*.html"))
