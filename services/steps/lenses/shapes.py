"""The values that each lens reads from a bundle and writes into it: a TypedDict a step, nested ones for rows.

Conventions, the same everywhere, so that a form's cleaned data can be handed to ``Lens.write`` as it is:

* every key is always present; a text that is absent is ``""``, a number that is absent is ``None``;
* ``bool | None`` has three states: ``None`` says nothing (the key is absent), ``True`` and ``False`` are written;
* quantities (CPU, memory, sizes) are texts as Kubernetes writes them: ``"100m"``, ``"0.5"``, ``"256Mi"``;
* ports that may be a number or a name are texts: ``"8080"`` or ``"http"``; likewise ``"25%"`` or ``"1"``;
* every row has ``keep``: ``""`` for a row that the form can show, otherwise the JSON of an entry that it cannot show.
  Such a row is carried as it is (a hidden input beside one line of text); its other fields are blank and ignored;
* rows that are blank in every field are dropped by ``write``;
* an input is named by the path of its value joined with ``-``: ``containers-0-ports-1-container_port``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

# ---- rows that several steps use ------------------------------------------------------------------------------------


class Pair(TypedDict):
    """One label, annotation or node label. A map in the manifest, rows in the form, in the manifest's order."""

    key: str
    value: str
    keep: str


class Argument(TypedDict):
    """One argument of a command, exactly as the process gets it: no shell, no splitting. An argument that is the empty
    string is a kept row (``keep == '""'``), so that blank rows of a form may be dropped."""

    value: str
    keep: str


class SecretName(TypedDict):
    """A pull secret of the pod, by name."""

    name: str
    keep: str


# ---- Basic Information ----------------------------------------------------------------------------------------------


class Basic(TypedDict):
    """Step ``basic``. ``version`` stays ``""`` where the bundle has no workload (External, Specify Workload)."""

    name: str
    alias: str
    version: str
    description: str


# ---- Pod Settings ---------------------------------------------------------------------------------------------------


class ContainerPort(TypedDict):
    """A port of a container together with the port of the Service that leads to it.

    ``service_port`` and ``app_protocol`` live in the Service (paired by targetPort and protocol) and are blank for init
    containers; ``app_protocol`` is blank without a service port.
    """

    name: str
    protocol: str  # TCP | UDP | SCTP
    app_protocol: str  # "" | http | https | grpc | kubernetes.io/h2c ...
    container_port: int | None
    service_port: int | None
    keep: str


class Probe(TypedDict):
    """A health check. ``kind == ""`` is off; ``"other"`` is a handler that the form does not know, whole in ``keep``.

    Fields of another kind than the chosen one are blank. ``scheme`` is "HTTP" or "HTTPS" for http, else "".
    """

    kind: str  # "" | http | tcp | exec | grpc | other
    scheme: str
    path: str
    port: str  # number or name of a container port (http, tcp); number (grpc)
    service: str  # grpc
    command: list[Argument]  # exec
    initial_delay: int | None  # s, >= 0, absent = 0
    period: int | None  # s, >= 1, absent = 10
    timeout: int | None  # s, >= 1, absent = 1
    success: int | None  # >= 1, absent = 1; must be 1 for liveness and startup
    failure: int | None  # >= 1, absent = 3
    keep: str


class Hook(TypedDict):
    """A lifecycle action. ``kind == ""`` is off; ``"other"`` is carried whole in ``keep``."""

    kind: str  # "" | http | tcp | exec | sleep | other
    scheme: str
    path: str
    port: str
    command: list[Argument]
    seconds: int | None  # sleep
    keep: str


class Variable(TypedDict):
    """One environment variable.

    ===========  =======================  ==============================  ==========================
    source       value                    object                          key
    ===========  =======================  ==============================  ==========================
    value        the text                 ""                              ""
    configmap    ""                       name of the ConfigMap           its key
    secret       ""                       name of the Secret              its key
    field        ""                       ""                              field path (status.podIP)
    resource     divisor ("" or "1Mi")    container name ("" = this one)  resource (limits.cpu)
    ===========  =======================  ==============================  ==========================
    """

    name: str
    source: str  # value | configmap | secret | field | resource
    value: str
    object: str
    key: str
    optional: bool  # configmap, secret: start even if it is missing
    keep: str


