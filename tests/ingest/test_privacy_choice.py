"""What a run is asked to keep."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from database.schema import IngestRun, Instance, InstanceIdentity
from database.session import Database
from foundation.errors import ConfigError
from imaging.allow_list import COLUMNS
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.privacy_choice import PrivacyChoice

FILE = bundled_dicom_folder() / "CT_small.dcm"


def test_identified_is_asked_for_twice() -> None:
    """One word in a settings file is not enough."""
    with pytest.raises(ConfigError, match="--set keeps_identifiers=true"):
        PrivacyChoice(profile="identified")
    assert PrivacyChoice(profile="identified", keeps_identifiers=True).profile == "identified"
    with pytest.raises(ConfigError, match="profile research keeps no identifiers"):
        PrivacyChoice(keeps_identifiers=True)


def test_options_are_checked_and_sorted() -> None:
    """As `check_options` does."""
    assert PrivacyChoice(options=("retain-uids", "clean-descriptors")).options == (
        "clean-descriptors",
        "retain-uids",
    )
    with pytest.raises(ConfigError, match="clean-pixel-data is refused"):
        PrivacyChoice(options=("clean-pixel-data",))


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, not text, or with a line that keeps too much."""
    with pytest.raises(ConfigError, match="cannot be read"):
        PrivacyChoice(allow_list=tmp_path / "missing.tsv").read_allow_list()
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        PrivacyChoice(allow_list=tmp_path / "bytes.tsv").told_privacy()


def test_a_run_records_what_it_was_asked_to_keep(sqlite_database: Database, tmp_path: Path) -> None:
    """Profile, options and the hashes of both tables; no path."""
    table = tmp_path / "site.tsv"
    table.write_text("\t".join(COLUMNS) + "\nGantryID\tcoded\tresearch\tattributes\tA\tours\n")
    config = IngestConfig(paths=(FILE,), workers=1, options=("retain-uids",), allow_list=table)
    ingest(config, database=sqlite_database)
    with sqlite_database.session() as session:
        run = session.scalars(select(IngestRun)).one()
        attributes = session.scalars(select(Instance.attributes)).one()
    assert (run.profile, run.config["profile"], run.config["options"]) == (
        "research",
        "research",
        ["retain-uids"],
    )
    assert len(run.config["attributes_sha256"]) == len(run.config["allow_list"]) == 64
    assert "site.tsv" not in str(run.config)
    assert attributes["original_sop_instance_uid"].startswith("1.3.6.1.4.1.5962.")


def test_identified_keeps_identifiers_in_one_table(database: Database, tmp_path: Path) -> None:
    """The instance's own row is that of research."""
    config = IngestConfig(paths=(FILE,), workers=1, profile="identified", keeps_identifiers=True)
    ingest(config.model_copy(update={"operator_file": tmp_path / "paths.tsv"}), database=database)
    with database.session() as session:
        identifiers = session.scalars(select(InstanceIdentity.identifiers)).one()
        instance = session.scalars(select(Instance)).one()
        row = {column.key: getattr(instance, column.key) for column in Instance.__table__.columns}
    assert identifiers["patient_name"] == "CompressedSamples^CT1"
    assert identifiers["patient_id"] == "1CT1"
    assert "CompressedSamples" not in str(row)
    assert "1.3.6.1.4.1.5962" not in str(row)
    assert instance.site_code is not None
    assert instance.site_code.startswith("site-")
