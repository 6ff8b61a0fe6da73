"""What a cohort is asked to hold."""

from __future__ import annotations

import pytest

from database.cohort_selections import CohortSelection, InclusionStep
from foundation.errors import ConfigError, UnknownNameError


def test_a_step_is_read_from_text_and_told_as_text() -> None:
    """The first colon parts name and condition; a stored one is read again."""
    step = InclusionStep.model_validate("frontal: view_position IN ('PA', 'A:P')")
    assert (step.name, step.where) == ("frontal", "view_position IN ('PA', 'A:P')")
    assert InclusionStep.model_validate(str(step)) == step
    assert InclusionStep.model_validate(step.model_dump()) == step


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"steps": "view_position = 'PA'"}, "NAME: CONDITION"),
        ({"steps": [": id > 1"]}, "NAME: CONDITION"),
        ({"steps": ["a: id > 1", "a: id > 2"]}, "two steps have one name"),
        ({"where": "1 = 1", "sql": "SELECT id FROM image"}, "not both"),
        ({"pick": "last"}, "say of what"),
        ({"seed": 3}, "say of what"),
        ({"unit": "series"}, "unit"),
        ({"keep": ["everything"]}, "keep"),
        ({"min_age": -1}, "min_age"),
        ({"seconds": 0}, "seconds"),
        ({"name": ""}, "name"),
    ],
)
def test_contradictions_are_refused(fields: dict[str, object], says: str) -> None:
    """In the user's words."""
    with pytest.raises(ConfigError, match=says):
        CohortSelection.checked({"name": "x", **fields})


def test_the_policy_is_told_with_its_parameters() -> None:
    """An unknown one is refused when it is asked for."""
    assert CohortSelection(name="x", label_policy="multiple").policy.multi_label
    with pytest.raises(UnknownNameError, match='Did you mean "majority"'):
        _ = CohortSelection(name="x", label_policy="mayority").policy


def test_a_selection_is_stored_and_read_as_it_was() -> None:
    """So it can be run again."""
    selection = CohortSelection(
        name="x",
        steps=("a: id > 1",),
        one_per="patient",
        pick="random",
        seed=4,
        keep=("risk",),
        years=(2001,),
    )
    assert CohortSelection.model_validate(selection.model_dump(mode="json")) == selection
