"""Writing a folder of phantoms, and the table of what they truly show."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from foundation.contracts import Report
from foundation.errors import ConfigError
from foundation.files import check_target, new_folder, write_file
from foundation.progress import Progress, SilentProgress
from imaging.phantoms.anatomy import MAXIMUM_SIZE, MINIMUM_SIZE, draw_phantom
from imaging.phantoms.compression import TRANSFER_SYNTAXES, write_object
from imaging.phantoms.encodings import encode
from imaging.phantoms.headers import build_header, build_report_object
from imaging.phantoms.planning import EXPECTED, FilePlan, SetPlan, plan_phantoms

MAXIMUM_FILES = 99_000

_KEPT_OF_TRUNCATED = 0.6
_TEXT = b"This is a text file (SYNTHETIC), although its name ends in .dcm.\n"
_TRUTH_COLUMNS = (
    "path",
    "expected",
    "patient",
    "body_part",
    "view_position",
    "image_laterality",
    "sop_instance_uid",
    "transfer_syntax_uid",
    "photometric_interpretation",
    "bits_stored",
    "display",
)


class PhantomReport(Report):
    """What was written.

    Attributes:
        patients: how many invented patients, those with a blank id included.
        files: how many files.
        pictures: how many different pictures; files sent again or cut off do not count.
        patients_without_id: patients whose (0010,0020) is blank.
        body_parts: pictures of each body part, by its true name.
        transfer_syntaxes: files in each transfer syntax, by UID.
        expected: how many files a sound ingest gives each disposition.
        seed, size, dirty: as asked.
    """

    patients: int
    files: int
    pictures: int
    patients_without_id: int
    body_parts: dict[str, int]
    transfer_syntaxes: dict[str, int]
    expected: dict[str, int]
    seed: int
    size: int
    dirty: bool


def write_phantoms(
    folder: Path,
    *,
    patients: int = 60,
    images_per_patient: int = 4,
    seed: int = 0,
    size: int = 256,
    dirty: bool = True,
    truth_path: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> PhantomReport:
    """Write synthetic radiographs as DICOM files; the same arguments give the same bytes.

    Args:
        folder: gets its name only when all files are in it.
        patients: how many invented patients.
        images_per_patient: pictures of each.
        seed: 0 or more.
        size: height and width in pixels.
        dirty: with blank, foreign and wrong header values, two files sent again in another transfer
            syntax, one cut off, a structured report and a text file named .dcm.
        truth_path: where to write a CSV with what each file truly shows; None for none.
        overwrite: replace what stands at `folder`.
        progress: told of each file.

    Raises:
        ConfigError: a number out of range, or a place that cannot be written to.
        TargetExistsError: `folder` holds something already.

    Example:
        >>> import tempfile
        >>> report = write_phantoms(
        ...     Path(tempfile.mkdtemp()) / "phantoms", patients=2, size=64, dirty=False
        ... )
        >>> report.files, report.expected
        (8, {'stored': 8})
    """
    _check(patients, images_per_patient, seed, size)
    check_target(folder, overwrite=overwrite)
    progress = progress or SilentProgress()
    plan = plan_phantoms(
        patients=patients, images_per_patient=images_per_patient, seed=seed, size=size, dirty=dirty
    )
    with new_folder(folder, overwrite=overwrite) as partial:
        progress.begin("phantoms", len(plan.files))
        for file in plan.files:
            path = partial / file.path
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(phantom_bytes(plan, file))
            progress.advance()
        progress.end()
        if truth_path is not None:
            write_file(truth_path, _truth_table(plan))
    return _report(plan, patients)


def phantom_bytes(plan: SetPlan, file: FilePlan) -> bytes:
    """Return one file of a plan; it depends on nothing but the two."""
    if file.kind == "text":
        return _TEXT
    if file.kind == "report_object":
        return write_object(build_report_object(plan, file), file.syntax)
    picture = draw_phantom(
        file.body_part,
        rng=plan.rng("drawing", file.number),
        size=plan.size,
        view_position=file.view_position,
        mirrored=file.image_laterality == "R",
    )
    encoded = encode(picture, file.encoding)
    content = write_object(build_header(plan, file, encoded), file.syntax, encoded.stored_values)
    return content[: int(len(content) * _KEPT_OF_TRUNCATED)] if file.kind == "truncated" else content


def _check(patients: int, images_per_patient: int, seed: int, size: int) -> None:
    """Refuse numbers out of range before anything is written."""
    if patients < 1 or images_per_patient < 1 or patients * images_per_patient > MAXIMUM_FILES:
        raise ConfigError(
            f"Phantoms need at least 1 patient and 1 image of each, together at most {MAXIMUM_FILES}. "
            f"Received: {patients} patients, {images_per_patient} images of each."
        )
    if seed < 0:
        raise ConfigError(f"A seed is 0 or more. Received: {seed}.")
    if not MINIMUM_SIZE <= size <= MAXIMUM_SIZE:
        raise ConfigError(
            f"A phantom is {MINIMUM_SIZE} to {MAXIMUM_SIZE} pixels wide and high. Received: {size}."
        )


def _truth_table(plan: SetPlan) -> str:
    """Return the CSV of what each file truly shows; objects without a picture show nothing."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(_TRUTH_COLUMNS)
    table.writerows(_truth_row(plan, file) for file in plan.files)
    return stream.getvalue()


def _truth_row(plan: SetPlan, file: FilePlan) -> tuple[str | int, ...]:
    """Return one line of the table."""
    start = (file.path, EXPECTED[file.kind])
    if file.kind in {"text", "report_object"}:
        return (*start, *("" for _ in _TRUTH_COLUMNS[len(start) :]))
    return (
        *start,
        file.patient.number + 1,
        file.body_part,
        file.view_position,
        file.image_laterality,
        plan.uid("instance", file.number),
        TRANSFER_SYNTAXES[file.syntax],
        "MONOCHROME1" if file.encoding.monochrome1 else "MONOCHROME2",
        file.encoding.bits_stored,
        file.encoding.display,
    )


def _report(plan: SetPlan, patients: int) -> PhantomReport:
    """Count what was written."""
    pictures = [file for file in plan.files if file.kind == "picture"]
    return PhantomReport(
        patients=patients,
        files=len(plan.files),
        pictures=len(pictures),
        patients_without_id=len({file.patient.number for file in pictures if not file.patient.patient_id}),
        body_parts=_counted(file.body_part for file in pictures),
        transfer_syntaxes=_counted(
            str(TRANSFER_SYNTAXES[file.syntax]) for file in plan.files if file.kind != "text"
        ),
        expected=_counted(EXPECTED[file.kind] for file in plan.files),
        seed=plan.seed,
        size=plan.size,
        dirty=plan.dirty,
    )


def _counted(words: Iterable[str]) -> dict[str, int]:
    """Count words, in alphabetical order."""
    return dict(sorted(Counter(words).items()))
