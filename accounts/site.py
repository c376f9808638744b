"""Our admin site: for platform administrators, and its users for who manages those; with the same one way to sign in as
everywhere else.
"""

from functools import wraps
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import Request
from accounts.roles import Capability
from accounts.scope import NotAllowed, Refused, platform_scope
from accounts.views.signing import signout

ORDER = ("User", "Workspace", "Project", "Membership", "Role", "Invitation", "SignInLink", "AuditEntry")
# Where each kind is looked after from day to day: a page of the navigation, what it is called, and what is done there.
# What has such a page of its own, with its records in it, is not among the kinds of Records.
OWN_PAGES = {"User", "Workspace"}
WORK = {
    "Project": ("admin:accounts_workspace_changelist", _("Workspaces"), _(": Open workspace, Create Project")),
    "Membership": ("admin:accounts_workspace_changelist", _("Workspaces"), _(": Members of each, and of its projects")),
    "Role": ("accounts:platform-roles", _("Platform Roles"), _(", and Roles of each workspace and project")),
    "Invitation": ("admin:accounts_workspace_changelist", _("Workspaces"), _(": Members of each, Invite")),
    "SignInLink": ("admin:accounts_user_changelist", _("Users"), _(": Create Sign-in Link")),
    "AuditEntry": ("accounts:platform-activity", _("Activity"), _(" of the platform, of each workspace and project")),
}
MOST_COUNTED = 10_000
UNUSED = {"autocomplete", "view_on_site", "password_change_done"}


class BerthAdminSite(AdminSite):
    """Only who administers the platform or manages users is let in. Its own sign-in page, which knows no throttle, is
    not served.
    """

    site_title = _("Berth")
    site_header = _("Berth")
    index_title = _("Records")
    site_url = "/"
    empty_value_display = format_html('<span class="none">{}</span>', "–")  # noqa: RUF001 - a dash, as in other tables
    index_template = "accounts/admin_index.html"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_staff

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is signed in but no administrator gets a plain 403, not a walk to a sign-in page."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not isinstance(request.user, User):
                answer: HttpResponse = inner(request, *args, **kwargs)
                return answer
            scope = platform_scope(request.user)
            if not self.has_permission(request):
                raise Refused(scope, Capability.PLATFORM_ADMIN)
            cast(Request, request).place_scope = scope
            try:
                answer = inner(request, *args, **kwargs)
            except PermissionDenied as error:
                if isinstance(error, NotAllowed) or request.user.is_platform_admin:
                    raise
                raise Refused(scope, Capability.PLATFORM_ADMIN) from error
            return answer

        return guarded

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Our models in the order in which one meets them."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: [*ORDER, model["object_name"]].index(model["object_name"]))
            for model in app["models"]:
                model["single"] = model["model"]._meta.verbose_name
                model["has_own_page"] = model["object_name"] in OWN_PAGES
                if model["object_name"] == "AuditEntry":
                    model["name"] = _("Activity")
        return apps

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The kinds of records that the reader may see, each with how many there are. Who sees none but users is led to
        those.
        """
        kinds = self.get_app_list(request)
        for app in kinds:
            app["models"] = [model for model in app["models"] if not model["has_own_page"]]
            for model in app["models"]:
                rows = self._registry[model["model"]].get_queryset(request).order_by()
                count = rows[: MOST_COUNTED + 1].count()
                words = f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else str(count)
                if model["object_name"] == "SignInLink":
                    model["remark"] = _("%d still valid") % rows.filter(used=None, expires__gt=timezone.now()).count()
                model |= {"count": words, "work": WORK.get(model["object_name"])}
        if not any(app["models"] for app in kinds):
            return redirect("admin:accounts_user_changelist")
        return super().index(request, {"app_list": kinds, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        """Without the addresses that nothing of ours uses."""
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", "") not in UNUSED]

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The one way out."""
        return signout(cast(Request, request))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One's own password is changed where those of others are, and recorded as those are."""
        assert isinstance(request.user, User)  # noqa: S101 - admin_view has seen to it
        return redirect("admin:accounts_user_change", request.user.pk)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where people who may not be here are sent: to sign in, or, if they are, away."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "/admin/"))
