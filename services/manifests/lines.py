"""Which lines two texts have in common, in bounded time: somebody's text may be a megabyte of anything."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

Lines = Sequence[str]
Span = tuple[int, int, int, int]
"""Lines ``[0]`` to ``[1]`` of the one text, ``[2]`` to ``[3]`` of the other."""

_SMALL = 250_000  # lines of the one times lines of the other; difflib may look at each pair several times


def opcodes(left: Lines, right: Lines) -> Iterator[tuple[str, int, int, int, int]]:
    """As difflib's: (tag, i1, i2, j1, j2), tag equal or replace, in order, covering both texts.

    Large texts are cut at lines that each has once (patience diff); where a large piece has none, it is one replace.
    """
    i = j = 0
    for i1, j1, size in _joined(_common(left, right, (0, len(left), 0, len(right)))):
        if i < i1 or j < j1:
            yield "replace", i, i1, j, j1
        yield "equal", i1, i1 + size, j1, j1 + size
        i, j = i1 + size, j1 + size
    if i < len(left) or j < len(right):
        yield "replace", i, len(left), j, len(right)


def _joined(blocks: Iterator[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Blocks that touch become one."""
    i = j = size = 0
    for i1, j1, more in blocks:
        if (i + size, j + size) == (i1, j1):
            size += more
            continue
        if size:
            yield i, j, size
        i, j, size = i1, j1, more
    if size:
        yield i, j, size


def _common(left: Lines, right: Lines, whole: Span) -> Iterator[tuple[int, int, int]]:
    """Blocks of equal lines in a span, in order."""
    work: list[Span | tuple[int, int, int]] = [whole]
    while work:
        piece = work.pop()
        if len(piece) == 3:
            yield piece
            continue
        i1, i2, j1, j2 = piece
        head = _alike(left[i1:i2], right[j1:j2])
        i1, j1 = i1 + head, j1 + head
        tail = _alike(left[i1:i2][::-1], right[j1:j2][::-1])
        i2, j2 = i2 - tail, j2 - tail
        inside: list[Span | tuple[int, int, int]] = [(i1 - head, j1 - head, head)] if head else []
        inside += _pieces(left, right, (i1, i2, j1, j2))
        inside += [(i2, j2, tail)] if tail else []
        work += reversed(inside)


def _pieces(left: Lines, right: Lines, span: Span) -> list[Span | tuple[int, int, int]]:
    """What is left to do in a span that begins and ends with a difference."""
    i1, i2, j1, j2 = span
    if (i2 - i1) * (j2 - j1) <= _SMALL:
        blocks = difflib.SequenceMatcher(None, left[i1:i2], right[j1:j2], autojunk=False).get_matching_blocks()
        return [(i1 + block.a, j1 + block.b, block.size) for block in blocks if block.size]
    pieces: list[Span | tuple[int, int, int]] = []
    for i, j in _anchors(left, right, span):
        pieces += [(i1, i, j1, j), (i, j, 1)]
        i1, j1 = i + 1, j + 1
    return [*pieces, (i1, i2, j1, j2)] if pieces else []


def _anchors(left: Lines, right: Lines, span: Span) -> list[tuple[int, int]]:
    """Places of lines that both have once, as many as can be kept in the same order."""
    i1, i2, j1, j2 = span
    left_counts, right_counts = Counter(left[i1:i2]), Counter(right[j1:j2])
    place = {right[j]: j for j in range(j1, j2) if right_counts[right[j]] == 1}
    pairs = [(i, place[left[i]]) for i in range(i1, i2) if left_counts[left[i]] == 1 and left[i] in place]
    ends: list[int] = []  # the last place of the best run of each length
    last: list[int] = []  # the pair it ends with
    before: list[int] = []
    for at, (_i, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [at]
    run, at = [], last[-1] if last else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _alike(left: Lines, right: Lines) -> int:
    """How many lines are the same from the start."""
    most = min(len(left), len(right))
    return next((at for at in range(most) if left[at] != right[at]), most)
