"""One HTML page in one file: escaped text, tables, and pictures inside the page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { margin-top: 2.4rem; font-size: 1.25rem; }
.banner { border: 2px solid #c60; border-radius: .4rem; padding: .6rem 1rem; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--line); text-align: left; }
td.number, th.number { text-align: right; }
pre { background: var(--soft); padding: .8rem; border-radius: .4rem; overflow-x: auto; font-size: .85rem; }
figure { display: inline-block; margin: .4rem; text-align: center; font-size: .85rem; vertical-align: top; }
img { max-width: 100%; image-rendering: auto; border-radius: .2rem; }
.wrong { color: #c33; font-weight: 600; }
"""
_RIGHT = ' class="number"'


def page(title: str, body: Iterable[str]) -> str:
    """Return a whole HTML page.

    Args:
        title: plain text.
        body: pieces of HTML, as the functions below make them.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    """Return a section's heading."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, *, banner: bool = False) -> str:
    """Return a paragraph; a banner has a frame around it.

    Example:
        >>> paragraph("a < b")
        '<p>a &lt; b</p>'
    """
    return f'<p class="banner">{escape(text)}</p>' if banner else f"<p>{escape(text)}</p>"


def code(text: str) -> str:
    """Return a block of code."""
    return f"<pre>{escape(text)}</pre>"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; columns of numbers stand to the right, with their headings."""
    cells = [list(row) for row in rows]
    head = "".join(
        f"<th{_RIGHT if _is_number(value) else ''}>{escape(text)}</th>"
        for text, value in zip(headings, cells[0] if cells else headings, strict=True)
    )
    lines = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>\n" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{lines}</tbody></table>"


def figure(png: bytes, caption: str, *, width: int, wrong: bool = False) -> str:
    """Return a picture with a caption, its bytes inside the page.

    Args:
        png: a PNG file's bytes.
        caption: plain text.
        width: in pixels on the page.
        wrong: mark the caption as a mistake.
    """
    content = base64.b64encode(png).decode("ascii")
    mark = ' class="wrong"' if wrong else ""
    return (
        f'<figure><img width="{width}" alt="{escape(caption)}" src="data:image/png;base64,{content}">'
        f"<figcaption{mark}>{escape(caption)}</figcaption></figure>"
    )


def figure_of(path: Path, caption: str, *, width: int) -> str:
    """Return the figure of a PNG file."""
    return figure(path.read_bytes(), caption, width=width)


def _cell(value: Any) -> str:
    if _is_number(value):
        text = f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
        return f"<td{_RIGHT}>{text}</td>"
    return f"<td>{escape('' if value is None else str(value))}</td>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
