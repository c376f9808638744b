"""The cluster administrator's hands in tests: plain dicts over HTTP, sharing no code with the console under test.

admin.create({"apiVersion": "v1", "kind": "Service", ...}, "some-namespace")
admin.get("services", "some-namespace", "demo")          admin.list("pods", "some-namespace", labelSelector="app=demo")
admin.patch("deployments", "some-namespace", "demo", {"spec": {"replicas": 3}})
admin.call("GET", "/any/path")
"""

import base64
import json
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

Object = dict[str, Any]

# plural -> (API prefix, kind, namespaced)
_APPS, _RBAC, _ADMISSION = (
    "/apis/apps/v1",
    "/apis/rbac.authorization.k8s.io/v1",
    "/apis/admissionregistration.k8s.io/v1",
)
KINDS: dict[str, tuple[str, str, bool]] = {
    "configmaps": ("/api/v1", "ConfigMap", True),
    "events": ("/api/v1", "Event", True),
    "limitranges": ("/api/v1", "LimitRange", True),
    "namespaces": ("/api/v1", "Namespace", False),
    "nodes": ("/api/v1", "Node", False),
    "persistentvolumeclaims": ("/api/v1", "PersistentVolumeClaim", True),
    "persistentvolumes": ("/api/v1", "PersistentVolume", False),
    "pods": ("/api/v1", "Pod", True),
    "resourcequotas": ("/api/v1", "ResourceQuota", True),
    "secrets": ("/api/v1", "Secret", True),
    "serviceaccounts": ("/api/v1", "ServiceAccount", True),
    "services": ("/api/v1", "Service", True),
    "jobs": ("/apis/batch/v1", "Job", True),
    "controllerrevisions": (_APPS, "ControllerRevision", True),
    "daemonsets": (_APPS, "DaemonSet", True),
    "deployments": (_APPS, "Deployment", True),
    "replicasets": (_APPS, "ReplicaSet", True),
    "statefulsets": (_APPS, "StatefulSet", True),
    "clusterrolebindings": (_RBAC, "ClusterRoleBinding", False),
    "clusterroles": (_RBAC, "ClusterRole", False),
    "rolebindings": (_RBAC, "RoleBinding", True),
    "roles": (_RBAC, "Role", True),
    "apiservices": ("/apis/apiregistration.k8s.io/v1", "APIService", False),
    "endpointslices": ("/apis/discovery.k8s.io/v1", "EndpointSlice", True),
    "horizontalpodautoscalers": ("/apis/autoscaling/v2", "HorizontalPodAutoscaler", True),
    "ingresses": ("/apis/networking.k8s.io/v1", "Ingress", True),
    "networkpolicies": ("/apis/networking.k8s.io/v1", "NetworkPolicy", True),
    "storageclasses": ("/apis/storage.k8s.io/v1", "StorageClass", False),
    "validatingadmissionpolicies": (_ADMISSION, "ValidatingAdmissionPolicy", False),
    "validatingadmissionpolicybindings": (_ADMISSION, "ValidatingAdmissionPolicyBinding", False),
}
_PLURALS = {kind: plural for plural, (_, kind, _namespaced) in KINDS.items()}
_PATCHES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


class Refused(Exception):
    """The API server answered with an error: `code` is the HTTP status, `status` the Status object (or {})."""

    def __init__(self, method: str, path: str, code: int, body: bytes) -> None:
        self.code = code
        try:
            document = json.loads(body)
        except ValueError:
            document = {}
        self.status: Object = document if isinstance(document, dict) else {}
        self.reason: str = self.status.get("reason", "")
        super().__init__(f"{method} {path}: {code} {self.status.get('message') or body[:300].decode(errors='replace')}")


