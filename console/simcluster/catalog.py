"""The kinds that are served: their names, groups, subresources and short names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of object. There is one instance of each, compared by identity."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    all: bool = False
    stored: bool = True

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`services` or `deployments.apps`, as it stands in messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def head(self) -> bytes:
        """What every stored object of this kind begins with."""
        return f'{{"kind":"{self.kind}","apiVersion":"{self.api_version}",'.encode()

    @property
    def has_status(self) -> bool:
        """Whether status is written through its own subresource only."""
        return "status" in self.subresources

    @property
    def verbs(self) -> tuple[str, ...]:
        """What may be asked of it, as discovery tells."""
        if self in (SSAR, SSRR, SSR):
            return ("create",)
        if self in (POD_METRICS, NODE_METRICS):
            return ("get", "list")
        return ("create", "delete", "get", "list", "patch", "update", "watch")


STATUS = ("status",)
SCALED = ("status", "scale")
RBAC = "rbac.authorization.k8s.io"

NAMESPACE = Kind("", "v1", "Namespace", "namespaces", False, ("ns",), STATUS)
NODE = Kind("", "v1", "Node", "nodes", False, ("no",), STATUS)
SERVICE = Kind("", "v1", "Service", "services", True, ("svc",), STATUS, all=True)
POD = Kind("", "v1", "Pod", "pods", True, ("po",), ("status", "log"), all=True)
EVENT = Kind("", "v1", "Event", "events", True, ("ev",))
CONFIGMAP = Kind("", "v1", "ConfigMap", "configmaps", True, ("cm",))
SECRET = Kind("", "v1", "Secret", "secrets")
SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts", True, ("sa",))
PVC = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", True, ("pvc",), STATUS)
PV = Kind("", "v1", "PersistentVolume", "persistentvolumes", False, ("pv",), STATUS)
RESOURCE_QUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas", True, ("quota",), STATUS)
LIMIT_RANGE = Kind("", "v1", "LimitRange", "limitranges", True, ("limits",))
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", True, ("deploy",), SCALED, all=True)
REPLICA_SET = Kind("apps", "v1", "ReplicaSet", "replicasets", True, ("rs",), SCALED, all=True)
STATEFUL_SET = Kind("apps", "v1", "StatefulSet", "statefulsets", True, ("sts",), SCALED, all=True)
DAEMON_SET = Kind("apps", "v1", "DaemonSet", "daemonsets", True, ("ds",), STATUS, all=True)
CONTROLLER_REVISION = Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
HPA = Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", True, ("hpa",), STATUS, all=True)
ENDPOINT_SLICE = Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
INGRESS = Kind("networking.k8s.io", "v1", "Ingress", "ingresses", True, ("ing",), STATUS)
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", True, ("netpol",))
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", False, ("sc",))
ROLE = Kind(RBAC, "v1", "Role", "roles")
ROLE_BINDING = Kind(RBAC, "v1", "RoleBinding", "rolebindings")
CLUSTER_ROLE = Kind(RBAC, "v1", "ClusterRole", "clusterroles", False)
CLUSTER_ROLE_BINDING = Kind(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", False)
AUTHORIZATION = "authorization.k8s.io"
SSAR = Kind(AUTHORIZATION, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", False, stored=False)
SSRR = Kind(AUTHORIZATION, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", False, stored=False)
SSR = Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", False, stored=False)
METRICS = "metrics.k8s.io"
POD_METRICS = Kind(METRICS, "v1beta1", "PodMetrics", "pods", True, stored=False)
NODE_METRICS = Kind(METRICS, "v1beta1", "NodeMetrics", "nodes", False, stored=False)

KINDS: tuple[Kind, ...] = tuple(value for value in tuple(globals().values()) if isinstance(value, Kind))
GROUPS: tuple[tuple[str, str], ...] = tuple(dict.fromkeys((kind.group, kind.version) for kind in KINDS))
BY_PATH: dict[tuple[str, str, str], Kind] = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
BY_NAME: dict[tuple[str, str], Kind] = {(kind.api_version, kind.kind): kind for kind in KINDS}
WORKLOADS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET)