class VariableSource(TypedDict):
    """All keys of one ConfigMap or Secret as environment variables."""

    source: str  # configmap | secret
    object: str
    prefix: str
    optional: bool
    keep: str


class ContainerSecurity(TypedDict):
    """Security context of a container. ``add`` and ``drop`` are capability names."""

    privileged: bool | None
    allow_escalation: bool | None
    read_only_root: bool | None
    run_as_non_root: bool | None
    run_as_user: int | None
    run_as_group: int | None
    se_level: str
    se_role: str
    se_type: str
    se_user: str
    seccomp: str  # "" | RuntimeDefault | Unconfined | Localhost
    seccomp_profile: str  # Localhost only
    add: list[str]
    drop: list[str]


class Container(TypedDict):
    """One container. Workers come first in the list, then init containers; each group in the manifest's order."""

    name: str
    type: str  # worker | init
    image: str
    pull_policy: str  # "" | IfNotPresent | Always | Never
    cpu_request: str
    cpu_limit: str
    memory_request: str
    memory_limit: str
    ports: list[ContainerPort]
    liveness: Probe
    readiness: Probe
    startup: Probe
    post_start: Hook
    pre_stop: Hook
    command: list[Argument]
    args: list[Argument]
    env: list[Variable]
    env_from: list[VariableSource]
    security: ContainerSecurity
    host_timezone: bool
    keep: str


class Update(TypedDict):
    """Update strategy. Deployment: RollingUpdate | Recreate; StatefulSet, DaemonSet: RollingUpdate | OnDelete.

    ``max_surge`` and ``deadline`` do not exist for a StatefulSet, ``partition`` only for a StatefulSet; fields that the
    kind does not have are blank and ignored. Blank with Recreate and OnDelete.
    """

    strategy: str
    max_unavailable: str  # "25%" or "1"
    max_surge: str
    partition: int | None
    min_ready: int | None  # s a pod must be ready before it counts
    deadline: int | None  # s before a rollout counts as failed (Deployment)


class PodSecurity(TypedDict):
    """Security context of the pod; containers override it."""

    run_as_non_root: bool | None
    run_as_user: int | None
    run_as_group: int | None
    fs_group: int | None
    se_level: str
    se_role: str
    se_type: str
    se_user: str
    seccomp: str
    seccomp_profile: str


class Rule(TypedDict):
    """A scheduling rule of one's own. ``selector`` is a Kubernetes label selector as kubectl takes it:
    ``app=web,tier in (a,b),!batch``; it selects pods for ``with`` and ``away``, nodes for ``nodes`` (there also
    ``cpus>4``). Build it from a workload's *pod* labels with ``names.format_selector``."""

    type: str  # with (podAffinity) | away (podAntiAffinity) | nodes (nodeAffinity)
    strategy: str  # preferred | required
    selector: str
    topology: str  # kubernetes.io/hostname | topology.kubernetes.io/zone ...; "" for nodes
    weight: int | None  # 1-100, preferred only
    keep: str


class Toleration(TypedDict):
    """A taint that the pods put up with."""

    key: str
    operator: str  # "" (Equal) | Equal | Exists
    value: str
    effect: str  # "" (all) | NoSchedule | PreferNoSchedule | NoExecute
    seconds: int | None  # NoExecute only
    keep: str


class Scheduling(TypedDict):
    """``mode`` default: no affinity; decentralized and centralized: the documented preferred term on the pods' own
    labels, per node; custom: ``rules``. ``rules`` is blank in the other modes. ``other`` cannot be chosen: an affinity
    that is not even an object of terms; it is kept."""

    mode: str  # default | decentralized | centralized | custom | other
    rules: list[Rule]
    tolerations: list[Toleration]