def path(plural: str, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
    """The API path of a collection or object: path("services", "ns", "demo") is /api/v1/namespaces/ns/services/demo."""
    prefix, _, namespaced = KINDS[plural]
    parts = [prefix]
    if namespaced and namespace:
        parts.append(f"namespaces/{namespace}")
    parts.append(plural)
    parts += [part for part in (name, subresource) if part]
    return "/".join(parts)


class Admin:
    """A caller of one API server: with a token, as itself or (as_groups, as_user) as somebody else."""

    def __init__(self, url: str, token: str, authority: str = "", *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.url, self.token, self.authority, self._headers = url.rstrip("/"), token, authority, headers
        context = ssl.create_default_context(cadata=authority) if authority else None
        self._pool = urllib3.PoolManager(
            maxsize=16, retries=False, ssl_context=context, timeout=urllib3.Timeout(connect=5, read=60)
        )

    def impersonating(self, user: str, *groups: str) -> "Admin":
        """The same caller acting as a person; every group on a header line of its own."""
        return Admin(
            self.url,
            self.token,
            self.authority,
            headers=(("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups)),
        )

    def call(self, method: str, target: str, body: Any = None, *, content_type: str = "application/json") -> Object:
        """Any request; the answer's JSON. Raises Refused on a status of 400 or more."""
        answer = self._request(method, target, body, content_type)
        if answer.status >= 400:
            raise Refused(method, target, answer.status, answer.data)
        document: Object = json.loads(answer.data) if answer.data else {}
        return document

    def get(self, plural: str, namespace: str | None, name: str, subresource: str = "") -> Object:
        return self.call("GET", path(plural, namespace, name, subresource))

    def list(self, plural: str, namespace: str | None = None, **query: str) -> list[Object]:
        """All objects of a kind, in one namespace or in all."""
        target = path(plural, namespace) + (f"?{urlencode(query)}" if query else "")
        items: list[Object] = self.call("GET", target)["items"]
        return items

    def create(self, document: Object, namespace: str | None = None) -> Object:
        return self.call(
            "POST", path(plural_of(document), namespace or document["metadata"].get("namespace")), document
        )

    def replace(self, document: Object, namespace: str | None = None) -> Object:
        meta = document["metadata"]
        return self.call("PUT", path(plural_of(document), namespace or meta.get("namespace"), meta["name"]), document)

    def apply(self, document: Object) -> Object:
        """Create the object, or replace it if it is there."""
        try:
            return self.create(document)
        except Refused as refused:
            if refused.code != 409:
                raise
        meta = document["metadata"]
        current = self.get(plural_of(document), meta.get("namespace"), meta["name"])
        return self.replace(
            {**document, "metadata": {**meta, "resourceVersion": current["metadata"]["resourceVersion"]}}
        )

    def patch(
        self, plural: str, namespace: str | None, name: str, body: Any, how: str = "merge", subresource: str = ""
    ) -> Object:
        """`how` is merge, json or strategic."""
        return self.call("PATCH", path(plural, namespace, name, subresource), body, content_type=_PATCHES[how])

    def delete(self, plural: str, namespace: str | None, name: str, **options: Any) -> Object:
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background", **options}
        return self.call("DELETE", path(plural, namespace, name), body)

    def logs(self, namespace: str, pod: str, **query: str) -> str:
        """The log's text; query as in the API (container, tailLines, previous, ...)."""
        target = path("pods", namespace, pod, "log") + (f"?{urlencode(query)}" if query else "")
        answer = self._request("GET", target, None, "application/json")
        if answer.status >= 400:
            raise Refused("GET", target, answer.status, answer.data)
        return str(answer.data.decode())

    def watch(self, plural: str, namespace: str | None = None, **query: str) -> Iterator[Object]:
        """Watch events until the server ends the watch."""
        target = path(plural, namespace) + "?" + urlencode({"watch": "true", **query})
        answer = self._pool.request(
            "GET", self.url + target, headers=self._head("application/json"), preload_content=False
        )
        try:
            for line in answer:
                yield json.loads(line)
        finally:
            answer.close()

    def close(self) -> None:
        self._pool.clear()

    def _request(self, method: str, target: str, body: Any, content_type: str) -> urllib3.BaseHTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        return self._pool.request(method, self.url + target, body=data, headers=self._head(content_type))

    def _head(self, content_type: str) -> urllib3.HTTPHeaderDict:
        head = urllib3.HTTPHeaderDict({"Authorization": f"Bearer {self.token}", "Content-Type": content_type})
        for name, value in self._headers:
            head.add(name, value)
        return head


def from_kubeconfig(file: Path, context: str = "") -> Admin:
    """An Admin with the server and token of one context (default: the current one) of a kubeconfig."""
    config = yaml.safe_load(file.read_text())
    contexts = _named(config["contexts"], "context")
    chosen = contexts[context or config["current-context"]]
    cluster = _named(config["clusters"], "cluster")[chosen["cluster"]]
    user = _named(config["users"], "user")[chosen["user"]]
    authority = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
    return Admin(cluster["server"], user["token"], authority)


def write_kubeconfig(file: Path, url: str, tokens: Mapping[str, str], *, current: str, authority: str = "") -> None:
    """A kubeconfig with one context for each name -> token. Replaced whole, so that no reader sees half of it."""
    cluster: Object = {"server": url}
    if authority:
        cluster["certificate-authority-data"] = base64.b64encode(authority.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}} for name, token in tokens.items()],
        "contexts": [{"name": name, "context": {"cluster": "cluster", "user": name}} for name in tokens],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as unfinished:
        json.dump(config, unfinished, indent=1)
    Path(unfinished.name).rename(file)


def _named(entries: list[Object], key: str) -> Object:
    return {entry["name"]: entry[key] for entry in entries}


def plural_of(document: Object) -> str:
    return _PLURALS[document["kind"]]
