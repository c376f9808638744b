"""What each step writes, as whole documents, and where it finds its way in documents it did not make."""

from __future__ import annotations

from typing import Any

import pytest

from services.manifests.bundle import Bundle
from services.manifests.starters import starter
from services.manifests.yamlio import load
from services.steps.lenses import LENSES, STEPS, Values, locate
from services.steps.lenses.container import container, zone_of
from services.steps.lenses.rows import Rows
from services.steps.lenses.storage import TEMPLATE, VOLUME


def change(bundle: Bundle, step: str, **values: Any) -> Bundle:
    """The bundle after one step was saved, checked to show what was typed."""
    lens = LENSES[step]
    typed = {**lens.read(bundle), **values}
    written = lens.write(bundle, typed)
    assert lens.read(written) == typed
    return written


def row_of(part: Any, **values: Any) -> Values:
    blank = Rows(part).blank_row
    assert not values.keys() - blank.keys()
    return {**blank, **values}


def worker(**values: Any) -> Values:
    return {"type": "worker", **row_of(container(zone_of(None)), **values)}


def port(container_port: int, service_port: int | None, name: str = "", **more: str) -> Values:
    return {
        "name": name,
        "protocol": "TCP",
        "app_protocol": "",
        "container_port": container_port,
        "service_port": service_port,
        "keep": "",
        **more,
    }


def pair(key: str, value: str) -> Values:
    return {"key": key, "value": value, "keep": ""}


def stateless(name: str = "web", **values: Any) -> Bundle:
    bundle = change(starter("stateless", "shop"), "basic", name=name, version="v1")
    containers = [worker(name="web", image="nginx:1.25", ports=[port(8080, 80, "http")])]
    return change(bundle, "pod", containers=containers, **values)


@pytest.mark.parametrize("kind", list(STEPS)[:5])
def test_every_type_starts_with_what_its_steps_can_show(kind: str) -> None:
    bundle = starter(kind, "shop")
    assert all(document["metadata"]["namespace"] == "shop" for document in bundle.documents)
    for step in STEPS[kind]:
        assert LENSES[step].unseen(bundle) == ()


def test_a_stateless_service_is_a_deployment_and_a_service() -> None:
    bundle = change(
        starter("stateless", "shop"), "basic", name="web", alias="Web shop", version="v1", description="Front"
    )
    containers = [
        worker(
            name="web",
            image="nginx:1.25",
            pull_policy="IfNotPresent",
            cpu_request="0.1",
            memory_limit="256Mi",
            ports=[port(80, 80, "http-0", app_protocol="http")],
        )
    ]
    bundle = change(bundle, "pod", replicas=2, containers=containers)
    bundle = change(bundle, "advanced", external="NodePort", sticky=True, sticky_timeout=10800)
    assert bundle.documents == load(STATELESS)


STATELESS = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-v1
  namespace: shop
  labels: {app: web, version: v1}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web, version: v1}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 25%, maxSurge: 25%}
  template:
    metadata:
      labels: {app: web, version: v1}
    spec:
      containers:
      - name: web
        image: nginx:1.25
        imagePullPolicy: IfNotPresent
        ports:
        - {name: http-0, containerPort: 80, protocol: TCP}
        resources:
          requests: {cpu: "0.1"}
          limits: {memory: 256Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  labels: {app: web, version: v1}
  annotations:
    kubesphere.io/serviceType: statelessservice
    kubesphere.io/alias-name: Web shop
    kubesphere.io/description: Front
spec:
  type: NodePort
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}
  selector: {app: web}
  ports:
  - {name: http-0, protocol: TCP, port: 80, targetPort: 80, appProtocol: http}
