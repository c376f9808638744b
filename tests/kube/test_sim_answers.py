"""What an API server answers, word for word. Run on the real control plane these tests judge themselves."""

import json
from typing import Any

import pytest

from tests.admin import Refused
from tests.clusters import Cluster, eventually

Object = dict[str, Any]


def service(name: str = "web", **spec: Any) -> Object:
    content = {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
    content = {key: value for key, value in content.items() if value is not None}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": content}


def deployment(container: Object | None = None, pod: Object | None = None, **spec: Any) -> Object:
    containers = [{"name": "c", "image": "nginx:1", **(container or {})}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **(pod or {})}}
    content = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": content}


def _refusal(
    cluster: Cluster, namespace: str, document: Object, query: str = "?dryRun=All&fieldValidation=Strict"
) -> Refused:
    path = {
        "Service": f"/api/v1/namespaces/{namespace}/services",
        "Deployment": f"/apis/apps/v1/namespaces/{namespace}/deployments",
    }[document["kind"]]
    with pytest.raises(Refused) as refused:
        cluster.admin.call("POST", path + query, document)
    return refused.value


LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


@pytest.mark.parametrize(
    ("document", "causes"),
    [
        (service("Bad_"), [("metadata.name", f'Invalid value: "Bad_": {LABEL}')]),
        (service("a.b"), [("metadata.name", 'Invalid value: "a.b": must not contain dots')]),
        (service("a" * 64), [("metadata.name", f'Invalid value: "{"a" * 64}": must be no more than 63 characters')]),
        (
            service(ports=[{"port": 70000}]),
            [
                ("spec.ports[0].port", "Invalid value: 70000: must be between 1 and 65535, inclusive"),
                ("spec.ports[0].targetPort", "Invalid value: 70000: must be between 1 and 65535, inclusive"),
            ],
        ),
        (service(ports=[]), [("spec.ports", "Required value")]),
        (
            service(ports=[{"port": 1}, {"port": 2}]),
            [("spec.ports[0].name", "Required value"), ("spec.ports[1].name", "Required value")],
        ),
        (
            service(ports=[{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]),
            [("spec.ports[1].name", 'Duplicate value: "a"')],
        ),
        (
            service(ports=[{"port": 1, "protocol": "tcp"}]),
            [
                ("spec.ports[0].protocol", 'Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'),
            ],
        ),
        (
            service(ports=[{"port": 1, "nodePort": 30001}]),
            [
                ("spec.ports[0].nodePort", "Forbidden: may not be used when `type` is 'ClusterIP'"),
            ],
        ),
        (service(type="ExternalName"), [("spec.externalName", "Required value")]),
        (
            service(type="NodePort", clusterIP="None"),
            [
                ("spec.clusterIPs[0]", "Invalid value: \"None\": may not be set to 'None' for NodePort services"),
            ],
        ),
        (deployment(replicas=-1), [("spec.replicas", "Invalid value: -1: must be greater than or equal to 0")]),
        (
            deployment(selector={"matchLabels": {"app": "x"}}),
            [
                (
                    "spec.template.metadata.labels",
                    'Invalid value: {"app":"web"}: `selector` does not match template `labels`',
                ),
            ],
        ),
        (deployment({"image": ""}), [("spec.template.spec.containers[0].image", "Required value")]),
        (
            deployment({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}}),
            [
                (
                    "spec.template.spec.containers[0].resources.requests",
                    'Invalid value: "2": must be less than or equal to cpu limit of 1',
                ),
            ],
        ),
        (
            deployment({"volumeMounts": [{"name": "v", "mountPath": "/a"}]}),
            [
                ("spec.template.spec.containers[0].volumeMounts[0].name", 'Not found: "v"'),
            ],
        ),
        (
            deployment({"readinessProbe": {}}),
            [
                ("spec.template.spec.containers[0].readinessProbe", "Required value: must specify a handler type"),
            ],
        ),
        (
            deployment({"ports": [{"containerPort": 1, "name": "UPPER"}]}),
            [
                (
                    "spec.template.spec.containers[0].ports[0].name",
                    'Invalid value: "UPPER": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
                ),
                (
                    "spec.template.spec.containers[0].ports[0].name",
                    'Invalid value: "UPPER": must contain at least one letter (a-z)',
                ),
            ],
        ),
        (
            deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
            [
                ("spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0"),
            ],
        ),
        (
            deployment(pod={"restartPolicy": "Never"}),
            [
                ("spec.template.spec.restartPolicy", 'Unsupported value: "Never": supported values: "Always"'),
            ],
        ),
    ],
)
def test_every_wrong_field_is_named(
    cluster: Cluster, namespace: str, document: Object, causes: list[tuple[str, str]]
) -> None:
    refused = _refusal(cluster, namespace, document)
    assert (refused.code, refused.reason) == (422, "Invalid")
    assert [(cause["field"], cause["message"]) for cause in refused.status["details"]["causes"]] == causes
    kind = document["kind"] + (".apps" if document["kind"] == "Deployment" else "")
    start = f'{kind} "{document["metadata"]["name"]}" is invalid: '
    assert refused.status["message"].startswith(start)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (service(foo=1), 'strict decoding error: unknown field "spec.foo"'),
        (
            service(ports="x"),
            "json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
        ),
        (
            service(ports=[{"port": "80"}]),
            "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
        ),
    ],
)
def test_what_cannot_be_decoded_is_a_bad_request(
    cluster: Cluster, namespace: str, document: Object, message: str
) -> None:
    refused = _refusal(cluster, namespace, document)
    assert (refused.code, refused.reason) == (400, "BadRequest")
    assert refused.status["message"] == f'Service in version "v1" cannot be handled as a Service: {message}'


