"""The page of the privacy report: the figures in words, in the order in which an officer asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from database.privacy_counts import FACE_MODALITIES, LEAST_FACE_FRAMES
from imaging.profile_options import PROFILES
from pipeline.documents import Block, Heading, Paragraph, Table, as_html, as_markdown
from pipeline.privacy_figures import PrivacyFigures, RunsAlike
from pipeline.privacy_tables import (
    KEPT_HEADINGS,
    REMOVED,
    REMOVED_HEADINGS,
    kept_rows,
    option_rows,
    shown,
)

TITLE = "Privacy report"
_SHOWN_DIGITS = 12


def privacy_page(figures: PrivacyFigures, *, markdown: bool = False) -> str:
    """Return the page as HTML or Markdown."""
    return (as_markdown if markdown else as_html)(TITLE, privacy_blocks(figures))


def privacy_blocks(figures: PrivacyFigures) -> Iterator[Block]:
    """Yield the page's sections."""
    yield from _summary(figures)
    yield from _runs(figures)
    yield from _key(figures)
    yield from _risks(figures)
    yield from _faces(figures)
    yield from _withdrawals(figures)
    yield from _files(figures)
    yield from _lists()


def _summary(figures: PrivacyFigures) -> Iterator[Block]:
    yield Paragraph(f"Made {figures.made_at} UTC from a {figures.database} database, by counting its rows.")
    yield Paragraph(_verdict(figures), banner=True)
    yield Heading("What is in the database")
    yield Table(["what", "rows"], list(figures.rows.items()))
    yield Table(["modality", "current images"], list(figures.modalities.items()))
    if figures.pixel_stores:
        yield Paragraph(f"Pictures outside the database: {shown(figures.pixel_stores)}.")


def _verdict(figures: PrivacyFigures) -> str:
    if figures.keeps_identifiers:
        return (
            f"This database keeps identifiers. The profile identified was used; names, ids, true dates and "
            f"UIDs of {figures.num_identities:,} instances stand in the table instance_identity. No view, "
            "export, record, report or log shows that table, but who can read the database can read it."
        )
    profiles = sorted({run.profile for run in figures.runs if run.kind == "ingest"})
    if not profiles:
        return "No file was ingested yet."
    options = sorted({option for run in figures.runs for option in run.options})
    if options:
        return (
            "This database keeps no names and no patient ids in its rows "
            f"(profiles used: {shown(profiles)}), but runs kept more by option: {shown(options)}. "
            "True UIDs and dates, and names of devices and "
            "institutions, can lead to a patient. The table of options below says what each adds."
        )
    return (
        f"This database keeps no identifiers in its rows (profiles used: {shown(profiles)}). It is "
        "pseudonymised, not anonymous: who holds the key file and a patient's id can find that patient's "
        "rows."
    )


def _runs(figures: PrivacyFigures) -> Iterator[Block]:
    yield Heading("What each run was asked to keep")
    ingests = [run for run in figures.runs if run.kind == "ingest"]
    if len({(run.profile, *run.options, run.allow_list) for run in ingests}) > 1:
        yield Paragraph(
            "Runs were asked for different things: rows keep what their own run kept. Files that were stored "
            "before are left alone by a later run, whatever its profile.",
            banner=True,
        )
    if not figures.runs:
        yield Paragraph("There was none.")
        return
    headings = ["kind", "profile", "options", "site's tables", "runs", "first", "last", "sources"]
    yield Table(headings, [_run_row(run) for run in figures.runs])
    others = {run.attributes_sha256 for run in ingests} - {figures.attributes_sha256, None}
    if others:
        yield Paragraph(
            "Some runs were made with another allow-list than that of this version "
            f"({_short(figures.attributes_sha256)}): {shown(sorted(_short(sha) for sha in others))}. The "
            "table of kept attributes below is that of this version."
        )


def _run_row(run: RunsAlike) -> list[str | int]:
    tables = {"allow-list": run.allow_list, "terms": run.site_table}
    return [
        run.kind,
        run.profile,
        shown(run.options),
        shown(f"{name} {_short(sha)}" for name, sha in tables.items() if sha),
        run.num_runs,
        run.first_at,
        run.last_at,
        shown(run.sources),
    ]


def _key(figures: PrivacyFigures) -> Iterator[Block]:
    yield Heading("The key")
    fingerprint = figures.key_fingerprint
    yield Paragraph(
        "No pseudonym was made yet."
        if fingerprint is None
        else f"Every pseudonym was made with the one key of the fingerprint {fingerprint} "
        "(`dicomill key check FILE` says whether a file holds it). The key itself is not in the database."
    )


