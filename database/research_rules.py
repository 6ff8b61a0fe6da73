"""What user SQL may say: one SELECT over the research views, and nothing that reaches past them."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterable

import sqlglot
from sqlglot import exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError
from sqlglot.generators.mysql import MySQLGenerator

from database.schema import IngestRun
from database.views import RESEARCH_VIEWS
from foundation.errors import QueryError

# The parser would warn on stderr of what we refuse with a message of our own.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_REFUSED: dict[type[exp.Expr], str] = {
    exp.Into: "INTO",
    exp.Lock: "FOR UPDATE and other locks",
    exp.Hint: "optimiser hints",
    exp.Parameter: "user and system variables",
    exp.SessionParameter: "user and system variables",
    exp.PropertyEQ: "assignments",
    exp.Placeholder: "placeholders",
    exp.DML: "writing statements",
    exp.DDL: "statements that change the schema",
    exp.Command: "other statements than SELECT",
    exp.Attach: "ATTACH",
    exp.Pragma: "PRAGMA",
    exp.UDTF: "table functions",
    exp.NextValueFor: "sequences",
}

_HARMLESS_CURRENT = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp)

_UNTYPED_FUNCTIONS = frozenset(
    {"bit_count", "char", "conv", "crc32", "date_format", "elt", "field", "find_in_set", "format"}
    | {"from_days", "json_array_length", "json_value", "julianday", "log10", "log2", "makedate", "mod"}
    | {"octet_length", "period_add", "period_diff", "printf", "quote", "soundex", "strftime", "to_days"}
    | {"total", "truncate", "unixepoch", "weekofyear", "yearweek"}
)
"""Functions that the parser has no type for and that only compute. Every other one is refused:
LOAD_FILE, GET_LOCK, SLEEP, BENCHMARK, LOAD_EXTENSION and their like are among those."""

_COMMENT_MARKS = ("--", "/*", "#")
_INTO_FILE = re.compile(r"\bINTO +(?:OUTFILE|DUMPFILE)\b", re.IGNORECASE)


def views_sentence() -> str:
    """Return the sentence that says what may be read."""
    listed = ", ".join(RESEARCH_VIEWS)
    return f"Expected one SELECT over the views {listed}."


def checked_sql(sql: str, dialect_name: str) -> str:
    """Return the statement as it may be run.

    Args:
        sql: what the user wrote.
        dialect_name: `sqlite`, `mysql` or `mariadb`.

    Raises:
        QueryError: it is not one SELECT over the research views.

    Example:
        >>> checked_sql("SELECT id FROM image WHERE modality = 'CR'", "sqlite")
        "SELECT id FROM image WHERE modality = 'CR'"
    """
    statement = _parse(sql, dialect_name)
    _check_nodes(statement)
    _check_tables(statement)
    _check_quoted_columns(statement)
    # The parser and the server differ on where a comment ends ("1--1", nested ones, "/*! code */"), so
    # what runs then is what the parser understood.
    if any(mark in sql for mark in _COMMENT_MARKS):
        return _as_text(statement, dialect_name)
    return sql.strip().rstrip(";")


def where_query(where: str, dialect_name: str = "sqlite") -> str:
    """Return the query for a condition over the view `image`.

    Args:
        where: one condition, as it would stand after WHERE.
        dialect_name: `sqlite`, `mysql` or `mariadb`.

    Raises:
        QueryError: it is not one condition.

    Example:
        >>> where_query("modality = 'CR' AND age_years >= 18")
        "SELECT id FROM image WHERE modality = 'CR' AND age_years >= 18"
    """
    try:
        parsed = sqlglot.parse(where, dialect=_grammar(dialect_name))
    except (SqlglotError, RecursionError) as error:
        raise QueryError(
            f"The condition cannot be read. {_WHERE_EXPECTED} {_place(error)}".strip()
        ) from error
    conditions = [one for one in parsed if one is not None]
    if len(conditions) != 1 or len(parsed) != 1 or not isinstance(conditions[0], exp.Condition):
        raise QueryError(f"The condition is not one. {_WHERE_EXPECTED}")
    if isinstance(conditions[0], exp.Query):
        raise QueryError(f"The condition is a whole query; pass it as --sql. {_WHERE_EXPECTED}")
    # Safe as any query of the user's: the whole of it is checked.
    return checked_sql(f"SELECT id FROM image WHERE {where.strip()}", dialect_name)  # noqa: S608 - see above


_WHERE_EXPECTED = "Expected one condition over the view image, such as: modality = 'CR' AND age_years >= 18."


def near_column(name: str) -> str:
    """Return the sentence that helps with an unknown column.

    Example:
        >>> near_column("modalty")
        'Did you mean "modality"?'
    """
    known = _known_columns()
    near = difflib.get_close_matches(name.rsplit(".", 1)[-1].lower(), sorted(known), n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return "Columns of image: " + ", ".join(RESEARCH_VIEWS["image"]) + "."


def with_limit(sql: str, dialect_name: str, limit: int) -> str:
    """Return a checked statement that stops after `limit` rows, unless it has a limit of its own."""
    statement = _parse(sql, dialect_name)
    if not isinstance(statement, exp.Select) or statement.args.get("limit"):
        return sql
    return f"{sql}\nLIMIT {limit}" if not statement.args.get("offset") else sql


def _grammar(dialect_name: str) -> str:
    return "sqlite" if dialect_name == "sqlite" else "mysql"


class _ServerSql(MySQL):
    """MySQL's grammar, written so that MariaDB reads it too."""

    class Generator(MySQLGenerator):
        # MariaDB has no REGEXP_LIKE; the operator is known to both.
        TRANSFORMS = MySQLGenerator.TRANSFORMS | {
            exp.RegexpLike: lambda self, node: self.binary(node, "REGEXP")
        }


