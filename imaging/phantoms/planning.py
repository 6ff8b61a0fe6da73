"""What a folder of phantoms will hold, decided before a single pixel is drawn.

The plan of patient n does not depend on how many patients follow, so a larger set holds the smaller.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from imaging.phantoms.anatomy import ANATOMY
from imaging.phantoms.dirt import CLEAN, Dirt, draw_dirt
from imaging.phantoms.encodings import Encoding, draw_encoding

FileKind = Literal["picture", "resent", "truncated", "report_object", "text"]
Disposition = Literal["stored", "resent", "rejected", "not_an_image"]
Syntax = Literal[
    "implicit_little", "explicit_little", "explicit_big", "deflated", "rle", "jpeg_ls", "jpeg_2000"
]

COMPRESSED: frozenset[Syntax] = frozenset({"rle", "jpeg_ls", "jpeg_2000"})
EXPECTED: dict[FileKind, Disposition] = {
    "picture": "stored",
    "resent": "resent",
    "truncated": "rejected",
    "report_object": "not_an_image",
    "text": "rejected",
}

_BODY_PARTS = tuple(ANATOMY)
_SYNTAXES: tuple[Syntax, ...] = (
    "implicit_little",
    "explicit_little",
    "explicit_little",
    "explicit_big",
    "deflated",
    "rle",
    "jpeg_ls",
    "jpeg_2000",
)
_FILES_PER_FOLDER = 50
_BLANK_ID_CYCLE, _BLANK_ID_PLACE = 17, 3


@dataclass(frozen=True, slots=True)
class PatientPlan:
    """One invented patient.

    Args:
        number: from 0 on.
        patient_id: as the header will hold it; blank for a few when dirty.
        sex: F, M or O.
        birth_date: invented.
        study_date: of the first study.
    """

    number: int
    patient_id: str
    sex: str
    birth_date: date
    study_date: date


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file.

    Args:
        path: relative to the folder, with forward slashes; it says nothing of the content.
        kind: a picture, or one of the objects that an archive also holds.
        number: of the picture, which seeds its drawing; a file sent twice repeats it.
        patient: whose it is.
        study_number, series_number: within the patient.
        body_part, view_position, image_laterality: what is shown; laterality "" when not paired.
        sop_class: "CR", "DX" or "MG".
        syntax: the transfer syntax.
        encoding: how the pixels are stored.
        dirt: what is wrong with the header.
    """

    path: str
    kind: FileKind
    number: int
    patient: PatientPlan
    study_number: int
    series_number: int
    body_part: str
    view_position: str
    image_laterality: str
    sop_class: str
    syntax: Syntax
    encoding: Encoding
    dirt: Dirt


@dataclass(frozen=True, slots=True)
class SetPlan:
    """A whole folder: its settings and its files in order."""

    seed: int
    size: int
    dirty: bool
    images_per_patient: int
    files: tuple[FilePlan, ...]

    def rng(self, purpose: str, number: int) -> np.random.Generator:
        """Return the generator for one purpose and number, whatever else was drawn before."""
        return _rng(self.seed, purpose, number)

    def uid(self, kind: str, *numbers: int) -> str:
        """Return a UID under 2.25 (PS3.5 B.2) that is the same for the same set, kind and numbers."""
        settings = (self.seed, self.size, self.dirty, self.images_per_patient)
        name = "/".join(map(str, ("dicomill phantom", *settings, kind, *numbers)))
        return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def plan_phantoms(*, patients: int, images_per_patient: int, seed: int, size: int, dirty: bool) -> SetPlan:
    """Decide all files of a set.

    Args:
        patients: how many.
        images_per_patient: pictures of each, of different body parts and views as far as they go.
        seed: not negative.
        size: height and width of the pictures.
        dirty: with the dirt and the stray objects that archives hold.

    Example:
        >>> plan = plan_phantoms(patients=2, images_per_patient=4, seed=0, size=64, dirty=False)
        >>> [file.path for file in plan.files][:2], len({file.body_part for file in plan.files})
        (['batch01/img00001.dcm', 'batch01/img00002.dcm'], 8)
    """
    files = [
        _plan_picture(seed, _plan_patient(seed, patient, dirty=dirty), image, images_per_patient, dirty=dirty)
        for patient in range(patients)
        for image in range(images_per_patient)
    ]
    if dirty:
        files += _plan_strays(files)
    named = tuple(replace(file, path=_path(place)) for place, file in enumerate(files))
    return SetPlan(seed, size, dirty, images_per_patient, named)


