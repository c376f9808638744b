"""The Service's side of the container ports: which port of the Service leads to which row of the pod step.

Paired by protocol and target (number or name), the first of several wins. Another port of the Service to the same
container port is a row of its own below that one (a *further* row: it has the name of the Service port, and no
container port of its own). Ports of the Service that lead to no row, or that are not plain, are kept where they are and
named by the step.
"""

from collections import Counter
from typing import Any

from services.steps.lenses.rows import Row, match

Port = dict[str, Any]
Place = tuple[int, int]  # (container, row of its ports)


def rows_of(containers: list[Row]) -> dict[Place, Row]:
    """The port rows of the worker containers that a Service port can lead to."""
    return {
        (number, position): row
        for number, container in enumerate(containers)
        if container["type"] == "worker"
        for position, row in enumerate(container["ports"])
        if not row["keep"]
    }


def pairs(ports: list[Any], rows: dict[Place, Row]) -> dict[int, Place]:
    """For each port of the Service (by index) that can be shown: the row it leads to."""
    free = dict(rows)
    places: dict[int, Place] = {}
    for index, port in enumerate(ports):
        place = next((place for place, row in free.items() if _leads_to(port, row)), None) if _plain(port) else None
        if place is not None:
            places[index] = place
            del free[place]
    return places


def further(ports: list[Any], rows: dict[Place, Row]) -> dict[int, Place]:
    """For each port of the Service (by index) that leads to a row which another one has: that row. None where several
    container ports have one number: which of them is meant, no row could show."""
    paired = pairs(ports, rows)
    alone = Counter(_number(row) for row in rows.values())
    places: dict[int, Place] = {}
    for index, port in enumerate(ports):
        if index not in paired and _plain(port) and isinstance(port.get("name") or "", str):
            place = next((place for place in paired.values() if _leads_to(port, rows[place])), None)
            row = rows[place] if place is not None else None
            if (
                place
                and row
                and row["container_port"] is not None
                and alone[row["container_port"], row["protocol"]] == 1
            ):
                places[index] = place
    return places


def placed(ports: list[Any], containers: list[Row]) -> tuple[dict[int, Place], dict[Place, Place], list[Row]]:
    """Where the rows are shown: of each port of the Service, of each row of the containers; and the containers with
    the Service's side of their ports filled in."""
    rows = rows_of(containers)
    paired, more = pairs(ports, rows), further(ports, rows)
    of_row = {place: index for index, place in paired.items()}
    of_port: dict[int, Place] = {}
    now: dict[Place, Place] = {}
    filled = []
    for number, container in enumerate(containers):
        listed: list[Row] = []
        for at, row in enumerate(container["ports"]):
            place, index = (number, at), of_row.get((number, at))
            now[place] = (number, len(listed))
            if index is not None:
                of_port[index] = now[place]
            listed.append(row if index is None else {**row, **_service_side(ports[index])})
            for index in (index for index, base in more.items() if base == place):
                of_port[index] = (number, len(listed))
                listed.append({**row, **_service_side(ports[index]), "name": ports[index].get("name") or ""})
        filled.append({**container, "ports": listed})
    return of_port, now, filled


def shown(ports: list[Any], containers: list[Row]) -> list[Row]:
    """The containers with the Service's side of their ports filled in, and a row for each further port."""
    return placed(ports, containers)[2]


def _service_side(port: Port) -> Row:
    return {"service_port": port["port"], "app_protocol": port.get("appProtocol") or ""}


def gone_along(ports: list[Any], old: list[Row], new: list[Row]) -> list[Row]:
    """``new`` with each further row at the container port of the row that it stood below, where only that one's number
    was changed. ``old``: the containers as they are, without further rows."""
    _of_port, now, before = placed(ports, old)
    rows, was = rows_of(new), rows_of(before)
    origins = _origins(before, was, new, rows)
    base = {was[place]["container_port"]: place for place in now.values() if place in was}
    moved = {}
    for place, origin in origins.items():
        number = rows[place]["container_port"]
        above = [other for other, come_from in origins.items() if come_from == base.get(number)]
        if origin not in now.values() and number == was[origin]["container_port"] and above:
            moved[place] = {**rows[place], "container_port": rows[above[0]]["container_port"]}
    return [
        {**container, "ports": [moved.get((number, at), row) for at, row in enumerate(container["ports"])]}
        for number, container in enumerate(new)
    ]


def own_rows(ports: list[Any], old: list[Row], new: list[Row]) -> list[Row]:
    """The containers of ``new`` without further rows. ``old``: the containers as they are, without them.

    A row is further where it has a Service port and one above it in its container has the same container port, unless
    several are container ports of their own already.
    """
    _of_port, now, before = placed(ports, old)
    rows = rows_of(new)
    origins = _origins(before, rows_of(before), new, rows)
    own = {place for place in rows if origins.get(place) in set(now.values())}
    own |= set({_number(row): place for place, row in reversed(rows.items())}.values())  # the first of each number
    several = Counter(_number(rows[place]) for place in own)
    containers = []
    for number, container in enumerate(new):
        kept: list[Row] = []
        for at, row in enumerate(container["ports"]):
            again = row["service_port"] is not None and any(_same_port(row, other) for other in kept)
            alone = several[_number(row)] < 2
            if not ((number, at) in rows and again and alone and (number, at) not in own):
                kept.append(row)
        containers.append({**container, "ports": kept})
    return containers


