"""The reference table: what each of pydicom's bundled images gives, one line an image.

Written anew, after a change that is meant to change pixels, from the repository root by

    python -P tests/imaging/reference_table.py

A changed line is a changed picture: say in the commit why.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from foundation.errors import ImagingError
from imaging.pictures import read_picture_or_instance
from imaging.pixel_hashes import hash_pixels
from imaging.rendering import RenderingAttributes, render
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from imaging.stored_values import decode_stored_values

TABLE = Path(__file__).with_name("reference_table.tsv")
COLUMNS = [
    "name",
    "frames",
    "shape",
    "dtype",
    "first",
    "middle",
    "last",
    "decoder",
    "stored_values_sha256",
    "rendered_sha256",
]


def bundled_files() -> list[Path]:
    """Return pydicom's bundled files, pictures or not."""
    return sorted(path for path in bundled_dicom_folder().rglob("*") if path.is_file())


def describe(path: Path) -> dict[str, str] | None:
    """Return a file's line of the table, or None when it is no image."""
    try:
        instance = read_picture_or_instance(path.read_bytes(), settings=ReadSettings(key=bytes(32)))
    except ImagingError:
        return None
    header, frame = instance.header, instance.frames[0]
    kept = frame.encoded
    values = decode_stored_values(kept.content, encoding=kept.encoding, dtype=kept.dtype, offset=kept.offset)
    attributes = RenderingAttributes.model_validate(frame.rendering or header.rendering)
    height, width = values.shape[:2]
    pixels = (values[0, 0], values[height // 2, width // 2], values[-1, -1])
    return dict(
        zip(
            COLUMNS,
            (
                path.relative_to(bundled_dicom_folder()).as_posix(),
                str(len(instance.frames)),
                " x ".join(map(str, values.shape)),
                values.dtype.name,
                *(" ".join(map(str, pixel.reshape(-1).tolist())) for pixel in pixels),
                header.decoder.rpartition(" ")[0] or header.decoder,
                instance.stored_values_sha256,
                hash_pixels(render(values, attributes)),
            ),
            strict=True,
        )
    )


def read_table() -> dict[str, dict[str, str]]:
    """Return the lines of the table by the file's name."""
    _, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = (dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines)
    return {row["name"]: row for row in rows}


def write_table() -> int:
    """Write the table anew and return the number of its lines."""
    rows = [row for path in bundled_files() if (row := describe(path)) is not None]
    lines = ["\t".join(COLUMNS), *("\t".join(row.values()) for row in rows)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    sys.stdout.write(f"{write_table()} images in {TABLE.name}\n")
