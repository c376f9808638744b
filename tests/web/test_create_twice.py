"""Two tabs of one person press Create of one draft at once; over HTTP, at a console as people run it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.browsers import Desk
from tests.clusters import Cluster
from tests.faults import Proxy
from tests.overhttp import Page, Person
from tests.web.creating import Wizard
from tests.web.test_create_refused import GOOD


def test_two_creates_at_once_make_one_set_of_objects(desk: Desk, cluster: Cluster, faults: Proxy) -> None:
    person = Person(desk.console.url)
    person.sign_in(desk.links["olive"])
    person.get(f"/projects/{desk.project}/services/new/")
    wizard = Wizard(person, desk.project)  # type: ignore[arg-type]
    wizard.start("stateless").submit(name="shop").submit(**GOOD).submit().submit()
    assert wizard.step == "review", wizard.problems()
    address, data = f"{wizard.root}{wizard.draft}/create/", wizard.form()
    together = Barrier(2)

    def press(tab: Person) -> Page:
        together.wait(10)
        return tab.post(address, data, follow=False)

    def look() -> None:
        """Between the Deployment and the Service."""
        on_the_way.append(person.another_tab().get(f"{wizard.root}{wizard.draft}/progress/"))

    on_the_way: list[Page] = []
    cluster.forget()
    with (
        faults.slow(0.5, path="dryRun=All", method="POST"),
        faults.meanwhile(look, path=r"/services\?fieldManager=berth&fieldValidation=Strict$", method="POST"),
        ThreadPoolExecutor(2) as pool,
    ):
        answers = list(pool.map(press, [person.another_tab(), person.another_tab()]))
    assert [answer.status_code for answer in answers] == [303, 303]
    places = sorted(answer.location for answer in answers)
    assert places == sorted([f"/projects/{desk.project}/service/shop/", f"{wizard.root}{wizard.draft}/progress/"]), (
        "one makes it, the other is shown what the first one does"
    )
    words = on_the_way[0].words()
    assert "Creating 2 objects. 1 of 2 created." in words
    assert [word for word in words.split() if word in ("Created", "progress")] == ["Created", "progress"]
    made = [request for request in cluster.request_log() if request.writes and "dryRun" not in request.target]
    assert [request.json()["kind"] for request in made if f"/{desk.project}/" in request.path] == [
        "Deployment",
        "Service",
    ]
    stored = {kind: cluster.admin.list(kind, desk.project) for kind in ("deployments", "services")}
    names = {kind: [manifest["metadata"]["name"] for manifest in manifests] for kind, manifests in stored.items()}
    assert names == {"deployments": ["shop-v1"], "services": ["shop"]}
    assert person.get(places[0]).request["PATH_INFO"] == f"/projects/{desk.project}/service/shop/"
    assert person.get(places[1]).request["PATH_INFO"] == f"/projects/{desk.project}/service/shop/"
