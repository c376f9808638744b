"""Sentences for people, from code that knows no Django: English that still carries its template for translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


def gettext_noop(text: str) -> str:
    """Mark ``text`` for ``makemessages``; it is translated where it is shown."""
    return text


class Sentence(str):
    """A filled-in English sentence; the page translates it: ``gettext(s.template) % s.params``."""

    __slots__ = ("params", "template")
    template: str
    params: Mapping[str, Any]

    def __new__(cls, template: str, **params: Any) -> Self:
        self = super().__new__(cls, template % params if params else template)
        self.template = template
        self.params = params
        return self


class Remark(Sentence):
    """What should be said of a value that the cluster takes all the same."""

    __slots__ = ()


class Slip(Sentence):
    """What is said of a word for which another one can stand: `was` is what is written, `instead` what would be right.
    Both are empty where there is no such word."""

    __slots__ = ("instead", "was")
    instead: str
    was: str

    def __new__(cls, template: str, change: tuple[str, str] = ("", ""), /, **params: Any) -> Self:
        self = super().__new__(cls, template, **params)
        self.was, self.instead = change
        return self


class Excess(Sentence):
    """What is said of a field that has no place here: it can be deleted. `twin`: the field beside it that was
    probably meant, and is set."""

    __slots__ = ("twin",)
    twin: str

    def __new__(cls, template: str, twin: str = "", /, **params: Any) -> Self:
        self = super().__new__(cls, template, **params)
        self.twin = twin
        return self


class ServerSet(Sentence):
    """What is said of a field that only the cluster sets: it can be left out without a loss."""

    __slots__ = ()
