"""Fixtures for all tests. `pytest --cluster embedded|real`; `--kubeconfig FILE` uses a real one that runs already."""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.admin import Refused, write_kubeconfig
from tests.clusters import ASSETS, Cluster, eventually, is_quiet, start_embedded, start_real
from tests.faults import Proxy

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Project
    from tests.browsers import Console, Desk
    from tests.people import People

# The same examples in each run: a change is judged by what it changed. `--hypothesis-profile explore` looks further.
# No deadlines: a machine that others share is slow at times, and that is no failure.
hypothesis.settings.register_profile("berth", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", derandomize=False, deadline=None)
hypothesis.settings.load_profile("berth")

NEEDS_CLUSTER = ("tests/kube", "tests/web", "tests/browser")
# Others are of a console that runs here.
OF_TESTS = (
    "BERTH_CONTROLPLANE_CACHE",
    "BERTH_DATABASE_URL",
    "BERTH_RESTORE_ROUNDS",
    "BERTH_RESTORE_SEED",
    "BERTH_TESTDATA",
    "BERTH_WRITER_ROUNDS",
)
_state: dict[str, Any] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("berth")
    group.addoption(
        "--cluster", choices=["embedded", "real"], default="embedded", help="which cluster the tests run on"
    )
    group.addoption(
        "--kubeconfig", help="with --cluster real: one that runs already (contexts: administrator, and `console`)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before Django reads its settings; start the one real control plane that all workers share."""
    folder = Path(tempfile.mkdtemp(prefix="berth-tests-"))
    _state["folder"] = folder
    if _starts_the_real_one(config):
        _state["process"], _state["direct"] = start_real(folder)
    if not _only_hands_out_tests(config):
        _prepare_console(config, folder)


def _prepare_console(config: pytest.Config, folder: Path) -> None:
    """The console in this process reaches its cluster through our proxy; the cluster starts when a test wants it."""
    proxy = Proxy()
    cluster = Cluster(config.getoption("--cluster"), proxy, folder / "console.kubeconfig")
    write_kubeconfig(cluster.kubeconfig, proxy.url, {"console": "not-started"}, current="console")
    _state["cluster"] = cluster
    for name in [name for name in os.environ if name.startswith("BERTH_") and name not in OF_TESTS]:
        del os.environ[name]
    os.environ["BERTH_DATA"] = str(folder / "data")
    os.environ["BERTH_ASSETS"] = str(ASSETS)
    os.environ["BERTH_KUBECONFIG"] = str(cluster.kubeconfig)
    os.environ["BERTH_CONTEXT"] = "console"
    os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
    from django.conf import settings

    assert cluster.kubeconfig == settings.BERTH_KUBECONFIG, "Django read its settings before this file could set them"


def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the shared control plane is."""
    if "direct" in _state:
        _state["process"].wait(120)
        node.workerinput["direct"] = str(_state["direct"])


def pytest_unconfigure(config: pytest.Config) -> None:
    if "cluster" in _state:
        _state["cluster"].close()
    if "process" in _state:
        _state["process"].stop()
    if "folder" in _state:
        shutil.rmtree(_state["folder"], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen, browser = config.getoption("--cluster"), chromium()
    # In random order, but for this: the long ones begin, so that at the end no worker waits for another's last test.
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
    for item in items:
        for only in ("embedded", "real"):
            marker = item.get_closest_marker(f"{only}_only")
            if marker and chosen != only:
                item.add_marker(
                    pytest.mark.skip(reason=f"{only} only: {marker.kwargs.get('reason') or marker.args[0]}")
                )
        if item.get_closest_marker("browser") and not browser:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
        if any(part in str(item.path) for part in NEEDS_CLUSTER) and "cluster" not in getattr(item, "fixturenames", ()):
            item.fixturenames.insert(0, "cluster")  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Figures that tests measured. Skipped browser tests are said loudly: a green run without them is not whole."""
    reports = terminalreporter.stats.get("passed", ())
    figures = [f"{name}: {value}" for report in reports for name, value in report.user_properties]
    if figures:
        terminalreporter.section("measured")
        terminalreporter.line("\n".join(figures))
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if "no Chromium" in str(report.longrepr)]
    if skipped:
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True)
        terminalreporter.line(f"{len(skipped)} browser tests did not run: there is no Chromium on this machine.")
        terminalreporter.line("Install one (on Debian: apt install chromium) and run the tests again.")


def chromium(*, whole: bool = False) -> str | None:
    """The browser's program, if there is one. Its shell without windows is the same engine for a third of the work."""
    shell, others = ("chromium-headless-shell",), ("chromium", "chromium-browser", "google-chrome")
    wanted = (*others, *shell) if whole else (*shell, *others)
    return next(filter(None, map(shutil.which, wanted)), None)


