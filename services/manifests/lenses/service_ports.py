"""The Service's side of the container ports: which port of the Service leads to which row of the pod step.

Paired by protocol and target (number or name), the first of several wins. Ports of the Service that lead to no row, or
that are not plain, are kept where they are and named by the step.
"""

from __future__ import annotations

from typing import Any

from services.manifests.lenses.rows import Row, match

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
    found: dict[int, Place] = {}
    for index, port in enumerate(ports):
        place = next((place for place, row in free.items() if _leads_to(port, row)), None) if _plain(port) else None
        if place is not None:
            found[index] = place
            del free[place]
    return found


def shown(ports: list[Any], containers: list[Row]) -> list[Row]:
    """The containers with the Service's side of their ports filled in."""
    filled: dict[Place, Row] = {}
    for index, place in pairs(ports, rows_of(containers)).items():
        app_protocol = ports[index].get("appProtocol") or ""
        filled[place] = {"service_port": ports[index]["port"], "app_protocol": app_protocol}
    return [
        {
            **container,
            "ports": [{**row, **filled.get((number, at), {})} for at, row in enumerate(container["ports"])],
        }
        for number, container in enumerate(containers)
    ]


def hidden(containers: list[Row]) -> list[Row]:
    """The containers without the Service's side of their ports."""
    bare = {"service_port": None, "app_protocol": ""}
    return [{**container, "ports": [{**row, **bare} for row in container["ports"]]} for container in containers]


def written(ports: list[Any], old: list[Row], new: list[Row]) -> list[Any]:
    """The Service's ports after the containers (with both sides of their ports) changed from ``old`` to ``new``."""
    old_rows, new_rows = rows_of(old), rows_of(new)
    came_from = _origins(old, old_rows, new, new_rows)
    by_row = {place: index for index, place in pairs(ports, old_rows).items()}
    result: dict[int, Any] = dict(enumerate(ports))
    paired: dict[int, Place] = {}
    added: list[Port] = []
    for place, row in new_rows.items():
        origin = came_from.get(place)
        index = by_row.pop(origin, None) if origin is not None else None
        if row["service_port"] is None:
            result.pop(-1 if index is None else index, None)
        elif index is None or origin is None:
            added.append(_new_port(row))
        else:
            result[index] = _changed_port(ports[index], old_rows[origin], row)
            paired[index] = place
    for index in by_row.values():  # rows that are gone
        result.pop(index, None)
    mine = [port for index, port in result.items() if index in paired] + added
    together = [*result.values(), *added]
    if not _agrees(together, new):
        together = [*mine, *(port for index, port in result.items() if index not in paired)]
    return _all_named(together, mine)


def _agrees(ports: list[Any], containers: list[Row]) -> bool:
    return shown(ports, hidden(containers)) == containers


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


def _changed_port(port: Port, old: Row, new: Row) -> Port:
    """``port`` with what changed between the two rows."""
    if old == new:
        return port
    changed = dict(port)
    if new["protocol"] != old["protocol"]:
        changed["protocol"] = new["protocol"]
    changed["port"] = new["service_port"]
    changed = _retargeted(changed, port, new)
    _set(changed, "appProtocol", new["app_protocol"], new["app_protocol"] != old["app_protocol"])
    _set(changed, "name", new["name"], port.get("name", "") == old["name"] != new["name"])
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
