"""Pages that belong to no app: health, theme, how to connect a cluster, and what is shown when something is wrong."""

import shlex
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console.kube.provisioner import Gap
from console.web import error_pages, htmx
from console.web.requests import ClusterRequest
from console.wiring import embedded_kubeconfig

# What is missing of the installation in a real cluster, for whoever administers the platform.
GAPS = {
    Gap.POLICY: _(
        "No admission policy limits Berth’s own account to Berth’s projects: anyone who steals its token can "
        "take over the cluster. Apply deploy/kubernetes/admission.yaml (it names Berth’s service account)."
    ),
    Gap.ACTING: _(
        "Berth may create bindings as any user, outside of projects too: anyone who steals its token can take "
        "over the cluster. Apply deploy/kubernetes/rbac.yaml of this version."
    ),
    Gap.RIGHTS: _(
        "Berth cannot create projects: its account lacks the rights for it. "
        "Apply deploy/kubernetes/rbac.yaml of this version."
    ),
}
# What connects a real cluster, by the part of the page.
COMMANDS = {
    "with_kubeconfig": "kubectl apply -f deploy/kubernetes/rbac.yaml -f deploy/kubernetes/admission.yaml\n"
    "mkdir -p -m 700 var var/cluster; FILE=var/cluster/kubeconfig\n"
    'kubectl config view --raw --minify --flatten > "$FILE" && chmod 600 "$FILE"\n'
    'kubectl --kubeconfig "$FILE" config unset users\n'
    'kubectl --kubeconfig "$FILE" config set-credentials berth '
    '--token "$(kubectl -n berth create token berth --duration 24h)"\n'
    'kubectl --kubeconfig "$FILE" config set-context --current --user berth\n'
    'BERTH_KUBECONFIG="$FILE" BERTH_DATA=var/cluster BERTH_BIND=127.0.0.1:8001 make run',
    "inside": "docker build -f deploy/Dockerfile -t <registry>/berth .\n"
    "docker push <registry>/berth\n"
    "kubectl apply -f deploy/kubernetes/rbac.yaml -f deploy/kubernetes/admission.yaml\n"
    "kubectl -n berth create secret generic berth \\\n"
    '  --from-literal=BERTH_SECRET_KEY="$(openssl rand -base64 48)" \\\n'
    "  --from-literal=BERTH_DATABASE_URL='postgres://<user>:<password>@<host>/berth'\n"
    "sed -e 's|image: berth:latest|image: <registry>/berth|' \\\n"
    "  -e 's|https://berth.example.org|<origin>|' deploy/kubernetes/console.yaml | kubectl apply -f -",
    "admin_outside": "BERTH_DATA=var/cluster BERTH_BIND=127.0.0.1:8001 .venv/bin/python manage.py createadmin <name>",
    "admin_inside": "kubectl -n berth exec deploy/berth -- python manage.py createadmin <name>",
}
THEMES = ("auto", "light", "dark")
_BANNER_HIDDEN = "banner_hidden"  # in the session: signing in again shows it again


def cluster_banner(request: ClusterRequest) -> dict[str, object]:
    """Template context: is the embedded cluster in use, what does a real one lack, and which theme was chosen."""
    theme = request.COOKIES.get("theme", "auto")
    return {
        "embedded": settings.BERTH_EMBEDDED,
        "embedded_kubeconfig": shlex.quote(str(embedded_kubeconfig())),
        "cluster_name": settings.BERTH_CLUSTER_NAME or ("embedded" if settings.BERTH_EMBEDDED else "cluster"),
        "gaps": SimpleLazyObject(lambda: _gaps(request)),
        "theme": theme if theme in THEMES else "auto",
        "banner_hidden": SimpleLazyObject(lambda: request.session.get(_BANNER_HIDDEN, False)),
    }


def _gaps(request: ClusterRequest) -> list[str]:
    """What is known to be missing; no page waits for the cluster to say."""
    cluster = getattr(request, "cluster", None)
    if cluster is None or settings.BERTH_EMBEDDED:
        return []
    return [str(GAPS[gap]) for gap in sorted(cluster.watchman.last().gaps)]


@require_safe
def connect(request: ClusterRequest) -> HttpResponse:
    """How to connect a real cluster, and whether the present one answers."""
    return render(request, "connect.html", {**COMMANDS, "answering": request.cluster.hub.answering()})


@require_POST
def theme(request: ClusterRequest) -> HttpResponse:
    """Remember the chosen theme in a cookie and go back to the page it was chosen on."""
    chosen = request.POST.get("theme", "auto")
    response = redirect(_page_before(request))
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_POST
def hide_banner(request: ClusterRequest) -> HttpResponse:
    """The banner of the demo cluster becomes a tag in the top bar, until the next sign-in."""
    request.session[_BANNER_HIDDEN] = True
    if htmx.wants_part(request):
        return render(request, "components/banner_hidden.html")
    return redirect(_page_before(request))


def _page_before(request: ClusterRequest) -> str:
    """The page that a form of every page was sent from."""
    page = request.headers.get("Referer", "/")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else "/"


@require_safe
def live(request: ClusterRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: ClusterRequest) -> HttpResponse:
    """The process can serve pages: its database answers. A cluster that is down does not take the console down."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("not ready", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: ClusterRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return error_pages.too_large(request)
    return error_pages.answer(request, 400)


def forbidden(request: ClusterRequest, exception: Exception | None = None) -> HttpResponse:
    return error_pages.answer(request, 403)


def not_found(request: ClusterRequest, exception: Exception | None = None) -> HttpResponse:
    return error_pages.answer(request, 404)


def server_error(request: ClusterRequest) -> HttpResponse:
    """What no view and no middleware caught; Django calls this while the exception is at hand."""
    ours = error_pages.trouble_of_our_own(sys.exception())
    return error_pages.answer(request, ours.status, ours) if ours else error_pages.answer(request, 500)


def stale_form(request: ClusterRequest, reason: str = "") -> HttpResponse:
    return error_pages.stale_form(request)
