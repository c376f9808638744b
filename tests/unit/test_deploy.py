"""C16: the files of deploy/, as docs/operations.md says to use them elsewhere."""

import re
import subprocess

import yaml

from tests.clusters import ROOT


def test_the_command_for_another_account_leaves_nothing_of_the_old_one() -> None:
    (command,) = re.findall(
        r"```sh\n(sed .*?) \| kubectl apply -f -\n", (ROOT / "docs/operations.md").read_text(), re.S
    )
    command = command.replace("TEAM", "tools").replace("NAME", "console")
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, check=True, capture_output=True, text=True)
    documents = list(yaml.safe_load_all(done.stdout))
    subjects = [one for each in documents for one in each.get("subjects", ()) if one["kind"] == "ServiceAccount"]
    assert len(subjects) == 4
    accounts = [*subjects, *(each["metadata"] for each in documents if each["kind"] == "ServiceAccount")]
    assert {(one["name"], one["namespace"]) for one in accounts} == {("console", "tools")}
    assert [each["metadata"]["name"] for each in documents if each["kind"] == "Namespace"] == ["tools"]
    policies = [each["spec"]["matchConditions"] for each in documents if each["kind"] == "ValidatingAdmissionPolicy"]
    assert len(policies) == 2
    assert all("'system:serviceaccount:tools:console'" in conditions[0]["expression"] for conditions in policies)
