"""Rules for names and values that people type, each with a sentence that says what is wrong.

Every rule takes a text and returns ``None`` or the ``Sentence``; a ``Remark`` where the cluster takes it. No rule is
stricter than the cluster, but for what could never work and for plain slips: ``tests/kube/test_form_rules.py`` names
these and holds each rule against dry runs.
"""

from __future__ import annotations

import ipaddress
import re

from services.manifests.selectors import parse_selector
from services.manifests.sentences import Remark, Sentence, gettext_noop

# What the name of a pod adds to its workload's, and what must fit into a label of 63 characters.
WORKLOAD_LIMITS = {"StatefulSet": 52, "Deployment": 63, "DaemonSet": 63}

_LABEL_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_VERSION = re.compile(r"[a-z0-9]*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ENV = re.compile(r"[ -<>-~]+")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def object_name(text: str) -> Sentence | None:
    """The name of most objects: a DNS subdomain of up to 253 characters."""
    if not text:
        return Sentence(gettext_noop("Enter a name."))
    right = all(_LABEL_1123.fullmatch(label) for label in text.split("."))
    words = gettext_noop("Use lowercase letters, digits, hyphens and dots. Start and end with a letter or digit.")
    return _within(253, text, right, words)


def dns_label(text: str) -> Sentence | None:
    """The name of a Service (since Kubernetes 1.36 it may start with a digit), a container, a volume, a claim template
    or a port of a Service."""
    if not text:
        return Sentence(gettext_noop("Enter a name."))
    words = gettext_noop("Use lowercase letters, digits and hyphens. Start and end with a letter or digit.")
    return _within(63, text, _LABEL_1123.fullmatch(text), words)


service_name = container_name = volume_name = service_port_name = dns_label


def version(text: str) -> Sentence | None:
    """The version of a workload: ``v1``."""
    return _within(
        16, text, _VERSION.fullmatch(text), gettext_noop("Use lowercase letters and digits without dots, such as v12.")
    )


def workload_name(name: str, version: str) -> str:
    """``web-v1``; just the name without a version."""
    return f"{name}-{version}" if name and version else name


def workload_name_fits(kind: str, name: str, version: str) -> Sentence | None:
    """The workload's name must leave room for what its pods' names and labels add."""
    full, limit = workload_name(name, version), WORKLOAD_LIMITS.get(kind, 63)
    if len(full) <= limit:
        return None
    template = gettext_noop(
        "The %(kind)s name %(name)s has %(length)s characters; the limit is %(limit)s. "
        "Shorten the name or the version by %(excess)s."
    )
    return Sentence(template, kind=kind, name=full, length=len(full), limit=limit, excess=len(full) - limit)


def port_name(text: str) -> Sentence | None:
    """The name of a container port: up to 15 characters, with a letter, no hyphen at an end or beside another."""
    right = _LABEL_1123.fullmatch(text) and "--" not in text and re.search("[a-z]", text)
    words = gettext_noop("Use lowercase letters, digits and single hyphens between them, with at least one letter.")
    return _within(15, text, right, words)


def app_protocol(text: str) -> Sentence | None:
    """The application protocol of a Service's port: written like a label's key (``http``, ``kubernetes.io/h2c``)."""
    return label_key(text) if text else None


def port_number(number: int) -> Sentence | None:
    """A port: 1 to 65535."""
    return None if 1 <= number <= 65535 else Sentence(gettext_noop("Enter a port from 1 to 65535."))


def port_or_name(text: str) -> Sentence | None:
    """A target port: a number or the name of a container port."""
    if re.fullmatch(r"-?[0-9]+", text):
        return port_number(int(text[:9]))
    return port_name(text)


def count_or_percent(text: str) -> Sentence | None:
    """How many pods: ``1`` or ``25%``."""
    if re.fullmatch(r"[0-9]{1,9}%?", text) or (re.fullmatch(r"[0-9]{10}", text) and int(text) < 2**31):
        return None
    return Sentence(gettext_noop("Enter a number of pods or a percentage, such as 25%."))


def selector(text: str) -> Sentence | None:
    """A label selector as kubectl takes it."""
    parsed = parse_selector(text)
    return parsed if isinstance(parsed, Sentence) else None


def sticky_timeout(seconds: int) -> Sentence | None:
    """Longest pause of a sticky session."""
    return None if 1 <= seconds <= 86400 else Sentence(gettext_noop("Enter 1 to 86400 seconds (one day)."))


def label_key(text: str) -> Sentence | None:
    """A key of a label or annotation: ``[prefix/]name``."""
    prefix, slash, name = text.rpartition("/")
    if not name or len(name) > 63 or not _QUALIFIED.fullmatch(name):
        return Sentence(
            gettext_noop(
                "A key has up to 63 letters, digits, hyphens, underscores and dots. "
                "It starts and ends with a letter or digit. A DNS name and “/” may precede it."
            )
        )
    if slash and ("/" in prefix or object_name(prefix) is not None):
        return Sentence(gettext_noop("The prefix of a key is a DNS name, as in example.com/team."))
    return None


def annotation_key(text: str) -> Sentence | None:
    """A key of an annotation: as of a label, the prefix in any case."""
    return label_key(text.lower() if "/" in text else text)


def label_value(text: str) -> Sentence | None:
    """A value of a label; may be empty."""
    words = gettext_noop("Use letters, digits, hyphens, underscores and dots. Start and end with a letter or digit.")
    return _within(63, text, not text or _QUALIFIED.fullmatch(text), words)


def variable_name(text: str) -> Sentence | None:
    """The name of an environment variable: any printable ASCII but ``=`` (Kubernetes 1.34)."""
    if _ENV.fullmatch(text):
        return None
    return Sentence(gettext_noop("Use printable ASCII characters, except “=”."))


def env_prefix(text: str) -> Sentence | None:
    """What stands before the names of variables that come from all keys of an object."""
    return variable_name(text) if text else None


def config_key(text: str) -> Sentence | None:
    """A key of a ConfigMap or Secret."""
    right = _CONFIG_KEY.fullmatch(text) and text != "." and not text.startswith("..")
    words = gettext_noop("Use letters, digits, hyphens, underscores and dots. Do not start with two dots.")
    return _within(253, text, right, words)


def external_name(text: str) -> Sentence | None:
    """The address of an external Service: a DNS name, not an IP address and not a URL."""
    if not text:
        return Sentence(gettext_noop("Enter an address."))
    if "://" in text:
        return Sentence(gettext_noop("This is a URL. Enter only the host name, such as api.example.com."))
    if is_address(text):
        return Sentence(gettext_noop("This is an IP address. Enter a DNS name, such as api.example.com."))
    for sign, template in (
        ("/", gettext_noop("Enter only the host name, without a path, such as api.example.com.")),
        (":", gettext_noop("Enter only the host name; callers choose the port.")),
    ):
        if sign in text:
            return Sentence(template)
    return _dns_name(text)


def _dns_name(text: str) -> Sentence | None:
    name = text.removesuffix(".")
    wrong = next((part for part in name.split(".") if len(part) > 63 or not _LABEL_1123.fullmatch(part)), None)
    if len(name) <= 253 and wrong:
        return Sentence(
            gettext_noop(
                "“%(part)s” is not valid in a DNS name: parts have up to 63 lowercase letters, digits and hyphens, "
                "and do not start or end with a hyphen."
            ),
            part=wrong[:63],
        )
    words = gettext_noop("A DNS name cannot start with a dot or have two dots in a row.")
    return _within(253, name, wrong is None, words)


def is_address(text: str) -> bool:
    """Whether this is an IP address, or digits and dots as in one."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return bool(re.fullmatch(r"[0-9.]+(?::[0-9]+)?", text))
    return True


def mount_path(text: str) -> Sentence | None:
    """Where a volume is mounted."""
    if not text:
        return Sentence(gettext_noop("Enter a path."))
    if ":" in text or "\0" in text:
        return Sentence(gettext_noop("A mount path must not contain “:”."))
    return None if text.startswith("/") else Sentence(gettext_noop("A mount path starts with “/”."))


def host_path(text: str) -> Sentence | None:
    """A path on the node."""
    if not text.startswith("/"):
        return Sentence(gettext_noop("A path on the node starts with “/”."))
    if ".." in text.split("/"):
        return Sentence(gettext_noop("A path on the node must not contain “..”."))
    return None


def relative_path(text: str) -> Sentence | None:
    """A sub path of a volume."""
    if not text:
        return Sentence(gettext_noop("Enter a path."))
    if text.startswith("/"):
        return Sentence(gettext_noop("Enter a relative path: it does not start with “/”."))
    if ".." in text.split("/"):
        return Sentence(gettext_noop("This path must not contain “..”."))
    return Remark(gettext_noop("The path contains “//”.")) if "//" in text else None


def key_path(text: str) -> Sentence | None:
    """The file of a key, below the mount path."""
    if text.startswith(".."):
        return Sentence(gettext_noop("This path must not start with “..”."))
    return relative_path(text)


def _within(limit: int, text: str, right: object, words: str) -> Sentence | None:
    """The rule for a text of so many characters at most that is ``right`` otherwise, or else ``words`` say why not."""
    if len(text) > limit:
        template = gettext_noop("This has %(length)s characters; at most %(limit)s are allowed.")
        return Sentence(template, length=len(text), limit=limit)
    return None if right else Sentence(words)
