"""The census: every real file is an instance or has a precise reason, in one pass over all of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from foundation.errors import ImagingError
from imaging.pictures import ReadInstance, read_picture_or_instance
from imaging.settings import ReadSettings

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

SETTINGS = ReadSettings(key=bytes(range(32)))
DECODED, NO_PIXELS = "ok", "no pixels"

# Of the files whose pixels others could not give, those that have none to give.
REASONS = {
    "GH1146.dcm": "no_pixel_bytes",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "unreadable_header",
    "JPEG2000-embedded-sequence-delimiter.dcm": "size_mismatch",  # its size was overwritten by a delimiter
    "MR_truncated.dcm": "truncated_pixels",
    "genFile.dcm": "broken_codestream",  # a fragment of zeros
    "meta_missing_tsyntax.dcm": "bad_pixel_description",  # it has no rows
    "multiframe.dcm": "size_mismatch",  # frames of 240 x 55 under a header of 240 x 240
    "nested_priv_SQ.dcm": "bad_pixel_description",  # it has no rows
}

Outcome = ReadInstance | ImagingError
Outcomes = list[tuple[dict[str, str], Outcome]]


def test_every_real_file_is_an_instance_or_has_a_reason(corpus: Path) -> None:
    """One test, so that the files are read once whichever way tests are shared out."""
    with (corpus / "census.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    outcomes = [(row, _read(corpus / row["path"])) for row in rows]
    check_that_all_others_decode_is_an_instance(outcomes)
    check_what_others_fail_on(outcomes)
    check_that_refusals_quote_nothing(outcomes)
    check_that_a_comment_costs_no_picture(outcomes)


def _read(path: Path) -> Outcome:
    try:
        return read_picture_or_instance(path.read_bytes(), settings=SETTINGS)
    except ImagingError as error:
        return error


def check_that_all_others_decode_is_an_instance(read_rows: Outcomes) -> None:
    """With the height and width that the census names, and a header that is JSON."""
    rows = [(row, outcome) for row, outcome in read_rows if row["decode_ok_or_error"] == DECODED]
    refused = [row["path"] for row, outcome in rows if isinstance(outcome, ImagingError)]
    assert refused == []
    for row, outcome in rows:
        assert isinstance(outcome, ReadInstance)
        assert outcome.frames
        sizes = [int(part) for part in row["decode_shape"].partition(")")[0][1:].split(",") if part.strip()]
        size = [outcome.header.height, outcome.header.width]
        assert size in [sizes[first : first + 2] for first in range(len(sizes) - 1)], row["path"]
        json.dumps(outcome.header.to_json(), allow_nan=False)
    assert len(rows) >= 250


def check_what_others_fail_on(read_rows: Outcomes) -> None:
    """Twelve of twenty; the others have no pixels that could be had."""
    rows = [
        (Path(row["path"]).name, outcome)
        for row, outcome in read_rows
        if row["decode_ok_or_error"] not in (DECODED, NO_PIXELS)
    ]
    reasons = {name: outcome.reason_code for name, outcome in rows if isinstance(outcome, ImagingError)}
    assert reasons == REASONS
    assert len(rows) - len(reasons) == 12


def check_that_refusals_quote_nothing(read_rows: Outcomes) -> None:
    """A code, and a sentence that quotes neither path nor patient."""
    for row, outcome in read_rows:
        if isinstance(outcome, ImagingError):
            assert outcome.reason_code.isidentifier()
            assert row["path"] not in outcome.detail
            assert not row["patient_name"] or row["patient_name"] not in outcome.detail


def check_that_a_comment_costs_no_picture(read_rows: Outcomes) -> None:
    """The file that others fail on holds the very pixels of the one that was repaired by hand."""
    hashes = {
        outcome.stored_values_sha256
        for row, outcome in read_rows
        if Path(row["path"]).name in ("966.dcm", "966_fixed.dcm") and isinstance(outcome, ReadInstance)
    }
    assert len(hashes) == 1
