"""S3: what somebody can do who has the console's token, and nothing else: tried on the real control plane.

Each attempt is made as the console itself and as everybody whom a thief would name in impersonation headers. An
administrator's dry run of the same request is accepted, so that it is the rights that refuse it and not its spelling.
"""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.admin import Admin, Object, Refused, path
from tests.clusters import Cluster, eventually

pytestmark = pytest.mark.real_only(reason="the embedded cluster evaluates no admission policy")

R = "rbac.authorization.k8s.io"
ADMINS = "kubeadm:cluster-admins"  # bound to cluster-admin on every kubeadm cluster
CONSOLE = {"kind": "ServiceAccount", "name": "berth", "namespace": "berth"}
CAPABILITIES = "view", "logs", "services.manage", "workloads.manage", "config.manage", "secrets.list", "storage.manage"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/berth-console-bindings"
POLICY_BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/berth-console-bindings"


def group(name: str) -> Object:
    return {"apiGroup": R, "kind": "Group", "name": name}


def user(name: str) -> Object:
    return {"apiGroup": R, "kind": "User", "name": name}


def binding(role: str, *subjects: Object, name: str = "", kind: str = "RoleBinding", of: str = "ClusterRole") -> Object:
    meta = {"name": name or f"berth:{uuid.uuid4().hex[:8]}"}
    ref = {"apiGroup": R, "kind": of, "name": role}
    return {"apiVersion": f"{R}/v1", "kind": kind, "metadata": meta, "roleRef": ref, "subjects": list(subjects)}


def space(name: str, project: str = "") -> Object:
    labels = {"berth/project": project, "kubesphere.io/workspace": "stolen"} if project else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pod() -> Object:
    spec = {"containers": [{"name": "main", "image": "nginx"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stolen"}, "spec": spec}


def workload(kind: str) -> Object:
    labels = {"app": "stolen"}
    template = {"metadata": {"labels": labels}, "spec": pod()["spec"]}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "stolen"}, "spec": spec}


def plain(kind: str, **body: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "stolen"}, **body}


@dataclass
class Scene:
    """A project, a namespace of somebody else's with things in it, and cluster administrators as kubeadm makes them."""

    cluster: Cluster
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    foreign: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:10]}")
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def admin(self) -> Admin:
        return self.cluster.admin

    @property
    def project(self) -> str:
        return f"p-{self.uuid[:8]}"

    @property
    def root(self) -> str:
        """A user whom a ClusterRoleBinding names; a user of Berth could be one, too."""
        return f"root-{self.tag}"

    def as_headers(self, *headers: tuple[str, str]) -> Admin:
        console = self.cluster.console
        return Admin(console.url, console.token, console.authority, headers=headers)

    def of_project(self, capability: str) -> str:
        return f"berth:{self.uuid}:{capability}"

    def build(self) -> None:
        for name, who in ((ADMINS, group(ADMINS)), (f"cluster-admin-of-{self.tag}", user(self.root))):
            self.admin.apply(binding("cluster-admin", who, name=name, kind="ClusterRoleBinding"))
        self.admin.create(space(self.foreign))
        for where in (self.foreign, self.provision()):
            self.admin.create(plain("Secret", stringData={"key": "value"}), where)
            self.admin.create(plain("ConfigMap"), where)
            self.admin.create(plain("Service", spec={"ports": [{"port": 80}]}), where)
            self.admin.create(pod(), where)
            self.admin.create(binding("view", group("theirs"), name="theirs"), where)
            self.admin.create(plain("Role", rules=[]) | {"apiVersion": f"{R}/v1"}, where)

    def provision(self) -> str:
        """The project, as the console makes it: what the policies must let pass."""
        console = self.cluster.console
        console.create(space(self.project, self.uuid))
        for capability in CAPABILITIES:
            console.create(
                binding(f"berth:{capability}", group(self.of_project(capability)), name=f"berth:{capability}"),
                self.project,
            )
        console.create(binding("berth:act", CONSOLE, name="berth:act"), self.project)
        viewer = self.as_headers(("Impersonate-User", "berth:v"), ("Impersonate-Group", self.of_project("view")))
        eventually(lambda: viewer.call("GET", path("services", self.project)))
        return self.project

    def clear(self) -> None:
        self.admin.delete("clusterrolebindings", None, f"cluster-admin-of-{self.tag}")
        for namespace in (self.foreign, self.project):
            self.cluster.leave(namespace)

    def thieves(self) -> dict[str, Admin]:
        """The console's token with every kind of impersonation header."""
        own = [("Impersonate-Group", self.of_project(capability)) for capability in CAPABILITIES]
        of_platform = [
            ("Impersonate-Group", f"berth:platform:{capability}")
            for capability in ("projects.provision", "cluster.view")
        ]
        as_ = "Impersonate-User"
        identities: dict[str, list[tuple[str, str]]] = {
            "itself": [],
            "mallory, cluster admins": [(as_, "mallory"), ("Impersonate-Group", ADMINS)],
            "berth:mallory, cluster admins": [(as_, "berth:mallory"), ("Impersonate-Group", ADMINS)],
            "both kinds of groups": [(as_, "berth:mallory"), ("Impersonate-Group", ADMINS), *own, *of_platform],
            "a user who is cluster admin": [(as_, self.root)],
            "masters": [(as_, "mallory"), ("Impersonate-Group", "system:masters")],
            "controller manager": [(as_, "system:kube-controller-manager")],
            "scheduler": [(as_, "system:kube-scheduler")],
            "another service account": [(as_, "system:serviceaccount:kube-system:namespace-controller")],
            "its own service account": [(as_, "system:serviceaccount:berth:berth"), ("Impersonate-Group", ADMINS)],
            "a node": [(as_, "system:node:node-1"), ("Impersonate-Group", "system:nodes")],
            "group of service accounts": [
                (as_, "mallory"),
                ("Impersonate-Group", "system:serviceaccounts:kube-system"),
            ],
            "with a uid": [(as_, self.root), ("Impersonate-Uid", "0")],
            "with extra": [(as_, self.root), ("Impersonate-Extra-scopes", "all")],
            "everybody's groups of the project": [(as_, "berth:somebody"), *own],
            "who provisioned before": [(as_, "berth:somebody"), *of_platform, *own],
            "nobody in particular": [(as_, "berth:somebody")],
            "a group without a user": [("Impersonate-Group", ADMINS)],
        }
        return {name: self.as_headers(*headers) for name, headers in identities.items()}


