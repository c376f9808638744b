"""Addresses of the list and of the details of a Service, their streams, and the parts that other pages ask for."""

from django.urls import path

from services.browse.views import details, glance, listing

urlpatterns = [
    path("services/", listing.services, name="list"),
    path("services/stream/", listing.stream, name="list-stream"),
    path("services/glance/", glance.glance, name="glance"),
    path("services/wrong/", glance.wrong, name="wrong"),
    path("service/<str:name>/", details.resource_status, name="details"),
    path("service/<str:name>/metadata/", details.metadata, name="metadata"),
    path("service/<str:name>/events/", details.events, name="events"),
    path("service/<str:name>/stream/", details.stream, name="details-stream"),
]
