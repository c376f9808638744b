"""The log page over the wire: whose logs, which lines, who may, and what it says when something goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from console.kube import logs as reading
from tests.clusters import Cluster, eventually
from tests.faults import Proxy, Request
from tests.manifests import deployment, service
from tests.web.feeds import LOG, stamped
from tests.web.pods import bare_pod
from tests.web.test_browse_details import text

if TYPE_CHECKING:
    from accounts.models import Project
    from tests.people import People

SignIn = Callable[[str], Client]
MAIN = [{"name": "app", "image": "nginx"}, {"name": "proxy", "image": "mesh"}]


def lines_of(html: str) -> list[str]:
    """The texts of the lines, as one reads them."""
    return [unescape(re.sub(r"<[^>]+>", "", code)) for code in re.findall(r"<code>(.*?)</code>", html, re.S)]


@pytest.fixture
def pod(cluster: Cluster, project: Project) -> str:
    """A pod called orders, with two containers, that runs."""
    cluster.admin.create(bare_pod(containers=MAIN, volumes=[]), project.name)
    eventually(lambda: cluster.admin.get("pods", project.name, "orders")["status"]["phase"] == "Running")
    return "orders"


def show(client: Client, project: Project, address: str, wait_for: str = "<code>", **query: str | list[str]) -> str:
    def read() -> str | None:
        response = client.get(f"/projects/{project.name}/{address}", query)
        html = response.content.decode()
        return html if response.status_code == 200 and wait_for in html else None

    return eventually(read)


def test_the_log_of_a_container(cluster: Cluster, people: People, project: Project, sign_in: SignIn, pod: str) -> None:
    cluster.forget()
    olive = sign_in("olive")
    html = show(olive, project, "pod/orders/logs/", container="app")
    assert lines_of(html)
    assert re.search(r'<time title="\d{4}-\d\d-\d\d [\d:.]+ UTC">', html)
    requests = [request for request in cluster.request_log() if re.search(LOG, request.path)]
    assert {request.user for request in requests} == {people.scope("olive", project).identity.user}, (
        "it is read as the person"
    )
    assert {"container=app" in request.target for request in requests} == {True}
    page = show(olive, project, "pod/orders/", wait_for="container-app")
    assert f'href="/projects/{project.name}/pod/orders/logs/?container=app"' in page


def test_who_may_not_read_logs(cluster: Cluster, project: Project, sign_in: SignIn, pod: str) -> None:
    """A viewer is refused and sees no links; a stranger finds nothing."""
    cluster.forget()
    bob = sign_in("bob")
    assert bob.get(f"/projects/{project.name}/pod/orders/logs/").status_code == 403
    assert "/logs/" not in show(bob, project, "pod/orders/", wait_for="container-app")
    assert sign_in("charlie").get(f"/projects/{project.name}/pod/orders/logs/").status_code == 404
    assert not [request for request in cluster.request_log() if re.search(LOG, request.path)]
    for name in ("none", "No_Name"):
        assert sign_in("olive").get(f"/projects/{project.name}/pod/{name}/logs/").status_code == 404


def test_all_pods_of_a_service_in_one_order(cluster: Cluster, faults: Proxy, project: Project, sign_in: SignIn) -> None:
    """20 pods, 100 lines each: none is missing, and the times only grow."""
    cluster.admin.create(deployment("web", replicas=20), project.name)
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    show(olive, project, "service/web/", wait_for="20/20 ready")

    def log(request: Request) -> Iterable[bytes]:
        pod = re.findall(r"pods/([^/]+)/log", request.path)[0]
        yield from (stamped(number, f"{pod} {number}") for number in range(100))

    faults.pour(log, path=LOG)
    html = show(olive, project, "service/web/logs/", tail="5000")
    lines = lines_of(html)
    assert len(set(lines)) == 2000
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers == sorted(numbers)
    assert "web, 20 pods in order of time" in text(html)
    few = show(olive, project, "workload/deployment/web-v1/logs/", tail="200")
    assert re.search(r'The last 200 lines\s*<a href="\?">Show the last 1,000</a>', few), "older ones can be had"
    last = lines_of(few)
    assert sorted(last) == sorted(lines[-200:]), "the last of all together, not of each"


def test_hostile_lines_are_text(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    hostile = ["</code></li><script>alert(1)</script>", '"><img src=x onerror=1>', "\x1b[2J\u202egnp", "data: x", ""]
    body = b"".join(stamped(n, line) for n, line in enumerate(hostile)) + b"no time at all \xff\n" + b"z" * 50_000
    faults.answer(200, body=body, path=LOG)
    html = show(sign_in("olive"), project, "pod/orders/logs/", container="app")
    log = html.partition('id="log-lines"')[2].partition("</div>")[0]
    assert "<script" not in log
    assert "<img" not in log
    assert "\x1b" not in log
    assert "\u202e" not in log
    lines = lines_of(html)
    assert sorted(lines[1:3]) == sorted(hostile[:2]) or hostile[0] in lines
    assert "ESC[2JU+202Egnp" in lines
    assert any(line.endswith("bytes left out") for line in lines)


def test_find_filter_and_levels(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    lines = ["level=info a", "level=warn Timeout", "level=error b", "GET /timeout"]
    faults.answer(200, body=b"".join(stamped(n, line) for n, line in enumerate(lines)), path=LOG)
    olive = sign_in("olive")
    assert show(olive, project, "pod/orders/logs/", container="app", find="timeout").count("<mark>") == 2
    filtered = show(olive, project, "pod/orders/logs/", container="app", find="TIMEOUT", filter="1")
    assert lines_of(filtered) == [lines[1], lines[3]]
    assert lines_of(show(olive, project, "pod/orders/logs/", container="app", level="bad")) == [lines[2]]
    assert lines_of(show(olive, project, "pod/orders/logs/", container="app", level="warn")) == lines[1:3]
    kept = olive.get(f"/projects/{project.name}/pod/orders/logs/", {"container": "app", "download": "1"})
    assert kept["Content-Disposition"] == 'attachment; filename="orders.log"'
    assert kept.content.decode().splitlines()[0] == "2025-11-28T12:00:00.000000001Z orders/app level=info a"


def test_an_expression_filters_and_marks(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    """On the page, in the address of its stream and in the file; a bad one is said beside the field, and hides
    nothing. What stands in the address is written anew: no more of it than there may be."""
    lines = ["took=7ms", "took=70ms", "TOOK=99ms", "took=.*"]
    faults.answer(200, body=b"".join(stamped(n, line) for n, line in enumerate(lines)), path=LOG)
    olive, query = sign_in("olive"), {"container": "app", "find": r"took=\d{2}", "expression": "1"}
    html = show(olive, project, "pod/orders/logs/", **query)
    assert re.findall("<mark>(.*?)</mark>", html) == ["took=70", "TOOK=99"]
    assert lines_of(html) == lines
    assert "expression=1" in re.findall(r'data-stream="([^"]*)"', html)[0]
    assert lines_of(show(olive, project, "pod/orders/logs/", **query, filter="1")) == lines[1:3]
    assert lines_of(show(olive, project, "pod/orders/logs/", **query, filter="1", case="1")) == lines[1:2]
    literal = {"container": "app", "find": "took=.*", "filter": "1"}
    assert lines_of(show(olive, project, "pod/orders/logs/", **literal)) == lines[3:], "words are no expression"
    kept = olive.get(f"/projects/{project.name}/pod/orders/logs/", {**query, "filter": "1", "download": "1"})
    comment, *rest = kept.content.decode().splitlines()
    assert comment.startswith("# Only lines that pass the filters of the page: ?container=app&find=took")
    assert [line.split(" ")[2] for line in rest] == lines[1:3]
    for bad, words in (
        ("took=(", "A closing ) is missing"),
        (r"(\pL{99}){9}", "too large"),
        ("(?=a)", "(?= is not supported: lookahead"),
    ):
        html = show(olive, project, "pod/orders/logs/", container="app", find=bad, expression="1", filter="1")
        assert lines_of(html) == lines
        assert words in unescape(re.findall(r'id="log-problem"[^>]*>(.*?)</p>', html, re.S)[0])
        assert 'aria-invalid="true"' in re.findall(r'<input id="find"[^>]*>', html)[0]
    html = show(olive, project, "pod/orders/logs/", container="app", hide=["x" * 5000, "y" * 200], junk="z" * 5000)
    assert "zzzz" not in html
    assert "xxxx" not in html


def test_a_file_says_what_it_does_not_have(
    faults: Proxy, project: Project, sign_in: SignIn, pod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older lines, ends of lines, a container that could not be read."""
    monkeypatch.setattr("services.workloads.views.logs.MOST_KEPT", 10)
    faults.pour(lambda _request: [stamped(n, f"{n}") for n in range(20)] + [stamped(30, "x" * 20_000)], path=LOG)
    faults.answer(500, path=f"{LOG}.*container=proxy", message="etcd\u202e is away")
    olive, address = sign_in("olive"), f"/projects/{project.name}/pod/orders/logs/"
    kept = olive.get(address, {"download": "1"}).content.decode().splitlines()
    assert kept[0] == "# Older lines are left out, of: orders/app."
    assert kept[1].startswith("# orders/proxy: its log could not be read whole: etcd[U+202E] is away")
    assert len(kept) == 2 + 10
    assert kept[-1].endswith("bytes left out]")


