"""From a prediction back to files, by the very SQL that docs/tables.md shows."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import text

from database.opening import open_with_key
from database.predictions import PredictionRow, store_predictions
from database.products import register_product
from database.session import transaction
from foundation.fingerprints import sha256_of_file
from foundation.keys import create_key_file
from foundation.lineage import Lineage, read_lineage
from pipeline.run import RunConfig, run

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
PREDICTED_FILE, TRAINING_FILES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_a_prediction_walks_back_to_files_by_joins_alone(
    study: Path, database_url: str, tmp_path: Path
) -> None:
    """To the file that was predicted, and to all those that the model was made from."""
    create_key_file(tmp_path / "lineage.key")
    with open_with_key(database_url, key_file=tmp_path / "lineage.key") as database:
        run(RunConfig(file=study), database=database)
        records = read_lineage(study.parent / "out" / "records")
        assert records is not None
        artifact = Lineage(kind="artifact", parents=(records.product_uuid,), fingerprint="0" * 64)
        transaction(database, lambda session: register_product(session, artifact))
        with database.session() as session:
            known = (
                "SELECT sop_instance_uid, file_sha256 FROM instance JOIN source ON instance_id = instance.id"
            )
            uid, expected = session.execute(text(known)).all()[0]
        row = PredictionRow(uid, 1, None, "unused", ("hand", "skull"), (0.25, 0.75), 1)
        predictions = Lineage(kind="predictions", parents=(artifact.product_uuid,), fingerprint="1" * 64)
        store_predictions(
            database, lineage=predictions, artifact_uuid=artifact.product_uuid, predictions=[row]
        )
        with database.session() as session:
            prediction = session.execute(text("SELECT id FROM prediction")).scalar_one()
            found = session.execute(text(PREDICTED_FILE), {"prediction": prediction}).all()
            made_from = session.execute(text(TRAINING_FILES), {"prediction": prediction}).all()
    assert [sha256 for _, _, sha256 in found] == [expected]
    pictures = {sha256_of_file(path) for path in (study.parent / "pictures").rglob("*.png")}
    assert {sha256 for _, _, sha256 in made_from} == pictures
