"""The graph from landing files to labels, run for ranges of partitions."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from churn_assets.errors import ImmatureLabelError, LandingError, MissingPartitionError
from churn_assets.features.tables import (
    LISTENER_DAYS,
    LISTENER_ITEM_GAPS,
    USER_FEATURES,
)
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS, SESSIONS
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.frames import read_frame
from churn_assets.resources.runner import Range
from churn_assets_tests.orchestration.tiny import (
    CUTOFFS,
    DAILY,
    DAYS,
    FIRST_DAY,
    MATURE_CUTOFFS,
    Site,
    day_lines,
    landed_site,
    line,
    write_lines,
)

TABLES = (RAW_LOGS, QUARANTINED_LINES, EVENTS, SESSIONS, LISTENER_DAYS, LISTENER_ITEM_GAPS)
CONTRACTS = {table.table: table for table in (*TABLES, USER_FEATURES, POPULATION, CHURN_LABELS)}


def test_everything_that_is_possible_is_made_and_nothing_is_left_to_do(made_site: Site) -> None:
    states = made_site.states()

    assert {name: len(state.materialised) for name, state in states.items() if name in DAILY} == dict.fromkeys(
        DAILY, DAYS
    )
    assert list(states["user_features"].materialised) == list(states["population"].materialised) == CUTOFFS
    assert list(states["churn_labels"].materialised) == MATURE_CUTOFFS
    assert made_site.plan() == []


@pytest.mark.parametrize("asset", CONTRACTS)
def test_each_partition_is_reported_exactly_once(made_site: Site, asset: str) -> None:
    partitions = [event.partition for event in made_site.events_of(asset)]

    assert partitions == list(made_site.lake.keys(CONTRACTS[asset]))


def test_the_lines_of_every_day_add_up(made_site: Site) -> None:
    for event in made_site.events_of("events"):
        told = {name: value.value for name, value in event.metadata.items()}
        parts = [told[name] for name in ("events", "visitors", "duplicates", "quarantined")]
        assert told["lines"] == sum(parts) == len(day_lines(date.fromisoformat(str(event.partition))))


def test_progress_is_told_of_every_partition_and_file(tmp_path: Path) -> None:
    site, told = landed_site(tmp_path / "home"), Told()

    site.run(["raw_logs", "quarantined_lines", "events"], "2024-01-01", "2024-01-02", progress=told)

    assert told.partitions[-2:] == [("events", "2024-01-01", 18), ("events", "2024-01-02", 3)]
    assert ("2024-01-01.json", 1.0) in told.files


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.partitions: list[tuple[str, str, int]] = []
        self.files: list[tuple[str, float]] = []

    def on_lines(self, file: str, lines: int, share: float) -> None:
        assert lines >= 0
        self.files.append((file, share))

    def on_partition(self, asset: str, key: str, rows: int) -> None:
        self.partitions.append((asset, key, rows))


def test_a_day_without_a_file_is_an_empty_partition(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    write_lines(site.landing / "first.json", day_lines(FIRST_DAY))

    site.run(["raw_logs", "quarantined_lines"], "2024-01-01", "2024-01-03")

    assert [len(read_frame(site.lake.scan(RAW_LOGS, [f"2024-01-0{n}"]))) for n in (1, 2, 3)] == [19, 0, 0]


def test_a_replayed_file_changes_nothing_but_the_count_of_duplicates(site: Site) -> None:
    before = read_frame(site.lake.scan(EVENTS))
    write_lines(site.landing / "zz-replay.json", day_lines(FIRST_DAY))

    done = site.catch_up()

    assert {(work.first, work.last) for work in done} == {("2024-01-01", "2024-01-01")}
    assert before.equals(read_frame(site.lake.scan(EVENTS)))
    told = site.metadata("events", "2024-01-01")
    assert (told["lines"], told["events"], told["visitors"], told["duplicates"]) == (38, 18, 2, 18)


def test_reading_the_same_files_again_gives_the_same_content_and_makes_nothing_stale(site: Site) -> None:
    before = site.digests()

    site.run(DAILY, "2024-01-01", "2024-01-10")

    assert site.digests() == before
    assert site.stale() == {}


def test_a_late_row_reaches_its_own_day_and_what_depends_on_it(site: Site) -> None:
    before, late = site.digests(), date(2024, 1, 16)
    write_lines(site.landing / "late.json", [line(late, 5, 7, song="A song nobody heard")])

    done = site.catch_up()

    changed = {path for path, content in site.digests().items() if before[path] != content}
    assert {path for path in changed if path.startswith("raw_logs")} == {"raw_logs/day=2024-01-16/part-0.parquet"}
    assert {path for path in changed if path.startswith("user_features")} == {
        "user_features/cutoff=2024-01-22/part-0.parquet"
    }
    assert done[0].first == done[0].last == "2024-01-16"
    assert made_from_scratch(site) == site.digests()


def made_from_scratch(site: Site) -> dict[str, str]:
    """What the lake holds if the same landing files are read by a new platform."""
    fresh = Site(site.home.parent / "fresh")
    for path in site.landing.iterdir():
        write_lines(fresh.landing / path.name, path.read_text().splitlines())
    fresh.catch_up()
    return fresh.digests()


def test_a_vanished_file_is_refused_instead_of_losing_its_rows(site: Site) -> None:
    before = site.digests()
    (site.landing / "2024-01-05.json").unlink()

    with pytest.raises(LandingError, match=r"vanished: 2024-01-05\.json"):
        site.run(["raw_logs", "quarantined_lines"], "2024-01-04", "2024-01-06")

    assert site.digests() == before


def test_labels_of_an_immature_cutoff_are_refused(site: Site) -> None:
    with pytest.raises(ImmatureLabelError, match="2024-01-22"):
        site.run(["churn_labels"], CUTOFFS[-1])

    assert CUTOFFS[-1] not in site.lake.keys(CHURN_LABELS)


@pytest.mark.parametrize("asset", ["user_features", "population"])
def test_a_hole_in_the_lookback_is_refused(site: Site, asset: str) -> None:
    site.lake.path(LISTENER_DAYS, "2024-01-10").unlink()

    with pytest.raises(MissingPartitionError, match=r"listener_days lacks 1 of the days .*: 2024-01-10"):
        site.run([asset], "2024-01-15")


def test_a_hole_in_a_label_window_is_refused(site: Site) -> None:
    site.lake.path(LISTENER_DAYS, "2024-01-16").unlink()

    with pytest.raises(MissingPartitionError, match="2024-01-16"):
        site.run(["churn_labels"], "2024-01-15")


def test_a_cutoff_after_the_data_clock_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    write_lines(
        site.landing / "early.json", [row for n in range(3) for row in day_lines(FIRST_DAY + timedelta(days=n))]
    )
    site.run(["raw_logs", "quarantined_lines", "events"], "2024-01-01", "2024-01-03")

    with pytest.raises(MissingPartitionError, match="the log ends with 2024-01-03"):
        site.run(["user_features"], "2024-01-08")


def test_a_killed_write_leaves_the_old_partition(site: Site) -> None:
    before = site.digests()

    with pytest.raises(KeyboardInterrupt):
        killed_write(site)

    assert site.digests() == before
    assert list(site.lake.staging().iterdir()) == []


def killed_write(site: Site) -> None:
    """Write half of a partition, then be interrupted."""
    with site.lake.replacing(EVENTS, "2024-01-03") as path:
        path.write_bytes(b"half a file")
        raise KeyboardInterrupt


def test_a_range_has_tags_only_if_it_has_keys() -> None:
    assert Range().tags == {}
    assert list(Range("2024-01-01", "2024-01-02").tags.values()) == ["2024-01-01", "2024-01-02"]