def test_options_reach_the_cluster(cluster: Cluster, project: Project, sign_in: SignIn, pod: str) -> None:
    cluster.forget()
    sign_in("olive").get(
        f"/projects/{project.name}/pod/orders/logs/", {"container": "app", "tail": "200", "since": "1h", "chosen": "1"}
    )
    [log_request] = [request for request in cluster.request_log() if re.search(LOG, request.path)]
    assert "tailLines=200" in log_request.target
    assert "sinceSeconds=3600" in log_request.target


def test_the_previous_run_stands_before_the_present(
    cluster: Cluster, faults: Proxy, project: Project, sign_in: SignIn, pod: str
) -> None:
    """With what happened between: how the last run ended, and which run this is."""
    ended = {"exitCode": 137, "reason": "OOMKilled"}
    ended |= {"startedAt": "2025-11-28T12:00:00Z", "finishedAt": "2025-11-28T12:00:05Z"}
    state = {"running": {"startedAt": "2025-11-28T12:00:10Z"}}
    status = {"name": "app", "image": "nginx", "imageID": "", "ready": True, "restartCount": 1, "state": state}
    known = cluster.admin.get("pods", project.name, "orders")["status"]["containerStatuses"]
    others = [entry for entry in known if entry["name"] != "app"]
    patch = {"status": {"containerStatuses": [{**status, "lastState": {"terminated": ended}}, *others]}}
    target = f"/api/v1/namespaces/{project.name}/pods/orders/status"
    cluster.admin.call("PATCH", target, patch, content_type="application/merge-patch+json")

    def log(request: Request) -> Iterable[bytes]:
        yield stamped(4, "the last words") if "previous=true" in request.target else stamped(11, "once more")

    faults.pour(log, path=LOG)
    olive = sign_in("olive")
    html = show(olive, project, "pod/orders/logs/", "run 2", container="app", previous="1")
    rows = [text(row) for row in re.findall(r"<li[^>]*>(.*?)</li>", html.partition('id="log-lines"')[2], re.S)]
    expected = ["last words", "terminated: exit 137, OOMKilled, after 5 s", "run 2", "once more"]
    assert [next(words for words in expected if words in row) for row in rows[:4]] == expected
    assert "Previous run, too (1 pod restarted)" in text(html), "what there is to see"
    without = show(olive, project, "pod/orders/logs/", "once more", container="app")
    assert "the last words" not in without


