"""What happens to an object between decoding and storing: defaults, allocation, validation, quota."""

from __future__ import annotations

from . import defaults
from .allocation import Allocator
from .api_errors import Cause, forbidden, invalid
from .catalog import (
    DAEMON_SET,
    DEPLOYMENT,
    HPA,
    INGRESS,
    NETWORK_POLICY,
    POD,
    PVC,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Kind,
)
from .objects import Obj, Store
from .quota import charge
from .rbac import Authorizer
from .requests import Options
from .validation import check, structure

__all__ = ["Admission", "Cause", "has_generation", "structure"]

_GENERATIONS = (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, POD, HPA, INGRESS, NETWORK_POLICY)


def has_generation(kind: Kind) -> bool:
    """Whether the server counts the changes of the spec."""
    return kind in _GENERATIONS


class Admission:
    """The chain that every write goes through."""

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self.store, self.authorizer = store, authorizer
        self.allocator = Allocator(store)

    def create(self, kind: Kind, body: Obj, options: Options) -> None:
        """Complete and check a new object in place; raises Invalid."""
        self._complete(kind, body, None, options)

    def update(self, kind: Kind, body: Obj, old: Obj, options: Options) -> None:
        """Complete and check a changed object in place; raises Invalid."""
        self._complete(kind, body, old, options)

    def _complete(self, kind: Kind, body: Obj, old: Obj | None, options: Options) -> None:
        defaults.apply(kind, body)
        if kind is PVC and old is None:
            self._storage_class(body)
        if kind is POD and old is None and body["spec"]["priority"] != 0 and not body["spec"].get("priorityClassName"):
            why = f"the integer value of priority ({body['spec']['priority']}) must not be provided in pod spec; "
            why += "priority admission controller computed 0 from the given PriorityClass name"
            raise forbidden("pods", body["metadata"].get("name", ""), why)
        problems = self.allocator.allocate(body, old, dry_run=options.dry_run) if kind is SERVICE else []
        problems = problems or check(kind, body, old, options.missing)
        if problems:
            raise invalid(kind, body["metadata"].get("name", ""), problems)

    def _storage_class(self, body: Obj) -> None:
        if "storageClassName" not in body["spec"]:
            for entry in self.store.scan(STORAGE_CLASS):
                notes = entry.body()["metadata"].get("annotations") or {}
                if notes.get("storageclass.kubernetes.io/is-default-class") == "true":
                    body["spec"]["storageClassName"] = entry.name

    def charge(self, kind: Kind, body: Obj, old: Obj | None) -> None:
        """Refuse what a ResourceQuota does not leave room for."""
        charge(self.store, kind, body, old)
