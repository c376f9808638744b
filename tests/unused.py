"""What nothing uses, by vulture: `python -m tests.unused` lists it and ends with 1 (part of `make lint`).

Vulture reads the Python of the product only: what only a test uses is not in use. What templates, tables of rules and
dotted names in settings ask for counts as used, and so does what Django calls by name.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import global_settings
from django.contrib.admin import AdminSite, ModelAdmin, SimpleListFilter
from django.core.management import BaseCommand
from django.forms import BoundField, Field, Form, ModelForm, Widget
from django.forms.renderers import BaseRenderer
from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("accounts", "console", "services", "manage.py")
BASES = (
    global_settings, AdminSite, ModelAdmin, SimpleListFilter, BaseCommand, BoundField, Field, Form, ModelForm, Widget,
    BaseRenderer,
)  # fmt: skip
NAMED_BY_DJANGO = {"console.settings", "console.formats.en.formats", "accounts.sessions"}
IN_TEMPLATES = re.compile(r"{[{%](.*?)[%}]}", re.DOTALL)
DOTTED = re.compile(r'"[\w.]+\.(\w+)"')
WORD = re.compile(r"[A-Za-z_]\w*")
CALLED_BY_NAME = re.compile(
    r"""
    # Django's, which are no attribute of a class above: options of Meta, a form, an app, a middleware, permissions
    Meta | abstract | unique_error_message |
    ordering | db_table | constraints | widgets | help_texts | default_auto_field | default_site | a?sync_capable |
    inlines | field_order | handler\d+ | MESSAGE_TAGS | error_css_class | empty_permitted | process_exception |
    \w+_FIELDS? | get_session_store_class | get_by_natural_key | normalize_username |
    _a?get_session_from_db | _session_key | has_perm |
    has_module_perms | is_superuser | get_user | url_for_result | ignore_patterns | objs | extra_context | clean_\w+ |
    has_\w+_permission | log_\w+ | \w+Admin | \w+Config |
    Command | urlpatterns | app_name | application
    # what a model stores: columns and values of a choice
    | REVOKED | invited_by | answered | actor_uuid | workspace_uuid | STATELESS | STATEFUL | EXTERNAL | WORKLOAD |
    new_password
    # settings of Django's and of its packages, and what its formats are called
    | ROOT_URLCONF | ASGI_APPLICATION | FORMAT_MODULE_PATH | WHITENOISE_\w+ | CONTENT_SECURITY_POLICY |
    PERMISSIONS_POLICY | \w+_FORMAT
    # of the standard library, uvicorn, urllib3, fonttools, ruamel, decimal, re2
    | max_mem | never_capture | case_sensitive
    | cache_clear | do_[A-Z]+ | __\w+ | ssl_certfile | should_exit | proxy | connection_pool_maxsize | flavor |
    preserve_quotes | prec | status_code
    """,
    re.VERBOSE,
)


def named_elsewhere() -> Iterator[str]:
    """Names in the tags of templates, in the embedded cluster's rules, and last parts of dotted strings."""
    for path in (ROOT / "templates").rglob("*.*"):
        for inside in IN_TEMPLATES.findall(path.read_text()):
            yield from WORD.findall(inside)
    for path in (ROOT / "console" / "simcluster").rglob("*.yaml"):
        yield from WORD.findall(path.read_text())
    yield "LIMIT_RANGE"  # its catalogue is every Kind that stands in it
    for name in PRODUCT:
        for path in (ROOT / name).rglob("*.py"):
            yield from DOTTED.findall(path.read_text())


def unused() -> list[str]:
    """A line for each name of the product that nothing uses: where, what."""
    vulture = Vulture(ignore_decorators=["@register*", "@admin.*"])
    vulture.scavenge([str(ROOT / name) for name in PRODUCT], exclude=["*/migrations/*"])
    in_use = {*named_elsewhere(), *(name for base in BASES for name in dir(base))}
    return [
        f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.typ} {item.name}"
        for item in vulture.get_unused_code(min_confidence=60)
        if item.typ != "import"  # ruff says that, and reads annotations in quotes too
        and item.name not in in_use
        and not CALLED_BY_NAME.fullmatch(item.name)
    ]


def named_by_no_module() -> list[str]:
    """A line for each name of a module that neither it nor a module that imports it uses. To vulture a name is in use
    wherever anything of that name is: a field of a form, a word of a template."""
    trees = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
        for name in ("accounts", "console", "services")
        for path in (ROOT / name).rglob("*.py")
        if not {"migrations", "simcluster"}.intersection(path.parts)
    }
    used = {f"{module}.{name}" for module, tree in trees.items() for name in _own_uses(tree)}
    used |= {
        str(node.value) for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }  # settings name by text
    used |= {name for tree in trees.values() for name in _uses_of_others(tree)}
    return [
        f"{module}: {name}"
        for module, tree in trees.items()
        for name in _defined(tree)
        if module not in NAMED_BY_DJANGO and f"{module}.{name}" not in used and not CALLED_BY_NAME.fullmatch(name)
    ]


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _own_uses(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        own = getattr(node, "name", "")
        names = (name for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load))
        yield from (name.id for name in names if name.id != own)


def _uses_of_others(tree: ast.Module) -> Iterator[str]:
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    yield from imported.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            yield f"{imported[node.value.id]}.{node.attr}"


if __name__ == "__main__":
    lines = [*unused(), *named_by_no_module()]
    print("\n".join(lines))
    sys.exit(bool(lines))
