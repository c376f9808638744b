"""`python -m console.simcluster`: start the embedded cluster and serve until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import socket
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
import yaml

from .admission import Admission
from .bootstrap import apply, bootstrap
from .certificate import self_signed
from .controllers import Controllers
from .objects import Store, stamp
from .rbac import MASTERS, Authorizer, User
from .routes import Router
from .seed import Seeder
from .server import App, Tokens
from .verbs import Api
from .watch import Bells

CONSOLE = "system:serviceaccount:berth:berth"
_USERS = {
    "embedded": User("embedded-admin", (MASTERS,)),
    "console": User(CONSOLE, ("system:serviceaccounts", "system:serviceaccounts:berth")),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.simcluster", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="SQLite file that keeps everything")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes the last one or any")
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="FILE", help="written at the start")
    parser.add_argument(
        "--apply", type=Path, action="append", default=[], metavar="FILE", help="YAML applied at the start"
    )
    parser.add_argument("--seed", metavar="NAMESPACE", help="fill this namespace with a demo when it first appears")
    parser.add_argument("--fast", action="store_true", help="no delays: pods are ready at once")
    parser.add_argument("--parent", type=int, metavar="PID", help="exit when this process is gone")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write one JSON line for each request")
    return parser.parse_args()


def _listen(store: Store, wanted: int) -> socket.socket:
    for port in (wanted or int(store.fact("port") or 0), wanted):
        # The protocol has to be said: asyncio switches Nagle's delay (40 ms an answer) off for IPPROTO_TCP only.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # asyncio sets this only on sockets that name their protocol; without it every answer waits 40 ms for an ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            sock.close()
            if wanted:
                raise SystemExit(f"port {wanted} on 127.0.0.1 is taken") from None
            continue
        store.remember("port", str(sock.getsockname()[1]))
        return sock
    raise SystemExit("no free port on 127.0.0.1")


def _tokens(store: Store) -> dict[str, str]:
    for name in _USERS:
        if not store.fact(f"token-{name}"):
            store.remember(f"token-{name}", secrets.token_hex(20))
    return {name: store.fact(f"token-{name}") for name in _USERS}


def _certificate(store: Store) -> str:
    if not store.fact("certificate"):
        for name, text in zip(("key", "certificate"), self_signed(), strict=True):
            store.remember(name, text)
    return store.fact("certificate")


def _load_tls(config: uvicorn.Config, store: Store) -> None:
    """Give the server its key, which Python reads from a file only."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(store.fact("key") + store.fact("certificate"))
        file.flush()
        config.ssl_certfile = file.name
        config.load()


def _kubeconfig(path: Path, url: str, tokens: dict[str, str], certificate: str) -> None:
    cluster = {"server": url, "certificate-authority-data": base64.b64encode(certificate.encode()).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "embedded",
        "clusters": [{"name": "embedded", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}} for name, token in tokens.items()],
        "contexts": [{"name": name, "context": {"cluster": "embedded", "user": name}} for name in tokens],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")


def _watch_parent(pid: int, server: uvicorn.Server) -> None:
    """Stop the server when the parent is gone. A thread of its own: there is no event to wait for."""
    direct = os.getppid() == pid
    while os.getppid() == pid if direct else _exists(pid):
        time.sleep(0.5)
    server.should_exit = True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


async def _serve(options: argparse.Namespace) -> None:
    store = Store(options.data)
    authorizer = Authorizer(store)
    api = Api(store, Admission(store, authorizer), time.time)
    bootstrap(api, stamp(time.time()))
    for path in options.apply:
        apply(api, [document for document in yaml.safe_load_all(path.read_text()) if document])
    controllers = Controllers(api, fast=options.fast)
    if options.seed:
        Seeder(api, controllers, options.seed)
    store.flush()
    tokens = _tokens(store)
    sock = _listen(store, options.port)
    url = f"https://127.0.0.1:{sock.getsockname()[1]}"
    _kubeconfig(options.kubeconfig, url, tokens, _certificate(store))
    router = Router(store, api, authorizer, Bells(store))
    users = Tokens({token: _USERS[name] for name, token in tokens.items()})
    app = App(router, users, controllers.after_request, options.log)
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=90
    )  # idle connections stay as long as a real one's: what is sent while they are closed is lost, a write not known
    _load_tls(config, store)
    server = uvicorn.Server(config)
    tasks = [asyncio.create_task(controllers.run())]
    if options.parent:
        threading.Thread(target=_watch_parent, args=(options.parent, server), daemon=True).start()
    sock.listen(1024)
    print(f"READY {url}", flush=True)  # noqa: T201 - the one line that whoever starts it waits for
    await server.serve(sockets=[sock])
    for task in tasks:
        task.cancel()
    store.close()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