def _plan_patient(seed: int, number: int, *, dirty: bool) -> PatientPlan:
    """Invent one patient."""
    rng = _rng(seed, "patient", number)
    study_date = date(2019, 1, 7) + timedelta(days=int(rng.integers(0, 5 * 365)))
    age_days = int(rng.uniform(3, 92) * 365.25)
    blank = dirty and number % _BLANK_ID_CYCLE == _BLANK_ID_PLACE
    return PatientPlan(
        number=number,
        patient_id="" if blank else f"PHANTOM-{number + 1:05d}",
        sex=str(rng.choice(["F", "M", "O"], p=[0.49, 0.49, 0.02])),
        birth_date=study_date - timedelta(days=age_days),
        study_date=study_date,
    )


def _plan_picture(seed: int, patient: PatientPlan, image: int, images: int, *, dirty: bool) -> FilePlan:
    """Decide one picture: what it shows and how it is stored."""
    number = patient.number * images + image
    rng = _rng(seed, "picture", number)
    anatomy = ANATOMY[_BODY_PARTS[_from_deck(seed, "body part", number, len(_BODY_PARTS))]]
    syntax = _SYNTAXES[_from_deck(seed, "syntax", number, len(_SYNTAXES))]
    digital = "MG" if anatomy.body_part == "BREAST" else "DX"
    sop_class = "CR" if digital == "DX" and rng.random() < 0.4 else digital
    return FilePlan(
        path="",
        kind="picture",
        number=number,
        patient=patient,
        study_number=1 + (2 * image >= images > 1),
        series_number=1 + image,
        body_part=anatomy.body_part,
        view_position=str(rng.choice(list(anatomy.views))),
        image_laterality=str(rng.choice(["L", "R"])) if anatomy.paired else "",
        sop_class=sop_class,
        syntax=syntax,
        encoding=draw_encoding(rng, computed=sop_class == "CR", compressed=syntax in COMPRESSED),
        dirt=draw_dirt(_rng(seed, "dirt", number), anatomy) if dirty else CLEAN,
    )


def _plan_strays(pictures: list[FilePlan]) -> list[FilePlan]:
    """Add what else an archive holds: two files sent again, one cut off, a report, a text file."""
    first, middle, last = pictures[0], pictures[len(pictures) // 2], pictures[-1]
    again = [replace(file, kind="resent", syntax=_other_syntax(file)) for file in (first, middle)]
    cut = replace(last, kind="truncated", number=len(pictures), syntax="explicit_little")
    report = replace(last, kind="report_object", number=len(pictures) + 1, syntax="explicit_little")
    return [*again[: len({first.number, middle.number})], cut, report, replace(report, kind="text")]


def _other_syntax(file: FilePlan) -> Syntax:
    """Return another syntax for the same stored values."""
    if file.syntax in COMPRESSED:
        return "explicit_little"
    if file.encoding.signed:
        return "explicit_little" if file.syntax == "implicit_little" else "implicit_little"
    return "jpeg_ls"


def _from_deck(seed: int, purpose: str, number: int, count: int) -> int:
    """Return the card of that number from decks of `count` cards, each shuffled anew."""
    return int(_rng(seed, purpose, number // count).permutation(count)[number % count])


def _path(place: int) -> str:
    """Return the path of the file at that place."""
    return f"batch{place // _FILES_PER_FOLDER + 1:02d}/img{place + 1:05d}.dcm"


def _rng(seed: int, purpose: str, number: int) -> np.random.Generator:
    """Return a generator of its own for one purpose and number."""
    return np.random.default_rng([seed, number, *purpose.encode()])
