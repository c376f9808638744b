"""Addresses of a project's Services. `service` is singular for one, so that a Service called "new" has an address."""

from django.urls import include, path

from services.browse.urls import across_projects
from services.browse.views import details
from services.browse.views.listing import LISTING
from services.edit.urls import (
    dialogs_over_the_list,
    dialogs_over_the_pods,
    dialogs_over_the_service,
    dialogs_over_the_workloads,
)
from services.workloads.views import lists

__all__ = ["across_projects", "app_name", "urlpatterns"]

app_name = "services"

urlpatterns = [
    path("", include("services.browse.urls")),
    path("", include("services.create.urls")),
    path("", include("services.edit.urls")),
    path("", include(dialogs_over_the_list), {"backdrop": LISTING.backdrop}),  # edit knows nothing of browse
    path("", include(dialogs_over_the_workloads), {"backdrop": lists.WORKLOADS_LISTING.backdrop}),
    path("", include(dialogs_over_the_pods), {"backdrop": lists.PODS_LISTING.backdrop}),
    path("", include(dialogs_over_the_service), {"backdrop": details.backdrop}),
    path("", include("services.yaml_editor.urls")),
    path("", include("services.workloads.urls")),
]
