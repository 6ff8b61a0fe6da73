"""Words of Chinese, Japanese and Korean, which are written without a blank between them.

A text such as 左膝関節側面 names a side, a region and a view. It is cut at the words of our tables, the
longest first. A word of one character is cut out only where nothing unknown stands beside it: 手 is a
hand, 手術 is an operation.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from types import MappingProxyType

from imaging.source_texts import split_words
from imaging.tables import read_table

# Hangul comes out of `split_words` as its letters.
_UNSPACED = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uf900-\ufaff]+")
_KOREAN = re.compile("[\u1100-\u11ff]+")
_END_OF_SYLLABLE = re.compile("[\u11a8-\u11ff]")
_FEWEST_LETTERS, _FEWEST_KOREAN_LETTERS = 2, 4

UNSPACED_SIDES = MappingProxyType(
    {
        split_words(word)[0]: side
        for side, words in (
            ("R", "右 右側 右侧 오른쪽 우측"),
            ("L", "左 左側 左侧 왼쪽 좌측"),
            ("B", "両 両側 双 双侧 양측 양쪽"),
        )
        for word in words.split()
    }
)
"""Sides by their words."""


def cut_unspaced(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words with those of our tables apart that stand in one without a blank.

    Args:
        words: from `split_words`.

    Example:
        >>> cut_unspaced(("左膝関節側面", "CR", "手術室"))
        ('左', '膝関節', '側面', 'CR', '手術室')
    """
    if not any(_UNSPACED.fullmatch(word) for word in words):
        return words
    return tuple(
        part for word in words for part in (_cut(word) if _UNSPACED.fullmatch(word) else (word,)) if part
    )


@lru_cache(maxsize=8192)
def _cut(word: str) -> tuple[str, ...]:
    """Return the parts of one word; what no table knows stays as it is between them."""
    known, longest = _known_words()
    if word in known:
        return (word,)
    parts: list[str] = []
    rest, start = "", 0
    while start < len(word):
        found = next(
            (word[start:end] for end in range(start + longest, start, -1) if _fits(word, start, end)), ""
        )
        if found:
            parts += [rest, found] if rest else [found]
            rest, start = "", start + len(found)
        else:
            rest, start = rest + word[start], start + 1
    return (*parts, rest) if rest else tuple(parts)


def _fits(word: str, start: int, end: int) -> bool:
    """Tell whether a part of a word is one of our tables', long enough to be no accident, or a side."""
    part = word[start:end]
    if part not in _known_words()[0] or end > len(word):
        return False
    if _END_OF_SYLLABLE.match(word, end):
        return False
    fewest = _FEWEST_KOREAN_LETTERS if _KOREAN.fullmatch(part) else _FEWEST_LETTERS
    return len(part) >= fewest or (part in UNSPACED_SIDES and start == 0)


@cache
def _known_words() -> tuple[frozenset[str], int]:
    """Return the words of our tables, and the length of the longest."""
    texts = [
        text.strip().removeprefix("=")
        for table in ("body_parts.tsv", "view_positions.tsv")
        for line in read_table(table)
        for text in line["words"].split(";")
    ]
    words = {*UNSPACED_SIDES, *("".join(split_words(text)) for text in texts)}
    known = frozenset(word for word in words if _UNSPACED.fullmatch(word))
    return known, max(map(len, known))
