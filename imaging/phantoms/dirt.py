"""What is wrong with real headers, put into synthetic ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from imaging.phantoms.anatomy import Anatomy

AgeStyle = Literal["right", "no_unit", "impossible", "blank"]
Place = Literal["body_part_examined", "protocol_name", "series_description"]

_AGE_STYLES: tuple[AgeStyle, ...] = ("right", "no_unit", "impossible", "blank")
_IMPOSSIBLE_AGE = "411Y"


@dataclass(frozen=True, slots=True)
class Dirt:
    """The faults of one header.

    Args:
        body_part_examined: what stands there in place of the term; None for the term itself.
        place: which attribute names the body part.
        age_style: how (0010,1010) Patient's Age is written.
        padded_patient_id: blanks stand around the id.
        birth_date_missing: (0010,0030) is blank.
        private: a vendor's private elements are there.
        manufacturer_missing: (0008,0070) is blank.
    """

    body_part_examined: str | None = None
    place: Place = "body_part_examined"
    age_style: AgeStyle = "right"
    padded_patient_id: bool = False
    birth_date_missing: bool = False
    private: bool = False
    manufacturer_missing: bool = False


CLEAN = Dirt()


def draw_dirt(rng: np.random.Generator, anatomy: Anatomy) -> Dirt:
    """Draw the faults of one header: about half of the body parts are clean, a fifth blank.

    Example:
        >>> from imaging.phantoms.anatomy import ANATOMY
        >>> draw_dirt(np.random.default_rng(1), ANATOMY["CHEST"]).place
        'body_part_examined'
    """
    fault = rng.random()
    examined: str | None = None
    place: Place = "body_part_examined"
    if fault < 0.2:
        examined = str(rng.choice(["", " "]))
        place = "protocol_name" if rng.random() < 0.5 else "series_description"
    elif fault < 0.5:
        # By index: numpy's own text type drops trailing NULs.
        examined = anatomy.spellings[int(rng.integers(len(anatomy.spellings)))]
    return Dirt(
        body_part_examined=examined,
        place=place,
        age_style=_AGE_STYLES[rng.choice(len(_AGE_STYLES), p=[0.7, 0.1, 0.08, 0.12])],
        padded_patient_id=bool(rng.random() < 0.15),
        birth_date_missing=bool(rng.random() < 0.3),
        private=bool(rng.random() < 0.3),
        manufacturer_missing=bool(rng.random() < 0.1),
    )


def write_age(years: int, style: AgeStyle) -> str:
    """Return Patient's Age in a style.

    Example:
        >>> [write_age(60, style) for style in ("right", "no_unit", "impossible", "blank")]
        ['060Y', '060', '411Y', '']
    """
    written = {
        "right": f"{years:03d}Y",
        "no_unit": f"{years:03d}",
        "impossible": _IMPOSSIBLE_AGE,
        "blank": "",
    }
    return written[style]
