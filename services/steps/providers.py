"""Annotations by which a Service tells the load balancers of the usual providers what it wants: suggestions only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation key, what it does, and the values that are known; without any it is typed."""

    key: str
    meaning: Any
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: its name in the page and what it is called. `documentation`: the address of the page about
    its annotations; `needs`: the annotation without which it does nothing."""

    name: str
    words: str
    notes: tuple[Note, ...]
    documentation: str
    needs: str = ""


_K8S = "service.beta.kubernetes.io"
_NOTES: dict[tuple[str, str], list[Note]] = {
    ("openelb", "OpenELB"): [
        Note("lb.kubesphere.io/v1alpha1", _("Lets OpenELB handle this Service."), ("openelb",)),
        Note("protocol.openelb.kubesphere.io/v1alpha1", _("How the address is announced."), ("layer2", "bgp", "vip")),
        Note("eip.openelb.kubesphere.io/v1alpha2", _("The pool (Eip) the address is taken from.")),
    ],
    ("qingcloud", "QingCloud"): [
        Note(
            f"{_K8S}/qingcloud-load-balancer-eip-source",
            _("Where the address comes from."),
            ("auto", "use-available", "allocate"),
        )
    ],
    ("eks", "Amazon EKS"): [
        Note(f"{_K8S}/aws-load-balancer-type", _("external: a network load balancer."), ("external",)),
        Note(f"{_K8S}/aws-load-balancer-scheme", _("Who can reach it."), ("internal", "internet-facing")),
    ],
    ("azure", "Azure"): [
        Note(f"{_K8S}/azure-load-balancer-internal", _("true: an address inside the virtual network only."), ("true",))
    ],
    ("gke", "Google GKE"): [
        Note("networking.gke.io/load-balancer-type", _("Internal: an address inside the network only."), ("Internal",))
    ],
    ("cce", "Huawei CCE"): [Note("kubernetes.io/elb.class", _("Shared or dedicated."), ("union", "performance"))],
    ("ack", "Alibaba ACK"): [
        Note(f"{_K8S}/alibaba-cloud-loadbalancer-address-type", _("Who can reach it."), ("internet", "intranet"))
    ],
    ("tke", "Tencent TKE"): [
        Note(
            "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
            _("ID of the subnet for an internal address."),
        )
    ],
}
_DOCUMENTATION = {
    "openelb": "https://openelb.io/docs/",
    "qingcloud": "https://github.com/yunify/qingcloud-cloud-controller-manager",
    "eks": "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/",
    "azure": "https://learn.microsoft.com/azure/aks/internal-lb",
    "gke": "https://cloud.google.com/kubernetes-engine/docs/concepts/service-load-balancer-parameters",
    "cce": "https://support.huaweicloud.com/intl/en-us/usermanual-cce/cce_10_0385.html",
    "ack": "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/"
    "add-annotations-to-the-yaml-file-of-a-service-to-configure-clb-instances",
    "tke": "https://cloud.tencent.com/document/product/457/51258",
}
_NEEDS = {"openelb": "lb.kubesphere.io/v1alpha1"}
PROVIDERS = tuple(
    Provider(name, words, tuple(notes), _DOCUMENTATION[name], _NEEDS.get(name, ""))
    for (name, words), notes in _NOTES.items()
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider as the form offers it. `notes`: each with its values, (value, whether it is set)."""

    provider: Provider
    chosen: bool
    notes: tuple[tuple[Note, tuple[tuple[str, bool], ...], bool], ...]


def offered(annotations: Mapping[str, str]) -> list[Choice]:
    """The providers, that one chosen whose annotations are set already."""
    chosen = next(
        (provider.name for provider in PROVIDERS if any(note.key in annotations for note in provider.notes)), ""
    )
    return [
        Choice(
            provider,
            provider.name == chosen,
            tuple((note, _values(note, annotations), note.key in annotations) for note in provider.notes),
        )
        for provider in PROVIDERS
    ]


def unmet(annotations: Mapping[str, str]) -> list[Choice]:
    """The providers that do nothing yet, as the annotation that they need is missing or says something else."""
    return [
        choice
        for choice in offered(annotations)
        for note, values, _set in choice.notes
        if note.key == choice.provider.needs and not any(on for _value, on in values)
    ]


def _values(note: Note, annotations: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    return tuple((value, annotations.get(note.key) == value) for value in note.values)
