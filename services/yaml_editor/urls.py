"""What the YAML editor asks while somebody types."""

from django.urls import path

from services.yaml_editor import views

urlpatterns = [
    path("services/yaml/problems/", views.problems, name="yaml-problems"),
    path("services/yaml/completion/", views.completion, name="yaml-completion"),
    path("services/yaml/format/", views.formatted, name="yaml-format"),
]
