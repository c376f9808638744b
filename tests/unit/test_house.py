"""The house keeps its rules: who may import whom, and that the checks for it can fail."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django import forms

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = {"service/", "services/", "var/pictures/"}
OTHERS_NAMES = {"PermissionsMixin"}  # of Django, which we do without
PRONOUNS = {"one", "each", "found", "given", "here", "there", "it"}
LINT = Path(sys.executable).with_name("lint-imports")

PLANTED = [
    pytest.param("console/kube/store.py", "import django.http", id="kube-knows-no-django"),
    pytest.param("console/kube/gateway.py", "import kubernetes", id="only-transport-and-config-import-kubernetes"),
    pytest.param("console/kube/errors.py", "import console.kube.hub", id="kube-points-down"),
    pytest.param("services/manifests/names.py", "import console.kube.kinds", id="manifests-are-pure"),
    pytest.param("services/manifests/names.py", "import services.steps.step", id="manifests-below-steps"),
    pytest.param("services/manifests/names.py", "import services.words", id="manifests-know-no-words"),
    pytest.param("services/steps/lenses/pod.py", "import django.forms", id="lenses-are-pure"),
    pytest.param("services/steps/renames.py", "import console.kube.kinds", id="renames-are-pure"),
    pytest.param("services/steps/stepform.py", "import services.create.verbs.drafts", id="steps-know-no-drafts"),
    pytest.param("services/steps/stepform.py", "import services.changes.replace", id="steps-below-changes"),
    pytest.param("services/steps/stepform.py", "import services.browse.present.rows", id="steps-below-browse"),
    pytest.param("services/steps/stepform.py", "import services.yaml_editor.text", id="steps-and-editor-apart"),
    pytest.param("services/steps/lenses/pod.py", "import services.steps.stepform", id="lenses-below-forms"),
    pytest.param("services/yaml_editor/stored.py", "import services.changes.replace", id="editor-below-changes"),
    pytest.param("services/changes/replace.py", "import services.edit.verbs.recreate", id="changes-below-edit"),
    pytest.param("services/yaml_editor/text.py", "import services.yaml_editor.views", id="editor-texts-know-no-views"),
    pytest.param("services/words.py", "import services.steps.inputs", id="words-below-steps"),
    pytest.param("services/models.py", "import services.create.verbs.drafts", id="models-below-verbs"),
    pytest.param(
        "services/browse/views/listing.py", "import services.create.verbs.drafts", id="browse-knows-no-create"
    ),
    pytest.param("services/browse/views/details.py", "import services.edit.present.effects", id="browse-knows-no-edit"),
    pytest.param("services/create/verbs/drafts.py", "import services.browse.present.rows", id="create-knows-no-browse"),
    pytest.param("services/create/views/step.py", "import services.edit.verbs.recreate", id="create-knows-no-edit"),
    pytest.param("services/edit/views/delete.py", "import services.browse.views.listing", id="edit-knows-no-browse"),
    pytest.param("services/edit/verbs/recreate.py", "import services.create.verbs.attempts", id="edit-knows-no-create"),
    pytest.param("services/browse/present/rows.py", "import services.workloads.urls", id="browse-knows-no-workloads"),
    pytest.param("services/edit/present/reading.py", "import services.workloads.urls", id="edit-knows-no-workloads"),
    pytest.param("services/workloads/urls.py", "import services.browse.present.rows", id="workloads-know-no-browse"),
    pytest.param("services/browse/views/listing.py", "import services.search.urls", id="browse-below-the-search"),
    pytest.param("services/shown/status.py", "import services.browse.present.rows", id="what-pages-share-below-them"),
    pytest.param("services/create/verbs/attempts.py", "import services.create.views.review", id="verbs-know-no-views"),
    pytest.param(
        "services/create/verbs/attempts.py", "import services.create.present.verdicts", id="verbs-present-not"
    ),
    pytest.param(
        "services/create/present/dialog.py", "import services.create.verbs.drafts", id="presenters-do-nothing"
    ),
    pytest.param(
        "services/browse/present/rows.py", "import services.browse.views.listing", id="presenters-below-views"
    ),
    pytest.param("services/edit/views/yaml.py", "import services.edit.urls", id="views-below-urls"),
    pytest.param("services/edit/verbs/recreate.py", "import accounts.models", id="accounts-through-its-doors"),
    pytest.param("console/web/htmx.py", "import services.words", id="the-web-library-knows-no-app"),
    pytest.param("console/web/htmx.py", "import accounts.scope", id="the-web-library-knows-no-accounts"),
    pytest.param("accounts/domain/provisioning.py", "import django.conf", id="provisioning-is-pure"),
    pytest.param("console/simcluster/objects.py", "import console.kube.kinds", id="the-embedded-cluster-apart"),
    pytest.param("services/urls.py", "import console.wiring", id="services-below-the-composition-root"),
    pytest.param("services/create/verbs/drafts.py", "import accounts.forms", id="accounts-forms-stay-inside"),
    pytest.param(
        "services/browse/views/attention.py", "import accounts.domain.reach", id="accounts-domain-stays-inside"
    ),
    pytest.param("services/browse/views/listing.py", "import services.browse.urls", id="browse-views-below-urls"),
    pytest.param("services/create/views/drafts.py", "import services.create.urls", id="create-views-below-urls"),
    pytest.param("services/yaml_editor/checking.py", "import services.create.present.dialog", id="editor-below-create"),
    pytest.param("accounts/roles.py", "import django.db", id="roles-are-pure"),
    pytest.param("accounts/models/people.py", "import services.models", id="accounts-below-services"),
    pytest.param("console/middleware.py", "import console.simcluster", id="only-wiring-knows-the-embedded-cluster"),
]


WITHOUT_A_PLACE = [
    "services",
    "services/browse",
    "services/create",
    "services/edit",
    "services/search",
    "services/workloads",
    "services/changes",
    "services/yaml_editor",
]


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=where, capture_output=True, text=True, check=False)


def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house without its furniture."""
    to = tmp_path_factory.mktemp("house")
    for name in ("console", "accounts", "services"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def test_the_contracts_hold(tmp_path_factory: pytest.TempPathFactory) -> None:
    ran = lint(empty_house(tmp_path_factory))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a house with every violation in it at once: a house for each would take minutes."""
    house = empty_house(tmp_path_factory)
    for module, violation in (case.values for case in PLANTED):
        with (house / str(module)).open("a") as file:
            file.write(f"\n{violation}\n")
    for package in WITHOUT_A_PLACE:
        (house / package / "odds.py").touch()
    return lint(house).stdout


@pytest.mark.parametrize(("module", "violation"), PLANTED)
def test_a_planted_violation_is_caught(complaints: str, module: str, violation: str) -> None:
    """By itself, not as a link of a longer chain. Of packages that are not ours only the name is told."""
    importer, imported = module.removesuffix(".py").replace("/", "."), violation.removeprefix("import ")
    names = f"{re.escape(imported)}|{re.escape(imported.partition('.')[0])}"
    direct = rf"^- +{re.escape(importer)} -> ({names}) \(l\.\d+\)\n(?! )"
    assert re.search(direct, complaints, re.M), f"nobody minds {violation!r} in {module}"


@pytest.mark.parametrize("package", WITHOUT_A_PLACE)
def test_a_module_without_a_place_is_caught(complaints: str, package: str) -> None:
    """What stands beside urls, views, verbs and presenters would be held by no contract."""
    assert f"{package.replace('/', '.')}.odds" in complaints


@pytest.mark.parametrize("package", ["services/manifests", "services/steps/lenses"])
def test_pure_packages_import_the_standard_library_and_yaml_only(package: str) -> None:
    """Of the packages of others: lenses also know the manifests they are made of."""
    allowed = {*sys.stdlib_module_names, "yaml", "ruamel"}
    odd = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] not in allowed
        and not name.startswith(("services.manifests", package.replace("/", ".")))
    ]
    assert odd == []


def imported(path: Path) -> list[str]:
    """The modules that a file names in its imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def test_the_docs_name_nothing_that_is_not_there() -> None:
    """What stands in backticks and looks like a file or a folder is one (without a folder, of any folder), what looks
    like a name of the code stands there, and the name beside a file stands in that file."""
    pages = {name: (ROOT / f"docs/{name}.md").read_text() for name in ("architecture", "development", "glossary")}
    text = re.sub(r"```.*?```", "", "\n".join(pages.values()), flags=re.S)
    named = set(re.findall(r"`([\w./-]+(?:\.(?:py|html|css|js|yaml|md)|/))`", text))
    everywhere = [
        path
        for top in ("console", "accounts", "services", "templates", "static", "tests", "deploy")
        for path in (ROOT / top).rglob("*")
        if "__pycache__" not in path.parts
    ]
    files = {path.name for path in everywhere}
    missing = {
        name
        for name in named - ADDRESSES
        if not ((ROOT / name).exists() or ("/" not in name.rstrip("/") and name.rstrip("/") in files))
    }
    code = "\n".join(path.read_text() for path in everywhere if path.suffix in (".py", ".html", ".js", ".yaml"))
    words = set(re.findall(r"\w+", code)) | OTHERS_NAMES
    spans = set(re.findall(r"`([A-Za-z_][\w.]*)(?:\(.*?\))?`", text)) - named
    beside = [
        *re.findall(r"`([\w/]+\.py)` \(`(\w+)`\)", text),
        *((path, name) for name, path in re.findall(r"`(\w+)` in `([\w/]+\.py)`", text)),
    ]
    assert len(named) > 100
    assert missing == set()
    assert {span for span in spans if not words.issuperset(re.findall(r"[A-Za-z_]\w*", span))} == set()
    assert [(path, name) for path, name in beside if not re.search(rf"\b{name}\b", (ROOT / path).read_text())] == []


def test_the_glossary_is_in_order_and_names_what_is_there() -> None:
    """One line a word, by the alphabet; what is named of the code exists."""
    rows = re.findall(r"^\| ([a-z][a-z ]+) \| .* \| (.*) \|$", (ROOT / "docs/glossary.md").read_text(), re.M)
    words = [word for word, _code in rows if word != "word"]
    assert words == sorted(set(words))
    assert 25 <= len(words) <= 40
    paths = {path for _word, code in rows for path in re.findall(r"`([a-z_/]+(?:/|\.py))`", code)}
    assert {path for path in paths if "/" in path.rstrip("/") and not (ROOT / path).exists()} == set()


def test_the_house_is_drawn_whole() -> None:
    """Each package of the console and of services has its line in the drawing of docs/architecture.md."""
    drawn = (ROOT / "docs/architecture.md").read_text().partition("## The house")[2].partition("## Where does")[0]
    packages = {path.parent.name for top in ("console", "services") for path in (ROOT / top).glob("*/__init__.py")} - {
        "management",
        "migrations",
        "templatetags",
    }
    assert [name for name in sorted(packages) if not re.search(rf"^  {name}/ ", drawn, re.M)] == []


def test_nothing_grew_too_large() -> None:
    """A module over 600 lines wants to be two, by noun; below that a story told in one place is the better one."""
    large = [
        f"{path.relative_to(ROOT)}: {lines}"
        for name in ("console", "accounts", "services")
        for path in (ROOT / name).rglob("*.py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 600
    ]
    assert large == []


def test_no_function_is_too_long() -> None:
    """A function over 40 lines tells more than one story."""
    long = [
        f"{path.relative_to(ROOT)}: {node.name}: {lines}"
        for name in ("console", "accounts", "services")
        for path in (ROOT / name).rglob("*.py")
        if not {"migrations", "simcluster"}.intersection(path.parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 40
    ]
    assert long == []


def pronouns(source: str) -> list[str]:
    """Variables and parameters that are named by a pronoun, with their lines."""
    names = [
        (node.lineno, node.id if isinstance(node, ast.Name) else node.arg)
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)) or isinstance(node, ast.arg)
    ]
    return [f"{line}: {name}" for line, name in names if name in PRONOUNS]


def test_variables_say_what_they_hold() -> None:
    """A pronoun as a name sends the reader back to the line where it was bound."""
    assert pronouns("for one in pods: pass\nfound = [each for each in pods]\ndef f(given): pass") == [
        "1: one",
        "2: found",
        "3: given",
        "2: each",
    ]
    named_by_pronouns = [
        f"{path.relative_to(ROOT)}:{name}"
        for top in ("console", "accounts", "services", "tests")
        for path in (ROOT / top).rglob("*.py")
        for name in pronouns(path.read_text())
    ]
    assert named_by_pronouns == []


def test_requests_are_typed() -> None:
    """Views take `accounts.requests.Request`, not Django's own, and no type check of a request is switched off."""
    untyped = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for name in ("console", "accounts", "services")
        for path in (ROOT / name).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "attr-defined" in line or ("HttpRequest" in line and (name == "services" or "views" in path.parts))
    ]
    assert untyped == []


