"""Storage Settings: volumes, claim templates, and where each is mounted."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext_lazy as _

from services.manifests import names, quantities
from services.steps import inputs, pair_rows
from services.steps.lenses.container import LOCAL_TIME
from services.steps.stepform import Rows, StepForm

KINDS = {
    "claim": _("Existing claim"),
    "empty": _("Temporary volume"),
    "configmap": _("ConfigMap"),
    "secret": _("Secret"),
    "host": _("Host path"),
    "other": _("As in the YAML"),
    "broken": _("As in the YAML"),
}
OFFERED = {
    "claim": _("Data that is there already and outlives the pods. You choose from the claims of this project."),
    "empty": _("Empty at the start of each pod and gone with it; on the disk of the node or in memory."),
    "configmap": _("Its keys as files, all or chosen ones. Always read-only."),
    "secret": _("Its keys as files, all or chosen ones. Values are never shown here."),
    "host": _("A folder of the node itself. Rarely right: see the warning it brings."),
}
MODES = [
    ("ReadWriteOnce", _("One node at a time may write. What a database wants.")),
    ("ReadWriteOncePod", _("One pod at a time, even on the same node.")),
    ("ReadOnlyMany", _("Many nodes, none may write.")),
    ("ReadWriteMany", _("Many nodes may write.")),
]


class MountRow(StepForm):
    """The volume at a path in a container."""

    tabular = True
    noun = _("Mount")
    container = inputs.choice(_("Container"), [])
    path = inputs.text(_("Path"), names.mount_path)
    sub_path = inputs.text(_("Sub path"), names.relative_path, placeholder=_("whole volume"))
    read_only = inputs.choice(_("Access"), [("false", _("Read and write")), ("true", _("Read-only"))])
    keep = inputs.keep()

    def prepare(self) -> None:
        known = [(name, f"{name} ({_('Init')})" if kind == "init" else name) for name, kind in self.context.containers]
        typed = str(self.typed.get(self.add_prefix("container"), ""))
        if typed and typed not in dict(known):
            known.append((typed, typed))
        self.fields["container"].choices = known  # type: ignore[attr-defined]

    def adapt(self, data: dict[str, Any]) -> dict[str, Any]:
        data["read_only"] = data.get("read_only") == "true"
        return data

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.adapt(data)
        if not data.get("path") and "path" not in self.errors:
            self.add_error("path", _("Where is it mounted? A path that starts with /."))
        if data.get("container") and data["container"] not in {name for name, _kind in self.context.containers}:
            self.add_error("container", _("There is no container of this name any more."))
        return data


class ItemRow(StepForm):
    """One key, as a file."""

    tabular = True
    noun = _("Key")
    key = inputs.text(_("Key"), names.config_key)
    path = inputs.text(_("File, below the mount path"), names.key_path)
    keep = inputs.keep()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("path") and not data.get("key"):
            self.add_error("key", _("Which key becomes this file?"))
        if data.get("key") and not data.get("path") and "path" not in self.errors and not self.unchanged:
            data["path"] = data["key"]
        return data


class VolumeForm(StepForm):
    """A volume that all pods share."""

    noun = _("Volume")
    shows_kept = True
    lists = {"items": Rows(ItemRow), "mounts": Rows(MountRow)}
    kinds = (
        "kind",
        {
            "claim": ("object",),
            "empty": ("medium", "size"),
            "host": ("path", "host_type"),
            "configmap": ("object", "items"),
            "secret": ("object", "items"),
            "other": (),
            "broken": (),
        },
    )
    kind = inputs.choice(_("Kind"), KINDS.items())
    name = inputs.text(_("Name"), names.volume_name, most=63)
    object = inputs.text(_("Object"), names.object_name)
    medium = inputs.choice(_("Kept in"), [("", _("Disk of the node")), ("Memory", _("Memory"))])
    size = inputs.text(
        _("At most"),
        quantities.memory,
        placeholder=_("no limit"),
        help=_("A pod that writes more is evicted. In memory it counts against the memory limit of the container."),
    )
    path = inputs.text(_("Path on the node"), names.host_path)
    host_type = inputs.choice(
        _("Must be"),
        [
            ("DirectoryOrCreate", _("A folder, made if missing")),
            ("Directory", _("A folder that is there")),
            ("FileOrCreate", _("A file, made if missing")),
            ("File", _("A file that is there")),
            ("Socket", _("A socket")),
            ("CharDevice", _("A character device")),
            ("BlockDevice", _("A block device")),
            ("", _("Anything, no check")),
        ],
    )
    keep = inputs.keep()

    def prepare(self) -> None:
        self.title = KINDS.get(self.chosen(), self.chosen())
        self.fields["object"].label = self.title
        self.fields["object"].widget.attrs["list"] = f"list_id_{self.add_prefix('object')}"
        kind = self.fields["kind"]
        kind.widget = kind.hidden_widget()
        if self.chosen() in ("configmap", "secret"):
            for mount in self.mounts:  # type: ignore[attr-defined]
                if not mount.stands("read_only"):
                    mount.fields["read_only"].choices = [("true", _("Read-only"))]

    def is_host_timezone(self) -> bool:
        """Whether it is what Synchronize Host Timezone in Pod Settings adds."""
        path = str(self.typed.get(self.add_prefix("path"), ""))
        return self.chosen() == "host" and path == LOCAL_TIME and not self.in_focus()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        needed = {
            "claim": ("object", _("Choose the claim.")),
            "configmap": ("object", _("Choose the ConfigMap.")),
            "secret": ("object", _("Choose the Secret.")),
            "host": ("path", _("Which folder of the node?")),
        }
        name, sentence = needed.get(data.get("kind", ""), ("", ""))
        if name and not data.get(name) and name not in self.errors:
            self.add_error(name, sentence)
        if data.get("kind") != "broken" and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("The volume needs a name."))
        pair_rows.unique(self.items, "path", _("The file %(value)s is there twice."))  # type: ignore[attr-defined]
        return data


class TemplateForm(StepForm):
    """A claim of its own for each pod."""

    noun = _("Claim template")
    lists = {"mounts": Rows(MountRow)}
    name = inputs.text(
        _("Name prefix"),
        names.volume_name,
        required=True,
        most=63,
        missing=_("A prefix for the names of the claims is needed."),
    )
    storage_class = inputs.text(_("Storage class"), names.object_name, placeholder=_("default of the cluster"))
    size = inputs.text(_("Size, each"), quantities.size, required=True, missing=_("How large? 10Gi, for example."))
    access_modes = inputs.several(_("Access modes"), [(mode, mode, meaning) for mode, meaning in MODES])
    keep = inputs.keep()

    def prepare(self) -> None:
        self.fields["storage_class"].widget.attrs["list"] = f"list_id_{self.add_prefix('storage_class')}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        modes = data.get("access_modes") or []
        if not modes and "access_modes" not in self.errors:
            self.add_error("access_modes", _("Choose at least one access mode."))
        if "ReadWriteOncePod" in modes and len(modes) > 1:
            self.add_error("access_modes", _("ReadWriteOncePod goes with no other mode."))
        return data


def new_template(number: int) -> dict[str, Any]:
    """The documented default: 10 Gi for one writing node."""
    return {
        "name": "data" if not number else f"data-{number + 1}",
        "size": "10Gi",
        "access_modes": ["ReadWriteOnce"],
        "mounts": [{}],
    }


def new_volume(kind: str, number: int) -> dict[str, Any]:
    """A volume of a kind, with one mount to fill in."""
    name = {"empty": "scratch", "host": "host", "configmap": "config", "secret": "secret"}.get(kind, "data")
    host = "DirectoryOrCreate" if kind == "host" else ""
    return {"kind": kind, "name": name if not number else f"{name}-{number + 1}", "host_type": host, "mounts": [{}]}


class StorageForm(StepForm):
    """The whole step."""

    def offered(self) -> list[tuple[str, Any, Any]]:
        """The kinds of volume that can be added: kind, words, meaning."""
        return [(kind, KINDS[kind], meaning) for kind, meaning in OFFERED.items()]

    def has_templates(self) -> bool:
        """Claim templates are for a StatefulSet."""
        return self.context.facts.get("workload") == "StatefulSet" or bool(self.below["templates"])

    lists = {
        "templates": Rows(TemplateForm, start=new_template),
        "volumes": Rows(VolumeForm, start=lambda number: new_volume("empty", number)),
    }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        every = [*self.templates, *self.volumes]  # type: ignore[attr-defined]
        pair_rows.unique(every, "name", _("The name %(value)s is there twice; every volume needs its own."))
        self._compare_places([mount for volume in every for mount in volume.mounts])
        return data

    def _compare_places(self, mounts: list[StepForm]) -> None:
        """At a path of a container there can be one thing, but for what the documents have already."""
        seen: Counter[tuple[str, str]] = Counter()
        for mount in mounts:
            container, path = (str(mount.cleaned_data.get(name) or "") for name in ("container", "path"))
            if not path or "path" in mount.errors:
                continue
            place = (container, path.rstrip("/"))
            seen[place] += 1
            if seen[place] > max(1, pair_rows.existing_rows(mounts, {"container": container, "path": path})):
                mount.refuse("path", _("Something else is mounted at this path in this container."))
