"""A document as HTML and as Markdown."""

from __future__ import annotations

from pipeline.documents import Heading, Paragraph, Table, as_html, as_markdown

BLOCKS = [
    Heading("Head <b>"),
    Paragraph("Mind this.", banner=True),
    Paragraph("Two\nlines * here"),
    Table(["what", "n"], [["a|b", 1234], [None, 5]]),
    Table(["empty"], []),
]


def test_markdown_says_it_all() -> None:
    """Nothing in a text breaks a table or is read as a mark."""
    assert as_markdown("Title", BLOCKS).splitlines() == [
        "# Title",
        "",
        "## Head \\<b\\>",
        "",
        "> **Mind this.**",
        "",
        "Two lines \\* here",
        "",
        "| what | n |",
        "| --- | ---: |",
        "| a\\|b | 1,234 |",
        "|  | 5 |",
        "",
        "| empty |",
        "| --- |",
    ]


def test_html_is_one_page_with_everything_escaped() -> None:
    """The same blocks."""
    html = as_html("Title", BLOCKS)
    assert "Head &lt;b&gt;" in html
    assert '<p class="banner">Mind this.</p>' in html
    assert '<td class="number">1,234</td>' in html
    assert html.count("<table>") == 2
