"""usage: python -m tests.bench [--services 1000 10000] [--pods 5] [--save FILE]

BERTH_KUBECONFIG names the cluster to measure on: its current context fills it, its context `console` (if any) is the
console's; `--services 200 1000` is a good size there. Without it an embedded cluster is started. The bench's namespace
is removed at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.admin import from_kubeconfig
from tests.bench import report
from tests.bench.clusters import Target, plant
from tests.bench.measure import ROWS
from tests.clusters import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--services", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--pods", type=int, default=5, help="pods behind each Service")
    parser.add_argument("--save", type=Path, help="write the table to this file as well")
    options = parser.parse_args()
    if min(options.services) < 3 * ROWS:
        parser.error(f"--services: at least {3 * ROWS}, so that a second and a third page of the list can be compared")
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as name, plant(_say) as planted:
        target = planted.target
        _say(f"Measuring on the {target.name} cluster")
        env = _environment(Path(name) / "data", target)
        project, user = _furnish(env)
        results: dict[int, dict[str, float]] = {}
        try:
            for services in sorted(options.services):
                planted.grow(project, services, options.pods)
                results[services] = _measure(env, project, user, services, options.pods, target)
        finally:
            _remove(target, project)
    made = report.table(results, target.name)
    _say("\n" + made)
    if options.save:
        options.save.write_text(made + "\n")
    return 0


def _environment(data: Path, target: Target) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
    return kept | {
        "BERTH_DATA": str(data),
        "BERTH_KUBECONFIG": str(target.kubeconfig),
        "BERTH_CONTEXT": target.console,
        "DJANGO_SETTINGS_MODULE": "console.settings",
    }


def _furnish(env: dict[str, str]) -> tuple[str, str]:
    """A database with people and a project; the project's name and who looks at it."""
    Path(env["BERTH_DATA"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    _run(env, "manage.py", "migrate", "--verbosity", "0")
    made = json.loads(_run(env, "-m", "tests.people", "http://localhost").splitlines()[-1])
    return made["project"], made["people"]["olive"]


def _measure(
    env: dict[str, str], project: str, user: str, services: int, pods: int, target: Target
) -> dict[str, float]:
    """Two processes: what the dialog and the editor need must not count as the memory of the store."""
    figures: dict[str, float] = {}
    for module in ("tests.bench.measure", "tests.bench.dialog"):
        output = _run(env, "-m", module, project, user, str(services), target.admin)
        figures |= json.loads(output.splitlines()[-1])
    figures["pod_bytes"] = (figures["memory_mb"] - figures["memory_empty_mb"]) * 2**20 / (services * pods)
    return figures | {name: figures[above] / figures[below] for name, (above, below) in report.RATIOS.items()}


def _run(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}")
    return done.stdout


def _remove(target: Target, project: str) -> None:
    admin = from_kubeconfig(target.kubeconfig, target.admin)
    admin.delete("namespaces", None, project)
    admin.close()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
