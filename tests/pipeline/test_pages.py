"""Pieces of one HTML page."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.png import encode_png
from pipeline.pages import code, figure, figure_of, heading, page, paragraph, table

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Keeps the text, the tags that are open, and the attributes."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)


# A page shows one kind of line end; the other is a matter of the file.
PLAIN = st.text(st.characters(exclude_categories=["C"]), min_size=1)


@pytest.mark.parametrize("piece", [heading, paragraph, code])
@given(PLAIN)
def test_text_is_shown_as_it_is(piece, text: str) -> None:
    """However much it looks like HTML."""
    assert "".join(Reader(piece(text)).texts) == text


@given(PLAIN, st.lists(st.lists(PLAIN, min_size=2, max_size=2), max_size=3))
def test_a_table_has_every_cell_once(text: str, rows: list[list[str]]) -> None:
    """Headings first."""
    reader = Reader(table([text, "b"], rows))
    assert [each for each in reader.texts if each != "\n"] == [
        text,
        "b",
        *(cell for row in rows for cell in row),
    ]
    assert reader.open == []


def test_numbers_stand_to_the_right() -> None:
    """Fractions with three places; None is blank, a truth value is a word."""
    rendered = table(["a"], [[12345], [0.98765], [None], [True], ["x"]])
    assert ">12,345</td>" in rendered
    assert ">0.988</td>" in rendered
    assert rendered.count('<td class="number">') == 2
    assert "<td></td>" in rendered
    assert "<td>True</td>" in rendered


def test_a_picture_lies_inside_the_page(tmp_path: Path) -> None:
    """Its caption is escaped, also where it stands in for the picture."""
    import numpy as np

    png = encode_png(np.zeros((2, 2), np.uint8))
    rendered = figure(png, 'a "b" <c>', width=10, wrong=True)
    assert base64.b64encode(png).decode() in rendered
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in rendered
    assert '<figcaption class="wrong">' in rendered
    (tmp_path / "a.png").write_bytes(png)
    assert figure_of(tmp_path / "a.png", "a", width=10) == figure(png, "a", width=10)
    assert "wrong" not in figure(png, "a", width=10)


def test_a_page_is_whole_and_stands_alone() -> None:
    """Every tag is closed; nothing is fetched from anywhere."""
    rendered = page("a & b", [heading("h"), paragraph("p", banner=True), code("c"), table(["t"], [[1]])])
    reader = Reader(rendered)
    assert reader.open == []
    assert reader.texts.count("a & b") == 2
    assert rendered.startswith("<!doctype html>")
    assert "http" not in rendered
    assert "<script" not in rendered
