"""Rows that several steps have: pairs of key and value, and the check that no name is there twice."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from services.manifests import names
from services.steps import inputs
from services.steps.stepform import RowForm, StepForm

_NUMBERS = re.compile(r"\d+")


class PairRow(RowForm):
    """A key and its value."""

    noun = _("Row")
    key = inputs.text(_("Key"))
    value = inputs.exact(_("Value"))

    def check(self, data: dict[str, Any]) -> None:
        if data.get("value"):
            self.need("key", _("Enter a key for this value."))


class LabelRow(PairRow):
    """A label."""

    noun = _("Label")
    key = inputs.text(_("Key"), names.label_key)
    value = inputs.text(_("Value"), names.label_value)


class AnnotationRow(PairRow):
    """An annotation."""

    noun = _("Annotation")
    key = inputs.text(_("Key"), names.annotation_key)


def labels_in_words(count: int) -> str:
    """How many labels there are."""
    return ngettext("%(n)d label", "%(n)d labels", count) % {"n": count}


def annotations_in_words(count: int) -> str:
    """How many annotations there are."""
    return ngettext("%(n)d annotation", "%(n)d annotations", count) % {"n": count}


def metadata_in_words(form: StepForm) -> str:
    """Its labels, and annotations where there are some."""
    labels, notes = (len(form.rows(name)) for name in ("labels", "annotations"))
    return ", ".join([labels_in_words(labels), *([annotations_in_words(notes)] if notes else ())])


def unique(rows: Iterable[StepForm], name: str, sentence: Any, *, within: str = "") -> None:
    """Mark every row whose field `name` has a value that an earlier one has, but for as many as the documents have.

    `within`: a field; only rows that say the same there are compared.
    """
    seen: Counter[Any] = Counter()
    rows = list(rows)
    for row in rows:
        value = row.cleaned_data.get(name)
        if value in (None, ""):
            continue
        wanted = {key: str(row.cleaned_data.get(key) or "") for key in (name, within) if key}
        seen[tuple(wanted.items())] += 1
        if seen[tuple(wanted.items())] > max(1, existing_rows(rows, wanted)):
            row.refuse(name, sentence % {"value": value})


def existing_rows(rows: Iterable[StepForm], wanted: Mapping[str, str]) -> int:
    """How many rows of these lists have such values in the documents."""
    lists = {row.at.rpartition("-")[0]: row for row in rows}
    places = {_NUMBERS.sub("", at): row for at, row in lists.items()}
    return sum(row.context.existing.count(row.at, wanted) for row in places.values())


def blank(row: StepForm) -> bool:
    """Whether nothing is filled in: such a row is left out of the manifest."""
    defaults = {name for name, own in row.fields.items() if hasattr(own, "choices")}
    return not any(value for name, value in row.cleaned_data.items() if name not in defaults)
