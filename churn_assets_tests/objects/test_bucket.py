import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.errors import MissingPartitionError, OvertakenError
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake import frames
from churn_assets.lake.bucket import Remote
from churn_assets.lake.copies import Copies
from churn_assets.lake.footers import FOOTER_BYTES, rows_of
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import WHOLE, Lake, Seen
from churn_assets.settings import Settings
from churn_assets.workspace.lazy import LazyTables
from churn_assets_tests.lake.test_lake import MONDAY, TOTALS, TUESDAY, VISITS, get, put
from churn_assets_tests.objects.conftest import ENOUGH, lake_at
from churn_assets_tests.objects.servers import BUCKET, Store


@pytest.fixture
def lake(store: Store, tmp_path: Path) -> Lake:
    """An empty lake of a machine."""
    return lake_at(store, tmp_path.name, tmp_path / "here")


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Lake:
    """The same lake, as another machine sees it."""
    return lake_at(store, tmp_path.name, tmp_path / "there")


def copies(lake: Lake) -> int:
    assert not isinstance(lake.root, Path)
    return len(lake.root.copies.files())


def big(path: Path, size: int) -> None:
    numbers = pa.array(range(size // 16))
    noise = pa.array([os.urandom(8).hex() for _ in range(size // 16)])
    pq.write_table(pa.table({"n": numbers, "noise": noise}), path, row_group_size=100_000, compression="none")


def test_a_partition_is_an_object_in_a_hive_folder_that_others_read(lake: Lake, store: Store, tmp_path: Path) -> None:
    put(lake, MONDAY, 1, 2)
    put(lake, TUESDAY, 3)

    found = store.system().find(f"{BUCKET}/{tmp_path.name}")
    assert found == [f"{BUCKET}/{tmp_path.name}/visits/day={key}/part-0.parquet" for key in (MONDAY, TUESDAY)]
    rows = ds.dataset(found, filesystem=store.system(), partitioning="hive", partition_base_dir="").to_table()
    assert sorted(rows["n"].to_pylist()) == [1, 2, 3]


def test_another_machine_sees_at_once_what_was_put_and_what_was_put_over_it(lake: Lake, other: Lake) -> None:
    assert (other.keys(VISITS), other.keys(TOTALS)) == ([], [])

    put(lake, MONDAY, 1)
    put(lake, WHOLE, 7, contract=TOTALS)
    assert (other.keys(VISITS), get(other, MONDAY), get(other, WHOLE, TOTALS)) == ([MONDAY], [1], [7])

    put(lake, MONDAY, 2, 3)
    put(lake, TUESDAY, 4)
    assert (other.keys(VISITS), get(other, MONDAY)) == ([MONDAY, TUESDAY], [2, 3])


def test_what_this_machine_wrote_is_here_and_what_it_did_not_ask_for_is_not(lake: Lake, other: Lake) -> None:
    put(lake, MONDAY, 1)
    put(lake, TUESDAY, 2)
    assert copies(lake) == 2
    assert list(lake.staging().iterdir()) == []

    scan = other.scan(VISITS)
    assert (scan.keys, scan.size_bytes > 0, copies(other)) == ([MONDAY, TUESDAY], True, 0)
    assert len(scan.only([TUESDAY]).paths) == 1
    assert copies(other) == 1
    assert f"/visits/day={TUESDAY}/" in scan.only([TUESDAY]).paths[0]


def test_a_reader_keeps_the_version_that_it_was_given(lake: Lake, other: Lake) -> None:
    put(lake, MONDAY, 1)
    (path,) = other.scan(VISITS).paths

    put(lake, MONDAY, 2)

    assert get(other, MONDAY) == [2]
    assert pq.read_table(path, partitioning=None)["n"].to_pylist() == [1]


def test_a_scan_reads_what_replaced_a_version_that_is_gone(lake: Lake, other: Lake) -> None:
    put(lake, MONDAY, 1)
    scan = other.scan(VISITS)

    put(lake, MONDAY, 2, 3)

    assert read_frame(scan)["n"].to_list() == [2, 3]


def test_a_missing_partition_is_named_as_in_a_folder(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    with pytest.raises(MissingPartitionError, match="visits has no partition 2024-01-02; there are 1"):
        lake.scan(VISITS, [TUESDAY])
    with pytest.raises(MissingPartitionError, match="totals has not been materialised"):
        lake.path(TOTALS)


def test_a_failed_writer_puts_nothing(lake: Lake) -> None:
    with pytest.raises(ValueError, match="no rows"), lake.replacing(VISITS, MONDAY):
        raise ValueError("no rows")

    assert lake.keys(VISITS) == []
    assert list(lake.staging().iterdir()) == []


def test_a_large_file_is_put_in_parts_and_its_copy_is_proven_by_them(lake: Lake, other: Lake) -> None:
    with lake.replacing(VISITS, MONDAY) as path:
        big(path, 20 << 20)
        written = path.read_bytes()

    assert copies(lake) == 1
    assert Path(other.scan(VISITS).paths[0]).read_bytes() == written
    assert not isinstance(other.root, Path)
    assert other.root.system.info(other.root.address(lake.name(VISITS, MONDAY)))["ETag"].strip('"').endswith("-3")


def test_of_a_large_object_only_the_columns_that_are_asked_for_are_fetched(
    lake: Lake, other: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "RANGES_BYTES", FOOTER_BYTES)
    with lake.replacing(VISITS, MONDAY) as path:
        big(path, FOOTER_BYTES)
    assert isinstance(lake.root, type(other.root))
    rows = pq.read_metadata(lake.path(VISITS, MONDAY)).num_rows

    assert rows_of(other.scan(VISITS)) == rows
    assert read_frame(other.scan(VISITS), ["n"])["n"].sum() == rows * (rows - 1) // 2
    assert copies(other) == 0
    assert len(read_frame(other.scan(VISITS))) == rows
    assert copies(other) == 1


def test_only_what_was_seen_is_written_over(lake: Lake, other: Lake) -> None:
    nothing = lake.seen(TOTALS)
    assert nothing == Seen(None)
    amend(lake, 1, nothing)
    seen = lake.seen(TOTALS)
    amend(other, 2, other.seen(TOTALS))

    with pytest.raises(OvertakenError):
        amend(lake, 3, seen)
    with pytest.raises(OvertakenError):
        amend(lake, 4, nothing)
    amend(lake, 5, lake.seen(TOTALS))

    assert get(other, WHOLE, TOTALS) == [5]


def amend(lake: Lake, number: int, over: Seen) -> None:
    with lake.replacing(TOTALS, over=over) as path:
        pq.write_table(pa.table({"n": [number]}), path)


def test_every_table_is_found_whoever_put_it_and_hidden_folders_are_none(lake: Lake, store: Store) -> None:
    put(lake, MONDAY, 1)
    assert not isinstance(lake.root, Path)
    store.system().pipe_file(lake.root.address("theirs/deep/x.parquet"), b"")
    store.system().pipe_file(lake.root.address(".landing/manifest.json"), b"{}")

    assert lake.store.tables() == ["theirs", "visits"]
    assert list(lake.store.below("theirs")) == ["theirs/deep/x.parquet"]
    assert lake.keys(VISITS) == [MONDAY]


def test_a_small_file_of_ours_is_put_whole_and_read_back(lake: Lake, other: Lake) -> None:
    assert not lake.beside(".landing/x.json").exists()

    lake.beside(".landing/x.json").write_bytes(b"1")
    assert other.beside(".landing/x.json").read_bytes() == b"1"
    lake.beside(".landing/x.json").write_bytes(b"2")
    assert other.beside(".landing/x.json").read_bytes() == b"2"


def test_ranges_of_an_object_that_is_replaced_meanwhile_are_refused(lake: Lake, other: Lake) -> None:
    with lake.replacing(VISITS, MONDAY) as path:
        big(path, FOOTER_BYTES)
    ((_, remote),) = other.scan(VISITS).places
    assert isinstance(remote, Remote)

    with pytest.raises(OvertakenError, match="was replaced since"):
        _read_on(remote, lambda: put(lake, MONDAY, 1))


def _read_on(remote: Remote, meanwhile: Callable[[], None]) -> None:
    with remote.opened() as ranges:
        assert ranges.read(4) == b"PAR1"
        meanwhile()
        ranges.read(4)


def test_another_store_than_s3_holds_a_lake_as_well(tmp_path: Path) -> None:
    here, there = (Lake.at("memory://lake", Copies(tmp_path / name, ENOUGH)) for name in ("here", "there"))
    assert here.keys(VISITS) == []

    put(here, MONDAY, 1)
    put(here, WHOLE, 2, contract=TOTALS)
    assert (there.keys(VISITS), get(there, MONDAY), get(there, WHOLE, TOTALS)) == ([MONDAY], [1], [2])
    put(here, MONDAY, 3, 4)
    amend(here, 5, here.seen(TOTALS))

    assert (get(there, MONDAY), get(there, WHOLE, TOTALS)) == ([3, 4], [5])
    assert (there.store.tables(), rows_of(there.scan(VISITS))) == (["totals", "visits"], 2)
    assert read_frame(there.scan(VISITS), ["n"])["n"].to_list() == [3, 4]


def test_a_lazy_table_sees_what_was_put_since_and_fetches_only_the_days_it_needs(
    lake: Lake, other: Lake, tmp_path: Path
) -> None:
    event = {
        "user_id": "1",
        "ts": datetime.fromisoformat("2024-01-01T09:00"),
        "session_id": 1,
        "item_in_session": 0,
        "page": "Home",
    }
    put_event(lake, MONDAY, event)
    put_event(lake, TUESDAY, event)
    events = LazyTables(Settings(_env_file=None, home=tmp_path), other).table(EVENTS)

    assert events.filter(events.day == date(2024, 1, 1)).count().execute() == 1
    assert not isinstance(other.root, Path)
    assert {path.parent.name for path in other.root.copies.files()} == {f"day={MONDAY}"}
    put_event(lake, "2024-01-03", event)
    assert events.count().execute() == 3


def put_event(lake: Lake, key: str, event: dict[str, object]) -> None:
    with lake.replacing(EVENTS, key) as path:
        pq.write_table(pa.Table.from_pylist([event], schema=arrow_schema(EVENTS)), path)
