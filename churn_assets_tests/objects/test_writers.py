"""Several machines at one lake: each reader sees a whole version, and no writer loses a row that was promised."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.errors import OvertakenError
from churn_assets.lake.lake import WHOLE, Lake
from churn_assets.resources.lake_io import Amended, _amend
from churn_assets_tests.lake.test_lake import MONDAY, TOTALS, TUESDAY, VISITS, get, put
from churn_assets_tests.objects.conftest import lake_at
from churn_assets_tests.objects.servers import BUCKET, Store

ROOT = Path(__file__).parents[2]
ROWS, ROUNDS, WRITERS = 20_000, 6, 2
PAUSE_S = 0.02
OPENING = """
import sys
from pathlib import Path
from churn_assets.lake.copies import Copies
from churn_assets.lake.lake import Lake
from churn_assets_tests.lake.test_lake import MONDAY, VISITS, put
url, copies, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
lake = Lake.at(url, Copies(copies, 1 << 30))
"""
REPLACES = f"""{OPENING}
for version in range(number, number + {ROUNDS}):
    put(lake, MONDAY, *[version] * {ROWS})
    put(lake, f"2024-02-{{number // 100:02}}", *[version] * {ROWS})
"""
APPENDS = f"""{OPENING}
from churn_assets_tests.objects.test_writers import appended
for version in range(number, number + {ROUNDS}):
    appended(lake, version, copies)
"""
DIES = f"""{OPENING}
import os, signal
import s3fs
calls, untouched = [], s3fs.S3FileSystem._call_s3
async def call(system, method, *args, **kwargs):
    calls.append(method)
    if calls.count("upload_part") == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return await untouched(system, method, *args, **kwargs)
s3fs.S3FileSystem._call_s3 = call
with lake.replacing(VISITS, MONDAY) as path:
    path.write_bytes(os.urandom(number))
"""


def appended(lake: Lake, number: int, folder: Path) -> None:
    """One more row for a table that is amended."""

    def rows() -> pa.Table:
        known = get(lake, WHOLE, TOTALS) if lake.keys(TOTALS) else []
        return pa.table({"n": [*known, number]})

    _amend(lake, TOTALS, Amended(folder / "lock", rows))


@contextmanager
def running(program: str, name: str, tmp_path: Path, *numbers: int) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """A process for each number, with copies of its own as another machine has."""
    command = [sys.executable, "-c", program, f"s3://{BUCKET}/{name}"]
    started = [
        subprocess.Popen([*command, str(tmp_path / f"machine-{number}"), str(number)], cwd=ROOT, env=dict(os.environ))
        for number in numbers
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_readers_see_whole_versions_while_machines_write_the_same_partition(store: Store, tmp_path: Path) -> None:
    lake = lake_at(store, tmp_path.name, tmp_path / "reader")
    put(lake, MONDAY, *[0] * ROWS)
    seen, torn = set(), []

    with running(REPLACES, tmp_path.name, tmp_path, *(100 * one for one in range(1, WRITERS + 1))) as writers:
        while any(writer.poll() is None for writer in writers):
            time.sleep(PAUSE_S)
            numbers = get(lake, MONDAY)
            seen.add(numbers[0])
            torn.extend([numbers] if len(numbers) != ROWS or len(set(numbers)) != 1 else [])

    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert torn == []
    assert len(seen) > 1
    assert get(lake, MONDAY)[0] in {100 * one + ROUNDS - 1 for one in range(1, WRITERS + 1)}
    own = {get(lake, f"2024-02-{one:02}")[0] for one in range(1, WRITERS + 1)}
    assert own == {100 * one + ROUNDS - 1 for one in range(1, WRITERS + 1)}


def test_machines_that_amend_one_table_lose_no_row(store: Store, tmp_path: Path) -> None:
    with running(APPENDS, tmp_path.name, tmp_path, 100, 200) as writers:
        codes = [writer.wait(timeout=300) for writer in writers]

    lake = lake_at(store, tmp_path.name, tmp_path / "reader")
    assert codes == [0, 0]
    assert sorted(get(lake, WHOLE, TOTALS)) == [first + one for first in (100, 200) for one in range(ROUNDS)]


def test_a_machine_that_is_always_overtaken_says_so(store: Store, tmp_path: Path) -> None:
    lake, faster = (lake_at(store, tmp_path.name, tmp_path / name) for name in ("slow", "fast"))

    def rows() -> pa.Table:
        put(faster, WHOLE, os.getpid(), int.from_bytes(os.urandom(4)), contract=TOTALS)
        return pa.table({"n": [1]})

    with pytest.raises(OvertakenError, match="totals is written by other machines all the time"):
        _amend(lake, TOTALS, Amended(tmp_path / "lock", rows))


def test_a_writer_that_is_killed_amid_an_upload_leaves_what_was_there(store: Store, tmp_path: Path) -> None:
    lake = lake_at(store, tmp_path.name, tmp_path / "reader")
    put(lake, MONDAY, 1, 2)

    with running(DIES, tmp_path.name, tmp_path, 48 << 20) as (writer,):
        assert writer.wait(timeout=300) == -9

    assert (lake.keys(VISITS), get(lake, MONDAY)) == ([MONDAY], [1, 2])
    assert len(list(lake.store.below("visits"))) == 1
    put(lake, MONDAY, 3)
    put(lake, TUESDAY, 4)
    assert (get(lake, MONDAY), lake.keys(VISITS)) == ([3], [MONDAY, TUESDAY])


def test_what_a_failed_upload_put_so_far_is_given_up(
    in_memory: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(in_memory, tmp_path.name, tmp_path / "reader")
    assert not isinstance(lake.root, Path)
    untouched = type(lake.root.system)._call_s3

    async def failing(system: object, method: str, *args: object, **kwargs: object) -> object:
        if method == "upload_part":
            raise PermissionError("no more parts")
        return await untouched(system, method, *args, **kwargs)

    monkeypatch.setattr(type(lake.root.system), "_call_s3", failing)
    with pytest.raises(Exception, match="no more parts"), lake.replacing(VISITS, MONDAY) as path:
        path.write_bytes(bytes(48 << 20))
    monkeypatch.undo()

    open_uploads = in_memory.system().list_multipart_uploads(lake.root.address("").split("/")[0])
    assert (open_uploads, lake.keys(VISITS)) == ([], [])


def test_a_put_that_another_machine_was_faster_than_leaves_no_false_copy(store: Store, tmp_path: Path) -> None:
    lake, faster = (lake_at(store, tmp_path.name, tmp_path / name) for name in ("slow", "fast"))
    assert not isinstance(lake.root, Path)
    system = lake.root.system

    class Overtaken:
        """The file system of a machine between whose put and look another one puts."""

        def __getattr__(self, name: str) -> object:
            return getattr(system, name)

        def put_file(self, *args: object, **kwargs: object) -> None:
            system.put_file(*args, **kwargs)
            put(faster, MONDAY, 2)

    vars(lake.root)["_place"] = (Overtaken(), lake.root.address("").rstrip("/"))
    put(lake, MONDAY, 1)

    assert lake.root.copies.files() == []
    assert get(lake, MONDAY) == [2]
    assert pq.read_table(*lake.scan(VISITS).paths, partitioning=None)["n"].to_pylist() == [2]
