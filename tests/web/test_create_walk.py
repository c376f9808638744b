"""M1 without scripts: whatever a page of the create dialog shows as entered is in the draft when it is shown.

`make test` walks 20 times, always the same; WALKS=200 walks more.
"""

import os
import random
import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project
from services.models import Draft
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db
NOT_TYPED = ("csrfmiddlewaretoken", "seen", "sequence", "asked", "find")
RIGHT = {"image": "nginx:1.", "path": "/w", "container_port": "80", "service_port": "80", "replicas": ""}


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


def entered(wizard: Wizard) -> dict[str, list[str]]:
    return {name: values for name, values in wizard.form().items() if name not in NOT_TYPED}


def typed(dice: random.Random, wizard: Wizard, number: int) -> dict[str, list[str]]:
    """A few fields of the page, changed."""
    names = [name for name in entered(wizard) if not name.endswith(("-there", "-keep", "-kind"))]
    values = {}
    for name in dice.sample(names, min(3, len(names))):
        right = RIGHT.get(name.rpartition("-")[2], "w")
        values[name] = [dice.choice([f"{right}{number}"] * 5 + [f"W {number}", ""])]
    return values


@pytest.mark.parametrize("seed", range(int(os.environ.get("WALKS", "20"))))
def test_what_was_entered_is_there_without_scripts(wizard: Wizard, project: Project, seed: int) -> None:
    """M1"""
    dice = random.Random(seed)
    type = Draft.Type.values[seed % len(Draft.Type.values)]
    wizard.start(type)
    if type != "yaml":
        wizard.submit(name=f"walk-{seed}")
    trail = [type]
    for number in range(15):
        buttons = [button for button in wizard.buttons() if not button.startswith("forget") and button != "take"]
        acts = [button for button in buttons if ":" in button and not button.startswith("go:")]
        leaves = [button for button in buttons if button not in acts and button != "back"]
        do = dice.choice([*dice.choice([acts or leaves, leaves or acts, [""]])] or [""])
        changes = {} if wizard.step in ("yaml", "review") else typed(dice, wizard, number)
        trail.append(f"{wizard.step}: {changes} {do!r}")
        if wizard.step == "review":
            wizard.open(dice.choice(["basic", "pod", "advanced", "external", "service"]))
        else:
            wizard.submit(do, **changes)
        away = not re.search(r"/new/[0-9a-f-]{36}/", wizard.path) or wizard.step == "discard"  # it only asks
        if away or wizard.page is None or wizard.page.status_code == 404:
            wizard.page = wizard.client.get(f"{wizard.root}{Draft.objects.get().id}/", follow=True)
        if wizard.step == "review" or wizard.page.redirect_chain:  # type: ignore[attr-defined]
            continue  # what is shown was read from the draft
        shown, step = entered(wizard), wizard.step
        wizard.open(step)
        assert (wizard.step, entered(wizard)) == (step, shown), trail
