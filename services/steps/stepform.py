"""Forms in forms: a step is a tree of Django forms, named as the values of its lens are named.

Input names are the path joined with `-` (`containers-0-ports-1-port`). A row or an optional group says that it is there
with a hidden input `<path>-there`, so an empty row survives. Everything is rendered from `typed`, the flat names and
strings as a browser would post them; values of a lens are typed in first. So one way leads through the form, whether it
was never touched, refused, or half done and kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from console.web.forms import Errors
from services.steps import inputs
from services.steps.bound import Bound
from services.steps.existing_values import ExistingValues
from services.steps.input_names import THERE, Typed, row_numbers
from services.steps.lenses.field import declared, kinds_of
from services.steps.lenses.lens import Values
from services.steps.lenses.parts import Part, joined
from services.steps.lenses.variant import Switched, Variant


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a step's form must know about its surroundings: the draft's type, its project, names found elsewhere in it,
    the path that has the focus, and what stands in the documents already: `read`, as the step's lens reads it, and
    `existing`, as the form would post that."""

    type: str = ""
    project: str = ""
    name: str = ""
    containers: tuple[tuple[str, str], ...] = ()
    focus: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    read: Values = field(default_factory=dict)
    existing: ExistingValues = field(default_factory=ExistingValues)


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of forms. `start`: values of a new row."""

    form: "type[StepForm]"
    start: Callable[[int], Any] = lambda number: {}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: the id of its field, what the field is called, and what is wrong."""

    id: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A group of fields that shows its present value while it is closed."""

    name: str
    title: Any
    now: Any
    open: bool


class StepForm(forms.Form):
    """One level: fields of its own, groups and lists of rows below it."""

    bound_field_class = Bound
    groups: ClassVar[dict[str, "type[StepForm]"]] = {}
    lists: ClassVar[dict[str, Rows]] = {}
    noun: ClassVar[Any] = ""
    kinds: ClassVar[tuple[str, dict[str, tuple[str, ...]]] | None] = None
    """A field that chooses, and the fields and lists of each choice; those of another are blank and not checked."""
    tabular: ClassVar[bool] = False
    """Whether it stands in a table, where the head of the column is the only label one sees."""
    remark: Any = ""
    """What is said of a row as a whole, below its last field."""
    shows_kept: ClassVar[bool] = False
    """Whether a row with something kept has fields all the same; else it is carried whole."""
    unsaid: Sequence[Problem] = ()
    """What is wrong with fields in which something stands, and was not asked yet: said when the field is left."""

    def __init__(
        self,
        typed: Typed,
        path: str = "",
        *,
        checked: bool = True,
        context: FormContext | None = None,
        number: int = 0,
        present: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(
            data=typed,
            prefix=path or None,
            auto_id="id_%s",
            use_required_attribute=False,
            error_class=Errors,
            label_suffix="",
        )
        self.typed, self.at, self.checked, self.number = typed, path, checked, number
        self._present = row_numbers(typed) if present is None else present
        self._alone = False  # while each field is cleaned for itself
        self._ignored: dict[str, forms.Field] = {}  # while those are cleaned that are not
        self.context = context or FormContext()
        self.kept = self.text("keep") if "keep" in self.base_fields else ""
        self.carried = bool(self.kept) and not self.shows_kept
        self.empty_permitted = not self.has_changed()
        self.below: dict[str, StepForm | list[StepForm]] = {}
        for name, group in self.groups.items():
            self.below[name] = self._below(name, group, joined(path, name))
        for name, rows in self.lists.items():
            at = joined(path, name)
            numbers = enumerate(self._present.get(at, ()), 1)
            self.below[name] = [self._below(name, rows.form, joined(at, key), place) for place, key in numbers]
        vars(self).update(self.below)
        self.remarks: list[Problem] = []
        self.prepare()
        self._show_existing()
        if self.tabular:
            for own in self.fields.values():
                own.widget.attrs["aria-label"] = self._in_row(str(own.label))

    def _in_row(self, label: str) -> str:
        """What a field of a row is called away from its table."""
        row = {"label": label, "noun": str(self.noun).lower(), "number": self.number}
        if label.lower().endswith(str(self.noun).lower()):  # Container port 1
            return _("%(label)s %(number)s") % row
        return _("%(label)s of %(noun)s %(number)s") % row

    def prepare(self) -> None:
        """Set choices and attributes that depend on the context or on the row's number."""

    def choices_of(self, name: str) -> list[tuple[Any, Any]]:
        """What a field has to choose from."""
        return list(cast(Any, self.fields[name]).choices)

    def offer(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        """Give a field other choices."""
        cast(forms.ChoiceField, self.fields[name]).choices = list(choices)

    def _show_existing(self) -> None:
        """No control shows something else than stands there: a list has it among its choices, and what has several
        lines gets several, for a browser takes line ends out of a single one."""
        for name, own in self.fields.items():
            texts = self.typed.getlist(self.add_prefix(name))
            if isinstance(own, forms.ChoiceField | forms.MultipleChoiceField):
                offered = {str(value) for value, _label in self.choices_of(name)}
                stands = partial(self.context.existing.has, self.add_prefix(name))
                missing = [text for text in texts if text not in offered and stands(text)]
                if type(own.widget) is not forms.Select:  # a list without a blank choice would show its first one
                    missing = [text for text in missing if text]
                if missing:
                    usual = {**dict(cast(Any, self.base_fields[name]).choices), "": "\N{EN DASH}"}
                    self.offer(name, [*self.choices_of(name), *((text, usual.get(text, text)) for text in missing)])
            elif type(own.widget) is forms.TextInput and any("\n" in text for text in texts):
                attrs = {key: value for key, value in own.widget.attrs.items() if key != "list"}
                own.widget = forms.Textarea(attrs={**attrs, "rows": min(texts[0].count("\n") + 2, 12)})

    def stands(self, name: str) -> bool:
        """Whether what the field says is something, and stands in the documents already."""
        texts = [text for text in self.typed.getlist(self.add_prefix(name)) if text]
        return bool(texts) and all(self.context.existing.has(self.add_prefix(name), text) for text in texts)

    def add_error(self, field: str | None, error: Any) -> None:
        """Of what stands in the documents already, and of what the cluster takes, it is a remark."""
        error = ValidationError(error)
        taken = all(entry.code == inputs.REMARK for entry in getattr(error, "error_list", [None]))
        stands = field in self.fields and self.stands(field) and (self._alone or self._own_unchanged)
        if field in self.fields and (taken or stands):
            sentences = error.messages
            named = self[field]
            self.remarks += [Problem(named.auto_id, str(named.label), str(sentence)) for sentence in sentences]
        else:
            self.refuse(field, error)

    def refuse(self, field: str | None, error: Any) -> None:
        """An error, whatever stands in the documents."""
        super().add_error(field, error)
        if field is None:  # the notice links to it
            cast(Errors, self.errors[NON_FIELD_ERRORS]).field_id = self._place

    @cached_property
    def _own_unchanged(self) -> bool:
        return self.context.existing.has_all(self.at, self.typed, below=False)

    @cached_property
    def unchanged(self) -> bool:
        """Whether it stands in the documents as it is typed, with everything below it."""
        return self.context.existing.has_all(self.at, self.typed)

    def need(self, name: str, sentence: Any) -> None:
        """Say at a field that it must be filled in; not where it is, or is wrong already."""
        if self.cleaned_data.get(name) in (None, "", []) and name not in self.errors:
            self.add_error(name, sentence)

    def remarked(self) -> list[Problem]:
        """What the rules of the form say to what stands in the documents, in the order of the page."""
        self.errors  # noqa: B018
        return [remark for form in self.walk() for remark in form.remarks]

    def text(self, name: str) -> str:
        """What is typed in a field, before anything is checked."""
        return str(self.typed.get(self.add_prefix(name), ""))

    def chosen(self) -> str:
        """The kind that is chosen, as typed; "" where there is nothing to choose."""
        return self.text(self.kinds[0]) if self.kinds else ""

    def ignored(self) -> set[str]:
        """Names of the fields and lists that belong to another kind than the chosen one, unless all stands as it is."""
        if self.kinds is None or (self.chosen() and self.unchanged):
            return set()
        every = {name for names in self.kinds[1].values() for name in names}
        return every - set(self.kinds[1].get(self.chosen(), ()))

    def _below(self, name: str, form: "type[StepForm]", path: str, number: int = 0) -> "StepForm":
        checked = self.checked and not self.carried and name not in self.ignored()
        return form(self.typed, path, checked=checked, context=self.context, number=number, present=self._present)

    def children(self) -> "Iterator[StepForm]":
        """The forms directly below, in order."""
        for name in self.below:
            yield from self.rows(name)

    def rows(self, name: str) -> "list[StepForm]":
        """The rows of a list; of a group its one form."""
        below = self.below[name]
        return below if isinstance(below, list) else [below]

    def walk(self) -> "Iterator[StepForm]":
        """This form and all below it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def full_clean(self) -> None:
        for child in self.children():
            child.errors  # noqa: B018 - a child is cleaned before its parent compares it with others
        if not self.has_changed():
            super().full_clean()
            self.cleaned_data = self._blank()
            return
        self._ignored = {name: self.fields.pop(name) for name in self.ignored() if name in self.fields}
        self._alone = True
        super().full_clean()

    def has_changed(self) -> bool:
        """Django cleans nothing of a form that has not: of one that is carried as it is, or that nobody asked about."""
        return self.checked and not self.carried

    def _blank(self) -> Values:
        """The values of a row that is carried: what is typed, as far as it can be read; nothing is checked."""
        values = {name: own.to_python(None) for name, own in self.fields.items()}
        for name in values if self.carried else ():
            with suppress(ValidationError):
                values[name] = self.fields[name].to_python(self[name].data)
        return self.adapt(values)

    def adapt(self, data: Values) -> Values:
        """Turn what widgets can say into what the lens says, where the two differ."""
        return data

    def clean(self) -> Values:
        """Each field is clean: what stands is taken as it stands, and fields of another kind as blank, whatever is
        typed in them."""
        self._alone = False
        for name in (name for name in self.fields if name not in self.errors):
            if self.stands(name):  # the value as it stands, spaces around it included
                own, value = self.fields[name], self[name].data
                try:
                    self.cleaned_data[name] = value if type(own) is forms.CharField else own.to_python(value)
                except ValidationError as error:
                    self.refuse(name, error)
            elif name not in self.cleaned_data:  # there is a remark only
                self.cleaned_data[name] = self.fields[name].to_python(self[name].data)
        self.fields.update(self._ignored)
        self.cleaned_data.update({name: own.to_python(None) for name, own in self._ignored.items()})
        self.check(self.cleaned_data)
        return self.cleaned_data

    def check(self, data: Values) -> None:
        """Say what does not go together, and fill in what follows from what is said. Of a form that is checked."""

    def is_valid(self) -> bool:
        """Whether this form and all below it are."""
        self.errors  # noqa: B018
        return not any(form.errors for form in self.walk())

    def silence(self) -> None:
        """Say nothing of what is wrong: it was looked at, but nobody asked yet."""
        self.unsaid = [problem for problem in self.problems() if self.typed.get(problem.id.removeprefix("id_"))]
        for form in self.walk():
            form.errors.clear()

    def problems(self) -> list[Problem]:
        """What is wrong, in the order of the page."""
        self.errors  # noqa: B018
        return [problem for form in self.walk() for problem in form._own_problems()]

    @property
    def _place(self) -> str:
        """The id of what the form as a whole is on the page."""
        return f"id_{self.at}" if self.at else "step"

    def _own_problems(self) -> Iterator[Problem]:
        order = list(self.fields)  # as they stand on the page, not as they were checked
        wrong = sorted(self.errors.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
        for name, sentences in wrong:
            named = self[name] if name in self.fields else None
            label = str(named.label if named else self.noun)
            label = self._in_row(label) if named and self.tabular else label
            target = (named.id_for_label or named.auto_id) if named else self._place
            for sentence in sentences:
                yield Problem(target, label, str(sentence))

    def values(self) -> Values:
        """The cleaned data of the whole tree, in the shape of the lens; what is wrong is blank or, a row, left out."""
        blank = {name: own.to_python(None) for name, own in self.fields.items()} if self.errors else {}
        values: Values = blank | self.cleaned_data
        ignored = self.ignored()
        for name, below in self.below.items():
            if isinstance(below, StepForm):
                values[name] = below.values()
            else:
                right = [] if self.carried or name in ignored else below
                values[name] = [row.values() for row in right if not row.tabular or not row.errors]
        return values

    @classmethod
    def type_in(cls, values: Mapping[str, Any], into: Typed, path: str = "") -> None:
        """Write values the way a browser would post them."""
        for name, own in cls.base_fields.items():
            into.setlist(joined(path, name), inputs.strings(own, values.get(name)))
        for name, group in cls.groups.items():
            into[joined(path, name, THERE)] = "1"
            group.type_in(values.get(name) or {}, into, joined(path, name))
        for name, rows in cls.lists.items():
            for place, row in enumerate(values.get(name) or ()):
                at = joined(path, name, str(place))
                into[joined(at, THERE)] = "1"
                rows.form.type_in(row, into, at)

    def cells(self) -> list[forms.BoundField]:
        """The visible fields, in order."""
        return [self[name] for name, own in self.fields.items() if not own.widget.is_hidden]

    def paths(self) -> dict[str, str]:
        """The path of each list and group below, for the buttons that add to it."""
        return {name: joined(self.at, name) for name in (*self.lists, *self.groups)}

    def marker(self) -> str:
        """Name of the hidden input that says: this row or group is there."""
        return joined(self.at, THERE)

    def locate(self, name: str) -> tuple[str, str]:
        """The id and the label of the field that is called `name` (as a lens calls it), or of the nearest one around
        it; the step as a whole has no label."""
        known = {form.add_prefix(own): form[own] for form in self.walk() for own in form.fields}
        while name:
            inside = (field for path, field in known.items() if path.startswith(name + "-"))
            if located := known.get(name) or next(inside, None):
                return located.auto_id, str(located.label)
            name = name.rpartition("-")[0]
        return "step", ""

    def alone(self) -> "Iterator[tuple[Fold, forms.BoundField]]":
        """The fields that have a fold of their own, each with it."""
        for name, own in self.fields.items():
            if title := getattr(own, "fold", ""):
                text = self.text(name)
                now = f"{text} {vars(own)['unit']}".rstrip() if text else vars(own)["blank_words"]
                yield Fold(name, title, now, name in self.errors), self[name]

    def in_focus(self) -> bool:
        """Whether a button inside this form was just pressed."""
        focus = self.context.focus
        return bool(focus) and (focus == self.at or focus.startswith(self.at + "-"))

    def opens(self) -> bool:
        """Whether a fold around it is open: something in it is wrong, or was just worked on."""
        return self.in_focus() or bool(self.error_count())

    def is_open(self, *names: str) -> bool:
        """Whether a fold around these groups and lists is open."""
        places = [joined(self.at, name) for name in names]
        wrong = any(form.error_count() for name in names for form in self.rows(name))
        return wrong or any(f"{self.context.focus}-".startswith(f"{place}-") for place in places)

    def error_count(self) -> int:
        """How many problems are in this form and below, to open a fold that holds one."""
        return sum(len(sentences) for form in self.walk() for sentences in form.errors.values())


class RowForm(StepForm):
    """A row of a table. `keep`: what the form cannot show of it."""

    tabular = True
    keep = inputs.keep()


F = TypeVar("F", bound=StepForm)


def shows(*parts: Part) -> Callable[[type[F]], type[F]]:
    """Give a form the fields that parts of a lens declare, before those of its own; and the kinds of a variant."""

    def dress(form: type[F]) -> type[F]:
        made: dict[str, forms.Field] = {}
        for name, own in (pair for part in parts for pair in declared(part)):
            if name not in made:
                made[name] = inputs.declared(own)
        form.declared_fields = {**made, **form.declared_fields}
        form.base_fields = form.declared_fields
        for part in parts:
            if isinstance(part, Variant | Switched):
                form.kinds = kinds_of(part)
        return form

    return dress


def typed_from(form: type[StepForm], values: Mapping[str, Any]) -> Typed:
    """Values of a lens as they would be posted."""
    typed: Typed = MultiValueDict()
    form.type_in(values, typed)
    return typed