@dataclass(frozen=True)
class Attempt:
    """One request. `{foreign}`, `{project}`, `{uuid}` are filled in; `tried`: an administrator's dry run accepts it."""

    name: str
    method: str
    path: str
    body: Any = None
    how: str = "application/json"
    tried: bool = True

    def send(self, caller: Admin, scene: Scene, *, dry_run: bool = False) -> Object:
        target = self._fill(self.path, scene) + ("?dryRun=All" if dry_run else "")
        return caller.call(self.method, target, self._fill(self.body, scene), content_type=self.how)

    def _fill(self, value: Any, scene: Scene) -> Any:
        if isinstance(value, str):
            for key in ("foreign", "project", "uuid", "tag"):
                value = value.replace(f"{{{key}}}", getattr(scene, key))
            return value
        if isinstance(value, dict):
            return {self._fill(key, scene): self._fill(item, scene) for key, item in value.items()}
        return [self._fill(item, scene) for item in value] if isinstance(value, list) else value


def create(name: str, document: Object, where: str | None = None, **how: Any) -> Attempt:
    plural = {"RoleBinding": "rolebindings", "ClusterRoleBinding": "clusterrolebindings"}.get(document["kind"])
    return Attempt(name, "POST", path(plural or f"{document['kind'].lower()}s", where), document, **how)


def patch(name: str, target: str, body: Object, **how: Any) -> Attempt:
    return Attempt(name, "PATCH", target, body, **({"how": "application/merge-patch+json"} | how))


KUBE, HERE = "kube-system", "{foreign}"
NEW, _V1 = {"name": "new"}, f"{R}/v1"
PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}
NODES = {"scheduler.alpha.kubernetes.io/node-selector": "a=b"}
NOBODY = {"matchConditions": [{"name": "x", "expression": "false"}]}
LABELS = {"berth/project": "{uuid}", "kubesphere.io/workspace": "stolen"}
_HOOK = {
    "name": "a.b.c",
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "clientConfig": {"url": "https://a.b"},
}
_CSR = {"signerName": "kubernetes.io/kube-apiserver-client", "request": "LS0t", "usages": ["client auth"]}
_MORE = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
_ROLES = f"/apis/{R}/v1/clusterroles"
_SUBJECTS = {"subjects": [group("system:authenticated")]}
_EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "stolen"}}
_EPHEMERAL = {"spec": {"ephemeralContainers": [{"name": "e", "image": "nginx"}]}}
_TAKES = {"spec": {"ports": [{"port": 443}], "externalIPs": ["10.96.0.1"]}}
_TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}


