"""Dry runs of the odd specs in cases.yaml, and what an API server answered, in verdicts.yaml.

An answer is `accepted`, a map of the fields that the server added to the spec (or took out: null), or
`{Reason: [what is wrong, ...]}` with the field in front of each sentence. Numbers and addresses that the server
picks are `given`.
"""

import copy
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.admin import Admin, Object, Refused, path, plural_of

HERE = Path(__file__).parent
STRICT = "?dryRun=All&fieldValidation=Strict"
PICKED = ("clusterIP", "nodePort", "healthCheckNodePort")
UID = "[0-9a-f]{8}-[0-9a-f-]{27}"
NOT_COMPARED = ("metadata", "status", "kind", "apiVersion")
Verdict = str | Object
CASES: dict[str, Object] = yaml.safe_load((HERE / "cases.yaml").read_text())


def recorded() -> dict[str, dict[str, Verdict]]:
    """group -> case -> what the real control plane answered."""
    by_group: dict[str, dict[str, Verdict]] = yaml.safe_load((HERE / "verdicts.yaml").read_text())
    return by_group


def record(admin: Admin) -> None:
    """Ask this API server about every case and write verdicts.yaml anew."""
    namespace = f"verdicts-{uuid.uuid4().hex[:8]}"
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    try:
        by_group = {group: verdicts(admin, namespace, group) for group in CASES}
    finally:
        admin.delete("namespaces", None, namespace)
    text = yaml.safe_dump(by_group, sort_keys=False, width=1000, allow_unicode=True)
    (HERE / "verdicts.yaml").write_text("# Recorded by `python -m tests.recordings verdicts`; do not edit.\n" + text)


def verdicts(admin: Admin, namespace: str, group: str) -> dict[str, Verdict]:
    """case -> answer, for one group of cases.yaml."""
    case_group = CASES[group]
    usual = _additions(_created(admin, namespace, case_group, {}))

    def shown(answer: Answer, *, whole: bool) -> Verdict:
        extra = _additions(answer)
        same = (
            () if whole or not isinstance(answer, tuple) else [item for item in usual.items() if item in extra.items()]
        )
        return {key: value for key, value in extra.items() if (key, value) not in same} or "accepted"

    by_case = {
        _name(case): shown(_created(admin, namespace, case_group, case), whole=not case) for case in case_group["cases"]
    }
    for sign, ask in {"->": _changed, "beside": _second}.items():
        for number, (before, case) in enumerate(case_group.get(sign, ())):
            stored = admin.create(
                _with(case_group, case_group["base"], {"/metadata.name": f"case-{number}"} | before), namespace
            )
            by_case[f"{_name(before)} {sign} {_name(case)}"] = shown(
                ask(admin, case_group, stored, case), whole=sign == "->"
            )
            admin.delete(plural_of(stored), namespace, stored["metadata"]["name"], gracePeriodSeconds=0)
    return by_case


def _name(case: Object) -> str:
    return json.dumps(case, ensure_ascii=False)


Answer = tuple[Object, Object] | Object


def _created(admin: Admin, namespace: str, case_group: Object, case: Object) -> Answer:
    body = _with(case_group, case_group["base"], {"/metadata.name": "case"} | case)
    return _ask(admin, "POST", path(plural_of(body), namespace) + STRICT, body)


def _second(admin: Admin, case_group: Object, stored: Object, case: Object) -> Answer:
    return _created(admin, stored["metadata"]["namespace"], case_group, case)


def _changed(admin: Admin, case_group: Object, stored: Object, case: Object) -> Answer:
    meta = stored["metadata"]
    meta.pop("resourceVersion")  # controllers write meanwhile
    target = path(plural_of(stored), meta["namespace"], meta["name"])
    return _ask(admin, "PUT", target + STRICT, _with(case_group, stored, case), stored)


def _ask(admin: Admin, method: str, target: str, body: Object, stored: Object | None = None) -> Answer:
    """What was sent and what came back, or the refusal."""
    try:
        return body, admin.call(method, target, body)
    except Refused as refused:
        causes = refused.status.get("details", {}).get("causes") or ()
        sentences = [f"{cause.get('field', '')}: {cause['message']}" for cause in causes] or [refused.status["message"]]
        picked = {str(value) for key, value in _flat(stored or {}) if key.split(".")[-1] in PICKED} - {"None"}
        namespace = target.partition("/namespaces/")[2].partition("/")[0]
        unlike = re.compile("|".join([*map(re.escape, picked), UID, f"(?<=/){namespace}(?=/)"]))
        return {refused.reason: [unlike.sub("given", sentence.partition("\n")[0]) for sentence in sentences]}


def _additions(answer: Answer) -> Object:
    """The fields that the server added or took out; a refusal as it is."""
    if not isinstance(answer, tuple):
        return answer
    sent, got = dict(_flat(answer[0])), dict(_flat(answer[1]))
    added = {key: _picked(key, value) for key, value in got.items() if sent.get(key) != value}
    return added | {key: None for key in sent if key not in got and not any(k.startswith(key + ".") for k in got)}


def _picked(key: str, value: Any) -> Any:
    field = next(part for part in reversed(key.split(".")) if not part.isdigit())
    return "given" if field.removesuffix("s") in PICKED and value != "None" else value


def _flat(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every leaf but metadata and status."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner:
        if value is not None:
            yield at, value
        return
    for key, item in inner:
        if at or key not in NOT_COMPARED:
            yield from _flat(item, f"{at}.{key}".lstrip("."))


def _with(case_group: Object, base: Object, case: Object) -> Object:
    body = copy.deepcopy(base)
    for where, value in case.items():
        whole = where[1:] if where.startswith("/") else f"{case_group['at']}.{where}"
        *parents, last = (int(part) if part.isdigit() else part for part in whole.split("."))
        inner: Any = body
        for part in parents:
            inner = inner[part] if isinstance(part, int) else inner.setdefault(part, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return body
