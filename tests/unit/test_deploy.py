"""C16: the files of deploy/, as docs/operations.md says to use them elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.clusters import ROOT


def test_the_command_for_another_account_leaves_nothing_of_the_old_one() -> None:
    (command,) = re.findall(
        r"```sh\n(sed .*?) \| kubectl apply -f -\n", (ROOT / "docs/operations.md").read_text(), re.S
    )
    command = command.replace("TEAM", "tools").replace("NAME", "console")
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, check=True, capture_output=True, text=True)
    documents = list(yaml.safe_load_all(done.stdout))
    subjects = [
        subject
        for document in documents
        for subject in document.get("subjects", ())
        if subject["kind"] == "ServiceAccount"
    ]
    assert len(subjects) == 4
    accounts = [*subjects, *(document["metadata"] for document in documents if document["kind"] == "ServiceAccount")]
    assert {(account["name"], account["namespace"]) for account in accounts} == {("console", "tools")}
    assert [document["metadata"]["name"] for document in documents if document["kind"] == "Namespace"] == ["tools"]
    policies = [
        document["spec"]["matchConditions"] for document in documents if document["kind"] == "ValidatingAdmissionPolicy"
    ]
    conditions = [
        match_conditions[0]["expression"]
        for match_conditions in policies
        if match_conditions[0]["name"] == "the-console-itself"
    ]
    assert len(conditions) == 2
    assert all("'system:serviceaccount:tools:console'" in expression for expression in conditions)


def test_the_image_has_what_it_copies_and_builds_its_assets(tmp_path: Path) -> None:
    """C16: the same lines, with this interpreter and folders of the test's."""
    file = (ROOT / "deploy/Dockerfile").read_text()
    sources = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", file, re.M) for name in line.split()]
    assert len(sources) > 8
    assert [name for name in sources if not (ROOT / name).exists()] == []
    (command,) = re.findall(r"^RUN (BERTH_DATA=.*)$", file, re.M)
    command = command.replace(".venv/bin/python", sys.executable)
    for folder, ours in (("/tmp/data", tmp_path / "data"), ("/app/assets", tmp_path / "assets")):
        command = command.replace(folder, str(ours))
    subprocess.run(["sh", "-c", command], cwd=ROOT, check=True)
    built = {path.name.split(".")[0] + path.suffix for path in (tmp_path / "assets").iterdir()}
    assert built >= {"berth.css", "berth.js", "editor.js", "icons.svg", "inter.woff2"}


def test_the_deployment_runs_the_image_that_is_built_here() -> None:
    """C16: as the user that the image knows, with a data folder of its own below the volume."""
    file = (ROOT / "deploy/Dockerfile").read_text()
    deployment, _ = yaml.safe_load_all((ROOT / "deploy/kubernetes/console.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    assert f"USER {pod['securityContext']['runAsUser']}:" in file
    environment = {variable["name"]: variable["value"] for variable in pod["containers"][0]["env"]}
    assert f"BERTH_DATA={environment['BERTH_DATA']} BERTH_BIND={environment['BERTH_BIND']}" in file