def labelled(name: str, **more: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": LABELS, **more}}


def generated(start: str) -> Object:
    return labelled("") | {"metadata": {"generateName": start, "labels": LABELS}}


APPLY = {"how": "application/apply-patch+yaml", "tried": False}
OUTSIDE = [
    create("the console becomes cluster-admin in kube-system", binding("cluster-admin", CONSOLE), KUBE),
    create("the console becomes cluster-admin in default", binding("cluster-admin", CONSOLE), "default"),
    create("the console becomes admin elsewhere", binding("admin", CONSOLE), HERE),
    create("Secrets of kube-system by a role of Berth", binding("berth:secrets.list", CONSOLE), KUBE),
    create("Secrets elsewhere by Berth", binding("berth:secrets.list", group("berth:{uuid}:secrets.list")), HERE),
    create("acting in kube-system", binding("berth:act", CONSOLE, name="berth:act"), KUBE),
    create("acting in default", binding("berth:act", CONSOLE, name="berth:act"), "default"),
    create("acting elsewhere", binding("berth:act", CONSOLE, name="berth:act"), HERE),
    create("acting in its own namespace", binding("berth:act", CONSOLE, name="berth:act"), "berth"),
    create("roles of Berth for all service accounts", binding("berth:view", group("system:serviceaccounts")), HERE),
    create("a Role of the place", binding("stolen", CONSOLE, of="Role"), HERE),
    create("cluster-admin, everywhere", binding("cluster-admin", CONSOLE, kind="ClusterRoleBinding", name="s-{tag}")),
    create("a role of Berth in the cluster", binding("berth:act", CONSOLE, kind="ClusterRoleBinding", name="s-{tag}")),
    patch("whom a ClusterRoleBinding names", f"/apis/{R}/v1/clusterrolebindings/berth:reader", _SUBJECTS),
    patch("whom a RoleBinding elsewhere names", path("rolebindings", HERE, "theirs"), _SUBJECTS),
    Attempt("a RoleBinding elsewhere goes", "DELETE", path("rolebindings", HERE, "theirs")),
    Attempt("all RoleBindings elsewhere go", "DELETE", path("rolebindings", HERE)),
    Attempt("a new ClusterRole", "POST", _ROLES, plain("ClusterRole", **_MORE) | {"apiVersion": f"{R}/v1"}),
    patch("more rights in berth:act", f"{_ROLES}/berth:act", _MORE),
    patch("more rights in berth:reader", f"{_ROLES}/berth:reader", _MORE),
    patch("aggregated rights", f"{_ROLES}/berth:view", {"aggregationRule": {"clusterRoleSelectors": [{}]}}),
    patch("more rights in a Role", path("roles", HERE, "stolen"), _MORE),
    patch("a policy that matches nobody", POLICIES, {"spec": NOBODY}),
    Attempt("no policy", "DELETE", POLICIES),
    patch("a policy that only audits", POLICY_BINDINGS, {"spec": {"validationActions": ["Audit"]}}),
    Attempt("no binding of the policy", "DELETE", POLICY_BINDINGS),
    Attempt(
        "a webhook",
        "POST",
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        plain("MutatingWebhookConfiguration", webhooks=[_HOOK]) | {"apiVersion": "admissionregistration.k8s.io/v1"},
    ),
    patch("kube-system becomes a project", path("namespaces", None, KUBE), {"metadata": {"labels": LABELS}}),
    patch("default becomes a project", path("namespaces", None, "default"), {"metadata": {"labels": LABELS}}),
    patch("somebody's namespace becomes a project", path("namespaces", None, HERE), {"metadata": {"labels": LABELS}}),
    Attempt("somebody's namespace is replaced", "PUT", path("namespaces", None, HERE), labelled(HERE)),
    patch("by its status", path("namespaces", None, HERE, "status"), {"metadata": {"labels": LABELS}}),
    Attempt("its finalizers go", "PUT", path("namespaces", None, HERE, "finalize"), labelled(HERE) | {"spec": {}}),
    patch("a finalizer comes", path("namespaces", None, HERE), {"metadata": {"finalizers": ["a.b/c"]}}),
    Attempt("somebody's namespace goes", "DELETE", path("namespaces", None, HERE)),
    create("a namespace that is no project", space("s-{tag}")),
    create("a namespace of the cluster", labelled("kube-s-{tag}")),
    create("a namespace of OpenShift", labelled("openshift-s-{tag}")),
    Attempt("a namespace with a generated name", "POST", path("namespaces"), generated("kube-s-{tag}")),
    patch("a RoleBinding by apply", path("rolebindings", KUBE, "berth:view"), binding("berth:view"), **APPLY),
    patch("a namespace by apply", path("namespaces", None, "s-{tag}"), labelled("s-{tag}"), **APPLY),
    Attempt("a RoleBinding by PUT", "PUT", path("rolebindings", KUBE, "berth:a"), binding("view", name="berth:a")),
    create("a project that is none", space("s-{tag}", "platform")),
    create("a project without pod security", labelled("s-{tag}", labels=LABELS | PRIVILEGED)),
    create("a project that chooses its nodes", labelled("s-{tag}", annotations=NODES)),
    create("a project that cannot go", labelled("s-{tag}", finalizers=["a.b/c"])),
    Attempt("Secrets of kube-system", "GET", path("secrets", KUBE)),
    Attempt("Secrets everywhere", "GET", path("secrets")),
    Attempt("a Secret elsewhere", "GET", path("secrets", HERE, "stolen")),
    Attempt("a new Secret", "POST", path("secrets", HERE), plain("Secret") | {"metadata": NEW}),
    Attempt("all Secrets elsewhere go", "DELETE", path("secrets", HERE)),
    Attempt("ConfigMaps of kube-system", "GET", path("configmaps", KUBE)),
    Attempt("a pod", "POST", path("pods", HERE), pod() | {"metadata": NEW}),
    Attempt("a Deployment in kube-system", "POST", path("deployments", KUBE), workload("Deployment")),
    Attempt("a DaemonSet elsewhere", "POST", path("daemonsets", HERE), workload("DaemonSet")),
    Attempt("a Service goes", "DELETE", path("services", HERE, "stolen")),
    Attempt("all Services go", "DELETE", path("services", HERE)),
    patch("a Service's addresses", path("services", HERE, "stolen"), {"spec": {"externalIPs": ["8.8.8.8"]}}),
    Attempt("a pod goes", "DELETE", path("pods", HERE, "stolen")),
    Attempt("a pod is evicted", "POST", path("pods", HERE, "stolen", "eviction"), _EVICTION),
    Attempt("a command in a pod", "POST", path("pods", HERE, "stolen", "exec") + "?command=id", tried=False),
    Attempt("a pod is attached to", "POST", path("pods", HERE, "stolen", "attach"), tried=False),
    Attempt("a pod's ports", "POST", path("pods", HERE, "stolen", "portforward"), tried=False),
    Attempt("a pod as a proxy", "GET", path("pods", HERE, "stolen", "proxy"), tried=False),
    Attempt("a Service as a proxy", "GET", path("services", HERE, "stolen", "proxy"), tried=False),
    Attempt("a node as a proxy", "GET", path("nodes", None, "node-1", "proxy") + "/pods", tried=False),
    patch("a container in a pod", path("pods", HERE, "stolen", "ephemeralcontainers"), _EPHEMERAL, tried=False),
    Attempt("a pod's log", "GET", path("pods", HERE, "stolen", "log"), tried=False),
    Attempt("a token of kube-system", "POST", path("serviceaccounts", KUBE, "default", "token"), _TOKEN),
    Attempt("a token that lasts", "POST", path("serviceaccounts", "berth", "berth", "token"), _TOKEN),
    Attempt("a service account", "POST", path("serviceaccounts", KUBE), plain("ServiceAccount")),
    Attempt(
        "a certificate",
        "POST",
        "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        plain("CertificateSigningRequest", spec=_CSR) | {"apiVersion": "certificates.k8s.io/v1"},
        tried=False,
    ),
    patch("a node's labels", path("nodes", None, "node-1"), {"metadata": {"labels": {"stolen": "yes"}}}),
    Attempt(
        "what others may do",
        "POST",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "a", "resourceAttributes": {"verb": "get", "resource": "secrets"}},
        },
    ),
]  # fmt: skip