def test_presenters_take_records() -> None:
    """What is read of the store has its type: a wrong name of an attribute would be an empty cell."""
    record = re.compile(r"\b(service|pod|workload|endpoint|event|container)s?: (Any|\w+\[Any\])")
    untyped = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for package in ("browse", "edit", "shown", "steps")
        for path in (ROOT / "services" / package).rglob("*.py")
        for match in record.finditer(path.read_text())
        if "lenses" not in path.parts  # there a workload is a document
    ]
    assert untyped == []


def test_the_forms_of_the_steps_stand_on_what_django_documents() -> None:
    """No private part of its forms is overridden, set or read."""
    private = {"_errors"}.union(*(vars(cls) for cls in (forms.Form, forms.BaseForm, forms.BoundField, forms.Field)))
    words = {name for name in private if re.match(r"_[a-z]", name)}
    used = [
        f"{path.name}: {word}"
        for path in (ROOT / "services/steps").glob("*.py")
        for word in set(re.findall(r"\b_[a-z]\w+", path.read_text())) & words
    ]
    assert used == []


def test_the_embedded_cluster_stays_in_its_budget() -> None:
    """Its budget in docs/architecture.md: what it lacks it refuses, and it does not grow into a second Kubernetes."""
    lines = sum(len(path.read_text().splitlines()) for path in (ROOT / "console/simcluster").rglob("*.py"))
    assert lines <= 6800


