"""Advanced Settings of a workload that exists."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from services.steps import pair_rows
from services.steps.stepform import Fold, Rows, StepForm


class PodLabelRow(pair_rows.LabelRow):
    """A label of the pods. One that the selector asks for is shown and stays."""

    def prepare(self) -> None:
        self.fixed = self.text("key") in self.context.facts.get("selected", {})
        if self.fixed:
            self.remark = _("Part of the selector, which cannot be changed.")
            for own in self.fields.values():
                own.widget.attrs["readonly"] = True


class AdvancedLiveForm(StepForm):
    """Nodes, labels and annotations of a workload that exists."""

    lists = {
        "node_selector": Rows(pair_rows.LabelRow),
        "labels": Rows(pair_rows.LabelRow),
        "pod_labels": Rows(PodLabelRow),
        "annotations": Rows(pair_rows.AnnotationRow),
    }

    def folds(self) -> dict[str, Fold]:
        """The groups of the page by name, each with its present value."""
        labels = pair_rows.labels_in_words(len(self.rows("pod_labels")))
        folds = (
            Fold("nodes", _("Select Nodes"), "", self.is_open("node_selector")),
            Fold("pods", _("Pod Labels"), labels, self.is_open("pod_labels")),
            Fold("meta", _("Metadata"), pair_rows.metadata_in_words(self), self.is_open("labels", "annotations")),
        )
        return {fold.name: fold for fold in folds}

    def is_open(self, *names: str) -> bool:
        return super().is_open(*names) or bool(self.non_field_errors())

    def check(self, data: dict[str, Any]) -> None:
        for name in self.lists:
            pair_rows.unique(self.rows(name), "key", _("Duplicate key: %(value)s."))
        # The pods keep what the selector asks for: the API server refuses them otherwise.
        rows = {row.cleaned_data.get("key"): row for row in self.rows("pod_labels") if not row.carried}
        for key, value in self.context.facts.get("selected", {}).items():
            sentence = _("The selector requires %(label)s, so the pods must keep it.") % {"label": f"{key}={value}"}
            if key not in rows:
                self.add_error(None, sentence)
            elif rows[key].cleaned_data.get("value") != value and "value" not in rows[key].errors:
                rows[key].refuse("value", sentence)
