"""usage: python -m tests.bench [--services 1000 10000] [--pods 5]

BERTH_KUBECONFIG names the cluster to measure on: its current context fills it, its context `console` (if any) is the
console's. Without it an embedded cluster is started. The bench's namespace is removed at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.admin import from_kubeconfig
from tests.bench.fill import fill
from tests.clusters import ROOT, start_embedded

# name, label, format, aim
LINES = (
    ("cold_start_s", "cold start of the store", "{:.2f} s", None),
    ("list_p50_ms", "list page, server time p50", "{:.1f} ms", 15.0),
    ("list_p95_ms", "list page, server time p95", "{:.1f} ms", 40.0),
    ("list_cpu_ms", "list page, processor time p50", "{:.1f} ms", None),
    ("rows", "rows on the page", "{:.0f}", None),
    ("html_kb", "HTML of the page", "{:.1f} KB", 60.0),
    ("html_gzip_kb", "HTML of the page, compressed", "{:.1f} KB", None),
    ("js_gzip_kb", "JavaScript, compressed", "{:.1f} KB", 60.0),
    ("memory_empty_mb", "memory before the store is filled", "{:.0f} MB", None),
    ("memory_mb", "memory of the process", "{:.0f} MB", 300.0),
    ("stream_p50_ms", "change to open stream p50", "{:.0f} ms", None),
    ("stream_p95_ms", "change to open stream p95", "{:.0f} ms", None),
    ("raw_list_p50_ms", "raw LIST of 50 Services p50", "{:.1f} ms", None),
    ("raw_list_p95_ms", "raw LIST of 50 Services p95", "{:.1f} ms", None),
)


@dataclass(frozen=True)
class Target:
    """The cluster that is measured on."""

    name: str
    kubeconfig: Path
    admin: str
    console: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--services", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--pods", type=int, default=5, help="pods behind each Service")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as name, _target(Path(name)) as target:
        _say(f"Measuring on the {target.name} cluster")
        env = _environment(Path(name) / "data", target)
        project, user = _furnish(env)
        admin = from_kubeconfig(target.kubeconfig, target.admin)
        try:
            results = {}
            for services in sorted(options.services):
                _say(f"{services} Services with {options.pods} pods each:")
                fill(admin, project, services, options.pods, _say)
                results[services] = _measure(env, project, user, services, target)
        finally:
            admin.delete("namespaces", None, project)
            admin.close()
        _report(results)
    return 0


@contextmanager
def _target(folder: Path) -> Iterator[Target]:
    if given := os.environ.get("BERTH_KUBECONFIG"):
        config = yaml.safe_load(Path(given).read_text())
        names = {context["name"] for context in config["contexts"]}
        current = config["current-context"]
        console = os.environ.get("BERTH_CONTEXT") or ("console" if "console" in names else current)
        yield Target(f"`{current}`", Path(given).resolve(), current, console)
        return
    process, kubeconfig = start_embedded(folder)
    process.wait(30)
    try:
        yield Target("embedded", kubeconfig, "embedded", "console")
    finally:
        process.stop()


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
    Path(env["BERTH_DATA"]).mkdir(parents=True, exist_ok=True)
    _run(env, "manage.py", "migrate", "--verbosity", "0")
    made = json.loads(_run(env, "-m", "tests.people", "http://localhost").splitlines()[-1])
    return made["project"], made["people"]["olive"]


def _measure(env: dict[str, str], project: str, user: str, services: int, target: Target) -> dict[str, float]:
    said = _run(env, "-m", "tests.bench.measure", project, user, str(services), target.admin)
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def _run(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}")
    return done.stdout


def _report(results: dict[int, dict[str, Any]]) -> None:
    _say("\n" + f"{'':36}" + "".join(f"{services:>10} Services" for services in results) + "       aim")
    for key, label, shape, aim in LINES:
        cells = "".join(f"{shape.format(found[key]):>19}" for found in results.values())
        aimed = f"<= {aim:g}" if aim else ""
        missed = "  MISSED" if aim and any(found[key] > aim for found in results.values()) else ""
        _say(f"{label:36}{cells}{aimed:>10}{missed}")
    cells = "".join(f"{found['list_p50_ms'] / found['raw_list_p50_ms']:>18.1f}x" for found in results.values())
    _say(f"{'list page / raw LIST (p50)':36}{cells}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
