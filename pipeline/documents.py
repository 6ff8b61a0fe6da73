"""A document as headings, paragraphs and tables, written as HTML or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import pages


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences; a banner is what must not be overlooked."""

    text: str
    banner: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


Block = Heading | Paragraph | Table


def as_html(title: str, blocks: Iterable[Block]) -> str:
    """Return a whole HTML page."""
    return pages.page(title, (_html(block) for block in blocks))


def as_markdown(title: str, blocks: Iterable[Block]) -> str:
    r"""Return the document as Markdown.

    Example:
        >>> print(as_markdown("Page", [Table(["a", "n"], [["x|y", 1200]])]).rstrip())
        # Page
        <BLANKLINE>
        | a | n |
        | --- | ---: |
        | x\|y | 1,200 |
    """
    return "\n".join([f"# {title}", "", *(line for block in blocks for line in _markdown(block))])


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return pages.heading(block.text)
    if isinstance(block, Paragraph):
        return pages.paragraph(block.text, banner=block.banner)
    return pages.table(block.headings, block.rows)


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"## {_escaped(block.text)}"
    elif isinstance(block, Paragraph):
        text = _escaped(block.text)
        yield f"> **{text}**" if block.banner else text
    else:
        yield _markdown_row(block.headings)
        first = block.rows[0] if block.rows else ()
        marks = ["---:" if _is_number(value) else "---" for value in first]
        yield _markdown_row(marks or ["---"] * len(block.headings))
        yield from (_markdown_row([_cell(value) for value in row]) for row in block.rows)
    yield ""


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if _is_number(value):
        return f"{value:,}"
    return _escaped("" if value is None else str(value))


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: no table is broken and no tag is read."""
    marked = "".join(f"\\{letter}" if letter in "\\*|<>[]" else letter for letter in text)
    return " ".join(marked.split())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
