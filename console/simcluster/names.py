"""The rules for names, labels, ports, addresses, paths: each function gives the API server's sentences that apply."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from .quantities import quantity

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
    problems = _too_long(value, 63, "characters")
    if not re.fullmatch(_LABEL, value) and re.fullmatch(_SUBDOMAIN, value):
        return [*problems, "must not contain dots"]
    words = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
    return problems + _expect(value, _LABEL, words, "my-name", "123-abc")


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
    errors = []
    if slash:
        errors = ["prefix part " + text for text in subdomain(prefix)] if prefix else ["prefix part must be non-empty"]
    if not name:
        errors.append("name part must be non-empty")
    errors += ["name part " + text for text in _too_long(name, 63)]
    return errors + ["name part " + text for text in _expect(name, _KEY, words, *examples)]


def label_value(value: str) -> list[str]:
    """Values of labels."""
    words = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    words += "and must start and end with an alphanumeric character"
    pattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
    return _too_long(value, 63) + _expect(value, pattern, words, "MyValue", "my_value", "12345")


def config_key(value: str) -> list[str]:
    """Keys of ConfigMaps and Secrets."""
    words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    problems = _too_long(value, 253, "characters")
    problems += _expect(value, "[-._a-zA-Z0-9]+", words, "key.name", "KEY_NAME", "key-name")
    if value in (".", ".."):
        return [*problems, f"must not be '{value}'"]
    return problems + reserved_path(value)


def port_number(value: int) -> list[str]:
    """1 to 65535."""
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(value: str) -> list[str]:
    """Names of container ports, and of target ports."""
    problems = _too_long(value, 15, "characters")
    if not re.fullmatch("[-a-z0-9]+", value):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        problems.append("must contain at least one letter (a-z)")
    if "--" in value:
        problems.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def environment(value: str) -> list[str]:
    """Names of environment variables."""
    if value and all(" " <= sign <= "~" and sign != "=" for sign in value):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]


def port(value: int | str) -> list[str]:
    """A port by number or by name."""
    return port_number(value) if isinstance(value, int) else port_name(value)


def http_header(value: str) -> list[str]:
    """Names of HTTP headers."""
    words = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return _expect(value, "[-A-Za-z0-9]+", words, "X-Header-Name")


def sysctl(value: str) -> list[str]:
    """Names of kernel settings."""
    pattern = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    fits = len(value) <= 253 and re.fullmatch(pattern, value)
    return [] if fits else [f"must have at most 253 characters and match regex ^{pattern}$"]


def search(value: str) -> list[str]:
    """Search domains of a Pod."""
    part, trimmed = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?", value.removesuffix(".")
    words = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', " + _ENDS
    )
    problems = _too_long(trimmed, 253, "characters")
    return problems + _expect(trimmed, rf"{part}(\.{part})*", words, "example.com") if value != "." else []


def wildcard(value: str) -> list[str]:
    """A domain, or all hosts below one."""
    if "*" not in value:
        return subdomain(value)
    words = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist "
    words += "of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
    return _expect(value, rf"\*\.{_SUBDOMAIN}", words, "*.example.com")


def host(value: str) -> list[str]:
    """The host of an Ingress rule."""
    return ["must be a DNS name, not an IP address"] if not _strange_ip(value) else wildcard(value)


def _strange_ip(value: str) -> str:
    """What is wrong with an address; empty when nothing is."""
    if re.fullmatch(r"[0-9.]+", value) and any(part.startswith("0") and part != "0" for part in value.split(".")):
        return "must not have leading 0s"
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
    return "must not be an IPv4-mapped IPv6 address" if mapped else ""


def ip(value: str) -> list[str]:
    """An address, as the server writes it."""
    return [problem] if (problem := _strange_ip(value)) else []


def external_ip(value: str) -> list[str]:
    """An address at which a Service can be reached from elsewhere."""
    if problems := ip(value):
        return problems
    address = ipaddress.ip_address(value)
    problems = [f"may not be unspecified ({value})"] if address.is_unspecified else []
    if address.is_loopback:
        problems.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        problems.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16"):
        problems.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return problems


def cidr(value: str) -> list[str]:
    """A network with its prefix length."""
    address, _, length = value.partition("/")
    if any(re.fullmatch("0[0-9]+", part) for part in (*address.split("."), length)):
        return ["must not have leading 0s in IP or prefix length"]
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    if not length.isdigit():
        return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    beyond = network.network_address != ipaddress.ip_address(address)
    return ["must not have bits set beyond the prefix length"] if beyond else []


def no_backsteps(value: str) -> list[str]:
    """A path without `..`."""
    return ["must not contain '..'"] if ".." in value.split("/") else []


def relative_path(value: str) -> list[str]:
    """A path below something."""
    return (["must be a relative path"] if value.startswith("/") else []) + no_backsteps(value)


def absolute_path(value: str) -> list[str]:
    """A path from the root."""
    return [] if value.startswith("/") else ["must be an absolute path"]


def reserved_path(value: str) -> list[str]:
    """A file that does not look like those in which a volume keeps its older versions."""
    return ["must not start with '..'"] if value.startswith("..") and not value.startswith("../") else []


def positive(value: str) -> list[str]:
    """A quantity above zero."""
    return [] if quantity(value) > 0 else ["must be positive"]


def not_negative(value: str) -> list[str]:
    """A quantity of zero or more."""
    return [] if quantity(value) >= 0 else ["must be greater than or equal to 0"]
