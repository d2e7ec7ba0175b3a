"""What the comparison of the engines prints."""

import pytest

from benchmarks.measuring import Cost
from benchmarks.spark import Compared, page, slope

SMALL = Compared(1_000_000, Cost(4.0, 3.0, 0), Cost(40.0, 21.0, 0))
LARGE = Compared(3_000_000, Cost(8.0, 5.0, 0), Cost(80.0, 41.0, 0))


def test_a_million_events_more_take_what_lies_between_the_sizes_without_the_start() -> None:
    assert slope(SMALL, LARGE, lambda one: one.duckdb) == pytest.approx(2.0)
    assert slope(SMALL, LARGE, lambda one: one.spark) == pytest.approx(20.0)


def test_the_page_says_what_each_engine_took_and_how_many_times_the_cores_a_cluster_needs() -> None:
    lines = page([SMALL, LARGE]).splitlines()

    assert "| 1,000,000 | DuckDB | 4 | 3 | 4.0 |" in lines
    assert "| 3,000,000 | Spark | 80 | 41 | 26.7 |" in lines
    assert "2.0 CPU seconds with DuckDB and 20.0 with Spark: from 10 times the cores" in lines[-1]
