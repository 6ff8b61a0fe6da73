"""The probe: values planted at every place of a file, searched for in everything that comes out."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROFILES = ("research", "strict")


def load(name: str) -> ModuleType:
    """Return the module beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Give a folder of planted files, and the values with their places."""
    folder = tmp_path_factory.mktemp("spool")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the values are wrong on purpose
        planted = load("planted").write_planted(folder)
    return folder, planted.values


def spellings(value: str) -> set[bytes]:
    """Return a value as it may stand in a file: in several encodings, escaped, in lower case."""
    escaped = json.dumps(value.lower())[1:-1]
    forms = {escaped.encode(), escaped.replace("\\", "\\\\").encode()}
    for encoding in ("utf-8", "utf-16-le", "latin-1", "cp1251", "iso8859-7", "gb18030", "euc_kr"):
        try:
            forms.add(value.lower().encode(encoding))
        except UnicodeEncodeError:
            continue
    return forms


# Words, telephone numbers and UIDs by their form, also with a zero byte after each letter.
FORMS = re.compile(rb"zq\d{4}xw|49170\d{5}77|1\.2\.826\.0\.1\.99887766|z\0q\0\d\0|4\0009\0001\0007\0000\000")


def contents(folder: Path, spared: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder with its name; what is packed in a model is taken out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in spared:
            yield str(path.relative_to(folder)), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    yield from ((f"{path.name}/{name}", packed.read(name)) for name in packed.namelist())


def found_in(content: bytes, values: dict[str, str]) -> list[str]:
    """Return what stands in some bytes of that which was planted."""
    lowered = content.lower()
    found = {match.decode("latin-1") for match in FORMS.findall(lowered)}
    for value, place in values.items():
        if not FORMS.match(value.lower().encode()) and any(form in lowered for form in spellings(value)):
            found.add(f"{value} ({place})")
    return sorted(found)


def sqlite_dump(path: Path) -> bytes:
    """Return every value of every row as text."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()).encode()


class Chain:
    """The commands of a whole way, and all that they said."""

    def __init__(self, call: Callable[..., Any], database: tuple[str, ...]) -> None:
        self._call, self._database = call, database
        self.said: list[bytes] = []

    def __call__(self, *words: object, on_database: bool = True, status: int | None = 0) -> Any:
        """Run a command and keep what it wrote to both streams."""
        outcome = self._call(*words, *(self._database if on_database else ()))
        self.said.append(f"{outcome.out}\n{outcome.err}".encode())
        assert status is None or outcome.status == status, outcome.err
        return outcome


def ingest_all(run: Chain, source: Path, profile: str) -> None:
    """Ingest in two ways, and see what the counts are."""
    run("ingest", source, "--dry-run")
    chosen = ("--profile", profile, "--set", f"keeps_identifiers={profile == 'identified'}")
    report = run("ingest", source, "--workers", "1", *chosen, "--json").json
    assert report["dispositions"]["stored"] >= 20, report
    assert report["dispositions"]["rejected"] >= 6, report
    assert report["dispositions"]["not_an_image"] >= 3, report
    run("ingest", source, "--workers", "1", *chosen)


def make_products(run: Chain, out: Path) -> None:
    """Make every product that needs no TensorFlow, and look at rows in every way."""
    run("cohort", "create", "all")
    run("cohort", "list")
    run("db", "query", "SELECT * FROM image", "--json")
    run("db", "conflicts")
    run("db", "disagreements")
    run("export", "all", out / "export", "--metadata", "--set", "workers=1")
    run("render", "verify", out / "export", status=None)
    run("transform", out / "export", out / "enhanced", "contrast_enhancing:2", on_database=False, status=None)
    run("pack", out / "export", out / "records", "--split", "None", on_database=False)
    run("records", "show", out / "records", on_database=False)
    sheet = ("show", 1, 2, 3, "--out", out / "sheet.png", "--database", "sqlite:///dicomill.db")
    run(*sheet, on_database=False)
    run("risk", "list")
    run("duplicates", status=None)
    run("privacy", "report", "--output", out / "privacy.html")
    run("privacy", "report")


def test_the_probe_finds_what_is_there(source: tuple[Path, dict[str, str]]) -> None:
    """Else its silence would say nothing: hundreds of values, of every form, in the files themselves."""
    folder, values = source
    assert len(values) >= 60
    found = found_in(b"".join(path.read_bytes() for path in folder.rglob("*.dcm")), values)
    assert len(found) >= 200
    for form in ("zq", "49170", "1.2.826", "19310317", "Müller", "김희중", "94Y"):
        assert any(form in one for one in found), form


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_planted_comes_out_on_sqlite(
    dicomill: Callable[..., Any], source: tuple[Path, dict[str, str]], tmp_path: Path, profile: str
) -> None:
    """Database (raw bytes, log and dump), exports, records, reports, both streams."""
    folder, values = source
    run = Chain(dicomill, ())
    ingest_all(run, folder, profile)
    make_products(run, tmp_path / "out")
    found = {
        name: found_in(content, values)
        for name, content in (
            *contents(tmp_path, {"dicomill.key", "dicomill.paths.tsv"}),
            ("dump", sqlite_dump(tmp_path / "dicomill.db")),
            ("streams", b"".join(run.said)),
        )
    }
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert found_in((tmp_path / "dicomill.paths.tsv").read_bytes(), values), "the operator's file names paths"


