"""Some pictures of a cohort on one contact sheet, as they were frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from database.cohort_pictures import CohortPicture, cohort_pictures, instances_by_id
from database.cohorts import CohortRecord
from database.pictures import LostFrame, frames_or_losses
from database.session import Database
from foundation.errors import ImagingError
from foundation.files import write_file
from imaging.contact_sheets import ContactSheet
from imaging.png import encode_png
from imaging.rendering import parse_rendering
from preprocessing.row_frames import kept_frame
from preprocessing.splits import keyed_order

_TILE = 160
_KEPT_AT_ONCE = 4

_Place = tuple[bytes, CohortPicture]


@dataclass
class ShownMembers:
    """What a sheet holds.

    Attributes:
        uids: pseudonymous SOP Instance UIDs in the order of the numbers under the pictures.
        not_shown: drawn members without a picture, by reason.
    """

    uids: tuple[str, ...] = ()
    not_shown: Counter[str] = field(default_factory=Counter)


def write_cohort_sheet(
    path: Path, database: Database, record: CohortRecord, *, most: int, seed: int, rendering: str
) -> ShownMembers:
    """Write the sheet as PNG.

    Args:
        path: of the sheet; replaced if it is there.
        database: open.
        record: the cohort.
        most: pictures at most.
        seed: of the draw.
        rendering: its text form.

    Raises:
        UnknownNameError, ConfigError: no such rendering.
    """
    parse_rendering(rendering)
    with database.session() as session:
        members = draw_members(cohort_pictures(session, record.id), most=most, seed=seed)
        ids = [member.instance_id for member in members]
        rows = instances_by_id(session, ids)
        frames = {
            frame.instance_id: frame
            for frame in frames_or_losses(session, ids, is_wanted=lambda _, number: number == 1)
        }
    shown = ShownMembers()
    sheet = ContactSheet(tile=_TILE)
    for member in members:
        row, frame = rows[member.instance_id], frames.get(member.instance_id)
        if frame is None or isinstance(frame, LostFrame):
            shown.not_shown["missing_pixels"] += 1
            continue
        try:
            picture, _ = kept_frame(row, frame).render(rendering)
        except ImagingError as error:
            shown.not_shown[error.reason_code] += 1
            continue
        shown.uids += (member.sop_instance_uid,)
        words = (row.modality, row.view_position)
        sheet.add(
            picture,
            [
                " ".join([str(len(shown.uids)), *(word for word in words if word)]),
                ", ".join(member.labels) or "no class",
            ],
        )
    if shown.uids:
        write_file(path, encode_png(sheet.draw()))
    return shown


def draw_members(members: Iterable[CohortPicture], *, most: int, seed: int) -> list[CohortPicture]:
    """Return some members: one of each class in turn, in the order of a keyed hash.

    Args:
        members: of a cohort.
        most: at most so many.
        seed: of the hash; neither row ids nor the order of rows decide.
    """
    by_class: dict[str, list[_Place]] = {}
    for member in members:
        place = (keyed_order(seed, member.sop_instance_uid), member)
        for name in member.labels or ("",):
            of_class = by_class.setdefault(name, [])
            of_class.append(place)
            if len(of_class) > _KEPT_AT_ONCE * most:
                by_class[name] = _smallest(of_class, most)
    columns = [_smallest(by_class[name], most) for name in sorted(by_class)]
    drawn: dict[int, CohortPicture] = {}
    for turn in zip_longest(*columns):
        for place in turn:
            if place is not None and len(drawn) < most:
                drawn.setdefault(place[1].instance_id, place[1])
    return list(drawn.values())


def _smallest(places: list[_Place], most: int) -> list[_Place]:
    return sorted(places, key=lambda place: place[0])[:most]
