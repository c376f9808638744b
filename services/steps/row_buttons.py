"""What the small buttons of a step do to what is typed: add and remove rows, count up and down, suggest values.

A button posts the whole form with `do=<verb>:<argument>`; nothing is checked and nothing is saved, so it works half-way
through, with a script and without.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from services.steps.input_names import THERE, Typed, indices, whole
from services.steps.lenses.parts import joined
from services.steps.lenses.scheduling import HOSTNAME
from services.steps.stepform import Rows, StepForm
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
    return _VERBS[verb](form, typed, argument) if verb in _VERBS else ""


def replace_rows(form: type[StepForm], typed: Typed, path: str, values: Sequence[Mapping[str, Any]]) -> str:
    """Put rows in the place of those that are there."""
    for at in reversed(indices(typed, path)):
        _drop(form, typed, joined(path, at))
    for value in values:
        _add(form, typed, path, value)
    return path


def _add(form: type[StepForm], typed: Typed, path: str, values: Mapping[str, Any] | None = None) -> str:
    rows = _rows_at(form, path)
    if rows is None:
        return ""
    present = indices(typed, path)
    at = joined(path, str(int(present[-1]) + 1 if present else 0))
    typed[joined(at, THERE)] = "1"
    rows.form.type_in(rows.start(len(present)) if values is None else values, typed, at)
    return at


def _drop(form: type[StepForm], typed: Typed, path: str) -> str:
    around, _, at = path.rpartition("-")
    if _rows_at(form, around) is None or whole(at) is None:
        return ""
    following = [other for other in indices(typed, around) if int(other) > int(at)]
    for key in _below(typed, path):
        del typed[key]
    for other in following:
        for key in _below(typed, joined(around, other)):
            typed.setlist(joined(around, at) + key[len(joined(around, other)) :], typed.getlist(key))
            del typed[key]
        at = other
    return around


def _below(typed: Typed, path: str) -> list[str]:
    return [key for key in typed if key.startswith(path + "-")]


def _rows_at(form: type[StepForm], path: str) -> Rows | None:
    """The list at a path: `containers-0-ports` is the list of ports in a form of the list of containers."""
    rows: Rows | None = None
    for part in path.split("-"):
        if part.isdecimal() and rows is not None:
            continue
        rows = form.lists.get(part)
        below = rows.form if rows else form.groups.get(part)
        if below is None:
            return None
        form = below
    return rows


def _step(form: type[StepForm], typed: Typed, name: str, by: int) -> str:
    number = whole(str(typed.get(name, "") or "0"))
    if name in form.base_fields and number is not None:
        typed[name] = str(max(0, number + by))
    return name


def _default_ports(form: type[StepForm], typed: Typed, container: str) -> str:
    """One port as the image is known to listen on: 80 where nothing is known."""
    image = str(typed.get(joined(container, "image"), "")).rsplit("/", 1)[-1].split("@")[0].split(":")[0]
    number = _LISTENS.get(image, 80)
    port = {"protocol": "TCP", "name": f"tcp-{number}", "container_port": number, "service_port": number}
    path = joined(container, "ports")
    return replace_rows(form, typed, path, [port]) if _rows_at(form, path) else ""


def _volume(form: type[StepForm], typed: Typed, kind: str) -> str:
    taken = {str(value) for key, value in typed.items() if key.endswith("-name")}
    number = 0
    while (volume := new_volume(kind, number))["name"] in taken:
        number += 1
    return _add(form, typed, "volumes", volume)


def _pin(form: type[StepForm], typed: Typed, node: str) -> str:
    """Only this node: its host name as the one label that is asked for."""
    _drop_keyed(form, typed, "node_selector", HOSTNAME)
    return _add(form, typed, "node_selector", {"key": HOSTNAME, "value": node})


def _unpin(form: type[StepForm], typed: Typed, key: str) -> str:
    """Leave a label out of the selector."""
    _drop_keyed(form, typed, "selector", key)
    return "selector"


def _drop_keyed(form: type[StepForm], typed: Typed, path: str, key: str) -> None:
    for at in reversed(indices(typed, path)):
        if typed.get(f"{path}-{at}-key") == key:
            _drop(form, typed, joined(path, at))


def _suggest(form: type[StepForm], typed: Typed, key: str) -> str:
    """An annotation for the load balancer: with a value (`key=value`) that is set, or taken back when it is set
    already; else its value is to be filled in."""
    key, _, value = key.partition("=")
    path = "service_annotations"
    number = next((at for at in indices(typed, path) if typed.get(f"{path}-{at}-key") == key), None)
    if number is not None and value and typed.get(f"{path}-{number}-value") == value:
        _drop(form, typed, f"{path}-{number}")
    elif number is not None and value:
        typed[f"{path}-{number}-value"] = value
    elif number is None:
        number = _add(form, typed, path, {"key": key, "value": value}).rpartition("-")[2]
    return "" if value else f"{path}-{number}-value"


def _unset(form: type[StepForm], typed: Typed, key: str) -> str:
    """Take an annotation of the load balancer back, whatever its value is."""
    _drop_keyed(form, typed, "service_annotations", key)
    return ""


_VERBS: dict[str, Callable[[type[StepForm], Typed, str], str]] = {
    "add": _add,
    "drop": _drop,
    "more": partial(_step, by=1),
    "fewer": partial(_step, by=-1),
    "ports": _default_ports,
    "volume": _volume,
    "pin": _pin,
    "unpin": _unpin,
    "suggest": _suggest,
    "unset": _unset,
}
