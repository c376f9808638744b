"""Who may do what: RBAC over the stored roles and bindings, impersonation as in 1.36 and later, and self reviews."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .api_errors import ApiError, bad_request, forbidden, not_found
from .catalog import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, RBAC, ROLE, ROLE_BINDING, Kind
from .objects import Change, Entry, Obj, Store

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The keys under which bindings name this person."""
        return (f"User:{self.name}", *(f"Group:{group}" for group in self.groups))


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: the attributes that an authorizer sees. `path` only for what is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def sentence(self, user: str) -> str:
        """The server's words for a refusal."""
        if self.path:
            return f'User "{user}" cannot {self.verb} path "{self.path}"'
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'User "{user}" cannot {self.verb} resource "{resource}" in API group "{self.group}" {where}'


@dataclass(frozen=True, slots=True)
class Grant:
    """One subject of one binding."""

    binding: str
    namespace: str
    role_kind: Kind
    role: str
    subject: str


Rule = Mapping[str, Any]


def _names_resource(rule: Rule, ask: Ask) -> bool:
    full = f"{ask.resource}/{ask.subresource}" if ask.subresource else ask.resource
    wanted = {"*", full} | ({f"*/{ask.subresource}"} if ask.subresource else set())
    return not wanted.isdisjoint(rule.get("resources") or ())


def allows(rule: Rule, ask: Ask) -> bool:
    """Whether one rule allows what is asked."""
    if {"*", ask.verb}.isdisjoint(rule.get("verbs") or ()):
        return False
    if ask.path:
        urls = rule.get("nonResourceURLs") or ()
        return any(url in ("*", ask.path) or (url.endswith("*") and ask.path.startswith(url[:-1])) for url in urls)
    if {"*", ask.group}.isdisjoint(rule.get("apiGroups") or ()) or not _names_resource(rule, ask):
        return False
    names = rule.get("resourceNames")
    return not names or ask.name in names