def _same_port(row: Row, other: Row) -> bool:
    return _number(row) == _number(other) and not other["keep"] and row["container_port"] is not None


def _number(row: Row) -> tuple[Any, Any]:
    return row["container_port"], row["protocol"]


def hidden(containers: list[Row]) -> list[Row]:
    """The containers without the Service's side of their ports."""
    bare = {"service_port": None, "app_protocol": ""}
    return [{**container, "ports": [{**row, **bare} for row in container["ports"]]} for container in containers]


def written(ports: list[Any], old: list[Row], new: list[Row]) -> list[Any]:
    """The Service's ports after the containers changed from ``old`` (as they are, without the Service's side) to
    ``new`` (with it)."""
    of_port, _now, before = placed(ports, old)
    own = own_rows(ports, old, new)
    old_rows, new_rows = rows_of(before), rows_of(new)
    came_from = _origins(before, old_rows, new, new_rows)
    by_row = {place: index for index, place in of_port.items()}
    result: dict[int, Any] = dict(enumerate(ports))
    paired: dict[int, Place] = {}
    added: dict[Place, Port] = {}
    for place, row in new_rows.items():
        origin = came_from.get(place)
        index = by_row.pop(origin, None) if origin is not None else None
        if row["service_port"] is None:
            result.pop(-1 if index is None else index, None)
        elif index is None or origin is None:
            added[place] = _new_port(row)
        else:
            result[index] = _changed_port(ports[index], old_rows[origin], row, _target(row, own[place[0]]))
            paired[index] = place
    for index in by_row.values():  # rows that are gone
        result.pop(index, None)
    mine = {place: result[index] for index, place in paired.items()} | added
    together = [*result.values(), *added.values()]
    if shown(together, hidden(own)) != new:
        in_order = [mine[place] for place in new_rows if place in mine]
        together = [*in_order, *(port for index, port in result.items() if index not in paired)]
    return _all_named(together, list(mine.values()))


def _target(row: Row, container: Row) -> Row:
    """The row of the container's own that a Service port of this row leads to."""
    if any(row is own for own in container["ports"]):
        return row
    return next((own for own in container["ports"] if _same_port(row, own)), row)


def _origins(
    old: list[Row], old_rows: dict[Place, Row], new: list[Row], new_rows: dict[Place, Row]
) -> dict[Place, Place]:
    """For each new row the old row that it comes from."""
    before = [{**row, "container": old[place[0]]["name"]} for place, row in old_rows.items()]
    after = [{**row, "container": new[place[0]]["name"]} for place, row in new_rows.items()]
    matched = match(before, after, ("container", "name"))
    places = list(old_rows)
    return {place: places[index] for place, index in zip(new_rows, matched, strict=True) if index is not None}


def _plain(port: Any) -> bool:
    return (
        isinstance(port, dict)
        and isinstance(port.get("port"), int)
        and not isinstance(port["port"], bool)
        and isinstance(port.get("appProtocol") or "", str)
        and isinstance(port.get("protocol") or "", str)
    )


def _leads_to(port: Port, row: Row) -> bool:
    target = port.get("targetPort") or port["port"]
    if (port.get("protocol") or "TCP") != row["protocol"]:
        return False
    if isinstance(target, str):
        return bool(target == row["name"])
    return not isinstance(target, bool) and target == row["container_port"]


def _new_port(row: Row) -> Port:
    port: Port = {"name": row["name"]} if row["name"] else {}
    port.update(protocol=row["protocol"], port=row["service_port"])
    port["targetPort"] = row["name"] if row["container_port"] is None else row["container_port"]
    if row["app_protocol"]:
        port["appProtocol"] = row["app_protocol"]
    return port


def _changed_port(port: Port, old: Row, new: Row, target: Row) -> Port:
    """``port`` with what changed between the two rows. ``target``: the row of the container port that it leads to."""
    if old == new and _leads_to(port, target):
        return port
    changed = dict(port)
    if new["protocol"] != old["protocol"]:
        changed["protocol"] = new["protocol"]
    changed["port"] = new["service_port"]
    changed = _retargeted(changed, port, target)
    _set(changed, "appProtocol", new["app_protocol"], new["app_protocol"] != old["app_protocol"])
    _set(changed, "name", new["name"], (port.get("name") or "") == old["name"] != new["name"])
    return changed


def _retargeted(changed: Port, port: Port, new: Row) -> Port:
    """``changed`` with a target that leads to the row; a target that did so already stays as it is."""
    target = port.get("targetPort") or port["port"]
    if _leads_to({**changed, "targetPort": target}, new):
        return changed if port.get("targetPort") or changed["port"] == target else {**changed, "targetPort": target}
    by_name = (isinstance(target, str) and new["name"] != "") or new["container_port"] is None
    return {**changed, "targetPort": new["name"] if by_name else new["container_port"]}


def _set(port: Port, key: str, value: str, changed: bool) -> None:
    if changed and value:
        port[key] = value
    elif changed:
        port.pop(key, None)


def _all_named(ports: list[Any], mine: list[Any]) -> list[Any]:
    """A Service with several ports needs a name on each: give one to ours that have none."""
    if len(ports) < 2:
        return ports
    own = {id(port) for port in mine}
    return [
        {"name": f"{str(port.get('protocol') or 'TCP').lower()}-{port.get('port')}", **port}
        if id(port) in own and not port.get("name")
        else port
        for port in ports
    ]
