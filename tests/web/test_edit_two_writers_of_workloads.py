"""Two people change one workload at the same time, as YAML and by the dialogs of one value, while its controller writes
to it: what does not collide survives, what does is asked, nothing is lost. BERTH_WRITER_ROUNDS=1000 makes it thorough.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from services.manifests.yamlio import load
from services.manifests.yamlout import dump_one
from tests.clusters import Cluster
from tests.manifests import deployment, stateful_set
from tests.web.editing import Editor, fields_of
from tests.web.test_edit_two_writers import GONE, ROUNDS, Facts, collisions, together

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]
RESTARTED = "kubectl.kubernetes.io/restartedAt"
OURS = ("deployment.kubernetes.io/revision",)  # the controller's


def facts_of(body: Any) -> Facts:
    """What is compared of a workload: one value by what it is called."""
    meta, spec = body["metadata"], body["spec"]
    template = spec["template"]
    facts: Facts = {"replicas": spec["replicas"]}
    facts |= {f"note {key}": value for key, value in meta.get("annotations", {}).items() if key not in OURS}
    facts |= {f"label {key}": value for key, value in meta.get("labels", {}).items()}
    facts |= {f"pod note {key}": value for key, value in template["metadata"].get("annotations", {}).items()}
    for container in template["spec"]["containers"]:
        called = f"container {container['name']}"
        facts[f"{called} image"] = container["image"]
        facts |= {f"{called} env {variable['name']}": variable["value"] for variable in container.get("env", ())}
    return facts


@dataclass
class Writer:
    """One person with one page open; `wanted`: what was changed, by the name of the fact (GONE: taken away)."""

    client: Client
    root: str
    chance: random.Random
    count: list[int]
    live: Callable[[], Facts]
    page: str = ""
    wanted: Facts = field(default_factory=dict)
    seen: Facts = field(default_factory=dict)
    editor: Any = None
    typed: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Open a page, and type some changes."""
        self.page = self.chance.choice(["scale", "image", "restart", "yaml", "yaml", "yaml"])
        self.editor = Editor(self.client, f"{self.root}{'edit/yaml' if self.page == 'yaml' else self.page}/").open()
        {"scale": self._scale, "image": self._image, "restart": self._restart, "yaml": self._yaml}[self.page]()

    def fresh(self) -> int:
        self.count[0] += 1
        return self.count[0]

    def _scale(self) -> None:
        self.seen["replicas"] = int(fields_of(self.editor.page, "step")["seen"][0])
        self.typed["replicas"] = self.wanted["replicas"] = self.chance.randrange(4)

    def _image(self) -> None:
        for name, (value,) in fields_of(self.editor.page, "step").items():
            if name.startswith("seen-"):
                container = name.removeprefix("seen-")
                self.seen[f"container {container} image"] = value
                if self.chance.random() < 0.6:
                    image = f"nginx:1.{self.fresh()}"
                    self.typed[f"image-{container}"] = self.wanted[f"container {container} image"] = image

    def _restart(self) -> None:
        self.seen[f"pod note {RESTARTED}"] = fields_of(self.editor.page, "step")["seen"][0]

    def _yaml(self) -> None:
        body: Any = dict(load(fields_of(self.editor.page, "edit")["text"][0])[0])
        chance, spec = self.chance, body["spec"]["template"]["spec"]
        if chance.random() < 0.3:
            another = (body["spec"]["replicas"] + chance.randrange(1, 4)) % 4
            body["spec"]["replicas"] = self.wanted["replicas"] = another
        if chance.random() < 0.4:
            body["metadata"]["labels"]["team"] = self.wanted["label team"] = f"team{self.fresh()}"
        if chance.random() < 0.3:
            notes = body["metadata"].setdefault("annotations", {})
            notes["example.com/note"] = self.wanted["note example.com/note"] = f"text {self.fresh()}"
        containers = spec["containers"]
        if chance.random() < 0.2 and len(containers) > 2:
            self._take_away(containers)
        for container in containers:
            self._change(container)
        if chance.random() < 0.3 and len(containers) < 5:
            self._insert(containers)
        if chance.random() < 0.15:
            containers.reverse()
        self.typed["text"] = dump_one(body)

    def _take_away(self, containers: list[dict[str, Any]]) -> None:
        lost = containers.pop(self.chance.randrange(len(containers)))
        self.wanted[f"container {lost['name']} image"] = GONE
        self.wanted |= {f"container {lost['name']} env {variable['name']}": GONE for variable in lost.get("env", ())}

    def _insert(self, containers: list[dict[str, Any]]) -> None:
        """Somebody inserts a container before yours while you change yours."""
        new = {"name": f"c{self.fresh()}", "image": "nginx:1.0"}
        containers.insert(self.chance.randrange(len(containers) + 1), new)
        self.wanted[f"container {new['name']} image"] = new["image"]

    def _change(self, container: dict[str, Any]) -> None:
        called = f"container {container['name']}"
        if self.chance.random() < 0.3:
            container["image"] = self.wanted[f"{called} image"] = f"nginx:1.{self.fresh()}"
        variables = container.get("env", [])
        for variable in variables:
            if self.chance.random() < 0.2:
                variable["value"] = self.wanted[f"{called} env {variable['name']}"] = f"v{self.fresh()}"
        if self.chance.random() < 0.2 and variables:
            lost = variables.pop(self.chance.randrange(len(variables)))
            self.wanted[f"{called} env {lost['name']}"] = GONE
        if self.chance.random() < 0.3 and len(variables) < 4:
            new = {"name": f"N{self.fresh()}", "value": f"v{self.count[0]}"}
            variables.insert(self.chance.randrange(len(variables) + 1), new)
            self.wanted[f"{called} env {new['name']}"] = new["value"]
            container["env"] = variables

    def save(self, theirs: Facts) -> int:
        """Save it, over what somebody else did meanwhile where there is such; how many collisions were shown."""
        return self._save_yaml(theirs) if self.page == "yaml" else self._save_step(theirs)

    def _save_yaml(self, theirs: Facts) -> int:
        self.editor.send("review", "edit", **self.typed)
        clashes: list[str] = []
        for _ in range(6):
            status = self.editor.answer.status_code
            if status == 303 or "Nothing would change" in self.editor.words:
                assert len(clashes) == len(collisions(theirs, self.wanted)), (clashes, theirs, self.wanted)
                return len(clashes)
            if status == 409:
                clashes = self.editor.clashes() or clashes  # a second page that asks nothing is a busy controller's
                self.editor.merge(**dict.fromkeys(clashes, "yours"))
            else:
                assert status == 200, self.editor.words
                self.editor.apply(sure="on")
        raise AssertionError(self.editor.words)

    def _save_step(self, theirs: Facts) -> int:
        """A dialog of one value: what is stored instead of what was seen is shown once, and then decided."""
        before = self.live()
        taken = {name for name, seen in self.seen.items() if before.get(name, "") != seen}
        if self.page != "restart":
            taken = {name for name in taken & self.wanted.keys() if before.get(name, "") != self.wanted[name]}
        shown = 0
        self.editor.send("", "step", **self.typed)
        for _ in range(6):
            if self.editor.answer.status_code == 303:
                break
            if "A container was removed in the meantime" in self.editor.words:
                assert any(name not in before for name in taken)
                self.wanted = {}  # it is said, and nothing was written
                return 1
            shown += self.editor.answer.status_code == 409
            self.editor.send("", "step", **self.typed)
        assert self.editor.answer.status_code == 303, self.editor.words
        after = self.live()
        if self.page == "restart":
            self.wanted = {f"pod note {RESTARTED}": after[f"pod note {RESTARTED}"]}
            same = before.get(f"pod note {RESTARTED}") == after[f"pod note {RESTARTED}"]
            assert shown == bool(taken) or same, (shown, taken, before, after)
        else:
            assert shown == bool(taken), (shown, taken, before, self.wanted)
        return shown


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
@pytest.mark.timeout(120 + 4 * ROUNDS)
def test_two_writers_of_a_workload_lose_nothing(cluster: Cluster, project: Project, sign_in: SignIn, kind: str) -> None:
    document = deployment("web", replicas=1) if kind == "deployment" else stateful_set("web", replicas=1)
    first = document["spec"]["template"]["spec"]["containers"][0]
    first["env"] = [{"name": name, "value": "0"} for name in ("A", "B")]
    document["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "nginx:1.0"})
    cluster.admin.create(document, project.name)
    root, count = f"/projects/{project.name}/workload/{kind}/web-v1/", [0]
    people = [sign_in("olive"), sign_in("alice")]
    seed = random.randrange(10**6) if ROUNDS > 10 else 7
    chance, collided = random.Random(seed), 0

    def live() -> Facts:
        return facts_of(cluster.admin.get(f"{kind}s", project.name, "web-v1"))

    for number in range(max(ROUNDS // 2, 5)):
        base = live()
        faster, slower = (Writer(client, root, chance, count, live) for client in people)
        faster.begin()
        slower.begin()
        faster.save({})
        theirs = {name: value for name, value in faster.wanted.items() if base.get(name, GONE) != value}
        collided += slower.save(theirs)
        now, wanted = live(), together(base, theirs, slower.wanted)
        assert now == wanted, (seed, number, faster.page, faster.wanted, slower.page, slower.wanted)
    assert collided, "nothing ever collided: the rounds are too few"
