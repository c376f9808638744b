"""What the buttons of a step do to what is typed, beyond adding and removing rows."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from services.steps import rows
from services.steps.input_names import THERE, Typed, indices, join, whole
from services.steps.lenses.scheduling import HOSTNAME
from services.steps.stepform import StepForm
from services.steps.storage import new_volume

# What the usual images listen on; nothing is asked of a registry.
_LISTENS = {
    "nginx": 80,
    "httpd": 80,
    "traefik": 80,
    "caddy": 80,
    "wordpress": 80,
    "postgres": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongo": 27017,
    "redis": 6379,
    "valkey": 6379,
    "memcached": 11211,
    "rabbitmq": 5672,
    "tomcat": 8080,
    "grafana": 3000,
    "prometheus": 9090,
}


def act(form: type[StepForm], typed: Typed, do: str) -> str:
    """Do what the button `do` says, in place. Returns the path that gets the focus, "" where there is nothing to do."""
    verb, _, argument = do.partition(":")
    return _VERBS[verb](form, typed, argument) if verb in _VERBS else rows.act(form, typed, do)


def replace_rows(form: type[StepForm], typed: Typed, path: str, values: Sequence[Mapping[str, Any]]) -> str:
    """Put rows in the place of those that are there."""
    for at in reversed(indices(typed, path)):
        rows.act(form, typed, f"drop:{join(path, at)}")
    for value in values:
        _append(form, typed, path, value)
    return path


def _append(form: type[StepForm], typed: Typed, path: str, values: Mapping[str, Any]) -> str:
    at = rows.act(form, typed, f"add:{path}")
    node = rows.form_at(form, path)
    if node is not None and at:
        for key in [key for key in typed if key.startswith(at + "-")]:
            del typed[key]
        typed[join(at, THERE)] = "1"
        node.type_in(values, typed, at)
    return at


def _step(form: type[StepForm], typed: Typed, name: str, by: int) -> str:
    number = whole(str(typed.get(name, "") or "0"))
    if name in form.base_fields and number is not None:
        typed[name] = str(max(0, number + by))
    return name


def _default_ports(form: type[StepForm], typed: Typed, container: str) -> str:
    """One port as the image is known to listen on: 80 where nothing is known."""
    image = str(typed.get(join(container, "image"), "")).rsplit("/", 1)[-1].split("@")[0].split(":")[0]
    number = _LISTENS.get(image, 80)
    port = {"protocol": "TCP", "name": f"tcp-{number}", "container_port": number, "service_port": number}
    if rows.form_at(form, join(container, "ports")) is None:
        return ""
    return replace_rows(form, typed, join(container, "ports"), [port])


def _volume(form: type[StepForm], typed: Typed, kind: str) -> str:
    taken = {str(value) for key, value in typed.items() if key.endswith("-name")}
    number = 0
    while (volume := new_volume(kind, number))["name"] in taken:
        number += 1
    return _append(form, typed, "volumes", volume)


def _pin(form: type[StepForm], typed: Typed, node: str) -> str:
    """Only this node: its host name as the one label that is asked for."""
    others = [at for at in indices(typed, "node_selector") if typed.get(f"node_selector-{at}-key") != HOSTNAME]
    for at in reversed(indices(typed, "node_selector")):
        if at not in others:
            rows.act(form, typed, f"drop:node_selector-{at}")
    return _append(form, typed, "node_selector", {"key": HOSTNAME, "value": node})


def _suggest(form: type[StepForm], typed: Typed, key: str) -> str:
    """An annotation for the load balancer: with a value (`key=value`) that is set, or taken back when it is set
    already; else its value is to be filled in."""
    key, _, value = key.partition("=")
    path = "service_annotations"
    number = next((at for at in indices(typed, path) if typed.get(f"{path}-{at}-key") == key), None)
    if number is not None and value and typed.get(f"{path}-{number}-value") == value:
        rows.act(form, typed, f"drop:{path}-{number}")
    elif number is not None and value:
        typed[f"{path}-{number}-value"] = value
    elif number is None:
        number = _append(form, typed, path, {"key": key, "value": value}).rpartition("-")[2]
    return "" if value else f"{path}-{number}-value"


def _unpin(form: type[StepForm], typed: Typed, key: str) -> str:
    """Leave a label out of the selector."""
    for at in reversed(indices(typed, "selector")):
        if typed.get(f"selector-{at}-key") == key:
            rows.act(form, typed, f"drop:selector-{at}")
    return "selector"


_VERBS: dict[str, Callable[[type[StepForm], Typed, str], str]] = {
    "more": partial(_step, by=1),
    "fewer": partial(_step, by=-1),
    "ports": _default_ports,
    "volume": _volume,
    "pin": _pin,
    "unpin": _unpin,
    "suggest": _suggest,
}
