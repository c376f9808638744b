"""F2 over the wire: what is renamed in a step is followed in every document of the draft, or listed there and at the
review."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from services.manifests.yamlio import load
from services.models import Draft
from tests.clusters import Cluster
from tests.web.creating import Wizard

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: orders-v1, labels: {app: orders, version: v1}}
spec:
  replicas: 2
  selector: {matchLabels: {app: orders, version: v1}}
  template:
    metadata: {labels: {app: orders, version: v1}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector: {matchExpressions: [{key: app, operator: In, values: [orders]}]}
            topologyKey: kubernetes.io/hostname
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: orders}}}
      containers:
      - name: app
        image: nginx:1.27
        ports: [{name: http, containerPort: 8080}]
        livenessProbe: {httpGet: {port: http}}
        readinessProbe: {tcpSocket: {port: 8080}}
        lifecycle: {preStop: {httpGet: {port: http}}}
        env:
        - name: CPUS
          valueFrom: {resourceFieldRef: {containerName: app, resource: limits.cpu}}
        - {name: SELF, value: "http://orders.default.svc/"}
        volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: orders, labels: {app: orders}}
spec:
  selector: {app: orders}
  ports: [{name: http, port: 80, targetPort: http}, {name: also, port: 8081, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: orders-headless}
spec: {clusterIP: None, selector: {app: orders}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: orders}
spec:
  podSelector: {matchLabels: {app: orders}}
  ingress: [{from: [{podSelector: {matchLabels: {app: orders}}}], ports: [{port: http}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: orders}
spec: {defaultBackend: {service: {name: orders, port: {name: http}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: orders}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: orders-v1}
  metrics:
  - type: ContainerResource
    containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 60}}
"""


@pytest.fixture
def wizard(sign_in: Callable[[str], Client], project: Project, cluster: Cluster) -> Wizard:
    wizard = Wizard(sign_in("olive"), project.name).start("stateless")
    return wizard.open("yaml").submit("form", text=DOCUMENTS)


def documents() -> tuple[Any, ...]:
    """Deployment, both Services, NetworkPolicy, Ingress, autoscaler, as the draft has them."""
    return load(Draft.objects.get().text)


def pod(deployment: Any) -> Any:
    return deployment["spec"]["template"]["spec"]


def said(wizard: Wizard) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", wizard.text)).split())


def test_a_renamed_port_is_followed_everywhere(wizard: Wizard) -> None:
    """F2: the second port, the probes, the hook, the headless Service, Ingress and NetworkPolicy."""
    wizard.open("pod").submit(**{"containers-0-ports-0-name": "web"})
    assert wizard.step == "storage", wizard.problems()
    deployment, service, headless, policy, ingress, _scaler = documents()
    container = pod(deployment)["containers"][0]
    assert container["livenessProbe"]["httpGet"]["port"] == "web"
    assert container["lifecycle"]["preStop"]["httpGet"]["port"] == "web"
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["web", "web"]
    assert headless["spec"]["ports"][0]["targetPort"] == "web"
    assert policy["spec"]["ingress"][0]["ports"] == [{"port": "web"}]
    assert ingress["spec"]["defaultBackend"]["service"]["port"] == {"name": "web"}
    assert "References to missing objects" not in wizard.text


def test_a_new_port_number_and_a_name_that_is_emptied_are_followed(wizard: Wizard) -> None:
    """F2: numbers are references, too; where the name goes the number takes its place."""
    wizard.open("pod").submit(**{"containers-0-ports-0-container_port": "9090"})
    deployment = documents()[0]
    assert pod(deployment)["containers"][0]["readinessProbe"]["tcpSocket"]["port"] == 9090
    assert pod(deployment)["containers"][0]["livenessProbe"]["httpGet"]["port"] == "http"


def test_a_renamed_container_is_followed(wizard: Wizard) -> None:
    """F2: resourceFieldRef and the autoscaler's containerResource."""
    wizard.open("pod").submit(**{"containers-0-name": "main"})
    deployment, *_others, scaler = documents()
    variable = pod(deployment)["containers"][0]["env"][0]
    assert variable["valueFrom"]["resourceFieldRef"]["containerName"] == "main"
    assert scaler["spec"]["metrics"][0]["containerResource"]["container"] == "main"


