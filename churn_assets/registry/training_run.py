"""A training as MLflow sees it: one parent run, one child a candidate, ended as what it was: FINISHED or FAILED."""

import math
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from churn_assets.registry.artifact_store import reaching
from churn_assets.registry.tracking import EXPERIMENT, MONITORING, Tracking

PARENT = "mlflow.parentRunId"
DAGSTER_RUN = "dagster_run_id"
PROCESS = "churn.process"
MOST_OPEN_RUNS = 1_000
MOST_A_BATCH = 100
"""MLflow takes no more params or tags in one request."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class TrainingRun:
    """One open MLflow run; every method writes to it at once."""

    tracking: Tracking
    run_id: str
    experiment: str = EXPERIMENT

    @property
    def page(self) -> str:
        """Address of the run in the MLflow UI, for links from elsewhere."""
        return self.tracking.run_page(self.run_id, self.experiment)

    def params(self, values: Mapping[str, object]) -> None:
        """Record what the run was told."""
        from mlflow.entities import Param

        params = [Param(name, str(value)) for name, value in values.items()]
        for chunk in _chunks(params):
            self.tracking.client().log_batch(self.run_id, params=chunk)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record the numbers that came out; those that are not finite are left out."""
        from mlflow.entities import Metric

        now = time.time_ns() // 1_000_000
        metrics = [Metric(name, float(value), now, 0) for name, value in values.items() if math.isfinite(value)]
        for chunk in _chunks(metrics):
            self.tracking.client().log_batch(self.run_id, metrics=chunk)

    def tags(self, values: Mapping[str, object]) -> None:
        """Label the run, for example with the versions of its data."""
        from mlflow.entities import RunTag

        tags = [RunTag(name, str(value)) for name, value in values.items()]
        for chunk in _chunks(tags):
            self.tracking.client().log_batch(self.run_id, tags=chunk)

    def text(self, path: str, content: str) -> None:
        """Keep `content` as the artefact `path`."""
        self.file(path, content.encode())

    def file(self, path: str, content: bytes) -> None:
        """Keep `content` (a PNG image, say) as the artefact `path`, folders included."""
        inside = Path(path)
        with TemporaryDirectory() as folder:
            beside = Path(folder) / inside.name
            beside.write_bytes(content)
            parent = None if inside.parent == Path() else inside.parent.as_posix()
            with reaching(self.tracking.artifact_root or self.tracking.name, "written"):
                self.tracking.client().log_artifact(self.run_id, str(beside), parent)

    @contextmanager
    def candidate(self, rung: str) -> Iterator["TrainingRun"]:
        """A child run for one rung of the ladder, ended with the block."""
        with _run(self.tracking, rung, {PARENT: self.run_id, "churn.rung": rung}) as child:
            yield child


@contextmanager
def training_run(
    tracking: Tracking, name: str, *, data_versions: Mapping[str, str], dagster_run_id: str | None = None
) -> Iterator[TrainingRun]:
    """An open parent run; FINISHED when the block ends, FAILED when anything at all escapes it, Ctrl-C included.

    `data_versions` say what it was trained on and by which code. Runs whose process was killed on this machine are
    closed first, so that none stays RUNNING for ever.
    """
    close_orphans(tracking)
    link = {} if dagster_run_id is None else {DAGSTER_RUN: dagster_run_id}
    with _run(tracking, name, {**data_versions, **link}) as run:
        yield run


@contextmanager
def report_run(
    tracking: Tracking, name: str, tags: Mapping[str, str], *, dagster_run_id: str | None = None
) -> Iterator[TrainingRun]:
    """An open run of the experiment about reports; FINISHED when the block ends, FAILED when anything escapes it."""
    link = {} if dagster_run_id is None else {DAGSTER_RUN: dagster_run_id}
    with _run(tracking, name, {**tags, **link}, MONITORING) as run:
        yield run


def close_orphans(tracking: Tracking) -> list[str]:
    """Mark runs as FAILED that are RUNNING although their process on this machine is gone; returns their ids."""
    client = tracking.client()
    running = client.search_runs(
        [tracking.experiment_id()], "attributes.status = 'RUNNING'", max_results=MOST_OPEN_RUNS
    )
    orphans = [run.info.run_id for run in running if _is_gone(run.data.tags.get(PROCESS, ""))]
    for run_id in orphans:
        client.set_terminated(run_id, "FAILED")
    return orphans


@contextmanager
def _run(tracking: Tracking, name: str, tags: Mapping[str, str], experiment: str = EXPERIMENT) -> Iterator[TrainingRun]:
    client, place = tracking.client(), tracking.experiment_id(experiment)
    process = {PROCESS: f"{socket.gethostname()}:{os.getpid()}"}
    run_id = client.create_run(place, tags={**tags, **process}, run_name=name).info.run_id
    status = "FAILED"
    try:
        yield TrainingRun(tracking, run_id, experiment)
        status = "FINISHED"
    finally:
        client.set_terminated(run_id, status)


def _is_gone(process: str) -> bool:
    host, _, pid = process.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + MOST_A_BATCH] for start in range(0, len(items), MOST_A_BATCH))
