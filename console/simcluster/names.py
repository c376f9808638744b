"""The rules for names, labels and ports: each function gives the API server's sentences that apply."""

from __future__ import annotations

import re
from collections.abc import Callable

Rule = Callable[[str], list[str]]
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_ENDS = "and must start and end with an alphanumeric character"


def _too_long(value: str, limit: int, unit: str = "bytes") -> list[str]:
    return [f"must be no more than {limit} {unit}"] if len(value) > limit else []


def _expect(value: str, pattern: str, message: str, *examples: str) -> list[str]:
    if re.fullmatch(pattern, value):
        return []
    shown = " or ".join(f"'{example}', " for example in examples)
    shown_pattern = pattern.replace("\\\\", "\\")
    return [f"{message} (e.g. {shown}regex used for validation is '{shown_pattern}')"]


def label(value: str) -> list[str]:
    """RFC 1123 label."""
    found = _too_long(value, 63, "characters")
    if not re.fullmatch(_LABEL, value) and re.fullmatch(_SUBDOMAIN, value):
        return [*found, "must not contain dots"]
    words = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
    return found + _expect(value, _LABEL, words, "my-name", "123-abc")


def subdomain(value: str) -> list[str]:
    """RFC 1123 subdomain."""
    words = f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS}"
    return _too_long(value, 253, "characters") + _expect(value, _SUBDOMAIN, words, "example.com")


def path_segment(value: str) -> list[str]:
    """Names of roles and bindings: anything that fits into a path."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{sign}'" for sign in ("/", "%") if sign in value]


def qualified(value: str) -> list[str]:
    """Keys of labels and annotations."""
    words = f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
    examples = ("MyName", "my.name", "123-abc")
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        rest = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [_expect("", "x", f"a valid label key {words}", *examples)[0].replace("'x'", f"'{_KEY}'") + rest]
    found = []
    if slash:
        found = ["prefix part " + text for text in subdomain(prefix)] if prefix else ["prefix part must be non-empty"]
    if not name:
        found.append("name part must be non-empty")
    found += ["name part " + text for text in _too_long(name, 63)]
    return found + ["name part " + text for text in _expect(name, _KEY, words, *examples)]


def label_value(value: str) -> list[str]:
    """Values of labels."""
    words = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    words += "and must start and end with an alphanumeric character"
    pattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
    return _too_long(value, 63) + _expect(value, pattern, words, "MyValue", "my_value", "12345")


def config_key(value: str) -> list[str]:
    """Keys of ConfigMaps and Secrets."""
    words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    return _too_long(value, 253, "characters") + _expect(
        value, "[-._a-zA-Z0-9]+", words, "key.name", "KEY_NAME", "key-name"
    )


def port_number(value: int) -> list[str]:
    """1 to 65535."""
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(value: str) -> list[str]:
    """Names of container ports, and of target ports."""
    found = _too_long(value, 15, "characters")
    if not re.fullmatch("[-a-z0-9]+", value):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def environment(value: str) -> list[str]:
    """Names of environment variables."""
    if value and all(" " <= sign <= "~" and sign != "=" for sign in value):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
