"""One running control plane: its parts, their flags, and what every new one is given (nodes, a class, our RBAC).

`Plane` runs inside the process that owns the parts (`python -m tests.controlplane start`); others use its kubeconfig.
"""

import datetime as dt
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.admin import Admin, Refused, write_kubeconfig
from tests.controlplane import certificates
from tests.controlplane.processes import Children, free_ports

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parent.parent / "deploy" / "kubernetes"
CONSOLE = "/api/v1/namespaces/berth/serviceaccounts/berth/token"
_LOGGED_REQUESTS = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "Metadata",
            "users": ["system:serviceaccount:berth:berth"],
            "verbs": ["create", "update", "patch", "delete"],
        },
        {"level": "None"},
    ],
}
# What is meant for the peace of big clusters (20 requests a second) makes tests wait.
_IN_A_HURRY = {"kube-api-qps": "500", "kube-api-burst": "1000"}


class NotReady(Exception):
    """A part did not become ready in time."""


@dataclass(frozen=True)
class Size:
    """How big the fake cluster is. Its first node has the role `edge` and a taint, for scheduling rules to meet."""

    nodes: int = 3
    pods_per_node: int = 500
    metrics: bool = True


class Plane:
    """Start with `start()`, end with `stop()`; `tick()` now and then in between. All from one thread."""

    def __init__(self, folder: Path, programs: Path, size: Size) -> None:
        self.folder, self._programs, self._size = folder, programs, size
        names = ("apiserver", "etcd", "peer", "kubelet", "controllers", "scheduler", "metrics")
        self._port = dict(zip(names, free_ports(len(names)), strict=True))
        self.url = f"https://127.0.0.1:{self._port['apiserver']}"
        self._token = secrets.token_hex(16)
        self._children = Children(folder)
        self._log = PodLog(folder / "pod.log")
        self._metrics_announced = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._probe = urllib3.PoolManager(cert_reqs="CERT_NONE", assert_hostname=False, retries=False, timeout=1)

    def start(self, kubeconfig: Path) -> None:
        """Bring all up; write a kubeconfig with contexts `real` (administrator), `console`. Raises Died, NotReady."""
        self._write_files()
        self._start_server()
        self.admin = Admin(self.url, self._token, (self.folder / "ca.crt").read_text())
        self._until(lambda: bool(self.admin.get("namespaces", None, "default")), 60, "the API server")
        self._start_parts()
        self._furnish()
        self._until(self._settled, 30, "nodes and service accounts")
        tokens = {"real": self._token, "console": self._console_token()}
        write_kubeconfig(kubeconfig, self.url, tokens, current="real", authority=(self.folder / "ca.crt").read_text())
        if self._size.metrics:
            self._start_metrics()

    def tick(self) -> None:
        """Once a second: write a log line, notice a dead part (raises Died), announce the metrics once they answer."""
        self._children.check()
        self._log.grow()
        if self._size.metrics and not self._metrics_announced:
            self._announce_metrics()

    def stop(self) -> None:
        self._children.stop()
        self._probe.clear()
        if hasattr(self, "admin"):
            self.admin.close()

    def _write_files(self) -> None:
        certificates.write_all(self.folder)
        (self.folder / "tokens.csv").write_text(f'{self._token},admin,admin,"system:masters"\n')
        (self.folder / "audit-policy.yaml").write_text(json.dumps(_LOGGED_REQUESTS))
        write_kubeconfig(
            self.folder / "parts.kubeconfig",
            self.url,
            {"parts": self._token},
            current="parts",
            authority=(self.folder / "ca.crt").read_text(),
        )
        log = {"logsFile": str(self._log.file), "previousLogsFile": str(self._log.previous), "follow": True}
        (self.folder / "logs.yaml").write_text(
            json.dumps(
                {
                    "apiVersion": "kwok.x-k8s.io/v1alpha1",
                    "kind": "ClusterLogs",
                    "metadata": {"name": "all"},
                    "spec": {"logs": [log]},
                }
            )
        )

    def _start_server(self) -> None:
        client, peer = f"http://127.0.0.1:{self._port['etcd']}", f"http://127.0.0.1:{self._port['peer']}"
        self._run(
            "etcd",
            "etcd",
            **{
                "data-dir": "etcd",
                "listen-client-urls": client,
                "advertise-client-urls": client,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": f"default={peer}",
                "unsafe-no-fsync": "true",
                "quota-backend-bytes": str(4 << 30),
                "log-level": "warn",
            },
        )
        self._run(
            "apiserver",
            "apiserver",
            **{
                "etcd-servers": client,
                "secure-port": str(self._port["apiserver"]),
                "bind-address": "127.0.0.1",
                "advertise-address": "127.0.0.1",
                "tls-cert-file": "server.crt",
                "tls-private-key-file": "server.key",
                "client-ca-file": "ca.crt",
                "service-account-key-file": "sa.key",
                "service-account-signing-key-file": "sa.key",
                "service-account-issuer": "https://kubernetes.default.svc",
                "service-cluster-ip-range": "10.96.0.0/16",
                "allow-privileged": "true",  # as in every cluster that kubeadm or a provider makes
                "token-auth-file": "tokens.csv",
                "authorization-mode": "RBAC",
                "kubelet-preferred-address-types": "InternalIP",
                "endpoint-reconciler-type": "none",
                "audit-policy-file": "audit-policy.yaml",
                "audit-log-path": str(self.folder / "audit.log"),
                "requestheader-client-ca-file": "ca.crt",
                "requestheader-allowed-names": "proxy",
                "requestheader-extra-headers-prefix": "X-Remote-Extra-",
                "requestheader-group-headers": "X-Remote-Group",
                "requestheader-username-headers": "X-Remote-User",
                "proxy-client-cert-file": "proxy.crt",
                "proxy-client-key-file": "proxy.key",
            },
        )

    def _start_parts(self) -> None:
        self._run(
            "controllers",
            "controllers",
            **self._connection("controllers"),
            **{
                "leader-elect": "false",
                "service-account-private-key-file": "sa.key",
                "root-ca-file": "ca.crt",
                "use-service-account-credentials": "true",
                "enable-hostpath-provisioner": "true",
                "concurrent-namespace-syncs": "20",
                **_IN_A_HURRY,
            },
        )
        self._run("scheduler", "scheduler", **self._connection("scheduler"), **{"leader-elect": "false", **_IN_A_HURRY})
        port = self._port["kubelet"]
        stages = [f"--config={HERE / 'stages.yaml'}", "--config=logs.yaml", f"--config={HERE / 'usage.yaml'}"]
        flags = {
            "kubeconfig": "parts.kubeconfig",
            "manage-all-nodes": "true",
            "cidr": "10.244.0.1/14",
            "node-ip": "127.0.0.1",
            "node-name": "localhost",
            "node-port": str(port),
            "server-address": f"127.0.0.1:{port}",
            "tls-cert-file": "kubelet.crt",
            "tls-private-key-file": "kubelet.key",
            "node-lease-duration-seconds": "40",
        }
        self._children.start("kwok", self._programs / "kwok", *_flags(flags), *stages)

    def _start_metrics(self) -> None:
        flags = self._connection("metrics") | {
            "kubelet-insecure-tls": "true",
            "kubelet-preferred-address-types": "InternalIP",
            "kubelet-use-node-status-port": "true",
            "kubelet-request-timeout": "5s",
            "metric-resolution": "10s",
            "cert-dir": "metrics-certificates",
        }
        self._children.start("metrics", self._programs / "metrics-server", *_flags(flags))

    def _connection(self, part: str) -> dict[str, str]:
        file = "parts.kubeconfig"
        return {
            "kubeconfig": file,
            "authentication-kubeconfig": file,
            "authorization-kubeconfig": file,
            "bind-address": "127.0.0.1",
            "secure-port": str(self._port[part]),
        }

    def _run(self, name: str, part: str, **flags: str) -> None:
        self._children.start(name, self._programs / "controlplane", part, *_flags(flags))

    def _furnish(self) -> None:
        for number in range(1, self._size.nodes + 1):
            self.admin.apply(_node(number, self._size.pods_per_node))
        self.admin.apply(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {
                    "name": "standard",
                    "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                },
                "provisioner": "kubernetes.io/host-path",
            }
        )
        for file in ("rbac.yaml", "admission.yaml"):
            for document in yaml.safe_load_all((DEPLOY / file).read_text()):
                self.admin.apply(document)

    def _settled(self) -> bool:
        ready = [
            node
            for node in self.admin.list("nodes")
            if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))
        ]
        return len(ready) == self._size.nodes and bool(self.admin.get("serviceaccounts", "default", "default"))

    def _console_token(self) -> str:
        month = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 30 * 86400},
        }
        return str(self.admin.call("POST", CONSOLE, month)["status"]["token"])

    def _announce_metrics(self) -> None:
        # Not known before it answers: an API group without an answer holds up discovery and the end of namespaces.
        try:
            ready = self._probe.request("GET", f"https://127.0.0.1:{self._port['metrics']}/readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return
        if ready:
            self._metrics_announced = True
            for document in _metrics_service(self._port["metrics"]):
                self.admin.apply(document)

    def _until(self, true: Callable[[], bool], seconds: float, name: str) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._children.check()
            try:
                if true():
                    return
            except (urllib3.exceptions.HTTPError, Refused):
                pass
            time.sleep(0.05)
        raise NotReady(f"{name} did not become ready within {seconds:.0f} s")


class PodLog:
    """The one log that all pods share: a minute of lines at the start, then one more every second."""

    def __init__(self, file: Path) -> None:
        self.file, self.previous = file, file.with_name("previous.log")
        now = dt.datetime.now(dt.UTC)
        self._lines = 0
        with file.open("w") as log:
            for second in range(60, 0, -1):
                log.write(self._line(now - dt.timedelta(seconds=second)))
        self.previous.write_text(_log_line(now - dt.timedelta(seconds=90), "the last line before the restart"))

    def grow(self) -> None:
        with self.file.open("a") as log:
            log.write(self._line(dt.datetime.now(dt.UTC)))

    def _line(self, at: dt.datetime) -> str:
        self._lines += 1
        return _log_line(at, f"line {self._lines}")


def _log_line(at: dt.datetime, text: str) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z stdout F {text}\n"


def _flags(flags: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]


def _node(number: int, pods: int) -> dict[str, Any]:
    name = f"node-{number}"
    edge = number == 1
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": f"zone-{number}",
    }
    size = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": str(pods)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels | ({"node-role.kubernetes.io/edge": ""} if edge else {}),
            "annotations": {"metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"},
        },
        "spec": {"taints": [{"key": "node-role.kubernetes.io/edge", "effect": "NoSchedule"}]} if edge else {},
        "status": {"allocatable": size, "capacity": size},
    }


def _metrics_service(port: int) -> list[dict[str, Any]]:
    service = {"name": "metrics-server", "namespace": "kube-system"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": service,
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {**service, "port": port},
            },
        },
    ]
