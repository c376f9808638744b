"""The same with kubectl: what a person would type instead of pressing the button. Arguments are quoted for a POSIX shell."""

import shlex


def create(namespace: str, file: str) -> str:
    """`kubectl create` of a file with the strictness that the console asks for."""
    return " ".join(["kubectl", "create", "--namespace", shlex.quote(namespace), "--validate=strict", "-f", shlex.quote(file)])
