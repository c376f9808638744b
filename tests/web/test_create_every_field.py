"""Every documented field of the stateless and the stateful dialog, against whole expected manifests."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from tests.clusters import Cluster
from tests.web.creating import Wizard
from tests.web.test_create_types import create, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project) -> Wizard:
    return Wizard(sign_in("olive"), project.name)


def test_stateless_with_every_field(wizard: Wizard, cluster: Cluster, project: Project) -> None:
    for kind, name in (("ConfigMap", "settings"), ("Secret", "tokens")):
        meta = {"name": name, "namespace": project.name}
        cluster.admin.create({"apiVersion": "v1", "kind": kind, "metadata": meta})
    cluster.forget()
    wizard.start("stateless").submit(name="web", alias="Web shop", version="v2", description="Front end")
    for do in (
        ["add:containers"]
        + ["add:containers-0-ports"]
        + ["add:containers-0-env"] * 5
        + ["add:containers-0-env_from"] * 2
        + ["add:containers-0-command"] * 2
        + ["add:containers-0-args"] * 3
        + ["add:containers-0-liveness-command"] * 2
        + ["add:containers-0-pre_stop-command"]
        + ["add:pull_secrets", "add:annotations", "add:scheduling-rules", "add:scheduling-rules"]
        + ["add:scheduling-tolerations"]
    ):
        wizard.submit(do)
    one = "containers__0__"
    typed: dict[str, Any] = {
        "replicas": 3,
        f"{one}image": "registry.example.com:5000/shop/web:1.25@sha256:" + "a" * 64,
        f"{one}name": "web",
        f"{one}pull_policy": "Always",
        f"{one}cpu_request": "100m",
        f"{one}cpu_limit": "0.5",
        f"{one}memory_request": "64Mi",
        f"{one}memory_limit": "256Mi",
        f"{one}ports__0__name": "http",
        f"{one}ports__0__app_protocol": "http",
        f"{one}ports__0__container_port": 8080,
        f"{one}ports__0__service_port": 80,
        f"{one}ports__1__name": "dns",
        f"{one}ports__1__protocol": "UDP",
        f"{one}ports__1__container_port": 53,
        f"{one}ports__1__service_port": 53,
        f"{one}readiness__kind": "http",
        f"{one}readiness__scheme": "HTTPS",
        f"{one}readiness__path": "/ready",
        f"{one}readiness__port": "http",
        f"{one}readiness__initial_delay": 5,
        f"{one}readiness__period": 7,
        f"{one}readiness__timeout": 2,
        f"{one}readiness__success": 2,
        f"{one}readiness__failure": 4,
        f"{one}liveness__kind": "exec",
        f"{one}liveness__command__0__value": "/bin/check",
        f"{one}liveness__command__1__value": "a, b",
        f"{one}startup__kind": "grpc",
        f"{one}startup__port": "9000",
        f"{one}startup__service": "shop.Health",
        f"{one}post_start__kind": "http",
        f"{one}post_start__path": "/started",
        f"{one}post_start__port": "8080",
        f"{one}pre_stop__kind": "exec",
        f"{one}pre_stop__command__0__value": "/bin/drain",
        f"{one}command__0__value": "/usr/bin/api",
        f"{one}command__1__value": '--greeting=Good morning, "Anna"',
        f"{one}args__0__value": "one",
        f"{one}args__1__value": " two ",
        f"{one}args__2__value": "three,four",
        f"{one}env__0__name": "MODE",
        f"{one}env__0__value": "fast",
        f"{one}env__1__name": "CURRENCY",
        f"{one}env__1__source": "configmap",
        f"{one}env__1__object": "settings",
        f"{one}env__1__key": "currency",
        f"{one}env__1__optional": "on",
        f"{one}env__2__name": "TOKEN",
        f"{one}env__2__source": "secret",
        f"{one}env__2__object": "tokens",
        f"{one}env__2__key": "api",
        f"{one}env__3__name": "POD_IP",
        f"{one}env__3__source": "field",
        f"{one}env__3__key": "status.podIP",
        f"{one}env__4__name": "CPUS",
        f"{one}env__4__source": "resource",
        f"{one}env__4__key": "limits.cpu",
        f"{one}env__4__value": "1",
        f"{one}env_from__0__object": "settings",
        f"{one}env_from__0__prefix": "S_",
        f"{one}env_from__1__source": "secret",
        f"{one}env_from__1__object": "tokens",
        f"{one}security__privileged": "false",
        f"{one}security__allow_escalation": "false",
        f"{one}security__read_only_root": "true",
        f"{one}security__run_as_non_root": "true",
        f"{one}security__run_as_user": 10001,
        f"{one}security__run_as_group": 10002,
        f"{one}security__drop": "ALL",
        f"{one}security__add": "NET_BIND_SERVICE, CHOWN",
        f"{one}security__seccomp": "RuntimeDefault",
        f"{one}security__se_level": "s0:c1",
        f"{one}host_timezone": "on",
        "containers__1__name": "prepare",
        "containers__1__type": "init",
        "containers__1__image": "busybox",
        "update__max_unavailable": "1",
        "update__max_surge": "50%",
        "update__min_ready": 10,
        "update__deadline": 300,
        "scheduling__mode": "custom",
        "scheduling__rules__0__type": "away",
        "scheduling__rules__0__strategy": "required",
        "scheduling__rules__0__selector": "app=web",
        "scheduling__rules__1__type": "nodes",
        "scheduling__rules__1__selector": "disktype in (ssd)",
        "scheduling__rules__1__weight": 50,
        "scheduling__tolerations__0__key": "batch",
        "scheduling__tolerations__0__effect": "NoSchedule",
        "pod_security__fs_group": 2000,
        "pod_security__run_as_non_root": "true",
        "grace_period": 45,
        "pull_secrets__0__name": "regcred",
        "annotations__0__key": "example.com/scrape",
        "annotations__0__value": "true",
    }
    wizard.submit(**typed)
    assert wizard.step == "storage", wizard.problems()
    assert wizard.form()["volumes-0-name"] == ["host-time"]
    for kind in ("empty", "configmap", "secret", "host"):
        wizard.submit(f"volume:{kind}")
    wizard.submit("add:volumes-1-mounts").submit("add:volumes-2-items")
    wizard.submit(
        volumes__1__name="scratch",
        volumes__1__medium="Memory",
        volumes__1__size="64Mi",
        volumes__1__mounts__0__path="/tmp",
        volumes__1__mounts__1__container="prepare",
        volumes__1__mounts__1__path="/work",
        volumes__1__mounts__1__sub_path="sub",
        volumes__1__mounts__1__read_only="true",
        volumes__2__object="settings",
        volumes__2__items__0__key="shop.yaml",
        volumes__2__items__0__path="etc/shop.yaml",
        volumes__2__mounts__0__path="/etc/shop",
        volumes__3__object="tokens",
        volumes__3__mounts__0__path="/etc/tokens",
        volumes__4__path="/var/log/shop",
        volumes__4__mounts__0__path="/var/log/shop",
    )
    assert wizard.step == "advanced", wizard.problems()
    for do in ("add:node_selector", "add:labels", "add:annotations", "add:service_annotations"):
        wizard.submit(do)
    wizard.submit(
        external="NodePort",
        sticky="on",
        sticky_timeout=600,
        node_selector__0__key="disktype",
        node_selector__0__value="ssd",
        labels__2__key="team",
        labels__2__value="shop",
        annotations__0__key="example.com/owner",
        annotations__0__value="shop@example.com",
        service_annotations__0__key="example.com/probe",
        service_annotations__0__value="yes",
    )
    create(wizard, "web")
    labels = {"app": "web", "version": "v2", "team": "shop"}
    assert sent(cluster, "Service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "namespace": project.name,
            "labels": labels,
            "annotations": {
                "kubesphere.io/serviceType": "statelessservice",
                "kubesphere.io/alias-name": "Web shop",
                "kubesphere.io/description": "Front end",
                "example.com/probe": "yes",
                "kubesphere.io/creator": "olive",
            },
        },
        "spec": {
            "type": "NodePort",
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
            "selector": {"app": "web", "team": "shop"},
            "ports": [
                {"name": "http", "protocol": "TCP", "appProtocol": "http", "port": 80, "targetPort": 8080},
                {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": 53},
            ],
        },
    }
    deployment = sent(cluster, "Deployment")
    template = deployment["spec"].pop("template")
    assert deployment == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web-v2",
            "namespace": project.name,
            "labels": labels,
            "annotations": {"example.com/owner": "shop@example.com", "kubesphere.io/creator": "olive"},
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": "50%"}},
            "minReadySeconds": 10,
            "progressDeadlineSeconds": 300,
        },
    }
    spec = template["spec"]
    assert template["metadata"] == {
        "labels": labels,
        "annotations": {"example.com/scrape": "true", "kubesphere.io/creator": "olive"},
    }
    worker, init = spec.pop("containers")[0], spec.pop("initContainers")[0]
    assert init == {
        "name": "prepare",
        "image": "busybox",
        "imagePullPolicy": "IfNotPresent",
        "volumeMounts": [{"name": "scratch", "mountPath": "/work", "subPath": "sub", "readOnly": True}],
    }
    mounts = {mount["mountPath"]: mount for mount in worker.pop("volumeMounts")}
    assert set(mounts) == {"/tmp", "/etc/shop", "/etc/tokens", "/var/log/shop", "/etc/localtime"}
    assert worker == {
        "name": "web",
        "image": "registry.example.com:5000/shop/web:1.25@sha256:" + "a" * 64,
        "imagePullPolicy": "Always",
        "command": ["/usr/bin/api", '--greeting=Good morning, "Anna"'],
        "args": ["one", " two ", "three,four"],
        "ports": [
            {"name": "http", "protocol": "TCP", "containerPort": 8080},
            {"name": "dns", "protocol": "UDP", "containerPort": 53},
        ],
        "env": [
            {"name": "MODE", "value": "fast"},
            {
                "name": "CURRENCY",
                "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "currency", "optional": True}},
            },
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "api"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}},
        ],
        "envFrom": [
            {"prefix": "S_", "configMapRef": {"name": "settings"}},
            {"secretRef": {"name": "tokens"}},
        ],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "0.5", "memory": "256Mi"},
        },
        "livenessProbe": {"exec": {"command": ["/bin/check", "a, b"]}},
        "readinessProbe": {
            "httpGet": {"scheme": "HTTPS", "path": "/ready", "port": "http"},
            "initialDelaySeconds": 5,
            "periodSeconds": 7,
            "timeoutSeconds": 2,
            "successThreshold": 2,
            "failureThreshold": 4,
        },
        "startupProbe": {"grpc": {"port": 9000, "service": "shop.Health"}},
        "lifecycle": {
            "postStart": {"httpGet": {"path": "/started", "port": 8080}},
            "preStop": {"exec": {"command": ["/bin/drain"]}},
        },
        "securityContext": {
            "privileged": False,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10002,
            "seLinuxOptions": {"level": "s0:c1"},
            "seccompProfile": {"type": "RuntimeDefault"},
            "capabilities": {"add": ["NET_BIND_SERVICE", "CHOWN"], "drop": ["ALL"]},
        },
    }
    volumes = {volume["name"]: volume for volume in spec.pop("volumes")}
    assert volumes["scratch"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Mi"}
    assert volumes["config"]["configMap"] == {
        "name": "settings",
        "items": [{"key": "shop.yaml", "path": "etc/shop.yaml"}],
    }
    assert volumes["secret"]["secret"] == {"secretName": "tokens"}
    assert volumes["host"]["hostPath"] == {"path": "/var/log/shop", "type": "DirectoryOrCreate"}
    away = {
        "labelSelector": {"matchLabels": {"app": "web"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    expression = {"key": "disktype", "operator": "In", "values": ["ssd"]}
    rather = {"weight": 50, "preference": {"matchExpressions": [expression]}}
    assert spec == {
        "securityContext": {"runAsNonRoot": True, "fsGroup": 2000},
        "affinity": {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [away]},
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [rather]},
        },
        "tolerations": [{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}],
        "terminationGracePeriodSeconds": 45,
        "imagePullSecrets": [{"name": "regcred"}],
        "nodeSelector": {"disktype": "ssd"},
    }
    assert cluster.admin.get("deployments", project.name, "web-v2")["spec"]["replicas"] == 3
