"""How the forms of the create dialog speak: values of folds, errors said once, examples that are no values."""

from collections.abc import Callable

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from accounts.models import Project
from tests.clusters import Cluster
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)
ONE = "containers-0-"


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project, cluster: Cluster) -> Wizard:
    """At Pod Settings, with an image."""
    return Wizard(sign_in("olive"), project.name).start("stateless").submit(name="shop")


def now(wizard: Wizard) -> dict[str, str]:
    """What each fold says of itself."""
    folds = LexborHTMLParser(wizard.text).css(".fold[id]")
    summaries = {str(fold.attributes["id"]): fold.css_first("summary .now") for fold in folds}
    return {
        name.removeprefix("fold_"): " ".join(summary.text().split())
        for name, summary in summaries.items()
        if summary is not None
    }


def test_a_fold_says_what_is_in_it_after_the_next_answer(wizard: Wizard) -> None:
    typed = {
        f"{ONE}readiness-kind": "http",
        f"{ONE}readiness-path": "/ready",
        f"{ONE}readiness-port": "8080",
        f"{ONE}security-run_as_user": "10001",
        f"{ONE}security-allow_escalation": "false",
        "update-max_surge": "1",
        "grace_period": "60",
    }
    assert now(wizard)[f"{ONE}health"] == "Off"
    wizard.submit("more:replicas", **typed)
    values = now(wizard)
    assert values[f"{ONE}health"] == "Readiness: HTTP GET /ready on 8080"
    assert values[f"{ONE}security"] == "Runs as user 10001, no escalation"
    assert (values[f"{ONE}env"], values[f"{ONE}command"]) == ("None", "Image default")
    assert values["update"].startswith("Rolling update: ")
    assert "1 extra" in values["update"]
    assert values["grace_period"] == "60 s"


def test_advanced_settings_are_folds_with_their_values(wizard: Wizard) -> None:
    wizard.open("advanced").submit("add:labels", sticky="on", external="NodePort")
    values = now(wizard)
    assert values["sticky"] == "3 h per client IP"
    assert values["meta"].startswith("3 labels")
    assert (values["ports"], values["nodes"]) == ("Chosen by the cluster", "Any node")
    marked = LexborHTMLParser(wizard.text).css_first("#id_labels-0 .hint")
    assert marked is not None
    assert marked.text() == "Used by the Service’s selector."


def test_an_error_is_said_once_and_that_of_a_port_under_its_input(wizard: Wizard) -> None:
    wizard.submit(**{f"{ONE}image": "nginx", f"{ONE}ports-0-name": "web", f"{ONE}ports-0-service_port": "80"})
    page = LexborHTMLParser(wizard.text)
    notice, sentence = page.css_first("#problems"), "Enter a port."
    assert notice is not None
    assert " ".join(notice.text().split()) == "Fix 1 field to continue: Container port 1"
    assert wizard.text.count(sentence) == 1
    below = page.css_first(f"#id_{ONE}ports-0 td[data-col=container_port] .error")
    assert below is not None
    assert below.text().strip() == sentence, "under its own input"
    assert page.css_first("tr.tells") is None
    control = page.css_first(f"#id_{ONE}ports-0-container_port")
    assert control is not None
    assert control.attributes["aria-invalid"] == "true"
    assert f"id_{ONE}ports-0-container_port_error" in str(control.attributes["aria-describedby"])


def test_every_link_of_the_notice_leads_to_something(wizard: Wizard) -> None:
    assert f"drop:{ONE[:-1]}" not in wizard.buttons(), "a pod has one"
    wizard.submit(containers__0__type="init", containers__0__image="nginx")
    problem = next(line for line in wizard.problems() if "A pod needs at least one worker container." in line)
    assert problem, "the step as a whole"


@pytest.mark.parametrize("step", ["basic", "pod", "storage", "advanced"])
def test_an_example_says_that_it_is_one(wizard: Wizard, step: str) -> None:
    for do in ("volume:empty", "add:node_selector"):
        wizard.open(step)
        if do in wizard.buttons():
            wizard.submit(do)
        examples = [
            str(control.attributes["placeholder"])
            for control in LexborHTMLParser(wizard.text).css("#step [placeholder]")
        ]
        assert [example for example in examples if not example.startswith("e.g. ")] == []


def test_the_terms_of_the_documentation(wizard: Wizard) -> None:
    text = wizard.text
    terms = "Initial delay,Interval,Timeout,Success threshold,Failure threshold,Run as Non-root,Privileged Mode"
    folds = "Health Check,Environment Variables,Start Command,Lifecycle Management,Container Security Context"
    for term in f"{terms},{folds},Update Strategy,Pod Scheduling Rules,Pod Security Context,Port Settings".split(","):
        assert f">{term}<" in text, term


def test_one_always_sees_which_step_it_is(wizard: Wizard) -> None:
    def foot() -> str:
        place = LexborHTMLParser(wizard.text).css_first(".footbar .step-now")
        return " ".join(place.text().split()) if place else ""

    assert foot() == "Step 2 of 5 Pod Settings"
    ports = {f"{ONE}ports-0-{end}_port": 80 for end in ("container", "service")}
    wizard.submit("yaml", **{f"{ONE}image": "nginx"}, **ports)
    assert foot() == "Edit YAML all steps"
    steps = LexborHTMLParser(wizard.text).css("#track [aria-current=step]")
    assert [step.text().strip() for step in steps] == ["YAML, all steps"]
    wizard.submit("go:basic")
    assert foot() == "Step 1 of 5 Basic Information", "M12: in YAML mode the steps lead to the form"