THERE = "{project}"
INSIDE = [
    *(
        create(f"{role} in a project", binding(role, CONSOLE), THERE)
        for role in ("cluster-admin", "admin", "edit", "view", "system:node", "berth:reader", "berth:identity")
    ),
    create("cluster-admin by a name of Berth", binding("cluster-admin", CONSOLE, name="berth:views"), THERE),
    create("a Role of the place in a project", binding("stolen", CONSOLE, of="Role"), THERE),
    create("acting by another service account", binding("berth:act", CONSOLE | {"namespace": KUBE}), THERE),
    create("acting by a group", binding("berth:act", group("berth:{uuid}:act")), THERE),
    create("acting by a user", binding("berth:act", user("system:serviceaccount:berth:berth")), THERE),
    create("another project's group", binding("berth:view", group(f"berth:{uuid.uuid4()}:view")), THERE),
    create("the group of another capability", binding("berth:secrets.list", group("berth:{uuid}:view")), THERE),
    create("a group beside its own", binding("berth:view", group("berth:{uuid}:view"), group(ADMINS)), THERE),
    *(
        create(f"Secrets for {name}", binding("berth:secrets.list", group(name)), THERE)
        for name in ("system:serviceaccounts", "system:authenticated", "system:unauthenticated", ADMINS)
    ),
    create("Secrets for a user", binding("berth:secrets.list", user("berth:{uuid}:secrets.list")), THERE),
    create("Secrets for the console itself", binding("berth:secrets.list", CONSOLE), THERE),
    create("a binding of another name", binding("berth:view", group("berth:{uuid}:view"), name="mine"), THERE),
    patch("whom a binding of Berth names", path("rolebindings", THERE, "berth:view"), _SUBJECTS),
    Attempt(
        "whom it names, whole",
        "PUT",
        path("rolebindings", THERE, "berth:view"),
        binding("berth:view", group("system:authenticated"), name="berth:view"),
    ),
    Attempt("a foreign one", "PUT", path("rolebindings", THERE, "theirs"), binding("view", CONSOLE, name="theirs")),
    Attempt("a foreign binding goes", "DELETE", path("rolebindings", THERE, "theirs")),
    Attempt("all bindings go", "DELETE", path("rolebindings", THERE)),
    Attempt("a new Role", "POST", path("roles", THERE), plain("Role", rules=[]) | {"apiVersion": _V1, "metadata": NEW}),
    patch("the project's labels", path("namespaces", None, THERE), {"metadata": {"labels": {"berth/project": "a"}}}),
    Attempt("the namespace goes", "DELETE", path("namespaces", None, THERE)),
    Attempt("the finalizers go", "PUT", path("namespaces", None, THERE, "finalize"), labelled(THERE) | {"spec": {}}),
    Attempt("a Secret's values", "GET", path("secrets", THERE, "stolen")),
    patch("others' addresses", path("services", THERE, "stolen"), {"spec": {"externalIPs": ["10.96.0.1"]}}),
    Attempt("others' addresses, anew", "POST", path("services", THERE), plain("Service", **_TAKES) | {"metadata": NEW}),
    Attempt("a new Secret there", "POST", path("secrets", THERE), plain("Secret") | {"metadata": NEW}),
    Attempt("a Secret goes", "DELETE", path("secrets", THERE, "stolen")),
    Attempt("all Services of a project go", "DELETE", path("services", THERE)),
    Attempt("a bare pod", "POST", path("pods", THERE), pod() | {"metadata": NEW}),
    Attempt("a command in a project's pod", "POST", path("pods", THERE, "stolen", "exec") + "?command=id", tried=False),
    patch("a container in its pod", path("pods", THERE, "stolen", "ephemeralcontainers"), _EPHEMERAL, tried=False),
    Attempt("a token of a project's account", "POST", path("serviceaccounts", THERE, "default", "token"), _TOKEN),
    Attempt("a service account in a project", "POST", path("serviceaccounts", THERE), plain("ServiceAccount")),
]  # fmt: skip


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    made = Scene(cluster)
    made.build()
    yield made
    made.clear()


