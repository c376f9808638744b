"""One container of the pods: image, resources, ports, and everything below its folds; the security of the pod, too."""

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from services.manifests import images, quantities
from services.steps import inputs, pair_rows
from services.steps.lenses.container import IMAGE, POD_SECURITY, PORT, RESOURCES, SECURITY, VARIABLE, VARIABLE_SOURCE
from services.steps.lenses.parts import Record
from services.steps.probes import ArgumentRow, HookForm, ProbeForm
from services.steps.stepform import Fold, RowForm, Rows, StepForm, shows
from services.words import said

_SLIPS = {"cpu": quantities.cpu_slip, "memory": quantities.memory_slip}


@shows(PORT)
class PortRow(RowForm):
    """A port of the container, and the port of the Service that leads to it."""

    noun = _("Port")
    field_order = ("protocol", "app_protocol", "name", "container_port", "service_port")

    def check(self, data: dict[str, Any]) -> None:
        if not pair_rows.blank(self):
            self.need("container_port", _("Enter a port."))

    def name_it(self, taken: set[str]) -> None:
        """A new port without a name gets one from its protocol and number, as the documentation does."""
        data = self.cleaned_data
        left_so = (data.get("container_port"), data.get("protocol")) in self.context.facts.get("unnamed", ())
        if data.get("name") or data.get("container_port") is None or self.errors or left_so:
            return
        prefix = str(data.get("app_protocol") or "")
        if not (prefix.isalnum() and prefix.isascii()):
            prefix = str(data.get("protocol") or "tcp").lower()
        name = f"{prefix[:9]}-{data['container_port']}"
        while name in taken:
            name = f"{prefix[:6]}{len(taken)}-{data['container_port']}"
        data["name"] = name


@shows(*VARIABLE.spreading, VARIABLE)
class VariableRow(RowForm):
    """One environment variable."""

    noun = _("Variable")
    field_order = ("name", "source", "value", "object", "key", "optional")
    source = inputs.choice(
        _("From"),
        [
            ("value", _("Value")),
            ("configmap", _("ConfigMap")),
            ("secret", _("Secret")),
            ("field", _("Field of the pod")),
            ("resource", _("Resource")),
        ],
    )

    def prepare(self) -> None:
        for name in ("object", "key"):
            self.fields[name].widget.attrs["list"] = f"list_id_{self.add_prefix(name)}"

    def check(self, data: dict[str, Any]) -> None:
        source = data.get("source") or "value"
        if any(data.get(part) for part in ("value", "object", "key")):
            self.need("name", _("Enter a name."))
        if data.get("name") and source in ("configmap", "secret") and not data.get("object"):
            self.add_error("object", _("Choose the object with the value."))
        if data.get("name") and source != "value" and not data.get("key"):
            self.add_error("key", _("Choose a key."))


@shows(VARIABLE_SOURCE)
class SourceRow(RowForm):
    """All keys of one ConfigMap or Secret."""

    noun = _("All keys of")
    source = inputs.choice(_("From"), [("configmap", _("ConfigMap")), ("secret", _("Secret"))])
    field_order = ("source", "object", "prefix", "optional")


_NOW = {
    "privileged": {"true": _("privileged")},
    "run_as_non_root": {"true": _("non-root")},
    "allow_escalation": {"true": _("escalation allowed"), "false": _("no escalation")},
    "read_only_root": {"true": _("read-only root")},
}


