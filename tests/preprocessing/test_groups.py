"""Groups: patients and identical pictures stay together."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.groups import GroupMember, count_group_labels, follow_aliases, group_members

MEMBERS = st.lists(
    st.tuples(st.none() | st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(["s1", "s2", "s3", "s4"])),
    max_size=12,
).map(lambda drawn: [GroupMember(f"n{n}", patient, sha, ("A",)) for n, (patient, sha) in enumerate(drawn)])


@settings(max_examples=80, deadline=None)
@given(members=MEMBERS, randomness=st.randoms(use_true_random=False))
def test_patients_and_identical_pictures_share_a_group(
    members: list[GroupMember], randomness: random.Random
) -> None:
    """Two pictures of one patient, or with one hash, are in one group, whatever the order."""
    groups = group_members(members)
    for one in members:
        for other in members:
            same_patient = one.patient_key is not None and one.patient_key == other.patient_key
            if same_patient or one.sha256 == other.sha256:
                assert groups[one.name] == groups[other.name]
    shuffled = list(members)
    randomness.shuffle(shuffled)
    assert group_members(shuffled) == groups


def test_identical_pictures_join_two_patients() -> None:
    """A picture under two patients makes their pictures one group, called by the smaller key."""
    members = [
        GroupMember("a", "p2", "s1", ()),
        GroupMember("b", "p1", "s2", ()),
        GroupMember("c", "p2", "s2", ()),
    ]
    assert set(group_members(members).values()) == {"p1"}


def test_unknown_patients_stay_apart() -> None:
    """A missing key is never one patient: each picture is called by its own name."""
    members = [GroupMember(name, None, name, ()) for name in "ab"]
    assert group_members(members) == {"a": "a", "b": "b"}


def test_a_study_and_a_confirmed_pair_hold_pictures_of_unknown_patients_together() -> None:
    """A pair of which one is not there joins nothing."""
    members = [
        GroupMember(name, None, f"s{name}", (), study) for name, study in zip("abcd", "112 ", strict=True)
    ]
    assert group_members(members, [("sb", "sd"), ("sc", "elsewhere")]) == {
        "a": "a",
        "b": "a",
        "c": "c",
        "d": "a",
    }


def test_labels_are_counted_a_picture() -> None:
    """A group's labels are numbers of pictures."""
    members = [GroupMember("a", "p", "s1", ("X", "Y")), GroupMember("b", "p", "s2", ("X",))]
    (group,) = count_group_labels(members, group_members(members))
    assert (group.key, group.num_pictures, group.num_labels) == ("p", 2, {"X": 2, "Y": 1})


def test_merged_patients_are_one_group() -> None:
    """Under the key that the merge list leads to; unknown patients stay unknown."""
    members = [
        GroupMember("a", "p3", "s1", ()),
        GroupMember("b", "p2", "s2", ()),
        GroupMember("c", None, "s3", ()),
    ]
    followed = follow_aliases(members, {"p3": "p2"})
    assert group_members(followed) == {"a": "p2", "b": "p2", "c": "c"}
    assert followed[2].patient_key is None
