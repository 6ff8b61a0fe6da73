"""The flow of a cohort drawn as SVG: a column of boxes, what goes out to the right, splits below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from preprocessing.cohort_flow import CohortFlowReport, FlowBox

_LINE = 18
_PADDING = 10
_WIDTH = 360
_SIDE_WIDTH = 330
_GAP = 34
_MARGIN = 20
_SPLIT_WIDTH = 200
_CHARACTERS = {_WIDTH: 52, _SIDE_WIDTH: 47, _SPLIT_WIDTH: 28}
"""How many characters of 12 px fit a box."""

_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#111}.name{font-weight:600}"
    "rect{fill:#fff;stroke:#333}.side{fill:#f4f4f4}path{stroke:#333;fill:none}"
)


class _Drawn(NamedTuple):
    """A drawn box: its pieces of SVG, and where it ends."""

    pieces: list[str]
    bottom: float


def draw_flow(report: CohortFlowReport) -> str:
    """Return the flow as one SVG document.

    Args:
        report: of `preprocessing.cohort_flow`.
    """
    pieces: list[str] = []
    top: float = _MARGIN
    splits_width = len(report.splits) * (_SPLIT_WIDTH + _MARGIN) - _MARGIN
    left = _MARGIN + max(0, (splits_width - _WIDTH) / 2)
    for place, box in enumerate(report.boxes):
        drawn = _box(_lines(box, unit="files" if place == 0 else "images"), left, top, _WIDTH, is_side=False)
        pieces += drawn.pieces
        bottom = drawn.bottom
        if box.left_out:
            side_top = bottom + _PADDING
            side = _box(
                _left_out_lines(box.left_out), left + _WIDTH + _GAP, side_top, _SIDE_WIDTH, is_side=True
            )
            middle = (side_top + side.bottom) / 2
            pieces += [*side.pieces, _arrow(left + _WIDTH / 2, middle, left + _WIDTH + _GAP, middle)]
            bottom = side.bottom + _PADDING - _GAP
        next_top = max(bottom, drawn.bottom) + _GAP
        if place + 1 < len(report.boxes):
            pieces.append(_arrow(left + _WIDTH / 2, drawn.bottom, left + _WIDTH / 2, next_top))
        top = next_top
        last_bottom = drawn.bottom
    below = _splits(report, left + _WIDTH / 2, last_bottom, splits_width)
    width = max(left + _WIDTH + _GAP + _SIDE_WIDTH, splits_width + _MARGIN) + _MARGIN
    height = below.bottom + _MARGIN
    title = escape(f"Flow of the cohort {report.cohort}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 L8 4 L0 8 z" style="fill:#333;stroke:none"/></marker></defs>\n'
        '<rect x="0" y="0" width="100%" height="100%" style="stroke:none"/>\n'
        + "\n".join([*pieces, *below.pieces])
        + "\n</svg>\n"
    )


def _splits(report: CohortFlowReport, middle: float, top: float, width: float) -> _Drawn:
    """Draw the splits side by side below the members, and a note of members without one."""
    pieces: list[str] = []
    bottom = top
    for place, box in enumerate(report.splits):
        left = max(_MARGIN, middle - width / 2) + place * (_SPLIT_WIDTH + _MARGIN)
        drawn = _box(_lines(box, unit="images"), left, top + 2 * _GAP, _SPLIT_WIDTH, is_side=False)
        elbow = top + _GAP
        centre = left + _SPLIT_WIDTH / 2
        path = f"M{middle:.1f} {top:.1f} V{elbow:.1f} H{centre:.1f} V{top + 2 * _GAP:.1f}"
        pieces += [f'<path d="{path}" marker-end="url(#head)"/>', *drawn.pieces]
        bottom = max(bottom, drawn.bottom)
    notes = []
    if report.without_split:
        told = "; ".join(f"{reason.replace('_', ' ')}: {n:,}" for reason, n in report.without_split.items())
        notes.append(f"Without a split: {told}")
    if report.num_withdrawn:
        notes.append(f"{report.num_withdrawn:,} members left since, because their patient withdrew")
    for note in notes:
        bottom += _LINE + _PADDING / 2
        pieces.append(f'<text x="{_MARGIN}" y="{bottom:.1f}">{escape(note)}</text>')
    return _Drawn(pieces, bottom)


def _lines(box: FlowBox, *, unit: str) -> list[tuple[str, str]]:
    """Return a box's lines with their class: name, condition, counts."""
    counts = [f"{box.num_images:,} {unit}"]
    counts += [] if box.num_patients is None else [f"{box.num_patients:,} known patients"]
    counts += [] if box.num_studies is None else [f"{box.num_studies:,} studies"]
    return [(box.name, "name"), *([(box.asked, "")] if box.asked else []), (", ".join(counts), "")]


def _left_out_lines(left_out: Mapping[str, int]) -> list[tuple[str, str]]:
    return [("left out", "name"), *((f"{count:,}  {reason}", "") for reason, count in left_out.items())]


def _wrapped(lines: Sequence[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    for text, style in lines:
        for part in textwrap.wrap(text, _CHARACTERS[width]) or [""]:
            yield part, style


def _box(lines: Sequence[tuple[str, str]], left: float, top: float, width: int, *, is_side: bool) -> _Drawn:
    wrapped = list(_wrapped(lines, width))
    height = len(wrapped) * _LINE + 2 * _PADDING - 4
    mark = ' class="side"' if is_side else ""
    pieces = [f'<rect{mark} x="{left:.1f}" y="{top:.1f}" width="{width}" height="{height}" rx="4"/>']
    for number, (text, style) in enumerate(wrapped):
        place = f'x="{left + _PADDING:.1f}" y="{top + _PADDING + 11 + number * _LINE:.1f}"'
        kind = f' class="{style}"' if style else ""
        pieces.append(f"<text{kind} {place}>{escape(text)}</text>")
    return _Drawn(pieces, top + height)


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" marker-end="url(#head)"/>'