def test_identified_keeps_what_was_planted_in_one_table(
    dicomill: Callable[..., Any], source: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Without `instance_identity` the database is that of research; products and streams never had it."""
    folder, values = source
    run = Chain(dicomill, ())
    ingest_all(run, folder, "identified")
    make_products(run, tmp_path / "out")
    dump = sqlite_dump(tmp_path / "dicomill.db")
    identity = b'INSERT INTO "instance_identity"'
    rest = b"\n".join(line for line in dump.split(b"\n") if not line.startswith(identity))
    assert found_in(dump, values)
    found = {
        name: found_in(content, values)
        for name, content in (
            *contents(tmp_path / "out", set()),
            ("dump without the table", rest),
            ("streams", b"".join(run.said)),
        )
    }
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.mysql
def test_nothing_planted_comes_out_on_a_server(
    dicomill: Callable[..., Any], source: tuple[Path, dict[str, str]], tmp_path: Path, mysql_url: str
) -> None:
    """Every value of every table, blobs included."""
    from sqlalchemy import inspect, text

    from database.session import open_database
    from foundation.keys import create_key_file

    folder, values = source
    create_key_file(tmp_path / "server.key")
    run = Chain(dicomill, ("--database", mysql_url, "--key-file", str(tmp_path / "server.key")))
    report = run("ingest", folder, "--workers", "1", "--json").json
    assert report["dispositions"]["stored"] >= 20
    with open_database(mysql_url) as database, database.session() as session:
        tables = inspect(session.connection()).get_table_names()
        rows = [tuple(row) for name in tables for row in session.execute(text(f"SELECT * FROM {name}"))]
    cells = [cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row]
    assert found_in(b"\n".join(cells), values) == []
    assert found_in(b"".join(run.said), values) == []


def test_labels_named_by_identifiers_leave_none(
    dicomill: Callable[..., Any], source: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """A table of patient ids, accession numbers and UIDs is hashed on the way in; so is an extract."""
    folder, values = source
    run = Chain(dicomill, ())
    run("ingest", folder, "--workers", "1")
    for by, keyword in (
        ("patient_id", "PatientID"),
        ("accession_number", "AccessionNumber"),
        ("sop_instance_uid", "SOPInstanceUID"),
    ):
        named = [value for value, place in values.items() if place == keyword]
        table = tmp_path / "tables" / f"{by}.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text("\n".join([f"{by},finding", *(f"{value},1" for value in named)]) + "\n")
        added = run(
            "labels", "add", table, "--by", by, "--task", by, "--column", "finding", "--json", status=None
        )
        # The files name an issuer of each patient id, which the table does not.
        assert by == "patient_id" or added.json["num_added"] >= 18
        renamed = ("--patient", by, "--output", tmp_path / f"{by}_keys.csv")
        run("pseudonymise", table, *renamed, "--keep", "finding")
    run("withdraw", "--from-file", tmp_path / "tables" / "none.txt", "--yes", status=2)
    (tmp_path / "tables" / "unknown.txt").write_text("Zq0001Xw\n")
    run("withdraw", "--from-file", tmp_path / "tables" / "unknown.txt", "--yes", status=None)
    spared = {"dicomill.key", "dicomill.paths.tsv", *(path.name for path in (tmp_path / "tables").iterdir())}
    spared |= {path.name for path in tmp_path.glob("*.tsv")}
    found = {name: found_in(content, values) for name, content in contents(tmp_path, spared)}
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert found_in(b"".join(run.said), values) == []


@pytest.mark.slow
@pytest.mark.tensorflow
def test_nothing_planted_comes_out_of_a_model(
    dicomill: Callable[..., Any], source: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Artifact, predictions and evaluation report."""
    folder, values = source
    run = Chain(dicomill, ())
    run("ingest", folder, "--workers", "1")
    run("cohort", "create", "all")
    out = tmp_path / "out"
    run("export", "all", out / "export", "--set", "workers=1")
    run(
        "pack", out / "export", out / "records", "--split", "tt_split", "--ratios", ".5,.5", on_database=False
    )
    train = ("train", out / "records", out / "model", "--epochs", "1", "--set", "image_size=32")
    run(*train, on_database=False)
    predict = ("predict", out / "model", out / "records", "--out", out / "p.tsv")
    run(*predict, "--database", "sqlite:///dicomill.db", on_database=False)
    run("evaluate", out / "model", out / "records", out / "evaluation", "--split", "test", on_database=False)
    spared = {"dicomill.key", "dicomill.paths.tsv"}
    found = {name: found_in(content, values) for name, content in contents(tmp_path, spared)}
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert found_in(b"".join(run.said), values) == []
