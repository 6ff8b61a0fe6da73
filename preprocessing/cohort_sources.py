"""The pictures of a cohort on their way into records, without a folder in between."""

from __future__ import annotations

from pathlib import Path

from database.cohort_pictures import cohort_pictures, count_withdrawn
from database.cohorts import find_cohort
from database.session import Database
from foundation.errors import PreprocessingError
from preprocessing.folders import FolderEntry, FolderState
from preprocessing.frame_choices import FrameChoice
from preprocessing.known_classes import KnownClasses
from preprocessing.record_places import image_of
from preprocessing.record_sources import PackSource
from preprocessing.rendering_batch import RenderSettings, WantedFrame, wanted_frame
from preprocessing.treatments import Treatment

_NO_FOLDER = Path()


def source_of_cohort(
    database: Database, name: str, version: int | None, *, treatment: Treatment, frames: FrameChoice
) -> PackSource:
    """Return what there is to pack of a cohort: what an export of it would hold.

    Args:
        database: open.
        name: of the cohort.
        version: of it; the newest when not given.
        treatment: rendering and recipe.
        frames: of multi-frame instances.

    Raises:
        QueryError: there is no such cohort.
        PreprocessingError: none of its members is left.
    """
    with database.session() as session:
        record = find_cohort(session, name, version)
        num_withdrawn = count_withdrawn(session, record.id)
        known = KnownClasses()
        for member in cohort_pictures(session, record.id):
            known.look(member.label_values)
        wanted = [
            wanted_frame(member, number, task=record.task, known=known)
            for member in cohort_pictures(session, record.id)
            for number in frames.numbers(member.number_of_frames)
        ]
    if not wanted:
        raise PreprocessingError(
            f"The cohort {record.name} (version {record.version}) holds no picture any more: {num_withdrawn} "
            "left with patients who withdrew. Freeze it anew with `dicomill cohort create`."
        )
    gone = f"{num_withdrawn} members of the cohort left with patients who withdrew."
    ordered = sorted(wanted, key=lambda one: one.name)  # as the entries of a folder are
    return PackSource(
        told=f"the cohort {record.name}",
        entries=tuple(_entry(one) for one in ordered),
        places=tuple(ordered),
        state=FolderState(
            rendering=treatment.rendering,
            recipe=treatment.recipe.texts,
            task=record.task,
            cohort=record.name,
        ),
        parents=(record.cohort_uuid,),
        rendering=RenderSettings(database.url_text, treatment.rendering, steps=treatment.recipe.texts),
        warnings=(gone,) if num_withdrawn else (),
    )


def _entry(one: WantedFrame) -> FolderEntry:
    """Return a picture as the folder of an export would list it; what it shows is known later."""
    return FolderEntry(
        name=one.name,
        image=image_of(one),
        tree_path=_NO_FOLDER,
        labels=one.labels,
        known=one.known,
        instance=one.instance,
        version=one.version,
        frame_number=one.frame_number,
        patient_key=one.patient_key,
    )