def spoils(scene: Scene) -> Object:
    """What the attempts are after, as it is now."""
    admin, state = scene.admin, Object()
    for where in (scene.foreign, scene.project, "kube-system", "default", "berth"):
        for plural in ("rolebindings", "roles", "secrets", "serviceaccounts", "deployments", "daemonsets"):
            state[plural, where] = {
                name(document): document["metadata"]["resourceVersion"] for document in admin.list(plural, where)
            }
    for where in (scene.foreign, scene.project):
        for plural in ("services", "pods", "configmaps"):
            state[plural, where] = {
                name(document): document.get("spec", {}).get("externalIPs") for document in admin.list(plural, where)
            }
    for plural in ("clusterroles", "clusterrolebindings"):
        state[plural] = {
            name(document): (document.get("rules"), document.get("subjects")) for document in ours(scene, plural)
        }
    for plural in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        state[plural] = {name(document): document["spec"] for document in ours(scene, plural)}
    state["namespaces"] = {name(document): essence(document) for document in ours(scene, "namespaces")}
    return state


def name(document: Object) -> str:
    return str(document["metadata"]["name"])


def ours(scene: Scene, plural: str) -> list[Object]:
    """Others may work on the same cluster: only what the attempts aim at."""
    words = ("berth", "stolen", "kube-", "default", "openshift", scene.tag, scene.foreign, scene.project)
    return [
        document
        for document in scene.admin.list(plural)
        if name(document).startswith(words) or scene.tag in name(document)
    ]


