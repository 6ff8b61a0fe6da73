"""What user SQL may say."""

from __future__ import annotations

import pytest

from database.research_rules import checked_sql, near_column, views_sentence, where_query, with_limit
from foundation.errors import QueryError

DIALECTS = ["sqlite", "mysql", "mariadb"]

ALLOWED = [
    "SELECT id FROM image",
    "select count(*), modality from IMAGE group by modality having count(*) > 2 order by 1 desc;",
    "WITH chest AS (SELECT id FROM image WHERE body_part = 'CHEST') SELECT * FROM chest",
    "SELECT id FROM image UNION SELECT id FROM image_label",
    "(SELECT id FROM image)",
    "SELECT i.id FROM image AS i JOIN image_label AS l ON l.id = i.id WHERE l.value = '1'",
    "SELECT id FROM image WHERE id IN (SELECT id FROM image_label WHERE task = 'finding')",
    "SELECT modality, ROW_NUMBER() OVER (PARTITION BY modality ORDER BY id) FROM image",
    "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 5) SELECT x FROM n",
    "SELECT UPPER(modality), COALESCE(sex, '?'), ROUND(age_years, 1), LENGTH(patient_key) FROM image",
    "SELECT CASE WHEN age_years > 60 THEN 'old' ELSE 'young' END AS age_group FROM image",
    "SELECT 'DROP TABLE patient; -- no' FROM image",
]

REFUSED = [
    "",
    "nonsense",
    "SELECT id FROM image; SELECT id FROM image",
    "SELECT id FROM image; DROP TABLE image",
    "DROP TABLE patient",
    "DELETE FROM label",
    "UPDATE label SET value = '1'",
    "INSERT INTO patient (patient_key) VALUES ('x')",
    "REPLACE INTO patient (patient_key) VALUES ('x')",
    "CREATE TABLE x AS SELECT * FROM image",
    "ALTER TABLE label ADD COLUMN x INT",
    "TRUNCATE TABLE label",
    "SELECT * FROM patient",
    "SELECT * FROM image JOIN pixels ON 1 = 1",
    "SELECT (SELECT patient_key FROM patient LIMIT 1) FROM image",
    "SELECT id FROM image WHERE EXISTS (SELECT 1 FROM label)",
    "SELECT * FROM other.image",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM mysql.user",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pragma_table_info('patient')",
    "SELECT * FROM json_each('[1]')",
    "SELECT * FROM (WITH patient AS (SELECT 1) SELECT 1) AS x, patient",
    "WITH image AS (SELECT * FROM patient) SELECT * FROM image",
    "WITH x AS (SELECT * FROM patient) SELECT * FROM x",
    "SELECT id FROM image INTO OUTFILE '/tmp/x'",
    "SELECT id INTO @x FROM image",
    "SELECT LOAD_FILE('/etc/passwd')",
    "SELECT GET_LOCK('x', 10)",
    "SELECT SLEEP(100)",
    "SELECT BENCHMARK(1000000000, 1)",
    "SELECT LOAD_EXTENSION('x')",
    "SELECT NAME_CONST('a', 1)",
    "SELECT EXTRACTVALUE(1, CONCAT('~', 'x'))",
    "SELECT USER()",
    "SELECT CURRENT_USER FROM image",
    "SELECT VERSION()",
    "SELECT @@datadir",
    "SELECT @@global.max_connections",
    "SELECT @a",
    "SELECT id FROM image WHERE id = ?",
    "SELECT id FROM image FOR UPDATE",
    "SELECT id FROM image LOCK IN SHARE MODE",
    "ATTACH DATABASE 'x.db' AS x",
    "PRAGMA table_info(patient)",
    "SHOW TABLES",
    "SET GLOBAL general_log = 1",
    "CALL anything()",
    "EXPLAIN SELECT * FROM patient",
    "VACUUM INTO 'x.db'",
    "HANDLER patient OPEN",
    "TABLE patient",
    "VALUES (1)",
    "DO SLEEP(10)",
    "GRANT ALL ON *.* TO me",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", ALLOWED)
def test_questions_to_the_views_pass_as_they_are(sql: str, dialect: str) -> None:
    """What holds no comment is run as the user wrote it."""
    checked = checked_sql(sql, dialect)
    assert checked == sql.rstrip(";") or "--" in sql


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", REFUSED)
def test_everything_else_is_refused(sql: str, dialect: str) -> None:
    """In one line that says what is expected."""
    with pytest.raises(QueryError) as caught:
        checked_sql(sql, dialect)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id /*! , (SELECT patient_key FROM patient LIMIT 1) */ FROM image",
        "SELECT id /*M! , (SELECT patient_key FROM patient LIMIT 1) */ FROM image",
        "SELECT 1 --1, (SELECT patient_key FROM patient LIMIT 1)\nFROM image",
        "SELECT 1 /* /* */ , (SELECT patient_key FROM patient LIMIT 1) -- */ */\nFROM image",
    ],
)
def test_what_hides_in_comments_is_not_run(sql: str) -> None:
    """Where parser and server could differ, only what the parser understood is sent."""
    try:
        checked = checked_sql(sql, "mysql")
    except QueryError:
        return
    assert "patient" not in checked


