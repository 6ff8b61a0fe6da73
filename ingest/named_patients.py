"""Patients as a person names them: original ids, hashed in memory, or patient keys of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from database.session import Database
from database.withdrawals import PatientFamily, find_families, source_names_of_runs
from foundation.errors import ConfigError, IngestError
from imaging.pseudonyms import Pseudonymiser

_PATIENT_KEY = re.compile(r"[0-9a-f]{32}")
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class NamedPatients:
    """Who was named.

    Attributes:
        families: the known patients, each once, with every key that they have.
        absent_keys: keys of those that no row knows, though it was said whose ids they are.
    """

    families: tuple[PatientFamily, ...]
    absent_keys: tuple[str, ...]


def read_names(patients: Sequence[str], from_file: Path | None) -> list[str]:
    """Return the ids and keys that were given, each once, in their order.

    Raises:
        ConfigError: there are none, or the file cannot be read.

    Example:
        >>> read_names(["P1 ", "P2", "P1"], None)
        ['P1', 'P2']
    """
    named = list(patients)
    if from_file is not None:
        try:
            named += from_file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"The list of patients {from_file} cannot be read. Expected UTF-8, one id or key a line."
            ) from error
    found = list(dict.fromkeys(each.strip() for each in named if each.strip()))
    if not found:
        raise ConfigError("Nobody is named. Give patient ids or keys, or a file with one a line.")
    return found


def find_named_patients(
    database: Database,
    names: Sequence[str],
    pseudonymiser: Pseudonymiser,
    *,
    issuer: str | None = None,
    source: str | None = None,
) -> NamedPatients:
    """Return the patients that ids or keys name. No message repeats an id: it gives its number.

    Args:
        database: open.
        names: from `read_names`.
        pseudonymiser: with the database's key.
        issuer: (0010,0021) of the ids, where the files name one.
        source: whose name stands in for a blank issuer; without both every source of the database is
            tried.

    Raises:
        ConfigError: an id is blank, or known in several sources.
        IngestError: no row knows a patient, and it was not said whose ids they are.
    """
    with database.session() as session:
        issuers = _issuers(issuer, source) or source_names_of_runs(session)
        candidates = [
            _candidates(name, issuers, pseudonymiser, number) for number, name in enumerate(names, start=1)
        ]
        families = find_families(session, {key for keys in candidates for key in keys})
    chosen: dict[tuple[int, ...], PatientFamily] = {}
    absent: list[str] = []
    unknown: list[int] = []
    for number, keys in enumerate(candidates, start=1):
        found = {families[key].patient_ids: families[key] for key in keys if key in families}
        if len(found) > 1:
            raise _ambiguity(number, len(found))
        if not found and _issuers(issuer, source) and len(keys) == 1:
            absent += keys
        elif not found:
            unknown.append(number)
        chosen.update(found)
    if unknown:
        raise _unknown_error(unknown)
    return NamedPatients(tuple(chosen.values()), tuple(absent))


def _issuers(issuer: str | None, source: str | None) -> list[str]:
    return [given for given in (issuer, source) if given is not None][:1]


def _candidates(name: str, issuers: Sequence[str], pseudonymiser: Pseudonymiser, number: int) -> list[str]:
    """Return the keys that a word of the user's may stand for."""
    hashed = [pseudonymiser.patient_key(name, issuer) for issuer in issuers]
    keys = [name] if _PATIENT_KEY.fullmatch(name) else []
    keys += [key for key in hashed if key is not None]
    if issuers and not keys:
        raise ConfigError(
            f"Number {number} of the patients is no id: a blank or a placeholder stands for nobody known."
        )
    return list(dict.fromkeys(keys))


def _ambiguity(number: int, num_found: int) -> ConfigError:
    return ConfigError(
        f"Number {number} of the patients is known in {num_found} sources: these may be different people. "
        "Nothing was changed. Say which with --source NAME or --issuer TEXT, or give the patient key."
    )


def _unknown_error(unknown: Sequence[int]) -> IngestError:
    listed = ", ".join(str(number) for number in unknown[:_MOST_LISTED])
    more = f" and {len(unknown) - _MOST_LISTED} more" if len(unknown) > _MOST_LISTED else ""
    return IngestError(
        f"No row knows number {listed}{more} of the patients. Nothing was changed. Check the ids; where "
        "files name an issuer of the id, give it with --issuer; to block patients who are not here yet, say "
        "whose ids they are with --source NAME or --issuer TEXT."
    )
