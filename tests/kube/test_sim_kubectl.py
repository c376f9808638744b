"""An unmodified, current kubectl does its everyday work. What it prints on the real control plane, it prints here."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import Cluster, eventually

Kubectl = Callable[..., str]

MANIFEST: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}]},
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "name": "http"}]},
}


@pytest.fixture
def kubectl(cluster: Cluster, namespace: str) -> Kubectl:
    def run(*arguments: str, stdin: Any = "", check: bool = True) -> str:
        text = stdin if isinstance(stdin, str) else json.dumps(stdin)
        return cluster.kubectl("--namespace", namespace, *arguments, stdin=text, check=check)

    return run


@pytest.fixture
def web(kubectl: Kubectl) -> None:
    """The Deployment, rolled out."""
    kubectl("apply", "-f", "-", stdin=MANIFEST)
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")


def _object(kubectl: Kubectl, kind: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(kubectl("get", kind, name, "-o", "json"))
    return document


def test_get_prints_the_columns_that_people_know(kubectl: Kubectl, web: None) -> None:
    heads = {kind: kubectl("get", kind).splitlines()[0].split() for kind in ("deployments", "pods", "replicasets")}
    assert heads["deployments"] == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert heads["pods"] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert heads["replicasets"] == ["NAME", "DESIRED", "CURRENT", "READY", "AGE"]
    assert kubectl("get", "deployment", "web", "--no-headers").split()[:4] == ["web", "2/2", "2", "2"]
    assert [line.split()[1:3] for line in kubectl("get", "pods", "--no-headers").splitlines()] == [
        ["1/1", "Running"]
    ] * 2


def test_apply_creates_then_patches_what_changed(kubectl: Kubectl) -> None:
    assert kubectl("apply", "-f", "-", stdin=SERVICE) == "service/web created\n"
    assert kubectl("apply", "-f", "-", stdin=SERVICE) == "service/web unchanged\n"
    changed = {**SERVICE, "spec": {**SERVICE["spec"], "ports": [{"port": 81, "name": "http"}]}}
    assert kubectl("apply", "-f", "-", stdin=changed) == "service/web configured\n"
    assert [port["port"] for port in _object(kubectl, "service", "web")["spec"]["ports"]] == [81]


def test_describe_shows_the_replica_sets_and_the_events(kubectl: Kubectl, web: None) -> None:
    text = eventually(lambda: "ScalingReplicaSet" in (output := kubectl("describe", "deployment", "web")) and output)
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in text
    assert "NewReplicaSetAvailable" in text


def test_scale_and_rollout(kubectl: Kubectl, web: None) -> None:
    kubectl("scale", "deployment/web", "--replicas=3")
    eventually(lambda: kubectl("get", "deployment", "web", "--no-headers").split()[1] == "3/3")
    kubectl("set", "image", "deployment/web", "c=nginx:1.28")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("rollout", "restart", "deployment/web")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert [line.split()[0] for line in kubectl("rollout", "history", "deployment/web").splitlines()[2:5]] == [
        "1",
        "2",
        "3",
    ]
    kubectl("rollout", "undo", "deployment/web", "--to-revision=1")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert _object(kubectl, "deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.27"


def test_stateful_and_daemon_sets_roll_out(kubectl: Kubectl) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    spec = {"selector": MANIFEST["spec"]["selector"], "template": MANIFEST["spec"]["template"]}
    stateful = {**MANIFEST, "kind": "StatefulSet", "spec": {**spec, "replicas": 2, "serviceName": "web"}}
    kubectl("apply", "-f", "-", stdin=stateful)
    kubectl("apply", "-f", "-", stdin={**MANIFEST, "kind": "DaemonSet", "spec": spec})
    assert "complete" in kubectl("rollout", "status", "statefulset/web", "--timeout=30s")
    assert "successfully rolled out" in kubectl("rollout", "status", "daemonset/web", "--timeout=30s")
    assert {"pod/web-0", "pod/web-1"} <= set(kubectl("get", "pods", "-o", "name").split())
    refused = kubectl(
        "patch",
        "statefulset",
        "web",
        "--type=merge",
        "-p",
        json.dumps({"spec": {"volumeClaimTemplates": [claim]}}),
        check=False,
    )
    assert "field is immutable" in refused


def test_logs_tail_and_follow(kubectl: Kubectl, cluster: Cluster, namespace: str, web: None) -> None:
    eventually(lambda: kubectl("logs", "deployment/web", "--tail=1").strip())
    assert len(kubectl("logs", "deployment/web", "--tail=2").splitlines()) <= 2
    stamped = kubectl("logs", "deployment/web", "--tail=1", "--timestamps")
    assert stamped.split(" ", 1)[0].endswith("Z")
    program = str(Path(sys.executable).parent / "kubectl")
    command = [program, "--kubeconfig", str(cluster.direct), "-n", namespace, "logs", "-f", "deployment/web"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline().strip()
        following.terminate()


def test_edit_and_patch_in_three_ways(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=SERVICE)
    kubectl("patch", "service", "web", "-p", json.dumps({"spec": {"ports": [{"port": 81, "name": "more"}]}}))
    assert [port["port"] for port in _object(kubectl, "service", "web")["spec"]["ports"]] == [81, 80]
    kubectl("patch", "service", "web", "--type=json", "-p", '[{"op": "remove", "path": "/spec/ports/0"}]')
    kubectl("patch", "service", "web", "--type=merge", "-p", '{"metadata": {"labels": {"a": "b"}}}')
    document = _object(kubectl, "service", "web")
    assert [port["port"] for port in document["spec"]["ports"]] == [80]
    assert document["metadata"]["labels"] == {"a": "b"}


def test_create_by_flags_and_delete(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "shop", "--image=nginx", "--replicas=1", "--port=80")
    kubectl("create", "configmap", "settings", "--from-literal=a=b")
    kubectl("expose", "deployment", "shop", "--port=80", "--target-port=8080")
    assert _object(kubectl, "service", "shop")["spec"]["ports"][0]["targetPort"] == 8080
    assert _object(kubectl, "configmap", "settings")["data"] == {"a": "b"}
    kubectl("delete", "deployment/shop", "service/shop", "--timeout=30s")
    eventually(lambda: kubectl("get", "all").strip() == "")


def test_may_i(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "rolebinding", "readers", "--clusterrole=view", "--group=readers")
    as_reader = ("--as=jane", "--as-group=readers")
    eventually(lambda: kubectl("auth", "can-i", "list", "pods", *as_reader).strip() == "yes")
    assert kubectl("auth", "can-i", "create", "pods", *as_reader, check=False).strip() == "no"
    assert kubectl("get", "services", *as_reader) == ""
    refused = kubectl("create", "configmap", "x", *as_reader, check=False)
    expected = f'User "jane" cannot create resource "configmaps" in API group "" in the namespace "{namespace}"'
    assert expected in refused


def test_a_field_that_does_not_exist_is_refused(kubectl: Kubectl) -> None:
    wrong = {**SERVICE, "spec": {**SERVICE["spec"], "prots": []}}
    assert 'strict decoding error: unknown field "spec.prots"' in kubectl("create", "-f", "-", stdin=wrong, check=False)


@pytest.mark.embedded_only(reason="the embedded cluster refuses server-side apply; a real one does it")
def test_server_side_apply_is_refused_in_plain_words(kubectl: Kubectl) -> None:
    output = kubectl("apply", "--server-side", "-f", "-", stdin=SERVICE, check=False)
    assert "server-side apply is not served by the embedded cluster" in output


LIST: dict[str, Any] = {"apiVersion": "v1", "kind": "List", "items": [MANIFEST, SERVICE]}


def test_a_list_is_applied_compared_replaced_and_deleted(kubectl: Kubectl) -> None:
    """F13: kubectl checks a List itself, against the OpenAPI v2 document."""
    assert kubectl("create", "-f", "-", stdin=LIST) == "deployment.apps/web created\nservice/web created\n"
    kubectl("apply", "-f", "-", stdin=LIST)
    assert kubectl("apply", "-f", "-", stdin=LIST) == "deployment.apps/web unchanged\nservice/web unchanged\n"
    assert kubectl("diff", "-f", "-", stdin=LIST) == ""
    changed = {**SERVICE, "spec": {**SERVICE["spec"], "ports": [{"port": 81, "name": "http"}]}}
    assert "+    port: 81" in kubectl("diff", "-f", "-", stdin={**LIST, "items": [changed]}, check=False)
    output = kubectl("apply", "--dry-run=server", "-f", "-", stdin={**LIST, "items": [changed]})
    assert output == "service/web configured (server dry run)\n"
    kubectl("replace", "-f", "-", stdin={**LIST, "items": [changed]})
    assert [port["port"] for port in _object(kubectl, "service", "web")["spec"]["ports"]] == [81]
    assert 'service "web" deleted' in kubectl("delete", "-f", "-", stdin=LIST)


def test_a_list_of_one_kind_and_an_unknown_field_in_a_list(kubectl: Kubectl) -> None:
    """F13: with the sentence that kubectl has for it everywhere."""
    kubectl("apply", "-f", "-", stdin={"apiVersion": "v1", "kind": "ServiceList", "items": [SERVICE]})
    wrong = {**SERVICE, "spec": {**SERVICE["spec"], "nope": 1}}
    output = kubectl("apply", "-f", "-", stdin={**LIST, "items": [wrong]}, check=False)
    assert 'unknown field "nope" in io.k8s.api.core.v1.ServiceSpec' in output


def test_explain_and_edit(kubectl: Kubectl, cluster: Cluster, namespace: str) -> None:
    """F13."""
    assert "type determines how the Service is exposed" in kubectl("explain", "service.spec.type")
    assert "livenessProbe" in kubectl("explain", "deployment.spec.template.spec", "--recursive")
    kubectl("apply", "-f", "-", stdin=LIST)
    editor = {**os.environ, "KUBE_EDITOR": "sed -i /port:.80/s/80/81/"}
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "kubectl"),
            *("--kubeconfig", str(cluster.direct), "--namespace", namespace),
            *("edit", "service/web"),
        ],
        env=editor,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "service/web edited\n", done.stderr
    assert _object(kubectl, "service", "web")["spec"]["ports"][0]["port"] == 81


def test_an_autoscaler_is_created_by_flags(kubectl: Kubectl, web: None) -> None:
    """F13: kubectl sends it in protobuf."""
    kubectl("autoscale", "deployment/web", "--min=2", "--max=3", "--cpu=50%")
    spec = _object(kubectl, "hpa", "web")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 3)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 50


@pytest.mark.embedded_only(reason="the nodes of the real control plane pull no images")
@pytest.mark.parametrize(
    "image", ["registry.example.net/shop/nope:404", "example.com/a", "x.invalid:5000/a@sha256:" + "0" * 64]
)
def test_an_image_at_a_host_that_cannot_exist_is_not_pulled(kubectl: Kubectl, image: str) -> None:
    """F13: the pod waits, with the kubelet's events, and the rollout does not end. Other hosts are left alone."""
    containers = [{"name": "c", "image": image}, {"name": "side", "image": "notexample.com/side:1"}]
    template = {"metadata": MANIFEST["spec"]["template"]["metadata"], "spec": {"containers": containers}}
    kubectl("apply", "-f", "-", stdin={**MANIFEST, "spec": {**MANIFEST["spec"], "replicas": 1, "template": template}})
    line = eventually(
        lambda: "ImagePullBackOff" in (output := kubectl("get", "pods", "--no-headers")) and output.split()
    )
    assert line[1] == "1/2"
    host = image.partition("/")[0].partition(":")[0]
    events = eventually(lambda: "BackOff" in (output := kubectl("events", "--types=Warning,Normal")) and output)
    assert "Failed to pull image" in events
    assert f"lookup {host}: no such host" in events
    assert "Error: ErrImagePull" in events
    output = kubectl("rollout", "status", "deployment/web", "--timeout=1s", check=False)
    assert "0 of 1 updated replicas are available" in output


def test_top_pods_by_label_and_container(kubectl: Kubectl, web: None) -> None:
    """The metrics API is there, with discovery; on the real control plane the metrics server takes a while."""
    heads = eventually(lambda: kubectl("top", "pods", "--containers", "-l", "app=web").splitlines(), timeout=90)
    assert heads[0].split() == ["POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert re.fullmatch(r"web-\S+ +c +\d+m +\d+Mi *", heads[1])
    assert "web" not in kubectl("top", "pods", "-l", "app=other", check=False)