def test_comments_are_welcome() -> None:
    """The statement comes through without them, in words that MariaDB knows."""
    sql = "SELECT id -- which\nFROM image # where from\nWHERE modality REGEXP '^C' /* what */"
    assert checked_sql(sql, "mariadb") == "SELECT id FROM image WHERE modality REGEXP '^C'"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_comment_behind_the_semicolon_is_no_statement(dialect: str) -> None:
    """A second one is."""
    assert checked_sql("SELECT id FROM image; -- done\n", dialect) == "SELECT id FROM image"
    with pytest.raises(QueryError, match="2 statements"):
        checked_sql("SELECT id FROM image; -- more\nSELECT id FROM image", dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_writing_a_file_is_named_as_what_it_is(dialect: str) -> None:
    """Where the parser only sees words that it does not know."""
    with pytest.raises(QueryError, match="uses INTO DUMPFILE"):
        checked_sql("SELECT id FROM image INTO DUMPFILE '/x'", dialect)


def test_a_text_in_double_quotes_is_told() -> None:
    """SQLite would compare with the text "modlity" without a word."""
    with pytest.raises(QueryError, match='Did you mean "modality"'):
        checked_sql("SELECT id FROM image WHERE \"modlity\" = 'CR'", "sqlite")
    checked_sql('WITH c ("n") AS (SELECT id FROM image) SELECT "n" AS "m" FROM c ORDER BY "m"', "sqlite")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_condition_becomes_a_query(dialect: str) -> None:
    """With subqueries on the other views, if wished."""
    where = "modality = 'CR' AND id IN (SELECT id FROM image_label WHERE value = '1')"
    assert where_query(where, dialect) == f"SELECT id FROM image WHERE {where}"


@pytest.mark.parametrize(
    "where",
    [
        "",
        "modality = 'CR'; DROP TABLE label",
        "1 = 1 UNION SELECT id FROM patient",
        "1 = 1) OR (1 = 1",
        "SELECT id FROM image",
        "id IN (SELECT id FROM patient)",
        "SLEEP(10) = 0",
        "modality = 'CR' ORDER BY id",
        "modality = ",
        "(" * 3000,
    ],
)
def test_what_is_no_condition_is_refused(where: str) -> None:
    """In one line."""
    with pytest.raises(QueryError) as caught:
        where_query(where)
    assert "\n" not in str(caught.value)


def test_a_limit_is_added_where_there_is_none() -> None:
    """A limit of the user's own stays."""
    assert with_limit("SELECT id FROM image", "mysql", 5).endswith("LIMIT 5")
    for sql in ("SELECT id FROM image LIMIT 3", "SELECT 1 UNION SELECT 2"):
        assert with_limit(sql, "mysql", 5) == sql


def test_messages_help() -> None:
    """They list the views, and the nearest column or all of them."""
    assert "image, image_label, image_pixels" in views_sentence()
    assert near_column("i.body_prt") == 'Did you mean "body_part"?'
    assert "view_position" in near_column("zzz")
