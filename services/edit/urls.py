"""Addresses under which a Service that exists is changed or deleted."""

from django.urls import path

from services.edit.views import delete, download, yaml

urlpatterns = [
    path("services/download/", download.download, name="download-many"),
    path("service/<str:name>/yaml/", yaml.yaml, name="yaml"),
]

dialogs_over_the_list = [
    path("services/delete/", delete.delete_many, name="delete-many"),
    path("service/<str:name>/delete/", delete.delete, name="delete"),
]
"""Their views are given `backdrop`, which renders the list that they stand over."""
