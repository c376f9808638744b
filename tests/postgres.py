"""`python -m tests.postgres [pytest arguments]`: the tests that use the database, on a PostgreSQL of their own.

Needs Debian's package `postgresql` (only its programs; no service). Started as root it runs as the user `postgres`,
because PostgreSQL refuses to be root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHAT = [
    *(f"tests/web/test_accounts_{name}.py" for name in ("at_once", "places", "signin", "user_page")),
    *(f"tests/web/test_{name}.py" for name in ("create_bad_input", "create_stateless", "retention")),
    "tests/unit/test_migrations.py",
]


def programs() -> Path:
    """The folder of the newest PostgreSQL server on this machine."""
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    beside = shutil.which("postgres")
    if not servers and not beside:
        sys.exit("No PostgreSQL server on this machine; on Debian: apt install postgresql")
    return servers[-1].parent if servers else Path(str(beside)).parent


@contextmanager
def server() -> Iterator[str]:
    """A server on loopback with a database of its own; gives its URL and takes everything away afterwards."""
    where, bin_ = Path(tempfile.mkdtemp(prefix="berth-postgres-")), programs()
    user = "postgres" if os.getuid() == 0 else None
    if user:
        account = pwd.getpwnam(user)
        os.chown(where, account.pw_uid, account.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        whole = [str(bin_ / command[0]), *command[1:]]
        subprocess.run(whole, check=True, user=user, cwd=where, stdout=subprocess.DEVNULL)

    data = str(where / "data")
    run("initdb", "--auth=trust", "--username=berth", "--no-sync", "--encoding=UTF8", "--pgdata", data)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={where} -c fsync=off"
    run("pg_ctl", "--pgdata", data, "--wait", "--log", str(where / "log"), "-o", options, "start")
    try:
        yield f"postgres://berth@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "--pgdata", data, "--mode", "immediate", "stop")
        shutil.rmtree(where, ignore_errors=True)


def main() -> int:
    with server() as url:
        command = [sys.executable, "-m", "pytest", *(sys.argv[1:] or WHAT)]
        done = subprocess.run(command, env={**os.environ, "BERTH_DATABASE_URL": url}, check=False).returncode
        if done or sys.argv[1:]:
            return done
        return subprocess.run([sys.executable, "-m", "tests.served_postgres", url], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
