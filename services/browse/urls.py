"""Addresses of the list and of the details of a Service, their streams, and the parts that other pages ask for."""

from django.urls import path

from services.browse.views import attention, details
from services.browse.views.listing import LISTING
from services.shown import list_pages

urlpatterns = [
    path("services/", list_pages.page, {"listing": LISTING}, name="list"),
    path("services/stream/", list_pages.stream, {"listing": LISTING}, name="list-stream"),
    path("overview/stream/", attention.overview, name="overview-stream"),
    path("service/<str:name>/", details.page, {"tab": "status"}, name="details"),
    path("service/<str:name>/metadata/", details.page, {"tab": "metadata"}, name="metadata"),
    path("service/<str:name>/events/", details.page, {"tab": "events"}, name="events"),
    path("service/<str:name>/endpointslices/", details.page, {"tab": "endpointslices"}, name="endpointslices"),
    path("service/<str:name>/stream/", details.stream, name="details-stream"),
]

# Not below a project: about all that a person reaches.
across_projects = [
    path("attention/stream/", attention.home, name="home-stream"),
    path("attention/marks/", attention.marks, name="marks"),
    path("attention/cluster/", attention.cluster_facts, name="cluster"),
]
