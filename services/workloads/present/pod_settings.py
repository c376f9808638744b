"""The rest of a pod's manifest in words: its volumes and where each is mounted, and how it is scheduled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.kube.fields import NOTHING
from console.kube.visible import visible
from services.manifests.quantities import canonical, parse_quantity
from services.shown.facts import Fact, Line, lines, value_text
from services.shown.pages import Pages
from services.workloads.present.pod_container import specs

MOST_VOLUMES = 100
_PATHS = {"hostPath": "path", "nfs": "path", "csi": "driver", "image": "reference", "flexVolume": "driver"}
_NAMES = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName", **_PATHS}
_PAGED = {"configMap": "ConfigMap", "secret": "Secret", "persistentVolumeClaim": "PersistentVolumeClaim"}
_KINDS = {
    "configMap": _("ConfigMap"),
    "secret": _("Secret"),
    "persistentVolumeClaim": _("Claim"),
    "emptyDir": _("Temporary volume on the node"),
    "hostPath": _("Node directory"),
    "projected": _("Projected volume"),
    "downwardAPI": _("Fields of the pod"),
    "ephemeral": _("Claim of this pod only"),
    "csi": _("Driver"),
    "nfs": _("NFS"),
    "image": _("Image"),
}


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume: what it is, the name of what it comes from, a remark, and where it is mounted. `href`: the page of what
    it comes from; `parts`: each of several.
    """

    name: str
    kind: str
    source: str
    remark: str
    mounts: tuple[Mount, ...]
    href: str = ""
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Mount:
    """A place where containers see a volume."""

    containers: str
    path: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """`volumes_now` and `scheduling_now`: both in a few words, beside the closed folds."""

    volumes: tuple[Volume, ...]
    volumes_now: str
    scheduling: tuple[Fact, ...]
    scheduling_now: str


def settings(body: Mapping[str, Any], pages: Pages) -> Settings:
    """Volumes and scheduling, as the manifest has them now."""
    spec = body.get("spec") or NOTHING
    volumes = tuple(_volume(volume, body, pages) for volume in (spec.get("volumes") or ())[:MOST_VOLUMES])
    kinds = ", ".join(dict.fromkeys(volume.kind for volume in volumes))
    return Settings(
        volumes=volumes,
        volumes_now=f"{len(volumes)}: {kinds}" if volumes else gettext("None"),
        scheduling=_scheduling(spec),
        scheduling_now=value_text(spec.get("nodeName")) or gettext("not on a node"),
    )


def _volume(volume: Mapping[str, Any], body: Mapping[str, Any], pages: Pages) -> Volume:
    name = str(volume.get("name") or "")
    key = next((key for key in volume if key != "name"), "emptyDir")
    source = volume.get(key) or NOTHING
    comes_from = source.get(_NAMES[key]) if key in _NAMES else ""
    if key == "projected":
        comes_from = ", ".join(part for projection in source.get("sources") or () for part in projection)
    return Volume(
        name=value_text(name),
        kind=str(_KINDS.get(key, visible(key))),
        source=value_text(comes_from),
        remark=_remark(key, source),
        mounts=_mounts(name, body),
        href=pages.href(_PAGED[key], str(source.get(_NAMES[key]) or "")) if key in _PAGED else "",
        parts=_parts(source, pages) if key == "projected" else (),
    )


def _parts(projected: Mapping[str, Any], pages: Pages) -> tuple[Line, ...]:
    """The ConfigMaps and Secrets of a projected volume."""
    named = (
        (_PAGED[part], str((source[part] or NOTHING).get("name") or ""))
        for source in projected.get("sources") or ()
        for part in source
        if part in _PAGED
    )
    return tuple(Line(f"{kind} {value_text(name)}", href=pages.href(kind, name)) for kind, name in named)


def _remark(key: str, source: Mapping[str, Any]) -> str:
    words = []
    if key == "emptyDir" and source.get("medium") == "Memory":
        words.append(gettext("in memory"))
    if source.get("sizeLimit"):
        words.append(gettext("at most %(size)s") % {"size": value_text(source["sizeLimit"])})
    if source.get("items"):
        keys = ", ".join(str(item.get("key")) for item in source["items"])
        words.append(gettext("only %(keys)s") % {"keys": value_text(keys)})
    if source.get("optional"):
        words.append(gettext("optional"))
    if source.get("readOnly"):
        words.append(gettext("read-only"))
    return ", ".join(words)


