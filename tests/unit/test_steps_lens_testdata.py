"""Other people's manifests: the fully populated objects of k8s.io/api and files of the Kubernetes sources, read from
the Go module cache. Opened in the form and every step saved unchanged, a document is unchanged; what cannot be read is
refused with its line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.manifests.bundle import WORKLOAD_KINDS, Bundle, kind_of
from services.manifests.rewrite import rewrite
from services.manifests.yamlio import YamlProblem, dump, load
from services.steps.lenses import LENSES
from tests.unit.test_steps_lens_laws import normal

API = "k8s.io/api@v0.37.2"
KUBERNETES = "k8s.io/kubernetes@v1.37.2"
PLACES = ("test/e2e/testing-manifests", "cluster/addons", "hack/testdata", "test/fixtures")
KINDS = ("Service", *WORKLOAD_KINDS)


def _cache() -> Path | None:
    if os.environ.get("GOMODCACHE"):
        return Path(os.environ["GOMODCACHE"])
    go = shutil.which("go")
    if go is None:
        return None
    return Path(subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip())


CACHE = _cache()


def module_files(module: str, *places: str) -> list[Path]:
    if CACHE is None or not (CACHE / module).is_dir():
        missing = f"{module} is not in the Go module cache (make testdata fills it)"
        pytest.fail(missing) if os.environ.get("BERTH_TESTDATA") == "required" else pytest.skip(missing)
    files = [
        path
        for place in places
        for path in (CACHE / module / place).rglob("*")
        if path.suffix in (".yaml", ".yml", ".json")
    ]
    return sorted(files)


def _loaded(text: str) -> Bundle | None:
    try:
        return Bundle(load(text))
    except YamlProblem as problem:
        return None if 1 <= problem.line <= text.count("\n") + 1 else pytest.fail(f"no such line: {problem}")


def _unchanged(text: str, bundle: Bundle) -> None:
    for name, lens in LENSES.items():
        values = lens.read(bundle)
        written = lens.write(bundle, values)
        assert written.documents == bundle.documents, name
        assert rewrite(text, bundle, written) == text
        lens.unseen(bundle)


def _typed_is_seen(path: Path, bundle: Bundle, other: Bundle) -> None:
    """The second law: what the other documents have, typed into the steps of these, is what they show then."""
    before = dump(bundle.documents)
    for name, lens in LENSES.items():
        values = normal(name, bundle, lens.read(other))
        written = lens.write(bundle, values)
        assert lens.read(written) == values, (path, name)
        assert lens.write(written, values) == written, (path, name)
        assert dump(bundle.documents) == before, (path, name)


def _of_our_kinds(bundle: Bundle) -> bool:
    return bundle.service is not None or bundle.workload is not None


def test_what_is_typed_into_a_fully_populated_object_is_what_is_seen() -> None:
    bundles = [
        (path, Bundle(load(path.read_text()))) for path in module_files(API, "testdata/HEAD") if path.suffix == ".yaml"
    ]
    bundles = [(path, bundle) for path, bundle in bundles if _of_our_kinds(bundle)]
    for (path, bundle), *others in zip(bundles, bundles[1:] + bundles[:1], bundles[2:] + bundles[:2], strict=True):
        for _, other in others:
            _typed_is_seen(path, bundle, other)
    assert len(bundles) >= len(KINDS)


def test_what_is_typed_into_a_manifest_of_the_kubernetes_sources_is_what_is_seen() -> None:
    read = ((path, _loaded(path.read_bytes().decode("utf-8", "replace"))) for path in module_files(KUBERNETES, *PLACES))
    bundles = [(path, bundle) for path, bundle in read if bundle is not None and _of_our_kinds(bundle)]
    for (path, bundle), (_, other) in zip(bundles, [*bundles[1:], bundles[0]], strict=True):
        _typed_is_seen(path, bundle, other)
        _typed_is_seen(path, bundle, bundle)
    assert len(bundles) >= 100


def test_fully_populated_objects_survive_every_step() -> None:
    seen = set()
    for path in module_files(API, "testdata/HEAD"):
        if path.suffix != ".yaml":
            continue
        text = path.read_text()
        bundle = Bundle(load(text))
        assert load(dump(bundle.documents)) == bundle.documents
        _unchanged(text, bundle)
        seen.add(kind_of(bundle.documents[0]))
    assert seen >= {*KINDS, "Pod", "ConfigMap", "Ingress"}


def test_what_the_form_cannot_show_of_a_fully_populated_object_is_named() -> None:
    files = {path.name: path for path in module_files(API, "testdata/HEAD")}
    bundle = Bundle(load(files["apps.v1.Deployment.yaml"].read_text()))
    named = {note.path for note in LENSES["pod"].unseen(bundle)}
    assert "spec.template.spec.containers[0].stdin" in named
    assert "spec.template.spec.ephemeralContainers" in named
    assert "spec.template.spec.containers[0].image" not in named


def test_the_manifests_of_the_kubernetes_sources_survive_every_step() -> None:
    opened = refused = 0
    for path in module_files(KUBERNETES, *PLACES):
        text = path.read_bytes().decode("utf-8", "replace")
        if not any(f"kind: {kind}" in text or f'"kind": "{kind}"' in text for kind in KINDS):
            continue
        bundle = _loaded(text)
        if bundle is None:
            refused += 1
            continue
        _unchanged(text, bundle)
        for document in bundle.documents:
            _unchanged(dump([document]), Bundle((document,)))
        opened += 1
    assert opened >= 100
    assert refused <= opened // 10