def _as_text(statement: exp.Expr, dialect_name: str) -> str:
    return statement.sql(dialect="sqlite" if dialect_name == "sqlite" else _ServerSql, comments=False)


def _parse(sql: str, dialect_name: str) -> exp.Expr:
    try:
        parsed = sqlglot.parse(sql, dialect=_grammar(dialect_name))
    except (SqlglotError, RecursionError) as error:
        found = _INTO_FILE.search(sql)
        wrong = f"The SQL uses {found[0].upper()}, which it may not." if found else "The SQL cannot be read."
        raise QueryError(f"{wrong} {views_sentence()} {_place(error)}".strip()) from error
    # A comment behind the last semicolon counts as a statement there.
    statements = [one for one in parsed if one is not None and not isinstance(one, exp.Semicolon)]
    if len(statements) != 1:
        raise QueryError(f"{views_sentence()} Received: {len(statements)} statements.")
    statement = statements[0]
    if not isinstance(statement, exp.Select | exp.SetOperation | exp.Subquery):
        raise QueryError(f"{views_sentence()} Received: {type(statement).__name__.upper()}.")
    return statement


def _place(error: Exception) -> str:
    found = re.search(r"Line (\d+), Col: (\d+)", str(error))
    return f"The trouble starts at line {found[1]}, column {found[2]}." if found else ""


def _check_nodes(statement: exp.Expr) -> None:
    for node in statement.walk():
        for kind, words in _REFUSED.items():
            if isinstance(node, kind):
                raise QueryError(f"The SQL uses {words}, which research queries may not. {views_sentence()}")
        if isinstance(node, exp.Anonymous) and node.name.lower() not in _UNTYPED_FUNCTIONS:
            raise QueryError(f"Research queries may not call {node.name.upper()[:64]}. {views_sentence()}")
        tells_of_server = type(node).__name__.startswith(("Current", "Session"))
        if tells_of_server and isinstance(node, exp.Func) and not isinstance(node, _HARMLESS_CURRENT):
            raise QueryError(
                f"Research queries may not ask about the server or its users. {views_sentence()}"
            )


def _check_tables(statement: exp.Expr) -> None:
    shared = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
    taken = sorted(shared & ({*RESEARCH_VIEWS} | {*IngestRun.metadata.tables}))
    if taken:
        # A name that is a table outside of its WITH would be read there.
        raise QueryError(f'The name "{taken[0]}" in WITH is taken by a table. Choose another name.')
    for table in statement.find_all(exp.Table):
        name = table.name
        plain = isinstance(table.this, exp.Identifier) and not table.db and not table.catalog
        if not plain or name.lower() not in {*RESEARCH_VIEWS, *shared}:
            shown = (
                ".".join(part.name for part in table.parts)
                if plain or table.db
                else table.sql(comments=False)
            )
            raise QueryError(f'Research queries may not read "{shown[:64]}". {views_sentence()}')


def _check_quoted_columns(statement: exp.Expr) -> None:
    """Refuse unknown names in double quotes, which SQLite would take for texts without a word."""
    known = _known_columns() | {
        alias.alias.lower() for alias in statement.find_all(exp.Alias, exp.CTE, exp.TableAlias)
    }
    known |= _column_aliases(statement.find_all(exp.TableAlias))
    for column in statement.find_all(exp.Column):
        name = column.name
        if isinstance(column.this, exp.Identifier) and column.this.quoted and name.lower() not in known:
            raise QueryError(
                f'There is no column "{name[:64]}"; a text stands in single quotes. {near_column(name)}'
            )


def _column_aliases(aliases: Iterable[exp.Expr]) -> set[str]:
    return {column.name.lower() for alias in aliases for column in alias.args.get("columns") or ()}


def _known_columns() -> set[str]:
    return {column for columns in RESEARCH_VIEWS.values() for column in columns}