class _Security(StepForm):
    LINUX = ("se_user", "se_role", "se_type", "se_level")
    noun = _("Security Context")

    def check(self, data: dict[str, Any]) -> None:
        if data.get("seccomp") == "Localhost":
            self.need("seccomp_profile", _("Enter the file of the profile, relative to the node’s seccomp directory."))
        if data.get("run_as_non_root") is True and data.get("run_as_user") == 0:
            self.add_error("run_as_user", _("User 0 is root, but Run as Non-root is Yes."))

    def is_set(self) -> bool:
        """Whether anything is said, as typed."""
        return any(self._said(name) for name in self.fields)

    def now(self) -> str:
        """What is set, in short: "Runs as user 10001, no escalation"."""
        settings = [
            _NOW[name][value] for name, value in ((name, self._said(name)) for name in _NOW) if value in _NOW[name]
        ]
        user = self._said("run_as_user")
        words = [gettext("runs as user %(user)s") % {"user": user}] * bool(user) + [
            str(setting) for setting in settings
        ]
        text = ", ".join(words[:3]) or (gettext("set") if self.is_set() else gettext("not set"))
        return text[:1].upper() + text[1:]

    def linux_is_set(self) -> bool:
        """Whether anything of SELinux is said."""
        return any(self._said(name) for name in self.LINUX)

    def linux_opens(self) -> bool:
        """Whether something of SELinux is wrong."""
        return any(name in self.errors for name in self.LINUX)

    def _said(self, name: str) -> str:
        return self.text(name) if name in self.fields else ""


@shows(SECURITY)
class ContainerSecurityForm(_Security):
    """What one container may do."""

    def check(self, data: dict[str, Any]) -> None:
        super().check(data)
        if data.get("privileged") is True and data.get("allow_escalation") is False:
            self.add_error(
                "allow_escalation",
                _("A privileged container can always escalate: choose Yes here, or No there."),
            )


@shows(POD_SECURITY)
class PodSecurityForm(_Security):
    """What holds for all containers that say nothing of their own."""


