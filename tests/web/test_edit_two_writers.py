"""Two people change one Service at the same time, through the forms and as YAML: what does not collide survives, what
does is asked, nothing is lost. BERTH_WRITER_ROUNDS=1000 makes it thorough."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from tests.clusters import Cluster
from tests.manifests import service
from tests.web.editing import Editor, fields_of

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
Facts = dict[str, Any]

ROUNDS = int(os.environ.get("BERTH_WRITER_ROUNDS", "10"))
ALIAS, DESCRIPTION = "kubesphere.io/alias-name", "kubesphere.io/description"
GONE = "gone"
ENTRIES = ("port ", "container ")


def facts_of(body: Any) -> Facts:
    """What is compared of a Service: one value by what it is called. A port is called by its name."""
    meta, spec = body["metadata"], body["spec"]
    facts = {f"note {key}": value for key, value in meta.get("annotations", {}).items()}
    facts |= {f"label {key}": value for key, value in meta.get("labels", {}).items()}
    facts |= {f"selector {key}": value for key, value in spec["selector"].items()}
    for port in spec["ports"]:
        facts |= {f"port {port['name']} {key}": value for key, value in port.items() if key != "name"}
    return facts


@dataclass
class Writer:
    """One person with one page open; `wanted`: what was changed, by the name of the fact (GONE: taken away)."""

    client: Client
    root: str
    chance: random.Random
    count: list[int]
    wanted: Facts = field(default_factory=dict)
    editor: Any = None
    typed: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Open a page, and type some changes."""
        page = self.chance.choice(["information", "service", "service", "yaml"])
        address = f"{self.root}yaml/" if page == "yaml" else f"{self.root}edit/{page}/"
        self.editor = Editor(self.client, address).open()
        {"information": self._information, "service": self._service, "yaml": self._yaml}[page]()

    def fresh(self) -> int:
        self.count[0] += 1
        return self.count[0]

    def _information(self) -> None:
        for name, key in (("alias", ALIAS), ("description", DESCRIPTION)):
            if self.chance.random() < 0.6:
                self.typed[name] = self.wanted[f"note {key}"] = f"text {self.fresh()}"

    def _service(self) -> None:
        fields = self.editor.fields
        if self.chance.random() < 0.3:
            self.typed["selector-0-value"] = self.wanted["selector app"] = f"app{self.fresh()}"
        rows = [name.removesuffix("-name") for name in fields if re.fullmatch(r"ports-\d+-name", name)]
        for row in rows:
            name = fields[f"{row}-name"][0]
            if self.chance.random() < 0.5:
                target = 1000 + self.fresh() % 60000
                self.typed[f"{row}-target_port"], self.wanted[f"port {name} targetPort"] = str(target), target
            if self.chance.random() < 0.2:
                number = 1000 + self.fresh() % 60000
                self.typed[f"{row}-port"], self.wanted[f"port {name} port"] = str(number), number
            if self.chance.random() < 0.2:
                self.typed[f"{row}-app_protocol"] = self.wanted[f"port {name} appProtocol"] = f"p{self.fresh()}"

    def _yaml(self) -> None:
        text = fields_of(self.editor.page, "edit")["text"][0]
        body: Any = dict(load(text)[0])
        if self.chance.random() < 0.5:
            body["metadata"]["labels"]["team"] = self.wanted["label team"] = f"team{self.fresh()}"
        if self.chance.random() < 0.3:
            body["metadata"]["annotations"][ALIAS] = self.wanted[f"note {ALIAS}"] = f"text {self.fresh()}"
        ports = body["spec"]["ports"]
        if self.chance.random() < 0.4 and len(ports) > 2:
            lost = ports.pop(self.chance.randrange(len(ports)))
            self.wanted |= {f"port {lost['name']} {key}": GONE for key in lost if key != "name"}
        for port in ports:
            if self.chance.random() < 0.3:
                port["targetPort"] = self.wanted[f"port {port['name']} targetPort"] = 1000 + self.fresh() % 60000
        if self.chance.random() < 0.5 and len(ports) < 6:
            number = 1000 + self.fresh() % 60000
            new = {"name": f"n{number}", "port": number, "protocol": "TCP", "targetPort": number}
            ports.insert(self.chance.randrange(len(ports) + 1), new)
            self.wanted |= {f"port {new['name']} {key}": value for key, value in new.items() if key != "name"}
        if self.chance.random() < 0.2:
            ports.reverse()
        self.typed["text"] = dump_one(body)

    def save(self) -> list[str]:
        """Save it, with what somebody else did meanwhile where there is such; the names of the clashes."""
        self.editor.send("review", "edit" if "text" in self.typed else "step", **self.typed)
        clashes: list[str] = []
        for _ in range(6):
            status = self.editor.answer.status_code
            if status == 303 or "Nothing would change" in self.editor.words:
                return clashes
            if status == 409:
                clashes = self.editor.clashes()
                self.editor.merge(**dict.fromkeys(clashes, "yours"))
            else:
                assert status == 200, self.editor.words
                self.editor.apply(sure="on")
        raise AssertionError(self.editor.words)