class PodStep(TypedDict):
    """Step ``pod``."""

    replicas: int | None
    containers: list[Container]
    pull_secrets: list[SecretName]
    update: Update
    pod_security: PodSecurity
    scheduling: Scheduling
    grace_period: int | None  # s, absent = 30
    annotations: list[Pair]  # of the pods; kubesphere.io/ keys are hidden and kept


# ---- Storage Settings -----------------------------------------------------------------------------------------------


class Mount(TypedDict):
    """A volume at a path in a container. ``container`` is the container's name (for a container without a usable name
    of its own: ``containers[1]``). Rows go container by container, workers first."""

    container: str
    path: str
    sub_path: str
    read_only: bool
    keep: str


class Item(TypedDict):
    """One key of a ConfigMap or Secret, as a file below the mount path."""

    key: str
    path: str
    keep: str


class Volume(TypedDict):
    """A volume of the pods.

    ``kind``: claim (``object`` = claim name), empty (``medium``, ``size``), host (``path``, ``host_type``),
    configmap, secret (``object``, ``items``: blank = whole), other (source in ``keep``; name and mounts still work),
    broken (the whole entry in ``keep``). Fields of another kind are blank.
    """

    kind: str
    name: str
    object: str
    medium: str  # "" | Memory
    size: str  # quantity
    path: str
    host_type: str  # "" | DirectoryOrCreate | Directory | FileOrCreate | File | Socket | CharDevice | BlockDevice
    items: list[Item]
    mounts: list[Mount]
    keep: str


class ClaimTemplate(TypedDict):
    """A claim template of a StatefulSet: each pod gets ``<name>-<workload>-<ordinal>``. ``storage_class`` "" = the
    cluster's default class."""

    name: str
    storage_class: str
    access_modes: list[str]
    size: str
    mounts: list[Mount]
    keep: str


class StorageStep(TypedDict):
    """Step ``storage``. ``templates`` is empty for anything but a StatefulSet."""

    volumes: list[Volume]
    templates: list[ClaimTemplate]


# ---- Advanced Settings ----------------------------------------------------------------------------------------------


class NodePort(TypedDict):
    """One port of the Service, in its order. Only ``node_port`` is written; the rest is there to name the row."""

    name: str
    protocol: str
    port: int | None
    node_port: int | None


AccessMode = Literal["virtual_ip", "headless"]


class AdvancedStep(TypedDict):
    """Step ``advanced``. ``labels`` are those of the workload (of the Service where there is no workload) and go on to
    selector, pod template and Service; ``annotations`` those of the workload (blank without one);
    ``service_annotations`` those of the Service, load balancer settings among them. kubesphere.io/ keys are hidden.
    ``ports`` has one row for each port of the Service, always; ``node_port`` is blank unless ``external`` is set."""

    access_mode: str  # virtual_ip | headless
    external: str  # "" (none) | NodePort | LoadBalancer | ExternalName (shown, not offered)
    ports: list[NodePort]
    load_balancer_class: str
    service_annotations: list[Pair]
    sticky: bool
    sticky_timeout: int | None  # s, 1-86400, absent = 10800; None while sticky is off
    node_selector: list[Pair]
    labels: list[Pair]
    annotations: list[Pair]


# ---- External Service, Specify Workload -----------------------------------------------------------------------------


class ExternalStep(TypedDict):
    """Step ``external``."""

    external_name: str


class ServicePort(TypedDict):
    """A port of a Service; ``target_port`` is a number, the name of a container port, or "" (same as ``port``)."""

    name: str
    protocol: str
    app_protocol: str
    port: int | None
    target_port: str
    keep: str


class ServiceStep(TypedDict):
    """Step ``service`` (lens ``workload``): also the form behind Edit Service."""

    access_mode: str  # virtual_ip | headless
    selector: list[Pair]
    ports: list[ServicePort]
