"""Where the seconds of a job go: to the function that spends them, to the operator that spends them."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import event_lake, production
from benchmarks.measuring import measured
from benchmarks.profiling import (
    ELSEWHERE,
    PLANNING,
    REST,
    SHOWN,
    functions,
    operator_seconds,
    operators,
    place_of,
    shares,
)
from benchmarks.sizes import FIRST_DAY, Service
from churn_assets.cutoffs import epoch_ms

SERVICE = Service(20, 10)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A few days of a few listeners."""
    root = str(tmp_path_factory.mktemp("scratch") / SERVICE.name)
    event_lake.make_lake(root, SERVICE.listeners, FIRST_DAY.isoformat(), SERVICE.days)
    return root


def target(job: object) -> str:
    return f"{job.__module__}:{job.__name__}"  # type: ignore[attr-defined]


def test_the_operators_of_every_statement_are_counted_and_the_work_is_done(lake: str) -> None:
    arguments = {"lake": lake, "days": SERVICE.keys}

    seconds = measured(operators, target=target(production.sessions), arguments=arguments).answer

    assert {"hash group by", PLANNING, ELSEWHERE} <= set(seconds)
    assert any("scan" in name for name in seconds)
    assert any("copy" in name for name in seconds)
    assert all(took >= 0 for took in seconds.values())
    assert len(list(Path(lake).glob("sessions/*/*.parquet"))) == SERVICE.days


def test_functions_of_ours_are_found_by_sampling(lake: str) -> None:
    arguments = {"lake": lake, "days": SERVICE.keys}

    seconds = measured(functions, target=target(production.listener_days), arguments=arguments).answer

    assert seconds
    assert any(name.startswith("lake.engine.") for name in seconds)


def test_a_plan_is_added_up_over_all_its_levels() -> None:
    scan = {"type": "TABLE_SCAN", "timing": 1.0}
    plan = {
        "type": "HASH_JOIN",
        "timing": 4.0,
        "children": [scan, {"type": "FILTER", "timing": 0.5, "children": [scan]}],
    }

    assert operator_seconds(plan) == {"hash join": 4.0, "filter": 0.5, "table scan": 2.0}


def test_the_largest_parts_come_first_and_the_others_are_one() -> None:
    found = shares({f"part {n}": float(n) for n in range(1, SHOWN + 4)})

    assert [share.part for share in found] == [*(f"part {n}" for n in range(SHOWN + 3, 3, -1)), REST]
    assert found[-1].seconds == 1 + 2 + 3


def test_a_place_is_our_innermost_function_and_the_library_that_it_called() -> None:
    seen: list[str | None] = []

    class Asked:
        """Looks at the frames when our function computes with it."""

        def __sub__(self, _epoch: object) -> timedelta:
            seen.append(place_of(sys._getframe()))
            return timedelta(days=1)

    epoch_ms(Asked())  # type: ignore[arg-type]

    assert seen == ["cutoffs.epoch_day, in churn_assets_tests"]


def test_a_frame_without_anything_of_ours_has_no_place() -> None:
    assert place_of(sys._getframe()) is None
