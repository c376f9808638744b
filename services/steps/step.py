"""Which form stands for which step, and how a step is opened: from a bundle, from a post, from what was kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import Request
from services.manifests.bundle import Bundle, kind_of, name_of
from services.models import SETTINGS
from services.steps.advanced import AdvancedForm, AdvancedLiveForm, ServiceForm
from services.steps.basic import BasicForm, ExternalForm
from services.steps.existing_values import ExistingValues
from services.steps.input_names import THERE, UNIT, Typed
from services.steps.lenses import LENSES, STEPS
from services.steps.lenses.labels import MATCH, TEMPLATE, labels_of
from services.steps.lenses.lens import Lens
from services.steps.lenses.pod import gone_along, needs_port
from services.steps.pod import PodForm
from services.steps.renames import follow
from services.steps.row_buttons import act
from services.steps.stepform import FormContext, StepForm, typed_from
from services.steps.storage import StorageForm

MOST_FIELDS, MOST_CONTAINERS = 3000, 100


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the dialog: its name in addresses, its words, its form and its lens."""

    name: str
    title: Any
    form: type[StepForm]
    lens: Lens


_STEPS = {
    step.name: step
    for step in (
        Step("basic", _("Basic Information"), BasicForm, LENSES["basic"]),
        Step("pod", _("Pod Settings"), PodForm, LENSES["pod"]),
        Step("storage", _("Storage Settings"), StorageForm, LENSES["storage"]),
        Step("advanced", _("Advanced Settings"), AdvancedForm, LENSES["advanced"]),
        Step("advanced_live", _("Advanced Settings"), AdvancedLiveForm, LENSES["advanced_live"]),
        Step("external", _("External Service"), ExternalForm, LENSES["external"]),
        Step("service", _("Service Settings"), ServiceForm, LENSES["service"]),
    )
}


def steps_of(type: str) -> tuple[Step, ...]:
    """The steps of a type, in order; none for Edit YAML."""
    return tuple(_STEPS[name] for name in STEPS.get(type, ()))


def form_context(type: str, project: str, bundle: Bundle, step: Step) -> FormContext:
    """What the form of a step must know about the bundle. Each lens reads it once: a step may be large."""
    read = {name: _STEPS[name].lens.read(bundle) for name in {*_TOLD_OF, step.name}}
    pod, advanced, service = (read[name] for name in ("pod", "advanced", "service"))
    containers = tuple((container["name"], container["type"]) for container in pod["containers"] if container["name"])
    ports = [port for container in pod["containers"] for port in container["ports"]]
    facts = {
        "unnamed": frozenset((port["container_port"], port["protocol"]) for port in ports if not port["name"]),
        "workload": kind_of(bundle.workload) if bundle.workload else "",
        **{name: advanced[name] for name in ("external", "load_balancer_class")},
        "replicas": pod["replicas"] is not None,
        "version": read["basic"]["version"],
        "no_service": bundle.service is None and bundle.workload is not None,
        "needs_port": type == "stateless" and needs_port(bundle, pod["containers"]),
        "live": type == SETTINGS,
        "selected": _selected(bundle) if type == SETTINGS else {},
        "without_selector": not service["selector"] and bool(service["ports"]),
    }
    own = read[step.name]
    return FormContext(
        type=type,
        project=project,
        name=name_of(bundle.service),
        containers=containers,
        facts=facts,
        read=own,
        existing=ExistingValues(typed_from(step.form, own)),
    )


def _selected(bundle: Bundle) -> dict[str, Any]:
    """The labels of the pods that the workload finds them by."""
    labels = labels_of(bundle.workload, TEMPLATE)
    return {key: value for key, value in labels_of(bundle.workload, MATCH).items() if labels.get(key) == value}


def too_large(around: FormContext) -> bool:
    """Whether it would have more fields, or more choices in one, than a page can show and a post can bring."""
    return around.existing.size > MOST_FIELDS or len(around.containers) > MOST_CONTAINERS


def in_room(request: Request, before: Typed, typed: Typed, focus: str) -> tuple[Typed, str]:
    """The form and its focus after a button added rows; with no room for them, as it was before, and that is said."""
    if len(typed) <= max(MOST_FIELDS, len(before)):
        return typed, focus
    messages.warning(request, gettext("The form has no room for more rows. Use Edit YAML."))
    return before, ""


