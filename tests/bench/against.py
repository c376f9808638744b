"""python -m tests.bench.against REV [--services 1000] [--rounds 3]

Runs the bench of another commit and of this tree in turn, in the same hour on the same machine, and prints the median
of each figure on both sides and their ratio. Figures differ by a factor of two between hours; ratios do not.

Even a minute later the machine may be busier. So the pages that are looked at most are asked of both trees in turn,
page by page, and what counts is the processor's time. Quotients (list page / raw LIST) are left out: what they are
measured by is another one in each tree, whose own cluster and client answer it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from tests.bench import turns
from tests.bench.measure import ROUNDS, ROWS
from tests.clusters import ROOT

_PAGES = {
    "turn": "list page never shown before",
    "list": "list page",
    "details": "details page",
    "step": "create dialog, step to step",
}
STEPS = 60
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
            print(f"Round {round_ + 1}: pages in turn", flush=True)
            for figures, times in zip((theirs, ours), _in_turn((tree, ROOT), options.services), strict=True):
                figures[-1] |= times
    print(f"\n| {'':50} | {options.revision:>12} | {'this tree':>12} | {'ratio':>6} |\n| --- | ---: | ---: | ---: |")
    for label in ours[0]:
        if " / " not in label and all(label in figures for figures in theirs + ours):
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


def _in_turn(trees: Sequence[Path], services: int) -> list[dict[str, float]]:
    """Of each tree the processor time of each page (ms), under the labels of the bench's table."""
    rounds = {"turn": min(ROUNDS, services // ROWS - 1), "list": ROUNDS, "details": ROUNDS, "step": STEPS}
    figures: list[dict[str, float]] = [{} for _ in trees]
    with ExitStack() as stack:
        sides = [stack.enter_context(_side(tree, services)) for tree in trees]
        for page, label in _PAGES.items():
            measured = [[_ask(side, page) for side in sides] for _ in range(rounds[page])]
            for tree_figures, times in zip(figures, zip(*measured, strict=True), strict=True):
                cuts = quantiles(times, n=20, method="inclusive")
                tree_figures |= {f"{label} p50": round(cuts[9], 2), f"{label} p95": round(cuts[18], 2)}
    return figures


@contextmanager
def _side(tree: Path, services: int) -> Iterator["subprocess.Popen[str]"]:
    """A console of a tree that answers what is asked on its input."""
    command = [sys.executable, "-P", turns.__file__, str(services)]
    env = os.environ | {"PYTHONPATH": str(tree)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tree, env=env, stdin=pipe, stdout=pipe, text=True, bufsize=1) as side:
        assert side.stdout
        if side.stdout.readline().strip() != turns.READY:
            raise SystemExit(f"The pages of {tree} could not be asked for.")
        yield side


def _ask(side: "subprocess.Popen[str]", page: str) -> float:
    assert side.stdin
    assert side.stdout
    side.stdin.write(f"{page}\n")
    return float(side.stdout.readline())


if __name__ == "__main__":
    sys.exit(main())
