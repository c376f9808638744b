"""Text that no form sends: it is refused or kept as text, on SQLite and on PostgreSQL, and never a crash."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project
from services.models import Draft
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[str], Client]


@pytest.mark.parametrize(
    "address",
    ["/projects/%00/services/", "/projects/{}/service/%00/", "/projects/{}/activity/?on=%00", "/workspaces/%00/"],
)
def test_no_address_has_a_nul(sign_in: SignIn, project: Project, address: str) -> None:
    assert sign_in("olive").get(address.format(project.name)).status_code == 400


@pytest.mark.parametrize("do", ["look:", ""])
def test_a_nul_in_a_field_is_kept_as_a_mark(sign_in: SignIn, project: Project, do: str) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("stateless")
    answer = wizard.client.post(wizard.path, {**wizard.form(), "name": "sh\0p", "do": do})
    assert answer.status_code < 500
    assert Draft.objects.get().typed["basic"]["data"]["name"] == ["sh\ufffdp"]


@pytest.mark.parametrize("text", ["a: \0", '{apiVersion: v1, kind: Service, metadata: {name: "a\\0b"}}'])
def test_a_nul_in_the_editor_is_told(sign_in: SignIn, project: Project, text: str) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    answer = wizard.client.post(wizard.path, {**wizard.form(), "text": text, "do": "save"})
    assert answer.status_code in (302, 303, 422)


def test_a_name_that_would_split_a_header_is_a_file_name(sign_in: SignIn, project: Project) -> None:
    wizard = Wizard(sign_in("olive"), project.name).start("yaml")
    text = '{apiVersion: v1, kind: Service, metadata: {name: "a\\"b\\r\\nX: y"}, spec: {ports: [{port: 80}]}}'
    wizard.client.post(wizard.path, {**wizard.form(), "text": text, "do": "anyway"})
    draft = Draft.objects.get()
    draft.name = draft.name or 'a"b\r\nX: y'
    draft.save()
    answer = wizard.client.get(f"{wizard.root}{draft.id}/download/?raw")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-b-X-y.yaml"'