def essence(namespace: Object) -> Object:
    kept = ("labels", "annotations", "finalizers", "deletionTimestamp")
    return {key: namespace["metadata"].get(key) for key in kept} | namespace["spec"]


@pytest.mark.parametrize("attempt", [*OUTSIDE, *INSIDE], ids=lambda attempt: attempt.name)
def test_a_stolen_token_is_refused(scene: Scene, attempt: Attempt) -> None:
    """S3: refused whoever the thief says to be, and nothing has changed."""
    if attempt.tried:
        attempt.send(scene.admin, scene, dry_run=attempt.method != "GET")
    before = spoils(scene)
    for who, thief in scene.thieves().items():
        code, words = answer(attempt, thief, scene)
        refused = {400, 403, 500} if who == "a group without a user" else {403}
        assert code in refused, f"{attempt.name} as {who}: {words}"
    assert spoils(scene) == before


def answer(attempt: Attempt, thief: Admin, scene: Scene) -> tuple[int, str]:
    """The status, and what was said."""
    try:
        return 200, str(attempt.send(thief, scene))
    except Refused as refused:
        return refused.code, str(refused)
    finally:
        thief.close()


def test_there_are_attempts_enough() -> None:
    assert len(OUTSIDE) >= 40
    assert len({attempt.name for attempt in (*OUTSIDE, *INSIDE)}) == len(OUTSIDE) + len(INSIDE)


def readable(caller: Admin, lists: list[str]) -> set[str]:
    targets = set()
    for target in lists:
        with contextlib.suppress(Refused):
            caller.call("GET", f"{target}?limit=1")
            targets.add(target)
    return targets


def test_without_groups_of_berth_there_is_nothing_more_than_the_consoles_own_reads(scene: Scene) -> None:
    """S3: over every kind that the API server has, in the cluster and in somebody's namespace."""
    versions = ["/api/v1"]
    for api_group in scene.admin.call("GET", "/apis")["groups"]:
        versions.append(f"/apis/{api_group['preferredVersion']['groupVersion']}")
    lists = []
    for version in versions:
        for kind in scene.admin.call("GET", version)["resources"]:
            if "list" in kind["verbs"]:
                where = [f"/namespaces/{scene.foreign}", ""] if kind["namespaced"] else [""]
                lists += [f"{version}{prefix}/{kind['name']}" for prefix in where]
    assert len(lists) > 60
    thieves = scene.thieves()
    own = readable(thieves["itself"], lists)
    assert not any("secrets" in target or "configmaps" in target or "roles" in target for target in own)
    for name in (
        "mallory, cluster admins",
        "a user who is cluster admin",
        "controller manager",
        "nobody in particular",
    ):
        assert readable(thieves[name], lists) <= own, name
    for thief in thieves.values():
        thief.close()


def test_external_ips_that_are_there_do_not_hold_up_other_changes(scene: Scene) -> None:
    """S4: the policy refuses new ones; an administrator's stay, whatever a person changes beside them."""
    scene.admin.patch("services", scene.project, "stolen", {"spec": {"externalIPs": ["192.0.2.7"]}})
    person = scene.thieves()["everybody's groups of the project"]
    with contextlib.closing(person):
        person.patch("services", scene.project, "stolen", {"metadata": {"labels": {"changed": "yes"}}})
    scene.admin.patch("services", scene.project, "stolen", {"spec": {"externalIPs": None}})