"""


def test_a_stateful_service_is_a_stateful_set_that_names_its_service() -> None:
    bundle = change(starter("stateful", "shop"), "basic", name="db", version="v1")
    bundle = change(
        bundle, "pod", containers=[worker(name="pg", image="postgres:15", ports=[port(5432, 5432, "tcp-pg")])]
    )
    mount = {"container": "pg", "path": "/data", "sub_path": "", "read_only": False, "keep": ""}
    template = row_of(TEMPLATE, name="data", storage_class="fast", access_modes=["ReadWriteOnce"], size="10Gi")
    bundle = change(bundle, "storage", templates=[{**template, "mounts": [mount]}])
    headless = change(bundle, "advanced", access_mode="headless")
    workload, service = headless.documents
    assert (workload["metadata"]["name"], workload["spec"]["serviceName"]) == ("db-v1", "db")
    assert workload["spec"]["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert workload["spec"]["volumeClaimTemplates"] == [
        {
            "metadata": {"name": "data"},
            "spec": {
                "storageClassName": "fast",
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "10Gi"}},
            },
        }
    ]
    assert workload["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "data", "mountPath": "/data"}
    ]
    assert service["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in bundle.documents[1]["spec"]


def test_an_external_service_and_a_service_for_a_workload() -> None:
    external = change(starter("external", "shop"), "basic", name="payments", alias="", version="", description="")
    external = change(external, "external", external_name="api.example.com")
    assert external.documents == (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "payments",
                "namespace": "shop",
                "labels": {"app": "payments"},
                "annotations": {"kubesphere.io/serviceType": "externalservice"},
            },
            "spec": {"type": "ExternalName", "externalName": "api.example.com"},
        },
    )
    chosen = change(starter("workload", "shop"), "basic", name="web-internal")
    ports = [
        {"name": "http-main", "protocol": "TCP", "app_protocol": "", "port": 8080, "target_port": "80", "keep": ""},
        {"name": "admin", "protocol": "TCP", "app_protocol": "", "port": 9000, "target_port": "admin", "keep": ""},
    ]
    chosen = change(chosen, "service", selector=[pair("app", "web"), pair("version", "v1")], ports=ports)
    assert chosen.documents[0]["spec"] == {
        "sessionAffinity": "None",
        "selector": {"app": "web", "version": "v1"},
        "ports": [
            {"name": "http-main", "protocol": "TCP", "port": 8080, "targetPort": 80},
            {"name": "admin", "protocol": "TCP", "port": 9000, "targetPort": "admin"},
        ],
    }
    assert "annotations" not in chosen.documents[0]["metadata"]


def test_a_new_name_and_version_go_everywhere() -> None:
    bundle = change(stateless(), "basic", name="shop-web", version="v2")
    workload, service = bundle.documents
    labels = {"app": "shop-web", "version": "v2"}
    assert workload["metadata"] == {"name": "shop-web-v2", "namespace": "shop", "labels": labels}
    assert workload["spec"]["selector"] == {"matchLabels": labels}
    assert workload["spec"]["template"]["metadata"] == {"labels": labels}
    assert (service["metadata"]["name"], service["metadata"]["labels"]) == ("shop-web", labels)
    assert service["spec"]["selector"] == {"app": "shop-web"}


def test_a_new_name_leaves_labels_that_deviate() -> None:
    workload, service = stateless().documents
    labels = {"app": "legacy", "version": "v1"}
    template = {**workload["spec"]["template"], "metadata": {"labels": labels}}
    workload = {**workload, "spec": {**workload["spec"], "selector": {"matchLabels": labels}, "template": template}}
    service = {**service, "spec": {**service["spec"], "selector": {"app": "legacy"}}}
    workload, service = change(Bundle((workload, service)), "basic", name="new").documents
    assert workload["metadata"]["name"] == "new-v1"
    assert workload["spec"]["selector"] == {"matchLabels": labels}
    assert workload["spec"]["template"]["metadata"] == {"labels": labels}
    assert service["spec"]["selector"] == {"app": "legacy"}


def test_scheduling_means_the_pods_own_labels_after_they_changed() -> None:
    spread = {"mode": "decentralized", "rules": [], "tolerations": []}
    bundle = change(stateless(scheduling=spread), "basic", version="v2")
    bundle = change(bundle, "advanced", labels=[pair("app", "web"), pair("version", "v2"), pair("team", "a")])
    assert LENSES["pod"].read(bundle)["scheduling"]["mode"] == "decentralized"
    terms = bundle.documents[0]["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
    term = terms["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]
    assert term["labelSelector"] == {"matchLabels": {"app": "web", "version": "v2", "team": "a"}}


def test_labels_go_to_all_their_places_and_the_selector_leaves_version_out() -> None:
    bundle = change(stateless(), "advanced", labels=[pair("app", "web"), pair("version", "v1"), pair("team", "a")])
    workload, service = bundle.documents
    assert workload["spec"]["selector"]["matchLabels"] == {"app": "web", "version": "v1", "team": "a"}
    assert workload["spec"]["template"]["metadata"]["labels"] == {"app": "web", "version": "v1", "team": "a"}
    assert service["metadata"]["labels"] == {"app": "web", "version": "v1", "team": "a"}
    assert service["spec"]["selector"] == {"app": "web", "team": "a"}


def with_ports(*ports: dict[str, Any]) -> Bundle:
    workload, service = stateless().documents
    return Bundle((workload, {**service, "spec": {**service["spec"], "ports": list(ports)}}))


def service_ports(bundle: Bundle) -> list[dict[str, Any]]:
    ports: list[dict[str, Any]] = bundle.documents[1]["spec"]["ports"]
    return ports


def changed_port(bundle: Bundle, **values: Any) -> Bundle:
    containers = LENSES["pod"].read(bundle)["containers"]
    containers[0]["ports"][0].update(values)
    return change(bundle, "pod", containers=containers)


def test_a_changed_port_keeps_what_its_service_port_has_besides() -> None:
    bundle = with_ports({"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080, "appProtocol": "http"})
    bundle = changed_port(bundle, container_port=9090, name="web", service_port=81)
    expected = {"name": "web", "port": 81, "targetPort": 9090, "nodePort": 30080, "appProtocol": "http"}
    assert service_ports(bundle) == [expected]


def test_a_target_by_name_follows_the_name() -> None:
    bundle = with_ports({"name": "main", "port": 80, "targetPort": "http"})
    assert service_ports(changed_port(bundle, container_port=9090)) == [
        {"name": "main", "port": 80, "targetPort": "http"}
    ]
    assert service_ports(changed_port(bundle, name="web")) == [{"name": "main", "port": 80, "targetPort": "web"}]


def test_two_service_ports_of_one_container_port_have_a_row_each() -> None:
    """F6: the second one is seen and changed below the first, and is no container port of its own."""
    first, second = {"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 81, "targetPort": 8080}
    bundle = with_ports(first, second, {"name": "c", "port": 82, "targetPort": "nowhere"})
    assert [note.path for note in LENSES["pod"].unseen(bundle)] == ["spec.ports[2]"]
    rows = LENSES["pod"].read(bundle)["containers"][0]["ports"]
    assert [(row["name"], row["container_port"], row["service_port"]) for row in rows] == [
        ("http", 8080, 80),
        ("b", 8080, 81),
    ]
    bundle = changed_port(bundle, service_port=8000)
    assert [port["port"] for port in service_ports(bundle)] == [8000, 81, 82]
    containers = LENSES["pod"].read(bundle)["containers"]
    containers[0]["ports"][1]["service_port"] = 443
    containers[0]["ports"].insert(2, {**containers[0]["ports"][1], "name": "new", "service_port": 8443})
    more = change(bundle, "pod", containers=containers)
    assert [(port["name"], port["port"], port["targetPort"]) for port in service_ports(more)] == [
        ("a", 8000, 8080),
        ("b", 443, 8080),
        ("c", 82, "nowhere"),
        ("new", 8443, 8080),
    ]
    assert more.documents[0] == bundle.documents[0]
    removed = changed_port(bundle, container_port=7000, service_port=None)
    assert [port["port"] for port in service_ports(removed)] == [81, 82]


def test_fields_that_the_form_does_not_know_stay_with_their_container() -> None:
    text = """
