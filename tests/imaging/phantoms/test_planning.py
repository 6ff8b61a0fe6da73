"""Plans: balance, independence and determinism."""

from __future__ import annotations

from collections import Counter

import pytest

from imaging.phantoms.planning import EXPECTED, SetPlan, plan_phantoms


def plan(patients: int = 60, images: int = 4, seed: int = 0, *, dirty: bool = True) -> SetPlan:
    """Return a plan."""
    return plan_phantoms(patients=patients, images_per_patient=images, seed=seed, size=64, dirty=dirty)


def test_body_parts_and_syntaxes_are_balanced() -> None:
    """240 pictures: 30 of each of eight body parts, every syntax, each sort of image."""
    pictures = [file for file in plan().files if file.kind == "picture"]
    assert set(Counter(file.body_part for file in pictures).values()) == {30}
    assert Counter(file.syntax for file in pictures)["jpeg_2000"] == 30
    assert len({file.syntax for file in pictures}) == 7
    assert {file.sop_class for file in pictures} == {"CR", "DX", "MG"}
    assert {file.sop_class for file in pictures if file.body_part == "BREAST"} == {"MG"}


def test_a_patient_has_several_body_parts_in_two_studies() -> None:
    """So splits must hold patients together."""
    files = [file for file in plan().files if file.kind == "picture" and file.patient.number == 7]
    assert len(files) == 4
    assert len({file.body_part for file in files}) >= 3
    assert [file.study_number for file in files] == [1, 1, 2, 2]
    assert len({file.patient for file in files}) == 1


def test_a_larger_set_holds_the_smaller() -> None:
    """Patient n is the same however many follow."""
    small, large = plan(3, dirty=False), plan(9, dirty=False)
    assert large.files[: len(small.files)] == small.files
    assert small.uid("instance", 2) == large.uid("instance", 2)


def test_seeds_sizes_and_dirt_give_other_uids() -> None:
    """Two different sets never claim the same instance; each UID is a sound one."""
    plans = [plan(1), plan(1, seed=1), plan(1, dirty=False), plan(1, images=3)]
    uids = {one.uid("instance", 0) for one in plans} | {plan(1).uid("study", 0)}
    assert len(uids) == 5
    assert all(uid.startswith("2.25.") and len(uid) <= 64 and uid[5] != "0" for uid in uids)


def test_a_dirty_set_ends_with_what_else_archives_hold() -> None:
    """Two sent again in another syntax, one cut, one report, one text; a clean set has none."""
    files = plan().files
    strays = files[240:]
    assert [file.kind for file in strays] == ["resent", "resent", "truncated", "report_object", "text"]
    for again in strays[:2]:
        original = files[again.number]
        assert again.syntax != original.syntax
        assert (again.encoding, again.dirt, again.patient) == (
            original.encoding,
            original.dirt,
            original.patient,
        )
    assert {file.kind for file in plan(dirty=False).files} == {"picture"}
    assert set(EXPECTED.values()) == {"stored", "resent", "rejected", "not_an_image"}


def test_a_signed_picture_is_never_sent_again_through_a_codec() -> None:
    """Over many seeds, every syntax of a file sent again can hold its values."""
    for seed in range(40):
        for file in plan(3, seed=seed).files:
            assert not (file.encoding.signed and file.syntax in {"rle", "jpeg_ls", "jpeg_2000"})


def test_one_picture_is_sent_again_once() -> None:
    """With a single picture, first and middle are the same file."""
    assert [file.kind for file in plan(1, 1).files].count("resent") == 1


def test_few_patients_have_a_blank_id_and_only_when_dirty() -> None:
    """Four of sixty, none in a clean set."""
    blank = {file.patient.number for file in plan().files if not file.patient.patient_id}
    assert len(blank) == 4
    assert all(file.patient.patient_id for file in plan(dirty=False).files)


def test_paths_say_nothing_of_the_content() -> None:
    """A number in a numbered folder, each once."""
    paths = [file.path for file in plan().files]
    assert len(set(paths)) == len(paths)
    assert paths[49:51] == ["batch01/img00050.dcm", "batch02/img00051.dcm"]


@pytest.mark.parametrize("purpose", ["drawing", "dirt"])
def test_generators_of_different_purposes_and_numbers_differ(purpose: str) -> None:
    """No two streams are the same."""
    one = plan(1)
    first, other = one.rng(purpose, 0).random(4), one.rng(purpose, 1).random(4)
    assert (first != other).all()
    assert (first != one.rng("picture", 0).random(4)).all()
    assert (first == one.rng(purpose, 0).random(4)).all()
