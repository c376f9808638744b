"""What the tests of the create dialog share: walking through it as a browser without a script would."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.steps.input_names import with_units

MINE = '#step [name]:not([form], [disabled]), [name][form="step"]:not([disabled])'


def controls(html: str) -> dict[str, list[str]]:
    """What a browser would post of the form `step`: its successful controls."""
    data: dict[str, list[str]] = {}
    for control in LexborHTMLParser(html).css(MINE):
        value = said_by(control)
        if value is not None:
            data.setdefault(control.attributes["name"] or "", []).append(value)
    return data


def said_by(control: LexborNode) -> str | None:
    """The value of one control; None if it is not sent."""
    if control.tag == "textarea":
        return control.text()
    if control.tag == "select":
        options = control.css("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        return chosen[-1].attributes.get("value") or "" if chosen else None
    return _input(control.attributes) if control.tag == "input" else None


def _input(attributes: dict[str, str | None]) -> str | None:
    kind, value = attributes.get("type"), attributes.get("value")
    if kind in ("checkbox", "radio"):
        return ("on" if value is None else value) if "checked" in attributes else None
    if kind in ("submit", "button", "file"):
        return None
    return value or "" if kind == "hidden" else (value or "").replace("\r", "").replace("\n", "")


def line_ends(data: dict[str, list[str]]) -> dict[str, list[str]]:
    """The data with line ends as browsers send them."""
    ends = re.compile(r"\r\n|\r|\n")
    return {name: [ends.sub("\r\n", value) for value in values] for name, values in data.items()}


def _words(node: LexborNode | None) -> str:
    return " ".join(node.text().split()) if node else ""


@dataclass
class Wizard:
    """One person in the create dialog of one project; `page` is the last answer."""

    client: Client
    project: str
    page: HttpResponse | None = None

    @property
    def root(self) -> str:
        return f"/projects/{self.project}/services/new/"

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.content.decode()

    def problems(self) -> list[str]:
        """The lines of the notice; of one that links to fields each label with what its field says is wrong."""
        page = LexborHTMLParser(self.text)
        links = page.css("#problems p:first-child > strong ~ a")
        if links:
            lead = page.css_first("#problems strong")
            return [_words(lead), *(f"{_words(link)}: {self._wrong(page, link)}" for link in links)]
        notice = re.search(r'id="problems".*?</div>\s*</div>', self.text, re.S)
        items = re.findall(r"<(?:li|strong)[^>]*>(.*?)</(?:li|strong)>", notice[0], re.S) if notice else []
        return [" ".join(unescape(re.sub(r"<[^>]*>", "", item)).split()) for item in items]

    @staticmethod
    def _wrong(page: LexborHTMLParser, link: LexborNode) -> str:
        """What stands at the field that a link of the notice leads to."""
        target = str(link.attributes["href"]).removeprefix("#")
        error = page.css_first(f"[id='{target}_error']") or page.css_first(f"[id='{target.rpartition('_')[0]}_error']")
        assert page.css_first(f"[id='{target}']") is not None, target
        assert error is not None, f"nothing is said at {target}"
        return _words(error)

    def problem_lines(self) -> list[tuple[str, int, str]]:
        """The list below the editor: "Line 3" as it is shown, the column, the sentence."""
        listed = re.search(r'<ul class="problems".*?</ul>', self.text, re.S)
        lines = []
        for item in re.findall(r"<li .*?</li>", listed[0] if listed else "", re.S):
            column = re.search(r'data-column="(\d+)"', item)
            shown = re.search(
                r"<(a|span)\b[^>]*>([^<]*)</\1><span>(.*?)</span></li>", re.sub("</?code>", "", item), re.S
            )
            assert column, item
            assert shown, item
            lines.append((shown[2], int(column[1]), " ".join(unescape(shown[3]).split())))
        return lines

    @property
    def path(self) -> str:
        assert self.page is not None
        return str(self.page.request["PATH_INFO"])  # type: ignore[attr-defined]

    @property
    def draft(self) -> str:
        match = re.search(r"/new/([0-9a-f-]{36})/", self.path)
        assert match, self.path
        return match[1]

    @property
    def step(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2]

    def start(self, type: str) -> "Wizard":
        """Choose a type; the first step is shown."""
        self.page = self.client.post(f"{self.root}{type}/", follow=True)
        assert self.page.status_code == 200, self.text
        return self

    def open(self, step: str) -> "Wizard":
        """Go to a page of the draft by its address."""
        self.page = self.client.get(f"{self.root}{self.draft}/{step}/", follow=True)
        return self

    def form(self) -> dict[str, list[str]]:
        """What the form has now, a number with its unit as one text: so it is stored. A unit beside no number stays."""
        return with_units(controls(self.text))

    def buttons(self) -> list[str]:
        """The values of all `do` buttons."""
        mine = LexborHTMLParser(self.text).css(MINE)
        buttons = [
            control.attributes for control in mine if control.tag == "button" and control.attributes["name"] == "do"
        ]
        return [button.get("value") or "" for button in buttons]

    def submit(self, do: str = "", /, **typed: Any) -> "Wizard":
        """Type into fields (`__` stands for `-`) and press a button; "" is the main one. What is typed has its unit."""
        named = {name.replace("__", "-"): value for name, value in typed.items()}
        data = {name: values for name, values in self.form().items() if name.removesuffix("-unit") not in named}
        data |= {name: value if isinstance(value, list) else [str(value)] for name, value in named.items()}
        if do:
            assert do in self.buttons(), (do, self.buttons())
            data["do"] = [do]
        self.page = self.client.post(self.path, line_ends(data), follow=True)
        return self

    def post(self, verb: str, **data: Any) -> "Wizard":
        """POST to a verb of the draft: create, undo, retry, discard."""
        version = self.form().get("seen", [""])[0]
        self.page = self.client.post(f"{self.root}{self.draft}/{verb}/", {"seen": version, **data}, follow=True)
        return self
