"""What the tests of the create dialog share: walking through it as a browser without a script would."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


class _Forms(HTMLParser):
    """The successful controls of the form `step`, as a browser would post them."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.data: dict[str, list[str]] = {}
        self.buttons: list[tuple[str, str]] = []
        self._area = self._select = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("id") == "step":
            self.inside = True
        mine = self.inside or found.get("form") == "step"
        if tag == "button" and mine and found.get("name"):
            self.buttons.append((found["name"], found.get("value", "")))
        if not mine or ("name" not in found and tag != "option") or "disabled" in found:
            return
        if tag == "input":
            self._input(found)
        elif tag == "textarea":
            self._area = found["name"]
            self.data[self._area] = [""]
        elif tag == "select":
            self._select, self._options = found["name"], []
        elif tag == "option" and self._select:
            self._options.append((found.get("value", ""), "selected" in found))

    def _input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text")
        if kind in ("checkbox", "radio"):
            if "checked" in found:
                self.data.setdefault(found["name"], []).append(found.get("value", "on"))
        elif kind not in ("submit", "button", "file"):
            said = found.get("value", "")
            one_line = said if kind == "hidden" else said.replace("\r", "").replace("\n", "")
            self.data.setdefault(found["name"], []).append(one_line)

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self._area:
            self.data[self._area][0] = self.data[self._area][0].removeprefix("\n")
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected] or [v for v, _s in self._options[:1]]
            self.data.setdefault(self._select, []).extend(chosen[-1:])
            self._select = ""


def controls(html: str) -> dict[str, list[str]]:
    """What a browser would post of the form `step`."""
    found = _Forms()
    found.feed(html)
    return found.data


def line_ends(data: dict[str, list[str]]) -> dict[str, list[str]]:
    """The data with line ends as browsers send them."""
    ends = re.compile(r"\r\n|\r|\n")
    return {name: [ends.sub("\r\n", value) for value in values] for name, values in data.items()}


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
        """The lines of the notice, without markup."""
        notice = re.search(r'id="problems".*?</div>\s*</div>', self.text, re.S)
        items = re.findall(r"<(?:li|strong)[^>]*>(.*?)</(?:li|strong)>", notice[0], re.S) if notice else []
        return [" ".join(unescape(re.sub(r"<[^>]*>", "", item)).split()) for item in items]

    def problem_lines(self) -> list[tuple[str, int, str]]:
        """The list below the editor: "Line 3" as it is shown, the column, the sentence."""
        listed = re.search(r'<ul class="problems".*?</ul>', self.text, re.S)
        found = []
        for item in re.findall(r"<li .*?</li>", listed[0] if listed else "", re.S):
            column = re.search(r'data-column="(\d+)"', item)
            shown = re.search(r"<(a|span)\b[^>]*>([^<]*)</\1><span>(.*?)</span></li>", item, re.S)
            assert column, item
            assert shown, item
            found.append((shown[2], int(column[1]), " ".join(unescape(shown[3]).split())))
        return found

    @property
    def path(self) -> str:
        assert self.page is not None
        return str(self.page.request["PATH_INFO"])  # type: ignore[attr-defined]

    @property
    def draft(self) -> str:
        found = re.search(r"/new/([0-9a-f-]{36})/", self.path)
        assert found, self.path
        return found[1]

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
        """What the form has now."""
        return controls(self.text)

    def buttons(self) -> list[str]:
        """The values of all `do` buttons."""
        found = _Forms()
        found.feed(self.text)
        return [value for name, value in found.buttons if name == "do"]

    def submit(self, do: str = "", /, **typed: Any) -> "Wizard":
        """Type into fields (`__` stands for `-`) and press a button; "" is the main one."""
        data = self.form()
        for name, value in typed.items():
            data[name.replace("__", "-")] = value if isinstance(value, list) else [str(value)]
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
