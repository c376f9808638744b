"""The kinds that Berth knows, and the one function that builds API paths."""

import re
from dataclasses import dataclass

from console.kube.errors import BadName, NotFound

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
# RBAC names are "path segment names": Kubernetes itself uses colons in them ("system:node", "berth:view").
_RBAC_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")
_SUBRESOURCES = frozenset({"log", "scale", "status"})
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._@/-]{0,252}")
_RBAC = "rbac.authorization.k8s.io"
MAX_GROUPS = 64


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object as the API names it, e.g. ``Kind("apps", "v1", "Deployment", "deployments")``."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``v1`` for the core group, else ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource as refusals name it: ``services`` or ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


SERVICE = Kind("", "v1", "Service", "services")
POD = Kind("", "v1", "Pod", "pods")
NODE = Kind("", "v1", "Node", "nodes", namespaced=False)
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
EVENT = Kind("", "v1", "Event", "events")
CONFIGMAP = Kind("", "v1", "ConfigMap", "configmaps")
SECRET = Kind("", "v1", "Secret", "secrets")
PVC = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
RESOURCEQUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas")
LIMITRANGE = Kind("", "v1", "LimitRange", "limitranges")
SERVICEACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts")
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
STATEFULSET = Kind("apps", "v1", "StatefulSet", "statefulsets")
DAEMONSET = Kind("apps", "v1", "DaemonSet", "daemonsets")
REPLICASET = Kind("apps", "v1", "ReplicaSet", "replicasets")
CONTROLLERREVISION = Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
JOB = Kind("batch", "v1", "Job", "jobs")
ENDPOINTSLICE = Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
INGRESS = Kind("networking.k8s.io", "v1", "Ingress", "ingresses")
NETWORKPOLICY = Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")
HTTPROUTE = Kind("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
HPA = Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
STORAGECLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
ROLE = Kind(_RBAC, "v1", "Role", "roles")
ROLEBINDING = Kind(_RBAC, "v1", "RoleBinding", "rolebindings")
CLUSTERROLE = Kind(_RBAC, "v1", "ClusterRole", "clusterroles", namespaced=False)
CLUSTERROLEBINDING = Kind(_RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False)
POD_METRICS = Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods")
SSR = Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False)
SSAR = Kind("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)

WORKLOADS = (DEPLOYMENT, STATEFULSET, DAEMONSET)

ALL = (
    SERVICE, POD, NODE, NAMESPACE, EVENT, CONFIGMAP, SECRET, PVC, RESOURCEQUOTA, LIMITRANGE, SERVICEACCOUNT,
    DEPLOYMENT, STATEFULSET, DAEMONSET, REPLICASET, CONTROLLERREVISION, JOB, ENDPOINTSLICE, INGRESS, NETWORKPOLICY,
    HPA, STORAGECLASS, ROLE, ROLEBINDING, CLUSTERROLE, CLUSTERROLEBINDING, POD_METRICS, SSAR, SSR,
)  # fmt: skip
_OF_WORKLOADS = {kind.kind.lower(): kind for kind in WORKLOADS}
_BY_NAME = {(kind.api_version, kind.kind): kind for kind in ALL}


def by_name(api_version: str, kind: str) -> Kind | None:
    """The known kind of a document's ``apiVersion`` and ``kind``, or None."""
    return _BY_NAME.get((api_version, kind))


def workload(word: str) -> Kind:
    """The kind of a workload by its word in an address, ``deployment``. Raises `NotFound`."""
    if word not in _OF_WORKLOADS:
        raise NotFound(f"no workload is a {word[:40]!r}", code=404)
    return _OF_WORKLOADS[word]


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of one object."""

    kind: Kind
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a call is made as. Plain ASCII, so that the same person is the same user on every wire.

    Raises `BadName` for anything else, for reserved ``system:`` names and for more than 64 groups.
    """

    user: str
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.groups) > MAX_GROUPS:
            raise BadName(f"more than {MAX_GROUPS} groups")
        for name in (self.user, *self.groups):
            if not isinstance(name, str) or not _IDENTITY.fullmatch(name) or name.lower().startswith("system:"):
                raise BadName(f"not a name to act as: {name!r}")


def is_name(kind: Kind, name: object) -> bool:
    """Whether ``name`` can stand in a path as the name of an object of this kind."""
    pattern = _RBAC_NAME if kind.group == _RBAC else _NAME
    return isinstance(name, str) and pattern.fullmatch(name) is not None


def api_path(
    kind: Kind, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None
) -> str:
    """The path of a collection, an object or a subresource; nothing else in Berth builds one.

    ``namespace=None`` of a namespaced kind means all namespaces, and only a collection can be asked that way.
    Raises `BadName` for a segment that Kubernetes would not have as a name, so ``..`` or ``""`` never travel.
    """
    parts = ["apis", kind.group, kind.version] if kind.group else ["api", kind.version]
    if namespace is not None:
        parts += ["namespaces", _checked_namespace(kind, namespace)]
    parts.append(kind.plural)
    if name is not None:
        if kind.namespaced and namespace is None:
            raise BadName(f"{kind.kind} needs a namespace")
        if not is_name(kind, name):
            raise BadName(f"not a name: {name!r}")
        parts.append(name)
    if subresource is not None:
        if name is None or subresource not in _SUBRESOURCES:
            raise BadName(f"not a subresource: {subresource!r}")
        parts.append(subresource)
    return "/" + "/".join(parts)


def _checked_namespace(kind: Kind, namespace: str) -> str:
    if not kind.namespaced:
        raise BadName(f"{kind.kind} has no namespace")
    if not isinstance(namespace, str) or not _LABEL.fullmatch(namespace):
        raise BadName(f"not a namespace: {namespace!r}")
    return namespace
