"""The create dialog and the editor, measured, as JSON: `python -m tests.bench.dialog PROJECT USER SERVICES CONTEXT`."""

import json
from typing import Any

import yaml

from tests.bench.clock import Times, repeated
from tests.bench.console import Given, begin, client_of
from tests.bench.measure import ROWS, _cold_start
from tests.everything.stateless import STATELESS
from tests.web.creating import Wizard

DRAFTS = 15
FULL = 10
ROUNDS = 7
TYPED: tuple[dict[str, object], ...] = (
    {},
    {
        "containers__0__image": "nginx",
        "containers__0__name": "web",
        "containers__0__ports__0__container_port": 80,
        "containers__0__ports__0__service_port": 80,
    },
    {},
    {},
)


def main() -> None:
    arguments = begin()
    _cold_start(arguments)  # so that there is a list to ask for beside the steps
    figures = _steps(arguments) | _every_field(arguments) | _editor(arguments) | _check(arguments)
    print(json.dumps(figures))


def _steps(arguments: Given) -> dict[str, float]:
    """From pressing Next to the next step's page: one POST, its redirect and the GET. After each the list, to which
    they are held.
    """
    steps, reviews, lists = Times(), Times(), Times()
    for number in range(DRAFTS + 1):
        wizard = Wizard(client_of(arguments.user), arguments.project).start("stateless")
        if number == 1:
            steps, reviews, lists = Times(), Times(), Times()  # the first one warmed everything up
        for place, typed in enumerate(TYPED):
            named = {"name": f"draft-{number}"} if place == 0 else {}
            _next(wizard, reviews if place == len(TYPED) - 1 else steps, {**typed, **named})
            _look_at_list(wizard, lists)
        assert wizard.step == "review", (wizard.step, wizard.problems())
    return steps.figures("step") | reviews.figures("review") | lists.figures("step_list")


def _every_field(arguments: Given) -> dict[str, float]:
    """The same with every field of the dialog set: two containers and everything below their folds."""
    steps, lists = Times(), Times()
    for number in range(FULL + 1):
        wizard = Wizard(client_of(arguments.user), arguments.project).start("stateless")
        if number == 1:
            steps, lists = Times(), Times()
        for visit in STATELESS.visits(30999):
            for press in visit.presses:
                wizard.submit(press)
            name = {"name": f"full-{number}"} if visit.step == "basic" else {}
            typed = {key: "on" if value is True else value for key, value in {**visit.typed, **name}.items()}
            _next(wizard, Times() if visit.step == "advanced" else steps, typed)
            _look_at_list(wizard, lists)
        assert wizard.step == "review", (wizard.step, wizard.problems())
    return steps.figures("full") | lists.figures("full_list")


def _next(wizard: Wizard, times: Times, typed: dict[str, Any]) -> None:
    data = wizard.form()
    data |= {
        name.replace("__", "-"): value if isinstance(value, list) else [str(value)] for name, value in typed.items()
    }
    with times:
        wizard.page = wizard.client.post(wizard.path, data, follow=True)  # type: ignore[assignment]


def _look_at_list(wizard: Wizard, times: Times) -> None:
    with times:
        answer = wizard.client.get(f"/projects/{wizard.project}/services/?size={ROWS}")
    assert answer.content.count(b"<tr id=") == ROWS, answer.status_code


def _editor(arguments: Given) -> dict[str, float]:
    """The page with the editor on a draft of 200 KB."""
    text = documents(200_000)
    wizard = Wizard(client_of(arguments.user), arguments.project).start("yaml").submit(text=text)
    address = f"{wizard.root}{wizard.draft}/yaml/"
    shown = wizard.client.get(address)
    assert len(shown.content) > len(text), (shown.status_code, len(shown.content))
    times = repeated(lambda _: wizard.client.get(address), ROUNDS)
    return {"editor_ms": times.figures("editor")["editor_p50_ms"]}


def _check(arguments: Given) -> dict[str, float]:
    """What the editor asks while somebody types, on the largest text there may be."""
    client, text = client_of(arguments.user), documents(1_000_000)
    address = f"/projects/{arguments.project}/services/yaml/problems/"
    answer = client.post(address, {"text": text})
    assert answer.status_code == 200, answer.content[:500]
    assert answer.json()["problems"] == [], answer.content[:500]
    figures = repeated(lambda _: client.post(address, {"text": text}), ROUNDS).figures("check")
    parsed = repeated(lambda _: list(yaml.parse(text, Loader=yaml.CSafeLoader)), ROUNDS).figures("parse")
    return {
        "check_ms": figures["check_p50_ms"],
        "check_cpu_ms": figures["check_cpu_p50_ms"],
        "parse_ms": parsed["parse_p50_ms"],
    }


def documents(size: int) -> str:
    """About `size` bytes (and no more) of a Service and Deployments with many variables."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "large"},
        "spec": {"selector": {"app": "large"}, "ports": [{"name": "http", "port": 80}]},
    }
    made = [yaml.safe_dump(service, sort_keys=False)]
    left = size - len(made[0])
    while left > 0:
        made.append(yaml.safe_dump(_deployment(len(made)), sort_keys=False))
        left -= len(made[-1]) + 4
    return "---\n".join(made[:-1])


def _deployment(number: int) -> dict[str, Any]:
    mine = {"number": str(number)}
    variables = [{"name": f"VARIABLE_{place}", "value": f"a value of some length, {place}"} for place in range(100)]
    container = {
        "name": "main",
        "image": "nginx:1.29",
        "env": variables,
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"large-{number}", "labels": {"app": "large"}},
        "spec": {
            "selector": {"matchLabels": {**mine}},  # a copy: what stands twice would be dumped as an alias
            "template": {"metadata": {"labels": {"app": "large", **mine}}, "spec": {"containers": [container]}},
        },
    }


if __name__ == "__main__":
    main()