kind: Deployment
spec:
  template:
    spec:
      containers:
      - {name: a, image: x, stdin: true, workingDir: /a, env: [{name: A, valueFrom: {fileKeyRef: {key: k}}}]}
      - {name: b, image: y, tty: true}
"""
    bundle = Bundle(load(text))
    first, second = LENSES["pod"].read(bundle)["containers"]
    renamed = change(bundle, "pod", containers=[{**second, "name": "c"}, {**first, "image": "z"}])
    variable = {"name": "A", "valueFrom": {"fileKeyRef": {"key": "k"}}}
    assert renamed.documents[0]["spec"]["template"]["spec"]["containers"] == [
        {"name": "c", "image": "y", "tty": True},
        {
            "name": "a",
            "image": "z",
            "stdin": True,
            "workingDir": "/a",
            "env": [variable],
        },
    ]
    assert {note.path for note in LENSES["pod"].unseen(bundle)} == {
        f"spec.template.spec.containers[{place}" for place in ("0].stdin", "0].workingDir", "0].env[0]", "1].tty")
    }


def test_the_host_time_zone_is_a_mount_and_a_volume_that_go_together() -> None:
    containers = LENSES["pod"].read(stateless())["containers"]
    bundle = change(stateless(), "pod", containers=[{**containers[0], "host_timezone": True}])
    pod = bundle.documents[0]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "host-time", "hostPath": {"path": "/etc/localtime", "type": ""}}]
    assert pod["containers"][0]["volumeMounts"] == [
        {"name": "host-time", "mountPath": "/etc/localtime", "readOnly": True}
    ]
    assert change(bundle, "pod", containers=containers) == stateless()


def test_the_same_volume_is_mounted_twice_and_other_volumes_stay() -> None:
    def mount(path: str, sub_path: str = "", *, read_only: bool = False) -> Values:
        return {"container": "web", "path": path, "sub_path": sub_path, "read_only": read_only, "keep": ""}

    media = row_of(VOLUME, kind="claim", name="media", object="shop-media")
    scratch = row_of(VOLUME, kind="empty", name="scratch", medium="Memory", size="500Mi")
    volumes = [
        {**media, "mounts": [mount("/srv"), mount("/up", "upload", read_only=True)]},
        {**scratch, "mounts": [mount("/tmp")]},
    ]
    bundle = change(stateless(), "storage", volumes=volumes)
    pod = bundle.documents[0]["spec"]["template"]["spec"]
    assert pod["volumes"] == [
        {"name": "media", "persistentVolumeClaim": {"claimName": "shop-media"}},
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "500Mi"}},
    ]
    assert pod["containers"][0]["volumeMounts"] == [
        {"name": "media", "mountPath": "/srv"},
        {"name": "media", "mountPath": "/up", "subPath": "upload", "readOnly": True},
        {"name": "scratch", "mountPath": "/tmp"},
    ]
    left = change(bundle, "storage", volumes=[{**volumes[1], "name": "tmp"}])
    pod = left.documents[0]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "500Mi"}}]
    assert pod["containers"][0]["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]


def test_a_volume_of_an_unknown_kind_keeps_its_source_when_renamed() -> None:
    source = {"nfs": {"server": "files", "path": "/x"}}
    workload, service = stateless().documents
    pod = {**workload["spec"]["template"]["spec"], "volumes": [{"name": "old", **source}]}
    workload = {**workload, "spec": {**workload["spec"], "template": {**workload["spec"]["template"], "spec": pod}}}
    row = LENSES["storage"].read(Bundle((workload, service)))["volumes"][0]
    bundle = change(Bundle((workload, service)), "storage", volumes=[{**row, "name": "new"}])
    assert bundle.documents[0]["spec"]["template"]["spec"]["volumes"] == [{"name": "new", **source}]


def test_no_external_access_takes_node_ports_and_load_balancer_settings_away() -> None:
    spec = {
        "type": "LoadBalancer",
        "loadBalancerClass": "x",
        "externalTrafficPolicy": "Local",
        "healthCheckNodePort": 3,
    }
    workload, service = with_ports({"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}).documents
    bundle = Bundle((workload, {**service, "spec": {**service["spec"], **spec}}))
    values = LENSES["advanced"].read(bundle)
    closed = LENSES["advanced"].write(bundle, {**values, "external": ""})
    assert (
        closed.documents[1]["spec"] == with_ports({"name": "http", "port": 80, "targetPort": 8080}).documents[1]["spec"]
    )


def test_recreate_has_no_rolling_settings() -> None:
    update = {**LENSES["pod"].read(stateless())["update"], "strategy": "Recreate"}
    written = LENSES["pod"].write(stateless(), {**LENSES["pod"].read(stateless()), "update": update})
    assert written.documents[0]["spec"]["strategy"] == {"type": "Recreate"}


RULES = [
    ("with", "preferred", "app=web,version=v1", "kubernetes.io/hostname", 100),
    ("away", "required", "tier in (a,b),!batch", "topology.kubernetes.io/zone", None),
    ("nodes", "required", "disktype=ssd,cpus>4", "", None),
]


def test_rules_of_ones_own_are_terms() -> None:
    keys = ("type", "strategy", "selector", "topology", "weight")
    rules = [{**dict(zip(keys, rule, strict=True)), "keep": ""} for rule in RULES]
    bundle = change(stateless(), "pod", scheduling={"mode": "custom", "rules": rules, "tolerations": []})
    assert bundle.documents[0]["spec"]["template"]["spec"]["affinity"] == {
        "podAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 100,
                    "podAffinityTerm": {
                        "labelSelector": {"matchLabels": {"app": "web", "version": "v1"}},
                        "topologyKey": "kubernetes.io/hostname",
                    },
                }
            ]
        },
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "labelSelector": {
                        "matchExpressions": [
                            {"key": "tier", "operator": "In", "values": ["a", "b"]},
                            {"key": "batch", "operator": "DoesNotExist"},
                        ]
                    },
                    "topologyKey": "topology.kubernetes.io/zone",
                }
            ]
        },
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": "disktype", "operator": "In", "values": ["ssd"]},
                            {"key": "cpus", "operator": "Gt", "values": ["4"]},
                        ]
                    }
                ]
            }
        },
    }


@pytest.mark.parametrize(
    ("kind", "path", "step", "field"),
    [
        ("Service", "metadata.name", "basic", "name"),
        ("Deployment", "metadata.name", "basic", "name"),
        ("Deployment", "spec.replicas", "pod", "replicas"),
        ("Deployment", "POD.containers[0].image", "pod", "containers-0-image"),
        (
            "Deployment",
            "POD.containers[0].ports[0].containerPort",
            "pod",
            "containers-0-ports-0-container_port",
        ),
        ("Deployment", "POD.containers[0].ports[0].name", "pod", "containers-0-ports-0-name"),
        ("Deployment", "POD.containers[0].resources.requests[cpu]", "pod", "containers-0-cpu_request"),
        ("Deployment", "POD.containers[0].resources.limits[memory]", "pod", "containers-0-memory_limit"),
        (
            "Deployment",
            "POD.containers[0].livenessProbe.httpGet.path",
            "pod",
            "containers-0-liveness-path",
        ),
        (
            "Deployment",
            "POD.containers[0].livenessProbe.successThreshold",
            "pod",
            "containers-0-liveness-success",
        ),
        ("Deployment", "POD.containers[0].readinessProbe", "pod", "containers-0-readiness-kind"),
        ("Deployment", "POD.containers[0].env[2].name", "pod", "containers-0-env-2-name"),
        (
            "Deployment",
            "POD.containers[0].env[2].valueFrom.secretKeyRef.key",
            "pod",
            "containers-0-env-2-key",
        ),
        (
            "Deployment",
            "POD.containers[0].securityContext.runAsUser",
            "pod",
            "containers-0-security-run_as_user",
        ),
        ("Deployment", "POD.initContainers[0].image", "pod", "containers-1-image"),
        ("Deployment", "POD.containers", "pod", "containers"),
        ("Deployment", "POD.imagePullSecrets[1].name", "pod", "pull_secrets-1-name"),
        ("Deployment", "spec.strategy.rollingUpdate.maxSurge", "pod", "update-max_surge"),
        ("Deployment", "POD.securityContext.fsGroup", "pod", "pod_security-fs_group"),
        ("Deployment", "POD.tolerations[0].operator", "pod", "scheduling-tolerations-0-operator"),
        ("Deployment", "POD.affinity.nodeAffinity", "pod", "scheduling-mode"),
        ("Deployment", "POD.terminationGracePeriodSeconds", "pod", "grace_period"),
        ("Deployment", "POD.priorityClassName", "pod", "priority_class"),
        ("Deployment", "POD.volumes[0].name", "storage", "volumes-0-name"),
        ("Deployment", "POD.volumes[0].emptyDir.sizeLimit", "storage", "volumes-0-size"),
        (
            "Deployment",
            "POD.containers[0].volumeMounts[0].mountPath",
            "storage",
            "volumes-0-mounts-0-path",
        ),
        ("Deployment", "POD.nodeSelector", "advanced", "node_selector"),
        ("Deployment", "metadata.annotations", "advanced", "annotations"),
        ("Deployment", "spec.template.metadata.labels", "advanced", "labels"),
        ("Service", "spec.ports[0].port", "pod", "containers-0-ports-0-service_port"),
        ("Service", "spec.ports", "pod", "containers-0-ports-0-service_port"),
        ("Service", "spec.ports[0].name", "pod", "containers-0-ports-0-name"),
        ("Service", "spec.ports[0].nodePort", "advanced", "ports-0-node_port"),
        ("Service", "spec.sessionAffinityConfig.clientIP.timeoutSeconds", "advanced", "sticky_timeout"),
        ("Service", "spec.type", "advanced", "external"),
        ("Service", "spec.clusterIP", "advanced", "access_mode"),
        ("Service", "metadata.labels", "advanced", "labels"),
    ],
)
def test_an_error_of_the_api_belongs_to_a_step_and_a_field(kind: str, path: str, step: str, field: str) -> None:
    init = {**worker(name="init", image="busybox"), "type": "init"}
    containers = [*LENSES["pod"].read(stateless())["containers"], init]
    mount = {"container": "web", "path": "/tmp", "sub_path": "", "read_only": False, "keep": ""}
    volume = {**row_of(VOLUME, kind="empty", name="tmp"), "mounts": [mount]}
    bundle = change(change(stateless(), "pod", containers=containers), "storage", volumes=[volume])
    assert locate("stateless", kind, path.replace("POD", "spec.template.spec"), bundle) == (step, field)


@pytest.mark.parametrize(
    ("type_", "path", "expected"),
    [
        ("external", "spec.externalName", ("external", "external_name")),
        ("workload", "spec.selector", ("service", "selector")),
        ("workload", "spec.ports[1].targetPort", ("service", "ports-1-target_port")),
        ("workload", "spec.ports[1].nodePort", ("advanced", "ports-1-node_port")),
        ("workload", "spec.ipFamilies", None),
        ("stateless", "", None),
    ],
)
def test_errors_of_services_alone(type_: str, path: str, expected: tuple[str, str] | None) -> None:
    assert locate(type_, "Service", path, starter(type_, "shop")) == expected


@pytest.mark.parametrize("forged", ["NaN", "-Infinity", "{", "[" * 500 + "]" * 500, "[" * 100_000, "9" * 5000])
def test_a_forged_kept_row_is_left_out(forged: str) -> None:
    containers = LENSES["pod"].read(stateless())["containers"]
    row = {**worker(), "keep": forged}
    written = LENSES["pod"].write(stateless(), {**LENSES["pod"].read(stateless()), "containers": [*containers, row]})
    assert written.documents == stateless().documents


MOUNTED = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        volumeMounts: [{name: logs, mountPath: /logs, mountPropagation: HostToContainer}]
      volumes: [{name: logs, hostPath: {path: /var/log}}]
"""


