"""Which ConfigMaps, Secrets, claims and other objects of its namespace a document needs by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.manifests.bundle import WORKLOAD_KINDS, kind_of

Use = tuple[str, str]
"""Kind and name."""

CONFIGMAP, SECRET, CLAIM = "ConfigMap", "Secret", "PersistentVolumeClaim"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_TEMPLATED = (*WORKLOAD_KINDS, "ReplicaSet", "Job")
# Volumes whose driver reads a Secret: source, then its field.
_SECRET_OF = {
    "azureFile": "secretName",
    "cephfs": "secretRef",
    "cinder": "secretRef",
    "csi": "nodePublishSecretRef",
    "flexVolume": "secretRef",
    "iscsi": "secretRef",
    "rbd": "secretRef",
    "scaleIO": "secretRef",
    "storageos": "secretRef",
}


def uses(document: Mapping[str, Any]) -> frozenset[Use]:
    """What a workload, a pod, an Ingress or an autoscaler names; nothing of what it marks as optional."""
    kind, spec = kind_of(dict(document)), _map(document.get("spec"))
    if kind == "Pod":
        return frozenset(_of_pod(spec))
    if kind in _TEMPLATED:
        return frozenset(_of_pod(_map(_map(spec.get("template")).get("spec"))))
    if kind == "Ingress":
        return frozenset(
            (SECRET, _text(tls.get("secretName"))) for tls in _maps(spec.get("tls")) if tls.get("secretName")
        )
    if kind == "HorizontalPodAutoscaler":
        target = _map(spec.get("scaleTargetRef"))
        return frozenset({(_text(target.get("kind")), _text(target.get("name")))})
    return frozenset()


def _of_pod(pod: Mapping[str, Any]) -> Iterator[Use]:
    for container in (each for key in _CONTAINERS for each in _maps(pod.get(key))):
        for variable in _maps(container.get("env")):
            source = _map(variable.get("valueFrom"))
            yield from _named(CONFIGMAP, source.get("configMapKeyRef"))
            yield from _named(SECRET, source.get("secretKeyRef"))
        for source in _maps(container.get("envFrom")):
            yield from _named(CONFIGMAP, source.get("configMapRef"))
            yield from _named(SECRET, source.get("secretRef"))
    for volume in _maps(pod.get("volumes")):
        yield from _of_volume(volume)
    for pull in _maps(pod.get("imagePullSecrets")):
        yield from _named(SECRET, pull)


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Use]:
    yield from _named(CONFIGMAP, volume.get("configMap"))
    yield from _named(SECRET, volume.get("secret"), "secretName")
    yield from _named(CLAIM, volume.get("persistentVolumeClaim"), "claimName")
    for source in _maps(_map(volume.get("projected")).get("sources")):
        yield from _named(CONFIGMAP, source.get("configMap"))
        yield from _named(SECRET, source.get("secret"))
    for key, field in _SECRET_OF.items():
        driver = _map(volume.get(key))
        reference = driver.get(field)
        yield from _named(SECRET, {"name": reference} if isinstance(reference, str) else reference)


def _named(kind: str, reference: Any, field: str = "name") -> Iterator[Use]:
    source = _map(reference)
    if source.get(field) and source.get("optional") is not True:
        yield kind, _text(source[field])


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _maps(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
