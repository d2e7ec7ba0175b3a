"""What the comparison of the engines prints."""

import pytest

from benchmarks.measuring import Cost
from benchmarks.spark import Compared, overtaken_at, page, slope

SMALL = Compared(1_000_000, Cost(4.0, 3.0, 0), Cost(40.0, 21.0, 0))
LARGE = Compared(3_000_000, Cost(8.0, 5.0, 0), Cost(80.0, 41.0, 0))


def test_a_million_events_more_take_what_lies_between_the_sizes_without_the_start() -> None:
    assert slope(SMALL, LARGE, lambda one: one.duckdb) == pytest.approx(2.0)
    assert slope(SMALL, LARGE, lambda one: one.spark) == pytest.approx(20.0)


def test_the_page_says_what_each_engine_took_and_how_many_times_the_cores_a_cluster_needs() -> None:
    lines = page([SMALL, LARGE]).splitlines()

    assert "| 1,000,000 | DuckDB | 4 | 3 | 4.0 |" in lines
    assert "| 3,000,000 | Spark | 80 | 41 | 26.7 |" in lines
    assert any("2.0 CPU seconds with DuckDB and 20.0 with Spark: from 10 times the cores" in line for line in lines)
    assert "| 2 cores | never | 27 | 21 | 19 |" in lines
    assert "| 32 cores | never | never | never | 420 |" in lines


@pytest.mark.parametrize(("machine", "cluster"), [(1, 16), (2, 64), (8, 1_000)])
def test_a_cluster_overtakes_where_start_and_work_of_both_take_as_long(machine: int, cluster: int) -> None:
    size = overtaken_at(SMALL, LARGE, machine, cluster)

    assert size is not None
    more = size - SMALL.events / 1_000_000
    assert 3.0 + more * 2.0 / machine == pytest.approx(21.0 + more * 20.0 / cluster)


def test_a_cluster_of_too_few_cores_never_overtakes() -> None:
    assert overtaken_at(SMALL, LARGE, machine=2, cluster=20) is None