def _risks(figures: PrivacyFigures) -> Iterator[Block]:
    yield Heading("Text burned into pixels")
    yield Paragraph(
        "dicomill does not change pixels. The class follows the header: declared where it says so; possible "
        "for ultrasound, secondary capture, angiography, derived and unspecified images; unknown for plain "
        "pictures, which have no header; else none. Detected: a search found text. Cleared: a person "
        "decided. It is a class of risk, no proof."
    )
    rows = []
    for modality, counts in groupby(figures.risks, key=lambda count: count["modality"]):
        found = {count["risk"]: count["num_images"] for count in counts}
        rows.append([modality, *(found.get(risk, 0) for risk in _RISKS)])
    totals = [sum(row[column] for row in rows) for column in range(1, len(_RISKS) + 1)]
    yield Table(["modality", *_RISKS], [*rows, ["all", *totals]])
    open_risks = sum(totals[_RISKS.index(risk)] for risk in ("possible", "declared", "detected"))
    searched = sum(count["num_searched"] for count in figures.risks)
    yield Paragraph(
        f"{open_risks:,} images are at risk and not cleared; {searched:,} were searched for text."
    )
    if figures.clearings:
        headings = ["no.", "images", "in force", "with text", "by", "at", "condition", "reason", "taken back"]
        yield Table(headings, [_clearing_row(clearing) for clearing in figures.clearings])


_RISKS = ("none", "unknown", "possible", "declared", "detected", "cleared")


def _clearing_row(clearing: dict[str, object]) -> list[object]:
    undone = f"{clearing['undone_by']}, {clearing['undone_at']}" if clearing["undone_at"] else ""
    names = (
        "id",
        "num_images",
        "num_in_force",
        "num_with_text",
        "cleared_by",
        "cleared_at",
        "where",
        "reason",
    )
    return [*(clearing[name] for name in names), undone]


def _faces(figures: PrivacyFigures) -> Iterator[Block]:
    face = figures.face_risk
    yield Heading("Faces")
    yield Paragraph(
        f"{face['num_series']:,} series of {face['num_patients']:,} known patients "
        f"({face['num_images']:,} images) could be rendered to a face: {', '.join(FACE_MODALITIES)} of the "
        f"head or of what lies within it, with at least {LEAST_FACE_FRAMES} frames. "
        f"{face['num_series_unknown']:,} more series are as large and show the whole body, or nothing says "
        "what they show. dicomill does not remove faces."
    )


def _withdrawals(figures: PrivacyFigures) -> Iterator[Block]:
    told = figures.withdrawals
    yield Heading("Withdrawals")
    if not told["num_keys"]:
        yield Paragraph("Nobody withdrew.")
        return
    yield Paragraph(
        f"{told['num_keys']:,} patient keys are blocked; {told['num_instances']:,} instances of theirs were "
        f"deleted (last {told['last_at']} UTC). Their files are refused with the reason withdrawn."
    )
    if told["cohorts"]:
        yield Table(["cohort", "members that left"], list(told["cohorts"].items()))
    if told["products"]:
        yield Paragraph(
            "These products were made from such a cohort before the last withdrawal and may hold the "
            "patients still:"
        )
        rows = [[one["kind"], one["product_uuid"], one["created_at"]] for one in told["products"]]
        yield Table(["kind", "product", "made at"], rows)


def _files(figures: PrivacyFigures) -> Iterator[Block]:
    yield Heading("What became of the files")
    quarantined = sum(one.num_files for one in figures.files if one.disposition == "quarantined")
    yield Paragraph(f"{quarantined:,} files are quarantined.")
    rows = [[one.disposition, one.reason_code or "-", one.num_files] for one in figures.files]
    yield Table(["disposition", "reason", "files"], rows)


def _lists() -> Iterator[Block]:
    yield Heading("What is kept of a file")
    yield Paragraph(
        "An allow-list: what has no line here is not kept. A site's own table, where a run names one above, "
        "lies over it."
    )
    yield Table(["profile", "keeps"], list(PROFILES.items()))
    yield Table(KEPT_HEADINGS, kept_rows())
    yield Paragraph(
        "What research keeps, identified keeps too. Shifted: by whole days within 182, the same for all "
        "dates of a patient. To 90: 90 stands for all over 89. Where it says attributes, the value is in "
        "that column of instance, under the attribute's name. * Dropped where it holds a word of the "
        "patient's name or ids."
    )
    yield Heading("What is not kept")
    yield Table(REMOVED_HEADINGS, REMOVED)
    yield Heading("Options of DICOM PS3.15 Annex E")
    yield Table(["option", "here"], option_rows())
    yield Paragraph("dicomill does not certify compliance with any law, or with DICOM PS3.15 as a whole.")


def _short(sha256: str | None) -> str:
    return "not recorded" if sha256 is None else sha256[:_SHOWN_DIGITS]