def test_the_defaults_of_a_service(cluster: Cluster, namespace: str) -> None:
    spec = cluster.admin.create(service(type="NodePort"), namespace)["spec"]
    address, (port,) = spec["clusterIP"], spec["ports"]
    assert spec == {
        "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80, "nodePort": port["nodePort"]}],
        "selector": {"app": "web"},
        "clusterIP": address,
        "clusterIPs": [address],
        "type": "NodePort",
        "sessionAffinity": "None",
        "externalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    assert 30000 <= port["nodePort"] <= 32767


def test_a_node_port_is_given_once(cluster: Cluster, namespace: str) -> None:
    taken = cluster.admin.create(service(type="NodePort"), namespace)["spec"]["ports"][0]["nodePort"]
    refused = _refusal(cluster, namespace, service("b", type="NodePort", ports=[{"port": 80, "nodePort": taken}]), "")
    (cause,) = refused.status["details"]["causes"]
    assert cause["message"] == f"Invalid value: {taken}: provided port is already allocated"


def test_a_stale_version_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    first = cluster.admin.create(service(), namespace)
    cluster.admin.patch("services", namespace, "web", {"metadata": {"labels": {"a": "b"}}})
    with pytest.raises(Refused) as refused:
        cluster.admin.replace(first)
    assert refused.value.status["message"] == (
        'Operation cannot be fulfilled on services "web": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    with pytest.raises(Refused) as refused:
        cluster.admin.delete("services", namespace, "web", preconditions={"uid": "another"})
    assert refused.value.code == 409


def test_a_change_that_changes_nothing_makes_no_version(cluster: Cluster, namespace: str) -> None:
    made = cluster.admin.create(service(), namespace)
    same = cluster.admin.patch("services", namespace, "web", {"spec": {"type": "ClusterIP"}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_dry_run_leaves_nothing_behind(cluster: Cluster, namespace: str) -> None:
    made = cluster.admin.call("POST", f"/api/v1/namespaces/{namespace}/services?dryRun=All", service())
    assert made["metadata"]["uid"]
    assert cluster.admin.list("services", namespace) == []


def test_pages_of_a_list(cluster: Cluster, namespace: str) -> None:
    for name in "abcde":
        cluster.admin.create(service(name), namespace)
    path, seen, pages = f"/api/v1/namespaces/{namespace}/services?limit=2", list[str](), list[int | None]()
    token = ""
    while True:
        page = cluster.admin.call("GET", path + (f"&continue={token}" if token else ""))
        seen += [item["metadata"]["name"] for item in page["items"]]
        pages.append(page["metadata"].get("remainingItemCount"))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert seen == list("abcde")
    assert pages == [3, 1, None]


def test_selectors_on_lists(cluster: Cluster, namespace: str) -> None:
    for name, tier in (("a", "front"), ("b", "back"), ("c", "")):
        body = service(name)
        body["metadata"]["labels"] = {"tier": tier} if tier else {}
        cluster.admin.create(body, namespace)

    def names(**query: str) -> list[str]:
        return [item["metadata"]["name"] for item in cluster.admin.list("services", namespace, **query)]

    assert names(labelSelector="tier in (front, back)") == ["a", "b"]
    assert names(labelSelector="tier notin (front)") == ["b", "c"]
    assert names(labelSelector="!tier") == ["c"]
    assert names(labelSelector="tier,tier!=front") == ["b"]
    assert names(fieldSelector="metadata.name=b") == ["b"]
    with pytest.raises(Refused, match=r"field label not supported: spec\.foo"):
        names(fieldSelector="spec.foo=x")


def test_a_watch_resumes_where_a_list_ended(cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    version = cluster.admin.call("GET", path)["metadata"]["resourceVersion"]
    cluster.admin.create(service("a"), namespace)
    cluster.admin.patch("services", namespace, "a", {"metadata": {"labels": {"x": "y"}}})
    cluster.admin.delete("services", namespace, "a")
    events = list(cluster.admin.watch("services", namespace, resourceVersion=version, timeoutSeconds="1"))
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))
    matching = cluster.admin.watch(
        "services", namespace, resourceVersion=version, timeoutSeconds="1", labelSelector="x=y"
    )
    assert [event["type"] for event in matching] == ["ADDED", "DELETED"]


def test_finalizers_hold_an_object(cluster: Cluster, namespace: str) -> None:
    body = service()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.admin.create(body, namespace)
    cluster.admin.delete("services", namespace, "web")
    assert cluster.admin.get("services", namespace, "web")["metadata"]["deletionTimestamp"]
    cluster.admin.patch("services", namespace, "web", {"metadata": {"finalizers": None}})
    assert cluster.admin.list("services", namespace) == []


@pytest.mark.parametrize(("policy", "left"), [("Background", 0), ("Foreground", 0), ("Orphan", 1)])
def test_what_is_owned_goes_with_its_owner_or_is_set_free(
    cluster: Cluster, namespace: str, policy: str, left: int
) -> None:
    cluster.admin.create(deployment(), namespace)
    eventually(lambda: cluster.admin.list("replicasets", namespace))
    cluster.admin.delete("deployments", namespace, "web", propagationPolicy=policy)

    def settled() -> bool:
        replica_sets = cluster.admin.list("replicasets", namespace)
        free = not any(item["metadata"].get("ownerReferences") for item in replica_sets)
        return not cluster.admin.list("deployments", namespace) and len(replica_sets) == left and free

    eventually(settled)


def test_selectors_of_workloads_cannot_change(cluster: Cluster, namespace: str) -> None:
    cluster.admin.create(deployment(), namespace)
    change = {"selector": {"matchLabels": {"app": "b"}}, "template": {"metadata": {"labels": {"app": "b"}}}}
    with pytest.raises(Refused) as refused:
        cluster.admin.patch("deployments", namespace, "web", {"spec": change})
    assert 'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable' in str(refused.value)


def test_a_namespace_takes_its_content_with_it(cluster: Cluster, namespace: str) -> None:
    name = f"{namespace}-x"
    cluster.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    eventually(lambda: cluster.admin.get("serviceaccounts", name, "default"))
    cluster.admin.create(service(), name)
    cluster.admin.delete("namespaces", None, name)
    eventually(lambda: name not in {item["metadata"]["name"] for item in cluster.admin.list("namespaces")}, timeout=30)
    with pytest.raises(Refused, match=f'namespaces "{name}" not found'):
        cluster.admin.create(service(), name)


def test_a_quota_is_kept(cluster: Cluster, namespace: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few"},
        "spec": {"hard": {"services": "1"}},
    }
    cluster.admin.create(quota, namespace)
    eventually(lambda: cluster.admin.get("resourcequotas", namespace, "few")["status"]["used"] == {"services": "0"})
    cluster.admin.create(service("a"), namespace)
    refused = _refusal(cluster, namespace, service("b"), "")
    why = "exceeded quota: few, requested: services=1, used: services=1, limited: services=1"
    assert refused.status["message"] == f'services "b" is forbidden: {why}'


def test_endpoints_follow_the_pods(cluster: Cluster, namespace: str) -> None:
    cluster.admin.create(service(), namespace)
    cluster.admin.create(deployment(replicas=2), namespace)

    def ready() -> int:
        slices = cluster.admin.list("endpointslices", namespace, labelSelector="kubernetes.io/service-name=web")
        return sum(
            point["conditions"]["ready"] for endpoint_slice in slices for point in endpoint_slice.get("endpoints") or ()
        )

    eventually(lambda: ready() == 2)
    cluster.admin.patch("deployments", namespace, "web", {"spec": {"replicas": 0}})
    eventually(lambda: ready() == 0)


def test_a_binding_gives_no_more_than_its_author_has(cluster: Cluster, namespace: str) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    }
    cluster.admin.create(
        binding | {"metadata": {"name": "jane"}, "roleRef": binding["roleRef"] | {"name": "admin"}}, namespace
    )
    jane = cluster.admin.impersonating("jane")
    eventually(lambda: jane.list("pods", namespace) == [])
    with pytest.raises(Refused, match="attempting to grant RBAC permissions not currently held"):
        jane.create(json.loads(json.dumps(binding)))
