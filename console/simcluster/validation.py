"""What the API server checks before it stores an object, with its fields and its words."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable

from . import names, network_validation, pod_validation, rules, schema
from .api_errors import Cause, each, invalid, labels, not_allowed, required, unsupported, wrong
from .catalog import (
    CLUSTER_ROLE_BINDING,
    CONFIGMAP,
    DAEMON_SET,
    DEPLOYMENT,
    NAMESPACE,
    POD,
    PVC,
    RBAC,
    REPLICA_SET,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from .objects import Obj
from .pod_validation import pod_spec
from .quantities import quantity
from .selectors import label_selector
from .service_validation import service

# Required by the schemas, and yet not asked for.
_UNASKED = re.compile(r"(^|\.)(status|evictionResponders.+)\.|.\.metadata\.|\.(preference|seconds|sysctls.+value)$")
IMMUTABLE = "field is immutable"


def _name_rule(kind: Kind) -> names.Rule:
    if kind.group == RBAC:
        return names.path_segment
    return {SERVICE: names.label, NAMESPACE: names.label, STATEFUL_SET: names.label}.get(kind, names.subdomain)


def _metadata(kind: Kind, meta: Obj) -> list[Cause]:
    problems: list[Cause] = []
    if not meta.get("name"):
        problems.append(required("metadata.name", "name or generateName is required"))
    else:
        problems += each("metadata.name", meta["name"], _name_rule(kind)(meta["name"]))
    problems += labels(meta.get("labels") or {}, "metadata.labels")
    for key in meta.get("annotations") or ():
        problems += each("metadata.annotations", key, names.qualified(key.lower()))
    if sum(len(key) + len(value) for key, value in (meta.get("annotations") or {}).items()) > 262144:
        problems.append(
            Cause("FieldValueTooLong", "Too long: may not be more than 262144 bytes", "metadata.annotations")
        )
    for i, name in enumerate(meta.get("finalizers") or ()):
        if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
            why = "name is neither a standard finalizer name nor is it fully qualified"
            problems.append(wrong(f"metadata.finalizers[{i}]", name, why))
    return problems


def structure(kind: Kind, body: Obj) -> None:
    """Raises Invalid where a binding lacks what the check of its rights needs."""
    if kind in (ROLE_BINDING, CLUSTER_ROLE_BINDING):
        ref = body.get("roleRef") or {}
        problems = [required("roleRef.name")] if not ref.get("name") else []
        if ref.get("kind") not in ("Role", "ClusterRole"):
            problems.append(unsupported("roleRef.kind", ref.get("kind", ""), ("ClusterRole", "Role")))
        if problems:
            raise invalid(kind, body["metadata"].get("name", ""), problems)


def _selects(selector: Obj, at: str) -> list[Cause]:
    return labels(selector.get("matchLabels") or {}, f"{at}.matchLabels")


def _selector(kind: Kind, spec: Obj, *, sound: bool) -> list[Cause]:
    selector, where = spec.get("selector"), "spec.template.metadata.labels"
    labels, mismatch = spec["template"]["metadata"].get("labels"), "`selector` does not match template `labels`"
    if selector is None:
        missing = [] if kind is DAEMON_SET else [required("spec.selector")]
        return [*missing, wrong(where, labels, mismatch)]
    problems: list[Cause] = []
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        word = {STATEFUL_SET: "statefulset", DAEMON_SET: "daemonset"}.get(kind, "deployment")
        problems.append(wrong("spec.selector", selector, f"empty selector is invalid for {word}"))
    if not sound:
        words = {DEPLOYMENT: "invalid label selector", REPLICA_SET: "invalid label selector", STATEFUL_SET: ""}
        return [*problems, wrong("spec.selector", selector, words[kind])] if kind in words else problems
    if not label_selector(selector)(labels or {}):
        problems.append(wrong(where, labels, mismatch))
    return problems


def _workload(kind: Kind, body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    spec = body["spec"]
    problems = _selector(kind, spec, sound=not any(cause.field.startswith("spec.selector") for cause in known))
    template = spec["template"]
    problems += labels(template["metadata"].get("labels") or {}, "spec.template.labels")
    for key in template["metadata"].get("annotations") or ():
        problems += each("spec.template.annotations", key, names.qualified(key.lower()))
    where, pod = "spec.template.spec", template["spec"]
    claims = [(claim.get("metadata") or {}).get("name", "") for claim in spec.get("volumeClaimTemplates") or ()]
    for i, name in enumerate(claims):
        at = f"{where}.volumes[{i}]"  # where the server puts them before it looks
        unnamed = [required(f"{at}.persistentVolumeClaim.claimName"), required(f"{at}.name")]
        problems += each(f"{at}.name", name, names.label(name)) if name else unnamed
    problems += pod_spec(pod, where, set(claims), (cause.field for cause in known))
    if pod["restartPolicy"] != "Always":
        problems.append(unsupported(f"{where}.restartPolicy", pod["restartPolicy"], ("Always",)))
    if "activeDeadlineSeconds" in pod:
        word = "ReplicaSet" if kind is DEPLOYMENT else kind.kind
        why = f"activeDeadlineSeconds in {word} is not Supported"
        problems.append(not_allowed(f"{where}.activeDeadlineSeconds", why))
    return problems + _strategy(kind, spec) + _details(kind, spec, old["spec"] if old else {})


def _details(kind: Kind, spec: Obj, before: Obj) -> list[Cause]:
    problems: list[Cause] = []
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        problems.append(wrong("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    order = spec.get("podManagementPolicy", "Parallel")
    if order not in ("OrderedReady", "Parallel"):
        problems.append(wrong("spec.podManagementPolicy", order, "must be 'OrderedReady' or 'Parallel'"))
    frozen = {STATEFUL_SET: ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")}
    for name in frozen.get(kind, ("selector",)) if before else ():
        if spec.get(name) != before.get(name):
            problems.append(wrong(f"spec.{name}", spec.get(name), IMMUTABLE))
    return problems


def _strategy(kind: Kind, spec: Obj) -> list[Cause]:
    name, kinds = {
        DEPLOYMENT: ("strategy", ("Recreate", "RollingUpdate")),
        STATEFUL_SET: ("updateStrategy", ("OnDelete", "RollingUpdate")),
        DAEMON_SET: ("updateStrategy", ("RollingUpdate", "OnDelete")),
    }.get(kind, ("", ()))
    strategy = spec.get(name)
    if not strategy:
        return []
    rolling, where = strategy.get("rollingUpdate"), f"spec.{name}.rollingUpdate"
    if strategy["type"] not in kinds:
        shown = {"Type": strategy["type"], "RollingUpdate": rolling}
        if kind is STATEFUL_SET:
            return [wrong(f"spec.{name}", shown, "must be 'RollingUpdate' or 'OnDelete'")]
        return [unsupported(f"spec.{name}", shown, kinds)]
    if strategy["type"] == "RollingUpdate":
        return _rolling(kind, rolling or {}, where) if rolling is not None else []
    if rolling is None or kind is DAEMON_SET:
        return []
    if kind is STATEFUL_SET:
        return [wrong(where, rolling, "only allowed for updateStrategy 'RollingUpdate'")]
    return [not_allowed(where, f"may not be specified when strategy `type` is '{strategy['type']}'")]


def _rolling(kind: Kind, rolling: Obj, where: str) -> list[Cause]:
    problems = [cause for field in ("maxUnavailable", "maxSurge") for cause in _number(kind, rolling, where, field)]
    if problems:
        return problems
    surge, unavailable = _share(rolling, "maxSurge"), _share(rolling, "maxUnavailable")
    field = f"{where}.maxUnavailable"
    if kind is STATEFUL_SET and not unavailable and "maxUnavailable" in rolling:
        return [wrong(field, rolling["maxUnavailable"], "cannot be 0")]
    if kind is DEPLOYMENT and not surge and not unavailable:
        return [wrong(field, rolling.get("maxUnavailable", 0), "may not be 0 when `maxSurge` is 0")]
    if kind is DAEMON_SET and bool(surge) is bool(unavailable):
        both = wrong(f"{where}.maxSurge", rolling.get("maxSurge"), "may not be set when maxUnavailable is non-zero")
        return [both if surge else required(field, "cannot be 0 when maxSurge is 0")]
    return []


def _number(kind: Kind, rolling: Obj, where: str, field: str) -> list[Cause]:
    value, why = rolling.get(field, 0), ""
    if isinstance(value, str) and not (value.endswith("%") and value[:-1].isdigit()):
        why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
        why += "regex used for validation is '[0-9]+%')"
    elif isinstance(value, int) and value < 0:
        why = "must be greater than or equal to 0"
    elif isinstance(value, str) and int(value[:-1]) > 100 and (kind, field) != (DEPLOYMENT, "maxSurge"):
        why = "must not be greater than 100%"
    return [wrong(f"{where}.{field}", value, why)] if why else []


def _share(rolling: Obj, name: str) -> int:
    return int(str(rolling.get(name, 0)).rstrip("%"))


def _pod(body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    spec = body["spec"]
    problems = pod_spec(spec, "spec", set(), (cause.field for cause in known))
    for part in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(part) or ()):
            image = container.get("image", "")
            if image != image.strip():
                why = "must not have leading or trailing whitespace"
                problems.append(wrong(f"spec.{part}[{i}].image", image, why))
    if old is None:
        if spec.get("ephemeralContainers"):
            problems.append(not_allowed("spec.ephemeralContainers", "cannot be set on create"))
        return problems
    return problems or _changed_pod(spec, old["spec"])


def _changed_pod(spec: Obj, before: Obj) -> list[Cause]:
    if len(spec["containers"]) != len(before["containers"]):
        return [not_allowed("spec.containers", "pod updates may not add or remove containers")]
    free = ("activeDeadlineSeconds", "tolerations", "schedulingGates", "nodeName", "ephemeralContainers")

    def fixed(pod_spec: Obj) -> Obj:
        parts = {
            part: [{k: v for k, v in container.items() if k != "image"} for container in pod_spec.get(part) or ()]
            for part in ("containers", "initContainers")
        }
        return {key: value for key, value in pod_spec.items() if key not in free} | parts

    if fixed(spec) == fixed(before):
        return []
    why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    why += "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    why += "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    return [not_allowed("spec", why)]


def _claim_spec(spec: Obj, at: str) -> list[Cause]:
    storage, where = (spec.get("resources") or {}).get("requests", {}).get("storage"), f"{at}.resources[storage]"
    if storage is None:
        return [required(where)]
    return [wrong(where, storage, "must be greater than zero")] if quantity(storage) <= 0 else []


def _claim(body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    if old is None:
        return []
    spec, before = body["spec"], old["spec"]
    bound = (old.get("status") or {}).get("phase") == "Bound"
    free = ("resources", "volumeAttributesClassName", "volumeName") if bound else ("volumeName",)
    problems: list[Cause] = []
    if {k: v for k, v in spec.items() if k not in free} != {k: v for k, v in before.items() if k not in free}:
        why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
        problems.append(not_allowed("spec", why + "claims"))
    if spec.get("volumeMode") != before.get("volumeMode"):
        problems.append(wrong("volumeMode", spec.get("volumeMode"), IMMUTABLE))
    return problems


_SECRETS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def _data(body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    problems: list[Cause] = []
    for part in ("data", "binaryData"):
        for key in body.get(part) or ():
            problems += each(f"{part}[{key}]", key, names.config_key(key))
    for key in (body.get("binaryData") or {}).keys() & (body.get("data") or {}):
        problems.append(wrong(f"data[{key}]", key, "duplicate of key present in binaryData"))
    if old and old.get("immutable"):
        why = "field is immutable when `immutable` is set"
        parts = ("immutable", "data", "binaryData")
        problems += [not_allowed(part, why) for part in parts if body.get(part) != old.get(part)]
    return problems


def _secret(body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    problems, kind, data = _data(body, old, known), body["type"], body.get("data") or {}
    problems += [required(f"data[{key}]") for key in _SECRETS.get(kind, ()) if key not in data]
    if kind == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        problems += [required(f"data[{key}]") for key in ("username", "password")]
    account = "kubernetes.io/service-account.name"
    notes = body["metadata"].get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not notes.get(account):
        problems.append(required(f"metadata.annotations[{account}]"))
    if kind in ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"):
        problems += [cause for key in _SECRETS[kind] if key in data for cause in _json(data[key], f"data[{key}]")]
    if old and kind != old["type"]:
        problems.append(wrong("type", kind, IMMUTABLE))
    return problems


def _json(encoded: str, at: str) -> list[Cause]:
    try:
        json.loads(base64.b64decode(encoded))
    except ValueError as error:
        return [wrong(at, "<secret contents redacted>", str(error))]
    return []


def _binding(body: Obj, old: Obj | None, known: list[Cause]) -> list[Cause]:
    if old and body["roleRef"] != old["roleRef"]:
        return [wrong("roleRef", body["roleRef"], "cannot change roleRef")]
    return []


_BETWEEN = pod_validation.BETWEEN | network_validation.BETWEEN
_BETWEEN |= {"LabelSelector": _selects, "PersistentVolumeClaimSpec": _claim_spec}
_CHECKS: dict[Kind, Callable[[Obj, Obj | None, list[Cause]], list[Cause]]] = {
    SERVICE: lambda body, old, known: service(body, old),
    POD: _pod,
    PVC: _claim,
    CONFIGMAP: _data,
    SECRET: _secret,
    ROLE_BINDING: _binding,
    CLUSTER_ROLE_BINDING: _binding,
}


def check(kind: Kind, body: Obj, old: Obj | None, missing: Iterable[str] = ()) -> list[Cause]:
    """Everything that is wrong with an object. `missing` are required fields that the decoder did not find."""
    problems = _metadata(kind, body["metadata"])
    known = rules.walk(schema.definition_of(kind), body, "", _BETWEEN)
    if kind in (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET):
        problems += known + _workload(kind, body, old, known)
    else:
        problems += known + (_CHECKS[kind](body, old, known) if kind in _CHECKS else [])
    fields = [cause.field for cause in problems] + (["spec.selector"] if kind is DAEMON_SET else [])
    dropped = [f"spec.{name}." for name in ("dataSource", "dataSourceRef") if name not in (body.get("spec") or {})]
    absent = [path for path in missing if not _UNASKED.search(path) and not path.startswith(tuple(dropped))]
    return problems + [required(path) for path in absent if not any(field.startswith(path) for field in fields)]
