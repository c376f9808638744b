"""python -m tests.bench.against REV [--services 1000] [--rounds 3]

Runs the bench of another commit and of this tree in turn, in the same hour on the same machine, and prints the median
of each figure on both sides and their ratio. Figures differ by a factor of two between hours; ratios do not.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.clusters import ROOT

_NUMBER = re.compile(r"^[\d.]+")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.against")
    parser.add_argument("revision", help="the commit to compare with")
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    theirs: list[dict[str, float]] = []
    ours: list[dict[str, float]] = []
    with _checkout(options.revision) as tree:
        for round_ in range(options.rounds):
            for where, figures in ((tree, theirs), (ROOT, ours)):
                print(f"Round {round_ + 1}: {where}", flush=True)
                figures.append(_run(where, options.services))
    print(f"\n| {'':50} | {options.revision:>12} | {'this tree':>12} | {'ratio':>6} |\n| --- | ---: | ---: | ---: |")
    for label in ours[0]:
        if all(label in figures for figures in theirs + ours):
            before, now = (median(figures[label] for figures in side) for side in (theirs, ours))
            print(f"| {label:50} | {before:>12g} | {now:>12g} | {now / before if before else 1:>6.2f} |")
    return 0


@contextmanager
def _checkout(revision: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="berth-against-") as name:
        tree = Path(name) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], cwd=ROOT, check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def _run(tree: Path, services: int) -> dict[str, float]:
    """One run of a tree's own bench: the figure of each label of its table."""
    with tempfile.NamedTemporaryFile("r", suffix=".md") as table:
        command = [sys.executable, "-m", "tests.bench", "--services", str(services), "--save", table.name]
        done = subprocess.run(
            command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"The bench of {tree} failed:\n{done.stdout}{done.stderr}")
        rows = [line.split("|") for line in Path(table.name).read_text().splitlines() if line.startswith("|")]
    figures = {}
    of = ""
    for _, label, value, *_ in rows:
        name = label.replace("&nbsp;", "").strip()
        if "&nbsp;" in label:
            name = f"{of}: {name}"
        else:
            of = name
        if name and (number := _NUMBER.match(value.strip())):
            figures[name] = float(number[0])
    return figures


if __name__ == "__main__":
    sys.exit(main())
