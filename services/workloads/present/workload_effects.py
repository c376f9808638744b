"""What a person is told before and after a workload is changed in one step: what follows, and who was there before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from console.web import times
from services.changes.authors import Changed
from services.changes.managers import sentences
from services.manifests.paths import EntryKey
from services.page_state import Notice
from services.shown.replacing import replaced
from services.workloads.present.workload_autoscaling import autoscaling
from services.workloads.present.workload_surroundings import Surroundings


def scaling_remarks(around: Surroundings) -> tuple[str, ...]:
    """What a person should know who sets the number of replicas."""
    remarks = []
    if scaler := autoscaling(around.scaler):
        text = gettext(
            "The autoscaler %(name)s keeps it between %(least)s and %(most)s and may change the number again."
        )
        remarks.append(text % {"name": scaler.name, "least": scaler.least, "most": scaler.most})
    if around.workload.kind == "StatefulSet":
        remarks.append(gettext("Claims of pods that are removed stay, with their data."))
    return (*remarks, *sentences(around.document or {}, [("spec", "replicas")]))


def image_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Who else sets the images of its containers."""
    pod = ((document.get("spec") or {}).get("template") or {}).get("spec") or {}
    kinds = ("containers", "initContainers")
    names = [(kind, EntryKey(str(container.get("name")))) for kind in kinds for container in pod.get(kind) or ()]
    return sentences(document, [("spec", "template", "spec", kind, name, "image") for kind, name in names])


def restarting(around: Surroundings) -> str:
    """What restarting does to the pods."""
    record = around.workload
    update = around.spec.get("strategy") or around.spec.get("updateStrategy") or {"type": record.strategy}
    return replaced(record.kind, update, record.current or record.desired)


def clash_notice(actor: str, name: str, changed: Changed, now: str) -> Notice:
    """Who was faster, and what is stored now. `actor`: who asks; `now`: a sentence."""
    values = {"name": name, "who": changed.who, "time": times.element(changed.at, "ago")}
    if not changed.who:
        text = gettext("%(name)s was changed while this was open, by someone else or in another tab.")
    elif changed.at is None:
        text = gettext("%(who)s changed %(name)s while this was open.")
    elif changed.who == actor:
        text = gettext("You changed %(name)s %(time)s, in another tab.")
    else:
        text = gettext("%(who)s changed %(name)s %(time)s, while this was open.")
    means = gettext("%(now)s Your change was not applied; what you entered is kept.") % {"now": now}
    return Notice("warn", times.sentence(text, values), means)
