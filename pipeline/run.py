"""The door `run`: the stages of a run file in order, skipping what is unchanged."""

from __future__ import annotations

import time
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from database.cohorts import get_cohort
from database.opening import open_with_key
from database.products import register_product
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import TargetExistsError
from foundation.fingerprints import fingerprint
from foundation.lineage import read_lineage
from foundation.progress import Progress, SilentProgress
from ingest.ingest import IngestConfig
from ingest.sources import check_sources
from pipeline.command_lines import command_line
from pipeline.inputs_state import state_of_inputs, state_of_path
from pipeline.run_files import PlannedStage, RunFile, read_run_file
from pipeline.run_state import RunState, StageState, read_run_state, write_run_state


class RunConfig(Config):
    """What to run.

    Attributes:
        file: the run file.
        again: run every stage, also those that are unchanged.
    """

    file: Path
    again: bool = False


class StageReport(Report):
    """How one stage of the run went."""

    name: str
    outcome: Literal["ran", "skipped"]
    seconds: float
    report: dict[str, Any]


class RunReport(Report):
    """How the run went, stage by stage."""

    stages: list[StageReport]


def run(
    config: RunConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Run the stages of a run file in order and stop at the first that fails.

    Args:
        config: which file.
        database: instead of the one that the file names.
        executor: not used; each stage has its own.
        progress: told each stage's command line and how far it has come.

    A stage is skipped when its config and everything it reads are as they were when it last ran and
    what it wrote then is still there. Stages that write rows always run: they add nothing twice.

    Raises:
        PipelineError, ConfigError, IngestError: the run file is wrong; nothing has run.
        DicomillError: a stage failed; the stages before it are kept.
    """
    del executor
    plan = read_run_file(config.file)
    _check_first_sources(plan)
    state = read_run_state(config.file)
    creates = any(stage.name == "ingest" for stage in plan.stages)
    progress = progress or SilentProgress()
    reports: list[StageReport] = []
    opened = database or open_with_key(plan.database_url, key_file=plan.key_file, create=creates)
    try:
        for planned in plan.stages:
            line = command_line(planned, database_url=plan.database_url, key_file=plan.key_file)
            progress.tell(f"$ {line}")
            if not planned.stage.output:
                report = _call_door(planned, planned.config, opened, progress)
            else:
                report = _make_product(planned, state, opened, progress, again=config.again)
                write_run_state(config.file, state)
            progress.tell("  unchanged" if report.outcome == "skipped" else f"  {report.seconds:.1f} s")
            reports.append(report)
    finally:
        if database is None:
            opened.close()
    return RunReport(stages=reports)


def _check_first_sources(plan: RunFile) -> None:
    """Refuse a mistyped source before a database is made for it."""
    for planned in takewhile(lambda planned: not planned.stage.output, plan.stages):
        if isinstance(planned.config, IngestConfig):
            check_sources(planned.config.paths)


def _make_product(
    planned: PlannedStage, state: RunState, database: Database, progress: Progress, *, again: bool
) -> StageReport:
    """Run a stage, unless it is unchanged; it may replace what it wrote itself, and nothing else."""
    product = planned.product
    last = state.stages.get(str(product))
    made_from = _stage_fingerprint(planned, database)
    is_ours = last is not None and last.output_state == _state_of_product(product)
    if last is not None and is_ours and last.fingerprint == made_from and not again:
        return StageReport(name=planned.name, outcome="skipped", seconds=0.0, report=last.report)
    config = planned.config.model_copy(update={"overwrite": True}) if is_ours else planned.config
    try:
        report = _call_door(planned, config, database, progress)
    except TargetExistsError as error:
        raise TargetExistsError(
            f"{product} already exists, and this run file has not written it as it is now. "
            f"Move it away, or give the stage {planned.name} `overwrite: true` to replace it."
        ) from error
    _register(product, database)
    state.stages[str(product)] = StageState(
        fingerprint=made_from, output_state=_state_of_product(product), report=report.report
    )
    return report


def _call_door(planned: PlannedStage, config: Config, database: Database, progress: Progress) -> StageReport:
    _, door = planned.stage.load()
    arguments: dict[str, Any] = {"progress": progress}
    if planned.stage.uses_database:
        arguments["database"] = database
    started = time.perf_counter()
    report = door(config, **arguments)
    seconds = time.perf_counter() - started
    return StageReport(
        name=planned.name, outcome="ran", seconds=seconds, report=report.model_dump(mode="json")
    )


def _register(product: Path, database: Database) -> None:
    """Keep the lineage of a product folder as rows, also where its door knows no database."""
    lineage = read_lineage(product)
    if lineage is not None:
        transaction(database, lambda session: register_product(session, lineage))


def _stage_fingerprint(planned: PlannedStage, database: Database) -> str:
    values: dict[str, Any] = {
        "config": planned.config.model_dump(mode="json"),
        "inputs": state_of_inputs(planned.config, planned.stage.inputs),
    }
    name = getattr(planned.config, planned.stage.cohort) if planned.stage.cohort else None
    if name is not None:
        version = getattr(planned.config, "version", None)
        with database.session() as session:
            values["cohort"] = get_cohort(session, name, version).cohort_uuid
    return fingerprint(values)


def _state_of_product(product: Path) -> str:
    return fingerprint(state_of_path(product))
