"""Fill an embedded cluster that is stopped: one Service and all that stands behind it, copied in its data file.

Through its API 10,000 Services and their controllers' work would take the better part of an hour. The copies are what
the controllers themselves made, under new names, UIDs, addresses and versions.
"""

import re
import sqlite3
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

MODEL = "s-00000"
_UID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ADDRESS = re.compile(rb'(?<=")10\.\d+\.\d+\.\d+(?=")')
_VERSION = re.compile(rb'"resourceVersion":"\d+"')
_SERVICE_IPS, _POD_IPS = int(ip_address("10.96.32.0")), int(ip_address("10.128.0.0"))
_ASIDE = 15_000  # beyond all copies
_EVENTS = "events"

Row = tuple[str, str, str, bytes]


def clone(data: Path, namespace: str, services: int) -> None:
    """Copy what is called after MODEL in the namespace until there are so many Services. What is there stays."""
    database = sqlite3.connect(data)
    with database:
        (present,) = database.execute(
            "SELECT count(*) FROM objects WHERE namespace = ? AND kind = 'services'", (namespace,)
        ).fetchone()
        (version,) = database.execute("SELECT value FROM facts WHERE name = 'version'").fetchone()
        model = database.execute(
            "SELECT kind, namespace, name, raw FROM objects WHERE namespace = ? AND name LIKE ? AND kind != ?",
            (namespace, f"{MODEL}%", _EVENTS),
        ).fetchall()
        services_there = database.execute("SELECT raw FROM objects WHERE kind = 'services'")
        taken = {address for (raw,) in services_there for address in _ADDRESS.findall(raw)}
        copier = _Copier(model, int(version), taken)
        for number in range(present, services):
            database.executemany("INSERT INTO objects VALUES (?, ?, ?, ?)", copier.copy(number))
        database.execute("REPLACE INTO facts VALUES ('version', ?)", (str(copier.version),))
    database.close()


class _Copier:
    """Makes copies of one Service and its company."""

    def __init__(self, model: list[Row], version: int, taken: set[bytes]) -> None:
        self.version = version
        self._taken = taken
        self._model = model
        everything = b"".join(raw for *_, raw in model)
        others = _foreign(model)
        self._uids = sorted(set(_UID.findall(everything)) - others)
        self._service_ip = next(_ADDRESS.findall(raw)[0] for kind, _, _, raw in model if kind == "services")
        pods = (raw for kind, _, _, raw in model if kind == "pods")
        self._pod_ips = sorted({address for raw in pods for address in re.findall(rb'"podIP":"([\d.]+)"', raw)})

    def copy(self, number: int) -> Iterator[Row]:
        """The rows of one more Service."""
        name = f"s-{number:05d}"
        new = {uid: str(uuid4()).encode() for uid in self._uids}
        new[self._service_ip] = self._free_ip(number)
        for place, address in enumerate(self._pod_ips):
            new[address] = _address(_POD_IPS + number * len(self._pod_ips) + place)

        def other(match: re.Match[bytes]) -> bytes:
            return new.get(match[0], match[0])

        for kind, namespace, old, raw in self._model:
            self.version += 1
            text = raw.replace(MODEL.encode(), name.encode())
            text = _ADDRESS.sub(other, _UID.sub(other, text))
            text = _VERSION.sub(b'"resourceVersion":"%d"' % self.version, text)
            yield kind, namespace, old.replace(MODEL, name), text

    def _free_ip(self, number: int) -> bytes:
        """An address of its own: the cluster chose those of the Services that are no copies anywhere in its range."""
        wanted = _SERVICE_IPS + number
        while _address(wanted) in self._taken:
            wanted += _ASIDE
        return _address(wanted)


def _foreign(model: list[Row]) -> set[bytes]:
    """UIDs in the rows that are none of theirs (the namespace's, which stands in the project's labels)."""
    own = {match for *_, raw in model for match in re.findall(rb'"uid":"([0-9a-f-]{36})"', raw)}
    return {uid for *_, raw in model for uid in _UID.findall(raw)} - own


def _address(number: int) -> bytes:
    return str(ip_address(number)).encode()