class Authorizer:
    """Answers from the stored RBAC objects; it follows their changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._grants: dict[str, dict[str, list[Grant]]] = defaultdict(dict)
        self._rules: dict[str, tuple[int, list[Rule]]] = {}
        for kind in (ROLE_BINDING, CLUSTER_ROLE_BINDING):
            for entry in store.scan(kind):
                self._bind(entry)
        store.listeners.append(self._changed)

    def _changed(self, change: Change) -> None:
        if change.entry.kind not in (ROLE_BINDING, CLUSTER_ROLE_BINDING):
            return
        if change.old is not None:
            for subject in _subjects(change.old.body()):
                self._grants[subject].pop(change.old.uid, None)
        if change.type != "DELETED":
            self._bind(change.entry)

    def _bind(self, entry: Entry) -> None:
        body = entry.body()
        kind = ROLE if body["roleRef"]["kind"] == "Role" else CLUSTER_ROLE
        for subject in _subjects(body):
            grant = Grant(entry.name, entry.namespace, kind, body["roleRef"]["name"], subject)
            self._grants[subject].setdefault(entry.uid, []).append(grant)

    def rules_of(self, kind: Kind, namespace: str, name: str) -> list[Rule] | None:
        """The rules of a role; None when it does not exist."""
        entry = self._store.get(kind, "" if kind is CLUSTER_ROLE else namespace, name)
        if entry is None:
            return None
        version, rules = self._rules.get(entry.uid, (0, []))
        if version != entry.version:
            rules = entry.body().get("rules") or []
            self._rules[entry.uid] = (entry.version, rules)
        return rules

    def _granted(self, user: User, namespace: str) -> Iterator[tuple[Grant, Rule]]:
        for subject in user.subjects:
            for grants in self._grants.get(subject, {}).values():
                for grant in grants:
                    if grant.namespace in ("", namespace):
                        for rule in self.rules_of(grant.role_kind, grant.namespace, grant.role) or ():
                            yield grant, rule

    def reason(self, user: User, ask: Ask) -> str | None:
        """Why it is allowed; None when it is not."""
        if MASTERS in user.groups:
            return ""
        for grant, rule in self._granted(user, ask.namespace):
            if allows(rule, ask):
                return _because(grant)
        return None

    def check(self, user: User, ask: Ask) -> None:
        """Raises Forbidden in the words of the real server."""
        if self.reason(user, ask) is None:
            raise refusal(user, ask)

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for `user` in `namespace`."""
        if MASTERS in user.groups:
            every = ["*"]
            return [
                {"verbs": every, "apiGroups": every, "resources": every},
                {"verbs": every, "nonResourceURLs": every},
            ]
        return [rule for _, rule in self._granted(user, namespace)]

    def impersonate(self, user: User, headers: Sequence[tuple[str, str]], ask: Ask) -> User:
        """The person that the `Impersonate-*` headers name, if `user` may act as them for `ask`; else `user`."""
        wanted = _wanted(headers)
        if wanted is None:
            return user
        problem: ApiError | None = None
        for constrained in (True, False):
            try:
                return self._act_as(user, wanted, ask, constrained=constrained)
            except ApiError as error:
                problem = problem or error
        assert problem is not None
        raise problem

    def _act_as(self, user: User, wanted: User, ask: Ask, *, constrained: bool) -> User:
        verb, group = ("impersonate", "") if not constrained else ("impersonate:user-info", "authentication.k8s.io")
        who = Ask(verb, group, "users", name=wanted.name)
        if wanted.name.startswith(_SERVICE_ACCOUNT):
            namespace, _, account = wanted.name.removeprefix(_SERVICE_ACCOUNT).partition(":")
            who = replace(who, resource="serviceaccounts", namespace=namespace, name=account)
            constrained_ok, mode = False, "serviceaccount"
            if not wanted.groups:
                groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
                wanted = replace(wanted, groups=groups)
        else:
            constrained_ok, mode = not wanted.name.startswith("system:node:"), "arbitrary-node"
        if constrained:
            if not constrained_ok:
                raise refusal(user, replace(ask, verb=f"impersonate-on:{mode}:{ask.verb}"))
            self.check(user, replace(ask, verb=f"impersonate-on:user-info:{ask.verb}"))
        self.check(user, who)
        if wanted.uid:
            self.check(user, Ask(verb, "authentication.k8s.io", "uids", name=wanted.uid))
        self._groups(user, wanted.groups, Ask(verb, group, "groups"), constrained=constrained)
        extra = "system:unauthenticated" if wanted.name == "system:anonymous" else AUTHENTICATED
        return replace(wanted, groups=tuple(dict.fromkeys((*wanted.groups, extra))))

    def _groups(self, user: User, groups: tuple[str, ...], ask: Ask, *, constrained: bool) -> None:
        if constrained and "" in groups:
            raise refusal(user, ask, "impersonating the empty string group is not allowed")
        if constrained and MASTERS in groups:
            raise refusal(user, replace(ask, name=MASTERS), "impersonating the system:masters group is not allowed")
        for group in groups:
            self.check(user, replace(ask, name=group))

    def check_grant(self, user: User, kind: Kind, body: Obj) -> None:
        """Refuses a role or binding that grants what its author does not hold (and may not `bind` or `escalate`)."""
        name, namespace = body["metadata"].get("name", ""), body["metadata"].get("namespace", "")
        if kind in (ROLE, CLUSTER_ROLE):
            verb, ask, rules = "escalate", Ask("escalate", RBAC, kind.plural, "", namespace, name), body.get("rules")
        else:
            ref = body["roleRef"]
            role = ROLE if ref["kind"] == "Role" else CLUSTER_ROLE
            verb, ask = "bind", Ask("bind", RBAC, role.plural, "", namespace, ref["name"])
            rules = self.rules_of(role, namespace, ref["name"])
            if rules is None and self.reason(user, ask) is None:
                raise not_found(role, ref["name"])
        if self.reason(user, ask) is not None or verb == "":
            return
        missing = [rule for rule in rules or () if not self._holds(user, rule, namespace)]
        if missing:
            groups = " ".join(json.dumps(group) for group in user.groups)
            who = f'user "{user.name}" (groups=[{groups}])'
            why = f"{who} is attempting to grant RBAC permissions not currently held:\n" + "\n".join(
                map(_text, missing)
            )
            raise forbidden(kind.resource, name, why, kind.group)

    def _holds(self, user: User, rule: Rule, namespace: str) -> bool:
        asks = [Ask(verb, path=url) for verb in rule["verbs"] for url in rule.get("nonResourceURLs") or ()]
        for verb in rule["verbs"]:
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    plural, _, sub = resource.partition("/")
                    names = rule.get("resourceNames") or ("",)
                    asks += [Ask(verb, group, plural, sub, namespace, name) for name in names]
        return all(self.reason(user, ask) is not None for ask in asks)


