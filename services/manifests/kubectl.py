"""The kubectl command that does the same, to paste into a shell."""

from __future__ import annotations

import shlex


def create(namespace: str, file: str) -> str:
    """Create what the downloaded ``file`` holds."""
    return _line("create", "--namespace", namespace, "--filename", file)


def replace(namespace: str, file: str) -> str:
    """Save the edited ``file`` over what is there."""
    return _line("replace", "--namespace", namespace, "--filename", file)


def delete(namespace: str, kind: str, name: str) -> str:
    """Delete one object."""
    return _line("delete", "--namespace", namespace, f"{kind.lower()}/{name}")


def _line(*words: str) -> str:
    return shlex.join(("kubectl", *words))