@shows(Record(**IMAGE, **RESOURCES))
class ContainerForm(StepForm):
    """One worker or init container."""

    noun = _("Container")
    groups = {
        "liveness": ProbeForm,
        "readiness": ProbeForm,
        "startup": ProbeForm,
        "post_start": HookForm,
        "pre_stop": HookForm,
        "security": ContainerSecurityForm,
    }
    lists = {
        "ports": Rows(PortRow, start=lambda number: {"protocol": "TCP"}),
        "command": Rows(ArgumentRow),
        "args": Rows(ArgumentRow),
        "env": Rows(VariableRow, start=lambda number: {"source": "value"}),
        "env_from": Rows(SourceRow, start=lambda number: {"source": "configmap"}),
    }
    type = inputs.choice(_("Container type"), [("worker", _("Worker")), ("init", _("Init"))])
    host_timezone = inputs.tick(_("Synchronize Host Timezone"), _("Mounts the clock settings of the node, read-only."))
    keep = inputs.keep()

    def is_init(self) -> bool:
        """As typed, so that it holds before anything is checked."""
        return self.text("type") == "init"

    def has_service_ports(self) -> bool:
        """Whether ports of the Service stand beside its own; those of one that exists are changed with Edit Service."""
        return not self.is_init() and not self.context.facts.get("live")

    def prepare(self) -> None:
        for row in self.rows("ports"):
            if not self.has_service_ports():
                row.fields.pop("service_port")
                row.fields.pop("app_protocol")

    def ports_to_offer(self) -> list[str]:
        """Names and numbers of its ports as typed, which a health check can ask."""
        typed = [row.text(name) for row in self.rows("ports") for name in ("name", "container_port")]
        return [text for text in dict.fromkeys(typed) if text]

    def image_parts(self) -> images.Image | None:
        """Registry, repository and tag or digest of what is typed, if it can be read."""
        image = images.parse_image(self.text("image").strip())
        return image if isinstance(image, images.Image) else None

    def folds(self) -> "list[Fold]":
        """The groups below the ports: what each holds now, and whether it is open."""
        health = self._said((_("Readiness"), "readiness"), (_("Liveness"), "liveness"), (_("Startup"), "startup"))
        life = self._said((_("After start"), "post_start"), (_("Before stop"), "pre_stop"))
        security, synced = self.below["security"], _("On") if self.text("host_timezone") else _("Off")
        assert isinstance(security, ContainerSecurityForm)  # noqa: S101 - the groups say so
        folds = [
            Fold("health", _("Health Check"), health or _("Off"), self.is_open("readiness", "liveness", "startup")),
            Fold("env", _("Environment Variables"), self._variables(), self.is_open("env", "env_from")),
            Fold("command", _("Start Command"), self._command(), self.is_open("command", "args")),
            Fold(
                "lifecycle", _("Lifecycle Management"), life or _("No actions"), self.is_open("post_start", "pre_stop")
            ),
            Fold("security", _("Container Security Context"), security.now(), self.is_open("security")),
            Fold("timezone", self.fields["host_timezone"].label, synced, False),
        ]
        texts = {"health": health, "lifecycle": life}
        return [fold for fold in folds if not self.is_init() or texts.get(fold.name, fold.name)]

    def _said(self, *groups: tuple[Any, str]) -> str:
        forms = ((words, self.below[name]) for words, name in groups)
        return ", ".join(
            f"{words}: {form.now()}" for words, form in forms if isinstance(form, ProbeForm | HookForm) and form.now()
        )

    def _variables(self) -> Any:
        count, whole = len(self.rows("env")), len(self.rows("env_from"))
        if not count and not whole:
            return _("None")
        secret = sum(row.text("source") == "secret" for row in self.rows("env"))
        counts = [ngettext("%(n)d variable", "%(n)d variables", count) % {"n": count}] if count else []
        counts += [gettext("%(n)d from Secrets") % {"n": secret}] if secret else []
        counts += [ngettext("%(n)d whole object", "%(n)d whole objects", whole) % {"n": whole}] if whole else []
        return ", ".join(counts)

    def _command(self) -> Any:
        command, args = len(self.rows("command")), len(self.rows("args"))
        if not command and not args:
            return _("Image default")
        more = ngettext("%(n)d argument", "%(n)d arguments", args) % {"n": args}
        custom = gettext("Custom command") if command else gettext("Image command")
        return f"{custom}, {more}" if args else custom

    def values(self) -> dict[str, Any]:
        values = super().values()
        if not self.has_service_ports():
            values["ports"] = [{**port, "service_port": None, "app_protocol": ""} for port in values["ports"]]
        return values

    def check(self, data: dict[str, Any]) -> None:
        for resource in ("cpu", "memory"):
            request, limit = (data.get(f"{resource}_{side}") or "" for side in ("request", "limit"))
            if quantities.more_than(request, limit):
                slips = [slip for slip in map(_SLIPS[resource], (request, limit)) if slip]
                sentences = (str(_("The request is more than the limit.")), *map(said, slips))
                self.add_error(f"{resource}_request", " ".join(sentences))
        ports = self.rows("ports")
        taken = {str(row.cleaned_data.get("name") or "") for row in ports}
        for row in (row for row in ports if isinstance(row, PortRow)):
            row.name_it(taken)
            taken.add(str(row.cleaned_data.get("name") or ""))
        pair_rows.unique(ports, "name", _("Duplicate name: %(value)s."))
        self._check_actions()
        pair_rows.unique(self.rows("env"), "name", _("Duplicate: %(value)s. The cluster would use the last one."))

    def _check_actions(self) -> None:
        """A check or action that names a port names one of this container. The names that stand in the documents may
        be meant as well: they are followed when the port is renamed."""
        ports = [port for container in self.context.read.get("containers", ()) for port in container["ports"]]
        mine = {str(row.cleaned_data.get("name") or "") for row in self.rows("ports")} - {""}
        known = mine | {port["name"] for port in ports}
        for form in self.below.values():
            if not isinstance(form, ProbeForm | HookForm) or "port" in form.errors:
                continue
            port = str(form.cleaned_data.get("port") or "")
            if port and not port.isdecimal() and port not in known:
                names = ", ".join(sorted(mine)) or _("none")
                values = {"port": port, "names": names}
                form.add_error("port", _("This container has no port named %(port)s. Its ports: %(names)s.") % values)
