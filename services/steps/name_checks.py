"""Is the name free? Told apart: yes, no, and could not find out."""

from contextlib import suppress

from django.utils.translation import gettext as _

from accounts.scope import Scope
from console.kube import kinds
from console.kube.errors import BadName, KubeError, NotFound
from console.kube.gateway import Client
from console.kube.hub import Cluster
from console.kube.kinds import Kind
from console.kube.records import ServiceRecord
from services.manifests.bundle import Bundle, kind_of, name_of
from services.steps.stepform import StepForm


def check(client: Client, namespace: str, form: StepForm, bundle: Bundle) -> str:
    """Mark the field whose name is taken. `bundle`: the documents as the form would leave them. Returns what could not
    be found out."""
    service, workload = name_of(bundle.service), name_of(bundle.workload)
    unknown = _check(client, namespace, kinds.SERVICE, service, form, "name")
    left_over = not form.errors
    kind = next((kind for kind in kinds.WORKLOADS if kind.kind == kind_of(bundle.workload)), None)
    if kind:
        field = "name" if form.fields["version"].widget.is_hidden else "version"
        unknown = _check(client, namespace, kind, workload, form, field, left_over=left_over) or unknown
    return unknown


def check_node_ports(cluster: Cluster, scope: Scope, own: str, form: StepForm) -> None:
    """Mark node ports that another Service of the project has, where that is known: a dry run does not look at them."""
    if form.chosen() not in ("NodePort", "LoadBalancer"):
        return
    services: list[ServiceRecord] = []
    with suppress(KubeError):
        services = cluster.look(scope.subject, scope.place).services()
    held = {
        port.node_port: service.name
        for service in services
        if service.name != own
        for port in service.ports
        if port.node_port
    }
    for row in form.rows("ports"):
        chosen = row.cleaned_data.get("node_port")
        if chosen in held:
            values = {"port": chosen, "name": held[chosen]}
            row.refuse("node_port", _("Node port %(port)s is taken by Service %(name)s in this project.") % values)


def _check(
    client: Client, namespace: str, kind: Kind, name: str, form: StepForm, field: str, *, left_over: bool = False
) -> str:
    if not name:
        return ""
    try:
        client.get(kind, namespace, name)
    except (NotFound, BadName):
        return ""
    except KubeError as error:
        return _("Could not check whether the name is free (%(reason)s). The review checks it.") % {
            "reason": error.reason
        }
    values = {"kind": kind.kind, "name": name, "project": namespace}
    sentence = _("%(kind)s %(name)s already exists in %(project)s; choose another name.") % values
    if left_over:
        sentence += " " + _(
            "A workload stays when only its Service is deleted. Specify Workload creates a Service for it."
        )
    form.refuse(field, sentence)
    return ""
