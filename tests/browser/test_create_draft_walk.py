"""M1: what the page of the create dialog last showed as entered is in the draft, whatever happens next.

Random walks through all types: type, press every kind of button, follow the links of the steps, go to the YAML and
back, load again, close the tab and open it again, also before a button is answered; answers are late or lost between
browser and console, requests never arrive, the server restarts. `make test` walks 20, always the same; WALKS=200
walks more, SEEDS="51 162" these.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browsers import Console, Desk
from tests.faults import Proxy, Request, Rule

pytestmark = pytest.mark.browser
ACTIONS, AT_ONCE = 15, 5
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "").split()] or [*range(int(os.environ.get("WALKS", "20")))]
TYPES = ("stateless", "stateful", "external", "workload", "yaml")
WORKERS = re.compile(r"^-(readiness|liveness|startup|post_start|pre_stop)|-(service_port|app_protocol)$")
Shown = Counter[tuple[str, str]]

SHOWN = """() => [...document.getElementById("step").elements]
  .filter((own) => own.name && own.name !== "find" && !["hidden", "file", "submit"].includes(own.type))
  .filter((own) => !["checkbox", "radio"].includes(own.type) || own.checked)
  .map((own) => [own.name, own.value])"""
PRESS = "(said) => document.querySelector(`#work button[name=do][value='${said}']`)?.click()"
OPEN = "document.querySelectorAll('#work details').forEach((fold) => { fold.open = true; })"
STEADY = "() => !document.querySelector('.htmx-request') && !document.querySelector('#work')?.inert"
RESTORED = "() => document.readyState === 'complete' && !document.querySelector('#work')?.inert"


@pytest.fixture(scope="module")
def between(console: Console) -> Iterator[Proxy]:
    """A proxy between the browser and the console."""
    made = Proxy()
    made.forward_to(console.url)
    yield made
    made.close()


WAYS = (
    "#track :is(a, button), .head .menu button, .footbar .acts :is(a, button:not([aria-disabled])), .switch:not(label)"
)
AWAY = ("new", "drafts", "discard")  # where one is no longer in the draft, or only asked


class Walk:
    """One person at one draft."""

    def __init__(self, page: Page, desk: Desk, between: Proxy, seed: int) -> None:
        self.page, self.desk, self.between, self.dice = page, desk, between, random.Random(seed)
        self.context, self.words, self.shown, self.trail = page.context, 0, {}, []
        self.did: Counter[str] = Counter()
        self.rule: Rule | None = None  # what goes wrong next
        self.root = f"{between.url}/projects/{desk.project}/services/new/"
        self.type = TYPES[seed % len(TYPES)]

    def begin(self) -> None:
        self.page.goto(self.root)
        with self.page.expect_navigation():
            self.page.evaluate(f"document.querySelector('form[action$=\"/{self.type}/\"]').requestSubmit()")
        self.draft = re.search(r"/new/([0-9a-f-]{36})/", self.page.url)[1]  # type: ignore[index]
        if self.type != "yaml":
            self.page.fill("#id_name", f"walk-{self.draft[:8]}")
            with self.page.expect_navigation():
                self.page.evaluate("document.querySelector('.footbar .primary').click()")

    @property
    def step(self) -> str:
        return urlsplit(self.page.url).path.rstrip("/").rpartition("/")[2]

    def run(self) -> None:
        self.begin()
        for _ in range(ACTIONS):
            act = self.dice.choice(self.acts())
            fault = self.dice.random() < 0.25
            self.trail.append(f"{act.__name__}{' with a fault' if fault else ''} at {self.step}")
            if fault:
                self.break_one()
            act()
            self.did[act.__name__] += 1
            self.look()
        self.between.clear()
        for step in list(self.shown):
            self.trail.append(f"at the end: {step}")
            self.open(step)

    def acts(self):  # type: ignore[no-untyped-def]
        if self.step == "yaml":
            return [self.write, self.write, self.write, self.leave, self.leave, self.reload, self.reopen, self.restart]
        if self.step == "review":
            return [self.leave]
        often = [self.type_in, self.type_in, self.type_in, self.choose, self.press, self.press, self.hurry]
        seldom = [self.leave, self.leave, self.leave, self.switch, self.reload, self.reload, self.reopen, self.restart]
        return [*often, *often, *seldom]

    # ---- what a person does

    def controls(self, kinds: str):  # type: ignore[no-untyped-def]
        self.page.evaluate(OPEN)
        return [control for control in self.page.query_selector_all(f"#step :is({kinds})") if control.is_visible()]

    def type_in(self) -> None:
        controls = self.controls("input[type=text], input[type=search]:not([name=find]), textarea")
        if controls:
            self.words += 1
            control = self.dice.choice(controls)
            ending = (control.get_attribute("name") or "").rpartition("-")[2]
            right = {"image": "nginx:1.", "path": "/w", "container_port": "80", "service_port": "80", "replicas": ""}
            control.fill(self.dice.choice([f"{right.get(ending, 'w')}{self.words}"] * 5 + [f"W {self.words}", ""]))

    def choose(self) -> None:
        controls = self.controls("select, input[type=checkbox], input[type=radio]")
        if controls:
            control = self.dice.choice(controls)
            if control.evaluate("(own) => own.tagName") == "SELECT":
                values = control.evaluate("(own) => [...own.options].map((option) => option.value)")
                control.select_option(self.dice.choice(values))
            else:
                control.evaluate("(own) => own.click()")

    def press(self) -> None:
        if do := self.button():
            self.page.evaluate(PRESS, do)
            self.page.wait_for_function(STEADY)

    def button(self) -> str:
        """One of those that change the form; "" if it has none."""
        names = self.page.eval_on_selector_all(
            "#work button[name=do]",
            "(all) => all.map((button) => button.value).filter((value) => !/^(find|match|forget):/.test(value))",
        )
        do = self.dice.choice(names) if names else ""
        self.trail[-1] += f" {do}"
        return do

    def hurry(self) -> None:
        """A button, and before it is answered the page goes. What the page shows then does not have the button's row
        yet (or still has it), but the person has pressed: the button counts, and nothing else is lost.
        """
        self.depart()
        step, url, do, sure = self.step, self.page.url, self.button(), not self.armed()
        self.page.evaluate(PRESS, do)
        if self.dice.random() < 0.5:
            self.load(self.page.reload)
        else:
            self.page.close()
            self.page = self.context.new_page()
            self.load(self.page.goto, url)
        before = self.shown.pop(step)
        self.arrive()
        verb, _, path = do.partition(":")
        if verb not in ("add", "drop") or self.step != step or WORKERS.search(re.sub(r"^containers-\d+", "", path)):
            return
        now = self.now()
        lost, mine = (
            filled(before) - filled(now),
            [(name, value) for name, value in before if name.startswith(f"{path}-")],
        )
        assert not lost - (filled(mine) if verb == "drop" else Counter()), self.story(lost, "")
        if sure:  # a press that the browser knows to be unanswered did nothing, and the page says so
            grown = len(now) - len(before)
            assert grown > 0 if verb == "add" else grown <= 0, self.story(f"{verb} did nothing", f"{grown} fields more")
        self.shown[step] = now

    def write(self) -> None:
        self.words += 1
        text = self.dice.choice([f"# word {self.words}\n", f"# word {self.words}\n", "kind: [\n"])
        self.page.evaluate(
            "(text) => document.querySelector('[data-editor]').editor.ace.session.insert({ row: 0, column: 0 }, text)",
            text,
        )

    def switch(self) -> None:
        """To the YAML; `leave` leads back."""
        self.leave(".switch")

    def leave(self, ways: str = WAYS) -> None:
        """By a link of the steps, Next, Back, or the switch between form and YAML."""
        goals = self.page.query_selector_all(ways)
        ends = ("Create", "Compare", "Save")  # of the draft, or of its text
        goals = [goal for goal in goals if not goal.inner_text().strip().startswith(ends)]
        self.depart()
        goal = self.dice.choice(goals)
        self.trail[-1] += f" by {goal.inner_text().strip()!r}"
        try:
            with self.page.expect_navigation(timeout=8000):
                goal.evaluate("(own) => own.click()")
        except Error:  # the answer was lost: the browser's own page of it comes a moment after it is known
            with suppress(Error):
                self.page.wait_for_url("chrome-error://**", timeout=2000)
        self.arrive()

    def load(self, way, *address: str) -> None:  # type: ignore[no-untyped-def]
        """A load of the page itself (a form on its way, a newer draft) ends the one that was asked for."""
        try:
            way(*address)
        except Error as error:
            if "ERR_ABORTED" not in str(error):
                raise
            self.page.wait_for_load_state()

    def reload(self) -> None:
        self.depart()
        if self.dice.random() < 0.5:
            self.load(self.page.goto, self.page.url)
        else:
            self.load(self.page.reload)
        self.arrive(same=True)

    def reopen(self) -> None:
        self.depart()
        url = self.page.url
        self.page.close()
        self.page = self.context.new_page()
        self.load(self.page.goto, url)
        self.arrive(same=True)

    def restart(self) -> None:
        if self.dice.random() < 0.2:
            self.trail[-1] += ", really"
            self.did["restarted"] += 1
            self.desk.console.restart()
        self.reload()

    # ---- what happens to it

    def break_one(self) -> None:
        """The next request that would change the draft, be it of this act or of what was typed before."""
        self.between.clear()
        path = f"/new/{self.draft}/"
        kind = self.dice.choice(["late", "lost", "refused"])
        self.trail[-1] += f" ({kind})"
        if kind == "late":
            self.rule = self.between.slow(self.dice.choice([0.4, 1.2]), method="POST", path=path, times=1)
        elif kind == "lost":
            self.rule = self.between.commit_then_drop(method="POST", path=path, times=1)
        else:
            self.rule = self.between.refuse(method="POST", path=path, times=1)

    def armed(self) -> bool:
        """Whether something may still go wrong on the way."""
        return self.rule is not None and self.rule.left != 0

    # ---- what it comes to

    def now(self) -> list[tuple[str, str]]:
        return asked([(name, value.replace("\r\n", "\n")) for name, value in self.page.evaluate(SHOWN)])

    def depart(self) -> None:
        if self.step != "review":
            self.before = self.now()
            self.shown[self.step] = self.before

    def arrive(self, *, same: bool = False) -> None:
        if (
            not self.page.url.startswith(self.between.url)
            or self.step in ("new", "drafts", "discard")
            or "/new/" not in self.page.url
        ):
            self.page.goto(f"{self.root}{self.draft}/")
        self.page.wait_for_function(RESTORED)
        if self.step != "yaml" and self.type != "yaml":
            self.shown.pop("yaml", None)  # taken over, and written anew by what the steps change
        if self.step in self.shown:
            self.same(self.step, self.shown[self.step])
        if same and self.step != "review":
            now = self.now()
            assert now == self.before, self.story(
                [entry for entry in self.before if entry not in now],
                [entry for entry in now if entry not in self.before],
            )

    def open(self, step: str) -> None:
        self.page.goto(f"{self.root}{self.draft}/{step}/")
        self.page.wait_for_function(RESTORED)
        if self.step == step:
            self.same(step, self.shown[step])

    def look(self) -> None:
        if self.step in self.shown:
            self.shown[self.step] = self.now()

    def same(self, step: str, before: list[tuple[str, str]]) -> None:
        """What is filled in, and how often, whichever number its row has now."""
        was, now = (filled(before), filled(self.now()))
        assert was == now, self.story(sorted(was - now), sorted(now - was))

    @property
    def log(self) -> list[Request]:
        return [request for request in list(self.between.log) if f"/{self.draft}/" in request.target]

    def story(self, lost: object, new: object) -> str:
        told = [f"{self.type}, draft {self.draft}", *self.trail, "on the wire:", *map(wired, self.log)]
        return "\n".join([*told, f"lost: {lost}", f"not entered: {new}"])


def asked(shown: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without what an init container has not: it is chosen to be one, and the page asks that no more when it is next
    made, though until then it shows what was entered.
    """
    inits = {name.removesuffix("-type") for name, value in shown if name.endswith("-type") and value == "init"}
    return [(name, value) for name, value in shown if not (name.startswith("containers") and of_workers(name, inits))]


