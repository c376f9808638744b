"""What our requests have beside what Django gives them. At run time they are Django's: the middleware sets these."""

from django.http import HttpRequest

from console.kube.hub import Cluster


class ClusterRequest(HttpRequest):
    """As `console.middleware` hands it on."""

    cluster: Cluster
    request_id: str  # 16 characters: in our log, on error pages and in the audit row
    refused_by: Exception  # on the way to an error page only: what no view caught
