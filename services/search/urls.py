"""The address of the search; not below a project: it is about all that a person reaches."""

from django.urls import path

from services.search.views import everything

app_name = "search"

urlpatterns = [path("search/", everything.search, name="everything")]
