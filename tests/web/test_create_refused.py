"""Bad input shows the right step, field and sentence, keeps everything typed, and writes nothing."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project
from services.models import Draft
from tests.clusters import Cluster, eventually
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


@pytest.fixture
def pod(wizard: Wizard) -> Wizard:
    """At Pod Settings, with one good container."""
    wizard.start("stateless").submit(name="shop")
    assert wizard.step == "pod", wizard.problems()
    return wizard


GOOD = {
    "containers__0__image": "nginx",
    "containers__0__name": "web",
    "containers__0__ports__0__container_port": 80,
    "containers__0__ports__0__service_port": 80,
}


def nothing_written(cluster: Cluster) -> bool:
    return not [
        request
        for request in cluster.request_log()
        if request.writes and "dryRun" not in request.target and request.user
    ]


def kept_of(wizard: Wizard, typed: dict[str, object]) -> dict[str, object]:
    """What the form has now in the fields that were typed into."""
    form = wizard.form()
    return {name: type(value)(form[name.replace("__", "-")][0]) for name, value in typed.items()}  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("typed", "label", "sentence"),
    [
        ({"name": "Shop"}, "Name", "Use lowercase letters, digits and hyphens"),
        ({"name": "shop_1"}, "Name", "lowercase letters, digits and hyphens"),
        ({"name": ""}, "Name", "Enter a name."),
        ({"name": "a" * 64}, "Name", "At most 63 characters"),
        ({"name": "a" * 62, "version": "v1"}, "Name", "Shorten the name or the version"),
        ({"name": "shop", "version": "v1.2"}, "Version", "without dots"),
        ({"name": "shop", "version": ""}, "Version", "Enter a version"),
        ({"name": "shop", "version": "v" * 17}, "Version", "At most 16 characters"),
        ({"name": "shop", "alias": "x" * 64}, "Alias", "At most 63 characters"),
        ({"name": "shop", "description": "x" * 257}, "Description", "At most 256 characters"),
    ],
)
def test_basic(wizard: Wizard, cluster: Cluster, typed: dict[str, str], label: str, sentence: str) -> None:
    wizard.start("stateless")
    cluster.forget()
    wizard.submit(**typed)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert wizard.step == "basic"
    assert any(line.startswith(label) and sentence in line for line in wizard.problems()), wizard.problems()
    assert {name: wizard.form()[name][0] for name in typed} == typed
    assert nothing_written(cluster)


@pytest.mark.parametrize(
    ("typed", "label", "sentence"),
    [
        ({"containers__0__image": "not an image"}, "Image", "An image name cannot contain spaces."),
        ({"containers__0__image": "https://nginx"}, "Image", "without http://"),
        ({"containers__0__image": "nginx:"}, "Image", "followed by a tag"),
        ({"containers__0__image": ""}, "Image", "Enter an image"),
        ({"containers__0__ports__0__container_port": 0}, "Container port", "from 1 to 65535"),
        ({"containers__0__ports__0__container_port": 70000}, "Container port", "from 1 to 65535"),
        ({"containers__0__ports__0__service_port": ""}, "Service port", "Enter a port"),
        (
            {"containers__0__ports__0__service_port": "", "containers__0__ports__0__container_port": ""},
            "Container port",
            "Enter a port",
        ),
        ({"containers__0__ports__0__service_port": "http"}, "Service port", "Enter a whole number"),
        ({"containers__0__ports__0__name": "a-very-long-name-here"}, "Name", "At most 15 characters"),
        ({"containers__0__name": "Web"}, "Container name", "Use lowercase letters"),
        ({"containers__0__cpu_request": "2", "containers__0__cpu_limit": "1"}, "CPU request", "more than the limit"),
        ({"containers__0__memory_request": "64m"}, "Memory request", "Did you mean Mi"),
        ({"containers__0__cpu_limit": "lots"}, "CPU limit", "Invalid quantity"),
        ({"replicas": -1}, "Replicas", "greater than or equal to 0"),
        ({"replicas": ""}, "Replicas", "0 is allowed"),
        (
            {"containers__0__liveness__kind": "http", "containers__0__liveness__port": "0"},
            "Port",
            "1 to 65535",
        ),
        (
            {
                "containers__0__liveness__kind": "tcp",
                "containers__0__liveness__port": "80",
                "containers__0__liveness__success": 2,
            },
            "Success threshold",
            "Must be 1",
        ),
        ({"containers__0__security__run_as_user": "root"}, "User", "Enter a whole number"),
        ({"update__max_unavailable": "0", "update__max_surge": "0"}, "Maximum Extra Pods", "Both are 0"),
        ({"grace_period": -5}, "Grace period", "greater than or equal to 0"),
    ],
)
def test_pod(pod: Wizard, cluster: Cluster, typed: dict[str, object], label: str, sentence: str) -> None:
    cluster.forget()
    wanted = {**GOOD, **typed}
    pod.submit(**wanted)
    assert pod.page is not None
    assert pod.page.status_code == 422, pod.path
    assert pod.step == "pod"
    assert any(line.startswith(label) and sentence in line for line in pod.problems()), pod.problems()
    kept = pod.form()
    assert {name: kept[name.replace("__", "-")][0] for name in wanted} == {k: str(v) for k, v in wanted.items()}
    assert 'class="bad"><span aria-current="step"' in pod.text
    assert nothing_written(cluster)


def test_two_equal_ports_over_two_containers(pod: Wizard) -> None:
    pod.submit("add:containers", **GOOD)
    second = {name.replace("__0__", "__1__", 1): value for name, value in GOOD.items()}
    pod.submit(**{**second, "containers__1__name": "side"})
    assert pod.page is not None
    assert pod.page.status_code == 422
    assert [line for line in pod.problems() if "Duplicate: 80" in line], pod.problems()
    assert pod.form()["containers-0-image"] == ["nginx"]


def test_no_worker_container(pod: Wizard) -> None:
    pod.submit(**{**GOOD, "containers__0__type": "init"})
    assert pod.page is not None
    assert pod.page.status_code == 422
    assert any("at least one worker container" in line for line in pod.problems()), pod.problems()


def test_one_container_name_twice(pod: Wizard) -> None:
    pod.submit("add:containers", **GOOD)
    pod.submit(containers__1__name="web", containers__1__image="busybox")
    assert any("Duplicate: web" in line for line in pod.problems())


def test_taken_name(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop", "namespace": project.name}}
    cluster.admin.create({**service, "spec": {"ports": [{"port": 80}]}})
    cluster.forget()
    wizard.start("stateless").submit(name="shop")
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    assert any("Service shop already exists" in line for line in wizard.problems())
    assert wizard.form()["name"] == ["shop"]
    assert nothing_written(cluster)


def test_taken_name_of_a_workload(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    labels = {"app": "other"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}}
    meta = {"name": "shop-v2", "namespace": project.name}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    cluster.admin.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    wizard.start("stateless")
    before = Draft.objects.get().text
    cluster.forget()
    typed: dict[str, object] = {"name": "shop", "version": "v2", "alias": "The shop"}
    wizard.submit(**typed)
    assert wizard.page is not None
    assert (wizard.page.status_code, wizard.step) == (422, "basic")
    wanted = f"Deployment shop-v2 already exists in {project.name}"
    assert any(line.startswith("Version") and wanted in line for line in wizard.problems()), wizard.problems()
    assert kept_of(wizard, typed) == typed
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)
    wizard.submit(version="v3")
    assert wizard.step == "pod", wizard.problems()


def test_name_could_not_be_checked_is_said_and_goes_on(wizard: Wizard, cluster: Cluster) -> None:
    wizard.start("stateless")
    with cluster.proxy.answer(500, path=r"/services/shop$", method="GET"):
        wizard.submit(name="shop")
    assert wizard.step == "pod", wizard.problems()
    assert "Could not check" in wizard.text


def test_refused_input_is_kept_when_one_leaves_and_comes_back(pod: Wizard) -> None:
    pod.submit(**{**GOOD, "containers__0__ports__0__container_port": 70000})
    pod.submit("back")
    assert pod.step == "basic"
    assert "1 problem" in pod.text
    pod.open("pod")
    assert pod.form()["containers-0-ports-0-container_port"] == ["70000"]
    assert any("from 1 to 65535" in line for line in pod.problems())
    pod.open("review")
    assert "A step has changes that are not complete." in pod.text
    assert 'aria-disabled="true"' in pod.text


def test_rows_come_and_go_and_keep_what_is_typed(pod: Wizard) -> None:
    pod.submit("add:containers-0-ports", **GOOD)
    pod.submit("add:containers-0-env", containers__0__ports__1__container_port="not yet a number")
    assert pod.form()["containers-0-ports-1-container_port"] == ["not yet a number"]
    pod.submit("drop:containers-0-ports-0", containers__0__env__0__name="MODE")
    assert pod.form()["containers-0-ports-0-container_port"] == ["not yet a number"]
    assert pod.form()["containers-0-env-0-name"] == ["MODE"]
    assert Draft.objects.get().saved == ["basic"]


YAML = """apiVersion: v1
kind: Service
metadata:
  name: shop
  labels: {app: shop}