def test_a_new_name_reaches_every_selector_and_what_is_only_text_is_listed(wizard: Wizard) -> None:
    """F2: a NetworkPolicy that no longer selects the pods would open them."""
    wizard.open("basic").submit(name="shop")
    assert wizard.step == "pod", wizard.problems()
    deployment, service, headless, policy, ingress, scaler = documents()
    assert service["metadata"]["name"] == "shop"
    assert service["spec"]["selector"] == headless["spec"]["selector"] == {"app": "shop"}
    assert policy["spec"]["podSelector"] == {"matchLabels": {"app": "shop"}}
    assert policy["spec"]["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {"app": "shop"}}}]
    term = pod(deployment)["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert term["labelSelector"]["matchExpressions"][0]["values"] == ["shop"]
    assert pod(deployment)["topologySpreadConstraints"][0]["labelSelector"] == {"matchLabels": {"app": "shop"}}
    assert ingress["spec"]["defaultBackend"]["service"]["name"] == "shop"
    assert scaler["spec"]["scaleTargetRef"]["name"] == "shop-v1"
    for step in ("pod", "review"):
        wizard.open(step)
        assert "env[1].value still contains orders" in said(wizard), step


def test_a_changed_label_is_followed(wizard: Wizard) -> None:
    """F2: Advanced Settings, the value of a label and then its key."""
    wizard.open("advanced")
    labels = {wizard.form()[f"labels-{at}-key"][0]: f"labels-{at}" for at in range(2)}
    wizard.submit(**{f"{labels['app']}-value": "store"})
    wizard.open("advanced").submit(**{f"{labels['app']}-key": "shop"})
    _deployment, service, headless, policy, *_ = documents()
    assert service["spec"]["selector"] == headless["spec"]["selector"] == {"shop": "store"}
    assert policy["spec"]["podSelector"] == {"matchLabels": {"shop": "store"}}


def test_what_names_a_port_that_is_taken_away_is_listed(wizard: Wizard) -> None:
    """F2: emptied or removed, the step and the review say what still names it."""
    two = "{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}"
    text = DOCUMENTS.replace("{name: http, containerPort: 8080}", two)
    wizard.open("yaml").submit(
        "form", text=text.replace("port: 8081, targetPort: http", "port: 8081, targetPort: admin")
    )
    wizard.open("pod").submit("drop:containers-0-ports-0").submit()
    assert wizard.step == "storage", wizard.problems()
    for step in ("storage", "review"):
        text = said(wizard.open(step))
        assert "Service orders-headless" in text
        assert "spec.ports[0].targetPort leads to port http, which no container of Deployment orders-v1 has" in text
        assert "livenessProbe.httpGet.port names port http, which this container does not have" in text
        assert "spec.defaultBackend.service.port.name names port http, which Service orders does not have" in text


def test_an_ingress_follows_the_number_of_a_service_port_or_is_listed(wizard: Wizard) -> None:
    """F2: the number is changed, then the port is taken from the Service."""
    text = DOCUMENTS.replace("port: {name: http}}", "port: {number: 80}}")
    wizard.open("yaml").submit("form", text=text.replace("http://orders.default.svc/", "http://orders:80/"))
    wizard.open("pod").submit(**{"containers-0-ports-0-service_port": 8000})
    assert documents()[4]["spec"]["defaultBackend"]["service"]["port"] == {"number": 8000}
    assert "env[1].value still contains orders:80" in said(wizard.open("review"))
    wizard.open("pod").submit(**{"containers-0-ports-0-service_port": ""})
    assert wizard.step == "storage", wizard.problems()
    sentence = "spec.defaultBackend.service.port.number names port 8000, which Service orders does not have"
    for step in ("storage", "review"):
        assert sentence in said(wizard.open(step)), step


def test_a_renamed_volume_is_followed(wizard: Wizard) -> None:
    """F2: mounts and devices."""
    device = "volumeMounts: [{name: data, mountPath: /data}]\n        volumeDevices: [{name: data, devicePath: /dev/x}]"
    wizard.open("yaml").submit("form", text=DOCUMENTS.replace("volumeMounts: [{name: data, mountPath: /data}]", device))
    wizard.open("storage").submit(**{"volumes-0-name": "files"})
    container = pod(documents()[0])["containers"][0]
    assert [mount["name"] for mount in (*container["volumeMounts"], *container["volumeDevices"])] == ["files", "files"]
