"""Addresses of the create dialog: everything below `services/new/`."""

from django.urls import path

from services.views import create, create_picks, create_review, create_yaml

urlpatterns = [
    path("services/new/", create.chooser, name="new"),
    path("services/new/pick/<slug:kind>/", create_picks.pick, name="pick"),
    path("services/new/<uuid:draft>/", create.resume, name="draft"),
    path("services/new/<uuid:draft>/yaml/", create_yaml.yaml, name="draft-yaml"),
    path("services/new/<uuid:draft>/review/", create_review.review, name="review"),
    path("services/new/<uuid:draft>/create/", create_review.create, name="create"),
    path("services/new/<uuid:draft>/progress/", create_review.progress, name="progress"),
    path("services/new/<uuid:draft>/undo/", create_review.undo, name="undo"),
    path("services/new/<uuid:draft>/retry/", create_review.retry, name="retry"),
    path("services/new/<uuid:draft>/discard/", create.discard, name="discard"),
    path("services/new/<uuid:draft>/download/", create_review.download, name="download"),
    path("services/new/<uuid:draft>/<slug:step>/", create.step, name="step"),
    path("services/new/<slug:type>/", create.start, name="start"),
]
