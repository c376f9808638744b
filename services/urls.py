"""Addresses of a project's Services. `service` is singular for one, so that a Service called "new" has an address."""

from django.urls import include, path

from services.views import checking, delete, details, edit, glance, listing

app_name = "services"

urlpatterns = [
    path("services/", listing.services, name="list"),
    path("services/stream/", listing.stream, name="list-stream"),
    path("services/glance/", glance.glance, name="glance"),
    path("services/wrong/", glance.wrong, name="wrong"),
    path("services/delete/", delete.delete_many, name="delete-many"),
    path("services/yaml/problems/", checking.problems, name="yaml-problems"),
    path("services/yaml/completion/", checking.completion, name="yaml-completion"),
    path("services/yaml/format/", checking.formatted, name="yaml-format"),
    path("service/<str:name>/", details.resource_status, name="details"),
    path("service/<str:name>/metadata/", details.metadata, name="metadata"),
    path("service/<str:name>/events/", details.events, name="events"),
    path("service/<str:name>/stream/", details.stream, name="details-stream"),
    path("service/<str:name>/yaml/", edit.yaml, name="yaml"),
    path("service/<str:name>/delete/", delete.delete, name="delete"),
    path("", include("services.create_urls")),
]
