"""The body parts that can be drawn, and the drawing of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foundation.errors import ConfigError
from foundation.registries import look_up
from imaging.phantoms import breast, head, limbs, trunk
from imaging.phantoms.drawing import Canvas, Grid, Pose
from imaging.phantoms.exposure import expose

MINIMUM_SIZE = 64
MAXIMUM_SIZE = 4096

Drawing = Callable[[Canvas, np.random.Generator], None]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One body part.

    Attributes:
        body_part: the canonical term of PS3.16, as (0018,0015) Body Part Examined holds it.
        views: (0018,5101) View Position to the function that draws it.
        paired: there is a left and a right one.
        tilt: how far the part may lie turned, in degrees.
        spellings: what archives hold in its place: vendors' words, other languages, stray NULs.
        words: what a technologist would call it in a protocol's name.
    """

    body_part: str
    views: dict[str, Drawing]
    paired: bool
    tilt: float
    spellings: tuple[str, ...]
    words: str


ANATOMY: dict[str, Anatomy] = {
    entry.body_part: entry
    for entry in (
        Anatomy(
            "ABDOMEN",
            {"AP": trunk.draw_abdomen},
            paired=False,
            tilt=5,
            spellings=("ABDOMEN\0", "abdomen", "ADDOME", "ABDOMEN AP", "BAUCH"),
            words="Abdomen",
        ),
        Anatomy(
            "BREAST",
            {"CC": breast.draw_breast_from_above, "MLO": breast.draw_breast_obliquely},
            paired=True,
            tilt=5,
            spellings=("MAMMA", "breast", "MAMA", "BRUST"),
            words="Breast",
        ),
        Anatomy(
            "CHEST",
            {"PA": trunk.draw_chest_frontal, "LL": trunk.draw_chest_lateral},
            paired=False,
            tilt=5,
            spellings=("TORAX", "THORAX", "chest", "CHEST\0", "TORACE"),
            words="Chest",
        ),
        Anatomy(
            "CSPINE",
            {"AP": head.draw_neck_frontal, "LL": head.draw_neck_lateral},
            paired=False,
            tilt=6,
            spellings=("C SPINE", "C-SPINE", "HWS", "CERVICAL SPINE", "COLONNA CERVICALE"),
            words="Cervical spine",
        ),
        Anatomy(
            "HAND",
            {"PA": limbs.draw_hand, "OBL": limbs.draw_hand_obliquely},
            paired=True,
            tilt=20,
            spellings=("MANO", "hand", "HAND\0", "MAIN"),
            words="Hand",
        ),
        Anatomy(
            "KNEE",
            {"AP": limbs.draw_knee_frontal, "LL": limbs.draw_knee_lateral},
            paired=True,
            tilt=10,
            spellings=("GINOCCHIO", "RODILLA", "Knee", "KNIE"),
            words="Knee",
        ),
        Anatomy(
            "PELVIS",
            {"AP": trunk.draw_pelvis},
            paired=False,
            tilt=5,
            spellings=("BACINO", "PELVIS\0", "BECKEN", "pelvis"),
            words="Pelvis",
        ),
        Anatomy(
            "SKULL",
            {"AP": head.draw_skull_frontal, "LL": head.draw_skull_lateral},
            paired=False,
            tilt=8,
            spellings=("CRANIO", "SKULL\0", "skull", "CRANEO"),
            words="Skull",
        ),
    )
}


def draw_phantom(
    body_part: str,
    *,
    rng: np.random.Generator,
    size: int = 256,
    view_position: str | None = None,
    mirrored: bool | None = None,
) -> Grid:
    """Draw one synthetic radiograph with the word SYNTHETIC in a corner.

    Args:
        body_part: a key of `ANATOMY`.
        rng: draws pose, variation, texture and exposure; the same state gives the same picture.
        size: height and width in pixels.
        view_position: one of the body part's views; drawn when None.
        mirrored: left and right changed; drawn when None and the part is paired.

    Returns:
        float32, height x width, 0 to 1, bone bright.

    Raises:
        UnknownNameError: no such body part or view.
        ConfigError: a size out of range.

    Example:
        >>> picture = draw_phantom("HAND", rng=np.random.default_rng(0), size=64)
        >>> picture.shape, bool(0 <= picture.min() < picture.max() <= 1)
        ((64, 64), True)
    """
    anatomy = look_up(ANATOMY, body_part, kind="phantom body part")
    if not MINIMUM_SIZE <= size <= MAXIMUM_SIZE:
        raise ConfigError(
            f"A phantom is {MINIMUM_SIZE} to {MAXIMUM_SIZE} pixels wide and high. Received: {size}."
        )
    if view_position is None:
        view_position = str(rng.choice(list(anatomy.views)))
    draw = look_up(anatomy.views, view_position, kind=f"view of {body_part}")
    if mirrored is None:
        mirrored = anatomy.paired and bool(rng.random() < 0.5)
    pose = Pose(
        angle=rng.uniform(-anatomy.tilt, anatomy.tilt),
        scale=rng.uniform(0.82, 1.06),
        shift=(rng.uniform(-0.07, 0.07), rng.uniform(-0.07, 0.07)),
        mirrored=mirrored,
    )
    canvas = Canvas(size, pose)
    draw(canvas, rng)
    return expose(canvas.attenuation, rng)
