"""Which ConfigMaps, Secrets and claims of its namespace a pod, or the template of a workload, names, and what for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.manifests.bundle import WORKLOAD_KINDS, kind_of
from services.manifests.tree import get

CONFIGMAP, SECRET, CLAIM = "ConfigMap", "Secret", "PersistentVolumeClaim"
VARIABLE, VARIABLES, VOLUME, PULL, TLS = "variable", "variables", "volume", "pull", "tls"
Use = tuple[str, str]
"""Kind and name of an object that a document needs."""

_NAMING = (*WORKLOAD_KINDS, "ReplicaSet", "Job", "Pod", "Ingress")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# Volumes whose driver reads a Secret: the source, then its field.
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


@dataclass(frozen=True, slots=True)
class Mention:
    """`how`: variable, variables (all keys), volume, pull (of images) or tls; `container`: whose variable it is;
    `place`: the name of the variable or volume; `key`: the one key of it, where it is one.
    """

    kind: str
    name: str
    how: str
    container: str = ""
    place: str = ""
    key: str = ""
    optional: bool = False


def mentions(document: Mapping[str, Any]) -> Iterator[Mention]:
    """All of them, in the order of the document."""
    spec = _map(document.get("spec"))
    if document.get("kind") == "Ingress":
        named = (_text(tls.get("secretName")) for tls in _maps(spec.get("tls")))
        yield from (Mention(SECRET, name, TLS) for name in named if name)
        return
    pod = spec if document.get("kind") == "Pod" else _map(_map(spec.get("template")).get("spec"))
    for container in (container for key in _CONTAINERS for container in _maps(pod.get(key))):
        yield from _of_container(container)
    for volume in _maps(pod.get("volumes")):
        yield from _of_volume(volume)
    for pull in _maps(pod.get("imagePullSecrets")):
        yield from _named(SECRET, pull, Mention("", "", PULL))


def uses(document: Mapping[str, Any]) -> frozenset[Use]:
    """What a workload, a pod, an Ingress or an autoscaler needs by name; nothing of what it marks as optional."""
    kind = kind_of(dict(document))
    if kind in _NAMING:
        return frozenset((mention.kind, mention.name) for mention in mentions(document) if not mention.optional)
    if kind == "HorizontalPodAutoscaler":
        target = get(dict(document), ("spec", "scaleTargetRef"))
        return frozenset({(_text(get(target, ("kind",))), _text(get(target, ("name",))))})
    return frozenset()


def _of_container(container: Mapping[str, Any]) -> Iterator[Mention]:
    name = _text(container.get("name"))
    for source in _maps(container.get("envFrom")):
        mention = Mention("", "", VARIABLES, name, _text(source.get("prefix")))
        yield from _named(CONFIGMAP, source.get("configMapRef"), mention)
        yield from _named(SECRET, source.get("secretRef"), mention)
    for variable in _maps(container.get("env")):
        mention, source = Mention("", "", VARIABLE, name, _text(variable.get("name"))), _map(variable.get("valueFrom"))
        yield from _named(CONFIGMAP, source.get("configMapKeyRef"), mention)
        yield from _named(SECRET, source.get("secretKeyRef"), mention)


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Mention]:
    mention = Mention("", "", VOLUME, place=_text(volume.get("name")))
    yield from _named(CONFIGMAP, volume.get("configMap"), mention)
    yield from _named(SECRET, volume.get("secret"), mention, "secretName")
    yield from _named(CLAIM, volume.get("persistentVolumeClaim"), mention, "claimName")
    for source in _maps(_map(volume.get("projected")).get("sources")):
        yield from _named(CONFIGMAP, source.get("configMap"), mention)
        yield from _named(SECRET, source.get("secret"), mention)
    for key, field in _SECRET_OF.items():
        reference = _map(volume.get(key)).get(field)
        yield from _named(SECRET, {"name": reference} if isinstance(reference, str) else reference, mention)


def _named(kind: str, reference: Any, mention: Mention, field: str = "name") -> Iterator[Mention]:
    source = _map(reference)
    if name := _text(source.get(field)):
        key, optional = _text(source.get("key")), source.get("optional") is True
        yield Mention(kind, name, mention.how, mention.container, mention.place, key, optional)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _maps(value: Any) -> Sequence[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
