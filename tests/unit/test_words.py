"""Plain English with the words of Kubernetes: what the interface no longer says, and what it says instead.

To extend: add a line to WORDS. A file or folder that is still to be mended is named in STILL.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARKERS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "say",
    "Remark",
    "Sentence",
}

# A regular expression of whole words, without regard to case, and what is said instead.
WORDS: dict[str, str] = {
    r"ma(?:de|ke|kes|king)": "create, created",
    r"gone": "deleted, does not exist",
    r"told apart": "identified",
    r"st(?:ands?|ood)": "is, contains; or the name of what is behind",
    r"holds?|held": "contains, delays, applies",
    r"lately": "recent",
    r"wrong now": "needs attention",
    r"heard?": "responding",
    r"look(?:s|ed)? (?:at|into|again|now|through|up)": "checked, loaded; reload",
    r"(?:does|do|did) not answer|no answer came|no word from|does not say": "is not responding",
    r"its events": "events",
    r"not serving": "stopped",
    r"not built yet": "what does not exist yet is hidden",
    r"kept in": "medium",
    r"is there (?:already|twice)": "exists, duplicate",
    r"is not there": "does not exist",
    r"nobody|anybody|somebody": "no user, anyone, someone",
    r"whoever": "anyone who",
    r"anew": "again",
    r"\w just now": "at the moment",  # alone it is a time
    r"byte for byte": "exactly as sent",
    r"mannual": "manual",
    r"by (?:itself|themselves)": "automatically",
    r"meanwhile": "in the meantime; say what happened",
    r"t(?:ook|ake|aken) (?:it )?back": "undo, undone",
    r"first after|then every|answer within|passes after|fails after": "initial delay, interval, timeout, thresholds",
    r"gives? up after": "progress deadline",
    r"goe?s? at once": "stops at once",
    r"please|successfully": "leave it out",
    r"leave (?:it|them) out|leaves? out": "remove",
    r"nothing is real": "runs nothing",
    r"is no (?:quantity|registry|repository|address range)": "is not a valid ...",
    r"by hand": "manually managed",
    r"(?:port|container) called": "named",
    r"everybody": "everyone",
    r"for ever": "never",
    r"belongs here": "enter only ...",
    r"to go": "left",
    r"at once": "immediately",
    r"all the same": "anyway",
    r"but for": "except",
    r"by now": "now",
    r"br(?:oke|eaks) off": "interrupted",
    r"the present \w+": "the current ...",
    r"(?:of|has) this name already|(?:name|namespace|role|object) of this name": "with this name, already exists",
    r"(?:asks?|asked) for(?: again)?": "requires, requested",
    r"(?:watched|known) now": "loaded, unknown",
    r"carr(?:y|ies) (?:this|these)": "have",
    r"shows? up": "appear",
    r"solve": "fix",
    r"begun|began": "started",
    r"(?:any|some|as many as one) person": "user",
    r"of a name outside": "an external name",
}
# Files and folders that still say it. What is mended leaves the list.
STILL: dict[str, tuple[str, ...]] = {
    r"ma(?:de|ke|kes|king)": ("services/models.py",),  # choices of the draft's state: nobody is shown them
    r"gone": ("static/js/editor.js",),  # a name in the code
    r"not serving": ("templates/services/browse/parts/tab_endpointslices.html",),  # a condition of an endpoint
}


def of_template(text: str) -> str:
    """What a template says: its text without markup, comments and logic, and the strings it marks."""
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|<(script|pre|code)\b.*?</\1>", " ", text, flags=re.S)
    marked = re.findall(r"""_\((?:"([^"]*)"|'([^']*)')\)|\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""", text)
    sentences = " . ".join("".join(groups) for groups in marked)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    labels = re.findall(r"""(?:title|aria-label|placeholder|alt|data-[\w-]+)="([^"<>]*)\"""", text)
    return " . ".join([re.sub(r"<[^>]*>", " ", text), sentences, *labels])


def of_python(source: str) -> Iterator[str]:
    """The strings that are marked for translation, also in the tables of sentences of pure code."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in MARKERS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


@cache
def said() -> tuple[tuple[str, str], ...]:
    return tuple(_said())


def _said() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield str(path.relative_to(ROOT)), of_template(path.read_text())
    for app in ("accounts", "console", "services"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "simcluster" not in path.parts:
                yield str(path.relative_to(ROOT)), " . ".join(of_python(path.read_text()))
    for path in sorted((ROOT / "static/js").glob("*.js")):
        code = re.sub(r"//[^\n]*", "", path.read_text())
        yield str(path.relative_to(ROOT)), " . ".join(re.findall(r"[\"'`]([^\"'`\n]* [^\"'`\n]*)[\"'`]", code))


@pytest.mark.parametrize("word", WORDS)
def test_no_sentence_of_the_interface_says_it_like_that(word: str) -> None:
    uses = {
        f"{path}: …{text[max(0, match.start() - 30) : match.end() + 30]}…"
        for path, text in said()
        if not path.startswith(STILL.get(word, ()))
        for match in re.finditer(rf"\b(?:{word})\b", text, re.I)
    }
    assert not uses, f"say instead: {WORDS[word]}"


def test_the_words_of_templates_python_and_scripts_are_read() -> None:
    """A check that reads nothing would find nothing."""
    page = (
        '{# made #}<p title="gone">Text {% translate "held" %}{{ made }}</p>'
        '{% include "made.html" with words=_("heard") %}'
        "{% blocktranslate %}stands {{ n }}{% endblocktranslate %}"
    )
    assert {"gone", "held", "stands", "heard", "Text"} <= set(re.findall(r"\w+", of_template(page)))
    assert "made" not in of_template(page)
    assert list(of_python('x = gettext("one"); say("two", "many"); print("three"); _("a" "b")')) == [
        "one",
        "two",
        "many",
        "ab",
    ]
    assert {path.split("/")[0] for path, _text in said()} == {"templates", "accounts", "console", "services", "static"}
