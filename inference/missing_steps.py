"""How far a picture has come, and which steps are missing before a model may see it.

Three words (see the glossary): the rendering makes a picture of stored values, the recipe works on
that picture, the input treatment is inside the model. A model must see pictures made exactly as
those it was trained on, so what was already done is never done twice, and what was done otherwise
is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.errors import ConfigError, InferenceError
from imaging.rendering import parse_rendering
from preprocessing.recipe import Recipe

DEFAULT_RENDERING = "window"
"""For DICOM, where the artifact was trained on pictures that something else had rendered."""


@dataclass(frozen=True)
class Treatment:
    """What was done to a picture, or what a model wants done.

    Attributes:
        rendering: its text form; None where something else made the picture, so that nobody knows.
        recipe: the steps after it.
    """

    rendering: str | None
    recipe: Recipe = field(default_factory=Recipe)


def missing_steps(done: Treatment, wanted: Treatment, *, source: str) -> Recipe:
    """Return the rest of the wanted recipe for pictures that were already rendered.

    Args:
        done: how far the pictures have come. An unknown rendering counts as the wanted one.
        wanted: what the artifact was trained on.
        source: what the pictures lie in, for the message.

    Raises:
        InferenceError: they were rendered otherwise, or their steps are not the recipe's first ones.

    Example:
        >>> first = Recipe.parse(["contrast_enhancing:4"])
        >>> both = Recipe.parse(["contrast_enhancing:4", "bitwise_downsampling:2"])
        >>> missing_steps(Treatment("window", first), Treatment("window", both), source="x").texts
        ('bitwise_downsampling:2',)
    """
    if not _is_same_rendering(done.rendering, wanted.rendering):
        raise InferenceError(
            f"The pictures in {source} were rendered otherwise than those the artifact was trained on. "
            f'Export them again with the rendering "{wanted.rendering}". Received: "{done.rendering}".'
        )
    num_done = len(done.recipe.steps)
    if done.recipe.steps != wanted.recipe.steps[:num_done]:
        raise InferenceError(
            f"The pictures in {source} went through steps that do not begin the artifact's recipe. "
            f"Give the pictures as they were before their steps, or after the first of: "
            f"{_in_words(wanted.recipe)}. Received: {_in_words(done.recipe)}."
        )
    return Recipe(steps=wanted.recipe.steps[num_done:])


def _is_same_rendering(done: str | None, wanted: str | None) -> bool:
    """Say whether two renderings make the same pictures, however they are written."""
    if done is None or wanted is None or done == wanted:
        return True
    try:
        return parse_rendering(done) == parse_rendering(wanted)
    except ConfigError:
        return False  # a rendering of another version


def _in_words(recipe: Recipe) -> str:
    """Return the steps as they are typed."""
    return ", ".join(recipe.texts) or "no step"
