"""Basic Information: name, version, alias, description, and everything that is named after them."""

from services.manifests import names
from services.manifests.bundle import Bundle, kind_of, name_of
from services.manifests.names import workload_name
from services.manifests.sentences import gettext_noop as _
from services.manifests.starters import ALIAS, DESCRIPTION
from services.manifests.tree import MISSING, get, replace
from services.steps.lenses import field
from services.steps.lenses.labels import labels_of, relabelled
from services.steps.lenses.lens import NEW_SERVICE, Note, Values
from services.steps.lenses.parts import Part, Path, Record

_NAME = ("metadata", "name")
ALIAS_AND_DESCRIPTION: dict[str, Part] = {
    "alias": field.text(
        ("metadata", "annotations", ALIAS),
        _("Alias"),
        optional=True,
        most=63,
        mono=False,
        help=_("Shown beside the name. At most 63 characters."),
    ),
    "description": field.text(
        ("metadata", "annotations", DESCRIPTION),
        _("Description"),
        optional=True,
        most=256,
        mono=False,
        lines=3,
        help=_("At most 256 characters. Stored as an annotation of the Service."),
    ),
}
BASIC = Record(
    name=field.text(
        "metadata.name",
        _("Name"),
        names.service_name,
        required=True,
        most=63,
        two=True,
        help=_("Lowercase letters, digits and hyphens, at most 63. Cannot be changed later."),
        missing=_("Enter a name."),
    ),
    **ALIAS_AND_DESCRIPTION,
)


class BasicLens:
    """Alias and description stand on the Service; name and version go everywhere they stood before on it and on the
    workload (other documents follow: ``renames.follow``)."""

    def read(self, bundle: Bundle) -> Values:
        values = BASIC.read(bundle.service or NEW_SERVICE)
        return {**values, "version": version_of(bundle)}

    def write(self, bundle: Bundle, values: Values) -> Bundle:
        old = self.read(bundle)
        if values == old:
            return bundle
        service = bundle.service or NEW_SERVICE
        written = BASIC.write(service, values)
        bundle = bundle.with_service(written) if written is not service else bundle
        if bundle.workload is None:
            return _renamed_labels(bundle, old, values)
        if (values["name"], values["version"]) == (old["name"], old["version"]):
            return bundle
        return _with_workload_name(_renamed_labels(bundle, old, values), old, values)

    def unseen(self, bundle: Bundle) -> tuple[Note, ...]:
        return ()

    def field_for(self, kind: str, path: Path, bundle: Bundle) -> tuple[int, str] | None:
        if kind == "Service":
            location = BASIC.locate(path, bundle.service or NEW_SERVICE)
            return location if location and location[0] > 1 and location[1] else None
        if kind == kind_of(bundle.workload):
            if path in (_NAME, ("spec", "serviceName")):
                return (2, "name")
            if path[-2:] == ("labels", "version") or path[-2:] == ("matchLabels", "version"):
                return (len(path), "version")
        return None


def version_of(bundle: Bundle) -> str:
    """The workload's ``version`` label; without one, what its name has after the Service's."""
    label = labels_of(bundle.workload).get("version", MISSING)
    if isinstance(label, str):
        return label
    name, prefix = name_of(bundle.workload), f"{name_of(bundle.service)}-"
    return name.removeprefix(prefix) if len(prefix) > 1 and name.startswith(prefix) else ""


def _renamed_labels(bundle: Bundle, old: Values, new: Values) -> Bundle:
    names = ({"app": old["name"]}, {"app": new["name"]}) if old["name"] != new["name"] else ({}, {})
    before, after = (dict(labels) for labels in names)
    if bundle.workload is not None and old["version"] != new["version"]:
        if old["version"] or "version" in labels_of(bundle.workload):
            before["version"] = old["version"]
        if new["version"]:
            after["version"] = new["version"]
    if before and labels_of(bundle.workload or bundle.service).get("app", MISSING) == MISSING:
        before.pop("app", None)
        after.pop("app", None)
    return relabelled(bundle, before, after) if before or after else bundle


def _with_workload_name(bundle: Bundle, old: Values, new: Values) -> Bundle:
    workload = bundle.workload or {}
    usual = (workload_name(old["name"], old["version"]), old["name"], "")
    if name_of(workload) in usual:
        workload = replace(workload, _NAME, workload_name(new["name"], new["version"]) or MISSING)
    if get(workload, ("spec", "serviceName")) == old["name"] != new["name"]:
        workload = replace(workload, ("spec", "serviceName"), new["name"])
    bundle = bundle.with_workload(workload)
    if version_of(bundle) == new["version"]:
        return bundle
    # Labels and name deviated so much that the version did not arrive: say it where it is read first.
    return bundle.with_workload(replace(workload, ("metadata", "labels", "version"), new["version"]))
