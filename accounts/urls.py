"""Addresses of people and places."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "accounts"


def soon(request: HttpRequest, **parts: str) -> HttpResponse:
    return HttpResponse("soon")


urlpatterns = [
    path("", soon, name="home"),
    path("signin/", soon, name="signin"),
    path("signin/link/<str:token>/", soon, name="signin-link"),
    path("signout/", soon, name="signout"),
    path("workspaces/<str:workspace>/", soon, name="workspace"),
    path("projects/<str:project>/", soon, name="project"),
    path("projects/<str:project>/members/", soon, name="members"),
    path("projects/<str:project>/roles/", soon, name="roles"),
    path("projects/<str:project>/activity/", soon, name="activity"),
]