def test_a_mount_that_moves_keeps_what_the_step_does_not_show() -> None:
    lens, bundle = LENSES["storage"], Bundle(load(MOUNTED))
    values = lens.read(bundle)
    values["volumes"][0]["mounts"][0]["path"] = "/var/log/web"
    after = lens.write(bundle, values).workload
    assert after is not None
    assert after["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "logs", "mountPath": "/var/log/web", "mountPropagation": "HostToContainer"}
    ]


NFS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        volumeMounts:
        - {name: share, mountPath: /share, mountPropagation: HostToContainer}
        - {name: share, mountPath: /more, mountPropagation: HostToContainer}
      volumes: [{name: share, nfs: {server: nfs.example.com, path: /}}]
"""


def test_mounts_of_a_volume_that_no_row_can_show_keep_what_the_step_does_not_show() -> None:
    lens, bundle = LENSES["storage"], Bundle(load(NFS))
    values = lens.read(bundle)
    values["volumes"][0]["mounts"][0]["sub_path"] = "web"
    after = lens.write(bundle, values).workload
    assert after is not None
    assert after["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "share", "mountPath": "/share", "mountPropagation": "HostToContainer", "subPath": "web"},
        {"name": "share", "mountPath": "/more", "mountPropagation": "HostToContainer"},
    ]