def collisions(theirs: Facts, mine: Facts) -> set[str]:
    """The facts that both changed, each to something else; an entry (a port, a container) that one took away and the
    other changed is one."""
    names = set()
    for name, value in mine.items():
        entry = " ".join(name.split(" ")[:2])
        away = [side for side in (theirs, mine) if _is_away(side, entry)]
        if name.startswith(ENTRIES) and len(away) == 1 and any(key.startswith(f"{entry} ") for key in theirs):
            names.add(entry)
        elif name in theirs and theirs[name] != value:
            names.add(name)
    return {name for name in names if not any(name.startswith(f"{other} ") for other in names)}


def _is_away(facts: Facts, entry: str) -> bool:
    """Whether the whole entry was taken away: each has one of these."""
    return GONE in (facts.get(f"{entry} port"), facts.get(f"{entry} image"))


def together(base: Facts, theirs: Facts, mine: Facts) -> Facts:
    """What is to be stored where each collision is decided for mine, the later one."""
    result = {**base, **theirs}
    for name in collisions(theirs, mine):
        if name.startswith(ENTRIES) and name.count(" ") == 1:  # a whole entry: as mine has it
            result = {key: value for key, value in result.items() if not key.startswith(f"{name} ")}
            result |= {key: value for key, value in base.items() if key.startswith(f"{name} ")}
    result |= mine
    return {name: value for name, value in result.items() if value != GONE}


@pytest.mark.timeout(60 + 4 * ROUNDS)
def test_two_writers_lose_nothing(cluster: Cluster, project: Project, sign_in: SignIn) -> None:
    names = [f"p{number}" for number in range(4)]
    ports = [{"name": name, "port": 80 + at, "protocol": "TCP", "targetPort": 80} for at, name in enumerate(names)]
    cluster.admin.create(service("web", alias="Web", description="Shop", type="NodePort", ports=ports), project.name)
    root, count = f"/projects/{project.name}/service/web/", [0]
    people = [sign_in("olive"), sign_in("alice")]
    seed = random.randrange(10**6) if ROUNDS > 10 else 7
    chance, collided = random.Random(seed), 0
    for number in range(ROUNDS):
        base = facts_of(cluster.admin.get("services", project.name, "web"))
        first, second = (Writer(client, root, chance, count) for client in people)
        first.begin()
        second.begin()
        first.save()
        clashes = second.save()
        expected_clashes = collisions(first.wanted, second.wanted)
        details = (seed, number, first.wanted, second.wanted, clashes)
        assert len(clashes) == len(expected_clashes), details
        collided += len(clashes)
        now = facts_of(cluster.admin.get("services", project.name, "web"))
        wanted = together(base, first.wanted, second.wanted)
        new = {name: value for name, value in now.items() if name.endswith(" nodePort") and name not in wanted}
        assert now == wanted | new, details
    assert collided, "nothing ever collided: the rounds are too few"
