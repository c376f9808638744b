"""Addresses of workloads and pods, one and many, of their logs, and of what they keep configuration and data in.

An address of one begins with its kind in the singular, one of many with the plural, so that what is called "stream" or
"logs" has an address of its own.
"""

from django.urls import URLPattern, path

from services.shown import list_pages
from services.workloads.views import (
    holding,
    logs,
    logs_stream,
    pod,
    workload,
    workload_autoscaling,
    workload_rollback,
    workload_verbs,
)
from services.workloads.views.lists import PODS_LISTING, WORKLOADS_LISTING

pods: list[URLPattern] = [
    path("pod/<str:name>/", pod.page, {"tab": "status"}, name="pod"),
    path("pod/<str:name>/container/<str:container>/", pod.page, {"tab": "status"}, name="container"),
    path("pod/<str:name>/environment/", pod.page, {"tab": "environment"}, name="pod-environment"),
    path("pod/<str:name>/events/", pod.page, {"tab": "events"}, name="pod-events"),
    path("pod/<str:name>/yaml/", pod.page, {"tab": "yaml"}, name="pod-yaml"),
    path("pod/<str:name>/stream/", pod.stream, name="pod-stream"),
]

holders = [
    path("configmap/<str:name>/", holding.configmap, name="configmap"),
    path("secret/<str:name>/", holding.secret, name="secret"),
    path("claim/<str:name>/", holding.claim, name="claim"),
]

of_pod, of_service, of_workload = (
    {"target_of": target} for target in (logs.pod_target, logs.service_target, logs.workload_target)
)
logs_of = [
    path("pod/<str:name>/logs/", logs.page, of_pod, name="pod-logs"),
    path("service/<str:name>/logs/", logs.page, of_service, name="service-logs"),
    path("workload/<str:kind>/<str:name>/logs/", logs.page, of_workload, name="workload-logs"),
    path("pod/<str:name>/logs/stream/", logs_stream.stream, of_pod, name="pod-logs-stream"),
    path("service/<str:name>/logs/stream/", logs_stream.stream, of_service, name="service-logs-stream"),
    path("workload/<str:kind>/<str:name>/logs/stream/", logs_stream.stream, of_workload, name="workload-logs-stream"),
]

workloads: list[URLPattern] = [
    path("workloads/", list_pages.page, {"listing": WORKLOADS_LISTING}, name="workloads"),
    path("workloads/stream/", list_pages.stream, {"listing": WORKLOADS_LISTING}, name="workloads-stream"),
    path("pods/", list_pages.page, {"listing": PODS_LISTING}, name="pods"),
    path("pods/stream/", list_pages.stream, {"listing": PODS_LISTING}, name="pods-stream"),
    path("workload/<str:kind>/<str:name>/", workload.page, {"tab": "status"}, name="workload"),
    path("workload/<str:kind>/<str:name>/metadata/", workload.page, {"tab": "metadata"}, name="workload-metadata"),
    path("workload/<str:kind>/<str:name>/events/", workload.page, {"tab": "events"}, name="workload-events"),
    path("workload/<str:kind>/<str:name>/yaml/", workload.page, {"tab": "yaml"}, name="workload-yaml"),
    path("workload/<str:kind>/<str:name>/stream/", workload.stream, name="workload-stream"),
    path("workload/<str:kind>/<str:name>/revisions/", workload.page, {"tab": "revisions"}, name="workload-revisions"),
    path(
        "workload/<str:kind>/<str:name>/rollback/<int:revision>/",
        workload_rollback.roll_back,
        name="workload-rollback",
    ),
    path("workload/<str:kind>/<str:name>/scale/", workload_verbs.scale, name="workload-scale"),
    path("workload/<str:kind>/<str:name>/autoscaling/", workload_autoscaling.autoscaling, name="workload-autoscaling"),
    path("workload/<str:kind>/<str:name>/restart/", workload_verbs.restart, name="workload-restart"),
    path("workload/<str:kind>/<str:name>/image/", workload_verbs.image, name="workload-image"),
    path("workload/<str:kind>/<str:name>/pause/", workload_verbs.pause, {"paused": True}, name="workload-pause"),
    path("workload/<str:kind>/<str:name>/resume/", workload_verbs.pause, {"paused": False}, name="workload-resume"),
]

urlpatterns = [*pods, *holders, *logs_of, *workloads]
