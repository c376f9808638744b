"""Enough protobuf to read what `kubectl create ...` and `kubectl auth can-i` send; anything more is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from .errors import ApiError
from .objects import Obj

MEDIA = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"

# message: field=name or name:type. A type ends in * when it repeats; str is the default, skip drops, ? keeps zero.
_TEXT = """
Unknown: 1=type:TypeMeta 2=raw:bytes 3=e:skip 4=c:skip
TypeMeta: 1=apiVersion 2=kind
ObjectMeta: 1=name 2=generateName 3=namespace 4=l:skip 5=uid 6=r:skip 7=g:skip 8=c:skip 11=labels:map*\
 12=annotations:map*
LabelSelector: 1=matchLabels:map*
SelfSubjectAccessReview: 1=metadata:ObjectMeta 2=spec:AccessSpec 3=s:skip
AccessSpec: 1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes
ResourceAttributes: 1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name
NonResourceAttributes: 1=path 2=verb
SelfSubjectRulesReview: 1=metadata:ObjectMeta 2=spec:RulesSpec 3=s:skip
RulesSpec: 1=namespace
Namespace: 1=metadata:ObjectMeta 2=s:skip 3=s:skip
ConfigMap: 1=metadata:ObjectMeta 2=data:map* 3=binaryData:blobs* 4=immutable:bool
Secret: 1=metadata:ObjectMeta 2=data:blobs* 3=type 4=stringData:map* 5=immutable:bool
ServiceAccount: 1=metadata:ObjectMeta
Service: 1=metadata:ObjectMeta 2=spec:ServiceSpec 3=s:skip
ServiceSpec: 1=ports:ServicePort* 2=selector:map* 3=clusterIP 4=type 7=sessionAffinity\
 8=l:skip 10=externalName 11=externalTrafficPolicy\
 12=h:skip 13=publishNotReadyAddresses:bool
ServicePort: 1=name 2=protocol 3=port:int 4=targetPort:IntOrString 5=nodePort:int 6=appProtocol
IntOrString: 1=type:int 2=intVal:int 3=strVal
Deployment: 1=metadata:ObjectMeta 2=spec:DeploymentSpec 3=s:skip
DeploymentSpec: 1=replicas:int? 2=selector:LabelSelector 3=template:Template 4=strategy:Strategy 5=m:skip 7=paused:bool
Strategy: 1=type
Template: 1=metadata:ObjectMeta 2=spec:PodSpec
PodSpec: 2=containers:Container* 3=restartPolicy 6=dnsPolicy 8=serviceAccountName 9=s:skip 10=nodeName\
 11=hostNetwork:bool\
 12=hostPID:bool 13=hostIPC:bool 16=hostname 17=subdomain 19=schedulerName 24=priorityClassName
Container: 1=name 2=image 3=command:str* 4=args:str* 5=workingDir 6=ports:ContainerPort* 7=env:EnvVar* 8=r:skip\
 13=terminationMessagePath 14=imagePullPolicy 16=stdin:bool 17=stdinOnce:bool 18=tty:bool 20=terminationMessagePolicy
ContainerPort: 1=name 2=hostPort:int 3=containerPort:int 4=protocol 5=hostIP
EnvVar: 1=name 2=value
Role: 1=metadata:ObjectMeta 2=rules:PolicyRule*
ClusterRole: 1=metadata:ObjectMeta 2=rules:PolicyRule*
PolicyRule: 1=verbs:str* 2=apiGroups:str* 3=resources:str* 4=resourceNames:str* 5=nonResourceURLs:str*
RoleBinding: 1=metadata:ObjectMeta 2=subjects:Subject* 3=roleRef:RoleRef
ClusterRoleBinding: 1=metadata:ObjectMeta 2=subjects:Subject* 3=roleRef:RoleRef
Subject: 1=kind 2=apiGroup 3=name 4=namespace
RoleRef: 1=apiGroup 2=kind 3=name
"""


def _table() -> dict[str, dict[int, tuple[str, str]]]:
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for line in filter(None, _TEXT.split("\n")):
        message, _, rest = line.partition(": ")
        fields = found[message] = {}
        for part in rest.split():
            number, _, name = part.partition("=")
            plain, _, kind = name.partition(":")
            fields[int(number)] = (plain, kind or "str")
    return found


_MESSAGES = _table()


def _refuse(what: str) -> ApiError:
    message = f"the embedded cluster cannot read {what} in protobuf: send application/json (kubectl apply -f does)"
    return ApiError("UnsupportedMediaType", message, {})


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if raw[at - 1] < 0x80:
            return value, at


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        value, at = _varint(raw, at)
        if key & 7 == 2:
            yield key >> 3, raw[at : at + value]
            at += value
        elif key & 7 == 0:
            yield key >> 3, value
        else:
            raise _refuse("this wire type")


def _pair(raw: bytes) -> tuple[str, bytes]:
    parts = dict(_fields(raw))
    return parts.get(1, b"").decode(), parts.get(2, b"")


def _add(out: Obj, name: str, kind: str, value: Any) -> None:
    plain = kind.rstrip("*?")
    if plain in ("map", "blobs"):
        key, item = _pair(value)
        out.setdefault(name, {})[key] = item.decode() if plain == "map" else base64.b64encode(item).decode()
    elif plain == "skip":
        return
    else:
        simple: dict[str, Callable[[Any], Any]] = {"str": bytes.decode, "int": int, "bool": bool, "bytes": bytes}
        found = simple[plain](value) if plain in simple else _message(plain, value)
        if kind.endswith("*"):
            out.setdefault(name, []).append(found)
        elif found or isinstance(found, dict) or kind.endswith("?"):
            out[name] = found


def _message(kind: str, raw: bytes) -> Any:
    if kind not in _MESSAGES:
        raise _refuse(kind)
    out: Obj = {}
    for number, value in _fields(raw):
        if number not in _MESSAGES[kind]:
            raise _refuse(f"field {number} of {kind}")
        _add(out, *_MESSAGES[kind][number], value)
    if kind == "IntOrString":
        return out.get("strVal", "") if out.get("type") else out.get("intVal", 0)
    return out


def decode(raw: bytes) -> Obj:
    """The object in a request body. Raises UnsupportedMediaType for what the table does not have."""
    if not raw.startswith(_MAGIC):
        raise _refuse("this")
    try:
        envelope = _message("Unknown", raw[len(_MAGIC) :])
        head = envelope["type"]
        body: Obj = _message(head["kind"], envelope.get("raw", b""))
    except (IndexError, KeyError, UnicodeDecodeError, AttributeError):
        raise _refuse("this") from None
    return {**head, **body}
