"""usage: python -m tests.recordings WHAT [--kubeconfig FILE]

Asks the real control plane again and writes its answers into this folder. Without a kubeconfig it starts one.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.admin import Admin, from_kubeconfig
from tests.clusters import start_real
from tests.recordings import health, pods, verdicts

RECORDERS: dict[str, Callable[[Admin], None]] = {
    "health": health.record,
    "pods": pods.record,
    "verdicts": verdicts.record,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.recordings")
    parser.add_argument("what", choices=sorted(RECORDERS))
    parser.add_argument("--kubeconfig", type=Path, help="a real control plane that runs already")
    options = parser.parse_args()
    if options.kubeconfig:
        RECORDERS[options.what](from_kubeconfig(options.kubeconfig))
        return
    with tempfile.TemporaryDirectory() as folder:
        process, kubeconfig = start_real(Path(folder))
        try:
            process.wait(120)
            RECORDERS[options.what](from_kubeconfig(kubeconfig))
        finally:
            process.stop()


if __name__ == "__main__":
    main()
