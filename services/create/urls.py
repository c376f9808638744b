"""Addresses of the create dialog, everything below `services/new/`, and of its steps on a workload that exists."""

from django.urls import path

from services.create.views import discard, drafts, picks, review, settings, settings_review, step, yaml

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

_of_a_workload = "workload/<str:kind>/<str:name>/settings/"
urlpatterns += [
    path(_of_a_workload, settings.begin, name="workload-settings"),
    path(f"{_of_a_workload}<uuid:draft>/yaml/", settings.text, name="workload-settings-yaml"),
    path(f"{_of_a_workload}<uuid:draft>/review/", settings.review, name="workload-settings-review"),
    path(f"{_of_a_workload}<uuid:draft>/apply/", settings_review.apply, name="workload-settings-apply"),
    path(f"{_of_a_workload}<uuid:draft>/merge/", settings_review.merge, name="workload-settings-merge"),
    path(f"{_of_a_workload}<uuid:draft>/discard/", settings.discard, name="workload-settings-discard"),
    path(f"{_of_a_workload}<uuid:draft>/download/", settings.download, name="workload-settings-download"),
    path(f"{_of_a_workload}<uuid:draft>/<slug:step>/", settings.one_step, name="workload-settings-step"),
]
