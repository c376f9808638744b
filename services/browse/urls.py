"""Addresses of the list and of the details of a Service, their streams, and the parts that other pages ask for."""

from django.urls import path

from services.browse.views import attention, details, listing

urlpatterns = [
    path("services/", listing.services, name="list"),
    path("services/stream/", listing.stream, name="list-stream"),
    path("overview/stream/", attention.overview, name="overview-stream"),
    path("service/<str:name>/", details.resource_status, name="details"),
    path("service/<str:name>/metadata/", details.metadata, name="metadata"),
    path("service/<str:name>/events/", details.events, name="events"),
    path("service/<str:name>/endpointslices/", details.endpointslices, name="endpointslices"),
    path("service/<str:name>/stream/", details.stream, name="details-stream"),
]

# Not below a project: about all that a person reaches.
across_projects = [
    path("attention/stream/", attention.home, name="home-stream"),
    path("attention/marks/", attention.marks, name="marks"),
    path("attention/cluster/", attention.cluster_facts, name="cluster"),
]
