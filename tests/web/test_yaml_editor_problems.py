"""What the page says after a text with problems was saved: above the text, in numbers that tell problems from hints."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from services.models import Draft
from tests.clusters import Cluster
from tests.manifests import service
from tests.web.creating import Wizard
from tests.web.test_edit_yaml import opened

if TYPE_CHECKING:
    from accounts.models import Project

SignIn = Callable[[str], Client]

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-v1
spec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: app
        image: nginx
"""


@pytest.fixture
def web(cluster: Cluster, project: Project) -> str:
    """The address of the Service web's YAML."""
    cluster.admin.create(service("web"), project.name)
    return f"/projects/{project.name}/service/web/yaml/"


def alert(page: str) -> str:
    """The words of the notice that has the focus; "" where there is none. It stands before the text."""
    match = re.search(r'<div class="notice bad"[^>]*autofocus.*?</div>\s*</div>', page, re.S)
    if not match:
        return ""
    assert page.index(match[0]) < page.index('name="text"')
    return " ".join(markup.unescape(re.sub(r"<[^>]*>", " ", match[0])).split())


def listed(page: str) -> str:
    """The words of the list below the text, which alone says what is wrong in each line."""
    match = re.search(r'<ul class="problems".*?</ul>', page, re.S)
    assert match
    return " ".join(markup.unescape(re.sub(r"<[^>]*>", " ", re.sub("</?code>", "", match[0]))).split())


def total(page: str) -> str:
    match = re.search(r"<span data-total>(.*?)</span>", page)
    assert match
    return match[1]


def test_problems_of_a_service_are_said_above_the_text(web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = fields["text"].replace("kind: Service", "kind: Pod").replace("  name: web\n", "  name: other\n")
    page = olive.post(web, {**fields, "text": typed, "do": "review"}).content.decode()
    told = alert(page)
    assert "The text has 2 errors." in told
    assert told.endswith("Line 2 Line 4")
    assert "Line 4 The name cannot be changed: it is web." in listed(page)
    assert markup.unescape(page).count("The name cannot be changed: it is <code>web</code>.</span>") == 1, (
        "and says it once"
    )
    assert re.search(r'role="alert">\s*<div class="notice bad"[^>]*id="problems"', page), "it is said aloud"
    assert total(page) == "2 errors"


def test_what_the_cluster_refuses_is_said_above_the_text_and_once(web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = fields["text"].replace("port: 80\n", "port: 70000\n", 1)
    page = olive.post(web, {**fields, "text": typed, "do": "review"}).content.decode()
    told = alert(page)
    assert "The cluster would refuse" in told
    assert re.search(r"Line \d+$", told)
    assert listed(page).count("spec.ports[0].port") == 1


def test_more_problems_than_a_notice_has_room_for_stand_below(sign_in: SignIn, project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    wizard.submit("review", text=WORKLOAD.replace("spec:\n", "spec:\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n", 1))
    told = alert(wizard.text)
    assert "The text has 4 errors." in told
    assert "Line 6 Line 7 Line 8 1 more" in told
    assert "Line 6 Unknown field a in spec" in listed(wizard.text)


def test_a_hint_is_no_problem(sign_in: SignIn, project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    wizard.submit("review", text=WORKLOAD.replace("spec:\n", "spec:\n  replica: 1\n", 1))
    assert "The text has 1 error." in alert(wizard.text)
    assert total(wizard.text) == "1 error, 1 warning"
    assert "2 errors" not in wizard.text, "the track counts problems, too"
    wizard.submit("review", text=WORKLOAD)
    assert wizard.step == "review", "a hint alone is in nobody's way"


RAW = "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32"


def test_words_of_a_decoder_are_put_into_words(web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    typed = fields["text"].replace("port: 80\n", "port: eighty\n", 1)
    line = next(at for at, text_line in enumerate(typed.splitlines(), 1) if "port: eighty" in text_line)
    page = olive.post(web, {**fields, "text": typed, "do": "review"}).content.decode()
    told = alert(page)
    assert told.endswith(f"Line {line}")
    assert f"Line {line} port must be a whole number, this is text." in listed(page)
    assert "json:" not in told
    assert re.search(rf"<code[^>]*>{re.escape(RAW)}", page), "the server's words are there for who wants them"


def test_words_of_a_decoder_are_put_into_words_at_the_review(sign_in: SignIn, project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  ports:\n  - port: eighty\n"
    wizard.submit("save", text=text)
    wizard.submit("anyway")
    assert wizard.step == "review"
    assert "port must be a whole number, this is text." in wizard.text
    assert re.search(rf"<code[^>]*>[^<]*{re.escape(RAW)}", wizard.text)


def test_a_draft_saved_in_another_tab_is_said_so_and_neither_text_is_lost(sign_in: SignIn, project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    first, pinned = wizard.form(), WORKLOAD.replace("nginx", "nginx:1.27")
    wizard.submit("save", text=pinned)
    mine = pinned.replace("shop-v1", "shop-v2")
    wizard.page = wizard.client.post(wizard.path, {**first, "text": [mine], "do": ["save"]})
    assert wizard.page.status_code == 409
    assert "This draft was saved in another tab in the meantime." in wizard.text
    assert "somebody else" not in wizard.text
    assert "this step" not in wizard.text, "the text is all of it"
    assert "shop-v2" in wizard.form()["text"][0]
    assert "was saved in the other tab" in wizard.text
    assert "shop-v1" in Draft.objects.get().text
    wizard.submit("save")
    assert "shop-v2" in Draft.objects.get().text


def test_a_conflict_may_be_with_oneself(cluster: Cluster, web: str, sign_in: SignIn) -> None:
    olive = sign_in("olive")
    fields = opened(olive, web)
    other = {**fields, "text": fields["text"].replace("port: 80\n", "port: 81\n", 1), "do": "apply"}
    assert olive.post(web, other).status_code == 303
    mine = {**fields, "text": fields["text"].replace("port: 80\n", "port: 82\n", 1), "do": "apply"}
    answer = olive.post(web, mine)
    assert answer.status_code == 409
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.content.decode()))
    assert re.search(r"You changed web (?:just now|\d+ s ago), in another tab\.", shown)
    assert "Stored now another tab," in shown, "one person has no two names"
