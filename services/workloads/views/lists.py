"""The lists of a project's workloads and of its pods: what is shown and watched of each."""

from __future__ import annotations

from accounts.roles import Capability
from console.kube.access import AROUND_PODS, AROUND_WORKLOADS
from services.shown.list_pages import Listing
from services.workloads.present.lists_pods import PODS, pods_summary
from services.workloads.present.lists_workloads import WORKLOADS, workloads_summary

WORKLOADS_LISTING = Listing(
    "workloads",
    WORKLOADS,
    AROUND_WORKLOADS,
    workloads_summary,
    "services/workloads",
    "services/workloads/parts/row_workload.html",
    Capability.WORKLOADS_MANAGE,
)
PODS_LISTING = Listing(
    "pods",
    PODS,
    AROUND_PODS,
    pods_summary,
    "services/workloads",
    "services/workloads/parts/row_pod.html",
    Capability.WORKLOADS_MANAGE,
    measured=True,
)