def refusal(user: User, ask: Ask, why: str = "") -> ApiError:
    """Forbidden, worded for `ask`."""
    resource = f"{ask.resource}.{ask.group}" if ask.group else ask.resource
    sentence = ask.sentence(user.name) + (f": {why}" if why else "")
    if ask.path:
        return ApiError("Forbidden", f"forbidden: {sentence}", {})
    return forbidden(resource, ask.name, sentence, ask.group)


def _text(rule: Rule) -> str:
    names = {"apiGroups": "APIGroups", "resources": "Resources", "resourceNames": "ResourceNames", "verbs": "Verbs"}
    parts = [f"{names[key]}:{json.dumps(rule[key])}" for key in names if rule.get(key)]
    return "{" + ", ".join(parts) + "}"


def _subjects(body: Obj) -> list[str]:
    subjects = []
    for subject in body.get("subjects") or ():
        name = subject["name"]
        if subject["kind"] == "ServiceAccount":
            subjects.append(f"User:{_SERVICE_ACCOUNT}{subject.get('namespace', '')}:{name}")
        else:
            subjects.append(f"{subject['kind']}:{name}")
    return subjects


def _because(grant: Grant) -> str:
    binding = (
        f'RoleBinding "{grant.binding}/{grant.namespace}"'
        if grant.namespace
        else f'ClusterRoleBinding "{grant.binding}"'
    )
    kind, _, name = grant.subject.partition(":")
    return f'RBAC: allowed by {binding} of {grant.role_kind.kind} "{grant.role}" to {kind} "{name}"'


def _wanted(headers: Sequence[tuple[str, str]]) -> User | None:
    values = defaultdict(list)
    for name, value in headers:
        values[name.lower()].append(value)
    groups, uid = tuple(values["impersonate-group"]), "".join(values["impersonate-uid"][:1])
    name = "".join(values["impersonate-user"][:1])
    if any(key.startswith("impersonate-extra-") for key in values):
        raise bad_request("impersonating extra values is not supported by the embedded cluster")
    if not name and (groups or uid):
        raise bad_request("requested impersonation of groups or a uid without impersonating a user name")
    return User(name, groups, uid) if name else None


def self_access(authorizer: Authorizer, user: User, body: Obj) -> Obj:
    """The answer to a SelfSubjectAccessReview."""
    spec = body.get("spec") or {}
    wanted = spec.get("resourceAttributes")
    if wanted is not None:
        parts = {key: wanted.get(key, "") for key in ("verb", "group", "resource", "subresource", "namespace", "name")}
        ask = Ask(**parts)
    else:
        plain = spec.get("nonResourceAttributes") or {}
        ask = Ask(plain.get("verb", ""), path=plain.get("path", "/"))
    reason = authorizer.reason(user, ask)
    status: Obj = {"allowed": reason is not None}
    if reason:
        status["reason"] = reason
    return body | {"metadata": {}, "spec": spec, "status": status}


def self_user(_authorizer: Authorizer, user: User, body: Obj) -> Obj:
    """The answer to a SelfSubjectReview."""
    return body | {"metadata": {}, "status": {"userInfo": {"username": user.name, "groups": list(user.groups)}}}


def self_rules(authorizer: Authorizer, user: User, body: Obj) -> Obj:
    """The answer to a SelfSubjectRulesReview."""
    namespace = (body.get("spec") or {}).get("namespace", "")
    if not namespace:
        raise bad_request("no namespace on request")
    rules = authorizer.rules(user, namespace)
    status = {
        "resourceRules": [rule for rule in rules if rule.get("resources")],
        "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
        "incomplete": False,
    }
    return body | {"metadata": {}, "status": status}
