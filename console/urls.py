"""Every address of the console."""

from django.contrib import admin
from django.urls import include, path

from console import pages
from services.urls import across_projects

urlpatterns = [
    path("", include("accounts.urls")),
    path("projects/<str:project>/", include("services.urls")),
    path("", include((across_projects, "attention"))),
    path("", include("services.search.urls")),
    path("connect/", pages.connect, name="connect"),
    path("banner/hide/", pages.hide_banner, name="hide-banner"),
    path("theme/", pages.theme, name="theme"),
    path("healthz/live", pages.live, name="live"),
    path("healthz/ready", pages.ready, name="ready"),
    path("admin/", admin.site.urls),
]

handler400 = "console.pages.bad_request"
handler403 = "console.pages.forbidden"
handler404 = "console.pages.not_found"
handler500 = "console.pages.server_error"