def test_what_could_not_be_read_is_said(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    """One of two is refused: the other is shown. A body that is cut: what came is shown. Both are said."""
    olive = sign_in("olive")
    whole = faults.pour(lambda _request: [stamped(1, "all of it")], path=LOG)
    refused = faults.answer(500, path=f"{LOG}.*container=proxy")
    html = show(olive, project, "pod/orders/logs/")
    assert lines_of(html) == ["all of it"]
    assert "1 log is not shown whole." in text(html)
    assert "orders/proxy" in text(html)
    faults.drop(refused)
    faults.drop(whole)
    faults.pour(lambda _request: [stamped(1, "so far"), stamped(2, "so good")[:20], b""], path=LOG)
    html = show(olive, project, "pod/orders/logs/", container="app")
    assert "so far" in lines_of(html)
    assert "could not be read whole" in text(html)


def test_where_no_log_can_be_read_the_page_says_why(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    olive = sign_in("olive")
    show(olive, project, "pod/orders/logs/")
    forbidden = faults.answer(403, path=LOG)
    assert olive.get(f"/projects/{project.name}/pod/orders/logs/").status_code == 403
    faults.drop(forbidden)
    reset = faults.refuse(path=LOG)
    response = olive.get(f"/projects/{project.name}/pod/orders/logs/")
    assert response.status_code == 503
    assert "not responding" in response.content.decode()
    faults.drop(reset)


def test_a_cluster_that_hangs_keeps_nobody_waiting(
    faults: Proxy, project: Project, sign_in: SignIn, pod: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reading, "SNAPSHOT_SECONDS", 0.3)
    olive = sign_in("olive")
    faults.hang(path=LOG)
    assert olive.get(f"/projects/{project.name}/pod/orders/logs/").status_code == 503


def test_who_has_not_started_has_no_log(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    cluster.admin.create(deployment("web", fate="pull"), project.name)
    cluster.admin.create(service("web"), project.name)
    olive = sign_in("olive")
    html = show(olive, project, "service/web/logs/", wait_for="ImagePull")
    assert "No container has started yet." in text(html)
    cluster.admin.create(service("lost"), project.name)
    assert "There are no pods now" in text(show(olive, project, "service/lost/logs/", wait_for="No lines"))


def test_logs_are_offered_where_there_are_some(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    """On the pages of a Service, its workload and its containers, to who may read them. Hooks are tagged there."""
    document = deployment("web")
    document["spec"]["template"]["spec"]["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 1}}}
    cluster.admin.create(document, project.name)
    cluster.admin.create(service("web"), project.name)
    cluster.admin.create(service("maps", type="ExternalName", externalName="x.example", selector=None), project.name)
    base = f"/projects/{project.name}"
    name = eventually(lambda: cluster.admin.list("pods", project.name)[0]["metadata"]["name"])
    opened = {"open": name}
    for person, offered in (("olive", True), ("bob", False)):
        client = sign_in(person)
        details = eventually(
            lambda client=client: shown_with(client, f"{base}/service/web/", "1/1 ready", name, **opened)
        )
        assert (f'href="{base}/service/web/logs/"' in details) is offered
        assert (f'href="{base}/pod/{name}/logs/?container=app"' in details) is offered
        assert '<span class="tag">Hooks</span>' in details
        workload = eventually(lambda client=client: shown_with(client, f"{base}/workload/deployment/web-v1/", "web-v1"))
        assert (f'href="{base}/workload/deployment/web-v1/logs/"' in workload) is offered
    assert "/logs/" not in shown_with(sign_in("olive"), f"{base}/service/maps/", "maps")


def shown_with(client: Client, address: str, *words: str, **query: str) -> str:
    """The page, once it says all of this: slices, pods and workloads are watched one by one."""
    html = client.get(address, query).content.decode()
    return html if all(word in html for word in words) else ""


def test_a_page_that_asks_whether_it_may_come_back_reads_no_log(
    cluster: Cluster, project: Project, sign_in: SignIn, pod: str
) -> None:
    """HEAD says what GET would as far as rights and pods go, and costs the cluster nothing."""
    olive = sign_in("olive")
    show(olive, project, "pod/orders/logs/", container="app")
    cluster.forget()
    answer = olive.head(f"/projects/{project.name}/pod/orders/logs/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert olive.head(f"/projects/{project.name}/pod/none/logs/").status_code == 404
    assert sign_in("bob").head(f"/projects/{project.name}/pod/orders/logs/").status_code == 403
    assert not [request for request in cluster.request_log() if re.search(LOG, request.path)]


def test_a_page_holds_so_much_and_says_what_it_leaves_out(
    faults: Proxy, project: Project, sign_in: SignIn, pod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest lines stay."""
    monkeypatch.setattr("services.workloads.present.logs.MOST_PAGE", 20_000)
    faults.answer(200, body=b"".join(stamped(n, f"{n} " + '"' * 1000) for n in range(50)), path=LOG)
    html = show(sign_in("olive"), project, "pod/orders/logs/", container="app")
    assert "Only the newest lines are shown" in html
    numbers = [int(line.split()[0]) for line in lines_of(html)]
    assert numbers == list(range(50))[-len(numbers) :]
    assert 0 < len(numbers) < 5


def test_a_time_is_gone_to(faults: Proxy, project: Project, sign_in: SignIn, pod: str) -> None:
    """Also one that the last lines do not reach: half of the lines stand before it. Where there are newer ones than
    the page has, it does not follow, and says so. A line's time leads to the lines around it, unfiltered."""
    faults.pour(
        lambda _request: [stamped(n, f"level={'error' if n % 9 else 'info'} {n}") for n in range(900)], path=LOG
    )
    olive, query = sign_in("olive"), {"container": "app", "tail": "200"}

    def numbers(html: str) -> list[int]:
        return [int(line.split()[1]) for line in lines_of(html)]

    html = show(olive, project, "pod/orders/logs/", **query, at="2025-11-28 12:05:00")
    assert numbers(html) == [*range(200, 400)]
    [row] = re.findall(r'<li class="[^"]*here" id="here">.*?</li>', html)
    assert 'title="2025-11-28 12:05:00.000 UTC"' in row
    assert 'data-stream=""' in html
    assert "There are newer lines" in html
    assert 'value="2025-11-28T12:05:00Z"' in html
    late = show(olive, project, "pod/orders/logs/", **query, at="2025-11-28T12:14:55Z")
    assert numbers(late) == [*range(795, 900)]
    assert re.search(r'data-stream="[^"]+cursor=', late), "nothing is between it and what is written now"
    end = show(olive, project, "pod/orders/logs/", **query, at="2025-11-28 12:20")
    assert numbers(end) == [*range(800, 900)]
    assert "Nothing was written at 2025-11-28T12:20:00Z or later" in end
    assert "No lines at" not in text(html)
    early = show(olive, project, "pod/orders/logs/", **query, at="2025-11-28 10:00")
    assert numbers(early)[0] == 0
    assert "No lines at 2025-11-28T10:00:00Z, nor in the five minutes before it. The next ones:" in text(early)
    errors = show(olive, project, "pod/orders/logs/", **query, level="bad")
    hidden = show(olive, project, "pod/orders/logs/", wait_for="Errors", hide="orders", container="app")
    assert re.search(r"Errors <b>\s*0</b>", hidden), "what is hidden is not counted"
    [link] = [
        unescape(href)
        for href in re.findall(r'<a class="at" tabindex="-1" href="([^"]*)"><time title="[^"]* 12:14:02', errors)
    ]
    assert link == "?container=app&tail=200&at=2025-11-28T12:14:02.000000001Z#here"
    followed = olive.get(f"/projects/{project.name}/pod/orders/logs/{link.partition('#')[0]}").content.decode()
    assert numbers(followed) == [*range(742, 900)]
    assert re.search(r'id="here"><a class="at"[^>]*><time title="2025-11-28 12:14:02', followed)
    wrong = show(olive, project, "pod/orders/logs/", **query, at='"><b>noon')
    assert numbers(wrong) == [*range(700, 900)]
    assert "Invalid time." in text(wrong)
    assert 'value="&quot;&gt;&lt;b&gt;noon"' in wrong
    assert re.search(r'<details [^>]*id="log-options" open', wrong)
