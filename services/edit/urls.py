"""Addresses under which what exists is changed or deleted: Services, and any object as YAML."""

from django.urls import path

from console.kube import kinds
from services.edit.views import delete, dialogs, recreate, recycle_bin, yaml

urlpatterns = [
    path("services/download/", yaml.download_many, name="download-many"),
    path("service/<str:name>/yaml/", yaml.yaml, {"kind": kinds.SERVICE}, name="yaml"),
    path("workload/<str:kind>/<str:name>/edit/yaml/", yaml.workload, name="edit-workload-yaml"),
    path("pod/<str:name>/edit/yaml/", yaml.yaml, {"kind": kinds.POD}, name="edit-pod-yaml"),
    path("configmap/<str:name>/edit/yaml/", yaml.yaml, {"kind": kinds.CONFIGMAP}, name="edit-configmap-yaml"),
    path("claim/<str:name>/edit/yaml/", yaml.yaml, {"kind": kinds.PVC}, name="edit-claim-yaml"),
    path("service/<str:name>/edit/service/", dialogs.edit, {"step": "edit-service"}, name="edit-service"),
    path("service/<str:name>/edit/external-access/", dialogs.edit, {"step": "external-access"}, name="external-access"),
    path("service/<str:name>/edit/recreate/", recreate.recreation, name="recreate"),
    path("recycle-bin/", recycle_bin.listing, name="recycle-bin"),
    path("recycle-bin/<int:entry>/yaml/<int:number>/", recycle_bin.yaml, name="recycle-bin-yaml"),
    path("recycle-bin/<int:entry>/restore/", recycle_bin.restoration, name="restore"),
]

dialogs_over_the_list = [
    path("services/delete/", delete.delete, name="delete-many"),
    path("service/<str:name>/delete/", delete.delete, name="delete"),
]
"""Their views are given `backdrop`, which renders the list that they stand over."""

dialogs_over_the_workloads = [
    path("workloads/delete/", delete.delete_workload, name="workloads-delete"),
    path("workload/<str:kind>/<str:name>/delete/", delete.delete_workload, name="workload-delete"),
]
dialogs_over_the_pods = [
    path("pods/delete/", delete.delete_pod, name="pods-delete"),
    path("pod/<str:name>/delete/", delete.delete_pod, name="pod-delete"),
]
"""So are these, over the lists of workloads and of pods."""

dialogs_over_the_service = [
    path("service/<str:name>/edit/information/", dialogs.edit, {"step": "information"}, name="information"),
]
"""Their views are given `backdrop`, which renders the page of the Service that they stand over."""
