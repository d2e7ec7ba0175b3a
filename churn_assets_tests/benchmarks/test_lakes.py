"""The data of the benchmark: drawn the same each time, copied so that nothing else changes; labels by hand agree."""

from pathlib import Path

import duckdb
import pytest

from benchmarks import event_lake, labels, production
from benchmarks.landing import make_landing
from benchmarks.new_day import add_day_and_cutoff, write_day_log
from benchmarks.sizes import FIRST_DAY, SIZES, Service
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS, SESSIONS
from churn_assets.lake.content import content_of
from churn_assets.lake.lake import Lake

LISTENERS, DAYS, COPIES = 30, 70, 3
SERVICE = Service(LISTENERS, DAYS)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small service's events."""
    root = tmp_path_factory.mktemp("scratch") / SERVICE.name
    event_lake.make_lake(str(root), LISTENERS, FIRST_DAY.isoformat(), DAYS)
    return root


def rows(lake: Path, columns: str, where: str = "true") -> list[tuple[object, ...]]:
    query = f"SELECT {columns} FROM '{lake}/events/*/*.parquet' WHERE {where} ORDER BY ALL"
    return duckdb.sql(query).fetchall()


def test_a_lake_has_every_column_of_its_contract_and_every_day(lake: Path) -> None:
    described = duckdb.sql(
        f"DESCRIBE FROM read_parquet('{lake}/events/*/*.parquet', hive_partitioning = false)"
    ).fetchall()

    assert [name for name, *_ in described] == [column.name for column in EVENTS.stored]
    assert Lake(lake).keys(EVENTS) == SERVICE.keys


def test_the_same_size_gives_the_same_events_and_fewer_listeners_some_of_them(lake: Path, tmp_path: Path) -> None:
    event_lake.make_lake(str(tmp_path), LISTENERS // 2, FIRST_DAY.isoformat(), DAYS)

    half = rows(tmp_path, "* EXCLUDE (day)")
    assert half
    assert set(half) < set(rows(lake, "* EXCLUDE (day)"))


def test_a_copied_lake_has_every_event_once_for_each_copy_and_stays_in_order(lake: Path, tmp_path: Path) -> None:
    events = event_lake.copy_lake(str(tmp_path), str(lake), LISTENERS, COPIES)

    assert events == COPIES * len(rows(lake, "1"))
    others = "* EXCLUDE (user_id, day)"
    first, last = (rows(tmp_path, others, f"user_id::INT {where}") for where in ("< 1000030", ">= 1000060"))
    assert first == last == rows(lake, others)
    for _, path in Lake(tmp_path).scan(EVENTS).files:
        keys = duckdb.sql(f"SELECT user_id, ts FROM '{path}'").fetchall()
        assert keys == sorted(keys)


def test_copies_are_listeners_of_their_own(lake: Path, tmp_path: Path) -> None:
    event_lake.copy_lake(str(tmp_path), str(lake), LISTENERS, COPIES)

    counts = rows(tmp_path, "count(DISTINCT user_id)"), rows(lake, "count(DISTINCT user_id)")

    assert counts[0][0][0] == COPIES * counts[1][0][0]  # type: ignore[operator]


def test_labels_by_hand_say_what_the_platform_says_until_one_is_changed(lake: Path) -> None:
    cutoffs = SERVICE.mature_cutoffs(2)
    root = str(lake)
    production.listener_days(root, SERVICE.keys)
    production.labels(root, cutoffs, lookback_days=35)

    told = labels.plain_labels(root, cutoffs, lookback_days=35)
    assert told > LISTENERS
    assert labels.compare(root, cutoffs) == 0

    plain = labels._plain_path(root, cutoffs[0])
    duckdb.sql(
        f"COPY (SELECT * REPLACE (NOT churned AS churned) FROM '{plain}' LIMIT 3) TO '{plain}.other' (FORMAT parquet)"
    )
    Path(f"{plain}.other").rename(plain)
    assert labels.compare(root, cutoffs) > 3


def test_a_new_day_and_cut_off_beside_a_history_are_those_of_a_whole_lake(lake: Path) -> None:
    day, days, cutoffs = SERVICE.keys[-1], SERVICE.keys, SERVICE.cutoffs(1)
    beside, whole, landing = (lake.parent / name for name in ("beside", "whole", "landing"))
    horizon = {"first_day": FIRST_DAY.isoformat(), "lookback_days": 90}
    daily = (production.sessions, production.listener_days, production.listener_item_gaps)
    for step in daily:
        step(str(lake), days)
    write_day_log(str(lake), day, str(landing))

    there = {"landing": str(landing), "history": str(lake), "history_days": DAYS, "day": day}
    add_day_and_cutoff(lake=str(beside), **there, **horizon)  # type: ignore[arg-type]

    for key, path in [*Lake(lake).scan(EVENTS, days[:-1]).files, *Lake(beside).scan(EVENTS).files]:
        link = Lake(whole).path(EVENTS, key)
        link.parent.mkdir(parents=True)
        link.symlink_to(path)
    for step in daily:
        step(str(whole), days)
    production.user_features(str(whole), cutoffs, **horizon)  # type: ignore[arg-type]
    for contract, key in [(c, day) for c in (SESSIONS, LISTENER_DAYS, LISTENER_ITEM_GAPS)] + [
        (USER_FEATURES, *cutoffs)
    ]:
        new, again = (content_of(Lake(root).path(contract, key)) for root in (beside, whole))
        assert new == again
        assert new[0] > 0


def test_cut_offs_are_a_week_apart_and_their_windows_have_landed() -> None:
    assert SERVICE.cutoffs(3) == ["2025-02-26", "2025-03-05", "2025-03-12"]
    assert SERVICE.mature_cutoffs(2) == ["2025-02-03", "2025-02-10"]


@pytest.mark.parametrize("size", SIZES.values(), ids=lambda size: size.name)
def test_every_size_has_room_for_its_cut_offs_and_histories(size: object) -> None:
    from benchmarks.new_day import HISTORIES_DAYS
    from benchmarks.sizes import Size

    assert isinstance(size, Size)
    first = size.year.mature_cutoffs(max(size.curve_cutoffs))[0]

    assert first >= size.year.keys[28]
    assert max(HISTORIES_DAYS) < size.days
    assert size.large.listeners * size.large.copies == 16 * size.base.listeners


def test_log_files_are_sorted_days_of_as_many_lines_as_asked_for(tmp_path: Path) -> None:
    size = make_landing(str(tmp_path / "landing"), files=2, lines=300)

    files = sorted((tmp_path / "landing").glob("*.json"))
    assert [path.name for path in files] == ["2025-01-01.json", "2025-01-02.json"]
    assert sum(path.stat().st_size for path in files) == size
    for path in files:
        times = duckdb.sql(f"SELECT ts FROM read_json('{path}', format = 'newline_delimited')").fetchall()
        assert len(times) == 300
        assert times == sorted(times)