def of_workers(path: str, inits: set[str]) -> bool:
    return any(path.startswith(f"{init}-") and WORKERS.search(path.removeprefix(init)) for init in inits)


def filled(shown: list[tuple[str, str]]) -> Shown:
    """How often what is entered where. A port row that has nothing but the protocol it came with is none, and goes when
    its step is taken over (`pair_rows.blank`); so does a unit beside no number.
    """
    numbers = {name for name, value in shown if value}
    shown = [(name, value) for name, value in shown if not name.endswith("-unit") or name[:-5] in numbers]
    entered = [(name, value) for name, value in shown if value]
    rows = Counter(name.rpartition("-")[0] for name, _ in entered)
    entered = [(name, value) for name, value in entered if not (name.endswith("-protocol") and rows[name[:-9]] == 1)]
    return Counter((re.sub(r"-\d+(?=-|$)", "-#", name), value) for name, value in entered)


def wired(request: Request) -> str:
    """A request as the proxy saw it: what it asks for, and when it was typed."""
    fields = re.findall(rb'(?:^|&|name=")(do|sequence)(?:=|"\r\n\r\n)([^&\r]*)', request.body)
    words = " ".join(f"{name.decode()}={value.decode()}" for name, value in fields)
    page = request.path.rpartition("/new/")[2][37:]
    return f"{request.at:.3f} {request.method} {page} {words} {request.fault} {request.status or '-'}"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seeds", [SEEDS[at : at + AT_ONCE] for at in range(0, len(SEEDS), AT_ONCE)], ids=str)
def test_what_was_entered_is_there(browser: Browser, desk: Desk, between: Proxy, seeds: list[int]) -> None:
    """M1"""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(desk.links["olive"].replace(desk.console.url, between.url))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/signin/" not in url)
    for seed in seeds:
        walk = Walk(page, desk, between, seed)
        try:
            walk.run()
            faults = Counter(request.fault for request in walk.log if request.fault)
            print(f"seed {seed} {walk.type} {dict(walk.did)} {faults}")
        except Exception as error:
            error.add_note(f"seed {seed}\n" + walk.story("", ""))
            raise
        finally:
            between.clear()
            page = walk.page
    context.close()
