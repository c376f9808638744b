"""usage: python -m tests.controlplane build|start|stop

build   build the programs, if these sources have not been built before
start   run a control plane until Ctrl-C; prints `READY <url>` and where its kubeconfig is
stop    stop all that were started from this clone
"""

import argparse
import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

from tests.controlplane import build
from tests.controlplane.plane import NotReady, Plane, Size
from tests.controlplane.processes import Died, Run, sweep

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = ROOT / "var" / "controlplane"
TRIES = 3


class Stopped(BaseException):
    """We were asked to end."""


def main() -> int:
    options = _parser().parse_args()
    try:
        commands = {"build": _build, "start": _start, "stop": _stop}
        return commands[options.command](options)
    except build.CannotBuild as why:
        print(f"Cannot build: {why}.", file=sys.stderr)
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.controlplane")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build the programs, once")
    commands.add_parser("stop", help="stop all that were started from this clone")
    start = commands.add_parser("start", help="run one until Ctrl-C")
    start.add_argument("--kubeconfig", type=Path, default=BASE / "kubeconfig", help="where to write it")
    start.add_argument("--pods-per-node", type=int, default=Size.pods_per_node)
    start.add_argument("--no-metrics", action="store_true", help="leave out the metrics server")
    start.add_argument(
        "--until-eof", action="store_true", help="end when standard input is closed (by a parent that died)"
    )
    return parser


def _build(_options: argparse.Namespace) -> int:
    print(build.programs())
    return 0


def _stop(_options: argparse.Namespace) -> int:
    for pid in sweep(BASE):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return 0


def _start(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    programs = build.programs()
    size = Size(pods_per_node=options.pods_per_node, metrics=not options.no_metrics)
    for attempt in range(1, TRIES + 1):
        run = Run(BASE)
        plane = Plane(run.folder, programs, size)
        try:
            plane.start(options.kubeconfig)
            _serve(plane, options)
        except Stopped:
            return 0
        except (Died, NotReady) as problem:
            # A port that was free a moment ago may be taken now: then another set of ports is tried.
            print(problem, file=sys.stderr)
            if attempt == TRIES:
                return 1
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            plane.stop()
            run.remove()
            signal.signal(signal.SIGTERM, _end)
    return 1


def _serve(plane: Plane, options: argparse.Namespace) -> None:
    file = options.kubeconfig
    print(f"Kubeconfig  {file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}")
    print(f"READY {plane.url}", flush=True)
    while True:
        if options.until_eof:
            readable, _, _ = select.select([sys.stdin], [], [], 1)
            if readable and not os.read(sys.stdin.fileno(), 1):
                raise Stopped
        else:
            time.sleep(1)
        plane.tick()


def _end(_number: int, _frame: object) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
