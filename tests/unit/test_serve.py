"""`manage.py serve` as a process of its own: it starts without a setting and leaves when told to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_sigterm_stops_all_of_it_and_is_no_failure(tmp_path: Path) -> None:
    """R8: also the embedded cluster is stopped, and what waits for the console sees an exit code of 0."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("BERTH_", "DJANGO_", "KUBERNETES_"))}
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={**surroundings, "BERTH_DATA": str(tmp_path), "BERTH_BIND": "127.0.0.1:0", "BERTH_EMBEDDED_FAST": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as ran:
        assert ran.stdout is not None
        try:
            for line in ran.stdout:
                if line.startswith("Stop with"):
                    break
            ran.send_signal(signal.SIGTERM)
            assert ran.wait(20) == 0
        finally:
            ran.kill()
