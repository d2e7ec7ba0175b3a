"""The outcome of a run as one JSON file: every stage's findings, with when, where and of which code they are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.conditions import Conditions
from benchmarks.findings import Findings

FORMAT = 1
"""Raised when a file that was written before can no longer be read."""


@dataclass(frozen=True)
class Measurement:
    """The findings of one stage; `seconds` is what it took on the wall, its data included."""

    at: datetime
    seconds: float
    conditions: Conditions
    findings: Findings


@dataclass(frozen=True)
class Results:
    """The stages of one size that have been measured, by name, the newest of each."""

    size: str
    stages: dict[str, Measurement] = field(default_factory=dict)
    format: int = FORMAT

    def with_stage(self, name: str, stage: Measurement) -> "Results":
        """The same, with one stage more, or anew."""
        return replace(self, stages={**self.stages, name: stage})

    def measured_under(self, conditions: Conditions) -> Mapping[str, Measurement]:
        """The stages that would not come out otherwise if they were measured again."""
        return {name: stage for name, stage in self.stages.items() if stage.conditions.are_those_of(conditions)}


def read_results(path: Path) -> Results:
    """Results as they were written.

    Raises ValueError if the file is of another format, or no results at all.
    """
    try:
        results = msgspec.json.decode(path.read_bytes(), type=Results)
    except msgspec.MsgspecError as error:
        raise ValueError(
            f"{path} is no result of this benchmark ({error}); move it away, and measure again."
        ) from error
    if results.format != FORMAT:
        raise ValueError(f"{path} has format {results.format}, not {FORMAT}; move it away, and measure again.")
    return results


def write_results(results: Results, path: Path) -> None:
    """Write the file, so that a reader or an interrupted run never leaves half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