def _only_hands_out_tests(config: pytest.Config) -> bool:
    """Is this the process that gives the tests to pytest-xdist's workers? They inherit its environment."""
    spread = bool(getattr(config.option, "numprocesses", None)) and not config.option.collectonly
    return spread and not hasattr(config, "workerinput")


def _starts_the_real_one(config: pytest.Config) -> bool:
    return (
        config.getoption("--cluster") == "real"
        and not config.getoption("--kubeconfig")
        and not hasattr(config, "workerinput")
    )


def _kubeconfig_of_the_real_one(config: pytest.Config) -> Path:
    if kubeconfig := config.getoption("--kubeconfig"):
        return Path(kubeconfig).resolve()
    shared = getattr(config, "workerinput", {}).get("direct")
    direct = Path(shared) if shared else _state["direct"]
    if "process" in _state:
        _state["process"].wait(120)
    return direct


@pytest.fixture(scope="session", autouse=True)
def _no_permissions(django_test_environment: None) -> None:
    """Nobody asks for Django's own permissions, and each test that commits would make them all anew."""
    from django.contrib.auth.management import create_permissions
    from django.db.models.signals import post_migrate

    gone = post_migrate.disconnect(dispatch_uid=f"{create_permissions.__module__}.create_permissions")
    assert gone, "Django makes them in another place now"


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The cluster of this run: a real control plane shared by all workers, or an embedded one of our own."""
    cluster: Cluster = _state["cluster"]
    if cluster.embedded:
        cluster.process, direct = start_embedded(_state["folder"])
        cluster.process.wait(30)
    else:
        direct = _kubeconfig_of_the_real_one(request.config)
        cluster.ours = not request.config.getoption("--kubeconfig")
    cluster.attach(direct)
    yield cluster
    if cluster.process:
        cluster.process.stop()


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace; afterwards nothing runs in it (its end is not waited for)."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    cluster.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    cluster.leave(name)


@pytest.fixture
def node_port(cluster: Cluster, namespace: str) -> int:
    """A node port that is free, and so is the next: no two runs on one cluster ask for the same."""
    return eventually(lambda: _free_pair(cluster, namespace))


def _free_pair(cluster: Cluster, namespace: str) -> int:
    """The port that the cluster gives away next, if the one after it can be had, too (else Refused)."""
    names = "this", "next"
    try:
        first = _node_port_service(cluster, namespace, names[0], {})
        _node_port_service(cluster, namespace, names[1], {"nodePort": first + 1})
    finally:
        for name in names:
            with contextlib.suppress(Refused):
                cluster.admin.delete("services", namespace, name)
    return first


def _node_port_service(cluster: Cluster, namespace: str, name: str, port: dict[str, int]) -> int:
    spec = {"type": "NodePort", "ports": [{"port": 80, **port}]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    node_port: int = cluster.admin.create(body)["spec"]["ports"][0]["nodePort"]
    return node_port


@pytest.fixture
def faults(cluster: Cluster) -> Iterator[Proxy]:
    """The proxy between the console and the cluster; all faults are gone after the test, and all of them happened."""
    eventually(is_quiet)
    cluster.proxy.clear()
    yield cluster.proxy
    assert cluster.proxy.clear() == [], "faults that no request has met"


@pytest.fixture
def people(db: None) -> "People":
    """alice (admin), olive (operator), bob (viewer) of one workspace, charlie of another."""
    from tests.people import make_people

    return make_people()


@pytest.fixture
def project(people: "People", cluster: Cluster) -> Iterator["Project"]:
    """A project with these people in it; `project.name` is its namespace, in which nothing runs afterwards."""
    from console import wiring
    from tests.people import make_project

    eventually(wiring.cluster().hub.answering)  # a test before this one may have had it unreachable
    made = make_project(people, wiring.cluster())
    yield made
    cluster.leave(made.name)


@pytest.fixture
def sign_in(people: "People") -> "Callable[[str], Client]":
    """sign_in("olive") is a Django test client that is her."""
    from django.test import Client

    def client(name: str) -> Client:
        made = Client()
        made.force_login(people.named(name))
        return made

    return client


@pytest.fixture(scope="session")
def console(cluster: Cluster) -> Iterator["Console"]:
    """A console in a process of its own, as `make run` starts it, against this run's cluster."""
    from tests.browsers import Console

    folder = _state["folder"] / "console"
    folder.mkdir(mode=0o700)
    made = Console(cluster, folder)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def desk(console: "Console", cluster: Cluster) -> Iterator["Desk"]:
    """A fresh project in that console, with people to sign in as: `desk.sign_in(browser_page, "olive")`."""
    made = console.desk()
    yield made
    cluster.leave(made.project)
