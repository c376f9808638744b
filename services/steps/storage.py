"""Storage Settings: volumes, claim templates, and where each is mounted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from services.manifests import claims, names
from services.steps import inputs, pair_rows
from services.steps.lenses.container import LOCAL_TIME
from services.steps.lenses.mounts import MOUNT
from services.steps.lenses.storage import ITEMS, SOURCES, TEMPLATE, VOLUME
from services.steps.stepform import RowForm, Rows, StepForm, shows

KINDS = {
    "claim": _("Persistent Volume Claim"),
    "empty": _("Temporary Volume"),
    "configmap": _("ConfigMap"),
    "secret": _("Secret"),
    "host": _("HostPath Volume"),
    "other": _("As in the YAML"),
    "broken": _("As in the YAML"),
}
OFFERED = {
    "claim": _("Existing data that outlives the pods. Choose one of this project’s claims."),
    "empty": _("Empty when a pod starts, deleted with it; on the node’s disk or in memory."),
    "configmap": _("Its keys as files, all or some; read-only."),
    "secret": _("Its keys as files, all or some; values are never shown."),
    "host": _("A directory on the node. Rarely a good idea: see the warning."),
}
MODES_OF = {
    "ebs.csi.aws.com": ("ReadWriteOnce", "ReadWriteOncePod"),
    "disk.csi.azure.com": ("ReadWriteOnce", "ReadWriteOncePod"),
    "pd.csi.storage.gke.io": ("ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany"),
    "rancher.io/local-path": ("ReadWriteOnce", "ReadWriteOncePod"),
}
"""What provisioners say of volumes with a file system; of any other nothing is known."""
_MOST_NAMED = 3


@shows(MOUNT)
class MountRow(RowForm):
    """The volume at a path in a container."""

    noun = _("Mount")
    field_order = ("container", "path", "sub_path", "read_only")
    container = inputs.choice(_("Container"), [])
    read_only = inputs.choice(_("Access"), [("false", _("Read and write")), ("true", _("Read-only"))])

    def prepare(self) -> None:
        known = [(name, f"{name} ({_('Init')})" if kind == "init" else name) for name, kind in self.context.containers]
        typed = self.text("container")
        if typed and typed not in dict(known):
            known.append((typed, typed))
        self.offer("container", known)

    def adapt(self, data: dict[str, Any]) -> dict[str, Any]:
        data["read_only"] = data.get("read_only") == "true"
        return data

    def check(self, data: dict[str, Any]) -> None:
        self.adapt(data)
        self.need("path", _("Enter a mount path that starts with /."))
        if data.get("container") and data["container"] not in {name for name, _kind in self.context.containers}:
            self.add_error("container", _("This container no longer exists."))


@shows(ITEMS)
class ItemRow(RowForm):
    """One key, as a file."""

    noun = _("Key")

    def check(self, data: dict[str, Any]) -> None:
        if data.get("path") and not data.get("key"):
            self.add_error("key", _("Enter the key of this file."))
        if data.get("key") and not data.get("path") and "path" not in self.errors and not self.unchanged:
            data["path"] = data["key"]


@shows(SOURCES, VOLUME)
class VolumeForm(StepForm):
    """A volume that all pods share."""

    noun = _("Volume")
    shows_kept = True
    lists = {"items": Rows(ItemRow), "mounts": Rows(MountRow)}
    kind = inputs.choice(_("Kind"), KINDS.items())
    keep = inputs.keep()

    def prepare(self) -> None:
        self.title = KINDS.get(self.chosen(), self.chosen())
        self.fields["object"].label = self.title
        self.fields["object"].widget.attrs["list"] = f"list_id_{self.add_prefix('object')}"
        kind = self.fields["kind"]
        kind.widget = kind.hidden_widget()
        if self.chosen() in ("configmap", "secret"):
            for mount in self.rows("mounts"):
                if not mount.stands("read_only"):
                    mount.offer("read_only", [("true", _("Read-only"))])

    def is_host_timezone(self) -> bool:
        """Whether it is what Synchronize Host Timezone in Pod Settings adds."""
        path = self.text("path")
        return self.chosen() == "host" and path == LOCAL_TIME and not self.in_focus()

    def check(self, data: dict[str, Any]) -> None:
        needed = {
            "claim": ("object", _("Choose the claim.")),
            "configmap": ("object", _("Choose the ConfigMap.")),
            "secret": ("object", _("Choose the Secret.")),
            "host": ("path", _("Enter a path on the node.")),
        }
        if data.get("kind") in needed:
            self.need(*needed[data["kind"]])
        if data.get("kind") != "broken":
            self.need("name", _("Enter a volume name."))
        pair_rows.unique(self.rows("items"), "path", _("Duplicate file: %(value)s."))


@shows(TEMPLATE)
class TemplateForm(StepForm):
    """A claim of its own for each pod."""

    noun = _("Claim template")
    claims: tuple[str, str, str] | None = None
    modes_hint: tuple[str, str] | None = None
    lists = {"mounts": Rows(MountRow)}
    keep = inputs.keep()

    def prepare(self) -> None:
        self.fixed = bool(self.context.facts.get("live"))
        if self.fixed:
            for name in ("name", "storage_class", "access_modes", "size"):
                self.fields[name].widget = self.fields[name].hidden_widget()
                self.fields[name].required = False
        self.fields["storage_class"].widget.attrs["list"] = f"list_id_{self.add_prefix('storage_class')}"

    def offer_classes(self, classes: Mapping[str, str], usual: str, provisioners: Mapping[str, str]) -> None:
        """Offer the storage classes of the cluster, each with a hint; `usual`: the default, which a claim without a
        class gets; `provisioners`: of each class. What is typed stays among them, whatever it is."""
        typed = self.text("storage_class")
        named = [*classes, *([typed] if typed and typed not in classes else [])]
        blank = gettext("%(name)s (default)") % {"name": usual} if usual else gettext("No default class")
        own = self.fields["storage_class"]
        own.widget = forms.Select(choices=[("", blank), *((name, name) for name in named)])
        vars(own)["optional"] = False
        unknown = _("The cluster has no such class.") if typed else _("Claims wait until there is a default.")
        self.class_hint = classes.get(typed or usual, unknown)
        if chosen := (typed or usual):
            self.modes_hint = self._modes_in_words(chosen, provisioners.get(chosen, ""))

    def _modes_in_words(self, chosen: str, provisioner: str) -> tuple[str, str]:
        """What is known of the access modes of a storage class: the state of what is ticked, "" where none can be told,
        and a sentence."""
        offered = MODES_OF.get(provisioner, ())
        if not offered:
            values = {"name": chosen}
            sentence = _("Not every class supports every mode. If %(name)s does not, its claims stay pending.")
            return "", sentence % values
        ticked = self["access_modes"].value() or ()
        missed = [mode for mode in ticked if mode not in offered]
        values = {"provisioner": provisioner, "modes": ", ".join(offered), "missed": ", ".join(missed)}
        if missed:
            sentence = _("%(provisioner)s usually supports only %(modes)s; with %(missed)s claims stay pending.")
            return "warn", sentence % values
        return "", _("%(provisioner)s usually supports only %(modes)s.") % values

    def compare_claims(self, workload: Mapping[str, Any], existing: Sequence[str]) -> None:
        """Say whether claims of the names that the pods will use exist: state, word and the rest of the sentence."""
        prefix, count = self.text("name"), len(claims.ordinals(dict(workload)))
        if not prefix or names.volume_name(prefix) or not count:
            return
        again = claims.used_again(dict(workload), prefix, existing)
        if not again:
            rest = ngettext("No claim has this name.", "No claim has these names.", count)
            self.claims = "ok", gettext("Free"), rest
            return
        word = gettext("%(n)d of %(count)d exist") % {"n": len(again), "count": count}
        shown = ", ".join(again[:_MOST_NAMED]) + (" …" if len(again) > _MOST_NAMED else "")
        self.claims = "warn", word, gettext("and are used with their data: %(names)s") % {"names": shown}

    def check(self, data: dict[str, Any]) -> None:
        if self.fixed:
            return
        modes = data.get("access_modes") or []
        self.need("access_modes", _("Choose at least one access mode."))
        if "ReadWriteOncePod" in modes and len(modes) > 1:
            self.add_error("access_modes", _("ReadWriteOncePod cannot be combined with other modes."))


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

    def counted(self) -> str:
        """How many volumes there are, and how often they are mounted: "2, mounted 3 times"."""
        volumes = self.rows("volumes")
        mounts = sum(bool(mount.text("path")) for volume in volumes for mount in volume.rows("mounts"))
        if not mounts:
            return gettext("%(n)d, not mounted yet") % {"n": len(volumes)}
        words = ngettext("%(n)d, mounted once", "%(n)d, mounted %(mounts)d times", mounts)
        return words % {"n": len(volumes), "mounts": mounts}

    def has_templates(self) -> bool:
        """Claim templates are for a StatefulSet."""
        return self.context.facts.get("workload") == "StatefulSet" or bool(self.below["templates"])

    lists = {
        "templates": Rows(TemplateForm, start=new_template),
        "volumes": Rows(VolumeForm, start=lambda number: new_volume("empty", number)),
    }

    def check(self, data: dict[str, Any]) -> None:
        every = [*self.rows("templates"), *self.rows("volumes")]
        pair_rows.unique(every, "name", _("Duplicate: %(value)s. Each volume needs its own name."))
        self._compare_places([mount for volume in every for mount in volume.rows("mounts")])

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
                mount.refuse("path", _("Another volume is mounted at this path in this container."))
