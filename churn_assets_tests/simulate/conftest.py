"""A small world with every defect, written once and read back as every test's log."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pytest

from churn_assets.simulate import Simulated, World, write_logs

SMALL = World(
    first_day=date(2026, 1, 2),
    seed=3,
    listeners=150,
    days=35,
    late_share=0.02,
    duplicate_share=0.01,
    broken_share=0.002,
)


@dataclass(frozen=True)
class Log:
    """A written log: its folder, what the writer said of it, and the lines of each file by its day."""

    landing: Path
    simulated: Simulated
    lines: dict[date, list[bytes]]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every usable line as the log has it, repeated ones too."""
        return [row for lines in self.lines.values() for row in usable(lines)]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Every distinct row that belongs to a listener."""
        distinct = {orjson.dumps(row): row for row in self.rows if row["userId"]}
        return list(distinct.values())


def usable(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    """The lines that a lenient reader would keep."""
    for line in lines:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if row is not None and "userId" in row and row["ts"] >= SMALL.first_ms:
            yield row


def read_lines(landing: Path) -> dict[date, list[bytes]]:
    """The lines of every file in a landing folder, by day."""
    return {
        date.fromisoformat(path.name.removesuffix(".json.gz")): gzip.decompress(path.read_bytes()).splitlines()
        for path in sorted(landing.iterdir())
    }


@pytest.fixture(scope="session")
def small_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    landing = tmp_path_factory.mktemp("landing")
    simulated = write_logs(SMALL, landing)
    return Log(landing, simulated, read_lines(landing))