def test_templates_carry_no_inline_script_or_style() -> None:
    """The content security policy would block them; this says so before a browser does."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:|hx-on|\|safe\b|autoescape off", re.I
    )
    breaches = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in (ROOT / "templates").rglob("*.html")
        for match in inline.finditer(path.read_text())
    ]
    assert breaches == []


def test_templates_have_no_line_that_is_too_long() -> None:
    """160 characters; Django takes no line break inside of a tag, so a line that is one tag alone may have more."""
    tag = re.compile(r"\s*{%[^%]*%}\\?")
    long = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)}"
        for path in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 160 and not tag.fullmatch(line)
    ]
    assert long == []


def test_tests_of_one_cluster_only_are_listed_with_their_reason() -> None:
    """The table in docs/development.md: every file with such a mark, on the side it runs on, and nothing else."""
    text = (ROOT / "docs/development.md").read_text().partition("Tests that run on one of the two only:")[2]
    rows = [row.split("|") for row in text.strip().splitlines() if row.startswith("|")]
    listed = {(file, row[2].strip()) for row in rows for file in re.findall(r"test_\w+\.py", row[1])}
    marked = {
        (path.name, side)
        for path in (ROOT / "tests").rglob("test_*.py")
        for side in ("embedded", "real")
        if f"mark.{side}_only(" in path.read_text()
    }
    assert listed == marked | {("test_recorded_health.py", "real")}, "what it leaves out there stands in REAL_ONLY"


def test_the_scenarios_that_only_the_real_one_makes_are_counted() -> None:
    """docs/development.md says how many of the recorded ones."""
    recorded = importlib.import_module("tests.kube.test_recorded_health")
    match = re.search(
        r"\| (\d+) of the (\d+) scenarios of `test_recorded_health", (ROOT / "docs/development.md").read_text()
    )
    assert match
    assert tuple(map(int, match.groups())) == (len(recorded.REAL_ONLY), len(recorded.SCENARIOS))
    assert set(recorded.SCENARIOS) >= recorded.REAL_ONLY