def _mounts(name: str, body: Mapping[str, Any]) -> tuple[Mount, ...]:
    """Where it is mounted; containers that have it at the same place stand together."""
    places: dict[tuple[str, bool], list[str]] = {}
    for container in specs(body):
        for mount in container.get("volumeMounts") or ():
            if mount.get("name") == name:
                place = (value_text(mount.get("mountPath")), bool(mount.get("readOnly")))
                places.setdefault(place, []).append(value_text(container.get("name")))
    return tuple(Mount(", ".join(names), path, only) for (path, only), names in places.items())


def _scheduling(spec: Mapping[str, Any]) -> tuple[Fact, ...]:
    none = gettext("None")
    gates = ", ".join(str(gate.get("name")) for gate in spec.get("schedulingGates") or ())
    labels = (f"{key}={value}" for key, value in (spec.get("nodeSelector") or NOTHING).items())
    spread = (
        gettext("over %(key)s, difference at most %(skew)s")
        % {"key": value_text(rule.get("topologyKey")), "skew": rule.get("maxSkew") or 1}
        for rule in spec.get("topologySpreadConstraints") or ()
    )
    number, name = spec.get("priority") or 0, value_text(spec.get("priorityClassName"))
    priority = f"{number}, {name}" if name else str(number or "")
    seconds = spec.get("terminationGracePeriodSeconds")
    grace = gettext("%(seconds)s s") % {"seconds": 30 if seconds is None else seconds}
    return (
        Fact("requests", gettext("Requests"), lines(_requests(spec)), none=none),
        Fact("labels", gettext("Node labels"), lines(*map(value_text, labels)), mono=True, none=gettext("Any node")),
        Fact("affinity", gettext("Affinity"), lines(*_affinity(spec)), none=none),
        Fact("spread", gettext("Spread"), lines(*spread), none=none),
        Fact("tolerations", gettext("Tolerations"), lines(*map(_toleration, spec.get("tolerations") or ())), none=none),
        Fact("priority", gettext("Priority"), lines(priority), none="0"),
        Fact("grace", gettext("Grace period"), lines(grace)),
        Fact("restart", gettext("Restart policy"), lines(value_text(spec.get("restartPolicy") or "Always"))),
        Fact(
            "account",
            gettext("Service account"),
            lines(value_text(spec.get("serviceAccountName"))),
            mono=True,
            none=none,
        ),
        Fact("scheduler", gettext("Scheduler"), lines(value_text(spec.get("schedulerName") or "default-scheduler"))),
        *((Fact("gates", gettext("Waits for"), lines(value_text(gates)), mono=True),) if gates else ()),
    )


def _requests(spec: Mapping[str, Any]) -> str:
    """What the containers that run side by side ask for together."""
    side = [*(spec.get("containers") or ())]
    side += [container for container in spec.get("initContainers") or () if container.get("restartPolicy") == "Always"]
    totals: dict[str, Fraction] = {}
    for container in side:
        for name, text in ((container.get("resources") or NOTHING).get("requests") or NOTHING).items():
            totals[name] = totals.get(name, Fraction(0)) + (parse_quantity(str(text)) or 0)
    written = (f"{value_text(name)} {canonical(total, binary=name != 'cpu')}" for name, total in totals.items())
    return ", ".join(written)


def _affinity(spec: Mapping[str, Any]) -> Iterable[str]:
    affinity = spec.get("affinity") or NOTHING
    words: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("nodeAffinity", lambda n: ngettext("%s rule about nodes", "%s rules about nodes", n)),
        ("podAffinity", lambda n: ngettext("%s rule to be near pods", "%s rules to be near pods", n)),
        ("podAntiAffinity", lambda n: ngettext("%s rule to be apart from pods", "%s rules to be apart from pods", n)),
    )
    for key, say in words:
        rules = affinity.get(key) or NOTHING
        needed = rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        terms = needed.get("nodeSelectorTerms") or () if isinstance(needed, Mapping) else needed
        wished = rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        for count, kind in ((len(terms), gettext("required")), (len(wished), gettext("preferred"))):
            if count:
                yield f"{say(count) % count}, {kind}"


def _toleration(toleration: Mapping[str, Any]) -> str:
    key, effect, value = (value_text(toleration.get(name)) for name in ("key", "effect", "value"))
    words = f"{key}={value}" if value else key or gettext("every taint")
    if effect:
        words += f": {effect}"
    if toleration.get("tolerationSeconds") is not None:
        words += gettext(", %(seconds)s s") % {"seconds": toleration["tolerationSeconds"]}
    return words
