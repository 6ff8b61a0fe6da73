"""Names and types of the tables."""

from __future__ import annotations

import re

import pytest
from pydicom.datadict import DicomDictionary
from sqlalchemy import DateTime, Float, LargeBinary, String
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from database.product_tables import Product
from database.schema import RESERVED_WORD_NAMES, Instance
from database.views import RESEARCH_VIEWS

TABLES = Product.metadata.tables

# The reserved words of MySQL 8.4, MariaDB 10.11 and SQLite that could be mistaken for a name of ours.
_RESERVED_WORDS = """
    accessible add all alter analyze and as asc before between bigint binary blob both by call
    cascade case change char character check collate column condition constraint continue convert
    create cross cube cume_dist current_date current_role current_time current_timestamp
    current_user cursor database databases date_day day_hour dec decimal declare default delayed
    delete dense_rank desc describe deterministic distinct distinctrow div double drop dual each
    else elseif empty enclosed escaped except exists exit explain false fetch first_value float for
    force foreign from fulltext function generated get grant group grouping groups having
    high_priority if ignore in index infile inner inout insensitive insert int integer intersect
    interval into io_after_gtids is iterate join json_table key keys kill lag last_value lateral
    lead leading leave left like limit linear lines load localtime localtimestamp lock long longblob
    longtext loop low_priority manual match maxvalue mediumblob middleint mod modifies natural not
    no_write_to_binlog nth_value ntile null numeric of offset on optimize optimizer_costs option
    optionally or order out outer outfile over page_checksum parallel parse_vcol_expr partition
    percent_rank portion precision primary procedure purge qualify range rank read reads read_write
    real recursive ref_system_id references regexp release rename repeat replace require resignal
    restrict return returning revoke right rlike row row_number rows schema schemas select sensitive
    separator set show signal smallint spatial specific sql sqlexception sqlstate sqlwarning ssl
    starting stored straight_join system table tablesample terminated then tinyblob to trailing
    transaction trigger true undo union unique unlock unsigned update usage use using utc_date
    utc_time values varbinary varchar varying virtual when where while window with write xor
    year_month zerofill
"""
RESERVED = set(_RESERVED_WORDS.split())

_CLEANED = ("modality", "view_position", "image_laterality")

# Ours: no attribute of DICOM is meant.
OWN_NAMES = {
    "id",
    "attributes",
    "attributes_sha256",
    "body_part",
    "body_part_confidence",
    "body_part_raw",
    "body_part_rule",
    "burned_in_risk",
    "cleaning_sources",
    "created_at",
    "decoder",
    "detected_text",
    "ingest_run_id",
    "kind",
    "patient_age_years",
    "patient_id",
    "pixel_spacing_mm",
    "rendering",
    "risk_clearing_id",
    "series_id",
    "site_code",
    "status",
    "stored_values_sha256",
    "study_year",
    "version",
    *(f"{column}_{word}" for column in _CLEANED for word in ("raw", "rule", "confidence")),
}


def snake(keyword: str) -> str:
    """Return a DICOM keyword in snake case."""
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", keyword)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()


def test_columns_of_an_instance_are_dicom_keywords_in_snake_case() -> None:
    """Or one of the listed exceptions to reserved words, or a listed name of ours."""
    keywords = {snake(entry[4]) for entry in DicomDictionary.values()}
    known = keywords | set(RESERVED_WORD_NAMES.values()) | OWN_NAMES
    assert {column.name for column in Instance.__table__.columns} <= known


def test_no_name_is_reserved_anywhere() -> None:
    """No query needs quotes, on any of the three."""
    names = set(TABLES) | {column.name for table in TABLES.values() for column in table.columns}
    names |= set(RESEARCH_VIEWS) | {column for columns in RESEARCH_VIEWS.values() for column in columns}
    assert names & RESERVED == set()
    dialects = (mysql.dialect(), sqlite.dialect())
    quoted = {
        name for name in names for dialect in dialects if dialect.identifier_preparer.quote(name) != name
    }
    assert quoted == set()


@pytest.mark.parametrize("dialect", [mysql.dialect(), sqlite.dialect()], ids=["mysql", "sqlite"])
def test_every_table_compiles(dialect: object) -> None:
    """With a name for every constraint that fits MySQL's 64 characters."""
    for table in TABLES.values():
        ddl = str(CreateTable(table).compile(dialect=dialect))  # type: ignore[arg-type]
        assert ddl.count("CONSTRAINT ") == len(table.constraints)
        for index in table.indexes:
            CreateIndex(index).compile(dialect=dialect)  # type: ignore[arg-type]
            assert len(str(index.name)) <= 64


def test_keys_tell_case_and_blobs_are_long() -> None:
    """Exact text, LONGBLOB, microseconds and 64-bit floats on the servers."""
    for table in TABLES.values():
        for column in table.columns:
            kind = str(column.type.compile(dialect=mysql.dialect()))
            if isinstance(column.type, String) and column.name not in {"address", "detail", "reason"}:
                assert "utf8mb4_bin" in kind
            if isinstance(column.type, LargeBinary):
                assert kind == "LONGBLOB"
            if isinstance(column.type, DateTime):
                assert kind == "DATETIME(6)"
            if isinstance(column.type, Float):
                assert kind == "DOUBLE"


def test_every_table_says_what_one_row_is() -> None:
    """The docstring of its class."""
    classes = [mapper.class_ for mapper in Product.registry.mappers]
    assert len(classes) == len(TABLES)
    assert all(entity.__doc__ for entity in classes)
