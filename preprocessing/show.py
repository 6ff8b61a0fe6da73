"""The door `show`: pictures of files or rows to look at, with what their headers say."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import Field, field_validator

from database.instance_rows import InstanceRow
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, DicomillError, ImagingError
from foundation.files import check_target, write_file
from foundation.keys import KEY_BYTES
from foundation.progress import Progress, SilentProgress
from imaging.contact_sheets import ContactSheet
from imaging.png import encode_png
from imaging.rendering import RenderingAttributes, RenderRecord, parse_rendering
from imaging.settings import ReadSettings
from imaging.transfer_syntax_names import transfer_syntax_name
from preprocessing.show_inputs import OpenedFrame, ShowInput, list_show_inputs, open_show_input


class ShowConfig(Config):
    """What to show.

    Attributes:
        inputs: files, folders, and with a database the ids of its view `image`.
        out: the picture that is written.
        rendering: the text form, such as `window:lung` (see `imaging.rendering_texts`).
        frame: its number, from 1.
        tile: side of a picture on a sheet of several, in pixels.
        limit: how many pictures at most; the rest is counted.
        overwrite: replace what stands at `out`.
    """

    inputs: tuple[str, ...] = Field(min_length=1)
    out: Path = Path("show.png")
    rendering: str = "window"
    frame: int = Field(default=1, ge=1)
    tile: int = Field(default=256, ge=64, le=1024)
    limit: int = Field(default=64, ge=1, le=1024)
    overwrite: bool = False

    @field_validator("rendering")
    @classmethod
    def _rendering_is_known(cls, text: str) -> str:
        return parse_rendering(text).text


class ShownPicture(Report):
    """One picture and the essential header: pseudonyms, never names.

    Attributes:
        number: as written under the picture.
        name: of the file as the user knows it, or the id.
        sop_instance_uid: pseudonym; None for a file without the database whose key makes them.
        patient_key: of a row.
        transfer_syntax: its name in the standard.
        windows: centre and width of each, of the header.
        has_voi_lut: the header holds a usable VOI LUT.
        record: how the picture was made.
    """

    number: int
    name: str
    sop_instance_uid: str | None
    patient_key: str | None
    kind: str
    modality: str | None
    body_part: str | None
    body_part_rule: str | None
    body_part_confidence: float | None
    view_position: str | None
    image_laterality: str | None
    height: int | None
    width: int | None
    number_of_frames: int | None
    samples_per_pixel: int | None
    bits_stored: int | None
    pixel_representation: int | None
    photometric_interpretation: str | None
    transfer_syntax: str | None
    decoder: str
    windows: tuple[tuple[float, float], ...]
    has_voi_lut: bool
    burned_in_risk: str
    record: RenderRecord


class NotShown(Report):
    """One input without a picture: its name, a reason code and a sentence."""

    name: str
    reason_code: str
    detail: str


class ShowReport(Report):
    """What is shown.

    Attributes:
        out: the picture; None when there was none to write.
        pictures: in the order of the sheet.
        not_shown: those that gave no picture.
        num_left_out: beyond the limit, not even opened.
    """

    out: Path | None
    pictures: tuple[ShownPicture, ...]
    not_shown: tuple[NotShown, ...]
    num_left_out: int


def show(
    config: ShowConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ShowReport:
    """Write one picture as it is, or several on a sheet, and return what their headers say.

    What gives no picture is told with its reason, and the rest goes on. One picture is in memory at a
    time, beside the small ones of the sheet.

    Args:
        config: what to show.
        database: open; then whole numbers are ids of its view `image`.
        executor: not needed; part of every door.
        progress: told of each picture.

    Raises:
        TargetExistsError: the target is there already.
        ConfigError: an input is neither file nor folder nor id, or there is no file in any.
    """
    check_target(config.out, overwrite=config.overwrite)
    if config.out.is_dir() or not config.out.parent.is_dir():
        raise ConfigError(f"{config.out} cannot be written: expected a file name in a folder that exists.")
    listed = list_show_inputs(config.inputs, has_rows=database is not None)
    inputs = list(islice(listed, config.limit))
    num_left_out = sum(1 for _ in listed)
    if not inputs:
        raise ConfigError(f"There is nothing to show: no file in {', '.join(config.inputs)}.")
    gallery = _Gallery(config, database, is_single=len(inputs) == 1)
    gallery.add_all(inputs, progress or SilentProgress())
    gallery.write()
    return ShowReport(
        out=config.out if gallery.shown else None,
        pictures=tuple(gallery.shown),
        not_shown=tuple(gallery.not_shown),
        num_left_out=num_left_out,
    )


class _Gallery:
    """The pictures so far: the one as it is, or the sheet."""

    def __init__(self, config: ShowConfig, database: Database | None, *, is_single: bool) -> None:
        self._config = config
        self._database = database
        # Without the database's key a pseudonym would mean nothing outside of this run: none is told.
        key = None if database is None else database.key
        self._tells_uids = key is not None
        self._settings = ReadSettings(key=key or secrets.token_bytes(KEY_BYTES))
        self._sheet = None if is_single else ContactSheet(tile=config.tile)
        self._whole: NDArray[Any] | None = None
        self.shown: list[ShownPicture] = []
        self.not_shown: list[NotShown] = []

    def add_all(self, inputs: Sequence[ShowInput], progress: Progress) -> None:
        """Add each input's picture, or the reason why it has none."""
        progress.begin("show", len(inputs))
        for one in inputs:
            try:
                self._add(one)
            except ImagingError as error:
                self._refuse(one, error.reason_code, error.detail)
            except DicomillError:
                raise
            except Exception as error:  # noqa: BLE001 - one file of many: whatever it breaks, the others go on
                kind = type(error).__name__
                self._refuse(one, "unexpected_error", f"Reading stopped at an error of the kind {kind}.")
            progress.advance()
        progress.end()

    def write(self) -> None:
        """Write the picture, if there is any."""
        if not self.shown:
            return
        picture = self._whole if self._sheet is None else self._sheet.draw()
        if picture is not None:
            write_file(self._config.out, encode_png(picture))

    def _add(self, one: ShowInput) -> None:
        opened = open_show_input(
            one, frame_number=self._config.frame, settings=self._settings, database=self._database
        )
        picture, record = opened.frame.render(self._config.rendering)
        shown = _describe(len(self.shown) + 1, one.name, opened, record, tells_uid=self._tells_uids)
        if self._sheet is None:
            self._whole = picture
        else:
            self._sheet.add(picture, _caption(shown))
        self.shown.append(shown)

    def _refuse(self, one: ShowInput, reason_code: str, detail: str) -> None:
        self.not_shown.append(NotShown(name=one.name, reason_code=reason_code, detail=detail))


