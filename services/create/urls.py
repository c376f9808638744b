"""Addresses of the create dialog: everything below `services/new/`."""

from django.urls import path

from services.create.views import discard, drafts, picks, review, step, yaml

urlpatterns = [
    path("services/new/", drafts.chooser, name="new"),
    path("services/new/pick/<slug:kind>/", picks.pick, name="pick"),
    path("services/new/drafts/", drafts.listed, name="drafts"),
    path("services/new/drafts/discard/", discard.discard_many, name="discard-many"),
    path("services/new/<uuid:draft>/", drafts.resume, name="draft"),
    path("services/new/<uuid:draft>/yaml/", yaml.yaml, name="draft-yaml"),
    path("services/new/<uuid:draft>/review/", review.review, name="review"),
    path("services/new/<uuid:draft>/create/", review.create, name="create"),
    path("services/new/<uuid:draft>/progress/", review.progress, name="progress"),
    path("services/new/<uuid:draft>/undo/", review.undo, name="undo"),
    path("services/new/<uuid:draft>/retry/", review.retry, name="retry"),
    path("services/new/<uuid:draft>/discard/", discard.discard, name="discard"),
    path("services/new/<uuid:draft>/download/", review.download, name="download"),
    path("services/new/<uuid:draft>/<slug:step>/", step.step, name="step"),
    path("services/new/<slug:type>/", drafts.start, name="start"),
]
