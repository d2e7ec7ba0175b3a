import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.contract import Contract, day, integer
from churn_assets.errors import LakeError, MissingPartitionError
from churn_assets.lake.lake import WHOLE, Lake

VISITS = Contract("visits", "a visit", (day("day", "Day."), integer("n", "Number.")), partition="day")
TOTALS = Contract("totals", "a total", (integer("n", "Number."),))
MONDAY, TUESDAY = "2024-01-01", "2024-01-02"
KILLED = """
import os, signal, sys
from pathlib import Path
from churn_assets.lake.lake import Lake
from churn_assets_tests.lake.test_lake import MONDAY, TUESDAY, VISITS

for key in (MONDAY, TUESDAY)[int(sys.argv[2]):]:
    with Lake(Path(sys.argv[1])).replacing(VISITS, key) as path:
        path.write_bytes(b"PAR1 half of a fi")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def put(lake: Lake, key: str, *numbers: int, contract: Contract = VISITS) -> None:
    with lake.replacing(contract, key) as path:
        pq.write_table(pa.table({"n": list(numbers)}), path)


def get(lake: Lake, key: str, contract: Contract = VISITS) -> list[int]:
    return list(pq.ParquetFile(lake.path(contract, key)).read()["n"].to_pylist())


def test_a_partition_lies_in_a_hive_folder(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    assert lake.path(VISITS, MONDAY) == lake.root / "visits" / "day=2024-01-01" / "part-0.parquet"
    assert lake.path(VISITS, MONDAY).exists()


def test_writing_again_replaces_the_partition_and_no_other(lake: Lake) -> None:
    put(lake, MONDAY, 1, 2)
    put(lake, TUESDAY, 3)
    put(lake, MONDAY, 4)

    assert (get(lake, MONDAY), get(lake, TUESDAY)) == ([4], [3])
    assert [path.name for path in lake.path(VISITS, MONDAY).parent.iterdir()] == ["part-0.parquet"]


def test_a_table_without_partitions_has_one_file(lake: Lake) -> None:
    assert lake.keys(TOTALS) == []

    put(lake, WHOLE, 7, contract=TOTALS)

    assert lake.keys(TOTALS) == [WHOLE]
    assert lake.scan(TOTALS).paths == [str(lake.root / "totals" / "part-0.parquet")]


def test_keys_are_the_partitions_that_are_there_in_order(lake: Lake) -> None:
    for key in (TUESDAY, "2023-12-31", MONDAY):
        put(lake, key, 1)

    assert lake.keys(VISITS) == ["2023-12-31", MONDAY, TUESDAY]


def write_half(path: Path) -> None:
    path.write_bytes(b"PAR1 half of a fi")
    raise OSError("disk is full")


def test_a_failed_writer_changes_nothing(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    with pytest.raises(OSError, match="disk is full"), lake.replacing(VISITS, MONDAY) as path:
        write_half(path)

    assert get(lake, MONDAY) == [1]
    assert list(lake.staging().iterdir()) == []


@pytest.mark.parametrize(("skip", "key"), [(0, MONDAY), (1, TUESDAY)])
def test_a_killed_writer_leaves_the_old_partition_and_nothing_new(lake: Lake, skip: int, key: str) -> None:
    put(lake, MONDAY, 1, 2)

    command = [sys.executable, "-c", KILLED, str(lake.root), str(skip)]
    killed = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, check=False)

    assert killed.returncode == -9
    assert (lake.keys(VISITS), get(lake, MONDAY)) == ([MONDAY], [1, 2])
    assert len(list(lake.staging().iterdir())) == 1
    put(lake, key, 5)
    assert get(lake, key) == [5]


def test_readers_see_the_old_or_the_new_partition_and_never_half(lake: Lake) -> None:
    size, seen, torn = 20_000, set(), []
    put(lake, MONDAY, *[0] * size)
    done = Event()

    def read() -> None:
        while not done.is_set():
            numbers = get(lake, MONDAY)
            seen.add(numbers[0])
            torn.extend([numbers] if len(numbers) != size or len(set(numbers)) != 1 else [])

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for version in range(1, 30):
        put(lake, MONDAY, *[version] * size)
    done.set()
    for reader in readers:
        reader.join()

    assert torn == []
    assert seen


def test_two_writers_of_one_partition_leave_one_whole_file(lake: Lake) -> None:
    with lake.replacing(VISITS, MONDAY) as slow:
        pq.write_table(pa.table({"n": [1]}), slow)
        put(lake, MONDAY, 2)
        assert get(lake, MONDAY) == [2]

    assert get(lake, MONDAY) == [1]


def test_a_scan_of_everything_is_empty_before_the_first_partition(lake: Lake) -> None:
    assert lake.scan(VISITS).files == ()


def test_a_missing_whole_table_says_how_to_make_it(lake: Lake) -> None:
    with pytest.raises(MissingPartitionError, match="totals has not been materialised: run `churn-assets run`"):
        lake.scan(TOTALS)
    with pytest.raises(LakeError, match="visits has not been materialised"):
        lake.scan(VISITS, [MONDAY])


def test_missing_partitions_are_named_beside_those_that_are_there(lake: Lake) -> None:
    put(lake, MONDAY, 1)
    put(lake, TUESDAY, 1)

    with pytest.raises(MissingPartitionError) as error:
        lake.scan(VISITS, [MONDAY, "2024-02-01", "2024-01-31"])

    assert "visits has no partition 2024-01-31, 2024-02-01; there are 2" in str(error.value)
    assert "from 2024-01-01 to 2024-01-02" in str(error.value)


def test_of_many_missing_partitions_only_the_first_are_named(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    with pytest.raises(MissingPartitionError, match=r"2024-01-15 …; there are 1"):
        lake.scan(VISITS, [f"2024-01-{n}" for n in range(11, 25)])


def test_finding_leaves_out_what_is_not_there(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    assert [key for key, _ in lake.find(VISITS, [TUESDAY, MONDAY]).files] == [MONDAY]


def test_a_partition_asked_for_twice_is_read_once(lake: Lake) -> None:
    put(lake, MONDAY, 1)

    assert len(lake.find(VISITS, [MONDAY, MONDAY]).files) == len(lake.scan(VISITS, [MONDAY, MONDAY]).files) == 1


def test_a_scan_can_be_narrowed(lake: Lake) -> None:
    for key in ("2023-12-31", MONDAY, TUESDAY):
        put(lake, key, 1)
    scan = lake.scan(VISITS)

    assert [key for key, _ in scan.only([TUESDAY]).files] == [TUESDAY]
    assert [key for key, _ in scan.between("2023-12-31", MONDAY).files] == ["2023-12-31", MONDAY]
    assert scan.between("2025-01-01", "2024-01-01").paths == []
