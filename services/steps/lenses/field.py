"""One declaration a field: where it stands in a document, and how a person sees it.

From it follow its part of the lens (read, write, the place of an error of the API), the field of the form (`shows` in
`services.steps.stepform`) and, where it says `fold`, its markup. The words are English, marked for translation.

    grace_period=field.number("spec.template.spec.terminationGracePeriodSeconds", _("Grace period"), least=0, unit="s")

`control` is the function of `services.steps.inputs` that makes the field of the form; rules and options are its own.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from services.manifests.tree import MISSING
from services.steps.lenses import parts
from services.steps.lenses.parts import At, Entry, Found, Part, Path, Record
from services.steps.lenses.rows import Rows
from services.steps.lenses.variant import OTHER, Switched, Variant


class Field(At):
    """A part at a place, and how it is shown. `fold`: the title of a fold of its own, which says `blank_words` while
    nothing is filled in. `path` "" is the node itself.
    """

    def __init__(
        self,
        usual: Callable[[], Part],
        control: str,
        path: str | tuple[str, ...],
        label: str,
        *rules: Any,
        part: Callable[[], Part] | None = None,
        fold: str = "",
        blank_words: str = "",
        **options: Any,
    ) -> None:
        super().__init__(path or (), (part or usual)())
        self.control, self.label, self.rules, self.options = control, label, rules, options
        self.fold, self.blank_words = fold, blank_words


text = partial(Field, parts.Text, "text")
exact = partial(Field, parts.Text, "exact")
number = partial(Field, parts.Whole, "number")
port = partial(Field, parts.Whole, "port")
number_or_name = partial(Field, parts.NumberOrName, "text")
amount = partial(Field, parts.Amount, "text")
choice = partial(Field, parts.Text, "choice")
radio = partial(Field, parts.Text, "radio")
tick = partial(Field, parts.Flag, "tick")
yes_no = partial(Field, parts.State, "yes_no")
words = partial(Field, parts.Words, "words")
several = partial(Field, parts.Choices, "several")


class Missing(Part):
    """A field that the node does not have (this kind of workload, or another document has it): it reads as blank and
    writes nothing."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def read(self, node: Any) -> Any:
        return self.field.blank

    def put(self, node: Any, value: Any) -> Any:
        return node

    def entries(self) -> list[Entry]:
        return []

    def locate(self, path: Path, node: Any = MISSING) -> Found | None:
        return None


def only(has_it: bool, field: Field) -> Part:
    """The field where the kind of document has it."""
    return field if has_it else Missing(field)


def declared(part: Part) -> Iterator[tuple[str, Field]]:
    """The fields of a record, of a row, of all kinds of a variant, by name."""
    if isinstance(part, Record):
        own = {name: child.field if isinstance(child, Missing) else child for name, child in part.fields.items()}
        yield from ((name, child) for name, child in own.items() if isinstance(child, Field))
    for child in _inside(part):
        yield from declared(child)


def _inside(part: Part) -> tuple[Part, ...]:
    if isinstance(part, At):
        return (part.part,) if part.spread else ()
    if isinstance(part, Rows):
        return (part.record,)
    if isinstance(part, Switched):
        return (part.variant, part.beside)
    if isinstance(part, Variant):
        return (*(record for _key, record in part.variants.values()), part.otherwise)
    return part.spreading if isinstance(part, Record) else ()


def kinds_of(part: Variant | Switched) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The input that chooses, and which other inputs each choice has."""
    variant, beside = (part.variant, part.beside) if isinstance(part, Switched) else (part, Record())
    known = {kind: (*record.fields, *beside.fields) for kind, (_key, record) in variant.variants.items()}
    return (variant.field, {variant.none: tuple(variant.otherwise.fields), **known, OTHER: tuple(beside.fields)})
