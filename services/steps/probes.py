"""Health checks and lifecycle actions of a container."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.web import times
from services.steps import inputs, pair_rows
from services.steps.lenses.container import HOOK, PROBE
from services.steps.stepform import RowForm, Rows, StepForm, shows

_USUAL = {"initial_delay": "0", "period": "10", "failure": "3"}
_LONGEST = 7
_MEANS = {
    "readiness": _("A pod that stops answering is removed from the Service after %(time)s."),
    "liveness": _("A container that stops answering is restarted after %(time)s."),
    "startup": _("A container that has not started after %(time)s is restarted."),
}


class ArgumentRow(RowForm):
    """One argument, exactly as typed."""

    noun = _("Argument")
    value = inputs.exact(_("Argument"))


class _Action(StepForm):
    """What is asked of the container: the part that checks and lifecycle actions have in common."""

    shows_kept = True
    lists = {"command": Rows(ArgumentRow)}
    keep = inputs.keep()

    def prepare(self) -> None:
        self.fields["port"].widget.attrs["list"] = f"ports_{self.at.rpartition('-')[0]}"
        if self.kept:
            self.offer("kind", [*self.choices_of("kind"), ("other", _("As in the YAML"))])

    def now(self) -> str:
        """What is chosen, in short: "HTTP GET /ready on http-web"; "" where nothing is."""
        kind, values = self.chosen(), {name: self.text(name) for name in self.fields}
        if not kind:
            return ""
        at = gettext(" on %(port)s") % {"port": values["port"]} if values.get("port") else ""
        words = dict(self.choices_of("kind")).get(kind, "")
        if kind == "http":
            words = f"{values.get('scheme') or 'HTTP'} GET {values.get('path') or '/'}"
        if kind == "sleep" and values.get("seconds"):
            words = gettext("Sleep %(n)s s") % {"n": values["seconds"]}
        return f"{words}{at if kind in ('http', 'tcp', 'grpc') else ''}"

    def check(self, data: dict[str, Any]) -> None:
        kind = data.get("kind")
        if kind != "other":
            data["keep"] = ""
        if kind == "http":
            data["scheme"] = data.get("scheme") or "HTTP"
        if kind in ("http", "tcp", "grpc") and not data.get("port") and "port" not in self.errors:
            data["port"] = self._first_port()
            self.need("port", _("Enter a port: a number, or the name of one of the ports above."))
        empty = all(pair_rows.blank(row) and not row.carried for row in self.rows("command"))
        if kind == "exec" and empty and not self.unchanged:
            self.refuse("kind", _("Enter the command: one row for each argument."))

    def _first_port(self) -> str:
        """The number of the container's first port, which an empty field means."""
        ports = f"{self.at.rpartition('-')[0]}-ports"
        typed = (str(self.typed.get(f"{ports}-{number}-container_port", "")) for number in self._present.get(ports, ()))
        return next((port for port in typed if port.isdecimal()), "")


@shows(PROBE)
class ProbeForm(_Action):
    """A health check with its five timings."""

    noun = _("Health Check")
    kind = inputs.choice(
        _("Type"),
        [
            ("", _("Off")),
            ("http", _("HTTP request")),
            ("tcp", _("TCP connection")),
            ("exec", _("Command")),
            ("grpc", _("gRPC health")),
        ],
    )

    def means(self) -> str:
        """What its timings come to, of what is typed; "" where nothing is, or no number."""
        typed = (self.text(name).strip() or usual for name, usual in _USUAL.items())
        delay, period, failure = (int(text) if text.isdecimal() and len(text) < _LONGEST else 0 for text in typed)
        if not self.chosen() or not period or not failure:
            return ""
        which = self.at.rpartition("-")[2]
        seconds = period * failure + (delay if which == "startup" else 0)
        return _MEANS[which] % {"time": times.exactly(seconds)}

    def check(self, data: dict[str, Any]) -> None:
        super().check(data)
        once = self.at.endswith(("liveness", "startup"))
        if once and (data.get("success") or 1) != 1:
            self.add_error("success", _("Must be 1: a single success passes this check."))
        if data.get("kind") == "grpc" and data.get("port") and not str(data["port"]).isdecimal():
            self.add_error("port", _("A gRPC check needs the number of the port, not its name."))


@shows(HOOK)
class HookForm(_Action):
    """Something the container does after it started or before it stops."""

    noun = _("Lifecycle Management")
    kind = inputs.choice(
        _("Type"), [("", _("Nothing")), ("http", _("HTTP request")), ("exec", _("Command")), ("sleep", _("Sleep"))]
    )

    def prepare(self) -> None:
        super().prepare()
        if self.chosen() == "tcp":
            self.offer("kind", [*self.choices_of("kind"), ("tcp", _("TCP connection"))])

    def check(self, data: dict[str, Any]) -> None:
        super().check(data)
        if data.get("kind") == "sleep":
            self.need("seconds", _("Enter how long it sleeps."))
