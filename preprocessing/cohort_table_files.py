"""The table of a cohort as text, CSV, JSON or one HTML page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.errors import ConfigError

if TYPE_CHECKING:
    from preprocessing.cohort_show import CohortShowReport

HEADINGS = ("characteristic", "value", "images", "share_of_images", "patients")
MISSING = "not known"

TableRow = tuple[str, str, int, float, int | None]
"""Characteristic, value, images, share of all images, known patients (None where not counted)."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #8884; text-align: left; }
td.number, th.number { text-align: right; }
tr.head td { font-weight: 600; border-top: 2px solid #8886; }
"""


def table_rows(report: CohortShowReport) -> Iterator[TableRow]:
    """Yield the rows of the table: labels first, then characteristics, what is missing last in each."""
    table = report.table
    for label in table.labels:
        for value, images in sorted(label.num_images.items(), key=lambda item: (item[0] != "1", item[0])):
            is_present = value == "1"
            told = label.class_name if is_present else f"{label.class_name}: {value}"
            patients = label.num_patients if is_present else None
            yield f"label ({report.task})", told, images, _share(images, table.num_images), patients
    for one in table.characteristics:
        for each in one.values:
            share = _share(each.num_images, table.num_images)
            yield one.name, each.value, each.num_images, share, each.num_patients
        if one.num_other_values:
            told = f"{one.num_other_values} other values"
            images = one.num_other_images
            yield one.name, told, images, _share(images, table.num_images), None
        if one.num_missing:
            yield one.name, MISSING, one.num_missing, _share(one.num_missing, table.num_images), None
    if table.num_patient_unknown:
        unknown = table.num_patient_unknown
        yield "patient", MISSING, unknown, _share(unknown, table.num_images), None


def summary_lines(report: CohortShowReport) -> list[str]:
    """Return what stands above the table."""
    table = report.table
    lines = [
        f"Cohort {report.name}@{report.version}, frozen {report.created_at:%Y-%m-%d %H:%M} UTC",
        (
            f"  {table.num_images} images, {table.num_patients} known patients, {table.num_studies} studies, "
            f"{table.num_series} series"
        ),
        f"  task {report.task}, label policy {report.label_policy}, one answer for each {report.unit}"
        + (f" ({table.num_units})" if report.unit != "image" else ""),
        f"  fingerprint {report.fingerprint}",
    ]
    if table.ages is not None:
        ages = table.ages
        lines.append(
            f"  age in years of {ages.num_known} images: median {ages.median:.4g} (quartiles "
            f"{ages.lower_quartile:.4g} to {ages.upper_quartile:.4g}), mean {ages.mean:.4g}, "
            f"{ages.youngest:.4g} to {ages.oldest:.4g}"
        )
    if report.num_withdrawn:
        lines.append(f"  {report.num_withdrawn} members left since, because their patient withdrew")
    if not report.is_as_frozen:
        lines.append("  the table was counted today, not on the day of freezing")
    return lines


def check_table_path(path: Path) -> None:
    """Refuse an ending that names no form.

    Raises:
        ConfigError: none of ours.
    """
    if path.suffix.lower() not in _FORMS:
        raise ConfigError(
            f"The table is written by the ending of its file: {', '.join(sorted(_FORMS))}. Received: {path}."
        )


def table_text(report: CohortShowReport, suffix: str) -> str:
    """Return the table in the form that a file's ending names."""
    return _FORMS[suffix](report)


def _share(images: int, whole: int) -> float:
    return images / whole if whole else 0.0


def _plain(report: CohortShowReport) -> str:
    lines = [*summary_lines(report), ""]
    before = None
    for name, value, images, share, patients in table_rows(report):
        if name != before:
            lines.append(name)
            before = name
        told = "" if patients is None else f"{patients:>9} patients"
        lines.append(f"  {value:<32} {images:>9} images {share:>7.1%} {told}".rstrip())
    return "\n".join(lines) + "\n"


def _csv(report: CohortShowReport) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    for name, value, images, share, patients in table_rows(report):
        writer.writerow([name, value, images, f"{share:.6f}", "" if patients is None else patients])
    return stream.getvalue()


def _json(report: CohortShowReport) -> str:
    return report.model_dump_json(indent=2) + "\n"


def _html(report: CohortShowReport) -> str:
    body = [f"<p>{escape(line.strip())}</p>" for line in summary_lines(report)]
    rows = []
    before = None
    for name, value, images, share, patients in table_rows(report):
        if name != before:
            rows.append(f'<tr class="head"><td colspan="4">{escape(name)}</td></tr>')
            before = name
        rows.append(
            _html_row([value], [f"{images:,}", f"{share:.1%}", "" if patients is None else f"{patients:,}"])
        )
    steps = [
        _html_row([step.name, step.asked], [_told(step.count.num_images), _told(step.count.num_patients)])
        for step in report.steps
    ]
    left_out = [_html_row([reason], [_told(count)]) for reason, count in report.left_out.items()]
    body += [
        _html_table(["", "images", "share", "patients"], 1, rows),
        "<h2>How it was chosen</h2>",
        _html_table(["step", "asked", "images left", "patients left"], 2, steps),
        "<h2>Left out</h2>",
        _html_table(["reason", "images"], 1, left_out),
    ]
    title = f"Cohort {escape(report.name)}, version {report.version}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _told(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _html_row(texts: Sequence[str], numbers: Sequence[str]) -> str:
    cells = [f"<td>{escape(text)}</td>" for text in texts]
    cells += [f'<td class="number">{number}</td>' for number in numbers]
    return f"<tr>{''.join(cells)}</tr>"


def _html_table(headings: Sequence[str], num_texts: int, rows: Sequence[str]) -> str:
    head = "".join(
        f"<th>{text}</th>" if place < num_texts else f'<th class="number">{text}</th>'
        for place, text in enumerate(headings)
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table>"


_FORMS: Mapping[str, Callable[[Any], str]] = {
    ".csv": _csv,
    ".html": _html,
    ".json": _json,
    ".txt": _plain,
}