_HEADER_FIELDS = (
    "kind",
    "modality",
    "body_part",
    "body_part_rule",
    "body_part_confidence",
    "view_position",
    "image_laterality",
    "height",
    "width",
    "number_of_frames",
    "samples_per_pixel",
    "bits_stored",
    "pixel_representation",
    "photometric_interpretation",
    "decoder",
    "burned_in_risk",
)


def _describe(
    number: int, name: str, opened: OpenedFrame, record: RenderRecord, *, tells_uid: bool
) -> ShownPicture:
    header = opened.header
    is_row = isinstance(header, InstanceRow)
    attributes = RenderingAttributes.model_validate(dict(opened.frame.rendering))
    return ShownPicture(
        number=number,
        name=name,
        sop_instance_uid=header.sop_instance_uid if is_row or tells_uid else None,
        # Of a file alone it is not known which source's patients it belongs to.
        patient_key=header.patient_key if is_row else None,
        transfer_syntax=transfer_syntax_name(header.transfer_syntax_uid),
        windows=tuple((window.center, window.width) for window in attributes.windows),
        has_voi_lut=attributes.voi_lut is not None,
        record=record,
        **{field: getattr(header, field) for field in _HEADER_FIELDS},
    )


def _caption(shown: ShownPicture) -> list[str]:
    """Return two short lines: the number that the list explains, never a file's name."""
    words = (shown.modality, shown.body_part, shown.view_position, shown.image_laterality)
    frame = f" F{shown.record.frame_number}" if (shown.number_of_frames or 1) > 1 else ""
    return [
        " ".join([f"{shown.number}", *(word for word in words if word)]),
        f"{shown.width}X{shown.height} {shown.bits_stored} BIT {shown.record.voi}{frame}",
    ]
