"""Annotated column types, one name for one meaning, equal on SQLite, MySQL and MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Double, Integer, LargeBinary, MetaData, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base: one metadata with a name for every constraint."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def exact_text(length: int) -> String:
    """Return a VARCHAR that tells upper from lower case: two UIDs never become one."""
    text = String(length)
    exact = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return text.with_variant(exact, "mysql", "mariadb")


def utc_now() -> datetime:
    """Return the time in UTC, without a zone, as it is stored."""
    return datetime.now(UTC).replace(tzinfo=None)


BIG_INTEGER = BigInteger().with_variant(Integer, "sqlite")
BLOB = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
MOMENT = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
PLAIN = JSON(none_as_null=True)

RowId = Annotated[int, mapped_column(BIG_INTEGER, primary_key=True, autoincrement=True)]
BigCount = Annotated[int, mapped_column(BIG_INTEGER)]
Uid = Annotated[str, mapped_column(exact_text(64))]
Sha256 = Annotated[str, mapped_column(exact_text(64))]
KeyedHash = Annotated[str, mapped_column(exact_text(64))]
ProductUuid = Annotated[str, mapped_column(exact_text(36))]
Word = Annotated[str, mapped_column(exact_text(16))]
"""A Code String (VR CS) or a word of ours: at most 16 characters."""
Term = Annotated[str, mapped_column(exact_text(64))]
"""A Long String (VR LO) or a name of ours: at most 64 characters."""
Sentence = Annotated[str, mapped_column(String(255))]
Blob = Annotated[bytes, mapped_column(BLOB)]
Number = Annotated[float, mapped_column(Double())]
"""A floating-point number of 64 bits (MySQL's FLOAT keeps 32)."""
Plain = Annotated[dict[str, Any], mapped_column(PLAIN)]
Moment = Annotated[datetime, mapped_column(MOMENT, default=utc_now)]
"""A time in UTC with microseconds."""