def opened(step: Step, around: FormContext, *, fresh: bool) -> StepForm:
    """The step as its documents have it. `fresh`: never saved, so that lists which need a row begin with one."""
    typed = typed_from(step.form, around.read)
    for path in _FIRST_ROWS.get(step.name, ()) if fresh else ():
        if not any(key.startswith(path + "-") for key in typed):
            act(step.form, typed, f"add:{path}")
    return step.form(typed, context=around)


def untouched(step: Step, data: Typed, around: FormContext, *, fresh: bool) -> bool:
    """Whether it is posted as it was opened: the person only looked."""
    shown = opened(step, around, fresh=fresh)
    as_opened, mine = _filled(shown.typed), _filled(data)
    for subform in shown.walk():
        for name, own in subform.fields.items():
            if isinstance(own, forms.ChoiceField) and type(own.widget) is forms.Select:
                choices: Any = own.choices
                first = next((str(value) for value, _label in choices), "")  # a list always sends something
                as_opened.setdefault(subform.add_prefix(name), [first] if first else [])
            for usual in [*getattr(own, "units", ())][:1]:
                unit = f"{subform.add_prefix(name)}-{UNIT}"
                if data.get(unit, usual) != usual:
                    return False
                mine.pop(unit, None)
    mine = {name: values for name, values in mine.items() if not _marks_a_group(name)}
    return mine == {name: values for name, values in as_opened.items() if values and not _marks_a_group(name)}


def merged(
    step: Step, data: Mapping[str, Sequence[str]], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What was typed over documents that a lens read as `old`, once they are read as `new`: whatever the person did not
    change follows the documents, the rest stays as typed.
    """
    typed, before, now = kept(data), typed_from(step.form, old), typed_from(step.form, new)
    own, was = _filled(typed), _filled(before)
    names = dict.fromkeys([*typed, *now])
    values = {name: (now if own.get(name) == was.get(name) else typed) for name in names}
    return {name: source.getlist(name) for name, source in values.items() if name in source}


def _marks_a_group(name: str) -> bool:
    """Whether it says that a group is there; those that cannot be switched off are not on the page as such."""
    path, _dash, last = name.rpartition("-")
    return last == THERE and not path.rpartition("-")[2].isdecimal()


def _filled(data: Typed) -> dict[str, list[str]]:
    """What is filled in, by name; browsers do not post what is blank in every way alike."""
    filled = {name: [value for value in values if value != ""] for name, values in data.lists()}
    return {name: values for name, values in filled.items() if values}


def posted(step: Step, data: Typed, around: FormContext) -> StepForm:
    """The step as posted."""
    typed: Typed = MultiValueDict()
    for name, texts in data.lists():
        typed.setlist(name, [around.existing.exact(name, text) for text in texts])
    return step.form(typed, context=around)


def kept(data: Mapping[str, Sequence[str]]) -> Typed:
    """Typed input that a draft kept, as it was posted."""
    return MultiValueDict({key: list(values) for key, values in data.items()})


def written(step: Step, bundle: Bundle, form: StepForm) -> Bundle:
    """The bundle with what the form says, and what names something by another name now. Of a valid form only."""
    values = gone_along(bundle, form.values()) if step.name == "pod" else form.values()
    return follow(bundle, step.lens.write(bundle, values))


def written_so_far(step: Step, bundle: Bundle, form: StepForm) -> Bundle:
    """What the form says as far as it is right, and each image as it is typed: to be shown, never kept."""
    if step.name != "pod":
        return bundle
    values = form.values()
    for container, row in zip(values["containers"], form.rows("containers"), strict=True):
        container["image"] = container["image"] or row.text("image")
    return step.lens.write(bundle, values)


def focus_on(form: StepForm, path: str) -> bool:
    """Give the focus to the first field at a path; whether there is one."""
    for subform in form.walk():
        for name, own in subform.fields.items():
            if subform.add_prefix(name).startswith(path) and not own.widget.is_hidden:
                own.widget.attrs["autofocus"] = True
                return True
    return False


_TOLD_OF = ("basic", "pod", "advanced", "service")
"""Steps that the forms of others must know of."""
_FIRST_ROWS = {"pod": ("containers",), "service": ("selector", "ports")}
