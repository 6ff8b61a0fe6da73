"""The error tree: one root, one branch a room.

    DicomillError                      exit status 1
    ├── ConfigError                    a wrong option, name or value            exit status 2
    │   ├── TargetExistsError          a target that already holds something
    │   └── UnknownNameError           a name that no registry knows
    ├── ExecutionError                 the workers, or their scheduler, are gone
    ├── KeyFileError                   the secret key is missing, unreadable or another one
    ├── ImagingError                   one file or picture; carries a reason code
    │   ├── NotAnImageError            a sound object without a picture (SR, RT plan, ...)
    │   ├── RejectedFileError          a file that cannot be read as what it claims to be
    │   ├── DecodeError                pixel bytes that give no stored values
    │   └── RenderError                stored values that cannot become a picture
    ├── DatabaseError
    │   ├── DatabaseUnavailableError   nothing answers at the URL, or the file is not there
    │   ├── MigrationError             the schema is behind, ahead or not ours
    │   └── QueryError                 a statement of the user's that is refused or fails
    ├── IngestError
    ├── PreprocessingError
    │   ├── EmptyCohortError           a selection without members
    │   ├── FolderError                an image/label folder that is none, or is broken
    │   ├── RecordError                a record file that is cut, flipped or not ours
    │   └── SplitError                 splits that cannot be made as asked
    ├── TrainingError
    │   ├── ArtifactError              a folder that is no artifact, or a broken one
    │   └── CheckpointError            weights that cannot be read, or not those of the network asked for
    ├── InferenceError
    ├── EvaluationError
    └── PipelineError                  a run file, or a stage of one

A message says what happened to what, what was expected and what to do. It never holds a path, a
header value or a decoder's own words when it can end in a row or a report; those that only reach
the user's terminal may name the path that the user typed.
"""

from __future__ import annotations


class DicomillError(Exception):
    """Root of every error that is the world's or the user's fault rather than a bug."""

    exit_status = 1


class ConfigError(DicomillError):
    """A wrong option, name or value."""

    exit_status = 2


class TargetExistsError(ConfigError):
    """A target that already holds something and was not asked to be replaced."""


class UnknownNameError(ConfigError):
    """A name that the registry it was looked up in does not hold."""


class ExecutionError(DicomillError):
    """The workers, or their scheduler, are gone."""


class KeyFileError(DicomillError):
    """The secret key is missing, unreadable, open to others or another one."""

    exit_status = 2


class ImagingError(DicomillError):
    """One file or picture could not be used.

    Args:
        reason_code: a stable word in snake case (`truncated_pixels`), kept in rows and counts.
        detail: one sentence in our own words, free of paths and header values.
    """

    def __init__(self, reason_code: str, detail: str) -> None:
        super().__init__(detail)
        self.reason_code = reason_code
        self.detail = detail

    def __reduce__(self) -> tuple[type[ImagingError], tuple[str, str]]:
        """Pickle with both arguments, so that a worker's error arrives whole."""
        return type(self), (self.reason_code, self.detail)


class NotAnImageError(ImagingError):
    """A sound object that holds no picture, such as a structured report."""


class RejectedFileError(ImagingError):
    """A file that cannot be read as what it claims to be."""


class DecodeError(ImagingError):
    """Pixel bytes that do not give stored values."""


class RenderError(ImagingError):
    """Stored values that cannot become a picture."""


class DatabaseError(DicomillError):
    """The database cannot do what was asked."""


class DatabaseUnavailableError(DatabaseError):
    """Nothing answers at the URL, or the file is not there."""


class MigrationError(DatabaseError):
    """The schema is behind, ahead of this version, or not ours."""


class QueryError(DatabaseError):
    """A statement of the user's that is refused or fails."""

    exit_status = 2


class IngestError(DicomillError):
    """A source cannot be ingested at all."""


class PreprocessingError(DicomillError):
    """Export, transform or pack cannot go on."""


class EmptyCohortError(PreprocessingError):
    """A selection without members."""


class FolderError(PreprocessingError):
    """An image/label folder that is none, or is broken."""


class RecordError(PreprocessingError):
    """A record file that is cut, flipped or not ours."""


class SplitError(PreprocessingError):
    """Splits that cannot be made as asked."""


class TrainingError(DicomillError):
    """Training cannot start or go on."""


class ArtifactError(TrainingError):
    """A folder that is no artifact, or a broken one."""


class CheckpointError(TrainingError):
    """Weights that cannot be read, or are not those of the network that was asked for."""


class InferenceError(DicomillError):
    """Prediction cannot start or go on."""


class EvaluationError(DicomillError):
    """Evaluation cannot start or go on."""


class PipelineError(DicomillError):
    """A run file, or a stage of one, is wrong."""