spec:
  type: ClusterIP
   ports: []
"""


def test_yaml_that_does_not_parse(wizard: Wizard, cluster: Cluster) -> None:
    wizard.start("stateless").submit("yaml", name="shop")
    assert wizard.step == "yaml", wizard.problems()
    cluster.forget()
    wizard.submit("form", text=YAML)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    (at, column, problem), *more = wizard.problem_lines()
    assert (at, column, more) == ("Line 8", 9, []), problem
    assert "not valid YAML" in problem
    assert "Line 8" in wizard.text, "in words, too"
    assert wizard.form()["text"] == [YAML]
    wizard.open("basic")
    assert wizard.step == "yaml", "the form opens again only when the text can be read"
    assert wizard.form()["text"] == [YAML]
    wizard.submit("form", text=YAML.replace("   ports", "  ports"))
    assert wizard.step != "yaml", wizard.problems()
    assert nothing_written(cluster)


@pytest.mark.parametrize(
    ("line", "sentence", "at"),
    [
        ("kind: Secret", "cannot be created here", 2),
        ("kind: Service\nstatus: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}", "status", 3),
    ],
)
def test_yaml_of_what_is_not_allowed(wizard: Wizard, cluster: Cluster, line: str, sentence: str, at: int) -> None:
    wizard.start("yaml")
    cluster.forget()
    text = YAML.replace("   ports", "  ports").replace("kind: Service", line)
    wizard.submit("review", text=text)
    assert wizard.page is not None
    assert wizard.page.status_code == 422
    listed = wizard.problem_lines()
    assert any(where == f"Line {at}" and sentence in problem for where, _column, problem in listed), listed
    assert wizard.form()["text"] == [text]
    assert nothing_written(cluster)


def test_yaml_for_another_namespace(wizard: Wizard) -> None:
    text = YAML.replace("   ports", "  ports").replace("  name: shop", "  name: shop\n  namespace: kube-system")
    wizard.start("yaml").submit("review", text=text)
    listed = wizard.problem_lines()
    assert [at for at, _column, problem in listed if "Objects of other namespaces" in problem] == ["Line 5"], listed


def test_unknown_field_survives_every_step(wizard: Wizard, project: Project) -> None:
    wizard.start("stateless").submit("yaml", name="shop")
    text = wizard.form()["text"][0].replace("  replicas: 1", "  replicas: 1\n  revisionHistoryLimit: 3")
    wizard.submit("form", text=text)
    wizard.open("pod")
    assert "revisionHistoryLimit" in wizard.text, "what the step cannot show is named"
    wizard.submit(**GOOD)
    assert wizard.step == "storage", wizard.problems()
    wizard.submit().submit()
    assert wizard.step == "review"
    assert "revisionHistoryLimit: 3" in Draft.objects.get().text


def test_two_tabs(pod: Wizard) -> None:
    """The second save with an older version gets a choice and keeps what was typed."""
    first = pod.form()
    pod.submit(**GOOD)
    assert pod.step == "storage"
    address = pod.path.replace("/storage/", "/pod/")
    old = {**first, **{name.replace("__", "-"): [str(value)] for name, value in GOOD.items()}, "replicas": ["7"]}
    pod.page = pod.client.post(address, old)
    assert pod.page.status_code == 409
    assert "saved elsewhere in the meantime" in pod.text
    assert pod.form()["replicas"] == ["7"]
    assert "replicas: 1" in Draft.objects.get().text
    pod.submit()
    assert pod.step == "storage"
    assert "replicas: 7" in Draft.objects.get().text


def test_somebody_elses_draft_is_not_there(pod: Wizard, sign_in: Callable[[str], Client]) -> None:
    assert sign_in("alice").get(pod.path).status_code == 404


def test_what_is_typed_is_kept_while_it_is_typed(pod: Wizard) -> None:
    """The page sends what is typed so far; a closed tab or an expired session does not lose it."""
    data = {**pod.form(), "containers-0-image": ["nginx"], "containers-0-ports-0-container_port": ["8"]}
    pod.page = pod.client.post(pod.path, {**data, "do": ["look:"]}, headers={"HX-Request": "true"})
    assert pod.page.status_code == 200
    pod.open("pod")
    assert pod.form()["containers-0-ports-0-container_port"] == ["8"]
    assert pod.problems() == [], "what was never submitted is not scolded"
    pod.open("review")
    assert "A step has changes that are not complete." in pod.text


def test_a_late_keep_does_not_bring_back_what_was_saved_since(pod: Wizard) -> None:
    late = {**pod.form(), "replicas": ["9"], "do": ["look:"], "sequence": ["1"]}
    address = pod.path
    pod.submit(**GOOD, sequence="2")
    pod.client.post(address, late)
    assert Draft.objects.get().typed == {}


def test_what_will_be_made_follows_what_is_typed(pod: Wizard) -> None:
    pod.submit("more:replicas", **GOOD)
    aside = pod.text[pod.text.index('id="made"') :]
    assert "2 replicas" in aside
    assert "80 → 80" in aside


@pytest.mark.parametrize(
    ("typed", "label", "sentence"),
    [
        ({"external": "NodePort", "ports__0__node_port": 80}, "Node port", "from 30000 to 32767"),
        ({"sticky": "on", "sticky_timeout": 0}, "Maximum Session Sticky Time", "1 to 86400"),
        ({"sticky": "on", "sticky_timeout": 86401}, "Maximum Session Sticky Time", "1 to 86400"),
        ({"labels__0__key": "not a key"}, "Key", "letters, digits"),
        ({"labels__0__value": "a/b"}, "Value", "letters, digits"),
        ({"labels__1__key": "app"}, "Key", "Duplicate key: app"),
        ({"external": "NodePort", "access_mode": "headless"}, "Access mode", "cannot be reached from outside"),
    ],
)
def test_advanced(pod: Wizard, cluster: Cluster, typed: dict[str, object], label: str, sentence: str) -> None:
    pod.submit(**GOOD).submit()
    assert pod.step == "advanced", pod.problems()
    before = Draft.objects.get().text
    cluster.forget()
    pod.submit(**typed)
    assert pod.page is not None
    assert pod.page.status_code == 422, pod.path
    assert any(line.startswith(label) and sentence in line for line in pod.problems()), pod.problems()
    assert kept_of(pod, typed) == typed
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)


def test_node_port_of_another_service(pod: Wizard, cluster: Cluster, project: Project) -> None:
    meta = {"name": "orders", "namespace": project.name}
    spec = {"type": "NodePort", "selector": {"app": "orders"}, "ports": [{"port": 80}]}
    made = cluster.admin.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    taken = made["spec"]["ports"][0]["nodePort"]
    pod.submit(**GOOD).submit()

    def refused() -> bool:
        pod.open("advanced").submit(external="NodePort", ports__0__node_port=taken)
        return any("is taken by Service orders" in line for line in pod.problems())

    assert eventually(refused), pod.problems()
    assert pod.form()["ports-0-node_port"] == [str(taken)]


@pytest.mark.parametrize(
    ("do", "typed", "label", "sentence"),
    [
        ("volume:empty", {"volumes__0__mounts__0__path": "tmp"}, "Path", "starts with “/”"),
        (
            "volume:empty",
            {"volumes__0__size": "64m", "volumes__0__mounts__0__path": "/tmp"},
            "Size limit",
            "Did you mean Mi",
        ),
        ("volume:claim", {"volumes__0__mounts__0__path": "/data"}, "Persistent Volume Claim", "Choose the claim"),
        ("volume:host", {"volumes__0__path": "../etc", "volumes__0__mounts__0__path": "/x"}, "Path on", "starts with"),
        ("volume:empty", {"volumes__0__name": "", "volumes__0__mounts__0__path": "/x"}, "Name", "Enter a volume name"),
    ],
)
def test_storage(pod: Wizard, cluster: Cluster, do: str, typed: dict[str, object], label: str, sentence: str) -> None:
    pod.submit(**GOOD).submit(do)
    before = Draft.objects.get().text
    cluster.forget()
    pod.submit(**typed)
    assert pod.page is not None
    assert pod.page.status_code == 422, pod.path
    assert pod.step == "storage"
    assert any(line.startswith(label) and sentence in line for line in pod.problems()), pod.problems()
    assert kept_of(pod, typed) == typed
    assert Draft.objects.get().text == before
    assert nothing_written(cluster)


def test_two_volumes_at_one_path(pod: Wizard) -> None:
    pod.submit(**GOOD).submit("volume:empty").submit("volume:empty")
    pod.submit(volumes__0__mounts__0__path="/tmp", volumes__1__mounts__0__path="/tmp/")
    assert any("Another volume is mounted" in line for line in pod.problems()), pod.problems()
