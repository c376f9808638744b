"""What the tests of the edit dialogs share: pages read and answered as a browser without scripts would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from tests.clusters import eventually
from tests.web.creating import line_ends, said_by

Fields = dict[str, list[str]]


def fields_of(page: str, form: str) -> Fields:
    """What a browser would post of a form: its successful controls, in the order of the page."""
    data: Fields = {}
    wanted = f'#{form} [name]:not([form], [disabled]), [name][form="{form}"]:not([disabled])'
    for control in LexborHTMLParser(page).css(wanted):
        if (value := said_by(control)) is not None:
            data.setdefault(control.attributes["name"] or "", []).append(value)
    return data


def words_of(page: str) -> str:
    """The words of a page in one line."""
    main = LexborHTMLParser(page).css_first("body")
    return " ".join(main.text(separator=" ").split()) if main else ""


@dataclass
class Editor:
    """One person in one dialog of one Service; `answer` is the last one."""

    client: Client
    address: str
    answer: Any = None

    @property
    def page(self) -> str:
        return str(self.answer.content.decode())

    @property
    def words(self) -> str:
        return words_of(self.page)

    @property
    def fields(self) -> Fields:
        return fields_of(self.page, "step")

    def open(self) -> Editor:
        """Open the dialog; a real API server learns of the role a moment after it was given."""

        def opens() -> bool:
            self.answer = self.client.get(self.address)
            assert self.answer.status_code == 200, self.page
            return True

        eventually(opens)
        return self

    def send(self, do: str = "", form: str = "step", **typed: Any) -> Editor:
        """Send a form of the page with what is typed; `None` takes a field away."""
        fields: dict[str, Any] = {**fields_of(self.page, form), "do": do}
        changed = {name.replace("__", "-"): value for name, value in typed.items()}
        fields = {name: value for name, value in (fields | changed).items() if value is not None}
        posted = {name: value if isinstance(value, list) else [str(value)] for name, value in fields.items()}
        self.answer = self.client.post(self.address, line_ends(posted))
        return self

    def apply(self, **typed: Any) -> Editor:
        """Apply what the review shows."""
        assert self.answer.status_code == 200, self.words
        return self.send("apply", "apply", **typed)

    def merge(self, **typed: Any) -> Editor:
        """Review the merge of two changes, with choices by the label of their field."""
        return self.send("merge", "merge", **typed)

    def clashes(self) -> list[str]:
        """The names of the choices that the conflict page offers."""
        return list(dict.fromkeys(re.findall(r'name="(clash:[^"]*)"', self.page)))

    def is_saved(self) -> bool:
        """Whether the last answer leads to the page of the Service."""
        return self.answer.status_code == 303 and self.answer.headers["Location"].endswith("/service/web/")
